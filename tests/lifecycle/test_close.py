"""Closing a guest stops what is left in it, or says that it cannot.

Py_EndInterpreter with another thread state alive is fatal on 3.13 (gh-128639), also when a
callback at exit left it (gh-113148).

- Threads of the guest's own, however they were started and whatever they do.
- What cannot be stopped leaves the guest "closing", until it ends by itself.
- From wherever, and however often, close is called.
"""

from __future__ import annotations

import pytest

from . import child
from .busy import BUSY, UNSTOPPABLE

pytestmark = pytest.mark.lifecycle

# Only from 3.15 on an interrupt ends accept().
_STOPPABLE = [what for what in BUSY if what not in (*UNSTOPPABLE, "socket")]


@pytest.mark.parametrize("gil", ["own", "shared"])
def test_close_stops_what_can_be_stopped(gil: str) -> None:
    """Loops, waits and threads of all kinds end; interpreter and threads are gone."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        gil, *busy = sys.argv[1:]
        for what in busy:
            guest = subinterp.create("a", gil=gil)
            run = begin(guest, BUSY[what])
            guest.close(timeout=20)
            assert guest.state == "closed", what
            print(what)
            assert run.done(), what
        nothing_left(threads=2)
        """,
        gil,
        *_STOPPABLE,
    )


def test_close_stops_threads_whose_sockets_were_closed() -> None:
    """That alone does not end their waits."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("if True:" '''
            import socket, threading
            listener = socket.create_server(("127.0.0.1", 0))
            thread = threading.Thread(target=listener.accept, daemon=True)
            thread.start()
            number = thread.native_id
        ''')
        number = guest.pull("number")
        until(lambda: asleep(number))
        guest.exec("listener.close()")
        guest.close(timeout=10)
        nothing_left(threads=2)
        """
    )


def test_close_stops_a_pool_that_lost_a_thread() -> None:
    """A KeyboardInterrupt in submit() may keep it from listing a thread it started."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        raises(KeyboardInterrupt, guest.exec, "if True:" '''
            from concurrent.futures import ThreadPoolExecutor, thread
            class Threads(dict):
                def __setitem__(self, key, value):
                    raise KeyboardInterrupt
            thread._threads_queues = Threads()
            pool = ThreadPoolExecutor()
            pool.submit(print)
        ''')
        guest.close(timeout=10)
        nothing_left(threads=2)
        """
    )


@pytest.mark.parametrize("what", UNSTOPPABLE)
def test_close_gives_up_on_what_cannot_be_stopped(what: str) -> None:
    """It says so, in time; the guest takes no more work and others are untouched."""
    child.run(
        """
        import sys, time
        from lifecycle.stage import *
        guest = subinterp.create("a")
        begin(guest, BUSY[sys.argv[1]])
        start = time.monotonic()
        error = raises(subinterp.InterpreterBusyError, guest.close, 0.3)
        assert time.monotonic() - start < 2
        assert str(error).startswith("cannot close interpreter 'a'"), error
        assert guest.state == "closing"
        raises(subinterp.InterpreterClosedError, guest.exec, "pass")
        raises(subinterp.InterpreterBusyError, guest.close, 0)
        guest.thread_states()
        with subinterp.create("b") as other:
            other.exec("import json")
        leave()
        """,
        what,
    )


def test_close_again_when_the_code_has_ended() -> None:
    """A guest that was too busy ends by itself once its code lets it."""
    child.run(
        """
        import os
        from lifecycle.stage import *
        reader, writer = os.pipe()
        guest = subinterp.create("a")
        run = begin(guest, f'''
            import os
            go = True
            while go:
                try:
                    begun()
                    os.read({reader}, 1)
                    go = False
                except BaseException: x = 1
        ''')
        raises(subinterp.InterpreterBusyError, guest.close, 0.1)
        queued = raises(subinterp.InterpreterClosedError, guest.start, "pass")
        os.close(writer)
        guest.close(timeout=20)
        assert guest.state == "closed"
        assert run.done()
        with subinterp.create("a") as again:
            again.exec("pass")
        nothing_left(threads=2)
        """
    )


