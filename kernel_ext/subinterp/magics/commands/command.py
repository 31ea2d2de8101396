"""One word of ``%subinterp``: its arguments, its help and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.magic_arguments import MagicArgumentParser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from subinterp.display.front_end import FrontEnd

__all__ = ["Argument", "Command"]

type Handler = Callable[[argparse.Namespace, FrontEnd], object]


@dataclass(frozen=True)
class Argument:
    """The parameters of one ``add_argument`` call."""

    name: str
    keywords: dict[str, Any]

    @classmethod
    def of(cls, name: str, **keywords: Any) -> Argument:
        """Write it as argparse does."""
        return cls(name, keywords)


class Command:
    """A command of ``%subinterp``."""

    def __init__(
        self, name: str, handler: Handler, summary: str, *arguments: Argument
    ) -> None:
        self.name = name
        self.handler = handler
        self.summary = summary
        parser: Any = MagicArgumentParser(prog=f"%subinterp {name}")  # type: ignore[no-untyped-call]
        parser.color = False  # for the reason that magic_arguments() gives
        self.parser: argparse.ArgumentParser = parser
        for argument in arguments:
            self.parser.add_argument(argument.name, **argument.keywords)

    @property
    def usage(self) -> str:
        """The command with its arguments, on one line."""
        text = " ".join(self.parser.format_usage().split())
        return "%subinterp " + text.partition("%subinterp ")[2]
