"""The source of functions from notebooks, for tracebacks where they are called.

A cell's source is in no file. The interpreter that ran the cell has it in its
``linecache``.
"""

from __future__ import annotations

import linecache

TYPE_CHECKING = False  # importing typing would cost a guest more than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["keep", "sources_of"]


def sources_of(files: Iterable[str]) -> dict[str, str]:
    """Return the source of those files that are none."""
    found = {}
    for file in files:
        entry = linecache.cache.get(file)
        if entry is not None and len(entry) == 4 and entry[1] is None:  # noqa: PLR2004
            found[file] = "".join(entry[2])
    return found


def keep(sources: dict[str, str]) -> None:
    """Have tracebacks find it here."""
    for file, source in sources.items():
        if file not in linecache.cache:
            lines = source.splitlines(keepends=True)
            linecache.cache[file] = len(source), None, lines, file
