"""Memory does not grow with what is over.

- 200 guests one after another: on 3.13 no more than CPython itself leaks for each
  (1.5 MiB and more), level from 3.14 on.
- Thousands of runs, interrupts, threads and visits in one guest.
"""

from __future__ import annotations

import sys

import pytest

from . import child

pytestmark = [pytest.mark.lifecycle, pytest.mark.slow, pytest.mark.timeout(180)]

_MIB = 1 << 20


def test_guests_that_come_and_go() -> None:
    """From the twentieth on, 180 more cost nothing, or what CPython itself loses."""
    ended = child.run(
        """
        import _interpreters, marshal, sys, textwrap
        from lifecycle.stage import *
        silence()
        code = "x = list(range(1000)); print(x[-1])"

        def level(work, rounds):
            for _ in range(20):
                work()
            before = resident()
            for _ in range(rounds):
                work()
            return (resident() - before) / rounds

        def ours():
            with subinterp.create("a") as guest:
                guest.exec(code)

        # The same Python code in an interpreter that CPython makes and ends.
        theirs = f'''
            import sys
            bridge = type(sys)("_subinterp")
            bridge.STDOUT, bridge.STDERR, bridge.MESSAGE, bridge.name = 1, 2, 3, "a"
            bridge.guarded = lambda function, *arguments: function(*arguments)
            bridge.__getattr__ = lambda name: lambda *_: {{}}
            sys.modules["_subinterp"] = bridge
            sys.path[:] = {sys.path!r}
            import subinterp_guest
            handle, shutdown = subinterp_guest.boot({marshal.dumps({"name": "a"})})
            assert handle(1, {marshal.dumps(("exec", code, "x"))}, "") == b""
            shutdown(5.0)
        '''

        def cpython():
            made = _interpreters.create("isolated")
            failure = _interpreters.exec(made, textwrap.dedent(theirs))
            assert failure is None, failure
            _interpreters.destroy(made)

        print(level(ours, 180))
        print(level(cpython, 60))
        nothing_left(threads=2)
        """,
        timeout=150,
    )
    ours, cpythons = map(float, ended.lines)
    if sys.version_info >= (3, 14):
        assert ours < 16 * 1024, ended.stdout
    else:
        assert ours < 1.25 * cpythons, ended.stdout


@pytest.mark.parametrize("thread", ["None", "'second'"])
def test_runs_in_one_guest(thread: str) -> None:
    """Two thousand runs after a warm-up leave the level where it was."""
    ended = child.run(
        f"""
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        def work(rounds):
            for number in range(rounds):
                run = guest.start(f"x = [{{number}}] * 1000; print(len(x))", thread={thread})
                run.result()
        work(1500)  # a thousand runs are kept
        before = resident()
        work(2000)
        print(resident() - before)
        """
    )
    assert int(ended.stdout) < 2 * _MIB


def test_failures_interrupts_and_visits_in_one_guest() -> None:
    """Errors, interrupts, lists of threads and cancelled runs leave nothing behind."""
    ended = child.run(
        """
        import gc
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        def work(rounds):
            for _ in range(rounds):
                raises(ZeroDivisionError, guest.exec, "1 / 0")
                run = begin(guest, "while True: pass")
                guest.start("pass").cancel()
                guest.thread_states()
                run.interrupt()
                raises(KeyboardInterrupt, run.result)
        def level():
            gc.collect()  # errors are in cycles with their tracebacks
            guest.exec("import gc; gc.collect()")
            return resident(), guest.memory
        work(550)  # a thousand runs are kept
        before = level()
        work(300)
        after = level()
        print(after[0] - before[0], after[1] - before[1])
        nothing_left(threads=2)
        """
    )
    assert max(map(int, ended.stdout.split())) < 2 * _MIB
