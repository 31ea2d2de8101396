"""The names in an ELF file, which tell what an extension module is before it is loaded.

Loading it would run its constructors, and calling its ``PyInit_`` function would, for
single-phase modules, run all of its code, in the host.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["symbol_names"]

_ELF64 = b"\x7fELF\x02"
_LOAD, _DYNAMIC = 1, 2  # kinds of program headers
_END, _STRTAB, _STRSZ = 0, 5, 10  # tags in the dynamic section
_TAG = 16  # bytes of a tag with its value


def symbol_names(path: str) -> bytes | None:
    """Return the names of all that a shared object imports and exports.

    Returns:
        The names, each with a NUL behind it; None for what is no 64-bit ELF file, or a
        damaged one: the loader will say what is wrong with it.
    """
    try:
        # Unbuffered: five short reads are cheaper than a buffer of 128 KiB.
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - imports nothing
            return _string_table(file)
    except (OSError, ValueError):
        return None


def _string_table(file: BinaryIO) -> bytes | None:
    header = file.read(64)
    if header[:5] != _ELF64:
        return None
    size, count = _number(header, 54, 2), _number(header, 56, 2)
    segments = _read(file, _number(header, 32), size * count)
    dynamic = b""
    mapped = []
    for at in range(0, len(segments), size):
        offset, address, length = (_number(segments, at + n) for n in (8, 16, 32))
        kind = _number(segments, at, 4)
        if kind == _LOAD:
            mapped.append((address, length, offset))
        elif kind == _DYNAMIC:
            dynamic = _read(file, offset, length)
    tags = {}
    for at in range(0, len(dynamic), _TAG):
        tag = _number(dynamic, at)
        if tag == _END:
            break
        tags[tag] = _number(dynamic, at + 8)
    table = tags.get(_STRTAB, -1)
    for address, length, offset in mapped:
        if address <= table < address + length:
            return _read(file, offset + table - address, tags.get(_STRSZ, 0))
    return None


def _number(data: bytes, at: int, size: int = 8) -> int:
    field = data[at : at + size]
    if len(field) < size:
        msg = "the file is cut short"
        raise ValueError(msg)
    return int.from_bytes(field, sys.byteorder)


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    # A damaged file may ask for any amount of memory.
    end = file.seek(0, 2)
    if not 0 <= offset <= offset + size <= end:
        msg = "the file is cut short"
        raise ValueError(msg)
    file.seek(offset)
    return file.read(size)
