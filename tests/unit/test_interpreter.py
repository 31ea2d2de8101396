"""One guest: its life, its threads, what it is made from."""

from __future__ import annotations

import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import subinterp
from subinterp import Run
from subinterp.errors import InterpreterBusyError, InterpreterClosedError
from subinterp.history import history

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Deaf
    from subinterp import Interpreter

LOOP = "while True: pass"
# A guest knows best when the host's main thread waits for it.
ALARM = "import os, signal; os.kill(os.getpid(), signal.SIGALRM)"


@contextmanager
def alarm_interrupts() -> Iterator[None]:
    """Have SIGALRM raise KeyboardInterrupt, as SIGINT does."""
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, old)


def begun(run: Run) -> Run:
    """Wait until it runs."""
    event = threading.Event()
    run.add_state_callback(lambda run: event.set() if run.running() else None)
    assert event.wait(10)
    return run


def test_a_guest_shows_what_it_is(guest: Interpreter) -> None:
    """Name, id, GIL, state, memory."""
    assert (guest.name, guest.gil, guest.state) == ("a", "own", "idle")
    assert guest.id > 0
    assert repr(guest) == f"<Interpreter 'a' id={guest.id} idle>"
    assert guest.memory > 100_000
    assert guest.created <= time.time()
    assert hash(guest) == hash(guest)
    assert guest != subinterp.create("b")


def test_the_namespace_lasts(guest: Interpreter) -> None:
    """Runs share __main__, and it is not the host's."""
    guest.exec("x = 1")
    guest.exec("assert x == 1 and __name__ == '__main__'")
    guest.exec("assert '_pytest' not in __import__('sys').modules")


def test_indented_code_is_fine(guest: Interpreter) -> None:
    """Code in a function's string is indented; its own strings are not touched."""
    guest.exec("""
        x = 1
        if x:
            y = 2
    """)
    guest.exec("s = '''\n  kept'''\nassert y == 2 and s == '\\n  kept'")


def test_code_is_a_str(guest: Interpreter) -> None:
    """Other types are refused before anything runs."""
    with pytest.raises(TypeError, match="must be a str, not int"):
        guest.exec(1)  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_is_positive(guest: Interpreter, timeout: float) -> None:
    """No time at all is a mistake."""
    with pytest.raises(ValueError, match="positive"):
        guest.exec("pass", timeout=timeout)


def test_shared_gil(guest: Interpreter) -> None:
    """A guest may share the host's GIL."""
    shared = subinterp.create("s", gil="shared")
    assert (shared.gil, guest.gil) == ("shared", "own")
    shared.exec("x = 1")


def test_running_is_seen(guest: Interpreter) -> None:
    """State, current run and queue while something runs."""
    run = begun(guest.start(LOOP))
    queued = guest.start("pass")
    assert guest.is_running()
    assert (guest.state, guest.current_run, guest.queued) == ("running", run, 1)
    queued.cancel()
    run.interrupt()
    wait([run], timeout=10)
    assert (guest.is_running(), guest.current_run, guest.queued) == (False, None, 0)


def test_interrupt_stops_what_runs_and_not_what_waits(guest: Interpreter) -> None:
    """On every thread of the guest; the queue goes on."""
    runs = [begun(guest.start(LOOP)), begun(guest.start(LOOP, thread="t"))]
    queued = guest.start("pass")
    guest.interrupt()
    assert queued.result(10) is None
    wait(runs, timeout=10)
    assert [run.state for run in runs] == ["interrupted"] * 2


def test_the_ids_agree(guest: Interpreter, capsys: pytest.CaptureFixture[str]) -> None:
    """The guest itself has the id that its handle shows."""
    guest.exec("""
        import threading
        print(threading.get_native_id())
    """)
    (home,) = guest.thread_states()
    assert home.name == "home"
    assert capsys.readouterr().out == f"{home.native_id}\n"


def test_threads_of_a_guest_have_a_state_each(guest: Interpreter) -> None:
    """Home, an extra one and one of Python's own, each with what it does."""
    run = begun(guest.start("import time\nwhile True: time.sleep(1)", thread="extra"))
    guest.exec("""
        import threading
        stop = threading.Event()
        threading.Thread(target=stop.wait, name="mine").start()
    """)
    states = guest.thread_states()
    shown = [(state.name, state.state, state.run) for state in states]
    assert shown == [
        ("home", "idle", None),
        ("extra", "running", run),
        ("mine", "running", None),
    ]
    assert len({state.id for state in states}) == 3
    assert len({state.native_id for state in states}) == 3
    guest.exec("stop.set()")


