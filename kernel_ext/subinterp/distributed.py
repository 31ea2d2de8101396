"""An executor for the workers of ``distributed``, whose tasks run in guests.

In this process::

    from distributed import LocalCluster
    from subinterp.distributed import TaskExecutor

    LocalCluster(
        1, threads_per_worker=4, processes=False, executor=TaskExecutor(4)
    )

In workers anywhere::

    dask worker tcp://HOST:8786 --nthreads 4 --preload subinterp.distributed
"""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from dask._task_spec import GraphNode

from .executor import InterpreterPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from distributed import Worker

__all__ = ["TaskExecutor", "dask_setup"]


class TaskExecutor(Executor):
    """Runs the tasks of a worker in guests.

    What a worker submits is a function of its own, which looks after the task that it
    is given: measures it, packs what it raises. Guests cannot import that, because
    ``distributed`` needs psutil. So it is called in a thread of the host, with a task
    that is executed in a guest.
    """

    def __init__(self, max_workers: int) -> None:
        """Make an executor for one worker, without guests for now.

        Args:
            max_workers: how many guests at most: the worker's ``nthreads``.
        """
        self._guests = InterpreterPoolExecutor(max_workers, "distributed")
        self._threads = ThreadPoolExecutor(max_workers, "subinterp-distributed")

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        """Call a function in a thread; it finds its tasks executed in guests.

        Raises:
            RuntimeError: the executor is shut down.
        """
        there = [
            partial(self._execute, arg) if isinstance(arg, GraphNode) else arg
            for arg in args
        ]
        return self._threads.submit(fn, *there, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; the guests end when there are none left."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        self._guests.shutdown(wait, cancel_futures=cancel_futures)

    def _execute(self, task: GraphNode, data: dict[Any, Any]) -> Any:
        try:
            return self._guests.submit(task, data).result()
        except KeyboardInterrupt as error:
            # As such it would end the event loop of the worker.
            message = "cannot finish the task (its interpreter was interrupted)"
            raise RuntimeError(message) from error


def dask_setup(worker: Worker) -> None:
    """Have a worker run its tasks in guests: what ``--preload`` calls.

    Its threads stay, for ``with dask.annotate(executor="threads")``.
    """
    executors = worker.executors
    executors["threads"] = executors["default"]
    executors["default"] = TaskExecutor(worker.state.nthreads)
