"""NumPy arrays cross as arrays, their memory lent where it can be."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
import pytest

import subinterp
from subinterp import Group, Interpreter, TransferError
from subinterp.settings import guest_options
from subinterp_values import NotTransferableError, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp_values.packing import Memory

type Array = np.ndarray[Any, Any]


# As a notebook's: guests cannot import this module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

MEMORY: tuple[Memory, ...] = ("copied", "lent")


class Own(np.ndarray[Any, Any]):
    """A subclass as a notebook has it."""


class Named(np.ndarray[Any, Any]):
    """A subclass that pickles more than its items."""

    name: str

    def __reduce__(self) -> Any:
        return _named, (self.name, self.view(np.ndarray))


def _named(name: str, array: Array) -> Named:
    made = array.view(Named)
    made.name = name
    return made


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _numbers() -> Array:
    return np.arange(24.0).reshape(4, 6)


LENT: dict[str, Callable[[], Array]] = {
    "C order": _numbers,
    "Fortran order": lambda: np.asfortranarray(_numbers()),
    "transposed": lambda: _numbers().reshape(2, 3, 4).swapaxes(0, 2),
    "rows": lambda: _numbers()[1:3],
    "columns": lambda: _numbers()[:, 2:4],
    "steps": lambda: _numbers()[::2, ::-3],
    "backwards": lambda: _numbers()[::-1],
    "a field": lambda: np.ones(5, [("x", "f8"), ("n", "i4")])["n"],
    "no dimensions": lambda: np.array(2.5),
    "structured": lambda: np.ones(5, [("x", "f8"), ("when", "M8[s]"), ("s", "S3")]),
    "dates": lambda: np.arange("2024-01", "2024-09", dtype="M8[D]"),
    "durations": lambda: np.arange(9).astype("m8[ns]"),
    "other bytes first": lambda: np.arange(9, dtype=">i4"),
    "text": lambda: np.array(["grüße", "b"]),
    "bytes": lambda: np.array([b"abc", b"d"]),
    "truth": lambda: np.array([True, False]),
    "halves": lambda: np.arange(9, dtype="f2"),
    "complex": lambda: np.arange(9) * 1j,
    "raw": lambda: np.arange(6, dtype="u1").view("V3"),
    "a matrix": lambda: _numbers().view(np.matrix),
    "records": lambda: np.rec.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "of a class of its own": lambda: _numbers().view(Own),
}
"""Arrays whose memory is lent."""

COPIED: dict[str, Callable[[], Array]] = {
    "objects": lambda: np.array([1, "a", None, [2]], dtype=object),
    "text of any length": lambda: np.array(["a", "bc"], np.dtypes.StringDType()),
    "masked": lambda: np.ma.masked_less(np.arange(9), 5),
}
"""Arrays that pickle themselves, by value."""

NO_ITEMS: dict[str, Callable[[], Array]] = {
    "none": lambda: np.empty((0, 3)),
    "no dates": lambda: np.empty((2, 0), "M8[s]"),
    "items of no size": lambda: np.empty(3, []),
}

ALL = {
    **LENT,
    **COPIED,
    **NO_ITEMS,
    "read-only": lambda: _read_only(_numbers()),
    "broadcast": lambda: np.broadcast_to(np.arange(3.0), (4, 3)),
}


def _all(makers: dict[str, Callable[[], Array]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", makers.values(), ids=makers.keys())


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _facts(array: Array) -> tuple[Any, ...]:
    return _address(array), array.dtype, array.shape, array.strides


def _described(value: Any) -> list[str]:
    return [str(fact) for fact in _facts(value["deep"][0])]


def _described_there(name: str) -> list[str]:
    return _described({"deep": [vars(sys.modules["__main__"])[name]]})


def _items_there(name: str) -> Any:
    return vars(sys.modules["__main__"])[name].tolist()


def _same(value: Any) -> Any:
    return value


def _has_numpy() -> bool:
    return "numpy" in sys.modules


def _assert_same(one: Array, other: Array) -> None:
    assert type(one) is type(other)
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    np.testing.assert_array_equal(one, other)


@_all(LENT)
def test_memory_that_is_lent_is_not_copied(make: Callable[[], Array]) -> None:
    """Address, type and layout are those of the original; it cannot be written."""
    array = make()

    lent = unpack(*pack(array, "lent"))

    _assert_same(lent, array)
    assert _facts(lent) == _facts(array)
    assert not lent.flags.writeable


@_all(LENT)
def test_memory_that_is_shared_can_be_written(make: Callable[[], Array]) -> None:
    """On either side, and the other one sees it."""
    array = make()

    shared = unpack(*pack(array, "shared"))
    shared[...] = shared.flat[-1]

    _assert_same(shared, array)
    assert _facts(shared) == _facts(array)


@_all(ALL)
def test_what_is_copied_is_the_receivers_own(make: Callable[[], Array]) -> None:
    """Writable, whatever the original is, with no byte between its items."""
    array = make()

    data, buffers = pack(array, "copied")
    own = unpack(data, [bytearray(buffer) for buffer in buffers])

    _assert_same(own, array)
    assert own.flags.writeable
    assert sum(buffer.nbytes for buffer in buffers) in {array.nbytes, 0}


@pytest.mark.parametrize("memory", ["lent", "copied"])
@_all(ALL)
def test_any_array_arrives_as_it_is(make: Callable[[], Array], memory: Memory) -> None:
    """Also one that has no items, or is by value, and within others."""
    array = make()

    first, (second,) = unpack(*pack((array, [array]), memory))

    _assert_same(first, array)
    assert first is second


@_all(COPIED)
def test_what_has_no_memory_of_its_own_is_not_shared(
    make: Callable[[], Array],
) -> None:
    """It would be a copy, silently."""
    with pytest.raises(NotTransferableError, match="no memory that could be shared"):
        pack(make(), "shared")


def test_what_is_read_only_is_not_shared() -> None:
    """The advice is to push it: that copies no memory either."""
    for array in (_read_only(_numbers()), np.broadcast_to(np.arange(3.0), (4, 3))):
        with pytest.raises(NotTransferableError, match=r"read-only.*push it"):
            pack(array, "shared")


def test_an_array_that_pickles_itself_is_left_to_it() -> None:
    """What a subclass has besides its items comes along."""
    named = _numbers().view(Named)
    named.name = "mine"

    for memory in MEMORY:
        back = unpack(*pack(named, memory))
        _assert_same(back, named)
        assert back.name == "mine"


def test_lent_memory_stays_as_long_as_somebody_has_it() -> None:
    """The array, its base and all that kept it may be gone."""
    base = np.arange(24.0)
    gone = weakref.ref(base)
    data, buffers = pack(base.reshape(4, 6)[::2, 1], "lent")
    lent = unpack(data, buffers)
    del base, buffers
    gc.collect()
    assert gone() is not None
    assert lent.tolist() == [1.0, 13.0]

    del lent
    gc.collect()

    assert gone() is None


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory for private copies, for all guests of this module."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def private(cache: str, monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    """A guest that can import NumPy, whichever version there is, and has not yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    monkeypatch.setitem(guest_options, "untried", True)
    return subinterp.create("a", extensions="private")


