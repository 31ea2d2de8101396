"""The command that tries modules."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from subinterp.checks import CheckReport, check
from subinterp.display.cell_error import interrupted
from subinterp.magics.options import seconds
from subinterp.magics.sigint import on_sigint

from .command import Argument, Command

if TYPE_CHECKING:
    import argparse

    from subinterp.display.front_end import FrontEnd

__all__ = ["COMMANDS"]


def _check(args: argparse.Namespace, front_end: FrontEnd) -> CheckReport:
    del front_end
    try:
        # An async cell has another handler, which a blocked thread would not notice.
        with on_sigint(signal.default_int_handler):
            return check(*args.modules, timeout=args.timeout)
    except KeyboardInterrupt:
        message = "stopped checking"
        raise interrupted(message) from None


COMMANDS = (
    Command(
        "check",
        _check,
        "try in a child process whether modules can be used in interpreters",
        Argument.of("modules", metavar="MODULE", nargs="+"),
        Argument.of(
            "--timeout",
            metavar="S",
            type=seconds,
            default=60.0,
            help="give a module at most that long in each kind (60 seconds)",
        ),
    ),
)
