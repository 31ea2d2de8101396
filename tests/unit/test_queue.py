"""The contract of ``queue.Queue``, on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from subinterp import create_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    type Do = Callable[..., None]


def test_items_come_in_order(do: Do) -> None:
    """First in, first out; the sizes follow."""
    do(
        """
        for _ in range(2):  # an emptied queue is as a new one
            assert (q.qsize(), q.empty(), q.full()) == (0, True, False)
            for number in (111, 333, 222):
                q.put(number)
            assert (q.qsize(), q.empty(), q.full()) == (3, False, True)
            assert [q.get() for _ in range(3)] == [111, 333, 222]
        assert q.maxsize == 3
        """,
        q=create_queue(3),
    )


@pytest.mark.parametrize("maxsize", [0, -1])
def test_there_need_be_no_bound(do: Do, maxsize: int) -> None:
    """Nought and less stand for none."""
    do(
        f"""
        for number in range(1000):
            q.put_nowait(number)
        assert (q.qsize(), q.full(), q.maxsize) == (1000, False, {maxsize})
        """,
        q=create_queue(maxsize),
    )


def test_what_would_wait_may_be_refused(do: Do) -> None:
    """Without blocking at once, with a timeout after that; both say Full or Empty."""
    do(
        """
        from time import monotonic
        q.put(1)
        raises(Full, q.put_nowait, 2)
        raises(Full, q.put, 2, False)
        raises(Full, q.put, 2, block=False, timeout=-1)  # which is ignored then
        start = monotonic()
        raises(Full, q.put, 2, timeout=0.05)
        assert q.get() == 1
        raises(Empty, q.get_nowait)
        raises(Empty, q.get, False)
        raises(Empty, q.get, block=False, timeout=-1)
        raises(Empty, q.get, True, 0)
        raises(Empty, q.get, timeout=0.05)
        assert monotonic() - start >= 0.1
        """,
        q=create_queue(1),
    )


def test_a_timeout_is_not_negative(do: Do) -> None:
    """It is an error, not one that has passed; however long, it may be."""
    do(
        """
        raises(ValueError, q.put, 1, timeout=-1)
        raises(ValueError, q.get, timeout=-1)
        raises(TypeError, q.get, timeout="1")
        q.put(1, timeout=1e300)
        assert q.get(timeout=float("inf")) == 1
        """,
        q=create_queue(1),
    )


def test_get_waits_for_put_and_put_for_get(do: Do) -> None:
    """Whether they wait for ever or for a time."""
    do(
        """
        for more in ((), (True, 30)):
            getter = Waiting(q.get, *more)
            q.put("item")
            assert getter.result() == "item"
            q.put(1)
            putter = Waiting(q.put, 2, *more)
            assert q.get() == 1
            assert putter.result() is None
            assert q.get() == 2
        """,
        q=create_queue(1),
    )


def test_join_waits_for_task_done(do: Do) -> None:
    """As often as items were put, and no oftener."""
    do(
        """
        q.join()
        raises(ValueError, q.task_done)
        q.put(1)
        q.put(2)
        joiner = Waiting(q.join)
        q.get()
        q.task_done()
        assert joiner.is_alive()
        q.get()
        q.task_done()
        joiner.result()
        q.join()
        raises(ValueError, q.task_done)
        """,
        q=create_queue(),
    )


def test_shutdown_lets_the_items_be_taken(do: Do) -> None:
    """New ones are refused, and when there are no more, so is get."""
    do(
        """
        q.put(1)
        q.put(2)
        q.shutdown()
        raises(ShutDown, q.put, 3)
        raises(ShutDown, q.put_nowait, 3)
        assert [q.get(), q.get_nowait()] == [1, 2]
        for more in ((), (False,), (True, 1)):
            raises(ShutDown, q.get, *more)
        q.task_done()
        q.task_done()
        q.join()
        q.shutdown()  # again: nothing
        """,
        q=create_queue(2),
    )


def test_an_immediate_shutdown_drops_the_items(do: Do) -> None:
    """They count as done; one that was taken before does not."""
    do(
        """
        for number in range(3):
            q.put(number)
        q.get()
        q.shutdown()
        q.shutdown(immediate=True)
        assert q.empty()
        raises(ShutDown, q.get)
        joiner = Waiting(q.join)
        q.task_done()
        joiner.result()
        raises(ValueError, q.task_done)
        """,
        q=create_queue(),
    )


@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_ends_waits(do: Do, immediate: bool) -> None:
    """Of all that would get or put."""
    do(
        f"""
        getters = [Waiting(empty.get) for _ in range(3)]
        full.put(1)
        putters = [Waiting(full.put, 2) for _ in range(3)]
        empty.shutdown({immediate})
        full.shutdown({immediate})
        assert [each.result() for each in getters + putters] == [ShutDown] * 6
        assert full.qsize() == {0 if immediate else 1}
        """,
        empty=create_queue(),
        full=create_queue(1),
    )


def test_an_immediate_shutdown_ends_a_join(do: Do) -> None:
    """Nobody will take those items."""
    do(
        """
        q.put(1)
        joiner = Waiting(q.join)
        q.shutdown(immediate=True)
        joiner.result()
        """,
        q=create_queue(),
    )


def test_threads_share_the_work(do: Do) -> None:
    """Each item comes once, whatever the bound; join knows the end."""
    do(
        """
        def produce(first):
            for number in range(first, 1000, 4):
                q.put(number)
        def consume():
            while (item := q.get()) is not None:
                taken.append(item)
                q.task_done()
            q.task_done()
        taken = []
        threads = [Thread(target=produce, args=(first,)) for first in range(4)]
        consumers = [Thread(target=consume) for _ in range(3)]
        for thread in threads + consumers: thread.start()
        for thread in threads: thread.join()
        for _ in consumers: q.put(None)
        q.join()
        for thread in consumers: thread.join()
        assert sorted(taken) == list(range(1000))
        """,
        q=create_queue(5),
    )
