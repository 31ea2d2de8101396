"""The Stop button while the kernel is idle and guests work in the background."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from subinterp import registry
from subinterp.errors import InterpreterClosedError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["IdleInterrupt"]


class IdleInterrupt:
    """Sends an interrupt of an idle kernel to the guests that run.

    ipykernel ignores SIGINT between requests. Around each request its hooks save and
    restore the handler for idle time in ``saved_sigint_handler``; so within a request
    that is the place to change, and before the first one the signal itself.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._before: Any = signal.SIG_IGN

    def install(self) -> None:
        """Take the place of the handler for idle time."""
        if hasattr(self._kernel, "saved_sigint_handler"):
            self._before = self._kernel.saved_sigint_handler
            self._kernel.saved_sigint_handler = self.on_signal
        elif threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self.on_signal)

    def remove(self) -> None:
        """Put the former handler back, unless somebody has replaced ours."""
        if getattr(self._kernel, "saved_sigint_handler", None) == self.on_signal:
            self._kernel.saved_sigint_handler = self._before
        elif signal.getsignal(signal.SIGINT) == self.on_signal:
            signal.signal(signal.SIGINT, self._before)

    def on_signal(self, signum: int, frame: FrameType | None) -> None:
        """Interrupt from the loop: here any lock may be held by this very thread."""
        del signum, frame
        self._kernel.io_loop.asyncio_loop.call_soon_threadsafe(_interrupt_all)


def _interrupt_all() -> None:
    for run in registry.runs():
        if run.state == "running":
            run.interrupt()
    for guest in registry.list_all():
        with suppress(InterpreterClosedError):
            guest.interrupt_loops()
