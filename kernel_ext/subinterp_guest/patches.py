"""Functions that fail or do harm in a guest, replaced by others."""

from __future__ import annotations

import os
import sys
import time

import _subinterp

from . import imports

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["apply", "disguise"]

# How long a wait may go on before it looks for an exception sent to its thread.
_SLICE = 0.1


def apply() -> None:
    """Replace them; before the guest's code can take a copy."""
    # They abort the process in any interpreter but the main one (gh-158364).
    sys._current_frames = _subinterp.current_frames
    sys._current_exceptions = _subinterp.current_exceptions
    if sys.version_info < (3, 15):
        # An exception sent to a thread wakes neither its time.sleep nor its select
        # (gh-144748). The module name lets a pickled "time.sleep" be found elsewhere.
        _subinterp.sleep.__module__ = "time"
        time.sleep = _subinterp.sleep  # type: ignore[assignment]
        imports.after_import("selectors", _slice_waits)
    if os.name == "posix":
        imports.after_import("IPython.utils.process", _replace_system)
    imports.after_import("joblib._multiprocessing_helpers", _do_without_processes)


def disguise(new: Any, old: Any) -> Any:
    """Return a function that stands in for another with that one's name and words."""
    # functools.wraps would do, at the price of importing functools and collections.
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(new, attribute, getattr(old, attribute))
    return new


def _replace_system(process: ModuleType) -> None:
    def system(cmd: str) -> int:
        # The original forks, which a guest is forbidden.
        from .processes import run_command

        return run_command(cmd, sys.stdout.write, terminal=True)

    process.system = disguise(system, process.system)  # type: ignore[attr-defined]


def _do_without_processes(helpers: ModuleType) -> None:
    # As JOBLIB_MULTIPROCESSING=0 does. What starts its processes needs faulthandler,
    # which guests cannot import, and joblib would not be imported at all.
    helpers.mp = helpers.assert_spawning = None  # type: ignore[attr-defined]


def _slice_waits(selectors: ModuleType) -> None:
    # Event loops, servers and subprocess.communicate() wait here.
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector"):
        selector = getattr(selectors, name, None)
        if selector is not None:
            selector.select = _sliced(selector.select)


def _sliced(select: Any) -> Any:
    def select_in_slices(self: Any, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= _SLICE:
            return select(self, timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _SLICE if end is None else min(_SLICE, end - time.monotonic())
            ready = select(self, left)
            if ready or left < _SLICE:
                return ready

    select_in_slices.__name__ = "select"
    select_in_slices.__doc__ = select.__doc__
    return select_in_slices
