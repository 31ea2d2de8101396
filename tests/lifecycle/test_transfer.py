"""Values that cross leave nothing behind, and outlive who sent them.

- 10,000 round trips of calls, buffers and failures, in one guest.
- Memory that is lent when the process ends, or forks.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "trip",
    [
        "guest.call(divmod, 7, number + 1)",
        "assert len(guest.call(bytes.upper, b'x' * 70_000)) == 70_000",
        "raises(ZeroDivisionError, guest.call, divmod, 1, 0)",
        "raises(subinterp.TransferError, guest.prepare_main, {'x': [lock]})",
        "raises(subinterp.TransferError, guest.call, getattr, guest_lock, 'held')",
        "guest.push(x=memoryview(bytes(70_000)), y=[{'k': number}])",
        "guest.share(x=bytearray(70_000)); guest.pull('x')",
        "guest.submit(list, 'abc').result()",
        "guest.call(Box, number)",
    ],
)
def test_ten_thousand_round_trips(trip: str) -> None:
    """Memory is level after the first two thousand."""
    # What malloc keeps grows by steps; what leaks, in each of the windows.
    ended = child.run(
        f"""
        import gc, threading
        from lifecycle.stage import *
        silence()
        lock = threading.Lock()
        class Box:
            def __init__(self, number): self.number = number
        with subinterp.create("a") as guest:
            guest.exec("import __main__, threading; held = threading.Lock()")
            guest_lock = __import__("__main__")
            def work(rounds):
                for number in range(rounds):
                    {trip}
                    if number % 500 == 0:  # else garbage piles up, at times more of it
                        collect()
            def collect():
                gc.collect()
                guest.exec("import gc; gc.collect()")
            def level():
                collect()
                return resident()
            levels = [level()]
            for _ in range(8):
                work(2000)
                levels.append(level())
            print(min(after - before for before, after in zip(levels[1:], levels[2:])))
        nothing_left(threads=2)
        """,
        timeout=150,
    )
    assert int(ended.stdout) < 200 * 1024  # 100 bytes a trip


def test_exit_with_memory_lent_and_calls_under_way() -> None:
    """The process ends well, whoever has what."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        data = bytearray(1_000_000)
        guest.push(x=memoryview(data)); guest.share(y=data)
        view = guest.call(memoryview, b"abc" * 100_000)
        left = [guest.submit(sum, range(10**7)) for _ in range(5)]
        begin(guest, "while True: pass", thread="second")
        """
    )


def test_a_forked_child_has_the_hosts_memory_and_no_guests() -> None:
    """What a guest has sent is there, too; calls say whose they are."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        data = bytearray(b"abc" * 1000)
        guest.push(x=memoryview(data))
        sent = guest.pull("x")
        waiting = guest.submit(__import__("time").sleep, 600)
        def in_child():
            assert data[:3] == b"abc" and bytes(sent[:3]) == b"abc"
            raises(subinterp.InterpreterClosedError, guest.call, abs, 1)
            raises(subinterp.InterpreterClosedError, waiting.result, 5)
        wait_for_child(fork(guest, then=in_child))
        waiting.interrupt()
        raises(BaseException, waiting.result)
        guest.close()
        """
    )


def test_a_call_races_the_end_of_its_guest() -> None:
    """It returns, or says that the guest was closed; nothing hangs."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        for _ in range(30):
            guest = subinterp.create("a")
            ended = []
            def call():
                try:
                    while True: guest.call(divmod, 7, 2)
                except subinterp.InterpreterClosedError as error:
                    ended.append(error)
            threads = [threading.Thread(target=call) for _ in range(3)]
            for thread in threads: thread.start()
            guest.call(abs, 1)
            guest.close()
            for thread in threads: thread.join()
            assert len(ended) == 3
        nothing_left(threads=2)
        """
    )
