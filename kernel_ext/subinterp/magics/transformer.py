"""Turn a ``%%subinterp`` cell into an ``await``.

IPython has no async cell magics (ipython/ipython#11314). As an ``await`` the cell
leaves the kernel's event loop free while the guest works, so that widgets and the
Stop button are alive.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subinterp.display.front_end import FrontEnd

__all__ = ["ENTRY", "CellTransformer", "is_for_host"]

# The attribute of the shell that rewritten cells call. Short, because IPython compiles
# and tokenizes the rewritten cell more than once.
ENTRY = "subinterp_cell"

# Under `%subinterp use`, cells that begin so stay with the notebook: they are about it.
_FOR_HOST = re.compile(r"\s*(%%?subinterp\b|%(re|un)?load_ext\b)")
_FIRST_LINE = re.compile(r"%%subinterp +(.*)")


class CellTransformer:
    """An input transformer for IPython's list of cleanup transforms."""

    # Keeps it out of check_complete(), for which the cell must stay a cell magic.
    has_side_effects = True

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end

    def __call__(self, lines: list[str]) -> list[str]:
        """Rewrite the cell, or leave it to the plain magic where that must do it."""
        if not lines:
            return lines
        if not lines[0].startswith("%%subinterp "):
            return self._to_used(lines)
        first = _FIRST_LINE.match(lines[0])
        body = "".join(lines[1:])
        if first is None or not body or not self._front_end.can_await():
            return lines
        return _awaited(first[1].rstrip(), body)

    def _to_used(self, lines: list[str]) -> list[str]:
        """Rewrite a plain cell that ``%subinterp use`` sends to a guest."""
        cell = "".join(lines)
        name = self._front_end.used
        if not name or not cell.strip() or is_for_host(cell):
            return lines
        if self._front_end.can_await():
            return _awaited(name, cell, ", marked=True")
        if self._front_end.is_plain_cell():
            return [f"get_ipython().run_cell_magic('subinterp', {name!r}, {cell!r})\n"]
        return lines


def is_for_host(cell: str) -> bool:
    """Tell whether a cell stays with the notebook whatever guest is in use."""
    return _FOR_HOST.match(cell) is not None


def _awaited(line: str, body: str, more: str = "") -> list[str]:
    # Cells of a single line go through IPython's prefilter, which takes time; the
    # empty second line spares that.
    return [f"await get_ipython().{ENTRY}({line!r}, {body!r}{more})\n", "\n"]
