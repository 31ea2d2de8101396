"""A process that forks while guests live goes on, and so does its child.

In the child CPython finds interpreters whose threads are gone, and dies of it (gh-101437,
gh-139759, in all versions). In a notebook every `!cmd` forks.

- Each way to fork, beside guests that are idle and busy.
- The child can make guests of its own, fork again, and end as any process.
- What the child inherits is closed; the parent notices nothing.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


def test_fork_beside_an_idle_guest() -> None:
    """The child starts afresh and ends well; the parent's guest goes on."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("x = 42")
        wait_for_child(fork(guest))
        guest.exec("assert x == 42")
        """
    )


def test_fork_beside_busy_guests() -> None:
    """Guests that compute, print, import and sleep survive many forks, as do children."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        guests = company()
        for _ in range(15):
            wait_for_child(fork(*guests))
        for guest in guests[1:]:
            assert guest.state == "running", guest
        nothing_left(threads=2)
        """
    )


def test_fork_beside_guests_that_come_and_go() -> None:
    """Interpreters that are being made or ended at that moment do no harm."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        subinterp.create("first").close()  # brings the host's own imports
        forked = threading.Event()
        def come_and_go(name):
            while not forked.is_set():
                with subinterp.create(name) as guest:
                    guest.exec("import json")
        threads = [threading.Thread(target=come_and_go, args=(n,)) for n in "abc"]
        for thread in threads:
            thread.start()
        for _ in range(15):
            wait_for_child(fork())
        forked.set()
        for thread in threads:
            thread.join()
        nothing_left(threads=2)
        """
    )


def test_a_child_finds_no_lock_of_a_guest_taken() -> None:
    """Guests with a GIL of their own are kept out of the C library during a fork.

    ``localtime`` has a lock that glibc does not make anew in the child.
    """
    child.run(
        """
        import os, time
        from lifecycle.stage import *
        silence()
        for name in "ab":
            begin(subinterp.create(name), "import time\\nwhile True: time.localtime()")
        for _ in range(100):
            wait_for_child(fork_shortly(time.localtime))
        """
    )


def test_a_fork_does_not_wait_for_a_guest_that_keeps_its_gil() -> None:
    """C code that computes for minutes delays a fork by a moment, not by minutes."""
    child.run(
        """
        import os
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        begin(guest, "begun(); pow(7, 10**8)")
        wait_for_child(fork(guest))
        assert guest.state == "running"
        os._exit(0)
        """
    )


def test_fork_from_another_thread() -> None:
    """The thread that forks is the only one, and the main one, of the child."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        silence()
        guests = company()
        answers = []
        def work():
            wait_for_child(fork_shortly(lambda: start_afresh(*guests)))
            answers.append(True)
        for _ in range(3):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert len(answers) == 3
        """
    )


def test_fork_in_a_child() -> None:
    """A grandchild starts afresh, too, beside guests of its parent."""
    child.run(
        """
        from lifecycle.stage import *
        def again():
            own = subinterp.create("own")
            begin(own, "while True: pass")
            wait_for_child(fork(own, then=lambda: wait_for_child(fork())))
            assert own.state == "running"
        guest = subinterp.create("a")
        begin(guest, "while True: pass")
        wait_for_child(fork(guest, then=again))
        """
    )


def test_a_child_may_end_with_busy_guests() -> None:
    """The guards for the end of the process work in a child."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        def work():
            for name, code in BUSY.items():
                if "swallowing" in name or "sleep" in name:
                    begin(subinterp.create(name.replace(" ", "-")), code)
        wait_for_child(fork(guest, then=work))
        """
    )


def test_a_child_has_the_runs_of_its_parent_as_over() -> None:
    """Waiting for one returns at once; interrupting one says no."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        running = begin(guest, "while True: pass")
        queued = guest.start("pass")
        done = subinterp.create("b").start("print('done')")
        done.result()
        def look():
            for run in (running, queued):
                raises(subinterp.InterpreterClosedError, run.result)
                assert not run.interrupt()
                assert not run.cancel()
            done.result()
            assert done.stdout == "done\\n"
        wait_for_child(fork(guest, then=look))
        assert running.state == "running"
        assert queued.state == "queued"
        """
    )


def test_a_handle_of_the_parent_can_be_dropped_in_the_child() -> None:
    """Its memory is left alone: locks in it may be held for ever."""
    child.run(
        """
        import gc
        from lifecycle.stage import *
        guest = subinterp.create("a")
        runs = [guest.start("pass") for _ in range(10)]
        begin(guest, "while True: pass")
        def drop():
            global guest
            runs.clear()
            guest = None
            gc.collect()
        wait_for_child(fork(then=drop))
        assert guest.state == "running"
        """
    )


def test_pty_fork() -> None:
    """pexpect, and with it IPython's `!cmd`, forks by pty.fork."""
    child.run(
        """
        import os, pty
        from lifecycle.stage import *
        silence()
        guests = company()
        for _ in range(5):
            pid, terminal = pty.fork()
            if pid == 0:
                status = 1
                try:
                    start_afresh(*guests)
                    print("child", "works", flush=True)
                    status = 0
                finally:
                    os._exit(status)
            said = b""
            try:
                while piece := os.read(terminal, 1000):
                    said += piece
            except OSError:  # how Linux says that the other side is closed
                pass
            wait_for_child(pid)
            assert said.strip() == b"child works", said
        """
    )


