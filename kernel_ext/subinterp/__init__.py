"""Run notebook cells in named, isolated, truly parallel Python interpreters.

``%load_ext subinterp`` brings ``%%subinterp NAME``; this module does the same from
Python::

    import subinterp

    with subinterp.create("a") as a:
        a.exec("print('hello from', __name__)")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from . import _native  # noqa: F401 - to explain it if it is not there
except ImportError as error:
    import sys

    error.add_note(
        "subinterp's compiled part is missing, or made for another Python than "
        f"{sys.version_info.major}.{sys.version_info.minor}; "
        "install subinterp again with the pip of this Python"
    )
    raise

from .errors import (
    ExecutionFailed,
    InterpreterBusyError,
    InterpreterClosedError,
    InterpreterExistsError,
    InterpreterNotFoundError,
    InterpreterStartError,
    SubinterpError,
    TransferError,
)
from .executor import InterpreterPoolExecutor
from .groups import Group, group
from .interpreter import Interpreter, ThreadState
from .queues import Queue, create_queue
from .registry import close_all, create, get, list_all
from .run import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import (  # noqa: TID251 - for types only
        InteractiveShell,
    )

    from .checks import CheckReport, CheckRow, check

__all__ = [
    "CheckReport",
    "CheckRow",
    "ExecutionFailed",
    "Group",
    "Interpreter",
    "InterpreterBusyError",
    "InterpreterClosedError",
    "InterpreterExistsError",
    "InterpreterNotFoundError",
    "InterpreterPoolExecutor",
    "InterpreterStartError",
    "Queue",
    "Run",
    "SubinterpError",
    "ThreadState",
    "TransferError",
    "__version__",
    "check",
    "close_all",
    "create",
    "create_queue",
    "get",
    "group",
    "list_all",
    "load_ipython_extension",
    "unload_ipython_extension",
]

__version__: str


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    # What is slow to import and rarely wanted.
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("subinterp")
    if name in {"CheckReport", "CheckRow", "check"}:
        from . import checks  # noqa: PLC0415

        return getattr(checks, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Bring the magics: ``%load_ext subinterp``."""
    from .magics import load  # noqa: PLC0415 - importing subinterp imports no IPython

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again: ``%unload_ext subinterp``."""
    from .magics import unload  # noqa: PLC0415 - see above

    unload(shell)
