"""What the magics need to know about where they run, kernel or terminal."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from IPython.core.interactiveshell import InteractiveShell

    from subinterp.question import Question
    from subinterp.route import Route

    from .cell import Cell

__all__ = ["Ask", "FrontEnd"]

type Ask = Callable[[Question], Generator[None]]
"""Puts a question to the user and the answer to the question.

Yields now and then while there is no answer, ends when the question is no longer open,
and takes it off the screen when it is closed. Resumed by one thread.
"""


class FrontEnd(ABC):
    """Tracks the cells that the host runs, and makes routes to their output.

    Cells of different subshells run on different threads at the same time; each
    thread changes only its own list, so no lock is needed.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self._running: dict[int, list[Cell]] = {}
        self._used = ""

    @property
    def used(self) -> str:
        """The guest that plain cells go to, empty for none: see ``%subinterp use``."""
        return self._used

    def use(self, name: str) -> None:
        """Send plain cells to this guest from now on, with "" to the host again."""
        self._used = name

    def cell_begins(self, info: object = None) -> None:
        """Note the cell that begins (IPython's ``pre_run_cell``)."""
        del info
        here = self._running.setdefault(threading.get_ident(), [])
        here.append(self.new_cell())

    def cell_ends(self, result: object = None) -> None:
        """Note that this thread's last cell ends (IPython's ``post_run_cell``)."""
        del result
        here = self._running.get(threading.get_ident())
        if here:  # empty at the end of the cell that loaded the extension
            here.pop().over = True

    @property
    def in_cell(self) -> bool:
        """Whether this thread is already running a cell."""
        return bool(self._running.get(threading.get_ident()))

    def cell(self) -> Cell:
        """Give the cell that the calling code belongs to, the outermost if nested."""
        running = self._running.get(threading.get_ident())
        fresh = self.new_cell()
        if running and running[0].id == fresh.id:
            return running[0]
        return fresh

    def cell_now(self) -> Cell | None:
        """Give a cell that the host is running now, in whichever thread."""
        for here in list(self._running.values()):
            if here:
                return here[0]
        return None

    @abstractmethod
    def new_cell(self) -> Cell:
        """Describe the request that the calling code answers."""

    @abstractmethod
    def is_plain_cell(self) -> bool:
        """Whether what is about to run here is a cell that the user has sent."""

    @abstractmethod
    def can_await(self) -> bool:
        """Whether a cell may be turned into an ``await`` here and now."""

    @abstractmethod
    def route(self, cell: Cell) -> Route:
        """Make a route that shows output under a cell, also after it has ended."""

    @abstractmethod
    def nested_route(self, cell: Cell) -> Route:
        """Make a route for code that is called in a cell and may be captured there."""

    @abstractmethod
    def asker(self, cell: Cell) -> Ask | None:
        """Give what asks the user under a cell that waits here; None: nobody can."""

    @abstractmethod
    def update_display(
        self, cell: Cell, content: dict[str, Any], *, last: bool
    ) -> None:
        """Replace what a display id of this cell shows."""

    def current_route(self) -> Route:
        """Make the route of a run that Python code starts in a cell."""
        return self.route(self.cell())
