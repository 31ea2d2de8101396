"""The libraries that come with extension modules, and which of them need copies, too.

The dynamic linker would look for them beside the copy. So they are loaded first, from
where they are: it then finds each by its name (its SONAME).
"""

from __future__ import annotations

import os

from _subinterp import library_named, load_library
from subinterp_guest.elf import read_elf

from . import copies
from .image import private_image, private_name
from .known import NOT_THREAD_SAFE

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from subinterp_guest.elf import Elf

__all__ = ["provide"]

_new_names: dict[str, bytes | None] = {}


def provide(elf: Elf, path: str, inherited: tuple[str, ...] = ()) -> dict[bytes, bytes]:
    """Load what a shared object needs of its package's own libraries.

    Args:
        elf: what the object says of itself.
        path: where it is.
        inherited: directories to search after its own.

    Returns:
        New names of those that this guest has copies of, by the names that they had.

    Raises:
        ImportError: one cannot be loaded.
        OSError, ValueError: or read.
    """
    places = (*_places(elf, path), *inherited)
    renamed = {}
    for needed in elf.needed:
        library = _find(needed, places)
        if library is None:
            continue  # the system's: the dynamic linker finds it
        new = _load(library, places)
        if new is not None:
            renamed[needed] = new
    return renamed


def _places(elf: Elf, path: str) -> list[str]:
    folder = os.fsencode(os.path.dirname(os.path.realpath(path)))
    entries = (
        entry.replace(b"${ORIGIN}", folder).replace(b"$ORIGIN", folder)
        for entry in elf.search
    )
    return [os.path.normpath(os.fsdecode(entry)) for entry in entries if entry]


def _find(needed: bytes, places: tuple[str, ...]) -> str | None:
    for place in places:
        path = os.path.join(place, os.fsdecode(needed))
        if os.path.exists(path):
            return os.path.realpath(path)
    return None


def _load(path: str, places: tuple[str, ...]) -> bytes | None:
    if path not in _new_names:
        elf = read_elf(path)
        if elf is None:
            return None  # a linker's script, say: nothing that is loaded
        renamed = provide(elf, path, places)
        alone = renamed or _is_of_one_interpreter(elf) or not _is_shared(path, elf)
        _new_names[path] = _load_copy(path, elf, renamed) if alone else None
    return _new_names[path]


def _is_shared(path: str, elf: Elf) -> bool:
    """Load a library as it is, and tell whether it is the one that has its name.

    Another environment may have another version of it.
    """
    load_library(path)
    found = library_named(elf.soname)
    return not elf.soname or (found is not None and os.path.samefile(found, path))


def _load_copy(path: str, elf: Elf, renamed: dict[bytes, bytes]) -> bytes:
    name = elf.soname or os.fsencode(os.path.basename(path))
    new = private_name(name)

    def content() -> bytearray:
        return private_image(path, elf, {**renamed, name: new})

    with copies.Copy(path, content) as copy:
        load_library(copy)
    return new


def _is_of_one_interpreter(elf: Elf) -> bool:
    """Tell whether a library calls CPython, or must not be called by two guests."""
    if elf.soname.startswith(NOT_THREAD_SAFE):
        return True
    names = elf.names
    return b"\0Py" in names or b"\0_Py" in names
