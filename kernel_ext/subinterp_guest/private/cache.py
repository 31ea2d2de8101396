"""The user's directory for private copies and for what is known of them."""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress

__all__ = ["folder", "give_up", "key_of"]

# Of what is kept: to be raised whenever private_image() makes other copies, and when
# what failed its trial may work.
_FORMAT = 1
_UNUSED_SECONDS = 30 * 24 * 3600

_usable: dict[tuple[str, ...], str] = {}
_given_up = False


def folder(*names: str) -> str | None:
    """Return a directory for this Python, safe from other users.

    Args:
        names: of the directory and those above it.

    Returns:
        Its path; None where there can be none, which a warning has said.
    """
    if _given_up:
        return None
    if names in _usable:
        return _usable[names]
    home = _home()
    version = os.path.join(home, f"{sys.implementation.cache_tag}-{_FORMAT}")
    path = os.path.join(version, *names)
    try:
        if not os.path.lexists(home):
            os.makedirs(home, 0o700, exist_ok=True)
        wrong = _insecurity(home)
        if not wrong:
            os.makedirs(path, 0o700, exist_ok=True)
            if not _usable:
                _drop_unused(version)
    except OSError as error:
        wrong = error.strerror or str(error)
    if wrong:
        give_up(wrong, home)
        return None
    _usable[names] = path
    return path


def _home() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "subinterp")


def _insecurity(home: str) -> str:
    """Say why files from this directory must not, or cannot, be run."""
    found = os.lstat(home)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write there"
    if os.statvfs(home).f_flag & os.ST_NOEXEC:
        return "its file system is mounted noexec"
    return ""


def give_up(reason: str, path: str) -> None:
    """Have no directory from now on, and say why."""
    global _given_up
    _given_up = True
    from warnings import warn

    warn(
        f"cannot keep private copies of extension modules in {path!r} ({reason}); they "
        "are made anew for each interpreter, in memory",
        RuntimeWarning,
        stacklevel=2,
    )


def key_of(path: str, *more: object) -> str:
    """Return a name for what belongs to a file, as it is now.

    Raises:
        OSError: it cannot be read.
    """
    from importlib.util import source_hash

    found = os.stat(path)
    key = (path, found.st_size, found.st_mtime_ns, found.st_ino, *more)
    return source_hash(repr(key).encode()).hex()


def _drop_unused(version: str) -> None:
    limit = time.time() - _UNUSED_SECONDS
    for parent, _, names in os.walk(version):
        for name in names:
            with suppress(OSError):  # another process may do the same
                path = os.path.join(parent, name)
                if os.stat(path).st_mtime < limit:
                    os.unlink(path)
