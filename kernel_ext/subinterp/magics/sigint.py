"""What an interrupt does while the host waits for a guest."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["on_sigint"]


@contextmanager
def on_sigint(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call this handler for SIGINT within the block.

    ipykernel's own handler for async cells reports one interrupt only, and only when
    the event loop wakes for another reason (ipython/ipykernel#881). Outside the main
    thread (a cell of a subshell) Python has no signals and this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        # None stands for a handler that was not installed from Python.
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
