"""What an ELF file says of itself, which tells what it is before it is loaded.

Loading it would run its constructors, and calling its ``PyInit_`` function would, for
single-phase modules, run all of its code, in the host.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["Elf", "read_elf", "symbol_names"]

_ELF64 = b"\x7fELF\x02"
_LOAD, _DYNAMIC = 1, 2  # kinds of program headers
# Tags in the dynamic section.
_END, _NEEDED, _STRTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29
_TAG = 16  # bytes of a tag with its value


class Elf:
    """The dynamic section of a 64-bit shared object.

    Attributes:
        names: the string table: what it needs, imports and exports, a NUL behind each.
        names_at: where that is in the file.
        needed: the names of the libraries that it needs.
        search: the directories where they are to be looked for, as they are written.
        soname: the name by which others need it, or nothing.
    """

    def __init__(self, header: bytes, file: BinaryIO) -> None:
        size, count = _number(header, 54, 2), _number(header, 56, 2)
        segments = _read(file, _number(header, 32), size * count)
        end = file.seek(0, 2)
        dynamic = b""
        mapped = []
        for at in range(0, len(segments), size or 1):
            kind = _number(segments, at, 4)
            offset, address, length = (_number(segments, at + n) for n in (8, 16, 32))
            if kind == _LOAD:
                mapped.append((address, length, offset))
                # Or the process dies of a SIGBUS where it touches what is not there.
                _check(offset + length <= end)
            elif kind == _DYNAMIC:
                dynamic = _read(file, offset, length)
        tags: dict[int, list[int]] = {}
        for at in range(0, len(dynamic), _TAG):
            tag = _number(dynamic, at)
            if tag == _END:
                break
            tags.setdefault(tag, []).append(_number(dynamic, at + 8))
        table = tags.get(_STRTAB, [-1])[0]
        for address, length, offset in mapped:
            if address <= table < address + length:
                self.names_at = offset + table - address
                self.names = _read(file, self.names_at, tags.get(_STRSZ, [0])[0])
                break
        else:
            _check(whole=False)
        self.needed = [self._name(at) for at in tags.get(_NEEDED, ())]
        paths = tags.get(_RUNPATH) or tags.get(_RPATH) or ()
        self.search = [entry for at in paths for entry in self._name(at).split(b":")]
        self.soname = self._name(tags[_SONAME][0]) if _SONAME in tags else b""

    def _name(self, at: int) -> bytes:
        _check(at < len(self.names))
        return self.names[at : self.names.find(b"\0", at)]


def read_elf(path: str) -> Elf | None:
    """Read what a file says of itself.

    Returns:
        That; None for what is no 64-bit ELF file.

    Raises:
        ValueError: it is damaged.
        OSError: it cannot be read.
    """
    # Unbuffered: five short reads are cheaper than a buffer of 128 KiB.
    with open(path, "rb", buffering=0) as file:
        header = file.read(64)
        return Elf(header, file) if header[:5] == _ELF64 else None


def symbol_names(path: str) -> bytes | None:
    """Return the names of all that a shared object imports and exports.

    Returns:
        The names, each with a NUL behind it; None for what is no 64-bit ELF file, or a
        damaged one.
    """
    try:
        elf = read_elf(path)
    except (OSError, ValueError):
        return None
    return None if elf is None else elf.names


def _number(data: bytes, at: int, size: int = 8) -> int:
    field = data[at : at + size]
    _check(len(field) == size)
    return int.from_bytes(field, sys.byteorder)


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    # A damaged file may ask for any amount of memory.
    end = file.seek(0, 2)
    _check(0 <= offset <= offset + size <= end)
    file.seek(offset)
    return file.read(size)


def _check(whole: bool) -> None:
    if not whole:
        msg = "the file is damaged or cut short"
        raise ValueError(msg)
