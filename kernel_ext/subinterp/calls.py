"""Calls whose result, or whose lock, a KeyboardInterrupt cannot lose."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

__all__ = ["call_holding", "call_into"]


def call_into[T](
    results: list[T], function: Callable[..., T], *arguments: object
) -> None:
    """Call, and append the result.

    In ``result = function()`` a KeyboardInterrupt that came during a long call is
    raised between the return and the assignment, and the result is lost: a guest that
    nobody can close, a lock that nobody opens. Here the iterator's C code puts it away
    before that.
    """
    results.extend(starmap(function, [arguments]))


def call_holding[T](
    lock: LockType, function: Callable[..., T], *arguments: object
) -> T:
    """Call with the lock taken; ``with`` may leave it taken after a KeyboardInterrupt.

    One that comes between its being taken and the block is raised before the block.
    """
    held: list[bool] = []
    try:
        call_into(held, lock.acquire)
        return function(*arguments)
    finally:
        if held:  # no call before the release, for call_into's reason
            lock.release()