def test_extra_threads_run_beside_home(guest: Interpreter) -> None:
    """A run on another thread ends while home is busy, in the same namespace."""
    run = begun(guest.start("x = 0\nwhile not x: pass"))
    guest.exec("x = 1", thread="t")
    assert run.result(10) is None
    guest.exec("x = 2", thread="home")
    with pytest.raises(ValueError, match="cannot call thread '1'"):
        guest.start("pass", thread="1")


# What it is made from


def test_path_comes_first(tmp_path: Path) -> None:
    """Modules of the guest's own directories win over all others."""
    (tmp_path / "wave.py").write_text("mine = True", encoding="utf-8")
    with subinterp.create("a", path=[tmp_path]) as guest:
        guest.exec("import wave; assert wave.mine")
        guest.exec(f"import sys; assert sys.path[0] == {str(tmp_path)!r}")


def test_one_path_may_stand_alone(tmp_path: Path) -> None:
    """A str is one directory, not its letters."""
    with subinterp.create("a", path=str(tmp_path)) as guest:
        guest.exec(f"import sys; assert sys.path[0] == {str(tmp_path)!r}")


def test_the_guest_has_the_hosts_path_and_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As they are when it is made; entries that are no text are left out."""
    entries = [*sys.path, "/else/where", "/not\udc80utf8"]
    monkeypatch.setattr(sys, "path", entries)
    monkeypatch.setattr(sys, "argv", ["prog", "-x"])
    with subinterp.create("a") as guest:
        guest.exec("""
            import sys
            assert "/else/where" in sys.path
            assert not any("utf8" in entry for entry in sys.path)
            assert sys.argv == ["prog", "-x"]
        """)


def test_subinterp_does_not_nest(guest: Interpreter) -> None:
    """Inside a guest, importing it is refused with a reason."""
    with pytest.raises(ImportError, match="nest"):
        guest.exec("import subinterp")


# exec


def test_exec_raises_timeout(guest: Interpreter) -> None:
    """Within a moment after the time is over; the guest can be used at once."""
    with pytest.raises(TimeoutError, match=r"interrupted after 0\.2 s"):
        guest.exec(LOOP, timeout=0.2)
    guest.exec("pass")


def test_exec_gives_up_on_what_cannot_be_interrupted(
    deaf: Deaf,
) -> None:
    """The caller is released and told that the run goes on."""
    with pytest.raises(TimeoutError, match="it goes on"):
        deaf.guest.exec("other.acquire()", thread="t", timeout=0.1)
    deaf.guest.exec("other.release()", thread="u")


def test_keyboard_interrupt_in_exec_stops_the_run(guest: Interpreter) -> None:
    """Ctrl-C goes to the guest, and is raised in the host with the guest's place."""
    with alarm_interrupts(), pytest.raises(KeyboardInterrupt) as caught:
        guest.exec(f"{ALARM}\n{LOOP}")
    assert "while True" in str(caught.value.__cause__)
    assert guest.state == "idle"


def test_keyboard_interrupt_in_exec_leaves_the_deaf_behind(
    deaf: Deaf,
) -> None:
    """After a second the host has it back, with a note."""
    with alarm_interrupts(), pytest.raises(KeyboardInterrupt) as caught:
        deaf.guest.exec(f"{ALARM}\nother.acquire()", thread="t")
    assert "did not stop and goes on" in caught.value.__notes__[0]
    deaf.guest.exec("other.release()", thread="u")


# The end


def test_close_is_final_and_idempotent(guest: Interpreter) -> None:
    """Afterwards everything is refused by name."""
    guest.close()
    guest.close()
    assert (guest.state, guest.queued, guest.memory) == ("closed", 0, 0)
    for use in (
        lambda: guest.exec("pass"),
        lambda: guest.start("pass"),
        lambda: guest.start_cell("pass", execution_count=1),
        guest.interrupt,
        guest.restart,
        guest.thread_states,
    ):
        with pytest.raises(InterpreterClosedError, match="interpreter 'a'"):
            use()


def test_the_context_manager_closes() -> None:
    """Also when the block raises."""
    with pytest.raises(ZeroDivisionError), subinterp.create("a") as guest:
        guest.exec("1/0")
    assert guest.state == "closed"


def test_close_ends_all_runs(guest: Interpreter) -> None:
    """What ran and what waited both end with InterpreterClosedError."""
    runs = [begun(guest.start(LOOP)), guest.start("pass"), guest.start("pass")]
    guest.close()
    for run in runs:
        with pytest.raises(InterpreterClosedError, match=f"cannot finish run {run.id}"):
            run.result(10)
        assert run.state == "interrupted"


