"""The event loop of a cell of which nobody knows yet whether it needs one.

A cell runs within its thread's loop, as in a kernel. But asyncio would be a fifth of a
guest's memory, and of the time that the first cell waits for it. So it is for the
guest's code to import it; the cell that does so is within the loop from then on.

Nothing in here may lead to ``__main__``: the hook lives longer than what is there.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from typing import TYPE_CHECKING

from . import imports

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType
    from typing import Any

__all__ = ["LoopRunner", "begin", "end", "install", "is_missing"]

_without_loop: set[int] = set()  # threads that run a cell


def install() -> None:
    """Notice when the guest's code imports asyncio."""
    imports.after_import("asyncio", _enter)


def begin() -> None:
    """Say that the calling thread begins a cell."""
    _without_loop.add(get_ident())


def end() -> None:
    """Say that the calling thread has ended its cell."""
    _without_loop.discard(get_ident())
    loops: Any = sys.modules.get("subinterp_guest.loops")
    if loops is not None:
        loops.leave()


def is_missing() -> bool:
    """Return whether the calling code could tell that it runs within no loop."""
    if "asyncio" not in sys.modules:
        return False
    import asyncio  # waits for another thread that is about to

    return asyncio._get_running_loop() is None


def _enter(_: ModuleType) -> None:
    if get_ident() in _without_loop and is_missing():
        from . import loops

        loops.enter()


class LoopRunner:
    """IPython's way to run a cell's coroutine; used by any thread that runs cells."""

    def __init__(self, interrupted: Callable[[], None]) -> None:
        """Call ``interrupted`` when a cell's coroutine is cancelled by an interrupt."""
        self._interrupted = interrupted

    def __call__[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine to its end."""
        _without_loop.discard(get_ident())
        from . import loops

        return loops.run_cell(coroutine, self._interrupted)

    def __str__(self) -> str:
        """Return the name that ``%autoawait`` shows."""
        return "asyncio"
