"""The runs of this process, by number."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from .preferences import preferences

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any

    from .run import Run

__all__ = ["History", "history"]


class History:
    """Every run that is not over, and the last ones of cells and ``exec`` that are.

    For all threads. It needs no lock, which a fork could leave behind taken: every
    step is one operation on a dict under the host's GIL.
    """

    def __init__(self, keep: int = 1000, budget: int = 256 * 1024 * 1024) -> None:
        self._keep = keep
        self._budget = budget
        self._live: dict[int, Run] = {}
        self._over: dict[int, Run] = {}

    def add(self, run: Run) -> None:
        """Remember a run that is about to be queued."""
        self._live[run.id] = run
        run.add_done_callback(self._retire)

    def discard(self, run: Run) -> None:
        """Forget a run that was not queued after all."""
        self._live.pop(run.id, None)

    def get(self, run_id: int) -> Run | None:
        """Find a run; None if it is unknown, or was over too long ago."""
        return self._live.get(run_id) or self._over.get(run_id)

    def live(self) -> list[Run]:
        """List what is queued or running, oldest first."""
        return list(self._live.values())

    def all(self) -> list[Run]:
        """List all known runs, oldest first."""
        known = {**self._over, **self._live}
        return [known[run_id] for run_id in sorted(known)]

    def _retire(self, future: Future[Any]) -> None:
        run = cast("Run", future)
        if run.kept:
            self._over[run.id] = run
        self._live.pop(run.id, None)
        for _ in range(len(self._over) - self._keep):
            # Another thread may do the same, between the two steps; what stays now goes
            # with the next run.
            with suppress(RuntimeError, StopIteration):
                self._over.pop(next(iter(self._over)), None)
        # A cancelled run has no output, so whoever comes here is the pump thread, the
        # only one to write to records.
        if run.record.size:
            self._save_memory()

    def _save_memory(self) -> None:
        kept = tuple(self._over.values())
        # At least the last run's output is kept as far as the user wants.
        budget = max(self._budget, preferences.replay_size)
        excess = sum(run.record.size for run in kept) - budget
        for run in kept:
            if excess <= 0:
                break
            excess -= run.record.size
            run.record.forget()


history = History()
