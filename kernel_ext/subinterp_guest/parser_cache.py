"""Keeps the files whole in which jedi remembers what it has parsed.

It writes them in place, and fails for good at one that was cut off: Tab would offer
nothing any more, in the host neither. A guest may be closed while its helper thread
writes, and several guests may write the same file at once.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import imports

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["install"]


def install() -> None:
    """Let parso, which keeps the files for jedi, put whole ones in their places."""
    imports.after_import("parso.cache", _replace_save)


def _replace_save(cache: ModuleType) -> None:
    save = getattr(cache, "_save_to_file_system", None)
    path_of = getattr(cache, "_get_hashed_path", None)
    if save is None or path_of is None:
        return

    def save_whole(grammar: str, path: Any, item: Any, cache_path: Any = None) -> None:
        def place(folder: Any) -> Path:
            return Path(path_of(grammar, path, cache_path=folder))

        target = place(cache_path)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            scratch = Path(name)
            save(grammar, path, item, cache_path=scratch)
            place(scratch).replace(target)

    cache._save_to_file_system = save_whole  # type: ignore[attr-defined]