def test_close_of_the_deaf_is_busy(
    deaf: Deaf,
) -> None:
    """It stays as closing, refuses work, and can be closed once it listens."""
    guest = deaf.guest
    queued = guest.start("pass")
    with pytest.raises(InterpreterBusyError, match=r"within 0\.1 s"):
        guest.close(0.1)
    assert guest.state == "closing"
    assert subinterp.list_all() == [guest]
    with pytest.raises(InterpreterClosedError, match="it is closing"):
        guest.exec("pass")
    with pytest.raises(InterpreterClosedError, match="before the run began"):
        queued.result(10)
    deaf.release()
    guest.close()
    assert subinterp.list_all() == []


def test_close_runs_exit_functions(
    guest: Interpreter, capsys: pytest.CaptureFixture[str]
) -> None:
    """And their output arrives."""
    guest.exec("import atexit; atexit.register(print, 'bye')")
    guest.close()
    subinterp.create("b").exec("pass")  # its end comes after all earlier output
    assert capsys.readouterr().out == "bye\n"


def test_run_races_close(guest: Interpreter) -> None:
    """Whatever the order, every run ends and nothing breaks (gh-127041)."""
    runs: list[Run] = []

    def start() -> None:
        try:
            while True:
                runs.append(guest.start("x = 1"))
        except InterpreterClosedError:
            pass

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(start) for _ in range(2)]
        wait(futures, timeout=0.05)
        pool.submit(guest.close).result(30)
    for run in runs:
        assert isinstance(run.exception(10), InterpreterClosedError | None)


def test_restart_gives_a_clean_guest(guest: Interpreter) -> None:
    """Same handle, name and settings; another id and namespace."""
    old = guest.id
    run = begun(guest.start(LOOP))
    guest.restart()
    assert guest.id != old
    assert subinterp.get("a") is guest
    with pytest.raises(InterpreterClosedError):
        run.result(10)
    guest.exec("assert 'x' not in globals()")


def test_the_name_is_not_free_during_a_restart(
    guest: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can take it, or find the guest gone, between the two guests."""
    boot = subinterp.Interpreter.boot
    seen: list[object] = []

    def look(self: Interpreter) -> None:
        seen.extend([self.state, *subinterp.list_all()])
        boot(self)

    monkeypatch.setattr(subinterp.Interpreter, "boot", look)
    guest.restart()
    assert seen == ["closing", guest]
    assert guest.state == "idle"


def test_restarts_at_once_leave_one_guest(guest: Interpreter) -> None:
    """They follow each other."""
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(guest.restart) for _ in range(3)]:
            done.result(30)
    assert subinterp.list_all() == [guest]
    guest.exec("pass")


def test_restart_leaves_the_deaf_behind(deaf: Deaf) -> None:
    """The new guest works while the old one goes on; its run ends when it can."""
    deaf.guest.restart()
    deaf.guest.exec("pass")
    assert deaf.run.running()
    deaf.release()
    wait([deaf.run], timeout=10)
    assert deaf.run.done()


def test_a_run_whose_cancel_was_cut_off_is_cancelled(guest: Interpreter) -> None:
    """It is in no queue any more, and nobody else would end it."""
    begun(guest.start(LOOP))
    queued = guest.start("pass")
    assert queued.guest.cancel(queued.id)  # cancel() begins so
    assert wait([queued], timeout=10).done == {queued}
    assert queued.cancelled()
    assert queued.finished is not None


def test_close_ends_a_run_that_the_guest_never_got(guest: Interpreter) -> None:
    """A KeyboardInterrupt may come between its place in the history and its queue."""
    running = begun(guest.start(LOOP))
    lost = Run(guest, running.guest, "pass")
    history.add(lost)
    guest.close()
    assert running.done()
    assert isinstance(lost.exception(0), InterpreterClosedError)


def test_keyboard_interrupt_in_close_loses_no_run(guest: Interpreter) -> None:
    """The runs that close() has dropped are told even if close() is interrupted."""
    guest.exec("import atexit, time; atexit.register(time.sleep, 0.5)")
    guest.exec(f"atexit.register(exec, {ALARM!r})")
    running, queued = begun(guest.start(LOOP)), guest.start("pass")
    with alarm_interrupts(), pytest.raises(KeyboardInterrupt):
        guest.close()
    assert isinstance(queued.exception(10), InterpreterClosedError)
    assert isinstance(running.exception(10), InterpreterClosedError)
    guest.close()
