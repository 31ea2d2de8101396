"""IPython's traps for builtins and the display hook, set once and for good.

IPython sets them for each cell and counts how deep it is; two threads that count at
once get it wrong, and one cell's end would take them away from the other.
"""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from IPython.core.builtin_trap import BuiltinTrap
from IPython.core.display_trap import DisplayTrap
from traitlets import observe

if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["PermanentBuiltins", "PermanentDisplay"]


class PermanentBuiltins(BuiltinTrap):
    """``get_ipython`` is a builtin from the start; ``exit`` is in ``__main__`` only."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell=shell)
        self.activate()

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_: object) -> None:  # type: ignore[override]
        """Do nothing."""


class PermanentDisplay(DisplayTrap):
    """``sys.displayhook`` is the guest's, or what takes its place, from the start."""

    def __init__(self, hook: Any) -> None:
        super().__init__(hook=hook)
        self.set()

    @observe("hook")
    def _replace(self, change: Any) -> None:
        sys.displayhook = change["new"]

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    @property
    def is_active(self) -> bool:
        """True."""
        return True
