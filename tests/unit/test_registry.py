"""Guests by name."""

from __future__ import annotations

import _interpreters
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import psutil
import pytest

import subinterp
from subinterp import memory, registry
from subinterp.errors import (
    InterpreterBusyError,
    InterpreterExistsError,
    InterpreterNotFoundError,
    InterpreterStartError,
)

if TYPE_CHECKING:
    from conftest import Deaf
    from subinterp import Interpreter


def names() -> list[str]:
    """Who is there."""
    return [guest.name for guest in subinterp.list_all()]


def code_in_child(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_importing_subinterp_imports_no_ipython_and_starts_no_thread() -> None:
    """A script that only imports it pays nothing."""
    done = code_in_child(
        "import subinterp, sys, threading\n"
        "bad = {'IPython', 'ipykernel', 'traitlets', 'psutil'} & set(sys.modules)\n"
        "print(bad, threading.active_count())"
    )
    assert (done.stdout, done.stderr) == ("set() 1\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only psutil knows")
def test_making_a_guest_imports_no_psutil() -> None:
    """That would take as long as the guest."""
    done = code_in_child(
        "import subinterp, sys\n"
        "subinterp.create('a').close()\n"
        "print('psutil' in sys.modules)"
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_memory_that_is_free_is_what_psutil_says() -> None:
    """Up to what others take and give back meanwhile."""
    theirs = psutil.virtual_memory().available
    assert theirs / 2 < (memory._free_on_machine() or 0) < theirs * 2


def test_the_public_names_are_listed() -> None:
    """dir() shows what is for users and nothing else, and all of it is there."""
    assert sorted(dir(subinterp)) == sorted(subinterp.__all__)
    for name in subinterp.__all__:
        assert getattr(subinterp, name) is not None


def test_guests_are_listed_in_order_of_creation() -> None:
    """Not in order of name."""
    for name in ("c", "a", "b"):
        subinterp.create(name)
    assert names() == ["c", "a", "b"]


def test_names_are_made_up_on_request() -> None:
    """The lowest free number is taken; a closed guest's name is free again."""
    first, second = subinterp.create(), subinterp.create()
    assert (first.name, second.name) == ("interp-1", "interp-2")
    first.close()
    assert subinterp.create().name == "interp-1"
    assert names() == ["interp-2", "interp-1"]


def test_a_name_is_taken_once(guest: Interpreter) -> None:
    """The second create fails and the first guest is as it was."""
    with pytest.raises(InterpreterExistsError, match=r"cannot create interpreter 'a'"):
        subinterp.create("a")
    assert subinterp.get("a") is guest


def test_the_name_of_a_closed_guest_is_free(guest: Interpreter) -> None:
    """A closed guest is not listed and can be made anew, with another id."""
    guest.close()
    assert names() == []
    again = subinterp.create("a")
    assert again is not guest
    assert again.id != guest.id


@pytest.mark.usefixtures("guest")
def test_get_suggests_what_was_meant() -> None:
    """The error names similar guests."""
    subinterp.create("worker")
    with pytest.raises(InterpreterNotFoundError, match="did you mean 'worker'"):
        subinterp.get("wroker")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gil": "mine"}, "gil must be 'own' or 'shared'"),
        ({"path": ["/no/such/place"]}, "path has no directory '/no/such/place'"),
        (
            {"gil": "shared", "extensions": "private"},
            "extensions='private' is for a guest with a GIL of its own",
        ),
    ],
)
def test_bad_options_make_nothing(options: dict[str, str], message: str) -> None:
    """One clear line, and the name stays free."""
    with pytest.raises(ValueError, match=message):
        subinterp.create("a", **options)  # type: ignore[arg-type]
    assert names() == []


def test_the_kind_of_extensions_is_a_setting() -> None:
    """A guest tells its own, and keeps it."""
    with subinterp.create(extensions="private") as private:
        private.restart()
        assert private.extensions == "private"
    with subinterp.create() as strict:
        assert strict.extensions == "strict"
    with subinterp.group("w", 1, extensions="private") as group:
        assert group[0].extensions == "private"


@pytest.mark.parametrize(
    ("platform", "abiflags", "message"),
    [
        ("darwin", "", "extensions='private' needs Linux; use 'strict'"),
        ("linux", "t", "extensions='private' needs a Python with a GIL; use 'strict'"),
    ],
)
def test_private_copies_are_not_for_every_system(
    monkeypatch: pytest.MonkeyPatch, platform: str, abiflags: str, message: str
) -> None:
    """One line says what it needs."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "abiflags", abiflags)
    with pytest.raises(ValueError, match=f"^{message}$"):
        subinterp.create("a", extensions="private")
    assert names() == []


def test_a_guest_that_cannot_start_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is told, and the name is free."""
    monkeypatch.setattr("subinterp.preferences.preferences.memory_floor", 1 << 40)
    with pytest.raises(InterpreterStartError, match="MiB of memory") as caught:
        subinterp.create("a")
    assert "this machine has" in caught.value.reason
    assert names() == []
    monkeypatch.undo()
    subinterp.create("a").close()


def test_guests_are_created_in_parallel() -> None:
    """Many threads at once get a guest each."""
    with ThreadPoolExecutor(8) as pool:
        guests = list(pool.map(subinterp.create, [f"p{i}" for i in range(16)]))
    assert {guest.name for guest in guests} == set(names())
    assert len({guest.id for guest in guests}) == 16


