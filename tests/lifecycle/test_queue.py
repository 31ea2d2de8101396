"""Queues, and those who wait at them, when a guest or the process ends, or forks.

- A guest that waits is closed at once, and leaves nothing behind.
- The process ends while threads of the host and guests wait.
- A forked child has none of its parent's queues, and can have its own.
- Interrupts at any moment; memory over many round trips.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_WAITS = {
    "get": "q.get()",
    "get with a timeout": "q.get(timeout=100)",
    "put": "full.put(2)",
    "join": "full.join()",
    "a daemon's get": "import _thread; _thread.start_new_thread(q.get, ()); q.get()",
}
_QUEUES = """
    from lifecycle.stage import *
    silence()
    q, full = subinterp.create_queue(), subinterp.create_queue(1)
    full.put(1)
"""


@pytest.mark.parametrize("wait", _WAITS)
@pytest.mark.parametrize("thread", ["None", "'second'"])
def test_close_while_a_guest_waits(wait: str, thread: str) -> None:
    """The wait ends, the interpreter and its threads are gone, and the queue works on."""
    child.run(
        _QUEUES
        + f"""
    for _ in range(10):
        guest = subinterp.create("a")
        guest.push(q=q, full=full)
        begin(guest, {_WAITS[wait]!r}, thread={thread})
        guest.close()
        assert guest.state == "closed"
    q.put("item")
    assert (q.get(), full.get(), full.empty()) == ("item", 1, True)
    nothing_left(threads=2)
        """
    )


def test_close_while_a_finalizer_uses_a_queue() -> None:
    """An object may put, and try to get, when its interpreter goes."""
    child.run(
        _QUEUES
        + """
    guest = subinterp.create("a")
    guest.push(q=q, full=full)
    guest.exec('''
        class Late:
            def __del__(self, q=q, full=full):
                q.put("late")
                full.get()
        late = Late()
    ''')
    guest.close()
    assert q.get_nowait() == "late"
    assert full.empty()  # though it could not have what it took
    nothing_left(threads=2)
        """
    )


@pytest.mark.parametrize("wait", _WAITS)
def test_exit_while_all_wait(wait: str) -> None:
    """Guests and daemon threads of the host do not keep the process."""
    ended = child.run(
        _QUEUES
        + f"""
    import threading
    guest = subinterp.create("a")
    guest.push(q=q, full=full)
    begin(guest, {_WAITS[wait]!r})
    begin(guest, {_WAITS[wait]!r}, thread="second")
    waiter = threading.Thread(target=exec, args=({_WAITS[wait]!r}, globals()), daemon=True)
    waiter.start()
    until(lambda: asleep(waiter.native_id))
    leave()
        """
    )
    assert ended.exit_seconds < 5


def test_exit_in_the_middle_of_traffic() -> None:
    """With items and waiters of all kinds under way, also in a guest that is stuck."""
    ended = child.run(
        _QUEUES
        + """
    import threading
    echo = "while True: q.put(q.get())"
    for name in "ab":
        guest = subinterp.create(name)
        guest.push(q=q)
        begin(guest, echo)
    begin(subinterp.create("stuck"), BUSY["swallowing loop"])
    threading.Thread(target=exec, args=(echo, globals()), daemon=True).start()
    for number in range(3):
        q.put(b"x" * 100_000)
    until(lambda: q.qsize() < 3)
    leave()
        """
    )
    assert ended.exit_seconds < 10


def test_fork_while_all_wait() -> None:
    """The child says whose queue it is, and uses its own; the parent goes on."""
    child.run(
        _QUEUES
        + """
    import threading
    guest = subinterp.create("a")
    guest.push(q=q, full=full)
    run = begin(guest, "item = q.get(); full.put(item)")
    waiter = threading.Thread(target=full.join)
    waiter.start()

    def look():
        for call in (q.put, q.get_nowait, q.get, q.qsize, q.shutdown, full.join, q.task_done):
            arguments = (1,) if call == q.put else ()
            error = raises(RuntimeError, call, *arguments)
            assert "lives in the parent process" in str(error), error
        assert repr(q) == shown and q == q != full
        own = subinterp.create_queue()
        with subinterp.create("own") as guest:
            guest.push(own=own)
            own.put(1)
            guest.exec("own.put(own.get() + 1)")
        assert own.get_nowait() == 2

    def forget():
        global q, full
        look()
        del q, full

    shown = repr(q)
    for _ in range(5):
        wait_for_child(fork(guest, then=forget))
    q.put("item")
    assert (full.get(timeout=20), full.get(timeout=20)) == (1, "item")
    run.result(20)
    full.task_done()
    full.task_done()
    waiter.join(20)
    assert not waiter.is_alive()
        """
    )


def test_fork_in_the_middle_of_traffic() -> None:
    """A child never waits for a lock of a queue that somebody had."""
    child.run(
        _QUEUES
        + """
    guests = [subinterp.create(name) for name in "ab"]
    for guest in guests:
        guest.push(q=q)
        begin(guest, "while True: q.put(q.get())")
    q.put(1)
    for _ in range(30):
        wait_for_child(fork_shortly(lambda: raises(RuntimeError, q.put, 1)))
    nothing_left(threads=2)
        """
    )


def test_a_guest_that_is_pushed_a_queue_of_the_parent() -> None:
    """One that goes into a guest of the child says the same there."""
    child.run(
        _QUEUES
        + """
    def send():
        with subinterp.create("own") as guest:
            guest.push(q=q)
            error = raises(RuntimeError, guest.exec, "q.get()")
            assert "lives in the parent process" in str(error), error
    wait_for_child(fork_shortly(send))
        """
    )


def test_interrupts_of_the_host_at_any_moment() -> None:
    """Whatever they cut off, the queue and the guest at its other end go on."""
    child.run(
        _QUEUES
        + """
    import signal
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    there, back = subinterp.create_queue(), subinterp.create_queue(1)
    guest = subinterp.create("a")
    guest.push(there=there, back=back)
    run = begin(guest, "while (item := there.get()) is not None: back.put(item)")
    hits = 0
    for number in range(300):
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00001 * (number % 60 + 1))
                while True:
                    there.put(number)
                    back.get()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            hits += 1
        there.put("mark")
        while back.get(timeout=20) != "mark":
            pass
    assert hits == 300, hits
    there.put(None)
    run.result(20)
    nothing_left(threads=2)
        """
    )


def test_interrupts_of_a_guest_at_any_moment() -> None:
    """An item that is put meanwhile is there for the next one."""
    child.run(
        _QUEUES
        + """
    guest = subinterp.create("a")
    guest.push(q=q)
    for number in range(200):
        run = begin(guest, "q.get()")
        run.interrupt()
        raises(KeyboardInterrupt, run.result, 20)
        q.put(number)
        guest.exec(f"assert q.get(timeout=20) == {number}")
    nothing_left(threads=2)
        """
    )


_MIB = 1 << 20


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_memory_over_round_trips() -> None:
    """Ten thousand of them, with buffers and queues in the items, leave it level."""
    ended = child.run(
        """
        from array import array
        from lifecycle.stage import *
        silence()
        there, back = subinterp.create_queue(), subinterp.create_queue(1)
        guest = subinterp.create("a")
        guest.push(there=there, back=back)
        run = begin(guest, '''
            while (item := there.get()) is not None:
                back.put(item)
                if item[-1] is not None:
                    item[-1].put(item[1])  # which goes with it
                del item
        ''')
        numbers = array("d", [0.0]) * 20_000

        def work(rounds):
            for number in range(rounds):
                inner = subinterp.create_queue() if number % 4 == 0 else None
                there.put((number, numbers, b"x" * 70_000, inner))
                item = back.get(timeout=20)
                assert item[0] == number and item[-1] == inner

        def level():
            guest_memory = guest.memory
            return resident(), guest_memory

        work(1000)
        before = level()
        work(10_000)
        after = level()
        print(after[0] - before[0], after[1] - before[1])
        there.put(None)
        run.result(20)
        """,
        timeout=150,
    )
    assert max(map(int, ended.stdout.split())) < 2 * _MIB


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_memory_of_queues_that_are_forgotten() -> None:
    """With their items: in pushes, in other queues, in guests that end, in dropped runs."""
    ended = child.run(
        """
        from lifecycle.stage import *
        from subinterp.history import history
        silence()
        content = bytes(50_000)
        guest = subinterp.create("a")
        outer = subinterp.create_queue()

        def work(rounds):
            for number in range(rounds):
                q = subinterp.create_queue()
                q.put((number, content, content))
                guest.push(q=q)
                outer.put(q)
                guest.submit(lambda one: one.qsize(), q).cancel()
                if number % 8 == 0:
                    empty()
            empty()
            until(lambda: not history.live())  # all that was cancelled is forgotten

        def empty():
            while not outer.empty():
                outer.get()

        work(1500)
        before = resident()
        work(3000)
        print(resident() - before)
        """,
        timeout=150,
    )
    assert int(ended.stdout) < 8 * _MIB
