"""Pools whose process ends, forks or is interrupted; memory over many calls.

- What has been submitted is done before the process ends, whoever still has the pool.
- A forked child has none of its parent's guests, and can have pools of its own.
- Closing, cancelling, submitting and interrupting at any moment, from many threads.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_MIB = 1 << 20
_POOL = """
    from lifecycle.stage import *
    from subinterp import InterpreterPoolExecutor
    def late(seconds, text):
        import time
        time.sleep(seconds)
        print(text)
"""
_LEFT = {
    "in use": "pool = InterpreterPoolExecutor(2); pool.submit(late, 0.3, 'done')",
    "nobody's": "InterpreterPoolExecutor(2).submit(late, 0.3, 'done')",
    "shut down": "pool = InterpreterPoolExecutor(2); pool.submit(late, 0.3, 'done'); "
    "pool.shutdown(wait=False)",
    "queued": "pool = InterpreterPoolExecutor(1); pool.submit(late, 0.3, 'first'); "
    "pool.submit(late, 0, 'done')",
    "warm": "pool = InterpreterPoolExecutor(2); pool.submit(int).result(); "
    "pool.submit(late, 0.3, 'done')",
}


@pytest.mark.parametrize("left", _LEFT)
def test_work_that_is_left_is_done_before_the_process_ends(left: str) -> None:
    """As with the executors of the standard library."""
    ended = child.run(_POOL + f"    {_LEFT[left]}\n")
    assert ended.lines[-1] == "done"


def test_nothing_can_be_submitted_after_that() -> None:
    """Callbacks of atexit are told."""
    child.run(
        """
        import atexit, subinterp
        pool = subinterp.InterpreterPoolExecutor(2)
        pool.submit(int).result()
        @atexit.register
        def last():
            try:
                pool.submit(int)
            except RuntimeError as error:
                assert "cannot schedule new futures" in str(error)
                print("told")
        """
    )


def test_cancelled_work_does_not_keep_the_process() -> None:
    """Nor does a call that was cancelled just before the end."""
    ended = child.run(
        _POOL
        + """
    pool = InterpreterPoolExecutor(1)
    calls = [pool.submit(late, 0.05, "done") for _ in range(100)]
    pool.shutdown(wait=False, cancel_futures=True)
    other = InterpreterPoolExecutor(1)
    other.submit(late, 0.2, "done")
    assert other.submit(late, 60, "never").cancel()
    leave()
        """
    )
    assert ended.exit_seconds < 5


@pytest.mark.parametrize("state", ["cold", "warm", "busy"])
def test_a_forked_child_ends_with_the_pool_of_its_parent(state: str) -> None:
    """It cannot use that pool, and says so; it can make its own."""
    prepare = {
        "cold": "",
        "warm": "pool.submit(int).result()",
        "busy": "pool.submit(gate.get); pool.submit(gate.get); pool.submit(int)",
    }[state]
    child.run(
        _POOL
        + f"""
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    gate = subinterp.create_queue()
    pool = InterpreterPoolExecutor(2)
    {prepare}
    def in_child():
        raises(RuntimeError, pool.submit, int)
        pool.shutdown()
        with InterpreterPoolExecutor(2) as own:
            assert own.submit(abs, -3).result() == 3
    for _ in range(3):
        wait_for_child(fork(then=in_child))
    gate.put(1)
    gate.put(2)
    assert pool.submit(abs, -1).result() == 1
    pool.shutdown()
    nothing_left(threads=2)
        """
    )


@pytest.mark.parametrize("warm", [False, True])
def test_interrupts_of_the_host_leave_nothing_behind(warm: bool) -> None:
    """Ctrl-C at any moment of submit, result, shutdown or the making of guests."""
    child.run(
        _POOL
        + f"""
    import signal, time
    silence()
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    def work(pool):
        for call in [pool.submit(abs, -number) for number in range(20)]:
            call.result()
        pool.shutdown()
    hits = 0
    start = time.monotonic()
    work(InterpreterPoolExecutor(2))
    longest = 1.5 * (time.monotonic() - start)
    for number in range(100):
        pool = InterpreterPoolExecutor(2)
        if {warm}:
            pool.submit(int).result()
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, longest * (number + 1) / 100)
                work(pool)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            hits += 1
        pool.shutdown()
    assert hits
    nothing_left(threads=2)
        """,
        timeout=120,
    )


def test_everything_at_the_same_time() -> None:
    """Threads submit, cancel, interrupt, and close guests under the pool's hands."""
    child.run(
        _POOL
        + """
    import random, threading
    from concurrent.futures import CancelledError
    silence()
    expected = (CancelledError, KeyboardInterrupt, subinterp.InterpreterClosedError)
    pool = InterpreterPoolExecutor(3, "pool")
    done = []
    def submit():
        for number in range(150):
            call = pool.submit(abs, -number)
            what = random.random()
            if what < 0.1:
                call.cancel()
            elif what < 0.2:
                call.interrupt()
            try:
                assert call.result(20) == number
            except expected:
                pass
            done.append(number)
    def close():
        while any(thread.is_alive() for thread in threads[:4]):
            for guest in subinterp.list_all():
                if random.random() < 0.05:
                    guest.close()
    threads = [threading.Thread(target=submit) for _ in range(4)]
    threads.append(threading.Thread(target=close))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 600, done
    pool.shutdown()
    nothing_left(threads=2)
        """,
        timeout=120,
    )


def test_pools_that_come_and_go() -> None:
    """With work or without, waited for or not."""
    child.run(
        _POOL
        + """
    import threading
    silence()
    for number in range(30):
        pool = InterpreterPoolExecutor(3)
        calls = [pool.submit(abs, -i) for i in range(number % 7)]
        if number % 3 == 0:
            pool.shutdown(wait=False)
        elif number % 3 == 1:
            pool.shutdown(cancel_futures=True)
        del pool
    until(lambda: threading.active_count() == 2)  # nobody makes guests any more
    nothing_left(threads=2)
        """,
        timeout=90,
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ten_thousand_calls_leave_memory_where_it_was() -> None:
    """Values, buffers and failures."""
    ended = child.run(
        _POOL
        + """
    import gc
    silence()
    block = bytearray(100_000)
    def work(rounds):
        for _ in range(rounds):
            calls = [pool.submit(len, memoryview(block)), pool.submit(bytes, 100_000)]
            calls += [pool.submit(divmod, 1, 0), pool.submit(dict, a=[1, 2.5, "c"])]
            assert [call.exception() is None for call in calls] == [1, 1, 0, 1]
            for call in calls:
                call.conclude(None)  # by then nobody has it any more
    def meet(here, go):
        here.put(None)
        go.get()
    with InterpreterPoolExecutor(2) as pool:
        # The second guest may come late, when there is work for one only.
        here, go = subinterp.create_queue(), subinterp.create_queue()
        both = [pool.submit(meet, here, go) for _ in range(2)]
        for _ in both:
            here.get()
        for _ in both:
            go.put(None)
        work(500)
        gc.collect()
        before = resident()
        work(2000)
        gc.collect()
        print(resident() - before)
    nothing_left(threads=2)
        """,
        timeout=150,
    )
    assert int(ended.stdout) < 2 * _MIB