def test_one_of_many_gets_the_name() -> None:
    """Threads that want the same name: one wins, the others are told."""

    def create(_: int) -> bool:
        try:
            subinterp.create("same")
        except InterpreterExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_create_many_makes_all() -> None:
    """In the order of the names."""
    made = registry.create_many(["x", "y", "z"])
    assert [guest.name for guest in made] == ["x", "y", "z"]


def test_create_many_makes_all_or_none(guest: Interpreter) -> None:
    """A name that is taken or bad, or comes twice, makes none."""
    for bad in (["x", "a"], ["x", "1"], ["x", "x"]):
        with pytest.raises((InterpreterExistsError, ValueError)):
            registry.create_many(bad)
    assert subinterp.list_all() == [guest]


def test_create_many_takes_back_what_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third fails, so the others are closed again."""
    boot = subinterp.Interpreter.boot

    def fail(self: Interpreter) -> None:
        if self.name == "z":
            raise InterpreterStartError(self.name, "no luck")
        boot(self)

    monkeypatch.setattr(subinterp.Interpreter, "boot", fail)
    with pytest.raises(InterpreterStartError, match="no luck"):
        registry.create_many(["x", "y", "z"])
    assert names() == []


def test_keyboard_interrupt_during_create_leaves_nothing() -> None:
    """However late it comes: afterwards nobody holds name, guest or thread."""
    for delay in (0.0005, 0.005, 0.01, 0.02, 0.05, 0.1):
        old = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, delay)
            subinterp.create("a")
            threading.Event().wait(5)
        except KeyboardInterrupt:
            pass
        else:
            pytest.fail("no interrupt came")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)
        subinterp.close_all()
        assert names() == []
        # Guests without a name would be known to CPython only.
        assert [entry[0] for entry in _interpreters.list_all()] == [0]


# match


@pytest.fixture
def three() -> list[Interpreter]:
    """Guests w1, w2 and x."""
    return registry.create_many(["w1", "w2", "x"])


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["x"], "x"),
        (["x", "w1"], "x w1"),
        (["x,w1"], "x w1"),
        (["w*"], "w1 w2"),
        (["w[2]", "w?"], "w2 w1"),
        (["all"], "w1 w2 x"),
        (["w2", "all", "w2"], "w2 w1 x"),
        (["x,,"], "x"),
        ([], ""),
    ],
)
@pytest.mark.usefixtures("three")
def test_match(patterns: list[str], expected: str) -> None:
    """In the order of the patterns, each guest once."""
    found = [guest.name for guest in registry.match(patterns)]
    assert found == expected.split()


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("pattern", ["y", "y*", "x,y", "W*"])
def test_match_of_nothing_is_an_error(pattern: str) -> None:
    """Case counts, and one that is missing spoils the rest."""
    with pytest.raises(InterpreterNotFoundError):
        registry.match([pattern])


def test_all_of_nothing_is_nothing() -> None:
    """There is no name that could be wrong."""
    assert registry.match(["all"], create=True) == []


def test_match_creates_what_is_named_in_full(three: list[Interpreter]) -> None:
    """New ones stand where they were named; patterns create nothing."""
    found = registry.match(["new", "w*", "newer"], create=True)
    assert [guest.name for guest in found] == ["new", "w1", "w2", "newer"]
    assert found[1:3] == three[:2]
    with pytest.raises(InterpreterNotFoundError):
        registry.match(["q*"], create=True)


def test_match_creates_nothing_if_a_name_is_bad() -> None:
    """All names are looked at first."""
    for bad in ("main", "1x"):
        with pytest.raises(ValueError, match="cannot call interpreter"):
            registry.match(["good", bad], create=True)
    assert names() == []


def test_match_in_two_threads_makes_one_guest() -> None:
    """The second cell that names a new guest waits for it."""
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: registry.match(["m", "n"], create=True), range(4))
        )
    assert all(one == found[0] for one in found)
    assert sorted(names()) == ["m", "n"]


# Closing and replacing


def test_close_all_closes_all_at_once() -> None:
    """Guests that run are interrupted, in the time of one."""
    guests = registry.create_many([f"g{i}" for i in range(4)])
    runs = [guest.start("while True: pass") for guest in guests]
    subinterp.close_all()
    assert names() == []
    assert all(run.done() for run in runs) or not wait(runs, timeout=5).not_done


def test_close_all_names_who_is_busy(deaf: Deaf) -> None:
    """The others are closed, and a later close_all succeeds."""
    subinterp.create("good")
    with pytest.raises(InterpreterBusyError, match="interpreter 'deaf'") as caught:
        subinterp.close_all(1.0)
    assert caught.value.names == ("deaf",)
    assert names() == ["deaf"]
    assert deaf.guest.state == "closing"
    deaf.release()
    subinterp.close_all()
    assert names() == []


def test_replace_keeps_name_and_handle(guest: Interpreter) -> None:
    """The variables are gone, the handle stands for the new guest."""
    old = guest.id
    guest.exec("x = 1")
    assert registry.replace("a") is guest
    assert guest.id != old
    with pytest.raises(NameError):
        guest.exec("x")


# Runs


def test_runs_are_found_by_number(guest: Interpreter) -> None:
    """Live and finished ones, oldest first."""
    first, second = guest.start("pass"), guest.start("pass")
    second.result(10)
    assert registry.find_run(first.id) is first
    assert registry.runs()[-2:] == [first, second]
    with pytest.raises(LookupError, match="cannot find run 0"):
        registry.find_run(0)
