"""Runs: state, result, interrupts, callbacks."""

from __future__ import annotations

import asyncio
import concurrent.futures
import marshal
import threading
import time
from concurrent.futures import CancelledError, Future, as_completed
from typing import TYPE_CHECKING

import pytest

from routes import Sink, cell
from subinterp import ExecutionFailed, InterpreterClosedError, Run, create_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Interpreter

LOOP = "while True: pass"


@pytest.fixture
def busy(guest: Interpreter) -> Iterator[Run]:
    """A run that goes on until it is interrupted."""
    run = guest.start(LOOP)
    begun = threading.Event()
    run.add_state_callback(lambda run: begun.set() if run.running() else None)
    assert begun.wait(10)
    yield run
    run.interrupt()
    concurrent.futures.wait([run], timeout=10)


# Life


def test_a_run_is_known_to_run_as_soon_as_it_does(guest: Interpreter) -> None:
    """Before the news of that has come, which takes a moment more."""
    here = create_queue()
    guest.push(here=here)
    for _ in range(20):
        run = guest.start("here.put(None)\nwhile True: pass")
        here.get(timeout=10)
        assert run.running()
        assert run.state == "running"
        assert run.started is not None
        assert run.elapsed is not None
        run.interrupt()
        with pytest.raises(KeyboardInterrupt):
            run.result(10)


def test_a_run_goes_from_queued_to_done(guest: Interpreter, busy: Run) -> None:
    """Each change is told once, in order, the present one at once."""
    run = guest.start("print()")
    states: list[str] = []
    run.add_state_callback(lambda run: states.append(run.state))
    assert (run.state, run.elapsed, run.started) == ("queued", None, None)
    busy.interrupt()
    assert run.result(10) is None
    run.conclude(10)  # the callbacks come right after the result
    assert states == ["queued", "running", "done"]


def test_a_run_tells_its_times(guest: Interpreter) -> None:
    """Times are wall clock, the duration is between them."""
    before = time.time()
    run = guest.start("import time; time.sleep(0.05)")
    run.result(10)
    assert run.started is not None
    assert run.finished is not None
    assert before <= run.created <= run.started <= run.finished <= time.time()
    assert run.elapsed == pytest.approx(run.finished - run.started, abs=0.02)


def test_elapsed_grows_while_it_runs(busy: Run) -> None:
    """The duration is live."""
    first = busy.elapsed
    assert first is not None
    assert busy.elapsed is not None
    assert busy.elapsed > first
    assert busy.finished is None


def test_runs_are_futures(guest: Interpreter) -> None:
    """The functions of concurrent.futures take them."""
    runs = [guest.start(f"x{i} = {i}") for i in range(3)]
    assert set(as_completed(runs, timeout=10)) == set(runs)


def test_a_run_knows_where_it_runs(guest: Interpreter) -> None:
    """Handle, thread and source are those it was started with."""
    run = guest.start("x = 1", thread="t")
    run.result(10)
    assert (run.interpreter, run.thread, run.source) == (guest, "t", "x = 1")
    assert guest.start("pass").thread == "home"
    assert repr(run) == f"<Run {run.id} in 'a': done>"


def test_a_run_can_be_awaited(guest: Interpreter) -> None:
    """Result and exception come through await."""

    async def both() -> None:
        assert await guest.start("pass") is None
        with pytest.raises(ZeroDivisionError):
            await guest.start("1/0")
        with pytest.raises(ZeroDivisionError):
            await asyncio.wrap_future(guest.start("1/0"))

    asyncio.run(both())


def test_an_awaited_run_is_rebuilt_where_it_is_awaited(guest: Interpreter) -> None:
    """The own type arrives also where asyncio takes a finished future (3.15)."""

    async def late() -> None:
        run = guest.start("1/0")
        concurrent.futures.wait([run])
        await run

    with pytest.raises(ZeroDivisionError):
        asyncio.run(late())


# Failure


def test_the_guests_own_exception_is_raised(guest: Interpreter) -> None:
    """With its arguments, and the guest's traceback as its cause."""
    run = guest.start("def f():\n    raise KeyError('k')\nf()")
    with pytest.raises(KeyError) as caught:
        run.result(10)
    assert caught.value.args == ("k",)
    cause = caught.value.__cause__
    assert isinstance(cause, ExecutionFailed)
    assert cause.type_name == "KeyError"
    assert "in f" in cause.traceback_text
    assert run.state == "failed"
    assert run.exception() is caught.value


def test_an_exception_without_a_class_here_is_execution_failed(
    guest: Interpreter,
) -> None:
    """A class that only the guest has cannot be raised in the host."""
    run = guest.start("class Own(Exception): pass\nraise Own('why')")
    with pytest.raises(ExecutionFailed) as caught:
        run.result(10)
    assert (caught.value.type_name, caught.value.message) == ("Own", "why")


@pytest.mark.parametrize(
    "name", ["SystemExit", "GeneratorExit", "asyncio.CancelledError"]
)
def test_an_exit_in_the_guest_is_none_of_the_host(
    guest: Interpreter, name: str
) -> None:
    """The host's program and event loop must not end because a guest says so."""
    with pytest.raises(ExecutionFailed, match=name.rpartition(".")[2]):
        guest.exec(f"import asyncio\nraise {name}")


def test_an_exception_that_cannot_be_unpickled_is_execution_failed(
    guest: Interpreter,
) -> None:
    """An exception whose constructor wants more than its args does not break us."""
    with pytest.raises(ExecutionFailed, match="UnicodeDecodeError"):
        guest.exec("""
            class Odd(UnicodeDecodeError):
                pass
            Odd.__module__ = "builtins"
            Odd.__qualname__ = Odd.__name__ = "UnicodeDecodeError"
            raise Odd("utf-8", b"x", 0, 1, "why")
        """)


