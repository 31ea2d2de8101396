"""Carries what guests tell to their runs."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from . import _native, comms
from .calls import call_holding
from .history import History, history
from .query import queries
from .route import ConsoleRoute

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Pump", "pump"]

# Text is passed on this often: a message for every print would be lost on the way to
# the front end.
_INTERVAL = 0.05
# An interrupt that was heard ends Python code long before.
_GRACE = 1.0
_log = logging.getLogger("subinterp")


class Pump:
    """One daemon thread that drains the channel, started with the first guest.

    Guaranteed: each run gets its events in order, the end last but for output of
    threads that it left behind; nothing that a route or a callback raises stops the
    pump or loses the end of a run. ``start`` and ``stop`` are for all threads; the
    lock protects which thread is the pump.
    """

    def __init__(self, runs: History) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = False
        # By run id: a run that ended early must not be kept for its long timeout.
        self._deadlines: list[tuple[float, int]] = []
        self._stray = ConsoleRoute()

    def start(self) -> None:
        """Make sure that the pump runs."""
        call_holding(self._lock, self._start)

    def stop(self, timeout: float = 1.0) -> None:
        """Deliver what there is and end the thread."""
        thread = call_holding(self._lock, self._dismiss)
        if thread is None or thread is threading.current_thread():
            return
        _native.wake()
        thread.join(timeout)
        if not thread.is_alive():  # else a callback keeps it, and there is one drain
            self._deliver(_native.drain(0, 0))

    def end(self) -> None:
        """Stop, and never start again: other threads may still ask for guests at exit.

        A thread that starts while CPython ends can crash it (the rest of gh-108987).
        """
        self._ended = True
        self.stop()

    def settle(self, deadline: float) -> None:
        """Wait until the runs of closed guests are over, their output being delivered.

        Args:
            deadline: of ``time.monotonic()``: a front end may take long to take it.
        """
        for run in self._runs.live():
            # The pump itself, in a callback, would wait for what it has to do.
            if run.guest.state == "closed" and not self.is_current_thread():
                run.conclude(max(0.0, deadline - time.monotonic()))

    def forget_thread(self) -> None:
        """Accept in a forked child that the thread is the parent's."""
        self._lock = threading.Lock()
        self._thread = None
        self._ended = False
        self._deadlines.clear()

    def is_current_thread(self) -> bool:
        """Tell whether it calls, and so can deliver nothing before this returns."""
        return threading.current_thread() is self._thread

    def _start(self) -> None:
        if self._ended or (self._thread is not None and self._thread.is_alive()):
            return
        thread = threading.Thread(
            target=self._serve, name="subinterp-pump", daemon=True
        )
        # A debugger that stops the notebook must not stop its guests' output.
        thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        # Before the start, which a KeyboardInterrupt may cut off early or late: if
        # another one takes its place, it goes.
        self._thread = thread
        thread.start()

    def _dismiss(self) -> threading.Thread | None:
        thread, self._thread = self._thread, None
        return thread

    def _serve(self) -> None:
        while self.is_current_thread():
            self._deliver(_native.drain(_INTERVAL, self._patience()))
            self._expire()

    def _patience(self) -> float:
        if not self._deadlines:
            return -1
        return max(0.0, self._deadlines[0][0] - time.monotonic())

    def _deliver(self, events: list[tuple[int, int, _native.Payload]]) -> None:
        for run_id, kind, payload in events:
            if kind == _native.CLOSED:
                self._end_what_is_left(run_id)
                continue
            run = self._runs.get(run_id)
            try:
                if kind == _native.COMM:
                    comms.receive(run, cast("bytes", payload))
                    continue
                if kind == _native.DROPPED:
                    if job := run or queries.get(run_id):
                        job.break_off("it was closed before the run began")
                    continue
                if run is None:
                    if (query := queries.get(run_id)) is not None:
                        query.receive(kind, payload)
                    else:
                        self._deliver_stray(kind, payload)
                    continue
                run.receive(kind, payload)
                if kind == _native.STARTED and run.timeout is not None:
                    self._wait_for(run, run.timeout)
            except BaseException:
                _log.exception("cannot take an event of run %d", run_id)
                if run is not None and kind == _native.FINISHED:
                    run.break_off("its end could not be understood")

    def _end_what_is_left(self, guest_id: int) -> None:
        # A KeyboardInterrupt may have come before it was given to the guest, say.
        for run in self._runs.live():
            if run.guest.id == guest_id:
                run.break_off("it was closed meanwhile")

    def _deliver_stray(self, kind: int, payload: Any) -> None:
        # Of a thread whose run was over a thousand runs ago.
        if kind == _native.STDOUT:
            self._stray.stream("stdout", payload)
        elif kind == _native.STDERR:
            self._stray.stream("stderr", payload)

    def _wait_for(self, run: Run, seconds: float) -> None:
        due = time.monotonic() + seconds
        heapq.heappush(self._deadlines, (due, run.id))

    def _expire(self) -> None:
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            run = self._runs.get(heapq.heappop(self._deadlines)[1])
            if run is None or run.concluded():
                continue
            if run.timed_out:
                run.give_up()
            elif run.expire():
                self._wait_for(run, _GRACE)


pump = Pump(history)
