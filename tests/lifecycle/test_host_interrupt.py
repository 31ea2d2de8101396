"""KeyboardInterrupt in the host, at any moment.

A timer raises it in the middle of create, exec, close and the rest, earlier and later in
each round. Whatever it cuts off, the process goes on: what was being made is there or
gone, no guest or thread is left that nobody knows of, and the next call works.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_STORM = """
    import itertools, signal, sys, time
    from lifecycle.stage import *
    silence()

    # As SIGINT, but with a timer that goes off within microseconds of the time asked for.
    signal.signal(signal.SIGALRM, signal.default_int_handler)

    def storm(function, rounds, longest, clean=lambda: None):
        \"\"\"Call, each time with an interrupt a little later; count those that hit.

        What must not be interrupted is in ``clean``, which is called after each.
        \"\"\"
        hits = 0
        for number in range(rounds):
            try:
                try:
                    after = longest * (number + 1) / rounds
                    signal.setitimer(signal.ITIMER_REAL, after)
                    function()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                hits += 1
            clean()
        assert hits, "none of the interrupts hit"
        print(hits)

    subinterp.create("first").close()
    start = time.monotonic()
"""


def _storm(script: str) -> None:
    child.run(_STORM + script)


def test_during_create() -> None:
    """The guest is there, and works, or is not; the name is usable either way."""
    _storm(
        """
    def create():
        subinterp.create("a")

    def clean():
        for guest in subinterp.list_all():
            guest.exec("import json")
            guest.close()
        assert interpreters() == [0], interpreters()

    subinterp.create("a").close()
    storm(create, 120, 2 * (time.monotonic() - start), clean)
    with subinterp.create("a") as guest:
        guest.exec("pass")
    nothing_left(threads=2)
        """
    )


def test_during_the_end_of_create() -> None:
    """However late it comes, the name is somebody's or free."""
    _storm(
        """
    from subinterp.interpreter import Interpreter
    boot = Interpreter.boot

    def boot_and_set_timer(interpreter):
        boot(interpreter)
        signal.setitimer(signal.ITIMER_REAL, next(delays))

    def clean():
        for guest in subinterp.list_all():
            guest.exec("pass")
            guest.close()
        assert interpreters() == [0], interpreters()

    Interpreter.boot = boot_and_set_timer
    delays = (0.000002 * (number % 40 + 1) for number in itertools.count())
    storm(lambda: subinterp.create("a"), 200, 600, clean)
    nothing_left(threads=2)
        """
    )


def test_during_exec() -> None:
    """The run is interrupted with its caller; the guest is idle and usable after it."""
    _storm(
        """
    guest = subinterp.create("a")

    def execute():
        guest.exec("for x in range(20000): pass")

    def clean():
        guest.exec("y = 1")
        assert guest.state == "idle", guest.state

    execute()
    storm(execute, 300, 0.005, clean)
    guest.close()
    nothing_left(threads=2)
        """
    )


def test_during_start_and_wait() -> None:
    """Waiting is given up; the run goes on, and its result can be had later."""
    _storm(
        """
    guest = subinterp.create("a")
    runs = []

    def wait():
        run = guest.start("for x in range(20000): pass")
        runs.append(run)
        run.result()

    storm(wait, 300, 0.005)
    for run in runs:
        run.result()
    for run in subinterp.registry.runs():  # with those that start() did not return
        assert run.settle(30)
    guest.close()
    nothing_left(threads=2)
        """
    )


def test_during_close() -> None:
    """The close goes on or can be repeated."""
    _storm(
        """
    def close():
        guest = subinterp.create("a")
        guest.exec("import threading; threading.Thread(target=sum, args=((),)).start()")
        signal.setitimer(signal.ITIMER_REAL, next(delays))
        guest.close()

    def clean():
        for guest in subinterp.list_all():
            guest.close(timeout=20)
            assert guest.state == "closed"

    delays = (0.00005 * number for number in range(1, 1000))
    storm(close, 120, 600, clean)
    nothing_left(threads=2)
        """
    )


