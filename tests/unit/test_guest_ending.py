"""At its end a guest runs its callbacks and stops its threads."""

from __future__ import annotations

import pytest

from guests import guest


def test_a_guest_without_threads_ends_at_once() -> None:
    """Nothing is waited for, and ending twice is no error."""
    first, second, seconds = guest(
        """
        import time
        cell("1")
        start = time.monotonic()
        report([shutdown(5), shutdown(5), time.monotonic() - start])
        """
    )

    assert first is second is True
    assert seconds < 2


def test_exit_callbacks_run_once() -> None:
    """In reverse order, their output under the latest run."""
    assert guest(
        """
        plain("import atexit; atexit.register(print, 1); atexit.register(print, 2)",
              number=7)
        shutdown(2); shutdown(2)
        report(text(number=7))
        """
    ) == ("2\n1\n")


def test_callbacks_that_raise_are_told_and_stop_nothing() -> None:
    """Of ``threading`` (gh-113148) as of ``atexit``."""
    over, out, err, threads = guest(
        """
        plain('''
            import atexit, threading, time
            def broken(): 1 / 0
            def work():
                while not released.wait(0.01): pass
                print("released")
            released = threading.Event()
            threading._register_atexit(released.set)
            threading._register_atexit(broken)
            atexit.register(print, "callback")
            atexit.register(broken)
            threading.Thread(target=work).start()
        ''')
        import threading
        over = shutdown(5)
        report([over, text(), text("stderr"), threading.active_count()])
        """
    )

    assert over is True
    assert out == "released\ncallback\n"
    assert err.count("ZeroDivisionError") == 2
    assert "ending.py" not in err
    assert threads == 1


_START = """
import threading, time
def work():
    {body}
threading.Thread(target=work, daemon={daemon}).start()
"""

_END = """
import threading, time
start = time.monotonic()
over = shutdown({seconds})
seconds = time.monotonic() - start
report([over, text(), text("stderr"), threading.active_count(), seconds])
"""


@pytest.mark.parametrize(
    ("body", "printed"),
    [
        pytest.param("time.sleep(0.3); print('done')", "done\n", id="ends by itself"),
        pytest.param("while True: pass", "", id="loops"),
        pytest.param("while True: time.sleep(0.01)", "", id="sleeps in a loop"),
        pytest.param("time.sleep(1000)", "", id="sleeps"),
        pytest.param(
            "try: time.sleep(1000)\n    finally: print('clean')",
            "clean\n",
            id="cleans up",
        ),
        pytest.param(
            "threading.Thread(target=time.sleep, args=(99,)).start()", "", id="spawns"
        ),
    ],
)
def test_a_thread_ends_or_is_stopped(body: str, printed: str) -> None:
    """It has a while to end by itself; then SystemExit is raised in it."""
    start = _START.format(body=body, daemon=False)
    over, out, err, threads, _ = guest(f"plain({start!r})" + _END.format(seconds=4))

    assert (over, out, err, threads) == (True, printed, "", 1)


def test_a_daemon_is_allowed_and_not_waited_for() -> None:
    """It may be there, which CPython refuses in a guest, and is stopped at the end."""
    start = _START.format(body="while True: time.sleep(0.01)", daemon=True)
    check = "assert threading.enumerate()[-1].daemon; print('runs')"
    over, out, err, threads, seconds = guest(
        f"plain({start!r}); plain({check!r})" + _END.format(seconds=8)
    )

    assert (over, out, err, threads) == (True, "runs\n", "", 1)
    assert seconds < 1  # what a thread that is no daemon would have


def test_a_thread_without_threading_is_stopped() -> None:
    """``_thread`` alone leaves no object to join."""
    over, counts = guest(
        """
        plain('''
            import _thread, time
            def work():
                started.release()
                while True: time.sleep(0.01)
            started = _thread.allocate_lock()
            started.acquire()
            _thread.start_new_thread(work, ())
            started.acquire()
        ''')
        import _thread
        before = _thread._count()
        over = shutdown(4)
        report([over, [before, _thread._count()]])
        """
    )

    assert over is True
    assert counts == [1, 0]


def test_a_pools_idle_workers_end_without_noise() -> None:
    """And at once."""
    pool = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(3)
list(pool.map(print, "abc"))
"""
    over, _, err, threads, seconds = guest(f"plain({pool!r})" + _END.format(seconds=8))

    assert (over, err, threads) == (True, "", 1)
    assert seconds < 3


def test_a_pools_busy_workers_are_stopped() -> None:
    """What they do ends with SystemExit; what waits in the queue is done then."""
    pool = """
import time
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
tasks = [pool.submit(time.sleep, 1000) for _ in range(2)]
"""
    over, _, err, threads, _ = guest(f"plain({pool!r})" + _END.format(seconds=4))

    assert (over, err, threads) == (True, "", 1)


def test_a_thread_that_will_not_stop_is_told() -> None:
    """Ending gives up at its time; once the thread has ended, it succeeds."""
    body = """while not stop:
        try: time.sleep(0.01)
        except BaseException: pass"""
    start = "stop = []" + _START.format(body=body, daemon=False)
    over, seconds, again, threads = guest(
        f"""
plain({start!r})
import threading, time
start = time.monotonic()
over = shutdown(1)
seconds = time.monotonic() - start
plain("stop.append(1)")
report([over, seconds, shutdown(5), threading.active_count()])
"""
    )

    assert over is False
    assert seconds < 5
    assert again is True
    assert threads == 1


def test_a_thread_that_a_callback_starts_is_joined() -> None:
    """Its output arrives before the end."""
    code = """
import atexit, threading, time
def late():
    time.sleep(0.2)
    print("late")
atexit.register(lambda: threading.Thread(target=late).start())
"""
    over, out, err, threads, _ = guest(f"plain({code!r})" + _END.format(seconds=4))

    assert (over, out, err, threads) == (True, "late\n", "", 1)


def test_tasks_left_on_a_loop_are_cancelled() -> None:
    """They can clean up, and asyncio has nothing to complain about."""
    code = """
import asyncio
async def endless():
    try:
        await asyncio.sleep(1000)
    finally:
        print("cancelled")
task = asyncio.create_task(endless())
await asyncio.sleep(0)
"""
    over, out, err, _, _ = guest(f"cell({code!r})" + _END.format(seconds=4))

    assert (over, out, err) == (True, "cancelled\n", "")


def test_a_loop_in_a_thread_is_stopped() -> None:
    """A thread that waits in ``select`` hears of the end as well."""
    body = "asyncio.new_event_loop().run_forever()"
    start = "import asyncio" + _START.format(body=body, daemon=True)
    over, _, _, threads, _ = guest(f"plain({start!r})" + _END.format(seconds=6))

    assert (over, threads) == (True, 1)
