"""Maps that end early: closed, out of time, or with their guests."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import pytest

import subinterp
from maps import SECONDS as _SECONDS
from maps import eager, raise_for, wait_at
from subinterp import Group, InterpreterClosedError


@pytest.mark.parametrize("how", ["close", "drop"])
def test_ending_early_cancels_what_has_not_begun(pair: Group, how: str) -> None:
    gates = [subinterp.create_queue() for _ in range(3)]
    came = subinterp.create_queue()

    def work(item: int) -> None:
        came.put(item)
        gates[item].get()

    results = eager(pair, work, range(100), chunksize=1)
    assert {came.get(timeout=_SECONDS) for _ in pair} == {0, 1}
    gates[0].put(None)
    next(results)
    assert came.get(timeout=_SECONDS) == 2
    if how == "close":
        results.close()
        assert next(results, None) is None
    del results
    gates[1].put(None)
    gates[2].put(None)
    pair.call(abs, 1)  # when they are free
    assert came.empty()


def test_closing_takes_back_what_no_guest_has_begun(pair: Group) -> None:
    """Also where another run keeps the guests busy."""
    gate, came = subinterp.create_queue(), subinterp.create_queue()
    runs = [guest.submit(wait_at, gate, came, guest.name) for guest in pair]
    assert {came.get(timeout=_SECONDS) for _ in pair} == {"w0", "w1"}
    results = pair.map(came.put, range(10))
    assert [guest.queued for guest in pair] == [1, 1]
    results.close()  # type: ignore[attr-defined]
    assert [guest.queued for guest in pair] == [0, 0]
    for _ in runs:
        gate.put(None)
    pair.call(abs, 1)
    assert came.empty()


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_time_is_up(pair: Group, mapped: Any) -> None:
    """next() raises, and the rest is cancelled."""
    gate, came = subinterp.create_queue(), subinterp.create_queue()
    work = partial(wait_at, gate, came)
    results = mapped(pair, work, range(20), chunksize=1, timeout=0.05)
    assert {came.get(timeout=_SECONDS) for _ in pair} == {0, 1}
    with pytest.raises(TimeoutError, match="item 0 was not done in time"):
        next(results)
    assert next(results, None) is None
    gate.put(None)
    gate.put(None)
    pair.call(abs, 1)
    assert came.empty()


def test_what_was_done_in_time_comes(pair: Group) -> None:
    """However late it is asked for."""
    results = eager(pair, abs, range(20), timeout=0)
    pair.call(abs, 1)  # when all is done
    assert list(results) == list(range(20))


def test_an_interrupted_guest_loses_its_item_only(pair: Group) -> None:
    """Its exception is raised there; the other guest does what is left."""
    gate, came = subinterp.create_queue(), subinterp.create_queue()

    def work(item: int) -> str:
        import _subinterp

        if item == 0:
            came.put(_subinterp.name)
            gate.get()
        return _subinterp.name

    results = pair.map(work, range(50), chunksize=1)
    name = came.get(timeout=_SECONDS)
    subinterp.get(name).interrupt()
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert set(list(results)[-20:]) == {"w0", "w1"} - {name}


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_a_keyboard_interrupt_of_an_item_ends_its_guests_part(
    pair: Group, mapped: Any
) -> None:
    work = partial(raise_for, 1, KeyboardInterrupt())
    results = mapped(pair, work, range(50), chunksize=1)
    assert next(results) == 0
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert list(results) == list(range(2, 50))


def test_items_that_were_done_before_an_interrupt_come(pair: Group) -> None:
    """Also those that are with the lost one in a chunk."""
    work = partial(raise_for, 2, KeyboardInterrupt())
    results = pair[:1].map(work, range(4), chunksize=4)
    assert [next(results), next(results)] == [0, 1]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            next(results)
    assert next(results, None) is None


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_a_guest_that_is_closed_meanwhile(pair: Group, mapped: Any) -> None:
    """Its item says so; the other guest does what is left."""
    gate, came = subinterp.create_queue(), subinterp.create_queue()

    def work(item: int) -> int:
        if item == 0:
            import _subinterp

            came.put(_subinterp.name)
            gate.get()
        return item

    results = mapped(pair, work, range(50), chunksize=1)
    subinterp.get(came.get(timeout=_SECONDS)).close()
    with pytest.raises(InterpreterClosedError, match="it was closed meanwhile"):
        next(results)
    assert list(results) == list(range(1, 50))


def test_a_guest_that_is_closed_between_two_items(pair: Group) -> None:
    """It is not taken again; the other one does everything."""
    results = pair.map(str, range(100), chunksize=1)
    assert next(results) == "0"
    pair.call(abs, 1)  # when they have left
    pair[1].close()
    assert list(results) == list(map(str, range(1, 100)))


def test_all_guests_are_closed_meanwhile(pair: Group) -> None:
    """What was done comes, then the exception, and then the end."""
    results = pair.map(str, itertools.count(), chunksize=1)
    assert next(results) == "0"
    pair.close()
    with pytest.raises(InterpreterClosedError):
        list(results)
    assert next(results, None) is None
    with pytest.raises(InterpreterClosedError):
        pair.map(str, [1])
