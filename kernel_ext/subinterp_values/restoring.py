"""What a function that was sent short becomes where it arrives, see ``functions``.

Apart, and with next to no imports: the first call in a guest waits for them.
"""

from __future__ import annotations

import marshal
import sys

from .sources import keep

TYPE_CHECKING = False  # importing typing would cost a guest more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["found", "restored"]

_KEPT = 256
_restored: dict[bytes, Callable[..., Any]] = {}
_Function: Any = type(lambda: None)


def restored(data: bytes) -> Callable[..., Any]:
    """Return the function of the data, the same one as the last time.

    Raises:
        NotTransferableError: it cannot be imported here.
    """
    function = _restored.get(data)
    if function is None:
        function = _restore(data)
        if len(_restored) >= _KEPT:
            _restored.pop(next(iter(_restored)), None)
        _restored[data] = function
    return function


def found(module: str, name: str) -> Any:
    """Return what a module has under a name, which may have dots."""
    __import__(module)
    value = sys.modules[module]
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _restore(data: bytes) -> Callable[..., Any]:
    what, more = marshal.loads(data)
    function: Callable[..., Any]
    if isinstance(what, str):
        try:
            function = found(what, more)
        except Exception as error:
            from .unpickler import not_rebuilt

            raise not_rebuilt(error) from error
        return function
    keep(more)
    function = _Function(what, sys.modules["__main__"].__dict__)
    return function
