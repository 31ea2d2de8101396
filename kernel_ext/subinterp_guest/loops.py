"""The event loops that run cells with a top-level ``await``, one for each thread."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine
    from typing import Any

__all__ = ["LoopRunner", "call_soon", "close_all"]

_loops: dict[int, AbstractEventLoop] = {}


class LoopRunner:
    """IPython's way to run a cell's coroutine; used by any thread that runs cells.

    A thread's loop lives on between its cells, so tasks go on at the next await.
    """

    def __init__(self, interrupted: Callable[[], None]) -> None:
        """Call ``interrupted`` when a cell's coroutine is cancelled by an interrupt."""
        self._interrupted = interrupted

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

    @staticmethod
    def _loop() -> AbstractEventLoop:
        here = threading.get_ident()
        loop = _loops.get(here)
        if loop is None or loop.is_closed():
            import asyncio

            loop = _loops[here] = asyncio.new_event_loop()
        return loop


def call_soon(ident: int, callback: Callable[[], object]) -> None:
    """Call this on the loop of a thread, if that is running one; from any thread."""
    loop = _loops.get(ident)
    if loop is not None and loop.is_running():
        with suppress(RuntimeError):  # closed meanwhile, at the guest's end
            loop.call_soon_threadsafe(callback)


def close_all(seconds: float) -> None:
    """Cancel what is left on the loops of all threads, and close them."""
    while _loops:
        _, loop = _loops.popitem()
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
