"""Functions called in a guest: their values, errors, output and ends."""

from __future__ import annotations

import asyncio
import operator
import os
import signal
import threading
import time
from concurrent.futures import CancelledError, as_completed, wait
from typing import TYPE_CHECKING

import pytest

import subinterp
from subinterp import ExecutionFailed, Interpreter, InterpreterClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp import Run


def busy(guest: Interpreter) -> Run:
    """Keep a guest busy until it is interrupted."""
    reader, writer = os.pipe()
    run = guest.submit(exec, f"import os; os.write({writer}, b'.')\nwhile True: pass")
    os.read(reader, 1)
    os.close(reader)
    os.close(writer)
    return run


def test_a_call_returns_what_the_function_returns(guest: Interpreter) -> None:
    """With positional and keyword arguments, and in the guest."""
    assert guest.call(divmod, 7, 2) == (3, 1)
    assert guest.call(sorted, [2, 1], reverse=True) == [2, 1]
    guest.exec("x = 5")
    assert guest.call(eval, "x + 1") == 6
    assert guest.call(dict, self=1, fn=2) == {"self": 1, "fn": 2}
    guest.exec("import sys; sys.argv = ['of the guest']")
    assert guest.call(operator.attrgetter("argv"), _Module("sys")) == ["of the guest"]


class _Module:
    """Becomes the other side's module of that name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return __import__, (self.name,)


def test_its_exception_is_raised_with_the_guests_traceback(guest: Interpreter) -> None:
    """The original type, caused by what shows the guest's lines."""
    with pytest.raises(ZeroDivisionError) as caught:
        guest.call(exec, "def f(x):\n    return x / 0\nf(1)")
    cause = caught.value.__cause__
    assert isinstance(cause, ExecutionFailed)
    assert "line 2, in f" in cause.traceback_text
    assert "subinterp" not in cause.traceback_text
    with pytest.raises(ExecutionFailed, match="Own: mine"):
        guest.call(exec, "class Own(Exception): pass\nraise Own('mine')")
    with pytest.raises(ExecutionFailed, match="SystemExit"):
        guest.call(exit, 3)


def test_what_it_prints_comes_before_its_value(
    guest: Interpreter, capsys: pytest.CaptureFixture[str]
) -> None:
    """And is kept with its run."""
    guest.call(print, "hello")
    assert capsys.readouterr().out == "hello\n"
    run = guest.submit(print, "again")
    run.result(10)
    assert run.stdout == "again\n"


def test_a_submitted_call_is_a_future(guest: Interpreter) -> None:
    """For all that the standard library does with futures."""
    runs = [guest.submit(pow, 2, n) for n in range(20)]
    assert {run.result() for run in as_completed(runs, timeout=10)} == {
        2**n for n in range(20)
    }
    done, left = wait(runs, timeout=10)
    assert (len(done), left) == (20, set())
    run = runs[0]
    assert run.done()
    assert run.state == "done"
    assert run.exception() is None
    assert run.started is not None
    assert run.finished is not None
    assert run.created <= run.started <= run.finished
    assert run.elapsed is not None
    assert run.elapsed >= 0
    assert run.result() is run.result()


def test_a_submitted_call_can_be_awaited(guest: Interpreter) -> None:
    """Its value, its exception; many at the same time."""

    async def main() -> None:
        assert await guest.submit(abs, -1) == 1
        with pytest.raises(ValueError, match="invalid literal"):
            await guest.submit(int, "x")
        values = await asyncio.gather(*(guest.submit(abs, -n) for n in range(50)))
        assert values == [*range(50)]

    asyncio.run(main())


def test_queued_calls_can_be_cancelled_and_running_ones_interrupted(
    guest: Interpreter,
) -> None:
    """Who waits hears of it at once."""
    running = busy(guest)
    queued = guest.submit(abs, 1)
    waiter = threading.Thread(target=queued.exception, daemon=True)
    assert queued.cancel()
    with pytest.raises(CancelledError):
        queued.result(10)
    del waiter
    assert not running.cancel()
    with pytest.raises(TimeoutError):
        running.result(0.05)
    pause = threading.Event()
    while not running.running():  # that it has begun is told within a moment
        pause.wait(0.01)
    running.interrupt()
    with pytest.raises(KeyboardInterrupt):
        running.result(10)
    assert running.state == "interrupted"
    assert guest.call(abs, -2) == 2


def test_who_waits_for_a_call_hears_that_it_is_cancelled(guest: Interpreter) -> None:
    """In another thread, without an end of the call."""
    running = busy(guest)
    queued = guest.submit(abs, 1)
    heard: list[BaseException] = []
    waiting = threading.Event()

    def result() -> None:
        waiting.set()
        try:
            queued.result(30)
        except BaseException as error:
            heard.append(error)

    thread = threading.Thread(target=result)
    thread.start()
    waiting.wait(10)
    assert queued.cancel()
    thread.join(10)
    assert [type(error) for error in heard] == [CancelledError]
    running.interrupt()


def test_an_interrupt_of_the_caller_goes_to_the_function(guest: Interpreter) -> None:
    """And the guest is free again."""
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        while not guest.is_running():
            time.sleep(0.001)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        guest.call(exec, "while True: pass")
    thread.join()
    assert guest.call(abs, -1) == 1


def test_calls_of_a_closed_guest(guest: Interpreter) -> None:
    """Those that it has, and new ones, say that it is closed."""
    running = busy(guest)
    queued = guest.submit(abs, 1)
    guest.close()
    for run in (running, queued):
        with pytest.raises(InterpreterClosedError):
            run.result(10)
    with pytest.raises(InterpreterClosedError):
        guest.call(abs, 1)


def test_what_is_no_function(guest: Interpreter) -> None:
    """One line."""
    with pytest.raises(TypeError, match="fn must be callable, not int"):
        guest.call(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="fn must be callable, not str"):
        guest.submit("x")  # type: ignore[arg-type]


def test_calls_that_are_over_are_not_kept(guest: Interpreter) -> None:
    """They are too many, and their values may be large."""
    run = guest.submit(bytes, 10)
    run.result(10)
    guest.exec("pass")
    run.conclude(10)
    listed = [one.id for one in subinterp.registry.runs()]
    assert run.id not in listed


def test_a_function_is_sent_as_it_is_now(guest: Interpreter) -> None:
    """Also one that is kept by the guest: a new one of the same name is another."""

    def made(value: int) -> Callable[[], int]:
        space: dict[str, Callable[[], int]] = {}
        exec(f"def function(): return {value}", {"__name__": "__main__"}, space)
        return space["function"]

    assert [guest.call(made(n)) for n in (1, 2, 1)] == [1, 2, 1]
