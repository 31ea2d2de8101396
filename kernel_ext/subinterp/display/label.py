"""Output of several guests under one cell, each line marked with its guest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from subinterp.calls import call_holding

if TYPE_CHECKING:
    from subinterp.route import Route

__all__ = ["LabelRoute"]

_SHOWN = frozenset({"display_data", "execute_result"})


class LabelRoute:
    """Prefix every line of one run with ``[name]`` on its way to another route.

    An unfinished line is held back until its end arrives, or the run's: the lines of
    several guests share one output area, and half a line there would have another
    guest's text in the middle of it. Called by the pump thread only.
    """

    def __init__(self, inner: Route, name: str) -> None:
        self.inner = inner
        self.label = f"[{name}]"
        self._held = {"stdout": "", "stderr": ""}
        self._ended = False
        self._lock = threading.Lock()

    def stream(self, name: str, text: str) -> None:
        """Pass on the whole lines."""
        with self._lock:
            complete, newline, rest = (self._held[name] + text).rpartition("\n")
            self._held[name] = rest
            if newline:
                self._lines(name, complete)
            if self._ended:  # a thread of the guest goes on: nobody flushes after it
                self._flush()

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Pass on a message, labelled if it is one that shows something."""
        if msg_type == "clear_output":
            return  # the area belongs to all targets: one must not wipe the others
        with self._lock:
            self._flush()
            if msg_type in _SHOWN:
                content = self._labelled(content)
            elif msg_type == "error":
                self._label_next()
            self.inner.message(msg_type, content)

    def flush(self) -> None:
        """Let go of unfinished lines: the run waits for an answer."""
        call_holding(self._lock, self._flush)

    def end(self) -> None:
        """Let go of unfinished lines: the run has ended."""
        self._ended = True
        call_holding(self._lock, self._flush)

    def _flush(self) -> None:
        for name, rest in self._held.items():
            if rest:
                self._held[name] = ""
                self._lines(name, rest)

    def _lines(self, name: str, text: str) -> None:
        prefix = f"{self.label} "
        # Only \n ends a line here; splitlines() would also cut at \r and \x0c.
        marked = "".join(f"{prefix}{line}\n" for line in text.split("\n"))
        self.inner.stream(name, marked)

    def _labelled(self, content: dict[str, Any]) -> dict[str, Any]:
        data = dict(content.get("data", {}))
        plain = data.get("text/plain")
        if isinstance(plain, str):
            mark = "\n" if "\n" in plain else " "
            data["text/plain"] = f"{self.label}{mark}{plain}"
        if len(data) != 1 or plain is None:
            # What is shown is not the plain text.
            self._label_next()
        return {**content, "data": data}

    def _label_next(self) -> None:
        self.inner.stream("stdout", f"{self.label}\n")
