"""Output that has to wait for its turn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from subinterp.calls import call_holding

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp.route import Route

__all__ = ["HeldRoute"]


class HeldRoute:
    """Keeps output on its way to another route until it is let go.

    A quick run prints before the badge of its cell is made, which names the run; and
    the badge should stand above the output. The pump, which calls this, must not wait.
    """

    def __init__(self, inner: Route) -> None:
        self.inner = inner
        self._held: list[Callable[[], None]] | None = []
        self._lock = threading.Lock()

    def stream(self, name: str, text: str) -> None:
        """Pass on text, or keep it."""
        self._pass(lambda: self.inner.stream(name, text))

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Pass on a message, or keep it."""
        self._pass(lambda: self.inner.message(msg_type, content))

    def release(self) -> None:
        """Pass on what was kept, and whatever comes."""
        call_holding(self._lock, self._release)

    def _release(self) -> None:
        held, self._held = self._held or (), None
        for send in held:
            send()

    def _pass(self, send: Callable[[], None]) -> None:
        with self._lock:
            if self._held is None:
                send()
            else:
                self._held.append(send)
