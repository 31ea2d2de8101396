"""The first line of a ``%%subinterp`` cell."""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core import magic_arguments as untyped
from IPython.core.error import UsageError
from IPython.utils.process import arg_split  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CellOptions",
    "argument",
    "cached",
    "count",
    "directory",
    "magic_arguments",
    "parse_arguments",
    "seconds",
]

_REMEMBERED = 64


def magic_arguments[F](name: str) -> Callable[[F], F]:
    """IPython's decorator of that name, with types, and without colours in the help.

    ipykernel sets FORCE_COLOR, which argparse obeys from 3.14 on, and IPython makes a
    docstring of what argparse writes.
    """

    def decorate(function: F) -> F:
        decorated: Any = untyped.magic_arguments(name)(function)  # type: ignore[no-untyped-call]
        decorated.parser.color = False
        decorated.__doc__ = decorated.parser.format_help()
        return decorated  # type: ignore[no-any-return]

    return decorate


def argument[F](*names: str, **keywords: Any) -> Callable[[F], F]:
    """IPython's decorator of that name, with types."""
    decorate: Callable[[F], F]
    decorate = untyped.argument(*names, **keywords)  # type: ignore[no-untyped-call]
    return decorate


@dataclass(frozen=True)
class CellOptions:
    """What ``%%subinterp`` was asked to do."""

    targets: tuple[str, ...]
    background: bool
    timeout: float | None
    thread: str | None
    fresh: bool
    quiet: bool
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> CellOptions:
        """Take over what argparse has found."""
        return cls(
            targets=tuple(parsed.targets),
            background=parsed.background,
            timeout=parsed.timeout,
            thread=parsed.thread,
            fresh=parsed.fresh,
            quiet=parsed.quiet,
            inputs=tuple(parsed.inputs),
            outputs=tuple(parsed.outputs),
            shared=tuple(parsed.shared),
        )


def seconds(text: str) -> float:
    """Read a positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        message = f"{text!r} is not a positive number of seconds"
        raise argparse.ArgumentTypeError(message)
    return value


def count(text: str) -> int:
    """Read a number of things, one or more."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        message = f"{text!r} is not a number of interpreters"
        raise argparse.ArgumentTypeError(message)
    return value


def directory(text: str) -> Path:
    """Read the name of a directory as a shell would: with quotes, or ``~``."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    # Not Path's own, which raises for a user that there is not.
    return Path(text[1:-1] if quoted else os.path.expanduser(text))  # noqa: PTH111


def parse_arguments(
    parser: argparse.ArgumentParser, line: str, help_on: str
) -> argparse.Namespace:
    """Parse a line with options and names in any order.

    Raises:
        UsageError: with one line that says what is wrong and where to read on.
    """
    # Abbreviated options would turn into errors as soon as a later version has two
    # options with the same beginning.
    parser.allow_abbrev = False
    try:
        return parser.parse_intermixed_args(arg_split(line))
    except (UsageError, ValueError) as error:
        message = f"{help_on}: {error} (see {help_on}?)"
        raise UsageError(message) from None


def cached[T](parse: Callable[[str], T]) -> Callable[[str], T]:
    """Remember what the last lines meant: cells are run again and again."""
    known: dict[str, T] = {}

    def lookup(line: str) -> T:
        if line not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[line] = parse(line)
        return known[line]

    return lookup
