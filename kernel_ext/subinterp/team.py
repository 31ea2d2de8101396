"""The guests of a pool, and the queue that they share."""

from __future__ import annotations

import itertools
import logging
import re
import threading
import weakref
from concurrent.futures.thread import BrokenThreadPool
from typing import TYPE_CHECKING

from . import _native, registry
from .calls import call_holding
from .errors import (
    InterpreterBusyError,
    InterpreterClosedError,
    InterpreterExistsError,
    InterpreterStartError,
)
from .history import history
from .pump import pump
from .submission import enqueue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .interpreter import Interpreter
    from .run import Run
    from .submission import Request
    from .transfer import Packed

__all__ = ["BrokenInterpreterPool", "Team"]

_CLOSE_SECONDS = 5.0
# The number of a guest and what sets it off come on top.
_LONGEST_STEM = 56
_log = logging.getLogger("subinterp")
# Where the executors of the standard library tell of it.
_futures_log = logging.getLogger("concurrent.futures")


class BrokenInterpreterPool(BrokenThreadPool):
    """A pool's guests cannot be made, or its initializer has failed."""


class Team:
    """Guests that take runs from one queue, as long as there is one that nobody takes.

    For all threads. It makes guests as work needs them, up to its size; each ends by
    itself when the queue is closed and empty. The lock protects who is being made.
    """

    def __init__(self, size: int, prefix: str, initializer: Packed | None) -> None:
        registry.prepare_bare()
        self.name = prefix
        self.queue = _native.WorkQueue()
        self.failure: BaseException | None = None
        """Why it is broken."""
        self._size = size
        self._initializer = initializer
        self._lock = threading.Lock()
        self._guests: list[Interpreter] = []
        self._makers: list[threading.Thread] = []
        _teams.add(self)

    def __len__(self) -> int:
        """Tell how many guests work, or will in a moment."""
        return self.queue.members + len(self._makers)

    def put(
        self, run: Run, request: Request, buffers: Sequence[memoryview] = ()
    ) -> None:
        """Queue a run, and make a guest for it if it would have to wait for one.

        Raises:
            RuntimeError: it takes no more work, or the system has no thread to give.
            BrokenInterpreterPool: it is broken.
        """
        try:
            enqueue(run, request, buffers)
            if len(self) < self._size and self.queue.unserved:
                call_holding(self._lock, self._grow)
        except InterpreterClosedError:
            self._check()
            message = "cannot schedule new futures after shutdown"
            raise RuntimeError(message) from None

    def runs(self) -> list[Run]:
        """List its runs that are not over."""
        return [run for run in history.live() if run.guest is self.queue]

    def wait(self) -> None:
        """Wait until it is over, the queue being closed.

        Raises:
            InterpreterBusyError: a thread that a run has left behind does not end.
            RuntimeError: called by a callback of a run, which it would wait for.
        """
        if pump.is_current_thread():
            message = "cannot wait in a callback for the pool that calls it"
            raise RuntimeError(message)
        while makers := call_holding(self._lock, self._makers.copy):
            for maker in makers:
                maker.join()
        for run in self.runs():
            run.conclude(None)
        busy = [guest.name for guest in self._guests if not _ends(guest)]
        if busy:
            raise InterpreterBusyError(*busy, timeout=_CLOSE_SECONDS)

    def _check(self) -> None:
        if self.failure is not None:
            raise _broken(self.failure)

    def _grow(self) -> None:
        self._guests = [one for one in self._guests if one.state != "closed"]
        # A KeyboardInterrupt may have kept one from starting.
        self._makers = [one for one in self._makers if one.is_alive()]
        while len(self) < self._size and self.queue.unserved > len(self._makers):
            maker = threading.Thread(
                target=self._make, name=f"{self.name}-maker", daemon=True
            )
            self._makers.append(maker)
            maker.start()

    def _make(self) -> None:
        try:
            guest = _create(self.name)
            self._guests.append(guest)
            if self._initializer is not None:
                guest.call_packed("initializer()", self._initializer)
            guest.work_for(self.queue)
        except BaseException as error:
            self._make_do(error)
        finally:
            call_holding(self._lock, self._go)

    def _go(self) -> None:
        self._makers.remove(threading.current_thread())
        self._grow()  # who came a moment ago found both this thread and its guest

    def _make_do(self, error: BaseException) -> None:
        """Go on with fewer guests than wanted, or with none any more."""
        if isinstance(error, InterpreterClosedError) and self.queue.state == "closed":
            return  # everything has been done meanwhile
        if isinstance(error, InterpreterStartError) and self.queue.members:
            self._size = self.queue.members
            _log.warning("%s goes on with %d interpreters", self.name, self._size)
            return
        _futures_log.critical("Exception in initializer:", exc_info=error)
        self.failure = error
        self.queue.close()
        for run in self.runs():
            if self.queue.cancel(run.id):
                run.fail(_broken(error))


_teams: weakref.WeakSet[Team] = weakref.WeakSet()


def _broken(error: BaseException) -> BrokenInterpreterPool:
    broken = BrokenInterpreterPool(f"cannot use the pool ({error})")
    broken.__cause__ = error
    return broken


def _create(prefix: str) -> Interpreter:
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", prefix)[:_LONGEST_STEM]
    if not re.match("[A-Za-z_]", stem):
        stem = "_" + stem
    for number in itertools.count():
        try:
            return registry.create_bare(f"{stem}_{number}")
        except InterpreterExistsError:
            continue
    raise AssertionError


def _ends(guest: Interpreter) -> bool:
    try:
        guest.close(_CLOSE_SECONDS)
    except InterpreterBusyError:
        return False
    return True


def _at_exit() -> None:
    # What has been submitted is done before the process ends, as with all executors.
    teams = tuple(_teams)
    for team in teams:
        team.queue.close()
    for team in teams:
        team.wait()


# Before the end of the thread that calls it: atexit's callbacks end the guests.
threading._register_atexit(_at_exit)  # type: ignore[attr-defined]  # noqa: SLF001
