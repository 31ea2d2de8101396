"""Where the private copies are kept: in the user's cache, or in memory.

The first guests of every process have the same slots, and use the same files: their
code is in memory once for all processes. A file is not written again while its original
stays as it is.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from _subinterp import slot
from subinterp_guest.runner import settings

from . import cache

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Copy"]

_LASTING_SLOTS = 8  # each takes as much space again; the copies of others go at once
_DAY = 24 * 3600.0

_memory: list[int] = []  # descriptors: the linker knows files by name, so never reused


class Copy:
    """This guest's copy of a shared object; its path, while it is loaded.

    Args:
        path: the original.
        content: makes the copy's content, if there is no copy yet.

    Raises:
        OSError: the original cannot be read, or there is no place for a copy.
    """

    def __init__(self, path: str, content: Callable[[], bytearray]) -> None:
        size = os.stat(path).st_size
        name = f"{cache.key_of(path)}-{os.path.basename(path)}"
        # What is kept is loaded without a question: nothing that is on trial.
        stays = slot() < _LASTING_SLOTS and not settings.get("passing")
        folder = cache.folder(f"{slot():03}" if stays else "passing")
        self._passing = ""
        if folder is None:
            self._path = _in_memory(path, content())
            return
        self._path = os.path.join(
            folder, name if stays else f"{os.getpid()}-{slot()}-{name}"
        )
        # One that should have gone was left by a process that died, of it perhaps.
        if not stays or not _is_intact(self._path, size):
            data = content()
            if not _written(self._path, data):
                self._path = _in_memory(path, data)
                return
        if not stays:
            self._passing = self._path

    def __enter__(self) -> str:
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._passing:
            os.unlink(self._passing)


def _is_intact(copy: str, size: int) -> bool:
    try:
        found = os.stat(copy)
        if time.time() - found.st_mtime > _DAY:
            os.utime(copy)  # it is in use
    except OSError:
        return False
    # A file cut short would end the process.
    return found.st_size == size


def _written(copy: str, data: bytearray) -> bool:
    """Write a copy, whole or not at all; False where that cannot be done."""
    new = f"{copy}.{os.getpid()}-{os.urandom(4).hex()}"
    try:
        with open(new, "xb") as file:
            file.write(data)
        os.rename(new, copy)
    except OSError as error:
        cache.give_up(error.strerror or str(error), copy)
        with suppress(OSError):
            os.unlink(new)
        return False
    return True


def _in_memory(path: str, data: bytearray) -> str:
    descriptor = os.memfd_create(os.path.basename(path)[:200], os.MFD_CLOEXEC)
    _memory.append(descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    # Not "self": of two names for one file the linker would load it twice, and of two
    # files by one name the second not at all.
    return f"/proc/{os.getpid()}/fd/{descriptor}"
