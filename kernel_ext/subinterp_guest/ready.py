"""A guest that is made in advance: its shell first, its name when somebody needs it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import _subinterp

from . import runner
from .making import get_shell

if TYPE_CHECKING:
    from typing import Any

__all__ = ["adopt", "warm"]


def warm() -> None:
    """Make the shell, and have it do once what every cell needs."""
    shell = get_shell()
    # Nothing of this cell is kept: not its number, not its source.
    shell.run_cell("pass", store_history=False, silent=True)
    # And what it is spared: the input is logged, the value formatted.
    import IPython.core.logger  # noqa: F401

    formatter: Any = shell.display_formatter
    formatter.format(0)


def adopt(path: list[str], setup: bytes) -> None:
    """Become the guest that a new one would be now.

    Args:
        path: its ``sys.path``.
        setup: as for ``boot``.
    """
    runner.configure(setup)
    _subinterp.rename(runner.settings["name"])
    sys.path[:] = path
    sys.path_importer_cache.clear()  # directories may have come and changed since
    # os keeps a copy from the time of its import; its own reload_environ() is 3.14's.
    environment: Any = os.environ
    environment._data.clear()
    environment._data.update(_subinterp.environment())
    get_shell().adopt(runner.settings)