def test_a_syntax_error_is_a_syntax_error(guest: Interpreter) -> None:
    """What does not compile fails as it would here."""
    with pytest.raises(SyntaxError):
        guest.exec("1 +")


# Cancelling and interrupting


def test_cancel_takes_a_queued_run_off(guest: Interpreter, busy: Run) -> None:
    """It never runs, and says so at once."""
    run = guest.start("x = 1")
    assert run.cancel()
    assert run.cancel()
    assert (run.state, run.cancelled(), guest.queued) == ("interrupted", True, 0)
    with pytest.raises(CancelledError):
        run.result(0)
    assert concurrent.futures.wait([run], timeout=0).done == {run}
    busy.interrupt()
    with pytest.raises(NameError):
        guest.exec("x")


def test_cancel_does_not_touch_what_runs(busy: Run) -> None:
    """A running future cannot be cancelled, as anywhere."""
    assert not busy.cancel()
    assert busy.running()


def test_interrupt_raises_in_a_running_run(busy: Run) -> None:
    """A Python loop stops, its state says why."""
    assert busy.interrupt()
    with pytest.raises(KeyboardInterrupt):
        busy.result(10)
    assert busy.state == "interrupted"
    assert busy.error is not None
    assert busy.error.ename == "KeyboardInterrupt"


def test_interrupt_cancels_a_queued_run(guest: Interpreter, busy: Run) -> None:
    """It needs no executing to end."""
    run = guest.start("pass")
    assert run.interrupt()
    assert run.cancelled()
    assert busy.running()


def test_interrupt_of_a_finished_run_does_nothing(guest: Interpreter) -> None:
    """The next run is not hit by it."""
    run = guest.start("pass")
    run.result(10)
    assert not run.interrupt()
    assert run.state == "done"
    guest.exec("for _ in range(100_000): pass")


def test_sleep_is_interrupted(guest: Interpreter) -> None:
    """time.sleep wakes within a moment."""
    run = guest.start("import time\nprint('z')\ntime.sleep(60)")
    while not run.stdout:
        pass
    asked = time.monotonic()
    run.interrupt()
    with pytest.raises(KeyboardInterrupt):
        run.result(10)
    assert time.monotonic() - asked < 2


def test_timeout_interrupts(guest: Interpreter) -> None:
    """The message names run, guest and time; the cause shows where it was."""
    cell(guest, "pass")  # makes the shell, which takes time
    run = cell(guest, LOOP, timeout=0.1)
    with pytest.raises(TimeoutError, match=f"run {run.id} .*'a' .* after 0.1 s"):
        run.result(0)
    assert (run.state, run.timed_out, run.overdue) == ("interrupted", True, False)
    assert isinstance(run.exception().__cause__, ExecutionFailed)  # type: ignore[union-attr]


def test_timeout_counts_from_the_start(guest: Interpreter) -> None:
    """Time in the queue is free."""
    cell(guest, "pass")  # makes the shell, which takes time
    busy = guest.start(LOOP)
    run = guest.start_cell("x = 1", execution_count=1, timeout=0.5, route=Sink())
    assert not concurrent.futures.wait([run], timeout=0.7).done
    busy.interrupt()
    assert run.result(10) is None
    assert not run.timed_out


def test_a_run_that_ends_in_time_is_not_interrupted(guest: Interpreter) -> None:
    """The timeout of one run does not hit the next."""
    guest.exec("pass", timeout=0.5)
    guest.exec("import time; time.sleep(0.7)")


def test_a_run_that_cannot_be_interrupted_is_overdue(guest: Interpreter) -> None:
    """It is told to the callbacks, and the run goes on."""
    lock = "import _thread; lock = _thread.allocate_lock(); lock.acquire()"
    cell(guest, lock)  # also makes the shell, which takes time
    run = guest.start_cell(
        "lock.acquire()", execution_count=1, timeout=0.1, route=Sink()
    )
    told = threading.Event()
    run.add_state_callback(lambda run: told.set() if run.overdue else None)
    assert told.wait(10)
    assert run.running()
    guest.exec("lock.release()", thread="t")
    with pytest.raises(TimeoutError):
        run.result(10)


# Callbacks


def test_callbacks_that_raise_stop_nobody(
    guest: Interpreter, caplog: pytest.LogCaptureFixture
) -> None:
    """The end is delivered and the next callback called."""
    ended = threading.Event()
    run = guest.start("import time; time.sleep(0.05)")

    def fail(_: object) -> None:
        raise SystemExit

    def tell(run: Run) -> None:
        if run.done():
            ended.set()

    run.add_state_callback(fail)
    run.add_done_callback(fail)
    run.add_state_callback(tell)
    assert run.result(10) is None
    assert ended.wait(10)
    guest.exec("pass")
    assert "state callback" in caplog.text


def test_a_callback_added_at_the_end_is_called_at_once(guest: Interpreter) -> None:
    """Also by a callback of another run, where it comes a little later."""
    for _ in range(50):
        run = guest.start("pass")
        run.result(10)
        called: list[object] = []
        run.add_done_callback(called.append)
        assert called == [run]
    both: Future[None] = Future()

    def add(_: object) -> None:
        second = guest.start("pass")
        second.result(10)
        second.add_done_callback(lambda _: both.set_result(None))

    guest.start("print()").add_done_callback(add)
    both.result(10)


def test_an_unreadable_end_still_ends_the_run(
    guest: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is released, with an error that tells what happened."""
    monkeypatch.setattr(
        "subinterp.verdict.GuestError.from_facts", lambda _: marshal.loads(b"?")
    )
    with pytest.raises(InterpreterClosedError, match="could not be understood"):
        guest.exec("1/0")
