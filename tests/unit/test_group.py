"""Several guests as one: made, used, asked and closed together."""

from __future__ import annotations

import os
import signal
import sys
import threading
from array import array
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]
import pytest

import subinterp
from subinterp import (
    Group,
    InterpreterClosedError,
    InterpreterExistsError,
    TransferError,
)
from subinterp.parts import join

if TYPE_CHECKING:
    from collections.abc import Sequence

cloudpickle.register_pickle_by_value(sys.modules[__name__])

_SECONDS = 20.0


@pytest.fixture
def trio() -> Group:
    """Guests w0, w1 and w2, closed after the test."""
    return subinterp.group("w", 3)


def own_name() -> str:
    import _subinterp

    return str(_subinterp.name)


def test_a_group_is_a_sequence_of_its_guests(trio: Group) -> None:
    guests = subinterp.list_all()
    assert [guest.name for guest in trio] == ["w0", "w1", "w2"]
    assert list(trio) == guests
    assert (len(trio), trio[0], trio[-1]) == (3, guests[0], guests[2])
    assert guests[1] in trio
    assert trio.index(guests[1]) == 1
    assert trio.name == "w"
    with pytest.raises(IndexError):
        trio[3]
    assert repr(trio) == "<Group 'w': w0 idle, w1 idle, w2 idle>"


def test_a_slice_is_a_group_of_the_same_guests(trio: Group) -> None:
    some = trio[1:]
    assert isinstance(some, Group)
    assert list(some) == [trio[1], trio[2]]
    assert some.call(own_name) == ["w1", "w2"]


def test_there_is_a_guest_for_each_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """That this process may use, unless told otherwise."""
    monkeypatch.setattr(os, "process_cpu_count", lambda: 2)
    with subinterp.group("cpu") as group:
        assert [guest.name for guest in group] == ["cpu0", "cpu1"]
    monkeypatch.setattr(os, "process_cpu_count", lambda: None)
    with subinterp.group("cpu") as group:
        assert len(group) == 1


def test_guests_are_made_with_the_options_of_create(tmp_path: Any) -> None:
    with subinterp.group("s", 2, gil="shared", path=[tmp_path]) as group:
        assert [guest.gil for guest in group] == ["shared", "shared"]
        assert group.call(eval, "__import__('sys').path[0]") == [str(tmp_path)] * 2
    with pytest.raises(ValueError, match="gil"):
        subinterp.group("s", 2, gil="none")  # type: ignore[arg-type]


def test_all_guests_are_made_or_none() -> None:
    subinterp.create("w1")
    with pytest.raises(InterpreterExistsError, match="'w1'"):
        subinterp.group("w", 3)
    assert [one.name for one in subinterp.list_all()] == ["w1"]


def test_bad_numbers_and_names_are_refused() -> None:
    for count in (0, -1):
        with pytest.raises(ValueError, match="count must be at least 1"):
            subinterp.group("w", count)
    with pytest.raises(TypeError):
        subinterp.group("w", 1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="name"):
        subinterp.group("no name", 1)
    assert subinterp.list_all() == []


def test_leaving_the_block_closes_all() -> None:
    with subinterp.group("w", 2) as group:
        pass
    assert [guest.state for guest in group] == ["closed", "closed"]
    group.close()
    for use in (lambda: group.call(abs, 1), lambda: group.map(abs, [1])):
        with pytest.raises((InterpreterClosedError, ExceptionGroup)):
            use()


def test_they_work_at_the_same_time(trio: Group) -> None:
    """Each waits until all of them are there."""
    there, on = subinterp.create_queue(), subinterp.create_queue()
    trio.push(there=there, on=on)

    def let_go() -> None:
        for _ in trio:
            there.get(timeout=_SECONDS)
        for _ in trio:
            on.put(None)

    for do in (
        lambda: trio.exec("there.put(0); on.get()"),
        lambda: trio.call(exec, "there.put(0); on.get()"),
    ):
        helper = threading.Thread(target=let_go)
        helper.start()
        do()
        helper.join()


def test_exec_push_and_pull(trio: Group) -> None:
    """Values come in the order of the guests."""
    trio.push(x=[1], y="two")
    trio.exec("""
        import _subinterp
        x.append(_subinterp.name)
    """)
    assert trio.pull("x") == [[1, "w0"], [1, "w1"], [1, "w2"]]
    assert trio.pull("y", "x")[1] == ("two", [1, "w1"])
    assert trio.call(divmod, 7, 2) == [(3, 1)] * 3
    assert trio.call(dict, fn=1, self=2) == [{"fn": 1, "self": 2}] * 3
    with pytest.raises(TypeError, match="takes the names"):
        trio.pull()


