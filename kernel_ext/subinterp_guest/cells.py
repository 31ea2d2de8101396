"""The cells that are running: several threads run some at once in one shell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import context

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import ExecutionResult

__all__ = ["Cell", "Cells"]

# Callbacks and threads of so many cells know their request.
_KEPT_PARENTS = 1000


@dataclass(slots=True)
class Cell:
    """One cell on its way through the shell; IPython keeps these facts in one place.

    Attributes:
        number: the notebook's number for the next cell once this one has begun, as
            IPython counts: the cell's own until then.
        quiet: whether the value of the last expression stays unseen.
        parent: the notebook's request to run the cell.
        source: the cell after IPython's transformations.
        result: what the display hook fills in, while the code runs.
        shown: exceptions that may turn out to be the cell's end, with their lines.
        depth: how often the shell was entered; code may run cells of its own.
        formatting: whether the last expression's value is being formatted.
        unformatted: the exception that kept the value from being formatted.
        untrusted: an exception whose own methods had to be interrupted.
        interrupted: whether an interrupt cancelled the cell's coroutine.
    """

    number: int
    quiet: bool = False
    parent: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    result: ExecutionResult | None = None
    shown: list[tuple[BaseException, list[str]]] = field(default_factory=list)
    depth: int = 0
    formatting: bool = False
    unformatted: BaseException | None = None
    untrusted: BaseException | None = None
    interrupted: bool = False

    def may_end_with(self, error: BaseException) -> bool:
        """Return whether showing this exception may be how the cell ends."""
        if self.depth > 1:
            return False
        if self.formatting or self.result is None:
            return True
        ends = self.result.error_before_exec, self.result.error_in_exec
        return any(end is error for end in ends)


class Cells:
    """Finds the cell that the calling code belongs to, by its run."""

    def __init__(self) -> None:
        self._running: dict[int, Cell] = {}
        self._latest = Cell(number=1)
        self._parents: dict[int, dict[str, Any]] = {}

    def begin(self, cell: Cell) -> None:
        """Enter the cell as what the present run executes."""
        run = context.current()
        self._running[run] = self._latest = cell
        self._parents[run] = cell.parent
        if len(self._parents) > _KEPT_PARENTS:
            self._parents.pop(next(iter(self._parents)), None)

    def parent(self) -> dict[str, Any]:
        """Return the request of the present run, also when its cell has ended."""
        return self._parents.get(context.current(), {})

    def end(self) -> None:
        """Forget the present run's cell."""
        self._running.pop(context.current(), None)

    def running(self) -> Cell | None:
        """Return the cell of the present run, None after its end."""
        return self._running.get(context.current())

    def current(self) -> Cell:
        """Return the cell of the present run, or the latest that began."""
        return self._running.get(context.current(), self._latest)
