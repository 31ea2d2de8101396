"""Completion at the prompt of terminal IPython."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.completer import Completion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from .assistant import Assistant

__all__ = ["TerminalAssist"]


class TerminalAssist:
    """Stands before the completer's own method, and lets the assistant answer first."""

    def __init__(self, shell: InteractiveShell, assistant: Assistant) -> None:
        self._completer: Any = shell.Completer
        self._assistant = assistant

    def install(self) -> None:
        """Take its place."""
        self._completer.completions = self._completions

    def remove(self) -> None:
        """Give it back."""
        if vars(self._completer).get("completions") == self._completions:
            del self._completer.completions

    def _completions(self, text: str, offset: int) -> Iterator[Completion]:
        answer = self._assistant.complete(text, offset)
        if answer is None:
            own = type(self._completer).completions
            yield from own(self._completer, text, offset)
            return
        types = answer["metadata"].get("_jupyter_types_experimental")
        for one in types or _untyped(answer):
            yield Completion(**one, _origin="subinterp")


def _untyped(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for match in answer["matches"]:
        yield {
            "start": answer["cursor_start"],
            "end": answer["cursor_end"],
            "text": match,
            "type": "",
            "signature": "",
        }
