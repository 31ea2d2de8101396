"""The workers that serve a queue of items, as far as they do at the moment."""

from __future__ import annotations

from concurrent.futures import CancelledError
from functools import partial
from typing import TYPE_CHECKING, Any

from .calls import call_into
from .errors import InterpreterClosedError
from .together import stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from .run import Run
    from .transfer import Packed

    type Start = Callable[[tuple[Any, ...], list[memoryview]], Run]
    """Queues a request, with its memory, for a worker, and returns at once."""

__all__ = ["Crew"]


class Crew:
    """Has workers serve, and knows which of them do.

    A worker that got nothing to do for a while leaves, and may be taken again; one
    that failed, or was interrupted, is not. For one thread at a time.
    """

    def __init__(
        self,
        workers: Iterable[Start],
        request: Packed,
        on_end: Callable[[int], object],
    ) -> None:
        """Take what is needed to start one.

        Args:
            workers: how to start a run on each.
            request: what has it serve.
            on_end: takes the run's number when it is over; called by any thread.
        """
        self.failure: BaseException | None = None
        """Why the first of those left that do not come back."""
        self._idle = list(workers)
        self._request = request
        self._on_end = on_end
        self._serving: dict[int, tuple[Run, Start | None]] = {}
        self._started: list[Run] = []

    @property
    def serves(self) -> bool:
        """Whether anybody does."""
        return bool(self._serving)

    @property
    def is_gone(self) -> bool:
        """Whether nobody does, and nobody ever will."""
        return not self._serving and not self._idle

    def run(self, number: int) -> Run:
        """Find the run of a worker that serves."""
        return self._serving[number][0]

    def recruit(self) -> None:
        """Have one more worker serve, if there is one that does not.

        Raises:
            InterpreterClosedError: there was one, but it is closed.
        """
        if self._idle:
            start = self._idle.pop()
            self._start(start, start)

    def recruit_again(self) -> None:
        """Do so with those who serve: any may have left, and not be known to have."""
        for _, start in tuple(self._serving.values()):
            if start is not None:
                self._start(start, None)

    def replace(self) -> None:
        """Do as ``recruit``, and go on without those that are closed meanwhile."""
        while self._idle:
            try:
                self.recruit()
            except InterpreterClosedError as closed:
                self.failure = self.failure or closed
            else:
                return

    def dismiss(self, number: int) -> None:
        """Take note that a run is over."""
        run, start = self._serving.pop(number)
        try:
            failure = run.exception()
        except CancelledError as cancelled:
            failure = cancelled
        if failure is not None:
            self.failure = self.failure or failure
        elif start is not None:
            self._idle.append(start)

    def cancel(self) -> None:
        """Let nobody begin who has not, and forget all."""
        for run in self._runs():
            run.cancel()
        self._serving.clear()
        self._started.clear()
        self._idle.clear()

    def finish(self) -> None:
        """Wait for the end of all who have begun, and so for their output."""
        for run in self._runs():
            run.cancel() or run.settle()

    def stop(self, stopped: BaseException) -> None:
        """Interrupt all, for somebody who was interrupted."""
        stop(self._runs(), stopped)

    def _start(self, start: Start, comes_back: Start | None) -> None:
        call_into(self._started, start, *self._request)
        run = self._started[-1]
        self._serving[run.id] = run, comes_back
        self._started.clear()
        run.add_done_callback(partial(_tell, self._on_end, run.id))

    def _runs(self) -> list[Run]:
        return [*self._started, *(run for run, _ in self._serving.values())]


def _tell(on_end: Callable[[int], object], number: int, _: Future[Any]) -> None:
    on_end(number)
