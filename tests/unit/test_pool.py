"""Pools: who makes their guests, and when; what becomes of calls and guests."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import weakref
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from typing import TYPE_CHECKING

import pytest

import subinterp
from subinterp import (
    ExecutionFailed,
    InterpreterPoolExecutor,
    InterpreterStartError,
    TransferError,
    registry,
)

if TYPE_CHECKING:
    from subinterp import Run
from pools import SECONDS as _SECONDS
from pools import meet, names, wait_for, wait_until_closed


def test_it_makes_guests_only_for_work_that_would_wait(
    pool: InterpreterPoolExecutor,
) -> None:
    """None at first, one for calls in sequence, two for two at the same time."""
    assert isinstance(pool, Executor)
    assert names() == []
    for i in range(5):
        assert pool.submit(divmod, i, 2).result(_SECONDS) == divmod(i, 2)
    assert names() == ["pool_0"]
    one, other = subinterp.create_queue(), subinterp.create_queue()
    calls = [pool.submit(meet, one, other), pool.submit(meet, other, one)]
    assert len({call.result(_SECONDS) for call in calls}) == 2
    assert names() == ["pool_0", "pool_1"]


def test_it_makes_no_more_than_it_may(pool: InterpreterPoolExecutor) -> None:
    """However much there is to do."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    calls = [pool.submit(wait_for, gate, began) for _ in range(10)]
    for _ in range(2):
        began.get(timeout=_SECONDS)
    for i in range(10):
        gate.put(i)
    assert sorted(call.result(_SECONDS) for call in calls) == list(range(10))
    assert names() == ["pool_0", "pool_1"]


def test_its_guests_have_names_that_guests_can_have() -> None:
    """Whatever the prefix, and beside guests that have the name."""
    subinterp.create("my_pool_0")
    with InterpreterPoolExecutor(1, "my pool") as pool:
        pool.submit(int).result(_SECONDS)
        assert names() == ["my_pool_0", "my_pool_1"]
    with InterpreterPoolExecutor(1, "3" * 100) as pool:
        pool.submit(int).result(_SECONDS)
        assert names()[1:] == ["_" + "3" * 56 + "_0"]
    with InterpreterPoolExecutor(1) as pool:
        pool.submit(int).result(_SECONDS)
        assert names()[1].startswith("InterpreterPoolExecutor-")


