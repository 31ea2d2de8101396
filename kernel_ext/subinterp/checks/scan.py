"""Looks in the memory of private copies for pointers to what another interpreter has.

Interpreters with a GIL each must not share an object. Where one has got hold of
another's, the pointer is most often in a static variable: in the writable memory of a
copy that only one of them uses.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from bisect import bisect_right
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from subinterp.interpreter import Interpreter

__all__ = ["strays"]

_WORD = 8
_LOAD, _WRITABLE = 1, 2  # kind and flag of a program header
# In an object the address of its type, in that the address of its name.
_TYPE, _NAME = 8, 24


class _Span(NamedTuple):
    start: int
    end: int
    file: str


@dataclass(frozen=True)
class _Owner:
    """An interpreter: the writable memory of its modules, and its objects."""

    spans: list[_Span]
    objects: set[int]


def strays(guests: Sequence[Interpreter]) -> list[str]:
    """Return what is found, a line for each pointer.

    All is as it was when the guests were last used, so nothing may run in them. A
    pointer that was left behind may lead to memory that somebody else has been given
    since, so a line proves nothing until it comes again in another process.
    """
    told = [_belongings(guest) for guest in guests]
    spans = list(_writable())
    owners = []
    for files, objects in told:
        of_others = {file for other, _ in told if other is not files for file in other}
        own = files - of_others  # a library that needs no copy is everybody's
        owners.append(_Owner([s for s in spans if s.file in own], objects))
    own = _modules_of_host()
    of_host = {id(each) for each in gc.get_objects()}
    owners.append(_Owner([s for s in spans if s.file in own], of_host))
    return [line for owner in owners for line in _strays_of(owner, owners)]


def _belongings(guest: Interpreter) -> tuple[set[str], set[int]]:
    guest.exec(
        "from subinterp_guest.belongings import belongings; report = belongings()"
    )
    report = guest.pull("report")
    return set(report["files"]), set(report["objects"])


def _modules_of_host() -> set[str]:
    specs = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    return {
        spec.origin
        for spec in specs
        if spec is not None
        and isinstance(spec.loader, ExtensionFileLoader)
        and spec.name not in sys.stdlib_module_names
        and spec.name != "subinterp._native"  # which knows all guests
    }


def _strays_of(owner: _Owner, owners: Iterable[_Owner]) -> Iterator[str]:
    others = [other for other in owners if other is not owner]
    foreign = set[int]().union(*(other.objects for other in others)) - owner.objects
    spans = sorted(span for other in others for span in other.spans)
    for span in owner.spans:
        file = _short(span.file)
        words = _words(span)
        for address in words & foreign:
            yield f"{file} points to a {_type_name(address)} of another interpreter"
        for target in _targets(words, spans):
            yield f"{file} points into another interpreter's copy of {target}"


def _targets(words: set[int], spans: Sequence[_Span]) -> Iterator[str]:
    if not spans:
        return
    lowest, highest = spans[0].start, spans[-1].end
    for word in words:
        if lowest <= word < highest:
            span = spans[bisect_right(spans, word, key=lambda span: span.start) - 1]
            if word < span.end:
                yield _short(span.file)


def _short(file: str) -> str:
    # What the file's key and slot are says nothing to people.
    name = Path(file).resolve().name  # of one in memory, see copies.py
    return name[name.rfind("-", 0, name.find(".")) + 1 :]


def _words(span: _Span) -> set[int]:
    start = -(-span.start // _WORD) * _WORD
    count = (span.end - start) // _WORD
    return set((ctypes.c_uint64 * count).from_address(start))


def _type_name(address: int) -> str:
    kind = ctypes.c_uint64.from_address(address + _TYPE).value
    name: bytes | None = ctypes.c_char_p.from_address(kind + _NAME).value
    return (name or b"object").decode(errors="replace")


class _Header(ctypes.Structure):
    """A program header of a 64-bit object (Elf64_Phdr)."""

    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("file_size", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    )


class _Object(ctypes.Structure):
    """The beginning of what the dynamic linker tells of an object (dl_phdr_info)."""

    _fields_ = (
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("headers", ctypes.POINTER(_Header)),
        ("count", ctypes.c_uint16),
    )


def _writable() -> Iterator[_Span]:
    """Give the writable memory of all loaded objects, by the names they were opened by.

    The list of the process's mappings would do for what comes from files, but not tell
    where the memory behind it ends.
    """
    spans: list[_Span] = []

    def note(found: ctypes._Pointer[_Object], _size: int, _data: int | None) -> int:
        loaded = found.contents
        file = (loaded.name or b"").decode(errors="surrogateescape")
        for header in loaded.headers[: loaded.count]:
            if header.kind == _LOAD and header.flags & _WRITABLE:
                start = loaded.base + header.address
                spans.append(_Span(start, start + header.size, file))
        return 0

    callback = ctypes.PYFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(_Object), ctypes.c_size_t, ctypes.c_void_p
    )
    # PyDLL: with the GIL, which nobody then waits for under the linker's lock.
    ctypes.PyDLL(None).dl_iterate_phdr(callback(note), None)
    return iter(spans)
