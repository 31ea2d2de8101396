"""One queue for the host and its guests: what it is there, and what crosses by it."""

from __future__ import annotations

import queue
import threading
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import subinterp
from subinterp import TransferError, create_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp import Interpreter, Queue

    type Do = Callable[..., None]

_SECONDS = 20.0


def test_it_is_the_same_queue_everywhere(guest: Interpreter) -> None:
    """Equal and of one hash, by whatever way it comes."""
    q, other = create_queue(7), create_queue()
    guest.push(q=q, box={"list": [q, other]}, other=other)
    guest.exec("""
        assert box["list"][0] == q != other
        assert {q, *box["list"]} == {other, q}
        assert q.maxsize == 7
        assert q != 7
        line = repr(q)
    """)
    assert guest.pull("line") == repr(q)
    assert guest.pull("q") == q
    assert guest.pull("box") == {"list": [q, other]}
    assert guest.call(lambda one, two: (two, one), q, other) == (other, q)
    assert guest.submit(lambda: q.put("by closure")).result(_SECONDS) is None
    assert q.get_nowait() == "by closure"
    assert len({q, guest.pull("q"), other}) == 2
    assert repr(q).endswith("maxsize=7>")


def test_several_references_in_one_value_are_one_object(guest: Interpreter) -> None:
    """As with any other object."""
    q = create_queue()
    guest.push(pair=(q, [q]))
    guest.exec("assert pair[0] is pair[1][0]")


@pytest.mark.parametrize("gil", ["own", "shared"])
def test_there_and_back(gil: Any) -> None:
    """Host and guest, in turn, with and without a bound."""
    there, back = create_queue(), create_queue(1)
    with subinterp.create("a", gil=gil) as guest:
        guest.push(there=there, back=back)
        run = guest.start("while (item := there.get()) is not None: back.put(item * 2)")
        for number in range(500):
            there.put(number)
            assert back.get(timeout=_SECONDS) == number * 2
        there.put(None)
        run.result(_SECONDS)


def test_guests_talk_to_each_other(guest: Interpreter) -> None:
    """Without the host's doing anything."""
    other = subinterp.create("b")
    ball, back = create_queue(), create_queue()
    for each in (guest, other):
        each.push(ball=ball, back=back)
    runs = [
        guest.start("for n in range(300): ball.put(n); assert back.get() == -n"),
        other.start("for _ in range(300): back.put(-ball.get())"),
    ]
    for run in runs:
        run.result(_SECONDS)
    assert ball.empty()
    assert back.empty()


def test_guests_share_the_work() -> None:
    """Of two that put and two that get, each item comes once and in its order."""
    work, done = create_queue(10), create_queue()
    guests = [subinterp.create(name) for name in ("a", "b", "c", "d")]
    for guest in guests:
        guest.push(work=work, done=done)
    putters = [
        guest.start(f"for n in range(500): work.put(({number}, n))")
        for number, guest in enumerate(guests[:2])
    ]
    getters = [
        guest.start("""
            got = []
            while (item := work.get()) is not None: got.append(item)
            done.put(got)
        """)
        for guest in guests[2:]
    ]
    for run in putters:
        run.result(_SECONDS)
    for _ in getters:
        work.put(None)
    for run in getters:
        run.result(_SECONDS)
    both = [done.get_nowait(), done.get_nowait()]
    items = both[0] + both[1]
    assert sorted(items) == [(who, n) for who in range(2) for n in range(500)]
    for got in both:
        for who in range(2):
            mine = [n for by, n in got if by == who]
            assert mine == sorted(mine)


def test_threads_of_a_guest_wait_side_by_side(guest: Interpreter) -> None:
    """A wait gives up the GIL: the home thread puts what another one gets."""
    q = create_queue()
    guest.push(q=q)
    run = guest.start("value = q.get()", thread="second")
    guest.exec("q.put(42)")
    run.result(_SECONDS)
    assert guest.pull("value") == 42


def test_items_survive_their_sender(guest: Interpreter) -> None:
    """With their memory; a queue that only an item refers to does, too."""
    q = create_queue()
    guest.push(q=q, inner=create_queue())
    guest.exec("""
        from array import array
        q.put({"array": array("d", [1.5, 2.5]), "bytes": b"x" * 100_000, "text": "é"})
        inner.put("deep")
        q.put([inner])
        del inner
    """)
    guest.close()
    assert q.get(timeout=_SECONDS) == {
        "array": array("d", [1.5, 2.5]),
        "bytes": b"x" * 100_000,
        "text": "é",
    }
    [inner] = q.get(timeout=_SECONDS)
    assert inner.get_nowait() == "deep"


@pytest.mark.parametrize(
    "item",
    [
        None,
        "text",
        (1, [2.5, {"three": b"4"}]),
        {frozenset({1}), 2},
        list(range(1000)),
        b"large" * 50_000,
        ["large" * 50_000, bytearray(b"x" * 70_000)],
        array("i", range(50_000)),
        Path("somewhere"),
    ],
    ids=["None", "str", "tuple", "set", "list", "bytes", "large", "array", "Path"],
)
def test_items_are_as_they_were(do: Do, item: object) -> None:
    """Whatever push can send."""
    q, back = create_queue(), create_queue()
    q.put(item)
    do("item = q.get(); back.put(item); back.put(type(item).__name__)", q=q, back=back)
    assert back.get_nowait() == item
    assert back.get_nowait() == type(item).__name__


