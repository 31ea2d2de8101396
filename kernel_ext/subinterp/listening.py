"""Waits in which a Ctrl-C is heard whenever it comes."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["join", "wait_for", "wait_listening"]

_BEAT = 0.1


def wait_listening(
    attempt: Callable[[float], bool], timeout: float | None = None
) -> bool:
    """Wait in beats, for a signal need not wake who waits.

    One that comes in the microseconds before CPython's main thread blocks, or that the
    system gives to another thread, is only noted. The main thread looks at its notes
    between two beats; in ``Lock.acquire()`` it would sleep on, perhaps for ever.

    Args:
        attempt: waits for this many seconds and tells whether that was enough.
        timeout: seconds, after which it is given up.

    Returns:
        Whether an attempt was successful.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        rest = _BEAT if deadline is None else deadline - time.monotonic()
        if attempt(max(0.0, min(rest, _BEAT))):
            return True
        if rest < _BEAT:
            return False


def join(thread: threading.Thread, timeout: float | None = None) -> None:
    """Wait for the end of a thread."""

    def attempt(seconds: float) -> bool:
        thread.join(seconds)
        return not thread.is_alive()

    wait_listening(attempt, timeout)


def wait_for(future: Future[Any], timeout: float | None = None) -> bool:
    """Wait until a future is over, whatever became of it; False if it is not in time.

    Its own lock is taken once, not in each beat: a KeyboardInterrupt could leave it
    taken, and who has to end the future would wait for it.
    """
    over = threading.Lock()
    over.acquire()
    future.add_done_callback(lambda _: over.release())
    return wait_listening(partial(over.acquire, True), timeout)
