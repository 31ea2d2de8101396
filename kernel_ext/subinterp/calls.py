"""Calls whose result a KeyboardInterrupt cannot lose."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_into"]


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