def test_what_cannot_cross_goes_to_nobody(trio: Group) -> None:
    lock = threading.Lock()
    with pytest.raises(TransferError, match="cannot copy lock "):
        trio.push(fine=1, lock=lock)
    with pytest.raises(TransferError, match=r"cannot copy args\[0\] "):
        trio.call(str, lock)
    with pytest.raises(TransferError, match=r"cannot copy parts\[1\] "):
        trio.scatter("parts", [1, 2, 3, lock, 5])
    assert trio.call(eval, "'fine' in globals() or 'parts' in globals()") == [False] * 3


def test_the_exception_of_one_guest_is_raised_as_it_is(trio: Group) -> None:
    """With a note of the guest, when all others have ended."""
    done = subinterp.create_queue()
    trio.push(done=done)
    code = (
        "import _subinterp\n1 // (_subinterp.name != 'w1')\ndone.put(_subinterp.name)"
    )
    for do in (trio.exec, lambda code: trio.call(exec, code)):
        with pytest.raises(ZeroDivisionError) as caught:
            do(code)
        assert caught.value.__notes__ == ["This was raised in interpreter 'w1'."]
        assert isinstance(caught.value.__cause__, subinterp.ExecutionFailed)
        assert {done.get_nowait(), done.get_nowait()} == {"w0", "w2"}


def test_the_exceptions_of_several_guests_are_raised_as_a_group(trio: Group) -> None:
    trio[1].push(x=1)
    with pytest.raises(ExceptionGroup, match="2 of 3 interpreters failed") as caught:
        trio.exec("x")
    assert [type(one) for one in caught.value.exceptions] == [NameError, NameError]
    assert [one.__notes__ for one in caught.value.exceptions] == [
        ["This was raised in interpreter 'w0'."],
        ["This was raised in interpreter 'w2'."],
    ]
    with pytest.raises(ExceptionGroup):
        trio.pull("x")


def test_a_guest_that_is_closed_fails_and_the_others_work(trio: Group) -> None:
    trio[1].close()
    with pytest.raises(InterpreterClosedError, match="'w1'"):
        trio.exec("x = 1")
    assert trio[::2].pull("x") == [1, 1]


def test_a_result_that_cannot_cross_names_the_guest(trio: Group) -> None:
    make = "__import__('_thread').allocate_lock() if name == 'w2' else 1"
    for guest in trio:
        guest.push(name=guest.name)
    with pytest.raises(TransferError, match=r"cannot copy result to or .* 'w2'"):
        trio.call(eval, make)


def test_time_is_up(trio: Group) -> None:
    """Each is interrupted, and says so."""
    with pytest.raises(ExceptionGroup) as caught:
        trio.exec("while True: pass", timeout=0.1)
    assert [type(one) for one in caught.value.exceptions] == [TimeoutError] * 3
    with pytest.raises(ValueError, match="timeout must be a positive number"):
        trio.exec("pass", timeout=0)
    assert [guest.state for guest in trio] == ["idle"] * 3


def test_a_keyboard_interrupt_goes_to_all(trio: Group) -> None:
    begun = subinterp.create_queue()
    trio.push(begun=begun)
    loop = "begun.put(1)\nwhile True: pass"
    main = threading.get_ident()

    def interrupt() -> None:
        for _ in trio:
            begun.get(timeout=_SECONDS)
        signal.pthread_kill(main, signal.SIGINT)

    for do in (
        lambda: trio.exec(loop),
        lambda: trio.call(exec, loop),
        lambda: list(trio.map(exec, [loop] * 5, chunksize=1)),
    ):
        helper = threading.Thread(target=interrupt)
        helper.start()
        with pytest.raises(KeyboardInterrupt):
            do()
        helper.join()
        assert [guest.state for guest in trio] == ["idle"] * 3
        assert [guest.queued for guest in trio] == [0] * 3
        assert begun.empty()


@pytest.mark.parametrize(
    "whole",
    [
        list(range(7)),
        tuple("abcdefg"),
        "text in parts",
        b"bytes in parts",
        bytearray(b"1234567"),
        array("d", range(7)),
        memoryview(array("i", range(7))),
        memoryview(bytes(range(12))).cast("B", (4, 3)),
        [],
        "",
        array("i"),
    ],
)
def test_what_is_scattered_can_be_gathered(trio: Group, whole: Any) -> None:
    """The same sequence, of the same type, comes back."""
    trio.scatter("parts", whole)
    parts = trio.pull("parts")
    assert {type(part) for part in parts} == {type(whole)}
    gathered = trio.gather("parts")
    assert type(gathered) is type(whole)
    assert gathered == whole


