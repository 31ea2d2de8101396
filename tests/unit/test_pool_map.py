"""Maps of pools: what they compute, when, and what becomes of the rest."""

from __future__ import annotations

import gc
import itertools
import threading
from concurrent.futures import CancelledError

import pytest

import subinterp
from pools import SECONDS as _SECONDS
from pools import wait_for, wait_until_closed
from subinterp import (
    InterpreterPoolExecutor,
    TransferError,
)


def test_map_computes_without_being_asked(pool: InterpreterPoolExecutor) -> None:
    """All of it, in the order of the input, and before the pool ends."""
    done = subinterp.create_queue()
    results = pool.map(done.put, range(100))
    assert list(pool.map(pow, range(50), range(50))) == [i**i for i in range(50)]
    assert list(pool.map(abs, [], chunksize=5)) == []
    pool.shutdown()
    assert sorted(done.get_nowait() for _ in range(100)) == list(range(100))
    assert list(results) == [None] * 100
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.map(abs, [1])


def test_map_raises_in_the_place_of_an_item(pool: InterpreterPoolExecutor) -> None:
    """And in time, if it is to."""
    results = pool.map(divmod, [1, 2, 3], [1, 0, 1])
    assert next(results) == (1, 0)
    with pytest.raises(ZeroDivisionError):
        next(results)
    with pytest.raises(TransferError, match=r"items\[1\]"):
        pool.map(len, [[], threading.Lock()])
    gate = subinterp.create_queue()
    late = pool.map(wait_for, [gate, gate], timeout=0.01)
    with pytest.raises(TimeoutError):
        next(late)
    gate.put(1)
    gate.put(2)


def test_map_reads_ahead_as_far_as_it_is_told(pool: InterpreterPoolExecutor) -> None:
    """So that input may be endless."""
    read = itertools.count()
    results = pool.map(abs, read, buffersize=4)
    assert [next(results) for _ in range(10)] == list(range(10))
    assert next(read) <= 15


def test_the_end_of_a_pool_can_cancel_what_is_left_of_a_map() -> None:
    """The item that was begun has its result, the others are cancelled."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    pool = InterpreterPoolExecutor(1)
    results = pool.map(wait_for, [gate] * 5, [began] * 5)
    began.get(timeout=_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    gate.put("done")
    assert next(results) == "done"
    for _ in range(4):
        with pytest.raises(CancelledError):
            next(results)
    pool.shutdown()
    assert began.empty()


def test_a_map_outlives_its_pool() -> None:
    """Who has its results needs nothing else."""
    results = InterpreterPoolExecutor(2, "lost").map(abs, range(-5, 5))
    gc.collect()
    assert list(results) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
    wait_until_closed("lost_0")
