"""Output of runs in terminal IPython."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from IPython.terminal.prompts import Prompts, Token  # type: ignore[attr-defined]

from subinterp.route import ConsoleRoute

from .cell import Cell
from .front_end import FrontEnd
from .terminal_input import ask

if TYPE_CHECKING:
    from subinterp.route import Route

    from .front_end import Ask

__all__ = ["TerminalFrontEnd", "TerminalRoute"]


class TerminalRoute(ConsoleRoute):
    """The console, with IPython's prompt before a value and text put after it."""

    def __init__(self, shell: Any, cell: Cell) -> None:
        super().__init__()
        self._shell = shell
        self._cell = cell

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Show the text of a rich message."""
        if msg_type == "payload":
            self._take_payload(content)
        elif msg_type == "execute_result":
            text = content["data"].get("text/plain", "")
            mark = "\n" if "\n" in text else ""
            print(f"Out[{self._cell.count}]: {mark}{text}", flush=True)
        else:
            super().message(msg_type, content)

    def _take_payload(self, content: dict[str, Any]) -> None:
        if content["source"] == "set_next_input":
            self._shell.set_next_input(content["text"], content["replace"])
        elif content["source"] == "edit_magic":
            print("To be edited:", content["filename"], flush=True)


class _NamedPrompts(Prompts):
    """The user's own prompts, with the name of the guest before what is typed."""

    def __init__(self, shell: Any, plain: Any, name: str) -> None:
        super().__init__(shell)
        self.plain = plain
        self._name = name

    def in_prompt_tokens(self) -> Any:
        return [(Token.OutPrompt, f"[{self._name}] "), *self.plain.in_prompt_tokens()]

    def continuation_prompt_tokens(self, *args: Any, **kwargs: Any) -> Any:
        return self.plain.continuation_prompt_tokens(*args, **kwargs)

    def rewrite_prompt_tokens(self) -> Any:
        return self.plain.rewrite_prompt_tokens()

    def out_prompt_tokens(self) -> Any:
        return self.plain.out_prompt_tokens()


class TerminalFrontEnd(FrontEnd):
    """The terminal that IPython itself runs in."""

    def new_cell(self) -> Cell:
        """All that there is to know is the number."""
        return Cell(self.shell.displayhook.prompt_count)

    def use(self, name: str) -> None:
        """Send plain cells to this guest, and say so at the prompt."""
        super().use(name)
        shell: Any = self.shell
        if isinstance(shell.prompts, _NamedPrompts):
            shell.prompts = shell.prompts.plain
        if name:
            shell.prompts = _NamedPrompts(shell, shell.prompts, name)

    def is_plain_cell(self) -> bool:
        """Not a cell within a cell."""
        return not self.in_cell

    def can_await(self) -> bool:
        """Never: at the prompt no event loop runs that would need to stay alive."""
        return False

    def route(self, cell: Cell) -> Route:
        """Write to the host's streams, as they are when the output comes."""
        return TerminalRoute(self.shell, cell)

    def nested_route(self, cell: Cell) -> Route:
        """Write to the host's streams: these are what ``%%capture`` replaces."""
        return TerminalRoute(self.shell, cell)

    def asker(self, cell: Cell) -> Ask | None:
        """Ask at the terminal, which is the main thread's."""
        here = threading.current_thread() is threading.main_thread()
        return ask if here else None

    def update_display(
        self, cell: Cell, content: dict[str, Any], *, last: bool
    ) -> None:
        """Print how it ended: what is on the screen stays, so steps would pile up."""
        if last:
            self.route(cell).message("display_data", content)
