"""The child process in which a test runs the guest's side, on a bridge that records.

The program on standard input sees the names that :func:`_names` returns; the guest's
own ``__main__`` stays as empty as in a real guest. Imports little: when ``threading``
and others are imported is the guest's affair.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["REPORT", "serve"]

REPORT = "report: "


def serve() -> None:
    """Be the child: boot the guest and run the program from standard input."""
    program = sys.stdin.read()
    write = sys.stdout.write
    code = compile(program, "<program>", "exec", dont_inherit=True)
    if "--other-thread" in sys.argv:
        _on_other_thread(lambda: exec(code, _names(write)))
    else:
        exec(code, _names(write))


def _on_other_thread(function: Callable[[], object]) -> None:
    """Call the function on a thread that is not the process's first."""
    import _thread

    done = _thread.allocate_lock()
    done.acquire()

    def call() -> None:
        try:
            function()
        finally:
            done.release()

    _thread.start_new_thread(call, ())
    done.acquire()


def _names(write: Callable[[str], object]) -> dict[str, Any]:
    """Boot the guest and return what its test may use."""
    import marshal

    events: list[tuple[int, str, Any]] = []
    sys.modules["_subinterp"] = _bridge(events)
    before = set(sys.modules)
    import subinterp_guest

    setup = {
        "name": "a",
        "argv": ["notebook"],
        "colors": "nocolor",
        "notebook": True,
        "ipython_dir": os.environ["IPYTHONDIR"],
    }
    handle, shutdown = subinterp_guest.boot(marshal.dumps(setup))
    loaded = sorted(set(sys.modules) - before)
    import json
    from textwrap import dedent

    runs = iter(range(1, sys.maxsize))

    def run(*request: Any, thread: str = "", number: int | None = None) -> Any:
        """Do a job; return how it failed, its pickle in hexadecimal, or None."""
        run_id = next(runs) if number is None else number
        packed = handle(run_id, marshal.dumps(request), thread, ())
        if not packed:
            return None
        assert isinstance(packed, bytes)
        outcome = marshal.loads(packed)
        if outcome["pickle"] is not None:
            outcome["pickle"] = outcome["pickle"].hex()
        return outcome

    def cell(
        source: str, count: int = 1, *, quiet: bool = False, **options: Any
    ) -> Any:
        """Run a notebook cell."""
        parent = {"header": {"msg_id": f"cell {count}"}}
        request = dedent(source), count, quiet, parent
        return run("cell", request, [], [], **options)

    def plain(source: str, **options: Any) -> Any:
        """Run plain code."""
        return run("exec", dedent(source), "<code>", **options)

    def text(kind: str = "stdout", number: int | None = None) -> str:
        """Return what was written to a stream, by one run or by all."""
        return "".join(
            data for by, what, data in events if what == kind and number in (None, by)
        )

    def messages(msg_type: str | None = None) -> list[Any]:
        """Return the contents of the messages, of one type or of all."""
        return [
            data[1]
            for _, what, data in events
            if what == "message" and msg_type in (None, data[0])
        ]

    def interrupt_after(seconds: float) -> None:
        """Raise KeyboardInterrupt in the calling thread, later."""
        import threading

        ident = threading.get_ident()
        interrupt = sys.modules["_subinterp"].raise_in_thread
        arguments = ident, KeyboardInterrupt
        threading.Timer(seconds, interrupt, arguments).start()

    def report(value: Any) -> None:
        """Hand the test a value that JSON can say."""
        write(REPORT + json.dumps(value) + "\n")

    return {
        "cell": cell,
        "events": events,
        "handle": handle,
        "interrupt_after": interrupt_after,
        "loaded": loaded,
        "messages": messages,
        "plain": plain,
        "report": report,
        "run": run,
        "shutdown": shutdown,
        "text": text,
    }


def _bridge(events: list[tuple[int, str, Any]]) -> Any:
    """Return a module that does in Python what the core's bridge does."""
    import operator
    import time
    import types

    # Not "signal": it imports much that the guest must not.
    _signal: Any = __import__("_signal")
    if "--other-thread" not in sys.argv:
        _signal.signal(_signal.SIGUSR1, lambda *_: None)
    # As in an isolated interpreter.
    import _thread

    vars(_thread)["daemon_threads_allowed"] = lambda: False
    kinds = {1: "stdout", 2: "stderr", 3: "message", 4: "comm"}
    sleep = time.sleep

    def emit(run: int, kind: int, data: Any) -> None:
        if kind >= 3:
            import marshal

            data = marshal.loads(data)
        events.append((run, kinds[kind], data))

    def ask(run: int, question: int, message: bytes) -> bytes:
        del run, question, message
        return b""  # nobody answers

    def sleep_awake(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            sleep(min(left, 0.01))

    def raise_in_thread(ident: int, exc_type: type[BaseException]) -> bool:
        import ctypes

        send = ctypes.pythonapi.PyThreadState_SetAsyncExc
        found = bool(send(ctypes.c_ulong(ident), ctypes.py_object(exc_type)))
        if found and sys.version_info >= (3, 15):
            _signal.pthread_kill(ident, _signal.SIGUSR1)  # ends its sleep or select
        return found

    bridge: Any = types.ModuleType("_subinterp")
    bridge.STDOUT, bridge.STDERR, bridge.MESSAGE, bridge.COMM = kinds
    bridge.name = "a"
    bridge.emit = emit
    bridge.ask = ask
    bridge.rest = lambda *_: None
    bridge.guarded = operator.call  # like the core's, it adds no frame
    sleep_awake.__qualname__ = sleep_awake.__name__ = "sleep"
    bridge.sleep = sleep_awake
    bridge.current_frames = sys._current_frames
    bridge.current_exceptions = sys._current_exceptions
    bridge.raise_in_thread = raise_in_thread
    return bridge
