"""Maps over guests that end, are closed, interrupted or forked in the middle of one.

- The process ends with maps that nobody has taken to their end.
- Guests are closed while they map; each item comes, or an exception.
- Interrupts of the host and of guests at any moment.
- A forked child has none of its parent's maps.
- Memory over thousands of maps.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

# What a thread of the host says that still takes results then.
_CLOSED = r"(Exception in thread .*)?"
_GROUP = """
    import itertools, signal, threading
    from lifecycle.stage import *
    silence()
    group = subinterp.group("w", 2)
"""


@pytest.mark.parametrize(
    "left",
    [
        "left = group.map(abs, itertools.count())",
        "left = group.map(abs, itertools.count()); next(left)",
        "left = [group.map(str, range(10**5), buffersize=10**6) for _ in range(3)]",
        "left = group.map(exec, ['while True: pass'] * 5, chunksize=1)",
        "left = group.map(__import__('time').sleep, [600] * 5, chunksize=1)",
        "threading.Thread(target=list, args=[group.map(abs, itertools.count())], daemon=True).start()",
    ],
)
def test_exit_with_a_map_left(left: str) -> None:
    """Whatever its guests do, and whoever waits for it."""
    ended = child.run(_GROUP + f"\n    {left}\n    leave()", stderr=_CLOSED)
    assert ended.exit_seconds < 10


def test_guests_are_closed_at_any_moment_of_a_map() -> None:
    """All results come in order, but for the item that was in hand; nothing hangs."""
    child.run(
        _GROUP
        + """
    group.close()
    for number in range(40):
        group = subinterp.group("w", 2)
        results = group.map(str, range(3000), chunksize=1 + number % 3)
        got, lost = [], 0
        for _ in range(number * 20 + 1):
            got.append(next(results))
        closer = threading.Thread(target=group[number % 2].close)
        closer.start()
        while True:
            try:
                got.append(next(results))
            except StopIteration:
                break
            except subinterp.InterpreterClosedError:
                lost += 1
        closer.join()
        assert lost <= 1 + number % 3, lost
        assert len(got) + lost == 3000, (len(got), lost)
        assert sorted(got, key=int) == got
        group.close()
    nothing_left(threads=2)
        """
    )


def test_interrupts_of_guests_at_any_moment() -> None:
    """No item is given twice, or in the place of another, and none is missed."""
    child.run(
        _GROUP
        + """
    def work(number):
        for _ in range(1000):
            pass
        return str(number)
    guest = group[0]
    hits = 0
    for number in itertools.count():
        if number >= 150 and hits >= 10:
            break
        results = group.map(work, range(400), chunksize=1 + number % 5)
        got = [next(results)]
        timer = threading.Timer(0.0001 * (number % 30), guest.interrupt)
        timer.start()
        for place in range(1, 400):
            try:
                assert next(results) == str(place)
            except KeyboardInterrupt:
                hits += 1
        assert next(results, None) is None
        timer.join()
    nothing_left(threads=2)
        """
    )


def test_interrupts_of_the_host_at_any_moment() -> None:
    """The next map and all else find the guests free, with nothing left of the last."""
    child.run(
        _GROUP
        + """
    def interrupt(*_):
        global came
        came = True
        raise KeyboardInterrupt
    signal.signal(signal.SIGALRM, interrupt)
    group.call(abs, 1)
    def work(number):
        signal.setitimer(signal.ITIMER_REAL, 0.00002 * (number % 100 + 1))
        while not came:  # in a finalizer it is shown, and no more
            for _ in group.map(str, range(300), chunksize=number % 3 or None):
                pass
    hits = 0
    for number in range(300):
        came = False
        try:
            work(number)
        except KeyboardInterrupt:
            hits += 1
        if number % 20 == 0:
            assert list(group.map(abs, range(20))) == list(range(20))
            assert [guest.queued for guest in group] == [0, 0]
    assert hits > 200, hits
    until(lambda: all(guest.state == "idle" for guest in group))
    nothing_left(threads=2)
        """,
        stderr="(Exception ignored .*)?",
    )


def test_a_fork_in_the_middle_of_a_map() -> None:
    """The child says whose it is; the parent goes on."""
    child.run(
        _GROUP
        + """
    results = group.map(str, range(3000), chunksize=1)
    def look():
        raises(RuntimeError, next, results)
    for number in range(600):
        assert next(results) == str(number)
        if number % 30 == 0:
            wait_for_child(fork_shortly(look))
    def forget():
        global results
        del results
        with subinterp.group("own", 2) as own:
            assert list(own.map(abs, range(100))) == list(range(100))
    wait_for_child(fork(*group, then=forget))
    assert list(results) == [str(number) for number in range(600, 3000)]
    nothing_left(threads=2)
        """
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "trip",
    [
        "assert len(list(group.map(abs, range(20)))) == 20",
        "assert next(group.map(abs, range(20), chunksize=1)) == 0",
        "group.map(abs, range(20))",
        "raises(ZeroDivisionError, list, group.map(divmod, [1], [0]))",
        "raises(subinterp.TransferError, group.map, str, [1, lock])",
        "left = group.map(str, itertools.count()); next(left); left.close()",
        "assert len(next(group.map(bytes.upper, [b'x' * 70_000]))) == 70_000",
        "raises(ExceptionGroup, group.exec, '1 / 0')",
        "group.scatter('x', data); group.gather('x')",
    ],
)
def test_thousands_of_maps(trip: str) -> None:
    """Memory is level after the first thousand."""
    # What malloc keeps grows by steps; what leaks, in each of the windows.
    ended = child.run(
        _GROUP
        + f"""
    import gc
    lock = threading.Lock()
    data = memoryview(bytes(100_000))
    def work(rounds):
        for number in range(rounds):
            {trip}
            if number % 100 == 0:
                collect()
    def collect():
        gc.collect()
        group.call(gc.collect)
    def level():
        collect()
        return resident()
    levels = [level()]
    for _ in range(9):
        work(1000)
        levels.append(level())
    print(min(after - before for before, after in zip(levels[1:], levels[2:])))
    nothing_left(threads=2)
        """,
        timeout=150,
    )
    assert int(ended.stdout) < 100 * 1024  # 100 bytes a map
