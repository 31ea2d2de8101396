"""Values as bytes, and back."""

from __future__ import annotations

import marshal

TYPE_CHECKING = False  # importing typing would cost a guest more than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

__all__ = ["LARGE", "PICKLE", "WITH_SOURCES", "Memory", "Packed", "pack", "unpack"]

type Packed = tuple[bytes, list[memoryview]]
"""Data, and memory that it refers to. Large data is itself the first of that."""

type Memory = Literal["copied", "lent", "shared"]
"""What becomes of that memory: the other side gets a copy, or sees it, or may write."""

# The first byte of a pickle, and of one with sources; marshal data begins with the
# letter of a type.
PICKLE, WITH_SOURCES = 0x80, 0x01
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = frozenset({tuple, list, dict})
# Beyond this many items, or levels, pickle's C code is quicker than a look at each.
_ITEMS = 16
_LEVELS = 3
# From here on a copy costs more than what it takes to go out of band.
LARGE = 1 << 16


def pack(value: Any, memory: Memory = "copied") -> Packed:
    """Make data of a value.

    Args:
        value: what is to cross.
        memory: what its sender will do with the memory of its buffers.

    Raises:
        NotTransferableError: it cannot cross.
        BaseException: whatever the methods of the value raise that is no Exception.
    """
    if memory != "shared" and _is_simple(value, _LEVELS):
        return marshal.dumps(value), []
    from .pickler import pickled

    data, buffers = pickled(value, memory)
    return (data, buffers) if len(data) < LARGE else (b"", [memoryview(data), *buffers])


def unpack(data: bytes | memoryview, buffers: Sequence[Any] = ()) -> Any:
    """Make the value of its data.

    Args:
        data: what ``pack`` has made.
        buffers: the memory, each an object with the buffer protocol.

    Raises:
        NotTransferableError: what it needs cannot be imported here, or raises.
    """
    if not data:
        data, buffers = memoryview(buffers[0]), buffers[1:]
    if data[0] not in {PICKLE, WITH_SOURCES}:
        return marshal.loads(data)
    from .unpickler import unpickled

    return unpickled(data, buffers)


def _is_simple(value: Any, levels: int) -> bool:
    """Tell whether marshal gives the same value back, and gives it soon.

    It takes anything with a buffer for bytes, so it must be known what it gets.
    """
    kind = type(value)
    if kind in _SCALARS:
        return not (kind is bytes or kind is str) or len(value) < LARGE
    # The length first: to list what is in a large dict takes a while.
    if kind not in _CONTAINERS or levels == 0 or len(value) > _ITEMS:
        return False
    items = (*value, *value.values()) if kind is dict else value
    # An object that is there twice shall be there twice on the other side; marshal sees
    # to that for all but what has one reference only.
    return all(_is_simple(item, levels - 1) for item in items)
