"""Queues: the contract of ``queue.Queue`` on either side, and what crosses by them."""

from __future__ import annotations

import queue
import signal
import threading
import time
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

import subinterp
from subinterp import TransferError, create_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from subinterp import Interpreter, Queue, Run

    type Do = Callable[..., None]

_SECONDS = 20.0
_PRELUDE = f"""
from queue import Empty, Full, ShutDown
from threading import Barrier, Thread

def raises(kind, function, *args, **kwargs):
    try:
        answer = function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"{{kind.__name__}} was not raised, but {{answer!r}} returned")

class Waiting(Thread):
    # A thread that calls a function, of which it is known that it sleeps there.
    def __init__(self, function, *args):
        super().__init__()
        self.work = function, args
        self.outcome = None
        self.start()
        while self.state() != "S":
            assert self.is_alive(), f"it did not wait: {{self.outcome!r}}"

    def run(self):
        function, args = self.work
        try:
            self.outcome = function(*args)
        except Exception as error:
            self.outcome = type(error)

    def state(self):
        try:
            with open(f"/proc/self/task/{{self.native_id}}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return "X"

    def result(self):
        self.join({_SECONDS})
        assert not self.is_alive(), "it still waits"
        return self.outcome
"""


@pytest.fixture(params=["host", "guest"])
def do(request: pytest.FixtureRequest) -> Do:
    """Execute source in the host or in a guest, with these values."""

    def in_host(source: str, /, **values: object) -> None:
        exec(_PRELUDE + dedent(source), values)

    def in_guest(source: str, /, **values: object) -> None:
        guest = subinterp.create("side")
        guest.push(**values)
        guest.exec(_PRELUDE + dedent(source))

    return in_host if request.param == "host" else in_guest


@contextmanager
def alarm_interrupts(seconds: float) -> Iterator[None]:
    """Have a KeyboardInterrupt come after so long, as SIGINT brings it."""
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def waiting(guest: Interpreter, code: str) -> Run:
    """Start code, and return when the home thread sleeps in it."""
    run = guest.start(f"print('begun', flush=True)\n{code}")
    deadline = time.monotonic() + _SECONDS
    while not run.stdout:
        assert not run.done(), run.exception()
        assert time.monotonic() < deadline
    [home] = [thread for thread in guest.thread_states() if thread.name == "home"]
    stat = Path(f"/proc/self/task/{home.native_id}/stat")
    while stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "S":
        assert time.monotonic() < deadline
    assert run.running()
    return run


# The contract of queue.Queue


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


# One queue, many interpreters


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


# Waits that end otherwise


def test_a_wait_ends_as_soon_as_the_other_side_acts(guest: Interpreter) -> None:
    """Put, get, shutdown and task_done of one side wake those who wait on the other."""
    empty, full, shut = create_queue(), create_queue(1), create_queue()
    full.put(1)
    guest.push(empty=empty, full=full, shut=shut)
    run = waiting(guest, "item = empty.get()")
    empty.put("item")
    run.result(_SECONDS)
    run = waiting(guest, "full.put(2)")
    assert full.get() == 1
    run.result(_SECONDS)
    run = waiting(guest, "shut.get()")
    shut.shutdown()
    with pytest.raises(queue.ShutDown):
        run.result(_SECONDS)
    full.put(3) if full.empty() else None
    run = waiting(guest, "full.join()")
    while not full.empty():
        full.get()
    for _ in range(2):
        full.task_done()
    run.result(_SECONDS)


def test_a_guest_wakes_the_host(guest: Interpreter) -> None:
    """The same the other way round."""
    empty, full, shut = create_queue(), create_queue(1), create_queue()
    full.put(1)
    guest.push(empty=empty, full=full, shut=shut)
    with ThreadPoolExecutor(4) as pool:
        item = pool.submit(empty.get)
        put = pool.submit(full.put, 2)
        ended = pool.submit(shut.get)
        guest.exec("""
            empty.put("item")
            assert (full.get(), full.get()) == (1, 2)
            shut.shutdown()
        """)
        assert item.result(_SECONDS) == "item"
        assert put.result(_SECONDS) is None
        assert isinstance(ended.exception(_SECONDS), queue.ShutDown)
        joined = pool.submit(full.join)
        guest.exec("full.task_done(); full.task_done()")
        joined.result(_SECONDS)


@pytest.mark.parametrize(
    "call", ["q.get()", "q.get(timeout=60)", "p.put(2)", "p.join()"]
)
def test_an_interrupt_ends_a_guests_wait(guest: Interpreter, call: str) -> None:
    """KeyboardInterrupt arises there; the queue goes on, and nothing is lost."""
    q, p = create_queue(), create_queue(1)
    p.put(1)
    guest.push(q=q, p=p)
    run = waiting(guest, call)
    run.interrupt()
    with pytest.raises(KeyboardInterrupt):
        run.result(_SECONDS)
    q.put("later")
    guest.exec("assert q.get() == 'later'; assert p.get() == 1; p.put(2)")
    assert p.get_nowait() == 2


def test_a_timeout_of_a_run_ends_its_wait(guest: Interpreter) -> None:
    """As it ends anything else."""
    guest.push(q=create_queue())
    with pytest.raises(TimeoutError):
        guest.exec("q.get()", timeout=0.1)
    guest.exec("q.put(1); assert q.get() == 1")


def test_a_guest_that_waits_can_be_closed(guest: Interpreter) -> None:
    """Its home thread, an extra one, and threads of its own, daemons or not."""
    q = create_queue()
    guest.push(q=q)
    guest.exec("""
        import threading
        threading.Thread(target=q.get).start()
        threading.Thread(target=q.join).start()
        q.put(1)
    """)
    guest.start("q.get()", thread="second")
    run = waiting(guest, "while True: q.get()")
    guest.close()
    assert run.done()
    q.put("for others")
    assert q.get(timeout=_SECONDS) is not None


@pytest.mark.parametrize("call", ["get", "put", "join"])
def test_an_interrupt_ends_the_hosts_wait(call: str) -> None:
    """Ctrl-C is heard within any of them."""
    q = create_queue(1)
    if call != "get":
        q.put(1)
    arguments = (2,) if call == "put" else ()
    with alarm_interrupts(0.1), pytest.raises(KeyboardInterrupt):
        getattr(q, call)(*arguments)
    assert q.qsize() == (0 if call == "get" else 1)


def test_a_signal_that_raises_nothing_does_not_end_a_wait() -> None:
    """Its handler is called, and the wait goes on."""
    q = create_queue()
    old = signal.signal(signal.SIGALRM, lambda *_: q.put("from the handler"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert q.get(timeout=_SECONDS) == "from the handler"
    finally:
        signal.signal(signal.SIGALRM, old)


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


def test_a_handle_is_made_by_the_core_only() -> None:
    """There is no number by which one could have a queue that is gone."""
    from subinterp import _native

    with pytest.raises(TypeError, match="cannot create"):
        _native.QueueHandle()
