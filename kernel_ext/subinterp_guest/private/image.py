"""What is changed in a shared object so that a copy of it belongs to one guest."""

from __future__ import annotations

import sys

from _subinterp import slot

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from subinterp_guest.elf import Elf

__all__ = ["private_image", "private_name"]

_DYNSYM = 11  # a kind of section
_SYMBOL = 24  # bytes
_UNIQUE, _WEAK = 10, 2  # bindings of a symbol
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def private_image(path: str, elf: Elf, renamed: dict[bytes, bytes]) -> bytearray:
    """Return a file's content for this guest's copy.

    - It calls the functions of the core that attach a foreign thread to this guest
      instead of CPython's, which would attach it to the host.
    - It needs this guest's copies of libraries by their new names.
    - C++'s static variables of inline functions are its own: the dynamic linker would
      share those among all copies (STB_GNU_UNIQUE).

    Only names of the same length are put in place of others, so that nothing moves. Of
    what a file imports no table of hashes knows the names.

    Args:
        path: the original.
        elf: what it says of itself.
        renamed: new names of libraries.
    """
    with open(path, "rb") as file:
        image = bytearray(file.read())
    at, end = elf.names_at, elf.names_at + len(elf.names)
    names = bytes(image[at:end])
    for old, new in {**_gil_functions(), **renamed}.items():
        names = names.replace(b"\0%b\0" % old, b"\0%b\0" % new)
    image[at:end] = names
    _make_unique_weak(image)
    return image


def private_name(library: bytes) -> bytes:
    """Return the name of this guest's copy of a library, of the same length."""
    number = slot()
    tag = "".join(_DIGITS[number // 36**power % 36] for power in (2, 1, 0))
    return tag.encode() + library[len(tag) :]


def _gil_functions() -> dict[bytes, bytes]:
    number = slot()
    return {
        b"PyGILState_Ensure": b"PyGILState_En%04d" % number,
        b"PyGILState_Release": b"PyGILState_Rel%04d" % number,
        b"PyGILState_Check": b"PyGILState_C%04d" % number,
    }


def _make_unique_weak(image: bytearray) -> None:
    def number(at: int, size: int) -> int:
        return int.from_bytes(image[at : at + size], sys.byteorder)

    sections, size, count = number(0x28, 8), number(0x3A, 2), number(0x3C, 2)
    for section in range(sections, sections + size * count, size or 1):
        if number(section + 4, 4) != _DYNSYM:
            continue
        start, length = number(section + 0x18, 8), number(section + 0x20, 8)
        for info in range(start + 4, min(start + length, len(image)), _SYMBOL):
            if image[info] >> 4 == _UNIQUE:
                image[info] = _WEAK << 4 | image[info] & 0xF
