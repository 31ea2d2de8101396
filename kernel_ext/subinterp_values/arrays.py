"""NumPy arrays, whose memory crosses apart; imported when the first one does.

NumPy itself keeps the memory of an array apart only if that is contiguous, exactly an
``ndarray``, and of a type that other buffers can have: no dates, no slices with steps.
"""

from __future__ import annotations

from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any

from numpy import asarray, ndarray
from numpy.lib.array_utils import byte_bounds

if TYPE_CHECKING:
    from .packing import Memory

__all__ = ["reduced"]

_BUFFERED = "biufcSU"  # kinds of types


def reduced(array: ndarray[Any, Any], memory: Memory) -> Any:
    """Give what ``__reduce__`` would return; ``NotImplemented``: let the array do it.

    What has been copied on its way is writable, also if the original is not.

    Args:
        array: of any subclass.
        memory: whether the other side gets this memory.
    """
    kind = type(array)
    if array.dtype.hasobject or _has_a_way_of_its_own(kind):
        return NotImplemented
    flags = array.flags
    if (
        kind is ndarray
        and flags.forc
        and flags.writeable
        and array.dtype.kind in _BUFFERED
    ):
        return NotImplemented  # NumPy does the same, in less time
    plain = array.view(ndarray)
    block = _Block(plain)
    if memory == "copied" and block.size != plain.nbytes:
        # Not what is between its items, and each one once.
        plain = plain.copy(order="K")
        block = _Block(plain)
    block.is_readonly = memory == "shared" and not plain.flags.writeable
    buffer = PickleBuffer(asarray(block))
    # As ndarray() takes them.
    made_of = plain.shape, plain.dtype, buffer, block.offset, plain.strides
    return ndarray.__new__, (kind, *made_of)


def _has_a_way_of_its_own(kind: type[ndarray[Any, Any]]) -> bool:
    return (
        kind.__reduce__ is not ndarray.__reduce__
        or kind.__reduce_ex__ is not ndarray.__reduce_ex__
        or kind.__setstate__ is not ndarray.__setstate__
    )


class _Block:
    """The bytes from the first to the last that an array has, which it keeps alive."""

    def __init__(self, array: ndarray[Any, Any]) -> None:
        start = array.__array_interface__["data"][0]
        low, high = byte_bounds(array) if array.nbytes else (start, start)
        self.array = array
        self.start = low
        self.size = high - low
        self.offset = start - low
        self.is_readonly = False

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Tell NumPy, which knows no other way to have bytes of any array."""
        return {
            "version": 3,
            "typestr": "|u1",
            "shape": (self.size,),
            "data": (self.start, self.is_readonly),
        }
