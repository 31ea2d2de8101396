"""Stops what the guest's code left behind, before its interpreter is ended.

CPython ends an interpreter by the same steps. They are done here first because there a
callback that raises leaves threads alive, which aborts the process (gh-113148), a join
waits for ever, and nobody tells a thread to stop.
"""

from __future__ import annotations

import _thread
import atexit
import gc
import sys
from time import monotonic

from _subinterp import current_frames, guarded, raise_in_thread, sleep

from .threads import home_ident

TYPE_CHECKING = False  # importing typing would take longer than most ends do
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread
    from typing import Any

__all__ = ["end"]

# How long threads may take to end by themselves: half of the time there is, at most
# this many seconds.
_GRACE = 1.0
# How often to look whether they have: often at first, most end at once.
_FIRST_TICK = 0.0005
_LAST_TICK = 0.02
# How long after it was told to stop a thread that went on is told again.
_INSIST = 0.2


def end(seconds: float) -> bool:
    """Run the guest's exit callbacks and stop its threads.

    Args:
        seconds: how long that may take; a callback that takes longer is not stopped.

    Returns:
        Whether no thread of the guest's own is left. May be called again if not.
    """
    start = monotonic()
    grace = min(_GRACE, seconds / 2)
    deadline = start + seconds
    with _BoundedJoins(start + grace):
        _close_loops(grace)
        _run_threading_callbacks()
    _stop(_awaited_threads, start + grace, deadline)
    with _BoundedJoins(deadline):
        _run_exit_callbacks()
    # A callback may have started threads.
    _stop(_awaited_threads, min(monotonic() + grace, deadline), deadline)
    stopped = _stop(_all_threads, monotonic(), deadline)
    _leave_comms()
    _flush()
    return stopped


class _BoundedJoins:
    """While entered, the home thread's joins without a timeout end at a deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        threading = _threading()
        self._class = None if threading is None else threading.Thread
        if self._class is None:
            return
        join = self._join = self._class.join

        def bounded_join(thread: Any, timeout: float | None = None) -> None:
            if timeout is None and _thread.get_ident() == home_ident():
                timeout = max(0.0, self._deadline - monotonic())
            join(thread, timeout)

        self._class.join = bounded_join

    def __exit__(self, *_: object) -> None:
        if self._class is not None:
            self._class.join = self._join


def _close_loops(seconds: float) -> None:
    loops: Any = sys.modules.get("subinterp_guest.loops")
    if loops is None:
        return
    try:
        guarded(loops.close_all, seconds)
    except BaseException as error:
        _report(error, "an event loop's end")


def _leave_comms() -> None:
    comms: Any = sys.modules.get("subinterp_guest.comms")
    if comms is not None:
        comms.leave()


def _run_threading_callbacks() -> None:
    """Run what ``threading`` runs before it joins threads; thread pools end by it."""
    threading = _threading()
    if threading is None:
        return
    threading._SHUTTING_DOWN = True
    while threading._threading_atexits:
        callback = threading._threading_atexits.pop()
        try:
            guarded(callback)
        except BaseException as error:
            _report(error, "a threading callback at exit")
    _wake_pools()


def _wake_pools() -> None:
    """Have the threads of pools look whether they are to end.

    That is one of the callbacks for threads which ``submit()`` has entered in a list.
    One that a KeyboardInterrupt kept it from entering would wait for work for ever.
    """
    futures: Any = sys.modules.get("concurrent.futures.thread")
    if futures is not None:
        for pool in _instances(futures.ThreadPoolExecutor):
            pool._work_queue.put(None)


def _run_exit_callbacks() -> None:
    try:
        guarded(atexit._run_exitfuncs)
    except BaseException as error:
        _report(error, "the callbacks at exit")


def _stop(find: Callable[[], set[int]], patience: float, deadline: float) -> bool:
    """Wait for threads until ``patience`` ends, then tell them to stop."""
    tick = _FIRST_TICK
    told = 0
    while idents := find():
        now = monotonic()
        if now >= patience:
            patience = now + _INSIST
            if told == 1:
                _shut_sockets()
            told += 1
            for ident in idents:
                raise_in_thread(ident, SystemExit)
        if now >= deadline:
            return False
        sleep(tick)
        tick = min(2 * tick, _LAST_TICK)
    return True


def _shut_sockets() -> None:
    """End the waits for them: before 3.15 no exception does that (gh-144748)."""
    sockets: Any = sys.modules.get("_socket")
    if sockets is None:
        return
    threading: Any = _threading()
    if threading is not None:
        threading.excepthook = _without_errors_of_sockets(threading.excepthook)
    for each in _instances(sockets.socket):
        try:
            sockets.socket.shutdown(each, sockets.SHUT_RDWR)
        except OSError:  # it has no connection
            continue


def _without_errors_of_sockets(hook: Any) -> Any:
    def report(arguments: Any) -> None:
        if not issubclass(arguments.exc_type, OSError):
            hook(arguments)

    return report


def _instances(cls: type) -> list[Any]:
    return [each for each in gc.get_objects() if issubclass(type(each), cls)]


def _awaited_threads() -> set[int]:
    """Return the identifiers of the threads that a program waits for at its end."""
    return {thread.ident or 0 for thread in _listed() if not thread.daemon}


def _all_threads() -> set[int]:
    """Return the identifiers of all threads that code in this guest started."""
    listed = {thread.ident or 0 for thread in _listed()}
    if _thread._count() <= len(listed):
        return listed
    # Some were started without threading. The host's workers, idle now, have no frame;
    # nor has a thread that is just about to end, which the 0 stands for.
    return listed | (current_frames().keys() - {home_ident()}) | {0}


def _listed() -> list[Thread]:
    threading = _threading()
    if threading is None:
        return []
    return [
        thread
        for thread in threading.enumerate()
        # A dummy stands for a thread of the host, or one that is found by its frame.
        if not isinstance(thread, threading._DummyThread | threading._MainThread)
        and thread.is_alive()
    ]


def _threading() -> Any:
    """Return the module, unless a thread is only about to import it."""
    threading = sys.modules.get("threading")
    return threading if hasattr(threading, "_shutdown") else None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            guarded(stream.flush)
        except BaseException:  # the user's own stream, at its end
            continue


def _report(error: BaseException, where: str) -> None:
    """Tell of an exception that has nowhere to go, as CPython does at exit."""
    if isinstance(error, KeyboardInterrupt):
        return  # the host's, which has no more time
    try:
        from .errors import plain_traceback
        from .frames import hide_own_frames

        hide_own_frames(error)
        text = guarded(plain_traceback, error)
        guarded(sys.stderr.write, f"Exception ignored in {where}:\n{text}")
    except BaseException:  # nobody is left to tell
        pass
