"""Where output goes without a front end."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from subinterp.route import ConsoleRoute, current_route, set_route_factory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subinterp import Interpreter


class Silent:
    """A route that takes everything."""

    def stream(self, name: str, text: str) -> None: ...
    def message(self, msg_type: str, content: dict[str, Any]) -> None: ...


@pytest.fixture
def factory() -> Iterator[None]:
    """Undo what the test sets."""
    yield
    set_route_factory(None)


def test_streams_stay_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Each goes to the host's stream of that name."""
    route = ConsoleRoute()
    route.stream("stdout", "out")
    route.stream("stderr", "err")
    assert capsys.readouterr() == ("out", "err")


def test_a_display_is_printed_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The console shows text/plain and ignores what has none."""
    route = ConsoleRoute()
    route.message("display_data", {"data": {"text/plain": "42", "text/html": "<b>"}})
    route.message("clear_output", {"wait": True})
    assert capsys.readouterr().out == "42\n"


def test_text_that_the_console_cannot_encode_is_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An ASCII console gets the text with escapes instead of an exception."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    ConsoleRoute().stream("stdout", "aä")
    assert raw.getvalue() == b"a\\xe4"


def test_a_host_without_streams_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """pythonw has sys.stdout None."""
    monkeypatch.setattr(sys, "stdout", None)
    ConsoleRoute().stream("stdout", "lost")


@pytest.mark.usefixtures("factory")
def test_the_factory_makes_the_routes() -> None:
    """What the kernel extension sets is used until it is unset."""
    set_route_factory(Silent)
    assert isinstance(current_route(), Silent)
    set_route_factory(None)
    assert isinstance(current_route(), ConsoleRoute)


def test_output_of_exec_is_there_when_exec_returns(
    guest: Interpreter, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of a run follows its output, so a caller sees all of it."""
    guest.exec("""
        import sys
        for i in range(1000):
            print(i)
        print("error", file=sys.stderr)
    """)
    out, err = capsys.readouterr()
    assert out.split() == [str(i) for i in range(1000)]
    assert err == "error\n"
