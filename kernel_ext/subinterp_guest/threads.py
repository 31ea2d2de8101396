"""Python's view of the guest's threads, which it does not get right by itself."""

from __future__ import annotations

import sys
from _thread import get_ident, get_native_id

from . import context, imports
from .patches import disguise

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["adopt_home", "home_ident", "name_worker"]

_home = 0, 0


def adopt_home() -> None:
    """Remember the calling thread as the guest's main thread.

    ``threading`` costs more than the whole start of a guest, so what it needs is done
    when the guest's code imports it.
    """
    global _home
    _home = get_ident(), get_native_id()
    imports.after_import("threading", _patch)
    imports.after_import("concurrent.futures.thread", _hand_on_runs_of_tasks)


def home_ident() -> int:
    """Return the identifier of the home thread."""
    return _home[0]


def name_worker(name: str) -> None:
    """Give the calling thread, which the host started, the name it has there."""
    import threading

    thread: Any = threading.current_thread()
    if thread.name != name:
        thread.name = name
        # Or the threads that its cells start were daemons too, unless they say no.
        thread._daemonic = False


def _patch(threading: ModuleType) -> None:
    _correct_main_thread(threading)
    _allow_daemons(threading)
    _hand_on_runs(threading.Thread)


def _correct_main_thread(threading: Any) -> None:
    # In every interpreter, threading takes the process's first thread for the main
    # one (gh-75698), so code that asks "am I on the main thread?" hears no everywhere.
    main = threading.main_thread()
    with threading._active_limbo_lock:
        threading._active.pop(main.ident, None)
        main._ident, main._native_id = _home
        threading._active[main.ident] = main


def _allow_daemons(threading: Any) -> None:
    # An isolated interpreter refuses them, for nothing would stop them at its end. A
    # guest's end does, so they can be ordinary threads that only look like daemons.
    start = threading._start_joinable_thread

    def start_joinable_thread(function: Any, handle: Any = None, **_: Any) -> Any:
        return start(function, handle=handle, daemon=False)

    threading._daemon_threads_allowed = lambda: True
    threading._start_joinable_thread = start_joinable_thread


def _hand_on_runs(thread_class: Any) -> None:
    start = thread_class.start
    bootstrap = thread_class._bootstrap_inner

    def start_for_run(self: Any) -> None:
        run = self._subinterp_run = context.current()
        # From 3.14 on, run() is called in a context of its own.
        if (
            sys.version_info >= (3, 14)
            and getattr(self, "_context", self) is None
            and not sys.flags.thread_inherit_context
        ):
            self._context = context.empty_context(run)
        start(self)

    def bootstrap_for_run(self: Any) -> None:
        context.follow(getattr(self, "_subinterp_run", context.current()))
        bootstrap(self)

    thread_class.start = disguise(start_for_run, start)
    thread_class._bootstrap_inner = disguise(bootstrap_for_run, bootstrap)


def _hand_on_runs_of_tasks(module: Any) -> None:
    # A pool's threads outlive the cell that made them and work for others later.
    item = module._WorkItem
    init, run = item.__init__, item.run

    def init_for_run(self: Any, *args: Any, **kwargs: Any) -> None:
        self._subinterp_run = context.current()
        init(self, *args, **kwargs)

    def run_for_run(self: Any, *args: Any, **kwargs: Any) -> None:
        context.follow(self._subinterp_run)
        run(self, *args, **kwargs)

    item.__init__ = disguise(init_for_run, init)
    item.run = disguise(run_for_run, run)
