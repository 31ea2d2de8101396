"""Each pair of OS thread and interpreter has a thread state of its own.

The picture of the old question: the first and second thread in one guest, a third in
another, all at once; each prints the id of its interpreter.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

# What CPython itself says inside a guest.
_WHERE = """
    where = '''
        import ctypes, os, threading
        api = ctypes.pythonapi
        api.PyInterpreterState_Get.restype = ctypes.c_void_p
        api.PyInterpreterState_GetID.argtypes = [ctypes.c_void_p]
        api.PyInterpreterState_GetID.restype = ctypes.c_int64
        api.PyThreadState_Get.restype = ctypes.c_void_p
        api.PyThreadState_GetID.argtypes = [ctypes.c_void_p]
        api.PyThreadState_GetID.restype = ctypes.c_uint64
        interpreter = api.PyInterpreterState_GetID(api.PyInterpreterState_Get())
        state = api.PyThreadState_GetID(api.PyThreadState_Get())
        print(interpreter, state, threading.get_native_id(), flush=True)
    '''
    def said(run):
        return tuple(map(int, run.stdout.split()))
"""


def test_two_threads_in_a_guest_and_a_third_in_another_at_once() -> None:
    """Three OS threads, three thread states, two interpreters, all in them at once."""
    child.run(
        """
        import os, textwrap
        from lifecycle.stage import *
        """
        + _WHERE.replace("\n    ", "\n        ")
        + """
        one, two = subinterp.create("one"), subinterp.create("two")
        here, there = os.pipe()
        waits = textwrap.dedent(where) + f"begun(); os.read({here}, 1)"
        runs = [
            begin(one, waits),
            begin(one, waits, thread="second"),
            begin(two, waits),
        ]
        states = one.thread_states() + two.thread_states()
        os.write(there, b"...")
        for run in runs:
            run.result()
        first, second, third = map(said, runs)
        assert first[0] == second[0] == one.id, (first, second, one.id)
        assert third[0] == two.id, (third, two.id)
        assert len({first[2], second[2], third[2]}) == 3
        assert first[1] != second[1]
        shown = [(state.id, state.native_id) for state in states]
        assert shown == [said(run)[1:] for run in runs], (shown, runs)
        assert [state.run for state in states] == runs
        assert [state.name for state in states] == ["home", "second", "home"]
        assert {state.state for state in states} == {"running"}
        """
    )


def test_a_thread_keeps_its_state() -> None:
    """Run after run, a thread of a guest is the same OS thread and thread state."""
    child.run(
        """
        from lifecycle.stage import *
        """
        + _WHERE.replace("\n    ", "\n        ")
        + """
        guest = subinterp.create("a")
        for thread in (None, "second", "third"):
            seen = set()
            for _ in range(20):
                run = guest.start(where, thread=thread)
                run.result()
                seen.add(said(run))
            assert len(seen) == 1, seen
        """
    )


def test_many_threads_of_one_guest_share_its_modules() -> None:
    """Threads of a guest see the same objects; none is lost between them."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("import threading; lock = threading.Lock(); count = 0")
        runs = [
            guest.start('''
                for _ in range(1000):
                    with lock: count += 1
            ''', thread=f"t{number % 8}")
            for number in range(24)
        ]
        for run in runs:
            run.result()
        guest.exec("assert count == 24000, count")
        assert len(guest.thread_states()) == 9
        nothing_left(threads=2)
        """
    )


def test_python_threads_of_a_guest_are_listed() -> None:
    """Those that its own code starts are shown with their names."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec('''
            import threading
            done = threading.Event()
            for name in ("alpha", "beta"):
                threading.Thread(target=done.wait, name=name).start()
        ''')
        states = guest.thread_states()
        assert sorted(state.name for state in states) == ["alpha", "beta", "home"], states
        assert len({state.id for state in states}) == 3
        assert len({state.native_id for state in states}) == 3
        guest.exec("done.set()")
        until(lambda: len(guest.thread_states()) == 1)
        """
    )


def test_threads_of_a_guest_that_keeps_its_gil() -> None:
    """The list does not wait for the end of a long call in C."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        begin(guest, BUSY["C call"], thread="second")
        states = guest.thread_states()
        assert [state.name for state in states] == ["home", "second"]
        assert [state.state for state in states] == ["idle", "running"]
        leave()
        """
    )


def test_guests_compute_at_the_same_time() -> None:
    """Two guests meet in the middle of Python code, which one GIL would not allow."""
    child.run(
        """
        import os
        from lifecycle.stage import *
        # Each spins, without giving up its GIL, until the other has come as well.
        with open("/dev/shm/lifecycle-%d" % os.getpid(), "w+b") as file:
            file.truncate(4096)
            code = '''
                import mmap, sys
                sys.setswitchinterval(1000)
                with open(%r, "r+b") as file:
                    shared = mmap.mmap(file.fileno(), 4096)
                shared[%d] = 1
                while not shared[%d]: pass
            '''
            runs = [
                subinterp.create(f"guest{n}").start(code % (file.name, n, 1 - n))
                for n in (0, 1)
            ]
            for run in runs:
                run.result(30)
            os.unlink(file.name)
        """
    )
