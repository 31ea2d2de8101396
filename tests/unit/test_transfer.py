"""Values cross between the host and a guest: by value, and all or nothing."""

from __future__ import annotations

import enum
import gc
import subprocess
import sys
import threading
from array import array
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import subinterp
from subinterp import Interpreter, TransferError
from subinterp_values import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator


# As a notebook's: guests cannot import this module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

Pair = namedtuple("Pair", "left right")  # noqa: PYI024 - this kind, too


class Colour(enum.Enum):
    RED = 1


@dataclass
class Node:
    name: str
    children: list[Node] = field(default_factory=list)


VALUES = [
    None,
    True,
    2**200,
    -1.5,
    3 + 4j,
    "grüße \ud800",
    b"\x00\xff",
    (),
    [1, [2, (3, {"k": {4}})]],
    {1: "a", (2, 3): None},
    frozenset({1, "b"}),
    bytearray(b"abc"),
    array("d", [1.5, 2.5]),
    array("q"),
    Pair(1, [2]),
    Colour.RED,
    Node("a", [Node("b")]),
    deque([1, 2], maxlen=5),
    OrderedDict(b=1, a=2),
    datetime(2024, 2, 29, tzinfo=UTC),
    Decimal("1.10"),
    Fraction(1, 3),
    PurePosixPath("/a/b"),
    range(3, 9, 2),
    slice(1, None),
    ValueError("mine", 3),
    b"x" * 100_000,
    bytearray(b"y") * 100_000,
    "z" * 100_000,
    list(range(1000)),
]


@pytest.mark.parametrize(
    "value", VALUES, ids=[f"{i}-{type(v).__name__}" for i, v in enumerate(VALUES)]
)
def test_there_and_back_it_is_the_same(guest: Interpreter, value: Any) -> None:
    """With its type, as an argument and result and as a variable."""
    echoed = guest.call(_echo, value)
    guest.push(value=value)
    pulled = guest.pull("value")
    for back in (echoed, pulled):
        assert type(back) is type(value)
        assert repr(back) == repr(value)
        assert back == value or isinstance(value, BaseException)


