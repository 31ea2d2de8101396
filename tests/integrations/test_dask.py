"""dask with guests: ``scheduler=pool``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

import subinterp
from pools import meet, where
from subinterp import InterpreterPoolExecutor

dask = pytest.importorskip("dask", reason="needs the group 'ecosystem'")

if TYPE_CHECKING:
    from collections.abc import Iterator


_SECONDS = 30.0


@pytest.fixture
def pool() -> Iterator[InterpreterPoolExecutor]:
    """A pool of two guests, which dask is told to use."""
    with InterpreterPoolExecutor(2, "dask") as pool, dask.config.set(scheduler=pool):
        yield pool


def test_delayed_calls_run_side_by_side_in_guests() -> None:
    """Of a pool that is named where the result is wanted."""
    one, other = subinterp.create_queue(), subinterp.create_queue()
    call = dask.delayed(meet)
    with InterpreterPoolExecutor(2) as pool:
        places = dask.compute(call(one, other), call(other, one), scheduler=pool)
    assert len(set(places)) == 2
    assert where() not in places


@pytest.mark.usefixtures("pool")
def test_a_graph_is_computed_in_order() -> None:
    """Each call gets what those before it have returned; some are of the script."""
    offset = 100
    add = dask.delayed(lambda a, b: a + b + offset)
    total = dask.delayed(sum)([add(i, i) for i in range(5)])
    assert total.compute() == 2 * sum(range(5)) + 5 * offset


@pytest.mark.usefixtures("pool")
def test_bags_are_computed() -> None:
    """With folds, groups and functions of a script."""
    import dask.bag as db

    bag = db.from_sequence(range(100), npartitions=4)
    assert bag.map(lambda x: x**2).filter(lambda x: x % 2).sum().compute() == sum(
        x**2 for x in range(100) if x % 2
    )
    assert where() not in bag.map(where).compute()
    words = db.from_sequence(["a b", "b c", "c b"], npartitions=2).map(str.split)
    assert dict(words.flatten().frequencies().compute()) == Counter("abbccb")
    groups = bag.foldby(lambda x: x % 3, lambda n, _: n + 1, 0, int.__add__, 0)
    assert dict(groups.compute()) == {0: 34, 1: 33, 2: 33}


@pytest.mark.usefixtures("pool")
def test_what_a_call_raises_is_raised_here() -> None:
    """The same exception, with the guest's traceback; the pool goes on."""
    with pytest.raises(ZeroDivisionError) as caught:
        dask.compute(*[dask.delayed(divmod)(1, i) for i in range(3)])
    assert isinstance(caught.value.__cause__, subinterp.ExecutionFailed)
    assert dask.delayed(abs)(-1).compute() == 1


@pytest.mark.usefixtures("pool")
def test_what_cannot_cross_is_named() -> None:
    """Before the call, or after it."""
    import threading

    with pytest.raises(subinterp.TransferError, match="lock"):
        dask.delayed(id)(threading.Lock()).compute()
    with pytest.raises(subinterp.TransferError, match="lock"):
        dask.delayed(threading.Lock)().compute()


@pytest.mark.usefixtures("pool")
def test_numpy_is_refused_in_one_line() -> None:
    """By the call that needs it: arrays and data frames are for threads."""
    pytest.importorskip("numpy")
    with pytest.raises(Exception, match=r"(?i)numpy"):
        dask.delayed(__import__)("numpy").compute()
