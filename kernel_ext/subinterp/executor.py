"""A pool of guests, as an executor."""

from __future__ import annotations

import itertools
import os
import weakref
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

from .mapping import Mapped
from .route import current_route
from .team import Team
from .transfer import named, pack_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .run import Run
    from .settings import Extensions

__all__ = ["InterpreterPoolExecutor"]

_MOST = 32
_numbers = itertools.count()


class InterpreterPoolExecutor(Executor):
    """Call functions in guests that it makes as they are needed, each with its own GIL.

    Signature and contract are those of the class of that name in
    ``concurrent.futures``, which is new in Python 3.14; ``extensions`` is ours.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        extensions: Extensions | None = None,
    ) -> None:
        """Make a pool, without guests for now.

        Args:
            max_workers: how many guests at most; None: as many as
                ``ThreadPoolExecutor`` would have threads.
            thread_name_prefix: what the guests' names begin with.
            initializer: called in each new guest. If it raises, the pool is broken.
            initargs: what it is called with.
            extensions: as for ``create``: ``"private"`` for functions that use NumPy
                and the like; None: what the user prefers, or ``"strict"``.

        Raises:
            TransferError: the initializer or an argument of it cannot cross.
            ValueError: an argument that it does not take; one line says which.
        """
        if max_workers is None:
            max_workers = min(_MOST, (os.process_cpu_count() or 1) + 4)
        if max_workers <= 0:
            message = "max_workers must be greater than 0"
            raise ValueError(message)
        given: object = initializer
        if given is not None and not callable(given):
            message = "initializer must be a callable"
            raise TypeError(message)

        prefix = thread_name_prefix or f"InterpreterPoolExecutor-{next(_numbers)}"
        prepare = initializer and pack_call(prefix, initializer, initargs, {})
        self._max_workers = max_workers
        self._team = Team(max_workers, prefix, prepare, extensions)
        # When nobody has the pool any more, its guests do what is left and end.
        weakref.finalize(self, self._team.queue.close).atexit = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Run:
        """Have a guest call the function, and give the future of what it returns.

        Raises:
            TransferError: the function or an argument cannot cross.
            RuntimeError: the pool is shut down.
            BrokenInterpreterPool: its initializer has failed.
        """
        team = self._team
        packed = pack_call(team.name, fn, args, kwargs)
        return team.start(f"{named(fn)}()", current_route(), *packed)

    def map[T](
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Call the function for each item; an iterator over the results, in order.

        The guests take items from a queue of their own, so that many small ones are
        quick. An item's exception is raised in its place.

        Args:
            fn: the function.
            iterables: its arguments; the shortest ends it.
            timeout: seconds from now after which ``next()`` raises ``TimeoutError``.
            chunksize: how many items go to a guest together.
            buffersize: how many such chunks are read ahead of what was taken; None: all
                input is read now.

        Raises:
            TransferError: the function or an item cannot cross.
            RuntimeError: the pool is shut down.
            BrokenInterpreterPool: its initializer has failed.
        """
        team = self._team
        start = partial(team.start, f"map({named(fn)})", current_route())
        mapped = Mapped(
            team.name,
            [start] * self._max_workers,
            fn,
            iterables,
            chunksize=chunksize,
            buffersize=buffersize,
            timeout=timeout,
        )
        team.mapped.add(mapped)
        return mapped

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; the guests end when there are none left.

        Args:
            wait: whether to wait until that is so.
            cancel_futures: whether to cancel the calls that have not begun.

        Raises:
            InterpreterBusyError: a thread that a call has left behind does not end.
        """
        team = self._team
        team.queue.close()
        if cancel_futures:
            team.cancel()
        if wait:
            team.wait()

    def terminate_workers(self) -> None:
        """Take no more calls, cancel those that wait, and interrupt the others.

        Returns at once, as the method of ``ProcessPoolExecutor``; each guest ends when
        its call has.
        """
        # None may begin in the place of one that is interrupted.
        self.shutdown(wait=False, cancel_futures=True)
        for run in self._team.runs():
            run.interrupt()
