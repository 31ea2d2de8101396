"""What the tests of maps share; guests get these functions by value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from subinterp.mapping import Mapped
from subinterp.submission import enqueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp import Group, Queue

__all__ = ["SECONDS", "eager", "raise_for", "wait_at"]

SECONDS = 20.0


def eager[T](group: Group, fn: Callable[..., T], *iterables: Any, **how: Any) -> Any:
    """Map as an executor does: all input is read by the call."""
    buffersize = how.pop("buffersize", None)
    lazy = group.map(fn, [])
    assert next(lazy, None) is None
    workers = [partial(_start, guest) for guest in group]
    return Mapped("w0", workers, fn, iterables, buffersize=buffersize, **how)


def _start(guest: Any, request: Any, buffers: Any) -> Any:
    run = guest._new_run("map", kept=False)
    enqueue(run, request, buffers)
    return run


def wait_at(gate: Queue, came: Queue, item: Any) -> Any:
    """Say that the item is being done, and wait until it may be."""
    came.put(item)
    gate.get()
    return item


def raise_for(bad: Any, error: Any, item: Any) -> Any:
    if item == bad:
        raise error
    return item