@pytest.mark.parametrize(
    ("size", "sizes"), [(7, [3, 2, 2]), (9, [3, 3, 3]), (2, [1, 1, 0]), (0, [0, 0, 0])]
)
def test_parts_are_as_long_as_one_another(
    trio: Group, size: int, sizes: Sequence[int]
) -> None:
    trio.scatter("parts", range(size))
    assert trio.call(eval, "len(parts)") == sizes
    assert trio.gather("parts") == list(range(size))


def test_parts_of_memory_are_not_copied(trio: Group) -> None:
    """What the host writes there, the guests see."""
    data = array("d", [0.0] * 300)
    trio.scatter("part", memoryview(data))
    data[0], data[299] = 1.0, 3.0
    assert trio.call(eval, "sum(part)") == [1.0, 0.0, 3.0]
    with pytest.raises(ExceptionGroup) as caught:
        trio.exec("part[0] = 1")
    assert "read-only" in str(caught.value.exceptions[0])
    assert trio.gather("part").tolist() == data.tolist()


def test_what_has_no_parts_is_refused(trio: Group) -> None:
    for whole in (7, {1, 2}, {"a": 1}, iter([1])):
        with pytest.raises(TypeError, match=f"cannot scatter a {type(whole).__name__}"):
            trio.scatter("parts", whole)
    trio.exec("x = 5")
    refusal = "cannot gather 'x' \\(in interpreter 'w0' it is no sequence but a int"
    with pytest.raises(TypeError, match=refusal):
        trio.gather("x")
    with pytest.raises(ExceptionGroup) as caught:
        trio.gather("missing")
    assert isinstance(caught.value.exceptions[0], NameError)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([[1], (2,)], [1, 2]),
        ([array("i", [1]), array("d", [2])], [1, 2.0]),
        ([memoryview(b"a"), memoryview(array("i", [2]))], [97, 2]),
        ([range(2), range(2, 3)], [0, 1, 2]),
        ([memoryview(b""), memoryview(b"ab")], memoryview(b"ab")),
    ],
)
def test_parts_of_different_types_make_a_list(parts: list[Any], whole: Any) -> None:
    joined = join("x", {str(number): part for number, part in enumerate(parts)})
    assert type(joined) is type(whole)
    assert joined == whole


def test_parts_with_several_dimensions_are_joined_along_the_first() -> None:
    one, two = (
        memoryview(bytes(range(rows * 3))).cast("B", (rows, 3)) for rows in (1, 2)
    )
    assert join("x", {"a": one, "b": two}).tolist() == [*one.tolist(), *two.tolist()]


def test_parts_of_numpy_are_joined_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is there; it is not imported to find out."""
    numpy = pytest.importorskip("numpy", reason="the tests' own groups bring it")
    monkeypatch.setitem(sys.modules, "numpy", numpy)
    whole = numpy.arange(10).reshape(5, 2)
    joined = join("x", {"a": whole[:2], "b": whole[2:]})
    assert isinstance(joined, numpy.ndarray)
    assert (joined == whole).all()


def test_a_bar_shows_how_far_a_map_is(
    trio: Group, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all there are, the rate, and what is left; failures count."""
    import tqdm

    # Its own would start a thread, and a process of multiprocessing.
    monkeypatch.setattr(tqdm.tqdm, "monitor_interval", 0)
    monkeypatch.setattr(tqdm.tqdm, "_lock", threading.RLock(), raising=False)
    results = trio.map(divmod, [1] * 50, [1] * 49 + [0], progress=True)
    assert next(results) == (1, 0)
    for _ in range(48):
        next(results)
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert next(results, None) is None
    bar = capsys.readouterr().err
    assert "0/50" in bar
    assert "50/50" in bar
    assert "it/s" in bar
    endless = trio.map(str, iter("abc"), progress=True)
    assert "".join(endless) == "abc"
    assert "3it" in capsys.readouterr().err


def test_a_bar_needs_tqdm(trio: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says how to get it; nothing is read or begun."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    items = iter([1])
    line = (
        r"cannot show progress .*; install it with: pip install 'subinterp\[progress\]'"
    )
    with pytest.raises(ModuleNotFoundError, match=line):
        trio.map(abs, items, progress=True)
    assert next(items) == 1


def test_values_do_not_stay_with_what_was_sent(trio: Group) -> None:
    """What only a call had is gone after it."""
    data = bytearray(100)
    trio.call(len, memoryview(data))
    trio.exec("import gc; gc.collect()")
    trio[0].push(x=1)  # takes back what was lent
    data.append(1)
