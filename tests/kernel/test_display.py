"""How figures, tables and labelled lines look; no kernel needed."""

from __future__ import annotations

from typing import Any

import pytest

from subinterp.display import units
from subinterp.display.label import LabelRoute
from subinterp.display.table import Table


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 µs"),
        (0.00042, "420 µs"),
        (0.035, "35 ms"),
        (3.21, "3.2 s"),
        (125.4, "2 min 5 s"),
        (3840, "1 h 4 min"),
    ],
)
def test_durations_have_the_digits_that_matter(seconds: float, text: str) -> None:
    """From microseconds to hours."""
    assert units.elapsed(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (5 * 2**20, "5.0 MiB"),
        (3 * 2**30, "3.0 GiB"),
        (2**45, "32768.0 GiB"),
    ],
)
def test_sizes_are_in_binary_units(count: int, text: str) -> None:
    """From bytes to gibibytes."""
    assert units.size(count) == text


def test_a_table_is_aligned_text_and_escaped_html() -> None:
    """Numbers to the right, words to the left."""
    table = Table(("name", "n"), (("<a>", "1"), ("b", "100")), numbers=frozenset({"n"}))
    bundle = table._repr_mimebundle_()
    assert bundle["text/plain"] == "name    n\n<a>     1\nb     100"
    assert "&lt;a&gt;" in bundle["text/html"]
    assert table[1] == {"name": "b", "n": "100"}


def test_an_empty_table_says_so() -> None:
    """No bare headings."""
    table = Table(("name",), (), empty="no interpreters")
    assert repr(table) == "no interpreters"
    assert "no interpreters" in table._repr_mimebundle_()["text/html"]


class _Recorder:
    """A route that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []

    def stream(self, name: str, text: str) -> None:
        self.seen.append((name, text))

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        self.seen.append((msg_type, content))


def test_labels_stand_before_whole_lines_only() -> None:
    """A piece of a line waits for the rest; each stream has its own."""
    inner = _Recorder()
    label = LabelRoute(inner, "w0")
    label.stream("stdout", "on")
    label.stream("stderr", "err\n")
    label.stream("stdout", "e\ntwo\nthr")
    label.stream("stdout", "ee")
    assert inner.seen == [("stderr", "[w0] err\n"), ("stdout", "[w0] one\n[w0] two\n")]
    label.end()
    assert inner.seen[-1] == ("stdout", "[w0] three\n")
    label.stream("stdout", "late")
    assert inner.seen[-1] == ("stdout", "[w0] late\n")


def test_an_unfinished_line_comes_before_a_display() -> None:
    """The order of the guest's output is kept."""
    inner = _Recorder()
    label = LabelRoute(inner, "w0")
    label.stream("stdout", "before")
    label.message("display_data", {"data": {"text/plain": "x"}, "metadata": {}})
    assert inner.seen == [
        ("stdout", "[w0] before\n"),
        ("display_data", {"data": {"text/plain": "[w0] x"}, "metadata": {}}),
    ]


def test_one_of_several_guests_cannot_clear_the_output_of_all() -> None:
    """clear_output stays behind."""
    inner = _Recorder()
    LabelRoute(inner, "w0").message("clear_output", {"wait": False})
    assert inner.seen == []


def test_the_content_of_the_run_is_not_changed() -> None:
    """The label is for this front end; the run's record keeps what the guest sent."""
    content = {"data": {"text/plain": "42"}, "metadata": {}}
    LabelRoute(_Recorder(), "w0").message("execute_result", content)
    assert content == {"data": {"text/plain": "42"}, "metadata": {}}
