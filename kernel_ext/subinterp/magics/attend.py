"""Wait in a foreground cell for its runs.

The first interrupt goes into the runs, and the wait goes on until they end. A second
one gives the cell back to the user, whatever the runs do.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .sigint import on_sigint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from subinterp.run import Run

    from .desk import Desk

__all__ = ["attend", "attend_blocking", "presses"]

# Too short for anybody to notice that the loop does not turn.
_MOMENT = 0.005
# How often the main thread wakes while it waits: Python's handler for a signal runs
# only when it does, and one that arrives just before it blocks does not wake it.
_BEAT = 0.05
# The same while the user is asked, and may have typed an answer.
_BEAT_ASKING = 0.02
# Two presses in a row are often one impatient user: the runs get this long to end.
_GRACE = 0.3


async def attend(runs: Sequence[Run], desk: Desk) -> None:
    """Wait with the event loop alive: widgets, comms and interrupts go on working.

    Meanwhile the user is asked what the runs want to know.

    Returns when all runs have ended, or the cell must do without their end: the user
    took it back, or a timeout could not stop them.
    """
    if not _ended_soon(runs):
        watch = _Watch(runs, desk)
        with on_sigint(watch.on_signal):
            await watch.wait()


@contextmanager
def presses() -> Iterator[SimpleQueue[bool]]:
    """Collect interrupts as True in a queue, instead of having them raised.

    A KeyboardInterrupt could come at any point: between the start of a run and the
    moment that somebody knows of it, say. The queue is of the kind that a signal
    handler may put into while its own thread waits in get().
    """
    news: SimpleQueue[bool] = SimpleQueue()
    with on_sigint(lambda *_: news.put(True)):
        yield news


def attend_blocking(runs: Sequence[Run], desk: Desk, news: SimpleQueue[bool]) -> None:
    """Wait as ``attend`` where no event loop can turn: in another cell, in a terminal.

    Args:
        runs: what to wait for.
        desk: where they ask.
        news: where interrupts arrive, from ``presses()``.
    """
    _listen(runs, lambda: news.put(False))
    interrupted = False
    last_moment = float("inf")
    while not all(map(_is_over, runs)) and time.monotonic() < last_moment:
        beat = _BEAT_ASKING if desk.step() else _BEAT
        with suppress(Empty):
            if not news.get(timeout=beat):
                continue  # a run has ended
            if interrupted:
                desk.close()
                last_moment = min(last_moment, time.monotonic() + _GRACE)
            else:
                interrupt(runs)
                interrupted = True


def _ended_soon(runs: Sequence[Run]) -> bool:
    """Wait a moment on the spot: a run that ends by then needs no turn of the loop.

    That takes a third of the time that the host spends on a cell which does little.
    """
    news: SimpleQueue[None] = SimpleQueue()
    for run in runs:
        run.add_done_callback(lambda _: news.put(None))
    deadline = time.monotonic() + _MOMENT
    try:
        for _ in runs:
            news.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        return False
    return True


def interrupt(runs: Sequence[Run]) -> None:
    """Interrupt what runs, and take what waits off the queue."""
    for run in runs:
        run.interrupt()


def _listen(runs: Sequence[Run], tell: Callable[[], None]) -> None:
    """Call this at the end of each run, and when its timeout has had no effect."""
    for run in runs:
        run.add_done_callback(lambda _: tell())
        if run.timeout is not None:
            run.add_state_callback(lambda run: tell() if run.overdue else None)


def _is_over(run: Run) -> bool:
    return run.done() or run.overdue


class _Watch:
    """The wait of one cell; the loop calls all but ``on_signal`` and ``_news``."""

    def __init__(self, runs: Sequence[Run], desk: Desk) -> None:
        self._runs = runs
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._timer = self._loop.call_later(_BEAT, self._beat)
        self._presses = 0
        _listen(runs, self._news)

    async def wait(self) -> None:
        """Wait for the end of the last run, or for a second interrupt."""
        try:
            while True:
                try:
                    return await self._over
                except asyncio.CancelledError:
                    self._cancelled()
        finally:
            self._timer.cancel()

    def on_signal(self, signum: int, frame: FrameType | None) -> None:
        """Pass an interrupt on to the loop, which may be in the middle of anything."""
        del signum, frame
        self._loop.call_soon_threadsafe(self._press)

    def _beat(self) -> None:
        beat = _BEAT_ASKING if self._desk.step() else _BEAT
        self._timer = self._loop.call_later(beat, self._beat)

    def _cancelled(self) -> None:
        """Take a cancellation as an interrupt: ipykernel's handler sends SIGINT so."""
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        self._over = self._loop.create_future()
        self._press()
        self._look()

    def _news(self) -> None:
        with suppress(RuntimeError):  # the kernel may have closed its loop meanwhile
            self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        if all(map(_is_over, self._runs)):
            self._settle()

    def _press(self) -> None:
        self._presses += 1
        if self._presses == 1:
            interrupt(self._runs)
        else:
            self._desk.close()
            self._loop.call_later(_GRACE, self._settle)

    def _settle(self) -> None:
        if not self._over.done():
            self._over.set_result(None)
