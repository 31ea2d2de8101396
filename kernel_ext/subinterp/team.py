"""The guests of a pool, and the queue that they share."""

from __future__ import annotations

import itertools
import logging
import re
import threading
import weakref
from concurrent.futures.thread import BrokenThreadPool
from typing import TYPE_CHECKING, Any

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
from .run import Run
from .submission import enqueue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .interpreter import Interpreter
    from .mapping import Mapped
    from .route import Route
    from .settings import Extensions, Settings
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

    def __init__(
        self,
        size: int,
        prefix: str,
        initializer: Packed | None,
        extensions: Extensions | None,
    ) -> None:
        self._settings = registry.prepare_bare(extensions)
        self.name = prefix
        self.queue = _native.WorkQueue()
        self.failure: BaseException | None = None
        """Why it is broken."""
        self.mapped: weakref.WeakSet[Mapped[Any]] = weakref.WeakSet()
        """What its guests compute item by item."""
        self._size = size
        self._initializer = initializer
        self._lock = threading.Lock()
        self._guests: list[Interpreter] = []
        self._makers: list[threading.Thread] = []
        _teams.add(self)

    def __len__(self) -> int:
        """Tell how many guests work, or will in a moment."""
        return self.queue.members + len(self._makers)

    def start(
        self,
        label: str,
        route: Route,
        request: Request,
        buffers: Sequence[memoryview] = (),
    ) -> Run:
        """Queue a run, and make a guest for it if it would have to wait for one.

        Raises:
            RuntimeError: it takes no more work, or the system has no thread to give.
            BrokenInterpreterPool: it is broken.
        """
        run = Run(self, self.queue, label, kept=False, route=route)
        try:
            enqueue(run, request, buffers)
        except InterpreterClosedError:
            if self.failure is not None:
                raise _broken(self.failure) from None
            message = "cannot schedule new futures after shutdown"
            raise RuntimeError(message) from None
        try:
            if len(self) < self._size and self.queue.unserved:
                call_holding(self._lock, self._grow)
        except BaseException as error:
            if not isinstance(error, RuntimeError) or not self.queue.members:
                run.interrupt()  # nobody has it
                raise
        return run

    def cancel(self) -> None:
        """Take off the queue what has not begun."""
        for mapped in tuple(self.mapped):
            mapped.cancel()
        for run in self.runs():
            run.cancel()

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
        for run in self.runs():
            run.conclude(None)
        # Without the lock, which somebody may have held when the process forked.
        for maker in [one for one in self._makers if one.is_alive()]:
            maker.join()
        busy = [guest.name for guest in self._guests if not _ends(guest)]
        if busy:
            raise InterpreterBusyError(*busy, timeout=_CLOSE_SECONDS)

    def _grow(self) -> None:
        self._guests = [one for one in self._guests if one.state != "closed"]
        while len(self) < self._size and self.queue.unserved > len(self._makers):
            maker = threading.Thread(
                target=self._make, name=f"{self.name}-maker", daemon=True
            )
            self._makers.append(maker)
            try:
                maker.start()
            except BaseException:
                self._makers = [one for one in self._makers if one.is_alive()]
                raise

    def _make(self) -> None:
        if not call_holding(self._lock, self._come):
            return
        try:
            guest = _create(self.name, self._settings)
            call_holding(self._lock, self._admit, guest)
            self._employ(guest)
        except BaseException as error:
            self._make_do(error)
        finally:
            call_holding(self._lock, self._go)

    def _employ(self, guest: Interpreter) -> None:
        try:
            if self._initializer is not None:
                guest.call_packed("initializer", self._initializer)
            guest.work_for(self.queue)
        except BaseException:
            _ends(guest)
            raise

    def _come(self) -> bool:
        maker = threading.current_thread()
        if maker not in self._makers:  # an interrupted start() did not look like one
            self._makers.append(maker)
        if len(self) <= self._size:
            return True
        self._makers.remove(maker)
        return False

    def _admit(self, guest: Interpreter) -> None:
        self._guests.append(guest)

    def _go(self) -> None:
        self._makers.remove(threading.current_thread())
        try:
            self._grow()  # who came a moment ago found both this thread and its guest
        except RuntimeError as error:  # there are no more threads
            if not self.queue.members:
                self._make_do(error)

    def _make_do(self, error: BaseException) -> None:
        """Go on with fewer guests than wanted, or with none any more."""
        if isinstance(error, InterpreterClosedError):
            return  # everything has been done meanwhile, or somebody closed the guest
        if isinstance(error, InterpreterStartError) and self.queue.members:
            self._size = self.queue.members
            _log.warning("%s goes on with %d interpreters", self.name, self._size)
            return
        _futures_log.critical("Exception in initializer:", exc_info=error)
        self.failure = error
        self.queue.close()
        for run in self.runs():
            run.refuse(_broken(error))


_teams: weakref.WeakSet[Team] = weakref.WeakSet()


def _broken(error: BaseException) -> BrokenInterpreterPool:
    broken = BrokenInterpreterPool(f"cannot use the pool ({error})")
    broken.__cause__ = error
    return broken


def _create(prefix: str, settings: Settings) -> Interpreter:
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", prefix)[:_LONGEST_STEM]
    if not re.match("[A-Za-z_]", stem):
        stem = "_" + stem
    for number in itertools.count():
        try:
            return registry.create_bare(f"{stem}_{number}", settings)
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
