"""A backend of joblib that runs its batches in guests.

Importing this registers it as ``"subinterp"``::

    import subinterp.joblib
    from joblib import Parallel, delayed, parallel_config

    with parallel_config("subinterp"):
        squares = Parallel()(delayed(pow)(i, 2) for i in range(10))

What uses NumPy needs ``parallel_config("subinterp", extensions="private")``.
"""

from __future__ import annotations

import logging
import weakref
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from joblib import cpu_count, register_parallel_backend
from joblib.parallel import (
    AutoBatchingMixin,
    FallbackToBackend,
    ParallelBackendBase,
    SequentialBackend,
)

from .executor import InterpreterPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from joblib import Parallel

    from .settings import Extensions

__all__ = ["InterpreterBackend"]

_log = logging.getLogger("subinterp")


class InterpreterBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]
    """Runs the batches of joblib's ``Parallel`` in a pool of guests.

    The pool stays for the next ``Parallel`` of the same configuration, and ends with
    the backend. Inside a guest, ``Parallel`` is sequential unless told otherwise.
    """

    default_n_jobs = -1
    supports_retrieve_callback = True

    def __init__(
        self,
        nesting_level: int | None = None,
        extensions: Extensions | None = None,
    ) -> None:
        super().__init__(nesting_level=nesting_level)
        self._extensions = extensions
        self._pool: InterpreterPoolExecutor | None = None
        self._size = 0
        # A callback rebuilds results and takes more of the caller's iterable: both are
        # the user's code, which the thread that has all output to deliver must not run.
        self._callbacks = ThreadPoolExecutor(1, "subinterp-joblib")

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Tell how many guests that is, at most.

        Raises:
            ValueError: it is 0.
        """
        if n_jobs == 0:
            message = "n_jobs == 0 in Parallel has no meaning"
            raise ValueError(message)
        if n_jobs is None:
            return 1
        count: int = n_jobs if n_jobs > 0 else max(cpu_count() + 1 + n_jobs, 1)
        return count

    def configure(
        self, n_jobs: int = 1, parallel: Parallel | None = None, **options: Any
    ) -> int:
        """Make ready for the calls of a ``Parallel``, whose other options are ignored.

        Raises:
            FallbackToBackend: one job needs no guest.
        """
        size = self.effective_n_jobs(n_jobs)
        if size == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        # It has the backend; in a circle, guests would wait for the garbage collector.
        self.parallel = weakref.proxy(parallel)
        if size != self._size:
            self._size = size
            if old := self._let_go():
                old.shutdown(wait=False)
        return size

    def submit(
        self,
        func: Callable[[], Any],
        callback: Callable[[Future[Any]], None] | None = None,
    ) -> Future[Any]:
        """Have a guest run a batch; what keeps it from that is its outcome."""
        future: Future[Any]
        try:
            if self._pool is None:
                self._pool = InterpreterPoolExecutor(
                    self._size, "joblib", extensions=self._extensions
                )
            future = self._pool.submit(func)
        except Exception as error:  # raised in a callback, it would be lost
            future = Future()
            future.set_exception(error)
        if callback is not None:
            later = self._callbacks.submit
            future.add_done_callback(lambda done: later(_call, callback, done))
        return future

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        """Return what a batch returned, or raise what it raised.

        Raises:
            RuntimeError: a call of the same configuration was aborted meanwhile.
        """
        try:
            return out.result()
        except CancelledError:
            message = (
                "cannot finish Parallel (another one of this configuration has failed,"
                " or its generator was given up); use up a generator before the next"
            )
            raise RuntimeError(message) from None

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Cancel or interrupt all batches; what comes next gets other guests."""
        if old := self._let_go():
            old.terminate_workers()

    def terminate(self) -> None:
        """Forget how long batches took; the guests stay."""
        self.reset_batch_stats()

    def get_nested_backend(self) -> tuple[SequentialBackend, None]:
        """Return what ``Parallel`` uses inside a guest."""
        level = (self.nesting_level or 0) + 1
        return SequentialBackend(nesting_level=level), None

    def _let_go(self) -> InterpreterPoolExecutor | None:
        old, self._pool = self._pool, None
        return old


def _call(callback: Callable[[Future[Any]], None], future: Future[Any]) -> None:
    try:
        callback(future)
    except BaseException:
        _log.exception("cannot go on with Parallel")


register_parallel_backend("subinterp", InterpreterBackend)