def test_during_cancel() -> None:
    """The run is queued or over for everyone; its lock is found or replaced."""
    _storm(
        """
    from concurrent.futures import wait
    guest = subinterp.create("a")
    begin(guest, "while True: pass")
    queued = []

    def cancel():
        queued.append(guest.start("pass"))
        try:
            wait(queued, timeout=0)
        except RuntimeError as error:  # as threading.Event says where it is cut off
            raise error.__context__
        queued[-1].cancel()

    def clean():
        while queued:
            run = queued.pop()
            if not run.cancel():
                wait([run])
            assert run.cancelled() and run.state == "interrupted"

    storm(cancel, 1000, 0.0004, clean)
    guest.interrupt()
    guest.exec("pass")
    nothing_left(threads=2)
        """
    )


def test_a_lock_that_was_lost() -> None:
    """What a KeyboardInterrupt leaves taken keeps no run from its end, nor the pump."""
    child.run(
        """
        from concurrent.futures import wait
        from lifecycle.stage import *
        guest = subinterp.create("a")
        running = begin(guest, "while True: pass")
        queued = guest.start("pass")
        for run in (running, queued):
            run._condition.acquire()
        print(queued.cancel(), running.interrupt())
        done, _ = wait([running, queued])
        assert done == {running, queued}
        raises(KeyboardInterrupt, running.result)
        guest.exec("pass")
        """
    )


def test_during_everything_else() -> None:
    """Lists, names, threads, restarts and interrupts can be cut off anywhere."""
    _storm(
        """
    guest = subinterp.create("a")
    background = begin(subinterp.create("b"), "while True: pass")

    def work():
        guest.thread_states()
        subinterp.list_all()
        subinterp.get("b").interrupt()
        run = guest.start("pass")
        run.interrupt()
        guest.start("pass", thread="second").cancel()

    def restart():
        guest.start("pass")
        guest.start("pass")
        guest.restart()

    def clean():
        global guest
        if guest.state != "idle":  # cut off before there was a new one
            guest.close(timeout=20)
            guest = subinterp.create("a")
        guest.exec("pass")

    storm(work, 300, 0.004)
    guest.exec("pass")
    storm(restart, 60, 0.04, clean)
    nothing_left(threads=2)
    assert all(run.done() for run in subinterp.registry.runs())
        """
    )


@pytest.mark.parametrize("taker", ["main thread", "another thread"])
@pytest.mark.parametrize(
    "call",
    [
        "guest.exec(code)",
        "guest.exec(code, timeout=600)",
        "guest.start(code).result()",
        "guest.start(code, timeout=600).result()",
        "guest.close(timeout=600)",
        "subinterp.close_all(timeout=600)",
        "guest.restart()",
    ],
)
def test_sigint_while_waiting_for_a_guest(call: str, taker: str) -> None:
    """A real SIGINT is heard within any wait, also one that does not end the wait.

    One that another thread takes does not; nor does one that comes just before.
    """
    child.run(
        """
        import os, signal, sys, threading
        from lifecycle.stage import *
        guest = subinterp.create("a")
        code = "while True: pass"
        call = sys.argv[1]
        if "code" not in call:
            begin(guest, BUSY["swallowing sleep"])
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        if sys.argv[2] == "another thread":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        raises(KeyboardInterrupt, exec, call, globals())
        with subinterp.create("other") as other:
            other.exec("pass")
        leave()
        """,
        call,
        taker,
    )


def test_sigint_sent_by_a_guest() -> None:
    """A guest that signals its own process interrupts the host, not itself."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for _ in range(20):
            try:
                guest.exec("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
                until(lambda: False)
            except KeyboardInterrupt:
                pass
        guest.exec("pass")
        """
    )


def test_sigint_while_guests_compute_leaves_them_alone() -> None:
    """The signal is for the host's main thread, whichever thread it wakes."""
    child.run(
        """
        import os, signal
        from lifecycle.stage import *
        silence()
        guests = company()
        for _ in range(50):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                until(lambda: False, timeout=20)
            except KeyboardInterrupt:
                pass
        assert all(guest.state == "running" for guest in guests[1:])
        nothing_left(threads=2)
        """
    )