def test_shell_commands_of_ipython() -> None:
    """`!cmd` and `x = !cmd` work beside guests."""
    ended = child.run(
        """
        from lifecycle.stage import *
        from IPython.core.interactiveshell import InteractiveShell
        silence()
        company()
        shell = InteractiveShell.instance()
        shell.history_manager.enabled = False
        for _ in range(3):
            shell.run_cell("!echo out", store_history=False).raise_error()
            shell.run_cell("!exit 3", store_history=False).raise_error()
            assert shell.user_ns["_exit_code"] == 3
            shell.run_cell("got = !echo in", store_history=False).raise_error()
            assert shell.user_ns["got"] == ["in"], shell.user_ns["got"]
        """
    )
    assert [line.strip() for line in ended.lines] == ["out"] * 3


@pytest.mark.parametrize("how", ["Process", "Pool", "Executor"])
def test_multiprocessing_by_fork(how: str) -> None:
    """Processes of the fork context work and are joined."""
    child.run(
        """
        import multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor
        from lifecycle.stage import *
        silence()
        guests = company()
        context = multiprocessing.get_context("fork")
        def work(number):
            if number % 2:
                start_afresh(*guests)
            return number * number
        if sys.argv[1] == "Process":
            processes = [context.Process(target=work, args=(n,)) for n in range(4)]
            for process in processes:
                process.start()
            for process in processes:
                process.join()
                assert process.exitcode == 0, process.exitcode
        elif sys.argv[1] == "Pool":
            with context.Pool(2) as pool:
                assert pool.map(work, range(6)) == [n * n for n in range(6)]
                pool.close()
                pool.join()
        else:
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                assert list(pool.map(work, range(6))) == [n * n for n in range(6)]
        """,
        how,
    )


@pytest.mark.parametrize(
    "options",
    ["", "preexec_fn=lambda: None", "start_new_session=True", "close_fds=False"],
)
def test_subprocess_of_the_host(options: str) -> None:
    """With a preexec_fn the child runs Python code between fork and exec."""
    child.run(
        f"""
        import subprocess
        from lifecycle.stage import *
        silence()
        company()
        for _ in range(10):
            done = subprocess.run(["echo", "hi"], stdout=subprocess.PIPE, {options})
            assert (done.returncode, done.stdout) == (0, b"hi\\n"), done
        """
    )


def test_subprocess_of_a_guest() -> None:
    """A guest may start programs, beside others; forking itself it may not."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        company()
        guest = subinterp.create("a")
        for _ in range(5):
            guest.exec('''
                import subprocess
                done = subprocess.run(["echo", "hi"], stdout=subprocess.PIPE)
                assert (done.returncode, done.stdout) == (0, b"hi\\\\n"), done
                assert subprocess.getoutput("echo hi") == "hi"
            ''')
        raises(RuntimeError, guest.exec, "import os; os.fork()")
        guest.exec("import os; assert os.posix_spawn('/bin/true', ['true'], {})")
        """
    )


def test_forks_of_several_threads_at_once() -> None:
    """Host threads that fork at the same time do not disturb one another."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        silence()
        guests = company()
        good = []
        def look():
            assert guests[0].state == "closed"
        def work():
            for _ in range(5):
                wait_for_child(fork_shortly(look))
                good.append(True)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(good) == 20
        nothing_left(threads=2)
        """
    )
