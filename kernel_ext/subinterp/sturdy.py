"""Futures that a KeyboardInterrupt cannot keep from their end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .listening import wait_listening

if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

__all__ = ["SturdyFuture"]

# Who has the lock of a future gives it back within microseconds.
_PATIENCE = 1.0


class SturdyFuture(Future[Any]):
    """A future that is asked and awaited without its lock, and gets another one.

    A KeyboardInterrupt between the taking of a lock and the block of its ``with``
    leaves it taken. Who ends futures, the pump, would wait for it for ever, and all
    guests with it. So what may be asked in the main thread does without. Where the main
    thread does take it, to cancel, to add a callback, in ``concurrent.futures.wait``,
    it may still be lost: who ends the future waits for it no longer than anybody needs
    it. The same goes for the locks of those who wait there for several futures.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiters: list[Any]
        self._bells: list[LockType] = []

    def concluded(self) -> bool:
        """Tell whether it is over and those who are called then have been called.

        Or are about to be. One who waits may know of the end a little earlier.
        """
        return self._state in {CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED}

    def done(self) -> bool:
        """Tell whether it is over."""
        return self.concluded()

    def cancelled(self) -> bool:
        """Tell whether it was taken off the queue."""
        return self._state in {CANCELLED, CANCELLED_AND_NOTIFIED}

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end, and return the exception, if any."""
        self._wait(self.done, timeout)
        if self.cancelled():
            raise CancelledError
        return self._failure()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end, and return the value or raise the exception."""
        failure = self.exception(timeout)
        if failure is None:
            return self._value()
        try:
            raise failure
        finally:
            del self, failure  # they and the traceback would keep one another alive

    def cancel(self) -> bool:
        """Cancel it if it has not begun, and tell those who wait.

        What a KeyboardInterrupt has cut off, another thread may do again.
        """
        self._find_locks()
        super().cancel()
        with self._condition:
            if self._state == CANCELLED:
                super().set_running_or_notify_cancel()
        return self.cancelled()

    def set_running_or_notify_cancel(self) -> bool:
        """Mark it as running, or tell those who wait that it is cancelled."""
        self._find_locks()
        return super().set_running_or_notify_cancel()

    def set_result(self, result: object) -> None:
        """End it with a value."""
        self._find_locks()
        super().set_result(result)

    def set_exception(self, exception: BaseException | None) -> None:
        """End it with an exception."""
        self._find_locks()
        super().set_exception(exception)

    def _failure(self) -> BaseException | None:
        return self._exception

    def _value(self) -> Any:
        return self._result

    def _find_locks(self) -> None:
        if _is_lost(self._condition):
            self._condition = threading.Condition()
        for waiter in tuple(self._waiters):  # of wait() and as_completed()
            if _is_lost(waiter.event._cond):  # noqa: SLF001 - it shows it to nobody
                waiter.event = threading.Event()
            if hasattr(waiter, "lock") and _is_lost(waiter.lock):
                waiter.lock = threading.Lock()

    def _wait(self, over: Callable[[], bool], timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not over():
            bell = threading.Lock()
            bell.acquire()
            self._bells.append(bell)
            try:
                if over():  # before the bell hung
                    return
                rest = None if deadline is None else deadline - time.monotonic()
                if not wait_listening(partial(bell.acquire, True), rest):
                    raise TimeoutError
            finally:
                with suppress(ValueError):  # it has rung
                    self._bells.remove(bell)

    def _ring(self) -> None:
        bells, self._bells = self._bells, []
        for bell in bells:
            bell.release()

    def _invoke_callbacks(self) -> None:
        self._ring()  # as the future itself: who waits, before who is called
        super()._invoke_callbacks()  # type: ignore[misc]


def _is_lost(lock: Any) -> bool:
    if lock.acquire(timeout=_PATIENCE):
        lock.release()
        return False
    return True
