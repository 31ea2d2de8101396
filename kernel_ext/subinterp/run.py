"""One execution in a guest, as a future."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from concurrent.futures._base import RUNNING
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from . import _native
from .errors import InterpreterClosedError
from .question import Question
from .sturdy import SturdyFuture
from .told import Told
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from concurrent.futures import Future

    from .failure import GuestError
    from .interpreter import Interpreter
    from .route import Route
    from .team import Team
    from .where import Where

__all__ = ["HOME", "Run", "State"]

State = Literal["queued", "running", "done", "failed", "interrupted"]

HOME = "home"
_log = logging.getLogger("subinterp")
_ids = itertools.count(1)


class Run(Told, SturdyFuture):
    """Code that a guest executes, has executed, or will.

    As with any future, waiting, cancelling and asking are for all threads. The methods
    ``receive``, ``expire`` and ``break_off`` are for the pump and for who ends guests.
    Callbacks are called by the pump thread, or by the thread that cancels.
    """

    def __init__(
        self,
        interpreter: Interpreter | Team,
        guest: Where,
        source: str,
        *,
        thread: str = HOME,
        route: Route | None = None,
        timeout: float | None = None,
        execution_count: int | None = None,
        ask: Callable[[Question], None] = Question.refuse,
        pulls: Sequence[str] = (),
        kept: bool = True,
    ) -> None:
        super().__init__(route, execution_count, ask)
        SturdyFuture.__init__(self)
        self.id: int = next(_ids)
        self.interpreter = interpreter
        self.guest = guest
        self.thread = thread
        self.source = source
        self.timeout = timeout
        self.aftermath: threading.Thread | None = None
        """What binds the variables that a background cell has brought."""
        self.timed_out = False
        self.overdue = False
        """Its timeout is over and the interrupt did not stop it."""
        self.created: float = time.time()
        self.kept = kept
        """Whether it is listed when it is over: calls are too many, and have values."""
        self.pulls = pulls
        """The variables that come back with its end."""
        self._answer: _native.Answer | None = None
        self._begun: float | None = None
        self._clock: float | None = None  # of that; time.time() may be set back
        self._ended: float | None = None
        self.asked_to_stop = False
        self._watchers: list[Callable[[Run], None]] = []
        self._refusal: BaseException | None = None

    def __repr__(self) -> str:
        """Show where it runs and how it goes."""
        return f"<Run {self.id} in {self.interpreter.name!r}: {self.state}>"

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait in a coroutine; to cancel that takes a queued run off the queue."""
        from asyncio import wrap_future  # noqa: PLC0415 - loaded, where one awaits

        return wrap_future(self).__await__()

    @property
    def state(self) -> State:
        """Queued, running, done, failed or interrupted."""
        if self.done():
            verdict = self._verdict()
            return "interrupted" if verdict is None else verdict.state
        return "running" if self.running() else "queued"

    @property
    def error(self) -> GuestError | None:
        """How its code failed, in the guest's words."""
        verdict = self._verdict()
        return None if verdict is None else verdict.outcome.error

    @property
    def started(self) -> float | None:
        """When it began, as time.time(); None before."""
        verdict = self._verdict()
        if verdict is not None:
            return verdict.outcome.started
        self._look()
        return self._begun

    @property
    def finished(self) -> float | None:
        """When it was over, as time.time(); None before."""
        verdict = self._verdict()
        return self._ended if verdict is None else verdict.outcome.finished

    @property
    def elapsed(self) -> float | None:
        """Seconds that it took, or takes so far; None before its start."""
        verdict = self._verdict()
        if verdict is not None:
            return verdict.outcome.took
        self._look()
        if self._clock is None or self._begun is None:
            return None
        if self._ended is not None:
            return self._ended - self._begun
        return time.monotonic() - self._clock

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

    def add_state_callback(self, fn: Callable[[Run], None]) -> None:
        """Call this now, when ``state`` has changed, and when ``overdue`` is set."""
        self._watchers.append(fn)
        self._call(fn)

    def done(self) -> bool:
        """Tell whether it is over."""
        return self.concluded() or self._verdict() is not None

    def running(self) -> bool:
        """Tell whether it is being executed."""
        self._look()
        return self._begun is not None and not self.done()

    def cancel(self) -> bool:
        """Take it off the queue; False if it has begun."""
        if self.done() or not self.guest.cancel(self.id):
            return self.cancelled()
        self._leave()
        return True

    def refuse(self, failure: BaseException) -> None:
        """Take it off the queue, and end it with this exception if it was there."""
        self._refusal = failure
        self.guest.cancel(self.id)

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in it, or take it off the queue; False if it is over.

        Returns at once. Code that catches it, or that waits in C, goes on.
        """
        return self.cancel() or self.interrupt_running()

    def interrupt_running(self) -> bool:
        """Raise KeyboardInterrupt in it if it is running; False if not."""
        # First, for who waits may know of the end before this returns.
        asked, self.asked_to_stop = self.asked_to_stop, True
        heard = self.guest.interrupt(self.id)
        self.asked_to_stop = asked or heard
        return heard

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call this when it is over, or now."""
        if self.done() and not self.concluded() and not _native.drains():
            # As it is over, who adds this expects the call before the return.
            _native.wake()
            self._wait(self.concluded)
        super().add_done_callback(fn)

    def attach(self, answer: _native.Answer) -> None:
        """Say where its outcome will be, for who waits for it."""
        # The pump knows better whether it was interrupted because its time was over.
        if self.timeout is None:
            self._answer = answer

    def pulled(self) -> dict[str, Any]:
        """Give the variables that have come back with the end of a cell.

        Raises:
            TransferError: one of them cannot be rebuilt here.
        """
        verdict = self._verdict()
        values = [] if verdict is None else verdict.unpacked()
        return dict(zip(self.pulls, values, strict=True)) if values else {}

    def settle(self, timeout: float | None = None) -> bool:
        """Wait for the end; False if it is overdue and there may be none."""
        with suppress(TimeoutError):
            self._wait(lambda: self.done() or self.overdue, timeout)
        return self.done()

    def conclude(self, timeout: float | None) -> None:
        """Wait until it is over and those who are called then have been called."""
        with suppress(TimeoutError):
            self._wait(lambda: self.concluded() or self.overdue, timeout)

    def receive(self, kind: int, payload: Any) -> None:
        """Take the next event that the guest has sent."""
        if kind == _native.STARTED:
            self._begin()
        elif kind == _native.CANCELLED:
            if self._refusal is not None:
                self._end(self._refusal)
            self._leave()  # which a KeyboardInterrupt in cancel() may have cut off
        elif kind == _native.FINISHED:
            self._finish(*payload)
        else:
            self._take(kind, payload)

    def expire(self) -> bool:
        """Interrupt it because its time is over; False if it was over before."""
        self.timed_out = self.guest.interrupt(self.id)
        return self.timed_out

    def give_up(self) -> None:
        """Release who waits in ``settle``: the interrupt had no effect."""
        if not self.concluded():
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
        self._end(
            InterpreterClosedError(
                self.interpreter.name, do=f"finish run {self.id} in", reason=reason
            )
        )

    def _leave(self) -> None:
        told = self.concluded()
        if not told:
            self._ended = time.time()
        super().cancel()
        if not told:
            self._tell()

    def _begin(self) -> None:
        if self.concluded() or self._state == RUNNING:
            return
        self._note_beginning()
        self.set_running_or_notify_cancel()
        if not self.done():
            self._tell()

    def _look(self) -> None:
        # Whether it has begun: the news of that may take a moment.
        if self._begun is None and self.guest.executes(self.id):
            self._note_beginning()

    def _note_beginning(self) -> None:
        if self._begun is None:
            self._clock = time.monotonic()
            self._begun = time.time()

    def _finish(self, *outcome: Any) -> None:
        if self.concluded():
            return
        self._begin()
        self._end(self._judge(outcome).failure)

    def _verdict(self) -> Verdict | None:
        """Give what is known of its end."""
        answer = self._answer  # before, for with the verdict it goes
        verdict: Verdict | None = self.__dict__.get("_judged")
        if verdict is None and answer is not None:
            outcome = answer.outcome()
            if outcome is not None:
                return self._judge(outcome)
        return verdict

    def _judge(self, outcome: tuple[Any, ...]) -> Verdict:
        verdict: Verdict | None = self.__dict__.get("_judged")
        if verdict is None:
            # In one step: who waits and the pump may come here at the same time.
            verdict = self.__dict__.setdefault("_judged", judge(self, outcome))
        self._answer = None  # it has the outcome, too, which may be large
        return verdict

    def _end(self, failure: BaseException | None) -> None:
        if self.concluded():
            return
        self._ended = time.time()
        try:
            if failure is None:
                self.set_result(None)
            else:
                self.set_exception(failure)
        finally:  # a done callback may raise SystemExit
            self._tell()

    def _wait(self, over: Callable[[], bool], timeout: float | None = None) -> None:
        answer = self._answer
        if answer is not None and not over():
            begin = time.monotonic()
            answer.wait(-1 if timeout is None else max(timeout, 0))
            if timeout is not None:
                timeout -= time.monotonic() - begin
        super()._wait(over, timeout)

    def _ring(self) -> None:
        answer = self._answer
        if answer is not None:
            answer.decline()  # who waits for it shall look again
        super()._ring()

    def _get_snapshot(self) -> tuple[bool, bool, Any, BaseException | None]:
        # How asyncio.wrap_future reads a future since 3.15, past exception().
        if not self.done() or self.cancelled():
            return super()._get_snapshot()  # type: ignore[misc, no-any-return]
        failure = self.exception()
        return True, False, self._value(), failure

    def _failure(self) -> BaseException | None:
        verdict = self._verdict()
        return self._exception if verdict is None else verdict.exception()

    def _value(self) -> Any:
        verdict = self._verdict()
        return None if verdict is None else verdict.value

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            self._call(watcher)

    def _call(self, watcher: Callable[[Run], None]) -> None:
        try:
            watcher(self)
        except BaseException:
            _log.exception("a state callback of run %d failed", self.id)
