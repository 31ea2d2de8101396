"""Output of runs in terminal IPython."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from subinterp.route import ConsoleRoute

from .cell import Cell
from .front_end import FrontEnd

if TYPE_CHECKING:
    from subinterp.route import Route

__all__ = ["TerminalFrontEnd", "TerminalRoute"]


class TerminalRoute(ConsoleRoute):
    """The console, with IPython's prompt before a value and errors in colour."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self._cell = cell

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Show the text of a rich message."""
        if msg_type == "error":
            print("\n".join(content["traceback"]), file=sys.stderr, flush=True)
        elif msg_type == "execute_result":
            text = content["data"].get("text/plain", "")
            mark = "\n" if "\n" in text else ""
            print(f"Out[{self._cell.count}]: {mark}{text}", flush=True)
        else:
            super().message(msg_type, content)


class TerminalFrontEnd(FrontEnd):
    """The terminal that IPython itself runs in."""

    def new_cell(self) -> Cell:
        """All that there is to know is the number."""
        return Cell(self.shell.displayhook.prompt_count)

    def can_await(self) -> bool:
        """Never: at the prompt no event loop runs that would need to stay alive."""
        return False

    def route(self, cell: Cell) -> Route:
        """Write to the host's streams, as they are when the output comes."""
        return TerminalRoute(cell)

    def nested_route(self, cell: Cell) -> Route:
        """Write to the host's streams: these are what ``%%capture`` replaces."""
        return TerminalRoute(cell)

    def update_display(
        self, cell: Cell, content: dict[str, Any], *, last: bool
    ) -> None:
        """Print how it ended: what is on the screen stays, so steps would pile up."""
        if last:
            self.route(cell).message("display_data", content)
