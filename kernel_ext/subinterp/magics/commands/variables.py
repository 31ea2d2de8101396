"""The commands that copy variables."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from subinterp import registry
from subinterp.display.cell_error import interrupted, shown_as_one_line
from subinterp.magics.sigint import on_sigint
from subinterp.magics.variables import values_of

from .command import Argument, Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from subinterp.display.front_end import FrontEnd

__all__ = ["COMMANDS"]


def _push(args: argparse.Namespace, front_end: FrontEnd) -> None:
    values = values_of(args.variables, front_end.shell.user_ns)
    guests = registry.match([args.name])

    def push() -> None:
        for guest in guests:
            guest.push(**values)

    _interruptible(push)


def _pull(args: argparse.Namespace, front_end: FrontEnd) -> None:
    renamed = _renamed(args.variables)
    guests = registry.match([args.name])
    found = _interruptible(lambda: [_pulled(g, list(renamed)) for g in guests])
    for index, new in enumerate(renamed.values()):
        by_guest = {g.name: v[index] for g, v in zip(guests, found, strict=True)}
        several = len(guests) > 1
        value = by_guest if several else found[0][index]
        front_end.shell.user_ns[new] = value


def _pulled(guest: Any, names: list[str]) -> Sequence[Any]:
    try:
        values = guest.pull(*names)
    except NameError as error:
        message = f"{error} in interpreter {guest.name!r}"
        raise shown_as_one_line(NameError(message)) from None
    return [values] if len(names) == 1 else values


def _renamed(words: Sequence[str]) -> dict[str, str]:
    """Read ``x as y``: the names in the guest, and those that they get here."""
    renamed: dict[str, str] = {}
    rest = [word for text in words for word in text.split(",") if word]
    while rest:
        name, rest = rest[0], rest[1:]
        renamed[name] = name
        if rest[:1] == ["as"]:
            if len(rest) == 1:
                message = f"%subinterp pull: {name} as what?"
                raise UsageError(message)
            renamed[name], rest = rest[1], rest[2:]
    for name in (*renamed, *renamed.values()):
        if not name.isidentifier():
            message = f"%subinterp pull: {name!r} is not the name of a variable"
            raise UsageError(message)
    return renamed


def _interruptible[T](call: Callable[[], T]) -> T:
    # An async cell has another handler, which a blocked thread would not notice.
    try:
        with on_sigint(signal.default_int_handler):
            return call()
    except KeyboardInterrupt:
        message = "stopped waiting; nothing was copied"
        raise interrupted(message) from None


_NAME = Argument.of("name", metavar="NAME", help="an interpreter")

COMMANDS = (
    Command(
        "push",
        _push,
        "copy variables of the notebook to an interpreter",
        _NAME,
        Argument.of("variables", metavar="VAR", nargs="+"),
    ),
    Command(
        "pull",
        _pull,
        "copy variables from an interpreter; `x as y` gives another name",
        _NAME,
        Argument.of("variables", metavar="VAR", nargs="+"),
    ),
)
