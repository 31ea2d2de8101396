"""What keeps the process alive around guests: each trap of CPython and its guard.

============================  ===============================  =======================
trap                          applies to                       guard
============================  ===============================  =======================
a module first imported by    3.13 (gh-136421 ``datetime``),   ``_PRELOAD``
two guests at once            and see the table there
fork while a guest lives      all (gh-101437, gh-139759)       ``_native``, warning
fork: the child has no guest  all                              ``_in_child``
fork while a guest is in C    all                              ``_native``
exit while a guest runs       all (gh-126016, gh-137295)       ``_at_exit``
KeyboardInterrupt out of      3.13                             ``_settle_status``
eval(str) or exec(str)
``sys._current_frames()``     3.13, < 3.14.8, < 3.15rc3        ``_replace_frames``
                              (gh-158364)
no memory in creation         < 3.13.15 (gh-112729, -152156)   ``memory.shortage``
============================  ===============================  =======================
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import threading
import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from . import _native
from .calls import call_holding
from .history import history
from .pump import pump
from .query import queries

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["prepare", "undo"]

# Imported by the host before the first guest, by Pythons older than these: they keep
# process-wide state that their first import sets up without a lock, or that goes with
# the interpreter that did it. Not _decimal: who comes second sets the same values.
_NEVER = (4,)
_PRELOAD = {
    "datetime": (3, 14, 6),  # gh-136421, 3.13: crash; gh-151039: its types outlive it
    "_struct": (3, 14, 1),  # gh-140260: race on its tables
    "cmath": (3, 14, 2),  # gh-116738: race on its tables
    "_sqlite3": (3, 14, 1),  # gh-140042: its end closes the connections of others
    "_ctypes": _NEVER,  # no issue: whoever comes second may find half of its table
}
_EXIT_SECONDS = 1.0
_FRAMES = ("_current_frames", "_current_exceptions")

_lock = threading.Lock()
_registered = False
_original_frames: dict[str, object] = {}


def prepare(forget: Callable[[], None]) -> None:
    """Put all guards in place, before a guest is made; quick when they are.

    Args:
        forget: called in a forked child, where there are no guests any more.
    """
    _preload()
    call_holding(_lock, _put_in_place, forget)
    pump.start()


def undo() -> None:
    """Take back what can be, when there are no guests; the next one needs it again."""
    call_holding(_lock, _restore_frames)
    pump.stop()


def _put_in_place(forget: Callable[[], None]) -> None:
    _replace_frames()
    _register(forget)


@cache
def _preload() -> None:
    for name, fixed in _PRELOAD.items():
        if sys.version_info >= fixed:
            continue
        with suppress(ImportError):  # some builds have no sqlite or ctypes
            importlib.import_module(name)


def _frames_abort() -> bool:
    """Tell whether sys._current_frames() aborts while a guest runs (gh-158364)."""
    if sys.version_info >= (3, 15):
        return sys.version_info < (3, 15, 0, "candidate", 3)
    return sys.version_info < (3, 14, 8)  # never fixed in 3.13


def _replace_frames() -> None:
    if _original_frames or not _frames_abort():
        return
    for name in _FRAMES:
        _original_frames[name] = getattr(sys, name)
        setattr(sys, name, getattr(_native, name[1:]))


def _restore_frames() -> None:
    for name, original in _original_frames.items():
        if getattr(sys, name) is getattr(_native, name[1:]):
            setattr(sys, name, original)
    _original_frames.clear()


def _register(forget: Callable[[], None]) -> None:
    global _registered  # noqa: PLW0603 - neither registration can be taken back
    if _registered:
        return
    guarded = _native.guard_process()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_native.hold_guests,
            after_in_parent=_native.release_guests,
            after_in_child=lambda: _in_child(forget),
        )
    if sys.version_info < (3, 14):
        atexit.register(_settle_status)  # before the next one, so called after it
    atexit.register(_at_exit)
    _registered = True  # now: twice is better than not at all, after an interrupt
    if not guarded:
        warnings.warn(
            "forking (`!cmd`, multiprocessing's fork) is unsafe while interpreters "
            "live on this Python build (gh-101437); close them first",
            RuntimeWarning,
            stacklevel=6,
        )


def _in_child(forget: Callable[[], None]) -> None:
    # Other threads of the parent may have held any lock at that moment, and there are
    # none of them here. Nobody's callbacks are called: what they would send to, a
    # kernel's sockets, say, is the parent's.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    pump.forget_thread()
    forget()
    queries.clear()
    for run in history.all():
        run.break_off("it lives in the parent process", quietly=True)


def _at_exit() -> None:
    # Left to CPython, a guest that runs ends the process by SIGSEGV or abort.
    try:
        _native.shutdown(_EXIT_SECONDS)
    finally:
        pump.end()
        for run in history.live():
            run.break_off("the process ends")
        for query in tuple(queries.values()):
            query.break_off("the process ends")


def _settle_status() -> None:
    # A KeyboardInterrupt that leaves eval(str) or exec(str), caught or not, in any
    # interpreter, sets the flag by which the process will die of SIGINT; the next such
    # call clears it. Each namedtuple and each dataclass is one, so guests do both.
    # There is none left now, and the host makes the last call.
    with suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt" if _interrupt_ended_script() else "pass")


def _interrupt_ended_script() -> bool:
    error = getattr(sys, "last_exc", None)
    if type(error) is not KeyboardInterrupt or error.__traceback__ is None:
        return False
    # Where there is a prompt, a kernel's or Python's, it ended a cell or a statement.
    # Elsewhere too it may have been shown by who called the code, and not have got out.
    outermost = error.__traceback__.tb_frame.f_back is None
    return outermost and not hasattr(sys, "ps1")