def test_a_call_takes_and_gives_what_a_guest_can(
    pool: InterpreterPoolExecutor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Functions of the caller, buffers, output, exceptions of any kind."""
    factor = 3
    assert pool.submit(lambda x: x * factor, 5).result(_SECONDS) == 15
    data = bytearray(1 << 20)
    assert pool.submit(len, memoryview(data)).result(_SECONDS) == len(data)
    pool.submit(print, "hello").result(_SECONDS)
    assert capsys.readouterr().out == "hello\n"
    with pytest.raises(ZeroDivisionError) as caught:
        pool.submit(divmod, 1, 0).result(_SECONDS)
    assert isinstance(caught.value.__cause__, ExecutionFailed)
    with pytest.raises(ExecutionFailed, match="SystemExit"):
        pool.submit(exit, 3).result(_SECONDS)
    with pytest.raises(EOFError, match="nobody can answer"):
        pool.submit(input).result(_SECONDS)


def test_what_cannot_cross_is_refused_at_once(pool: InterpreterPoolExecutor) -> None:
    """Or by the future, if it is the result."""
    with pytest.raises(TransferError, match="args"):
        pool.submit(len, threading.Lock())
    with pytest.raises(TypeError, match="callable"):
        pool.submit("print()")  # type: ignore[arg-type]
    with pytest.raises(TransferError, match="result"):
        pool.submit(threading.Lock).result(_SECONDS)
    assert pool.submit(abs, -1).result(_SECONDS) == 1


def test_a_queued_call_can_be_cancelled_and_a_running_one_interrupted() -> None:
    """The first never begins."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with InterpreterPoolExecutor(1) as pool:
        running = pool.submit(wait_for, gate, began)
        queued = pool.submit(wait_for, gate, began)
        began.get(timeout=_SECONDS)
        assert not running.cancel()
        assert queued.cancel()
        with pytest.raises(CancelledError):
            queued.result()
        assert running.interrupt()
        with pytest.raises(KeyboardInterrupt):
            running.result(_SECONDS)
        assert pool.submit(abs, -2).result(_SECONDS) == 2
    assert began.empty()


def test_its_end_waits_for_all_calls() -> None:
    """And leaves no guest."""
    with InterpreterPoolExecutor(2) as pool:
        calls = [pool.submit(pow, 2, i) for i in range(20)]
    assert all(call.concluded() for call in calls)
    assert [call.result() for call in calls] == [2**i for i in range(20)]
    assert names() == []
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
    pool.shutdown()


def test_an_end_that_does_not_wait_lets_calls_finish() -> None:
    """The guests end by themselves, as soon as nothing is left."""
    gate = subinterp.create_queue()
    pool = InterpreterPoolExecutor(1, "left")
    calls = [pool.submit(wait_for, gate) for _ in range(3)]
    pool.shutdown(wait=False)
    for i in range(3):
        gate.put(i)
    assert [call.result(_SECONDS) for call in calls] == [0, 1, 2]
    wait_until_closed("left_0")


def test_a_pool_that_nobody_has_any_more_finishes_and_ends() -> None:
    """Also before it has made its first guest."""
    gate = subinterp.create_queue()
    pool = InterpreterPoolExecutor(1, "lost")
    gone = weakref.ref(pool)
    call = pool.submit(wait_for, gate)
    del pool
    gc.collect()
    assert gone() is None
    gate.put("done")
    assert call.result(_SECONDS) == "done"
    wait_until_closed("lost_0")


def test_cancelled_calls_do_not_keep_it_from_ending() -> None:
    """What has begun goes on to its end."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    pool = InterpreterPoolExecutor(1)
    calls = [pool.submit(wait_for, gate, began) for _ in range(5)]
    began.get(timeout=_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    assert [call.cancelled() for call in calls] == [False] + [True] * 4
    gate.put("done")
    pool.shutdown()
    assert calls[0].result() == "done"
    assert began.empty()


def test_an_initializer_is_called_once_in_each_guest() -> None:
    """In its ``__main__``, before the first call."""

    def count() -> None:
        import __main__

        __main__.count = getattr(__main__, "count", 0) + 1

    one, other = subinterp.create_queue(), subinterp.create_queue()
    with InterpreterPoolExecutor(2, initializer=count) as pool:
        calls = [pool.submit(meet, one, other), pool.submit(meet, other, one)]
        assert len({call.result(_SECONDS) for call in calls}) == 2
        for _ in range(5):
            assert pool.submit(eval, "count").result(_SECONDS) == 1


def test_one_that_fails_breaks_the_pool(caplog: pytest.LogCaptureFixture) -> None:
    """Calls that wait say so, and so does the next one."""
    with InterpreterPoolExecutor(1, initializer=divmod, initargs=(1, 0)) as pool:
        call = pool.submit(int)
        with pytest.raises(BrokenExecutor, match="by zero") as caught:
            call.result(_SECONDS)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        with pytest.raises(BrokenExecutor):
            pool.submit(int)
    assert "Exception in initializer" in caplog.text
    with pytest.raises(TransferError, match="args"):
        InterpreterPoolExecutor(1, initializer=len, initargs=(threading.Lock(),))


def test_a_guest_that_cannot_be_made_is_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If there is another; else nobody could do the calls."""

    def refuse(name: str, settings: object) -> None:
        raise InterpreterStartError(name, f"no memory for {settings}")

    caplog.set_level(logging.WARNING)
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with InterpreterPoolExecutor(2) as pool:
        first = pool.submit(wait_for, gate, began)
        began.get(timeout=_SECONDS)
        monkeypatch.setattr(registry, "create_bare", refuse)
        second = pool.submit(wait_for, gate, began)
        pause = threading.Event()
        while "goes on with 1 interpreters" not in caplog.text:
            pause.wait(0.01)
        gate.put(1)
        gate.put(2)
        assert {first.result(_SECONDS), second.result(_SECONDS)} == {1, 2}
    with (
        InterpreterPoolExecutor(2) as pool,
        pytest.raises(BrokenExecutor, match="no memory"),
    ):
        pool.submit(int).result(_SECONDS)


def test_a_call_that_nobody_could_take_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system has no thread to give; the pool goes on when it has."""

    def refuse(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    with InterpreterPoolExecutor(1, "pool") as pool:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="thread"):
                pool.submit(int)
        assert pool.submit(abs, -1).result(_SECONDS) == 1


def test_a_guest_shows_the_call_that_it_has_taken(
    pool: InterpreterPoolExecutor,
) -> None:
    """As it shows its own."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    call = pool.submit(wait_for, gate, began)
    began.get(timeout=_SECONDS)
    assert subinterp.get("pool_0").current_run is call
    gate.put("done")
    call.result(_SECONDS)
    assert subinterp.get("pool_0").current_run is None


def test_guests_that_are_closed_are_replaced(pool: InterpreterPoolExecutor) -> None:
    """Calls that wait for the last one are not forgotten, nor do they wait for ever."""
    assert pool.submit(abs, -1).result(_SECONDS) == 1
    subinterp.get("pool_0").close()
    assert pool.submit(abs, -2).result(_SECONDS) == 2
    with InterpreterPoolExecutor(1, "single") as single:
        gate, began = subinterp.create_queue(), subinterp.create_queue()
        calls = [single.submit(wait_for, gate, began) for _ in range(3)]
        began.get(timeout=_SECONDS)
        subinterp.get("single_0").close()
        for call in calls:
            with pytest.raises((subinterp.InterpreterClosedError, KeyboardInterrupt)):
                call.result(_SECONDS)
        assert single.submit(abs, -3).result(_SECONDS) == 3


def test_a_guest_may_be_closed_before_it_is_ready() -> None:
    """While its initializer runs, say: another one takes its place."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    with InterpreterPoolExecutor(
        1, "pool", initializer=wait_for, initargs=(gate, began)
    ) as pool:
        call = pool.submit(abs, -1)
        began.get(timeout=_SECONDS)
        subinterp.get("pool_0").close()
        began.get(timeout=_SECONDS)
        gate.put("ready")
        assert call.result(_SECONDS) == 1


def test_a_guest_of_a_pool_can_be_used_by_name(pool: InterpreterPoolExecutor) -> None:
    """What it is asked itself comes first; the pool's calls go to another one."""
    pool.submit(int).result(_SECONDS)
    guest = subinterp.get("pool_0")
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    own = guest.submit(wait_for, gate, began)
    began.get(timeout=_SECONDS)
    calls = [pool.submit(abs, -i) for i in range(5)]
    assert [call.result(_SECONDS) for call in calls] == list(range(5))
    gate.put("own")
    assert own.result(_SECONDS) == "own"


def test_the_call_that_a_guest_has_taken_can_be_interrupted_by_name(
    pool: InterpreterPoolExecutor,
) -> None:
    """That one, and none that waits or is elsewhere."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    calls = [pool.submit(wait_for, gate, began) for _ in range(3)]
    for _ in range(2):
        began.get(timeout=_SECONDS)
    subinterp.get("pool_0").interrupt()
    began.get(timeout=_SECONDS)  # the third begins in its place
    gate.put("done")
    gate.put("done")
    ends = sorted(str(call.exception(_SECONDS)) for call in calls)
    assert ends == ["", "None", "None"]


def test_asyncio_runs_calls_in_it(pool: InterpreterPoolExecutor) -> None:
    """Through ``run_in_executor``, or by awaiting the future itself."""

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(pool, pow, 2, i) for i in range(10)]
        return [*await asyncio.gather(*calls), await pool.submit(abs, -5)]

    assert asyncio.run(main()) == [2**i for i in range(10)] + [5]


def test_callbacks_may_submit(pool: InterpreterPoolExecutor) -> None:
    """But cannot wait for the pool that calls them."""
    outcomes: list[object] = []
    called = threading.Event()

    def submit(call: Run) -> None:
        try:
            outcomes.append(pool.submit(abs, -call.result()))
            pool.shutdown()
        except RuntimeError as error:
            outcomes.append(error)
        called.set()

    pool.submit(abs, -4).add_done_callback(submit)  # type: ignore[arg-type]
    assert called.wait(_SECONDS)
    assert outcomes[0].result(_SECONDS) == 4  # type: ignore[attr-defined]
    assert "callback" in str(outcomes[1])


def test_many_threads_can_use_it(pool: InterpreterPoolExecutor) -> None:
    """Each gets its own results."""
    wrong: list[object] = []

    def work(start: int) -> None:
        calls = [pool.submit(abs, -i) for i in range(start, start + 100)]
        results = [call.result(_SECONDS) for call in calls]
        if results != list(range(start, start + 100)):
            wrong.append(results)

    threads = [threading.Thread(target=work, args=(i * 1000,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_bad_arguments_say_what_is_wrong() -> None:
    """As the executors of the standard library do."""
    with pytest.raises(ValueError, match="max_workers must be greater than 0"):
        InterpreterPoolExecutor(0)
    with pytest.raises(TypeError, match="initializer must be a callable"):
        InterpreterPoolExecutor(1, initializer="x = 1")  # type: ignore[arg-type]
    with InterpreterPoolExecutor() as pool:
        assert pool._max_workers == min(32, (os.process_cpu_count() or 1) + 4)


def test_its_workers_can_be_terminated() -> None:
    """What runs is interrupted, what waits is cancelled, and nothing is waited for."""
    gate, began = subinterp.create_queue(), subinterp.create_queue()
    pool = InterpreterPoolExecutor(1, "ended")
    calls = [pool.submit(wait_for, gate, began) for _ in range(3)]
    began.get(timeout=_SECONDS)
    pool.terminate_workers()
    with pytest.raises(KeyboardInterrupt):
        calls[0].result(_SECONDS)
    assert all(call.cancelled() for call in calls[1:])
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
    wait_until_closed("ended_0")
    pool.terminate_workers()
    InterpreterPoolExecutor(1).terminate_workers()
