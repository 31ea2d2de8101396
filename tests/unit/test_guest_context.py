"""Output goes to the run that caused it."""

from __future__ import annotations

import pytest

from guests import guest


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("threading.Thread(target=late)", id="Thread"),
        pytest.param("threading.Thread(target=late, daemon=True)", id="daemon"),
        pytest.param("threading.Timer(0, late)", id="Timer"),
        pytest.param("type('T', (threading.Thread,), {'run': late})()", id="subclass"),
    ],
)
def test_a_thread_keeps_the_run_that_started_it(start: str) -> None:
    """What it prints later is not taken for output of a later run."""
    assert guest(
        f"""
        plain('''
            import threading
            go = threading.Event()
            def late(*_):
                go.wait()
                print("late")
            thread = {start}
            thread.start()
        ''', number=7)
        plain("go.set(); thread.join(); print('now')", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["late\n", "now\n"]


def test_a_thread_that_fails_says_so_under_its_run() -> None:
    """The traceback that ``threading`` prints goes where the thread came from."""
    first, second = guest(
        """
        plain('''
            import threading
            go = threading.Event()
            def late():
                go.wait()
                1 / 0
            thread = threading.Thread(target=late)
            thread.start()
        ''', number=7)
        plain("go.set(); thread.join()", number=8)
        report([text("stderr", number=7), text("stderr", number=8)])
        """
    )

    assert "ZeroDivisionError" in first
    assert second == ""


def test_a_threads_thread_belongs_to_the_same_run() -> None:
    """The run is handed on from thread to thread."""
    assert guest(
        """
        plain('''
            import threading
            go = threading.Event()
            def inner():
                print("inner")
            def outer():
                go.wait()
                thread = threading.Thread(target=inner)
                thread.start(); thread.join()
            thread = threading.Thread(target=outer)
            thread.start()
        ''', number=7)
        plain("go.set(); thread.join()", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["inner\n", ""]


def test_a_pools_task_belongs_to_the_run_that_submitted_it() -> None:
    """A pool's thread outlives the run that made it and works for others."""
    assert guest(
        """
        plain('''
            from concurrent.futures import ThreadPoolExecutor
            pool = ThreadPoolExecutor(1)
            pool.submit(print, "first").result()
        ''', number=7)
        plain("pool.submit(print, 'second').result()", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["first\n", "second\n"]


def test_an_asyncio_task_keeps_the_run_that_made_it() -> None:
    """Another run that drives the loop later does not get its output."""
    assert guest(
        """
        plain('''
            import asyncio
            loop = asyncio.new_event_loop()
            async def late():
                await asyncio.sleep(0)
                print("late")
            task = loop.create_task(late())
        ''', number=7)
        plain("loop.run_until_complete(task); print('now')", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["late\n", "now\n"]


def test_a_thread_without_threading_prints_under_the_latest_run() -> None:
    """``_thread`` hands nothing on, so the run that began last gets it."""
    assert guest(
        """
        plain('''
            import _thread
            go, done = _thread.allocate_lock(), _thread.allocate_lock()
            go.acquire(); done.acquire()
            def late():
                go.acquire()
                print("late")
                done.release()
            _thread.start_new_thread(late, ())
        ''', number=7)
        plain("go.release(); done.acquire()", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["", "late\n"]


def test_two_workers_print_under_their_own_runs() -> None:
    """Runs that take turns on two threads do not mix."""
    assert guest(
        """
        import threading
        barrier = plain("import threading; barrier = threading.Barrier(2)")
        code = "for i in range(20):\\n    barrier.wait(); print(%r, end='')"
        workers = [
            threading.Thread(
                target=lambda n=n: plain(code % str(n), number=n, thread=f"w{n}")
            )
            for n in (7, 8)
        ]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        report([text(number=7), text(number=8)])
        """
    ) == ["7" * 20, "8" * 20]
