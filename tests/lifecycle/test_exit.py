"""The process ends, whatever its guests do at that moment.

Left to CPython, code that runs in a guest ends the process by abort or SIGSEGV
(gh-126016, gh-137295), and a guest's own threads hang it (gh-128639, 3.13).

- A guest is busy in one way or another; many guests are; runs wait.
- Code of the host runs at exit: callbacks, daemon threads inside calls to a guest.

All within three seconds, with nothing on standard error.
"""

from __future__ import annotations

import pytest

from . import child
from .busy import BUSY

pytestmark = pytest.mark.lifecycle

_SECONDS = 3.0


@pytest.mark.parametrize("what", BUSY)
def test_exit_with_a_busy_guest(what: str) -> None:
    """Whatever a guest does, the process exits in time and in silence."""
    ended = child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        begin(subinterp.create("a"), BUSY[sys.argv[1]])
        leave()
        """,
        what,
    )
    assert ended.exit_seconds < _SECONDS


# What never gives up the one GIL that it shares stops the host as well, at any time.
@pytest.mark.parametrize("what", [what for what in BUSY if what != "C call"])
def test_exit_with_a_busy_guest_that_shares_the_gil(what: str) -> None:
    """A shared GIL, which must not be kept from the host, makes no difference."""
    ended = child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        begin(subinterp.create("a", gil="shared"), BUSY[sys.argv[1]])
        leave()
        """,
        what,
    )
    assert ended.exit_seconds < _SECONDS


@pytest.mark.parametrize("what", ["swallowing loop", "swallowing sleep", "C call"])
def test_exit_with_an_extra_thread_that_will_not_stop(what: str) -> None:
    """A thread= worker is no different from the home thread."""
    ended = child.run(
        """
        import sys
        from lifecycle.stage import *
        begin(subinterp.create("a"), BUSY[sys.argv[1]], thread="second")
        leave()
        """,
        what,
    )
    assert ended.exit_seconds < _SECONDS


