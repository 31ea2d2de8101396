"""Functions over items: order, errors, how far input is read, and early ends."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import subinterp
from subinterp import ExecutionFailed, Group, TransferError

if TYPE_CHECKING:
    from collections.abc import Iterator

from maps import SECONDS as _SECONDS
from maps import eager, raise_for, wait_at

_SIZES = [None, 1, 3, 1000]


@pytest.mark.parametrize("chunksize", _SIZES)
@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_results_come_in_the_order_of_the_items(
    pair: Group, mapped: Any, chunksize: int | None
) -> None:
    """Whoever computes them, and however many go together."""
    numbers = range(-1000, 1000)
    how = {"chunksize": chunksize}
    assert list(mapped(pair, abs, numbers, **how)) == list(map(abs, numbers))
    results = mapped(pair, pow, range(10), itertools.count(1), **how)
    assert list(results) == list(map(pow, range(10), itertools.count(1)))
    assert list(mapped(pair, abs, [], **how)) == []
    assert next(results, "the end") == "the end"


def test_all_guests_take_part(pair: Group) -> None:
    """Those who are free: one that waits keeps no other from its items."""
    gate, came = subinterp.create_queue(), subinterp.create_queue()
    results = pair.map(partial(wait_at, gate, came), "abcdefgh", chunksize=1)
    assert {came.get(timeout=_SECONDS), came.get(timeout=_SECONDS)} == {"a", "b"}
    assert came.empty()
    gate.put(None)
    assert came.get(timeout=_SECONDS) == "c"
    for _ in range(7):
        gate.put(None)
    assert "".join(results) == "abcdefgh"


def test_a_slow_item_does_not_hold_up_the_others(pair: Group) -> None:
    """They are done meanwhile, as far as input is read."""
    gate, done = subinterp.create_queue(), subinterp.create_queue()

    def work(item: int) -> int:
        if item == 0:
            gate.get()
        else:
            done.put(item)
        return item

    results = pair.map(work, range(6), chunksize=1)
    assert [done.get(timeout=_SECONDS) for _ in range(5)] == [1, 2, 3, 4, 5]
    gate.put(None)
    assert list(results) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("chunksize", _SIZES)
@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_an_exception_is_raised_in_its_place(
    pair: Group, mapped: Any, chunksize: int | None
) -> None:
    """With the guest's traceback and the item's number; the others are all done."""
    results = mapped(pair, divmod, [7] * 5, [2, 0, 3, 0, 1], chunksize=chunksize)
    assert next(results) == (3, 1)
    for number in (1, 3):
        with pytest.raises(ZeroDivisionError) as caught:
            next(results)
        assert isinstance(caught.value.__cause__, ExecutionFailed)
        assert f"item {number}, in interpreter 'w" in caught.value.__notes__[0]
        assert next(results, None) == {1: (2, 1), 3: (7, 0)}[number]
    assert next(results, None) is None


def test_exceptions_that_are_not_for_the_host(pair: Group) -> None:
    """An exit, or a class that only the guest has, comes as ExecutionFailed."""
    results = pair.map(partial(raise_for, 1, SystemExit(3)), range(3))
    assert next(results) == 0
    with pytest.raises(ExecutionFailed, match="SystemExit: 3"):
        next(results)
    assert next(results) == 2
    own = "class Own(Exception): pass\nraise Own('mine')"
    with pytest.raises(ExecutionFailed, match="Own: mine"):
        next(pair.map(exec, [own]))


def test_tracebacks_show_the_users_frames_only(pair: Group) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        next(pair.map(exec, ["def f(x):\n    return x / 0\nf(1)"]))
    cause = caught.value.__cause__
    assert isinstance(cause, ExecutionFailed)
    assert "line 2, in f" in cause.traceback_text
    assert "subinterp" not in cause.traceback_text


@pytest.mark.parametrize("chunksize", _SIZES)
def test_what_cannot_come_back_is_named(pair: Group, chunksize: int | None) -> None:
    """By its place in the result; the values beside it come."""
    results = pair.map(
        eval,
        ["1", "[{'a': __import__('_thread').allocate_lock()}]", "3"],
        chunksize=chunksize,
    )
    assert next(results) == 1
    with pytest.raises(TransferError, match=r"cannot copy result\[0\]\['a'\] to or"):
        next(results)
    assert list(results) == [3]


def test_a_result_that_cannot_be_rebuilt_here(pair: Group) -> None:
    """What only the guest can import says so."""
    make = (
        "import sys, types\n"
        "sys.modules['nowhere'] = module = types.ModuleType('nowhere')\n"
        "exec('class There: pass', module.__dict__)"
    )
    pair.exec(make)
    results = pair.map(eval, ["__import__('nowhere').There()", "2"], chunksize=1)
    with pytest.raises(TransferError, match="nowhere"):
        next(results)
    assert list(results) == [2]


@pytest.mark.parametrize("chunksize", _SIZES)
def test_eager_input_that_cannot_cross_is_refused_at_once(
    pair: Group, chunksize: int | None
) -> None:
    """The item and the place in it are named; the rest is not done."""
    items = [1, 2, {"a": threading.Lock()}, 4]
    refusal = r"cannot copy items\[2\]\['a'\] through a queue \(lock: "
    with pytest.raises(TransferError, match=refusal):
        eager(pair, str, items, chunksize=chunksize)
    refusal = r"cannot copy items\[0\]\[1\] through"
    with pytest.raises(TransferError, match=refusal):
        eager(pair, divmod, [1], [threading.Lock()], chunksize=chunksize)


def test_lazy_input_that_cannot_cross_is_refused_in_its_place(pair: Group) -> None:
    """What was read before comes first; nothing comes after."""

    def items() -> Iterator[object]:
        yield from range(40)
        yield threading.Lock()
        yield 41

    results = pair.map(str, items(), chunksize=1)
    assert [next(results) for _ in range(40)] == list(map(str, range(40)))
    with pytest.raises(TransferError, match=r"cannot copy items\[40\] "):
        next(results)
    assert next(results, None) is None


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_input_that_raises(pair: Group, mapped: Any) -> None:
    """Its exception is raised, at once or in its place."""

    def items() -> Iterator[int]:
        yield from range(40)
        raise LookupError

    if mapped is eager:
        with pytest.raises(LookupError):
            mapped(pair, str, items(), chunksize=1)
        return
    results = mapped(pair, str, items(), chunksize=1)
    assert [next(results) for _ in range(40)] == list(map(str, range(40)))
    with pytest.raises(LookupError):
        next(results)
    assert next(results, None) is None


def test_a_function_that_cannot_cross_is_refused(pair: Group) -> None:
    lock = threading.Lock()
    with pytest.raises(TransferError, match="cannot copy fn"):
        pair.map(lambda _: lock, range(3))
    with pytest.raises(TypeError, match="fn must be callable, not int"):
        pair.map(3, [1])  # type: ignore[arg-type]


def test_a_function_that_the_guest_cannot_import(pair: Group) -> None:
    """The exception of the run is raised, and nobody waits for ever."""
    module = type(sys)("only_here")
    exec("def work(item): return item", module.__dict__)
    sys.modules["only_here"] = module
    try:
        results = pair.map(module.work, range(100))
        with pytest.raises(TransferError, match="only_here"):
            next(results)
        assert next(results, None) is None
    finally:
        del sys.modules["only_here"]


@pytest.mark.parametrize("chunksize", [1, 3])
@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_input_is_read_as_far_ahead_as_the_buffer_allows(
    pair: Group, mapped: Any, chunksize: int
) -> None:
    """And one chunk further for each that is given wholly."""
    numbers = itertools.count()
    how = {"chunksize": chunksize, "buffersize": 4}
    results = mapped(pair, str, numbers, **how)
    read = 4 * chunksize
    assert next(numbers) == read
    for number in range(3 * chunksize):
        if number % chunksize == 0:
            read += chunksize
        assert next(results) == str(number)
        read += 1  # which is what looks here
        assert next(numbers) == read
    results.close()


def test_group_reads_endless_input_a_little_ahead(pair: Group) -> None:
    numbers = itertools.count()
    results = pair.map(str, numbers)
    assert list(itertools.islice(results, 1000)) == list(map(str, range(1000)))
    assert 1000 < next(numbers) < 2000


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_bad_sizes_are_refused(pair: Group, mapped: Any) -> None:
    """In the words of concurrent.futures."""
    with pytest.raises(ValueError, match="chunksize must be >= 1"):
        mapped(pair, str, [1], chunksize=0)
    with pytest.raises(ValueError, match="buffersize must be None or > 0"):
        mapped(pair, str, [1], buffersize=0)
    with pytest.raises(TypeError, match="buffersize must be an integer or None"):
        mapped(pair, str, [1], buffersize="2")


def test_guests_are_free_while_nobody_takes_results(pair: Group) -> None:
    """A loop over results may use the guests that compute them."""
    seen = []
    for text in pair.map(str, range(100), chunksize=1):
        if int(text) % 30 == 0:
            seen.append(pair.call(eval, text))
    assert seen == [[0, 0], [30, 30], [60, 60], [90, 90]]


@pytest.mark.parametrize("mapped", [Group.map, eager])
def test_input_that_is_slow_to_come(pair: Group, mapped: Any) -> None:
    """Guests that have left meanwhile come back, and input may use them."""

    def items() -> Iterator[int]:
        for number in range(4):
            pair.call(time.sleep, 0.06)  # longer than guests wait
            yield number

    assert list(mapped(pair, str, items(), chunksize=1)) == ["0", "1", "2", "3"]


def test_what_is_queued_is_done_though_nobody_asks(pair: Group) -> None:
    """As with executors, where the iterator is often dropped at once."""
    done = subinterp.create_queue()
    eager(pair, done.put, range(50), chunksize=1)
    assert sorted(done.get(timeout=_SECONDS) for _ in range(50)) == list(range(50))


def test_what_items_print_comes_before_the_end(
    pair: Group, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under who has called map()."""
    assert list(pair.map(print, range(20))) == [None] * 20
    assert sorted(map(int, capsys.readouterr().out.split())) == list(range(20))


def test_memory_and_large_items_cross(pair: Group) -> None:
    """Alone and many together."""
    arrays = [array("d", [number]) * 20_000 for number in range(8)]
    assert list(pair.map(sum, map(memoryview, arrays))) == [
        number * 20_000 for number in range(8)
    ]
    assert (
        list(pair.map(bytes.upper, [b"x" * 100_000] * 5, chunksize=2))
        == [b"X" * 100_000] * 5
    )


def test_a_function_is_called_by_main(pair: Group) -> None:
    """As in a call: exec() and eval() see the guest's variables."""
    pair.exec("x = 5")
    assert list(pair.map(eval, ["x", "x + 1"])) == [5, 6]
