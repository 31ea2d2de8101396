"""Rebuilds values; apart from what pickles them, which takes long to import."""

from __future__ import annotations

import marshal
from _pickle import loads  # without pickle: it is the function of that name there

from .errors import NotTransferableError
from .packing import WITH_SOURCES
from .sources import keep

TYPE_CHECKING = False  # importing typing would cost a guest more than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["not_rebuilt", "unpickled"]


def unpickled(data: bytes | memoryview, buffers: Sequence[Any]) -> Any:
    """Unpickle a value; see ``packing.unpack``."""
    start = 0
    if data[0] == WITH_SOURCES:
        start = 9 + int.from_bytes(data[1:9])
        keep(marshal.loads(data[9:start]))
    try:
        return loads(memoryview(data)[start:], buffers=buffers)
    except NotTransferableError:
        raise
    except Exception as error:
        raise not_rebuilt(error) from error


def not_rebuilt(error: BaseException) -> NotTransferableError:
    """Say why a value, or what it needs, cannot be made here."""
    # NumPy wraps what is wrong into thirty lines of advice.
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines() or [""]
    reason = f"it cannot be rebuilt: {type(error).__name__}: {lines[0]}"
    advice = "see that both sides can import what it is made of"
    if isinstance(error, ImportError):
        advice += (
            "; a guest with extensions='private' can import NumPy and most packages, "
            "and of an array a memoryview can cross"
        )
    return NotTransferableError("pickled object", reason, advice)
