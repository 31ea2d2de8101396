"""The differences that ``docs/ipython.md`` names: the page is what a run is held to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PAGE", "Difference", "Row", "rows", "unexplained", "unmet"]

PAGE = Path(__file__).parents[2] / "docs" / "ipython.md"
_ROW = re.compile(
    r"\| `(?P<module>test_\w+\.py)` \| (?P<tests>.+) \| (?P<terminal>\w+|-)"
    r" \| (?P<kernel>\w+|-) \| (?P<guest>\w+|-) \| (?P<pythons>all|[\d., ]+) \|"
)
_NAME = re.compile(r"`([^`]+)`")
_WHOLE = "the module"


@dataclass(frozen=True)
class Difference:
    """A test, or a whole module, that does not go in a guest as in terminal IPython."""

    test: str
    outcomes: tuple[str, str, str]
    """In terminal IPython, in a kernel, in a guest; "-" where there is no such test."""
    said: str
    """What pytest says of it in the guest."""


@dataclass(frozen=True)
class Row:
    """What the page says of a test or, with ``*`` in the name, of several."""

    test: str
    outcomes: tuple[str, str, str]

    def matches(self, test: str) -> bool:
        """Tell whether the row names this test."""
        pattern = ".*".join(map(re.escape, self.test.split("*")))
        return re.fullmatch(pattern, test) is not None

    def covers(self, difference: Difference) -> bool:
        """Tell whether this is what the row is about."""
        return self.outcomes == difference.outcomes and self.matches(difference.test)


def rows(python: str) -> list[Row]:
    """Read the page, for a version of Python as "3.13"."""
    lines = PAGE.read_text("utf-8").splitlines()
    return [row for line in lines for row in _read(line, python)]


def _read(line: str, python: str) -> Iterator[Row]:
    """Give what a line of a table says of each test it names."""
    found = _ROW.match(line)
    if found is None or (found["pythons"] != "all" and python not in found["pythons"]):
        return
    outcomes = found["terminal"], found["kernel"], found["guest"]
    if found["tests"] == _WHOLE:
        yield Row(found["module"], outcomes)
    for name in _NAME.findall(found["tests"]):
        yield Row(f"{found['module']}::{name}", outcomes)


def unexplained(
    differences: Iterable[Difference], known: list[Row]
) -> list[Difference]:
    """Return the differences that no row covers."""
    return [one for one in differences if not any(row.covers(one) for row in known)]


def unmet(
    differences: list[Difference], known: Iterable[Row], tests: list[str]
) -> list[Row]:
    """Return the rows that name no test, or one that goes otherwise than they say."""
    return [row for row in known if not _holds(row, differences, tests)]


def _holds(row: Row, differences: list[Difference], tests: list[str]) -> bool:
    named = {test for test in tests if row.matches(test)}
    covered = {one.test for one in differences if row.covers(one)}
    return bool(named) and named == covered
