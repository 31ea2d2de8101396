"""Runs the host's jobs: what is asked for, under which run, and how it ended.

The user's code is called through ``_subinterp.guarded`` only. A KeyboardInterrupt that
the host sends arises in there and nowhere else, so nothing in this package has to be
written for one at any moment.
"""

from __future__ import annotations

import marshal
import sys

import _subinterp
from _subinterp import MESSAGE, emit, guarded

from . import context, threads

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["configure", "handle", "settings"]

type Outcome = bytes | tuple[bytes, list[Any]]

settings: dict[str, Any] = {}

# The sources of this many plain runs are kept for tracebacks; a guest in a pool may
# run millions.
_KEPT_SOURCES = 500
_QUICK = 0.0002
_sources: dict[str, None] = {}

_namespace = sys.modules["__main__"].__dict__


def configure(setup: bytes) -> None:
    """Take over what the host wants: a marshalled dict, see ``boot``."""
    settings.update(marshal.loads(setup))
    if (argv := settings.get("argv")) is not None:
        sys.argv = list(argv)


def handle(
    run: int, request: bytes, thread: str, buffers: tuple[Any, ...] = ()
) -> Outcome:
    """Do one job of the host; never raises.

    Args:
        run: the id under which output is sent.
        request: a marshalled tuple, the operation's name and its arguments.
        thread: the name of the worker that calls; empty for the home thread.
        buffers: memory that the arguments refer to.

    Returns:
        Nothing for success, or the value, maybe with memory that goes with it; else how
        it failed, as :func:`errors.outcome` packs it.
    """
    try:
        operation, *arguments = marshal.loads(request)
        if operation == "query":
            context.follow(run)
        elif operation in _NO_RUNS:
            # What belongs to no run goes on belonging to the last one.
            context.follow(context.latest())
        else:
            context.enter(run)
        if thread:
            threads.name_worker(thread)
        if buffers:
            arguments.append(buffers)
        outcome: Outcome = _OPERATIONS[operation](*arguments)
        losses: Any = sys.modules.get("subinterp_guest.losses")
        if losses is not None and operation in _TOLD and not _has_failed(outcome):
            guarded(losses.tell)
    except BaseException as error:
        outcome = _failure(error)
    loops: Any = sys.modules.get("subinterp_guest.loops")
    if loops is not None:
        loops.rest()
    return outcome


def _has_failed(outcome: Outcome) -> bool:
    return bool(outcome) and isinstance(outcome, bytes)


def _exec(source: str, filename: str) -> bytes:
    """Run plain code in ``__main__``; imports nothing unless it fails."""
    _keep_source(source, filename)
    try:
        guarded(_execute, source, filename)
    except BaseException as error:
        return _failure(error)
    return b""


def _execute(source: str, filename: str) -> None:
    # Without dont_inherit the code would take on this file's own __future__ import.
    code = compile(source, filename, "exec", dont_inherit=True)
    exec(code, _namespace)


def _keep_source(source: str, filename: str) -> None:
    import linecache  # free: it imports nothing itself

    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = len(source), None, lines, filename
    _sources.pop(filename, None)
    _sources[filename] = None
    if len(_sources) > _KEPT_SOURCES:
        oldest = next(iter(_sources))
        _sources.pop(oldest, None)
        linecache.cache.pop(oldest, None)


def _cell(
    cell: tuple[str, int, bool, dict[str, Any]],
    pushes: list[tuple[list[Any]]],
    pulls: list[str],
    buffers: tuple[Any, ...] = (),
) -> Outcome:
    """Run a notebook cell in the guest's IPython, which the first one makes.

    Args:
        cell: what the shell's ``run`` takes.
        pushes: for each call of ``values.push`` its arguments.
        pulls: variables that go back if all goes well.
        buffers: the memory that what is pushed refers to.
    """
    try:
        from .making import get_shell

        shell = get_shell()
    except ImportError as error:
        error.add_note(f"Interpreter {_subinterp.name!r} needs IPython to run cells.")
        raise
    for (parcels,) in pushes:
        count = sum(parcel[2] for parcel in parcels)
        _push(parcels, buffers[:count])
        buffers = buffers[count:]
    failed = shell.run(*cell)
    return failed or (_pull(pulls) if pulls else b"")


def _query(what: str, *arguments: Any) -> bytes:
    """Answer the host's query by a message."""
    from .assist import QUERIES

    # A cell that computes would keep the GIL for a whole interval each time that this
    # thread has read a file: 5 ms by default, and completion reads many.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_QUICK)
    answer: Any
    try:
        answer = guarded(QUERIES[what], *arguments)
    finally:
        sys.setswitchinterval(interval)
    emit(context.current(), MESSAGE, marshal.dumps(("answer", answer)))
    return b""


def _receive(*message: Any) -> bytes:
    """Take a front end's message to a comm, which is handled by a job of its own."""
    from .comms import receive

    receive(*message)
    return b""


def _deliver() -> bytes:
    """Have the comms handle what was received: the code of widgets' callbacks."""
    from . import comms, loops

    try:
        # Within the loop, for tasks that the callbacks make.
        guarded(loops.run, comms.deliver)
    except BaseException as error:
        _show(error)
        return _deliver()  # what is left
    return b""


def _go_on() -> bytes:
    """Run what cells have left in this thread's event loop, until there is a job."""
    from . import loops

    try:
        guarded(loops.go_on)
    except BaseException as error:
        _show(error)
    return b""


def _show(error: BaseException) -> None:
    """Show what ended a callback or a task, and no cell."""
    from .frames import hide_loop

    if hide_loop(error):  # else the loop waited, and something else was meant
        from .errors import plain_traceback

        print(guarded(plain_traceback, error), file=sys.stderr)


def _call(*arguments: Any) -> Outcome:
    from .values import call

    _OPERATIONS["call"] = call
    return call(*arguments)


def _serve(*arguments: Any) -> bytes:
    from .serving import serve

    return serve(*arguments)


def _push(*arguments: Any) -> bytes:
    from .values import push

    return push(*arguments)


def _pull(names: list[str]) -> Outcome:
    from .values import pull

    return pull(names)


def _warm() -> bytes:
    """Do ahead of the first cell what it would wait for; may be interrupted."""
    from .ready import warm

    guarded(warm)
    return b""


def _adopt(path: list[str], setup: bytes) -> bytes:
    """Give a guest that is warm what it has of its own."""
    from .ready import adopt

    adopt(path, setup)
    return b""


def _failure(error: BaseException) -> bytes:
    try:
        from .errors import outcome

        return outcome(error)
    except BaseException:
        # Not even the standard library can be imported; sys.path is the user's.
        return marshal.dumps(
            {
                "ename": type(error).__name__,
                "evalue": "",
                "traceback": [],
                "text": "",
                "pickle": None,
            }
        )


# A pool's calls are many, in many guests, and what they import is somebody else's.
_TOLD = frozenset({"exec", "cell"})
_NO_RUNS = frozenset({"receive", "deliver", "go_on"})
_OPERATIONS: dict[str, Callable[..., Outcome]] = {
    "exec": _exec,
    "cell": _cell,
    "call": _call,
    "serve": _serve,
    "push": _push,
    "pull": _pull,
    "query": _query,
    "receive": _receive,
    "deliver": _deliver,
    "go_on": _go_on,
    "warm": _warm,
    "adopt": _adopt,
}
