"""Cells run from Python, and routes that show what came of their output."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subinterp import Interpreter, Run

__all__ = ["Broken", "Sink", "cell"]


class Sink:
    """A route that remembers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []

    def stream(self, name: str, text: str) -> None:
        self.got.append((name, text))

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        self.got.append((msg_type, content))


class Broken:
    """A route whose front end is gone."""

    def stream(self, name: str, text: str) -> None:
        raise OSError(name, text)

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        raise SystemExit(msg_type, content)


def cell(guest: Interpreter, source: str, sink: Any = None, **options: Any) -> Run:
    """Run a cell to its end, whatever that is."""
    run = guest.start_cell(source, execution_count=3, route=sink or Sink(), **options)
    concurrent.futures.wait([run], timeout=30)
    return run
