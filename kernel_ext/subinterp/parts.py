"""Sequences in parts, and of parts."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from .frames import join_of, library_of

__all__ = ["join", "split"]


def split(whole: Any, number: int) -> list[Any]:
    """Cut a sequence into parts of the same length, as far as that is possible.

    Raises:
        TypeError: it cannot be sliced.
    """
    try:
        size = len(whole)
        cuts = [
            size // number * part + min(part, size % number) for part in range(number)
        ]
        rows = getattr(whole, "iloc", whole)  # pandas: by place, whatever the labels
        return [rows[begin:end] for begin, end in pairwise([*cuts, size])]
    except (TypeError, LookupError) as error:  # a mapping looks for the slice
        message = (
            f"cannot scatter a {type(whole).__name__} ({error}); "
            "make a list of it, or an array"
        )
        raise TypeError(message) from None


def join(name: str, parts: Mapping[str, Any]) -> Any:
    """Make one sequence of parts.

    Args:
        name: how the parts are called.
        parts: each by the name of where it comes from, in order.

    Raises:
        TypeError: one is no sequence, or they are of different libraries.
    """
    for place, part in parts.items():
        if not _is_sequence(part):
            message = (
                f"cannot gather {name!r} (in interpreter {place!r} it is no sequence "
                f"but a {type(part).__name__}); use pull()"
            )
            raise TypeError(message)
    first, *others = parts.values()
    kind = type(first)
    libraries = {library_of(part) for part in parts.values()}
    if any(libraries):
        return join_of(libraries)([first, *others])
    if any(type(part) is not kind for part in others):
        return list(chain(first, *others))
    if issubclass(kind, str | bytes | bytearray):
        return kind().join([first, *others])
    if kind is memoryview:
        return _view([first, *others])
    if kind in {list, tuple} or (
        kind is array and all(part.typecode == first.typecode for part in others)
    ):
        whole = first[:]
        for part in others:
            whole += part
        return whole
    return list(chain(first, *others))


def _view(views: list[Any]) -> Any:
    first = views[0]
    inner = first.shape[1:]
    if any((view.format, view.shape[1:]) != (first.format, inner) for view in views):
        return list(chain(*views))
    whole: Any = memoryview(bytearray().join(views))
    shape = sum(map(len, views)), *inner
    return whole.cast(first.format, *([] if 0 in shape else [shape]))


def _is_sequence(part: Any) -> bool:
    if isinstance(part, Sequence | memoryview | array):
        return True
    try:
        len(part)
    except TypeError:  # of an array without dimensions, for one
        return False
    return bool(library_of(part))
