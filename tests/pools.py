"""What the tests of pools share; guests get these functions by value."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import subinterp

if TYPE_CHECKING:
    from subinterp import Queue

__all__ = ["SECONDS", "meet", "names", "wait_for", "wait_until_closed", "where"]

SECONDS = 20.0


def where(_: object = None) -> int:
    """Say in which interpreter this is called."""
    import _interpreters

    return int(_interpreters.get_current()[0])


def meet(here: Queue, there: Queue) -> int:
    """Wait for another call that does so at the same time; say where that was."""
    here.put("here")
    there.get(timeout=SECONDS)
    return where()


def wait_for(queue: Queue, began: Queue | None = None) -> object:
    """Keep a guest busy until there is something in the queue."""
    if began is not None:
        began.put("began")
    return queue.get(timeout=SECONDS)


def names() -> list[str]:
    """List the guests there are."""
    return [guest.name for guest in subinterp.list_all()]


def wait_until_closed(name: str) -> None:
    """Wait for the end of a guest that ends by itself."""
    ended = threading.Event()
    while name in names():
        ended.wait(0.01)
