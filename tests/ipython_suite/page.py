"""The differences that ``docs/ipython.md`` names: the page is what a run is held to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PAGE", "Difference", "Row", "rows", "unexplained", "unmet"]

PAGE = Path(__file__).parents[2] / "docs" / "ipython.md"
_ROW = re.compile(
    r"\| `(?P<test>[^`]+)` \| (?P<terminal>\w+|-) \| (?P<kernel>\w+|-)"
    r" \| (?P<guest>\w+|-) \| (?P<pythons>[\d., ]*) ?\|"
)


@dataclass(frozen=True)
class Difference:
    """A test that does not go in a guest as in terminal IPython."""

    test: str
    outcomes: tuple[str, str, str]
    """In terminal IPython, in a kernel, in a guest; "-" where there is no such test."""
    said: str
    """What pytest says of it in the guest."""


@dataclass(frozen=True)
class Row:
    """A line of a table on the page; for one test or, with a final ``*``, several."""

    test: str
    outcomes: tuple[str, str, str]

    @classmethod
    def of(cls, line: str, python: str) -> Self | None:
        """Read a line; None if it is no row for this version of Python."""
        found = _ROW.match(line)
        if found is None or python not in (found["pythons"] or python):
            return None
        return cls(found["test"], (found["terminal"], found["kernel"], found["guest"]))

    def covers(self, difference: Difference) -> bool:
        """Tell whether this is what the row is about."""
        start = self.test.removesuffix("*")
        test = difference.test
        same = test == start if start == self.test else test.startswith(start)
        return same and self.outcomes == difference.outcomes


def rows(python: str) -> list[Row]:
    """Read the page, for a version of Python as "3.13"."""
    found = (Row.of(line, python) for line in PAGE.read_text("utf-8").splitlines())
    return [row for row in found if row is not None]


def unexplained(
    differences: Iterable[Difference], known: list[Row]
) -> list[Difference]:
    """Return the differences that no row covers."""
    return [one for one in differences if not any(row.covers(one) for row in known)]


def unmet(differences: list[Difference], known: Iterable[Row]) -> list[Row]:
    """Return the rows that cover no difference."""
    return [row for row in known if not any(map(row.covers, differences))]
