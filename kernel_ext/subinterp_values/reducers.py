"""Types that cross in a way of their own, entered before pickle is needed."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Reducer", "by_type"]

type Reducer = Callable[[Any], tuple[Any, ...]]
"""Gives what ``__reduce__`` would return."""

by_type: dict[type, Reducer] = {}
