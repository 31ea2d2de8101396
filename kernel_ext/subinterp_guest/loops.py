"""The event loops of the threads that run cells, one for each.

As in a kernel a cell runs within the loop, whether it awaits or not, and what it has
left there goes on when it has ended: its thread runs the loop while it has no job.
"""

from __future__ import annotations

import asyncio
import marshal
import os
from _thread import get_ident
from contextlib import suppress
from typing import TYPE_CHECKING

import _subinterp

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Handle
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from typing import Any

__all__ = [
    "call_soon",
    "close_all",
    "enter",
    "go_on",
    "leave",
    "rest",
    "run",
    "run_cell",
]

_GO_ON = marshal.dumps(("go_on",))
_loops: dict[int, _GuestLoop] = {}


class _GuestLoop(asyncio.SelectorEventLoop):
    """A loop that its thread runs when there is something in it to do.

    A byte in the pipe, which is made when the loop first runs between jobs, stops it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ident = get_ident()
        self._pipe: tuple[int, int] | None = None
        self._entered = False

    def enter(self) -> None:
        """Be the running loop, though the code that runs is none of its callbacks."""
        self._entered = True
        self._run_forever_setup()  # type: ignore[attr-defined]

    def leave(self) -> None:
        """Be no longer what ``enter`` made of it, also if that was interrupted."""
        if self._entered:
            self._run_forever_cleanup()  # type: ignore[attr-defined]
            self._entered = False

    def call_soon_threadsafe[*Args](
        self,
        callback: Callable[[*Args], object],
        *args: *Args,
        context: Context | None = None,
    ) -> Handle:
        """As the original, and have the thread run the loop if it does not."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        if not self.is_running():
            self.ask_to_run()
        return handle

    def ask_to_run(self) -> None:
        """Have the loop's thread run it while that has no job."""
        with suppress(OSError):  # no more descriptors: it goes on with the next cell
            if self._pipe is None:
                self._pipe = os.pipe()
                os.set_blocking(self._pipe[1], False)
            _subinterp.rest(self._ident, _GO_ON, self._pipe[1])

    def run_until_job(self) -> None:
        """Run until the thread has a job."""
        assert self._pipe is not None
        reader = self._pipe[0]

        def stop() -> None:
            os.read(reader, 4096)
            self.stop()

        self.add_reader(reader, stop)
        try:
            self.run_forever()
        finally:
            self.remove_reader(reader)

    def is_needed(self) -> bool:
        """Return whether anything waits in the loop, or for it."""
        private: Any = self
        watched = len(private._selector.get_map()) > 1  # one is the loop's own
        return bool(
            private._ready or private._scheduled or watched or asyncio.all_tasks(self)
        )

    def close(self) -> None:
        """Close the loop and its pipe."""
        super().close()
        if self._pipe is not None:
            for descriptor in self._pipe:
                os.close(descriptor)
            self._pipe = None


def _loop() -> _GuestLoop:
    here = get_ident()
    loop = _loops.get(here)
    if loop is None or loop.is_closed():
        loop = _loops[here] = _GuestLoop()
    return loop


def run_cell[T](
    coroutine: Coroutine[Any, Any, T], interrupted: Callable[[], None]
) -> T:
    """Run a cell's coroutine to its end, on any thread that runs cells.

    Args:
        coroutine: the cell.
        interrupted: called when an interrupt cancels it.
    """
    loop = _loop()
    task = loop.create_task(coroutine)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        if task.done():
            raise
        # The interrupt hit the loop and not the cell, which has to hear of it.
        interrupted()
        task.cancel()
        return loop.run_until_complete(task)


def enter() -> None:
    """Have the calling code run within its thread's loop, up to ``leave``."""
    _loop().enter()


def leave() -> None:
    """Have the calling thread run without its loop again, if it has entered it."""
    loop = _loops.get(get_ident())
    if loop is not None:
        loop.leave()


def run(function: Callable[[], object]) -> None:
    """Call within the loop of the calling thread."""

    async def call() -> None:
        function()

    _loop().run_until_complete(call())


def call_soon(ident: int, callback: Callable[[], object]) -> None:
    """Call this on the loop of a thread, if that runs now; from any thread."""
    loop = _loops.get(ident)
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(callback)


def rest() -> None:
    """Have the calling thread run its loop while it has no job, if there is need to."""
    loop = _loops.get(get_ident())
    if loop is not None and not loop.is_closed() and loop.is_needed():
        loop.ask_to_run()


def go_on() -> None:
    """Run the loop of the calling thread until that has a job."""
    loop = _loops.get(get_ident())
    if loop is not None and not loop.is_closed():
        loop.run_until_job()


def close_all(seconds: float) -> None:
    """Cancel what is left on the loops of all threads, and close them."""
    while _loops:
        _, loop = _loops.popitem()
        if not loop.is_closed() and not loop.is_running():
            _close(loop, seconds)


def _close(loop: AbstractEventLoop, seconds: float) -> None:
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