def _echo(value: Any) -> Any:
    return value


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.uuids()
    | st.builds(bytearray, st.binary())
    | st.builds(lambda numbers: array("q", numbers), st.lists(st.integers(-9, 9)))
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.builds(Pair, inner, inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=30,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=_values)
def test_whatever_can_be_pickled_comes_back(guest: Interpreter, value: Any) -> None:
    """The same value, of the same type all the way down."""
    back = guest.call(_echo, value)
    assert back == value
    assert _types(back) == _types(value)


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return dict, [(_types(key), _types(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [_types(item) for item in value]
    return type(value)


@given(value=_values)
@settings(max_examples=200, deadline=None)
def test_packing_keeps_what_is_there_twice(value: Any) -> None:
    """One object stays one object, in the short way as in the long one."""
    data, buffers = pack([value, value, [value]])
    first, second, (third,) = unpack(data, buffers)
    assert first is second is third
    assert first == value


def test_recursive_values(guest: Interpreter) -> None:
    """What contains itself does so on the other side."""
    loop: list[Any] = [1]
    loop.append(loop)
    back = guest.call(_echo, loop)
    assert back[0] == 1
    assert back[1] is back


MAIN = """
import enum, functools, math, threading
from array import array
from dataclasses import dataclass
import subinterp

factor = 3
class Colour(enum.Enum):
    RED = 1
@dataclass
class Point:
    x: int
    colour: Colour = Colour.RED
    def scaled(self): return Point(self.x * factor, self.colour)
def plain(): return 41 + 1
def with_global(x): return x * factor
def recursive(n): return 1 if n == 0 else n * recursive(n - 1)
def outer(n):
    def inner(x): return x + n + math.floor(0.5)
    return inner
def with_default(a, *, b=factor): return a + b
def of_guest(): return theirs + 1
add = lambda x: x + factor

with subinterp.create("a") as a:
    assert a.call(plain) == 42
    assert a.call(with_global, 2) == 6
    factor = 4
    assert a.call(with_global, 2) == 8, "what the notebook has now"
    assert a.call(recursive, 5) == 120
    assert a.call(outer(10), 1) == 11
    assert a.call(with_default, 1) == 4
    assert a.call(add, 1) == 5
    assert a.call(functools.partial(with_global, 5)) == 20
    back = a.call(Point.scaled, Point(2))
    assert type(back) is Point and back == Point(8) and back.colour is Colour.RED
    a.push(Point=Point, add=add)
    a.exec("p = Point(1).scaled(); n = add(1)")
    assert a.pull("p", "n") == (Point(4), 5)
    a.exec("theirs = 1")
    assert a.call(of_guest) == 2
    a.exec("class Own:\\n    def __init__(self, v): self.v = v\\nown = Own(3)")
    assert a.pull("own").v == 3
    try:
        a.call(outer(threading.Lock()), 1)
    except subinterp.TransferError as error:
        assert "fn (its variable n)" in str(error), error
    else:
        raise AssertionError
    def failing(x):
        return x / 0  # here
    try:
        a.call(failing, 1)
    except ZeroDivisionError as error:
        text = str(error.__cause__)
        assert "in failing" in text and "subinterp_" not in text, text
    else:
        raise AssertionError
print("fine")
"""


def test_what_a_notebook_defines_crosses(tmp_path: Path) -> None:
    """Functions with globals and closures, classes, enums; and comes back the same."""
    script = tmp_path / "script.py"
    script.write_text(MAIN)
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, timeout=50, check=False)
    assert (done.stderr, done.stdout) == (b"", b"fine\n")


def test_buffers_are_lent_read_only(guest: Interpreter) -> None:
    """The guest sees the same memory, cannot write there, and gives it back."""
    data = bytearray(1_000_000)
    guest.push(view=memoryview(data))
    data[0] = 7
    assert guest.call(_first_of, "view") == (7, True)
    with pytest.raises(BufferError):
        data.append(1)
    guest.exec("del view")
    _until_free(data)


def _first_of(name: str) -> tuple[int, bool]:
    import __main__

    view = getattr(__main__, name)
    return view[0], view.readonly


def _until_free(data: bytearray) -> None:
    """Wait until nobody has the memory."""
    released = threading.Event()
    for _ in range(1000):
        try:
            data.append(1)
        except BufferError:
            gc.collect()
            released.wait(0.01)
        else:
            return
    raise AssertionError("the memory is still lent")


def test_memory_is_given_back_when_the_guest_ends() -> None:
    """Whatever there referred to it."""
    data = bytearray(1_000_000)
    guest = subinterp.create()
    guest.push(view=memoryview(data))
    guest.share(again=data)
    guest.close()
    _until_free(data)


def test_shared_buffers_are_writable_on_both_sides(guest: Interpreter) -> None:
    """Arrays keep their format and shape."""
    raw, numbers = bytearray(4), array("i", range(6))
    square = memoryview(numbers).cast("B").cast("i", (2, 3))
    guest.share(raw=raw, numbers=numbers, square=square)
    guest.exec("raw[1] = 5; numbers[0] = -1; square[1, 2] = 9")
    assert raw == b"\x00\x05\x00\x00"
    assert list(numbers) == [-1, 1, 2, 3, 4, 9]
    numbers[1] = 8
    assert guest.call(_second_of_numbers) == 8
    guest.exec("del raw, numbers, square")


def _second_of_numbers() -> int:
    import __main__

    return int(__main__.numbers[1])


def test_what_comes_from_a_guest_outlives_it() -> None:
    """Its memory is nobody's, and writable."""
    guest = subinterp.create()
    guest.exec("view = memoryview(bytearray(b'abc' * 100_000))")
    view = guest.pull("view")
    guest.close()
    view[0] = 122
    assert bytes(view[:4]) == b"zbca"


class _Stubborn:
    def __reduce__(self) -> Any:
        msg = "I stay"
        raise RuntimeError(msg)


def _generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "path", "type_name", "said"),
    [
        (threading.Lock(), "x", "lock", "cannot pickle"),
        ({"a": [1, 2, {"b": threading.Lock()}]}, "x['a'][2]['b']", "lock", "pickle"),
        ([(1, _generator())], "x[0][1]", "generator", "send list(...) of it"),
        (
            Node("n", [Node("m", [_Stubborn()])]),  # type: ignore[list-item]
            "x.children[0].children[0]",
            "_Stubborn",
            "I stay",
        ),
        (partial(_echo, threading.Lock()), "x", "partial", "cannot pickle"),
    ],
)
def test_what_cannot_cross_is_named(
    guest: Interpreter, value: Any, path: str, type_name: str, said: str
) -> None:
    """The variable, the place inside it, the type and what to do."""
    with pytest.raises(TransferError) as caught:
        guest.push(fine=1, x=value)
    assert (caught.value.variable, caught.value.path) == ("x", path)
    assert caught.value.type_name == type_name
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_arrays_cross_as_memoryviews(guest: Interpreter) -> None:
    """A guest with its own GIL has no NumPy, and says so in one line."""
    import numpy as np

    values = np.arange(6.0).reshape(2, 3)
    with pytest.raises(TransferError, match=r"numpy.*a memoryview can cross") as caught:
        guest.push(values=values)
    assert "\n" not in str(caught.value)
    guest.push(view=memoryview(values))
    guest.share(shared=memoryview(values))
    guest.exec("shared[1, 0] = -1; total = sum(map(sum, view.tolist()))")
    assert guest.pull("total") == 11.0
    assert values[1, 0] == -1
    assert np.array_equal(np.asarray(guest.pull("view")), values)
    guest.exec("del view, shared")


def test_results_that_cannot_cross(guest: Interpreter) -> None:
    """The caller hears of it, and the guest goes on."""
    with pytest.raises(TransferError) as caught:
        guest.call(_locks)
    assert caught.value.path == "result[1]"
    assert guest.call(_echo, 1) == 1
    guest.exec("locked = {'k': __import__('threading').Lock()}")
    with pytest.raises(TransferError) as caught:
        guest.pull("locked")
    assert caught.value.path == "locked['k']"


def _locks() -> Any:
    return [1, threading.Lock()]
