"""What belongs to this guest alone, for the search for pointers to it elsewhere.

For ``subinterp.check``, see ``subinterp/checks/scan.py``.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import _subinterp

if TYPE_CHECKING:
    from typing import Any

__all__ = ["belongings", "watch"]

_loaded: list[str] = []


def watch() -> None:
    """Note what is loaded from now on in place of CPython's own loader."""
    for name in ("load_extension", "load_library"):
        setattr(_subinterp, name, _noting(getattr(_subinterp, name)))


def _noting(load: Any) -> Any:
    def noting(*arguments: Any) -> Any:
        _loaded.extend(one for one in arguments[:2] if isinstance(one, str))
        return load(*arguments)

    return noting


def belongings() -> dict[str, Any]:
    """Return the files that were loaded, and the addresses of all tracked objects.

    The files include libraries that other guests have as well.
    """
    gc.collect()
    return {"files": _loaded, "objects": [id(each) for each in gc.get_objects()]}