def test_arrays_are_lent_to_a_guest(private: Interpreter) -> None:
    """By push, as arguments and within other values; NumPy is imported for them."""
    assert not private.call(_has_numpy)
    array = _numbers()[::2, 1:]
    for sent in (array, array.astype("M8[s]")[::-1]):
        expected = [str(fact) for fact in _facts(sent)]

        private.push(x=sent)
        private.exec("import __main__")

        assert private.call(_described, {"deep": [sent]}) == expected
        assert private.call(_described_there, "x") == expected
        private.exec("assert not x.flags.writeable")
    assert private.call(_has_numpy)


def test_an_array_is_shared_with_several_guests(private: Interpreter) -> None:
    """Each sees what the others write: there is one memory."""
    other = subinterp.create("b", extensions="private")
    array = np.zeros((3, 4))
    for guest, column in ((private, 0), (other, 1)):
        guest.share(column=array[:, column], whole=array)
        guest.exec(f"column += {column + 1}")

    assert array.tolist() == [[1.0, 2.0, 0.0, 0.0]] * 3
    assert private.call(_items_there, "whole") == array.tolist()
    array[:] = 7
    assert other.call(_items_there, "column") == [7.0] * 3


def test_what_a_guest_gives_back_is_writable_and_stays(private: Interpreter) -> None:
    """Also what it has only been lent; the guest may be gone."""
    array = _numbers()
    private.push(lent=array)
    private.exec("own = lent[:, ::2] * 2; dates = own.astype('M8[s]')")

    back, own, dates = private.pull("lent", "own", "dates")
    result = private.call(_same, array)
    private.close()

    _assert_same(own, array[:, ::2] * 2)
    _assert_same(dates, own.astype("M8[s]"))
    for copied in (back, result):
        np.add(copied, 1, out=copied)
        assert (copied == array + 1).all()
    assert not np.shares_memory(back, array)


def test_items_of_queues_are_arrays_by_value(private: Interpreter) -> None:
    """What is done with one after put() is not seen; who gets it may write to it."""
    queue = subinterp.create_queue()
    array = _numbers()
    queue.put(array[:, 0])
    array[:] = -1
    private.push(queue=queue)

    private.exec("x = queue.get(); x += 1; queue.put(x[::2])")

    assert queue.get().tolist() == [1.0, 13.0]


def test_scattered_rows_are_lent_and_gathered_ones_joined(private: Interpreter) -> None:
    """Also rows of an array whose rows are not in one piece."""
    other = subinterp.create("b", extensions="private")
    group = Group("ab", [private, other])
    whole = np.asfortranarray(_numbers())

    group.scatter("part", whole)
    first, second = group.call(_described_there, "part")
    group.exec("part = part * 2")

    assert (first[0], second[0]) == (str(_address(whole)), str(_address(whole[2:])))
    np.testing.assert_array_equal(group.gather("part"), whole * 2)


def test_without_numpy_an_array_is_refused_with_the_ways_out(
    guest: Interpreter,
) -> None:
    """By push, share and call, in one line."""
    array = _numbers()
    for send in (
        lambda: guest.push(x=array),
        lambda: guest.share(x=array[:, 1]),
        lambda: guest.call(len, array),
    ):
        with pytest.raises(TransferError, match=r"extensions='private'") as caught:
            send()
        assert "a memoryview can cross" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_value_without_arrays_imports_no_numpy(private: Interpreter) -> None:
    """Neither in the guest nor, when the host has none, there."""
    private.push(x={"a": [memoryview(b"abc"), 1.5]})
    private.call(_same, object)
    private.pull("x")

    assert not private.call(_has_numpy)
    script = """
import subinterp, sys
with subinterp.create() as guest:
    guest.push(x=[1, {2: memoryview(b"abc")}])
    guest.pull("x")
print("numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "False\n"
