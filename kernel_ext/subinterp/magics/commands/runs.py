"""The commands about runs and their output."""

from __future__ import annotations

import argparse
import signal
import time
from typing import TYPE_CHECKING, Any

from subinterp import registry
from subinterp.display.cell_error import (
    error_content,
    failure,
    interrupted,
    shown_as_one_line,
)
from subinterp.display.reports import run_table
from subinterp.listening import join, wait_for
from subinterp.magics.options import seconds
from subinterp.magics.sigint import on_sigint
from subinterp.route import innermost

from .command import Argument, Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subinterp.display.front_end import FrontEnd
    from subinterp.display.table import Table
    from subinterp.run import Run

__all__ = ["COMMANDS"]

_UNFINISHED = frozenset({"queued", "running"})


def _runs(args: argparse.Namespace, front_end: FrontEnd) -> Table:
    del args, front_end
    return run_table(registry.runs())


def _output(args: argparse.Namespace, front_end: FrontEnd) -> None:
    run = registry.find_run(args.run)
    route = front_end.nested_route(front_end.cell())
    run.replay(route)
    error = failure(run) if run.done() else None
    if error is not None:
        # Shown, not raised: it is not this cell that failed.
        route.message("error", error_content(error))


def _wait(args: argparse.Namespace, front_end: FrontEnd) -> None:
    runs = registry.runs()
    if args.names:
        guests = registry.match(args.names)
        runs = [run for run in runs if run.interpreter in guests]
    unfinished = [run for run in runs if _may_end(run)]
    try:
        # An async cell has another handler, which a blocked thread would not notice.
        with on_sigint(signal.default_int_handler):
            _until_ended(unfinished, args.timeout)
            for run in unfinished:
                if run.aftermath is not None:
                    join(run.aftermath, args.timeout)
    except KeyboardInterrupt:
        left = [run for run in unfinished if run.state in _UNFINISHED]
        message = f"stopped waiting; {_listed(left)} go on"
        raise interrupted(message) from None
    finally:
        route = front_end.nested_route(front_end.cell())
        for run in runs:
            catch_up: Any = getattr(innermost(run.route), "catch_up", None)
            if catch_up is not None:
                catch_up(route)


def _may_end(run: Run) -> bool:
    # What a restart has left behind may go on for ever, and nobody waits for it.
    return run.state in _UNFINISHED and run.guest.state in {"idle", "running"}


def _until_ended(runs: Sequence[Run], timeout: float | None) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    for run in runs:
        rest = None if deadline is None else deadline - time.monotonic()
        if not wait_for(run, rest):
            unfinished = [run for run in runs if run.state in _UNFINISHED]
            message = f"{_listed(unfinished)} did not end within {timeout:g} s"
            raise shown_as_one_line(TimeoutError(message))


def _listed(runs: Sequence[Run]) -> str:
    return ", ".join(f"run {run.id} in '{run.interpreter.name}'" for run in runs)


def _run_id(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        message = f"{text!r} is not the number of a run; `%subinterp runs` lists them"
        raise argparse.ArgumentTypeError(message) from None


COMMANDS = (
    Command(
        "wait",
        _wait,
        "wait for runs, and show what the front end has not had",
        Argument.of(
            "names", metavar="NAME", nargs="*", help="only runs of these interpreters"
        ),
        Argument.of(
            "--timeout", metavar="S", type=seconds, help="give up after that long"
        ),
    ),
    Command("runs", _runs, "show the runs"),
    Command(
        "output",
        _output,
        "show the output of a run again",
        Argument.of("run", metavar="RUN", type=_run_id, help="the number of the run"),
    ),
)