def test_exit_with_many_idle_guests() -> None:
    """Twenty guests that wait for work are no hindrance."""
    ended = child.run(
        """
        from lifecycle.stage import *
        for number in range(20):
            subinterp.create(f"guest{number}").exec("import json")
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS


def test_exit_with_many_busy_guests() -> None:
    """One of each kind at once is no worse than one of them."""
    ended = child.run(
        """
        from lifecycle.stage import *
        silence()
        for number, code in enumerate(BUSY.values()):
            begin(subinterp.create(f"guest{number}"), code)
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS


def test_exit_with_queued_runs() -> None:
    """Runs that wait behind another one are dropped, and told so."""
    ended = child.run(
        """
        import atexit
        @atexit.register
        def look():  # registered first, so called last
            print(*sorted({run.state for run in runs}), all(run.done() for run in runs))
        from lifecycle.stage import *
        guest = subinterp.create("a")
        begin(guest, "while True: pass")
        runs = [guest.start("print('never')") for _ in range(100)]
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS
    assert "never" not in ended.stdout
    assert ended.lines[-1].endswith(" True")


def test_exit_while_a_thread_waits_for_a_run() -> None:
    """A daemon thread of the host that waits for a run neither hangs nor speaks."""
    ended = child.run(
        """
        import threading
        from lifecycle.stage import *
        run = begin(subinterp.create("a"), "while True: pass")
        waiting = threading.Event()
        def wait():
            waiting.set()
            try:
                run.result()
            except BaseException:
                pass
        threading.Thread(target=wait, daemon=True).start()
        waiting.wait()
        leave()
        raise ValueError("mine")
        """,
        status=1,
        stderr=r"Traceback .*\nValueError: mine\n",
    )
    assert ended.exit_seconds < _SECONDS


@pytest.mark.parametrize(
    "call",
    [
        "guest.close(timeout=600)",
        "guest.thread_states()",
        "guest.start('pass')",
        "guest.interrupt()",
        "subinterp.create(f'more{next(numbers)}').close()",
        "guest.exec('pass', thread='free')",
    ],
)
def test_exit_while_a_daemon_thread_is_inside_a_call(call: str) -> None:
    """CPython ends such a thread, or stops it, wherever it is (gh-87135)."""
    ended = child.run(
        """
        import itertools, sys, threading
        from lifecycle.stage import *
        numbers = itertools.count()
        guest = subinterp.create("a")
        begin(guest, BUSY["swallowing loop"])
        called = threading.Event()
        def call():
            while True:
                called.set()
                try:
                    exec(sys.argv[1], globals())
                except BaseException:
                    pass
        for _ in range(2):
            threading.Thread(target=call, daemon=True).start()
        called.wait()
        leave()
        """,
        call,
    )
    assert ended.exit_seconds < _SECONDS


def test_guests_end_after_the_threads_of_the_script() -> None:
    """Threads that the script waits for can use their guests to the end."""
    ended = child.run(
        """
        import threading
        from lifecycle.stage import *
        guest = subinterp.create("a")
        leaving = threading.Event()
        def work():
            leaving.wait()
            for _ in range(100):
                guest.exec("x = 1")
            guest.exec("print('worked')")
        threading.Thread(target=work).start()
        threading.Thread(target=lambda: (threading.main_thread().join(), leaving.set())
            ).start()
        """
    )
    assert ended.lines == ["worked"]


def test_exit_callbacks_registered_later_can_use_guests() -> None:
    """They are called before the guests end: last registered, first called."""
    ended = child.run(
        """
        import atexit
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("x = 42")
        atexit.register(guest.exec, "print(x)")
        atexit.register(lambda: subinterp.create("b").exec("print('new')"))
        """
    )
    assert ended.lines == ["new", "42"]


def test_exit_callbacks_registered_earlier_find_guests_closed() -> None:
    """They are called after the guests ended, and get clear errors."""
    ended = child.run(
        """
        import atexit
        @atexit.register
        def late():
            print(guest.state, subinterp.list_all())
            print(type(raises(subinterp.InterpreterClosedError, guest.exec, "1")))
            print(raises(subinterp.InterpreterStartError, subinterp.create, "b"))
            guest.close()
            subinterp.close_all()
        from lifecycle.stage import *
        guest = subinterp.create("a")
        """
    )
    assert ended.lines[0] == "closed []"
    assert "cannot start interpreter 'b'" in ended.lines[2]


def test_exit_callbacks_find_a_guest_that_did_not_stop() -> None:
    """Asking it for anything neither blocks nor kills."""
    ended = child.run(
        """
        import atexit
        @atexit.register
        def late():
            print(guest.state)
            raises(subinterp.InterpreterClosedError, guest.exec, "1")
            raises(subinterp.InterpreterBusyError, guest.close, 0.1)
            run.interrupt()
        from lifecycle.stage import *
        guest = subinterp.create("a")
        run = begin(guest, BUSY["swallowing loop"])
        leave()
        """
    )
    assert ended.lines[-1] == "closing"
    assert ended.exit_seconds < _SECONDS


def test_what_a_guest_printed_arrives_before_the_process_ends() -> None:
    """The last words of runs and of exit callbacks in guests are not lost."""
    ended = child.run(
        """
        from lifecycle.stage import *
        subinterp.create("a").exec(
            "import atexit\\natexit.register(print, 'last words')\\n"
        )
        subinterp.create("b").start("for i in range(1000): print(i)").result()
        """
    )
    assert ended.lines == [*map(str, range(1000)), "last words"]


def test_sigint_at_exit_neither_hangs_nor_kills() -> None:
    """An impatient Ctrl-C while guests are being ended shortens that at most."""
    ended = child.run(
        """
        import atexit, os, signal, threading
        from lifecycle.stage import *
        begin(subinterp.create("a"), BUSY["swallowing loop"])
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.daemon = True
        atexit.register(timer.start)
        leave()
        """,
        stderr=r"(Exception ignored .*KeyboardInterrupt\S*\s*)?",
    )
    assert ended.exit_seconds < _SECONDS
