"""Private copies of extension modules, for a guest with its own GIL.

Most extension modules keep state in static variables, and refuse a guest for that. A
copy of the file that only this guest loads has static variables of its own. What is
loaded is the copy; ``__file__`` and the spec name the original.

:mod:`loader` is called for each module; it asks :mod:`policy` whether the module may be
loaded so, :mod:`libraries` for what it needs, and has :mod:`copies` keep what
:mod:`image` makes of the file.
"""

from __future__ import annotations

import sys

__all__ = ["stand_in"]


def stand_in() -> None:
    """Put something in the place of what packages expect and CPython refuses guests."""
    sys.modules["faulthandler"] = _NoFaulthandler("faulthandler")


class _NoFaulthandler(type(sys)):  # type: ignore[misc]
    """Is never enabled: its handlers are the whole process's, and the host's."""

    @staticmethod
    def is_enabled() -> bool:
        return False

    @staticmethod
    def enable(*_: object, **_options: object) -> None: ...

    @staticmethod
    def disable() -> None: ...