def test_close_drops_what_is_queued() -> None:
    """Queued runs end with an error that says why, before close returns."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        running = begin(guest, "while True: pass")
        queued = [guest.start("print('never')") for _ in range(50)]
        guest.close()
        for run in queued:
            assert run.done()
            raises(subinterp.InterpreterClosedError, run.result)
            assert run.stdout == ""
        raises(BaseException, running.result)
        """
    )


def test_close_twice_and_by_all_ways() -> None:
    """A closed guest can be closed again, as often as one likes."""
    child.run(
        """
        from lifecycle.stage import *
        with subinterp.create("a") as guest:
            guest.close()
            guest.close(timeout=0)
        guest.close()
        subinterp.close_all()
        subinterp.close_all(timeout=0)
        assert subinterp.list_all() == []
        """
    )


def test_close_by_several_threads_at_once() -> None:
    """All of them return when the guest has ended, busy as it was."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        for _ in range(20):
            guest = subinterp.create("a")
            begin(guest, "while True: pass")
            seen = []
            def close():
                guest.close(timeout=20)
                seen.append(guest.state)
            threads = [threading.Thread(target=close) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert seen == ["closed"] * 4, seen
        nothing_left(threads=2)
        """
    )


def test_close_in_a_callback_of_a_run() -> None:
    """The pump, which calls callbacks, can close the guest that the run was in."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        for other in ("pass", "while True: pass", "while True: print('flood')"):
            guest = subinterp.create("a")
            closed = threading.Event()
            def close(run):
                guest.close(timeout=20)
                closed.set()
            run = guest.start("pass")
            run.add_done_callback(close)
            assert closed.wait(30), other
            assert guest.state == "closed"
        nothing_left(threads=2)
        """
    )


def test_close_of_a_flooding_guest_in_a_callback_of_another() -> None:
    """Nobody drains the channel meanwhile, so nobody may wait for room in it."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        silence()
        flooding, quick = subinterp.create("flooding"), subinterp.create("quick")
        home = flooding.thread_states()[0].native_id
        closed = []
        done = threading.Event()
        def close(run):
            try:
                begin(flooding, '''
                    import atexit
                    atexit.register(print, "last words")
                    print("x" * (5 << 20), end="")
                    begun()
                    print("there is no room")
                ''')
                until(lambda: asleep(home))
                flooding.close(timeout=10)
            finally:
                closed.append(flooding.state)
                done.set()
        quick.start("pass").add_done_callback(close)
        done.wait()
        assert closed == ["closed"], closed
        """
    )


def test_a_guest_whose_handle_is_dropped_can_be_found() -> None:
    """The registry keeps a guest, not the user's variable."""
    child.run(
        """
        import gc
        from lifecycle.stage import *
        subinterp.create("a").exec("x = 42")
        gc.collect()
        subinterp.get("a").exec("assert x == 42")
        """
    )


def test_a_native_guest_whose_handle_is_dropped_ends() -> None:
    """Nobody can close it any more, so it closes itself."""
    child.run(
        """
        import marshal
        from lifecycle.stage import *
        from subinterp import _native
        from subinterp.settings import Settings
        subinterp.create("first").close()
        settings = Settings.of("own", ())
        guest = _native.Guest("a", True, settings.sys_path(), settings.setup("a"))
        assert guest.state == "idle"
        del guest
        until(lambda: len(interpreters()) == 1)
        until(lambda: os_threads() <= 2)
        """
    )


def test_restart_leaves_a_stuck_guest_behind() -> None:
    """The name goes on with a clean guest; the old one is no trouble at exit."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("x = 1")
        before = guest.id
        run = begin(guest, BUSY["swallowing loop"])
        guest.restart()
        assert guest.id != before
        assert guest.state == "idle"
        raises(NameError, guest.exec, "x")
        guest.close()
        leave()
        """
    )


def test_close_all_closes_at_the_same_time() -> None:
    """One that is stuck costs its time once, and the others are closed."""
    child.run(
        """
        import time
        from lifecycle.stage import *
        for number in range(3):
            begin(subinterp.create(f"stuck{number}"), BUSY["swallowing loop"])
            begin(subinterp.create(f"fine{number}"), BUSY["loop"])
        error = raises(subinterp.InterpreterBusyError, subinterp.close_all, 3)
        names = [guest.name for guest in subinterp.list_all()]
        assert names == ["stuck0", "stuck1", "stuck2"], names
        """
    )
