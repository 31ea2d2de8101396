"""How values cross between interpreters; the one package that both sides import.

Pickle protocol 5, its buffers out of band: memory of arrays is lent or copied once, and
never goes through a stream. ``cloudpickle`` for what is defined in a notebook. Scalars
and small containers take the shorter way of ``marshal``.
"""

from __future__ import annotations

from .errors import NotTransferableError
from .packing import Packed, pack, unpack

__all__ = ["NotTransferableError", "Packed", "pack", "unpack"]
