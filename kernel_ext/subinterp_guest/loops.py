"""The event loops that run cells with a top-level ``await``, one for each thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine
    from typing import Any

__all__ = ["LoopRunner", "close_all"]

_loops: list[AbstractEventLoop] = []


class LoopRunner:
    """IPython's way to run a cell's coroutine; used by any thread that runs cells.

    A thread's loop lives on between its cells, so tasks go on at the next await.
    """

    def __init__(self, interrupted: Callable[[], None]) -> None:
        """Call ``interrupted`` when a cell's coroutine is cancelled by an interrupt."""
        self._interrupted = interrupted
        self._local = threading.local()

    def __call__[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine to its end."""
        loop = self._loop()
        task = loop.create_task(coroutine)
        try:
            return loop.run_until_complete(task)
        except KeyboardInterrupt:
            if task.done():
                raise
            # The interrupt hit the loop and not the cell, which has to hear of it.
            self._interrupted()
            task.cancel()
            return loop.run_until_complete(task)

    def __str__(self) -> str:
        """Return the name that ``%autoawait`` shows."""
        return "asyncio"

    def _loop(self) -> AbstractEventLoop:
        loop: AbstractEventLoop | None = getattr(self._local, "loop", None)
        if loop is None or loop.is_closed():
            import asyncio

            loop = self._local.loop = asyncio.new_event_loop()
            _loops.append(loop)
        return loop


def close_all(seconds: float) -> None:
    """Cancel what is left on the loops of all threads, and close them."""
    while _loops:
        loop = _loops.pop()
        if not loop.is_closed() and not loop.is_running():
            _close(loop, seconds)


def _close(loop: AbstractEventLoop, seconds: float) -> None:
    import asyncio

    try:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))
        loop.run_until_complete(
            asyncio.wait_for(loop.shutdown_asyncgens(), timeout=seconds)
        )
    finally:
        loop.close()
