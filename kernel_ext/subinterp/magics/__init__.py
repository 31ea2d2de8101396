"""The IPython extension: ``%load_ext subinterp``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .extension import Extension

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "unload"]

_loaded: dict[int, Extension] = {}


def load(shell: InteractiveShell) -> None:
    """Add ``%%subinterp`` and ``%subinterp``; loading twice is loading once."""
    if id(shell) not in _loaded:
        extension = Extension(shell)
        extension.load()
        _loaded[id(shell)] = extension


def unload(shell: InteractiveShell) -> None:
    """Take back all that ``load`` did, and close all guests."""
    extension = _loaded.pop(id(shell), None)
    if extension is not None:
        extension.unload()
