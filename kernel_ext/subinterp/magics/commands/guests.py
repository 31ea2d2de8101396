"""The commands that make, show and end interpreters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from subinterp import registry
from subinterp.display.cell_error import joined
from subinterp.display.reports import guest_table, thread_table
from subinterp.listening import wait_for
from subinterp.magics.options import count, directory, seconds
from subinterp.names import check_name

from .command import Argument, Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from subinterp.display.front_end import FrontEnd
    from subinterp.display.table import Table
    from subinterp.interpreter import Interpreter

__all__ = ["COMMANDS"]

_AT_ONCE = 8
_HOST = "main"


def _list(args: argparse.Namespace, front_end: FrontEnd) -> Table:
    del args, front_end
    return guest_table(registry.list_all())


def _create(args: argparse.Namespace, front_end: FrontEnd) -> Table:
    del front_end
    names = args.names
    if args.count is not None:
        names = [f"{name}{number}" for name in names for number in range(args.count)]
    made = registry.create_many(
        names,
        gil=args.gil,
        path=args.path,
        venv=args.venv,
        extensions=args.extensions,
    )
    return guest_table(made)


def _close(args: argparse.Namespace, front_end: FrontEnd) -> None:
    del front_end
    guests = registry.match(args.names)
    _for_each(guests, lambda guest: guest.close(timeout=args.timeout))


def _restart(args: argparse.Namespace, front_end: FrontEnd) -> None:
    del front_end
    _for_each(registry.match(args.names), lambda guest: guest.restart())


def _interrupt(args: argparse.Namespace, front_end: FrontEnd) -> None:
    del front_end
    for guest in registry.match(args.names):
        guest.interrupt()


def _use(args: argparse.Namespace, front_end: FrontEnd) -> None:
    if args.name == _HOST:
        front_end.use("")
        return
    (guest,) = registry.match([check_name(args.name)], create=True)
    front_end.use(guest.name)


def _threads(args: argparse.Namespace, front_end: FrontEnd) -> Table:
    del front_end
    return thread_table(registry.get(args.name))


def _for_each(guests: Sequence[Interpreter], do: Callable[[Interpreter], None]) -> None:
    """Do it for all at the same time; what one cannot do stops no other."""
    if not guests:
        return
    pool = ThreadPoolExecutor(min(len(guests), _AT_ONCE))
    try:
        futures = [pool.submit(do, guest) for guest in guests]
        for future in futures:
            wait_for(future)
    finally:
        pool.shutdown(wait=False)  # an interrupt need not wait for what is not over
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise joined(errors) from None


_NAMES = Argument.of(
    "names", metavar="NAME", nargs="+", help="interpreters: names, globs, `all`"
)

COMMANDS = (
    Command("list", _list, "show the interpreters and what they do"),
    Command(
        "create",
        _create,
        "make interpreters",
        Argument.of("names", metavar="NAME", nargs="+"),
        Argument.of(
            "--gil",
            choices=("own", "shared"),
            help="a GIL of its own (the default, see `%%config SubinterpMagics`), or "
            "the host's",
        ),
        Argument.of(
            "--count",
            metavar="N",
            type=count,
            help="make NAME0, NAME1, ... up to N of them",
        ),
        Argument.of(
            "--path",
            metavar="DIR",
            type=directory,
            action="append",
            default=[],
            help="put this directory first on sys.path; may repeat",
        ),
        Argument.of(
            "--venv",
            metavar="DIR",
            type=directory,
            help="use this virtual environment: its packages come before the "
            "notebook's, `%%pip` and `!python` are its own",
        ),
        Argument.of(
            "--extensions",
            choices=("strict", "private"),
            help="refuse the extension modules that are not made for this (the "
            "default, see `%%config SubinterpMagics`), or load copies of its own",
        ),
    ),
    Command(
        "close",
        _close,
        "end interpreters; what they run is interrupted",
        _NAMES,
        Argument.of(
            "--timeout",
            metavar="S",
            type=seconds,
            default=5.0,
            help="wait at most that long (5 seconds)",
        ),
    ),
    Command(
        "restart",
        _restart,
        "replace by clean interpreters of the same names and settings",
        _NAMES,
    ),
    Command("interrupt", _interrupt, "interrupt what runs", _NAMES),
    Command(
        "use",
        _use,
        "send every plain cell to an interpreter from now on",
        Argument.of(
            "name",
            metavar="NAME",
            help=f"an interpreter, made if there is none; `{_HOST}` for the notebook",
        ),
    ),
    Command(
        "threads",
        _threads,
        "show the threads of an interpreter and their thread states",
        Argument.of("name", metavar="NAME"),
    ),
)
