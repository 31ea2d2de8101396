"""Guests made in advance, and who takes them."""

from __future__ import annotations

import logging
import marshal
from typing import TYPE_CHECKING

import pytest

import subinterp
from subinterp import _native, registry
from subinterp.ready import ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def pool() -> Iterator[None]:
    registry.keep_ready(1)
    ready.fill()
    assert ready.count(30) == 1
    yield
    ready.close()
    assert ready.count() == 0


def _waiting() -> list[_native.Guest]:
    return [guest for guests in ready._guests.values() for guest in guests]


def test_a_guest_is_taken_once() -> None:
    """The next name gets one of its own."""
    waiting = [guest.id for guest in _waiting()]
    first, second = subinterp.create("a"), subinterp.create("b")
    assert [first.id] == waiting
    assert second.id not in waiting
    assert ready.count(30) == 0  # nothing fills it by itself


def test_other_settings_take_none(tmp_path: Path) -> None:
    """A shared GIL, directories of its own."""
    subinterp.create("a", gil="shared")
    subinterp.create("b", path=tmp_path)
    assert ready.count() == 1


def test_the_kind_that_is_preferred_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the other kind end; who asks for that gets a new one."""
    (strict,) = _waiting()
    monkeypatch.setattr("subinterp.preferences.preferences.extensions", "private")
    registry.keep_ready(1)
    assert strict.state == "closed"
    ready.fill()
    assert ready.count(30) == 1
    (private,) = _waiting()
    assert subinterp.create("a", extensions="strict").id != private.id
    assert subinterp.create("b", extensions="private").id == private.id


def test_a_guest_of_the_other_kind_is_not_taken() -> None:
    """Whatever was preferred when it was made."""
    subinterp.create("a", extensions="private")
    assert ready.count() == 1


def test_a_taken_guest_works_on_all_its_threads() -> None:
    """It has its name before anything runs, wherever that is."""
    guest = subinterp.create("a")
    run = guest.start("import _subinterp; print(_subinterp.name)", thread="second")
    run.result(10)
    assert run.stdout == "a\n"
    assert [thread.name for thread in guest.thread_states()] == ["home", "second"]


def test_filling_twice_makes_no_more() -> None:
    """What is full stays as it is, what is under way is not begun again."""
    waiting = list(_waiting())
    ready.fill()
    assert ready.count(30) == 1
    assert list(_waiting()) == waiting
    registry.keep_ready(3)
    for _ in range(5):
        ready.fill()
    assert ready.count(30) == 3


def test_a_guest_that_died_is_passed_over() -> None:
    """The name gets a new one."""
    (guest,) = _waiting()
    guest.close(10)
    with subinterp.create("a") as made:
        assert made.id != guest.id
        made.exec("pass")


def test_a_guest_that_cannot_adopt_its_name_is_not_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told, with the guest's traceback, and ended; the name gets a new one."""
    (guest,) = _waiting()
    spoil = "import subinterp_guest.ready as r; r.adopt = lambda *_: 1 / 0"
    assert guest.perform(marshal.dumps(("exec", spoil, "spoil"))) == b""
    with caplog.at_level(logging.WARNING), subinterp.create("a") as made:
        assert made.id != guest.id
    assert guest.state == "closed"
    assert "ZeroDivisionError" in caplog.text
    assert caplog.text.count("made in advance") == 1
    ready.fill()
    assert ready.count(30) == 0


def test_no_guest_is_made_while_guests_share_the_gil(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Making it would take the notebook's time."""
    subinterp.create("a")
    monkeypatch.setattr("subinterp.preferences.preferences.gil", "shared")
    ready.fill()
    assert ready.count(30) == 0


def test_a_system_without_threads_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Cells go on without the pool."""

    def start(*_: object) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    subinterp.create("a")
    monkeypatch.setattr("threading.Thread.start", start)
    ready.fill()
    ready.fill()
    monkeypatch.undo()
    assert caplog.text.count("made in advance") == 1
