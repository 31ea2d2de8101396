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

__all__ = ["ENTRY", "CellTransformer"]

# The attribute of the shell that rewritten cells call. Short, because IPython compiles
# and tokenizes the rewritten cell more than once.
ENTRY = "subinterp_cell"

_FIRST_LINE = re.compile(r"%%subinterp +(.*)")


class CellTransformer:
    """An input transformer for IPython's list of cleanup transforms."""

    # Keeps it out of check_complete(), for which the cell must stay a cell magic.
    has_side_effects = True

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end

    def __call__(self, lines: list[str]) -> list[str]:
        """Rewrite the cell, or leave it to the plain magic where that must do it."""
        if not lines or not lines[0].startswith("%%subinterp "):
            return lines
        first = _FIRST_LINE.match(lines[0])
        body = "".join(lines[1:])
        if first is None or not body or not self._front_end.can_await():
            return lines
        line = first[1].rstrip()
        call = f"get_ipython().{ENTRY}({line!r}, {body!r})"
        # Cells of a single line go through IPython's prefilter, which takes time; the
        # empty second line spares that.
        return [f"await {call}\n", "\n"]
