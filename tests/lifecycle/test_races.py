"""Things that happen to a guest at the same moment.

CPython's own race of run against destroy ends the process, in all versions (gh-127041).

- Runs against close, restart, interrupt and the list of threads, from many threads.
- An interrupt against the end of its run: it never hits the next one.

Many rounds each, as one hits the moment by chance only.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


def test_runs_race_close() -> None:
    """A run either ends well or says that the guest is closed."""
    child.run(
        """
        import threading
        from concurrent.futures import wait
        from lifecycle.stage import *
        outcomes = {"done": 0, "refused": 0, "broken off": 0}
        def work(guest, start):
            start.wait()
            runs = []
            try:
                while True:
                    runs.append(guest.start("x = 1"))
                    wait(runs[-8:-7])  # there is always one, and never thousands
            except subinterp.InterpreterClosedError:
                outcomes["refused"] += 1
            for run in runs:
                try:
                    run.result()
                    outcomes["done"] += 1
                except subinterp.InterpreterClosedError:
                    outcomes["broken off"] += 1
        for _ in range(60):
            guest = subinterp.create("a")
            start = threading.Barrier(5)
            threads = [
                threading.Thread(target=work, args=(guest, start)) for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            start.wait()
            guest.exec("x = 1")
            guest.close(timeout=20)
            for thread in threads:
                thread.join()
        assert outcomes["refused"] == 240, outcomes
        assert outcomes["done"] > 0, outcomes
        nothing_left(threads=2)
        """
    )


def test_everything_races_close() -> None:
    """Whatever one asks of a guest that is being closed, it answers or refuses."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        def work(call, start):
            start.wait()
            try:
                for _ in range(1000):
                    call()
            except subinterp.SubinterpError:
                pass
        for _ in range(25):
            guest = subinterp.create("a")
            begin(guest, "while True: pass")
            calls = (
                guest.thread_states,
                guest.interrupt,
                lambda: (guest.state, guest.id, guest.queued, guest.memory, repr(guest)),
                lambda: guest.start("pass", thread="second"),
                lambda: guest.start("pass").cancel(),
                subinterp.list_all,
                guest.close,
            )
            start = threading.Barrier(len(calls))
            threads = [
                threading.Thread(target=work, args=(call, start)) for call in calls
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert guest.state == "closed"
        nothing_left(threads=2)
        """
    )


def test_runs_race_restart() -> None:
    """Many threads use a name while it is restarted again and again."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        guest = subinterp.create("a")
        over = threading.Event()
        good = []
        def work():
            while not over.is_set():
                try:
                    guest.exec("x = 1")
                    good.append(True)
                except subinterp.InterpreterClosedError:
                    pass
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(30):
            guest.restart()
            guest.exec("x = 1")
        over.set()
        for thread in threads:
            thread.join()
        assert good
        nothing_left(threads=2)
        """
    )


def test_create_races_close_of_the_same_name() -> None:
    """The name is either taken or free, and what is created works."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        made = []
        def work():
            for _ in range(25):
                try:
                    guest = subinterp.create("a")
                except subinterp.InterpreterExistsError:
                    continue
                guest.exec("x = 1")
                made.append(guest.id)
                guest.close()
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made and len(set(made)) == len(made)
        nothing_left(threads=2)
        """
    )


@pytest.mark.parametrize("thread", ["None", "'second'"])
def test_an_interrupt_never_hits_the_next_run(thread: str) -> None:
    """Hundreds of interrupts at about the end of a run spare the run behind it.

    Each that came too late gives the next run more time, and each that hit less, so
    they are at about its end on any machine, and about half of them hit.
    """
    ended = child.run(
        f"""
        import random
        from lifecycle.stage import *
        guest = subinterp.create("a")
        # The visitor that brings the interrupt need not wait for the loop's GIL.
        guest.exec("import sys; sys.setswitchinterval(1e-5)")
        outcomes = {{"done": 0, "interrupted": 0}}
        lead = 1.0
        for round in range(600):
            code = f"for x in range({{int(1000 * lead)}}): pass"
            run = guest.start(code, thread={thread})
            after = guest.start(code, thread={thread})
            until(lambda: guest.state == "running" or run.done())
            for _ in range(int(random.randrange(100) / lead)):
                pass
            run.interrupt_running()
            run.interrupt_running()
            after.result()
            try:
                run.result()
            except KeyboardInterrupt:
                pass
            outcomes[run.state] += 1
            lead *= 1.25 if run.state == "done" else 0.8
        print(outcomes)
        """
    )
    assert "'interrupted': 0" not in ended.stdout
    assert "'done': 0" not in ended.stdout


def test_an_interrupt_never_escapes_into_idle_time() -> None:
    """What comes when nothing runs is dropped: no message, no exit status, no effect."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for _ in range(300):
            run = guest.start("x = 1")
            run.result()
            assert not run.interrupt()
            guest.interrupt()
        guest.exec("assert x == 1")
        """
    )


def test_interrupts_by_many_threads_end_one_run() -> None:
    """However often a run is interrupted, it ends once, and the next is untouched."""
    child.run(
        """
        import threading
        from concurrent.futures import wait
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for _ in range(40):
            run = begin(guest, "while True: pass")
            after = guest.start("for x in range(10000): pass")
            threads = [threading.Thread(target=run.interrupt_running) for _ in range(4)]
            for thread in threads:
                thread.start()
            wait([run])
            assert run.state == "interrupted"
            for thread in threads:
                thread.join()
            after.result()
        """
    )


def test_thread_states_while_threads_come_and_go() -> None:
    """The list of threads is read while the guest starts and ends them."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        run = begin(guest, '''
            import threading
            while True:
                threads = [threading.Thread(target=sum, args=((),)) for _ in range(4)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
        ''')
        for _ in range(300):
            states = guest.thread_states()
            assert states[0].name == "home"
            assert len({state.id for state in states}) == len(states), states
        run.interrupt()
        guest.close()
        nothing_left(threads=2)
        """
    )
