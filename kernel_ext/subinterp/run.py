"""One execution in a guest, as a future."""

from __future__ import annotations

import asyncio
import itertools
import logging
import marshal
import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures._base import (
    CANCELLED,
    CANCELLED_AND_NOTIFIED,
    FINISHED,
    RUNNING,
)
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol

from . import _native
from .errors import InterpreterClosedError, TransferError
from .failure import GuestError, rebuild
from .question import Asker, Question
from .record import Record
from .route import current_route
from .transfer import unpack_values

if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable, Generator, Sequence

    from .errors import SubinterpError
    from .interpreter import Interpreter
    from .route import Route

__all__ = ["HOME", "Run", "State"]

State = Literal["queued", "running", "done", "failed", "interrupted"]

HOME = "home"
_STREAMS = {_native.STDOUT: "stdout", _native.STDERR: "stderr"}
# Front ends and the channels to them choke on larger messages.
_PIECE = 1024 * 1024
_log = logging.getLogger("subinterp")
_ids = itertools.count(1)


class Where(Asker, Protocol):
    """What a run needs of the native guest that it was given to."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    def submit(
        self,
        run: int,
        request: bytes,
        thread: str = "",
        buffers: Sequence[Any] = (),
    ) -> None: ...
    def cancel(self, run: int) -> bool: ...
    def interrupt(self, run: int) -> bool: ...


class Run(Future[Any]):
    """Code that a guest executes, has executed, or will.

    As with any future, waiting, cancelling and asking are for all threads. The methods
    ``receive``, ``expire`` and ``break_off`` are for the pump and for who ends guests.
    Callbacks are called by the pump thread, or by the thread that cancels.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        guest: Where,
        source: str,
        *,
        thread: str = HOME,
        route: Route | None = None,
        timeout: float | None = None,
        execution_count: int | None = None,
        ask: Callable[[Question], None] = Question.refuse,
    ) -> None:
        super().__init__()
        self.id: int = next(_ids)
        self.interpreter = interpreter
        self.guest = guest
        self.thread = thread
        self.source = source
        self.route: Route = current_route() if route is None else route
        self.timeout = timeout
        self.timed_out = False
        self.overdue = False
        """Its timeout is over and the interrupt did not stop it."""
        self.error: GuestError | None = None
        self.created: float = time.time()
        self.started: float | None = None
        self.finished: float | None = None
        self.record = Record()
        self._execution_count = execution_count
        self._ask = ask
        self._clock: float | None = None  # of the start; time.time() may be set back
        self._took: float | None = None
        self._final: State = "interrupted"
        self._asked_to_stop = False
        self._unbuilt: SubinterpError | None = None
        self._packed: tuple[Any, Sequence[Any]] | None = None
        self._watchers: list[Callable[[Run], None]] = []
        self._bells: list[LockType] = []
        self._route_failed = False

    def __repr__(self) -> str:
        """Show where it runs and how it goes."""
        return f"<Run {self.id} in {self.interpreter.name!r}: {self.state}>"

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait in a coroutine; to cancel that takes a queued run off the queue."""
        return asyncio.wrap_future(self).__await__()

    @property
    def state(self) -> State:
        """Queued, running, done, failed or interrupted."""
        if self.done():
            return self._final
        return "running" if self.running() else "queued"

    @property
    def elapsed(self) -> float | None:
        """Seconds that it took, or takes so far; None before its start."""
        if self._took is not None or self._clock is None:
            return self._took
        return time.monotonic() - self._clock

    @property
    def stdout(self) -> str:
        """What it wrote to its standard output."""
        return self.record.text("stdout")

    @property
    def stderr(self) -> str:
        """What it wrote to its standard error."""
        return self.record.text("stderr")

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """Its outputs in order, as a notebook file holds them."""
        outputs = self.record.outputs()
        if self.error is not None:
            outputs.append(
                {
                    "output_type": "error",
                    "ename": self.error.ename,
                    "evalue": self.error.evalue,
                    "traceback": list(self.error.traceback),
                }
            )
        return outputs

    def replay(self, route: Route) -> None:
        """Send what is kept of the output, not the error, to another route."""
        self.record.replay(route)

    def add_state_callback(self, fn: Callable[[Run], None]) -> None:
        """Call this now, when ``state`` has changed, and when ``overdue`` is set."""
        self._watchers.append(fn)
        self._call(fn)

    # What may be asked in the main thread does without the lock of the future: a
    # KeyboardInterrupt between taking it and entering the block would leave it taken,
    # and the pump would wait for ever.

    def done(self) -> bool:
        """Tell whether it is over."""
        return self._state in {CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED}

    def running(self) -> bool:
        """Tell whether it is being executed."""
        return self._state == RUNNING

    def cancelled(self) -> bool:
        """Tell whether it was taken off the queue."""
        return self._state in {CANCELLED, CANCELLED_AND_NOTIFIED}

    def cancel(self) -> bool:
        """Take it off the queue; False if it has begun."""
        if self.done() or not self.guest.cancel(self.id):
            return self.cancelled()
        self.finished = time.time()
        # The job is ours now, so nobody else decides how this ends.
        super().cancel()
        self.set_running_or_notify_cancel()
        self._tell()
        return True

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in it, or take it off the queue; False if it is over.

        Returns at once. Code that catches it, or that waits in C, goes on.
        """
        return self.cancel() or self.interrupt_running()

    def interrupt_running(self) -> bool:
        """Raise KeyboardInterrupt in it if it is running; False if not."""
        heard = self.guest.interrupt(self.id)
        self._asked_to_stop = self._asked_to_stop or heard
        return heard

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end, and return the guest's exception, if any."""
        self._wait(self.done, timeout)
        if self.cancelled():
            raise CancelledError
        return self._built()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end, and return the value or raise the guest's exception."""
        failure = self.exception(timeout)
        if failure is None:
            return self._result
        try:
            raise failure
        finally:
            del self, failure  # they and the traceback would keep one another alive

    def settle(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it is overdue and there may be none."""
        with suppress(TimeoutError):
            self._wait(lambda: self.done() or self.overdue, timeout)
        return self.done()

    def receive(self, kind: int, payload: Any) -> None:
        """Take the next event that the guest has sent."""
        if kind in _STREAMS:
            self._take_text(_STREAMS[kind], payload)
        elif kind == _native.MESSAGE:
            self._take_message(payload)
        elif kind == _native.STARTED:
            self._begin()
        elif kind == _native.FINISHED:
            self._finish(*payload)

    def expire(self) -> bool:
        """Interrupt it because its time is over; False if it was over before."""
        self.timed_out = self.guest.interrupt(self.id)
        return self.timed_out

    def give_up(self) -> None:
        """Release who waits in ``settle``: the interrupt had no effect."""
        if not self.done():
            self.overdue = True
            self._ring()
            self._tell()

    def break_off(self, reason: str, *, quietly: bool = False) -> None:
        """End it from the host's side: no event of its end will come.

        Args:
            reason: what became of the guest.
            quietly: without locks and callbacks of other threads, in a forked child.
        """
        if quietly:
            self._condition = threading.Condition()
            self._waiters.clear()
            self._done_callbacks: list[Any] = []
            self._watchers.clear()
        if not self.done():
            self._end(
                InterpreterClosedError(
                    self.interpreter.name, do=f"finish run {self.id} in", reason=reason
                )
            )

    def _take_text(self, name: str, text: str) -> None:
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE]
            self.record.add_text(name, piece)
            self._send(self.route.stream, name, piece)

    def _take_message(self, payload: bytes) -> None:
        msg_type, content = marshal.loads(payload)
        if msg_type == "input_request":
            name = self.interpreter.name
            self._ask(Question.of(self.guest, name, content))
            return
        if msg_type == "execute_result":
            content.setdefault("execution_count", self._execution_count)
        if msg_type != "payload":  # no output: it is not for a replay
            self.record.add_message(msg_type, content, len(payload))
        self._send(self.route.message, msg_type, content)

    def _send[T](self, put: Callable[[str, T], None], name: str, what: T) -> None:
        try:
            put(name, what)
        except BaseException:
            # The front end may be gone. The run goes on, and its record is complete.
            if not self._route_failed:
                self._route_failed = True
                _log.exception("output of run %d cannot be shown", self.id)

    def _begin(self) -> None:
        if self.done() or self.running():
            return
        self.started = time.time()
        self._clock = time.monotonic()
        self.set_running_or_notify_cancel()
        self._tell()

    def _finish(self, outcome: bytes, buffers: Sequence[Any]) -> None:
        if self.done():
            return
        self._begin()
        facts = marshal.loads(outcome) if outcome else None
        if type(facts) is dict:
            self.error = GuestError.from_facts(facts)
        elif facts is not None:
            self._packed = facts, buffers
        interrupted = self.error is not None and self.error.ename == "KeyboardInterrupt"
        if self.timed_out:
            self._end(TimeoutError(self._timeout_message()))
        elif self.error is None:
            self._final = "done"
            self._end(None)
        elif interrupted and not self._asked_to_stop and self._guest_closes():
            self._end(
                InterpreterClosedError(
                    self.interpreter.name,
                    do=f"finish run {self.id} in",
                    reason="it was closed meanwhile",
                )
            )
        else:
            self._final = "interrupted" if interrupted else "failed"
            self._unbuilt = self.error.failed(self.interpreter.name)
            self._end(self._unbuilt)

    def _guest_closes(self) -> bool:
        return self.guest.state in {"closing", "closed"}

    def _timeout_message(self) -> str:
        return (
            f"run {self.id} in interpreter {self.interpreter.name!r} was interrupted "
            f"after {self.timeout:g} s"
        )

    def _end(self, failure: BaseException | None) -> None:
        self.finished = time.time()
        if self._clock is not None:
            self._took = time.monotonic() - self._clock
        try:
            if failure is None:
                self.set_result(None)
            else:
                if self.error is not None and failure is not self._unbuilt:
                    failure.__cause__ = self.error.failed(self.interpreter.name)
                self.set_exception(failure)
        finally:  # a done callback may raise SystemExit
            self._tell()

    def _wait(self, over: Callable[[], bool], timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not over():
            bell = threading.Lock()
            bell.acquire()
            self._bells.append(bell)
            try:
                if over():  # before the bell hung
                    return
                if deadline is None:
                    bell.acquire()
                elif not bell.acquire(timeout=max(deadline - time.monotonic(), 0)):
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

    def _built(self) -> BaseException | None:
        """Give the exception, made here if it is the guest's; and make the value."""
        if self._packed is not None:
            self._unpack(*self._packed)
        unbuilt = self._unbuilt
        if self.error and unbuilt and self._exception is unbuilt:
            # In one step: two threads that ask get the same one.
            self._exception = self.__dict__.setdefault(
                "_rebuilt", rebuild(self.error, unbuilt)
            )
        return self._exception

    def _unpack(self, facts: Any, buffers: Sequence[Any]) -> None:
        # Here and not in the pump, for the reason that rebuild() gives.
        try:
            value = unpack_values(self.interpreter.name, facts, buffers)
        except TransferError as error:
            self._exception = self.__dict__.setdefault("_not_unpacked", error)
        else:
            self._result = self.__dict__.setdefault("_value", value)
        self._packed = None

    def _get_snapshot(self) -> tuple[bool, bool, Any, BaseException | None]:
        # How asyncio.wrap_future reads a future since 3.15, past exception().
        if self.done() and not self.cancelled():
            self._built()
        return super()._get_snapshot()  # type: ignore[misc, no-any-return]

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            self._call(watcher)

    def _call(self, watcher: Callable[[Run], None]) -> None:
        try:
            watcher(self)
        except BaseException:
            _log.exception("a state callback of run %d failed", self.id)
