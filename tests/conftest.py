"""Real guests for tests, and a check that a test leaves nothing running."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Interpreter, Run

_SECONDS = 5.0

# A shell that runs the tests in the background ignores SIGINT, and so would every
# process that a test interrupts: they inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    """Close the test's guests; fail it for guests, threads and processes that stay."""
    threads_before = set(threading.enumerate())
    children_before = set(psutil.Process().children())
    yield
    left: list[object] = []
    if "subinterp" in sys.modules:
        left += _close_guests()
    for thread in set(threading.enumerate()) - threads_before:
        if thread.name != "subinterp-pump":
            thread.join(_SECONDS)
            left += [thread] if thread.is_alive() else []
    children = set(psutil.Process().children()) - children_before
    left += psutil.wait_procs(children, timeout=_SECONDS)[1]
    assert not left, f"the test left behind: {left}"


def _close_guests() -> list[object]:
    import subinterp

    try:
        subinterp.close_all(_SECONDS)
    except subinterp.InterpreterBusyError as error:
        return [error]
    return []


@pytest.fixture
def guest() -> Interpreter:
    """A guest named "a", closed after the test."""
    import subinterp

    return subinterp.create("a")


@dataclass
class Deaf:
    """A guest whose home thread takes no notice of interrupts until it is released."""

    guest: Interpreter
    run: Run
    pipe: tuple[int, int]

    def release(self) -> None:
        with suppress(OSError):
            os.close(self.pipe[1])


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    """A guest named "deaf", with the locked lock ``other`` in it."""
    import subinterp

    guest = subinterp.create("deaf")
    guest.exec("import _thread; other = _thread.allocate_lock(); other.acquire()")
    pipe = os.pipe()
    run = guest.start(f"""
        import os
        print("began")
        while True:
            try:
                os.read({pipe[0]}, 1)
                break
            except BaseException:
                pass
    """)
    while not run.stdout:
        assert not run.done()
    deaf = Deaf(guest, run, pipe)
    yield deaf
    deaf.release()
    run.exception(_SECONDS)
    os.close(pipe[0])
