"""Waits at a queue: who wakes them, and what else ends them."""

from __future__ import annotations

import queue
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from subinterp import create_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Interpreter, Run

_SECONDS = 20.0


@contextmanager
def alarm_interrupts(seconds: float) -> Iterator[None]:
    """Have a KeyboardInterrupt come after so long, as SIGINT brings it."""
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def waiting(guest: Interpreter, code: str) -> Run:
    """Start code, and return when the home thread sleeps in it."""
    run = guest.start(f"print('begun', flush=True)\n{code}")
    deadline = time.monotonic() + _SECONDS
    while not run.stdout:
        assert not run.done(), run.exception()
        assert time.monotonic() < deadline
    [home] = [thread for thread in guest.thread_states() if thread.name == "home"]
    stat = Path(f"/proc/self/task/{home.native_id}/stat")
    while stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "S":
        assert time.monotonic() < deadline
    assert run.running()
    return run


def test_a_wait_ends_as_soon_as_the_other_side_acts(guest: Interpreter) -> None:
    """Put, get, shutdown and task_done of one side wake those who wait on the other."""
    empty, full, shut = create_queue(), create_queue(1), create_queue()
    full.put(1)
    guest.push(empty=empty, full=full, shut=shut)
    run = waiting(guest, "item = empty.get()")
    empty.put("item")
    run.result(_SECONDS)
    run = waiting(guest, "full.put(2)")
    assert full.get() == 1
    run.result(_SECONDS)
    run = waiting(guest, "shut.get()")
    shut.shutdown()
    with pytest.raises(queue.ShutDown):
        run.result(_SECONDS)
    full.put(3) if full.empty() else None
    run = waiting(guest, "full.join()")
    while not full.empty():
        full.get()
    for _ in range(2):
        full.task_done()
    run.result(_SECONDS)


def test_a_guest_wakes_the_host(guest: Interpreter) -> None:
    """The same the other way round."""
    empty, full, shut = create_queue(), create_queue(1), create_queue()
    full.put(1)
    guest.push(empty=empty, full=full, shut=shut)
    with ThreadPoolExecutor(4) as pool:
        item = pool.submit(empty.get)
        put = pool.submit(full.put, 2)
        ended = pool.submit(shut.get)
        guest.exec("""
            empty.put("item")
            assert (full.get(), full.get()) == (1, 2)
            shut.shutdown()
        """)
        assert item.result(_SECONDS) == "item"
        assert put.result(_SECONDS) is None
        assert isinstance(ended.exception(_SECONDS), queue.ShutDown)
        joined = pool.submit(full.join)
        guest.exec("full.task_done(); full.task_done()")
        joined.result(_SECONDS)


@pytest.mark.parametrize(
    "call", ["q.get()", "q.get(timeout=60)", "p.put(2)", "p.join()"]
)
def test_an_interrupt_ends_a_guests_wait(guest: Interpreter, call: str) -> None:
    """KeyboardInterrupt arises there; the queue goes on, and nothing is lost."""
    q, p = create_queue(), create_queue(1)
    p.put(1)
    guest.push(q=q, p=p)
    run = waiting(guest, call)
    run.interrupt()
    with pytest.raises(KeyboardInterrupt):
        run.result(_SECONDS)
    q.put("later")
    guest.exec("assert q.get() == 'later'; assert p.get() == 1; p.put(2)")
    assert p.get_nowait() == 2


def test_a_timeout_of_a_run_ends_its_wait(guest: Interpreter) -> None:
    """As it ends anything else."""
    guest.push(q=create_queue())
    with pytest.raises(TimeoutError):
        guest.exec("q.get()", timeout=0.1)
    guest.exec("q.put(1); assert q.get() == 1")


def test_a_guest_that_waits_can_be_closed(guest: Interpreter) -> None:
    """Its home thread, an extra one, and threads of its own, daemons or not."""
    q = create_queue()
    guest.push(q=q)
    guest.exec("""
        import threading
        threading.Thread(target=q.get).start()
        threading.Thread(target=q.join).start()
        q.put(1)
    """)
    guest.start("q.get()", thread="second")
    run = waiting(guest, "while True: q.get()")
    guest.close()
    assert run.done()
    q.put("for others")
    assert q.get(timeout=_SECONDS) is not None


@pytest.mark.parametrize("call", ["get", "put", "join"])
def test_an_interrupt_ends_the_hosts_wait(call: str) -> None:
    """Ctrl-C is heard within any of them."""
    q = create_queue(1)
    if call != "get":
        q.put(1)
    arguments = (2,) if call == "put" else ()
    with alarm_interrupts(0.1), pytest.raises(KeyboardInterrupt):
        getattr(q, call)(*arguments)
    assert q.qsize() == (0 if call == "get" else 1)


def test_a_signal_that_raises_nothing_does_not_end_a_wait() -> None:
    """Its handler is called, and the wait goes on."""
    q = create_queue()
    old = signal.signal(signal.SIGALRM, lambda *_: q.put("from the handler"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert q.get(timeout=_SECONDS) == "from the handler"
    finally:
        signal.signal(signal.SIGALRM, old)
