"""Makes the guest's shell for the first who needs it: a cell may be waiting.

To be imported before IPython is, for it makes that import cheaper.
"""

from __future__ import annotations

import gc
import sys
from _thread import allocate_lock
from types import ModuleType
from typing import TYPE_CHECKING

from .runner import settings

if TYPE_CHECKING:
    from typing import Any

    from .shell import GuestShell

__all__ = ["get_shell"]

_making = allocate_lock()
_shell: GuestShell | None = None


def get_shell() -> GuestShell:
    """Return the guest's shell, made by the first cell; any thread may ask."""
    global _shell
    with _making:
        if _shell is None:
            _shell = _make()
        return _shell


def _make() -> GuestShell:
    collecting = gc.isenabled()
    try:
        # What imports make is no garbage; to look for some takes a tenth of the time.
        gc.disable()
        _import_traitlets()
        from .shell import make

        return make(settings)
    finally:
        # All that is old now; the cell's first garbage would have it searched else.
        gc.freeze()
        gc.unfreeze()
        if collecting:
            gc.enable()


def _import_traitlets() -> None:
    """Import the part of traitlets that brings ``logging.config`` along, without that.

    With a server for sockets, pickle and what these need, it is a twentieth of what a
    shell takes, in time and in memory.
    """
    name = "logging.config"
    if name in sys.modules:
        return
    sys.modules[name] = _LoggingConfig(name)
    try:
        import traitlets.config.application  # noqa: F401
    finally:
        del sys.modules[name]


class _LoggingConfig(ModuleType):
    """Has the function that traitlets takes from ``logging.config``.

    It is called by applications that set up their logging; then the module is imported.
    """

    @staticmethod
    def dictConfig(config: dict[str, Any]) -> None:  # noqa: N802 - its name there
        from logging.config import dictConfig

        dictConfig(config)