def test_an_item_is_what_it_was_when_it_was_put(do: Do) -> None:
    """Not what its sender has made of it since."""
    q = create_queue()
    do(
        """
        from array import array
        small, large, view = [1], bytearray(200_000), memoryview(bytearray(200_000))
        numbers = array("i", [1, 2, 3])
        q.put((small, large, view, numbers))
        small[0] = large[0] = view[0] = numbers[0] = 7
        """,
        q=q,
    )
    small, large, view, numbers = q.get_nowait()
    assert (small, large[0], view[0], numbers[0]) == ([1], 0, 0, 1)


def test_functions_and_classes_cross(guest: Interpreter) -> None:
    """By value, as in calls."""
    q = create_queue()
    factor = 3

    class Point:
        x = 5

    q.put((lambda number: number * factor, Point))
    guest.push(q=q)
    guest.exec("triple, Point = q.get(); q.put(triple(Point().x))")
    assert q.get_nowait() == 15


def test_a_queue_is_an_item(guest: Interpreter) -> None:
    """A request brings the queue for its answer, known to nobody else."""
    requests = create_queue()
    guest.push(requests=requests)
    run = guest.start("number, answers = requests.get(); answers.put(number + 1)")
    answers = create_queue()
    requests.put((41, answers))
    assert answers.get(timeout=_SECONDS) == 42
    run.result(_SECONDS)
    requests.put(requests)  # even in itself
    assert requests.get_nowait() == requests


def test_empty_and_full_are_known_to_the_host(guest: Interpreter) -> None:
    """What a guest does not catch is raised as it is."""
    q = create_queue(1)
    guest.push(q=q)
    with pytest.raises(queue.Empty):
        guest.exec("q.get_nowait()")
    with pytest.raises(queue.Full):
        guest.exec("q.put(1); q.put(2, timeout=0.01)")


def test_a_queue_lives_while_somebody_has_it(guest: Interpreter) -> None:
    """The host may forget it: the guest's is enough."""
    q: Queue | None = create_queue()
    guest.push(q=q)
    q = None
    guest.exec("q.put(1)")
    q = guest.pull("q")
    assert q is not None
    assert q.get_nowait() == 1


def test_threads_of_host_and_guest_meet(guest: Interpreter) -> None:
    """Many on either side of one small queue; each item comes once."""
    q, done = create_queue(2), create_queue()
    guest.push(q=q, done=done)
    run = guest.start("""
        import threading
        def consume():
            while (item := q.get()) is not None: done.put(item)
        threads = [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """)

    def produce(first: int) -> None:
        for number in range(first, 600, 3):
            q.put(number)

    threads = [threading.Thread(target=produce, args=(first,)) for first in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(3):
        q.put(None)
    run.result(_SECONDS)
    assert sorted(done.get_nowait() for _ in range(600)) == list(range(600))
    assert done.empty()


# What is refused


def test_what_cannot_cross_is_refused_by_put() -> None:
    """With its place in the item and advice; the queue takes nothing."""
    q = create_queue()
    with pytest.raises(TransferError, match=r"send list\(\.\.\.\) of it") as caught:
        q.put({"a": [(letter for letter in "abc")]})
    assert caught.value.path == "item['a'][0]"
    assert caught.value.type_name == "generator"
    assert str(caught.value).startswith("cannot copy item['a'][0] through a queue (gen")
    assert q.empty()


def test_what_cannot_cross_is_refused_in_a_guest(guest: Interpreter) -> None:
    """There as well; in the host it is a TransferError."""
    guest.push(q=create_queue())
    with pytest.raises(TransferError) as caught:
        guest.exec("q.put([threading := __import__('threading').Lock()])")
    assert caught.value.path == "item[0]"
    guest.exec("assert q.empty()")


def test_what_cannot_be_rebuilt_is_refused_by_get(guest: Interpreter) -> None:
    """It is taken off the queue: the next item can be had."""
    q = create_queue()
    guest.push(q=q)
    guest.exec("""
        import sys, types
        module = types.ModuleType("only_here")
        exec("class Thing: pass", vars(module))
        sys.modules["only_here"] = module
        q.put(module.Thing())
        q.put("next")
    """)
    with pytest.raises(TransferError, match="only_here"):
        q.get(timeout=_SECONDS)
    assert q.get_nowait() == "next"


def test_it_leaves_the_process_by_no_pickle(do: Do) -> None:
    """Whoever would rebuild it elsewhere hears of it when it is pickled."""
    do(
        """
        import copy, pickle
        for function in (pickle.dumps, copy.copy, copy.deepcopy):
            error = raises(TypeError, function, q)
            assert "cannot pickle queue" in str(error), error
            assert "\\n" not in str(error)
        """,
        q=create_queue(),
    )


def test_it_has_no_memory_to_share(guest: Interpreter) -> None:
    """``share`` is for memory; the message says what to do."""
    with pytest.raises(TransferError, match="push it"):
        guest.share(q=create_queue())


def test_a_bound_is_an_int() -> None:
    """Anything that is none is refused."""
    for wrong in (1.5, "1", None):
        with pytest.raises(TypeError):
            create_queue(wrong)  # type: ignore[arg-type]
    assert create_queue(1 << 100).maxsize > 1 << 60


def test_a_handle_is_made_by_the_core_only() -> None:
    """There is no number by which one could have a queue that is gone."""
    from subinterp import _native

    with pytest.raises(TypeError, match="cannot create"):
        _native.QueueHandle()
