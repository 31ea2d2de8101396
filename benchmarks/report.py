"""The rows that benchmarks print, and how they are measured."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADINGS = ("what", "subinterp", "against", "ratio", "aim")


class Row(NamedTuple):
    """One comparison, in words and figures."""

    what: str
    ours: str
    against: str = ""
    ratio: str = ""
    aim: str = ""


def show(rows: Sequence[Row]) -> None:
    """Print rows as an aligned table."""
    table = [HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip(), flush=True)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def interleaved(number: int, *works: Callable[[], object]) -> list[list[float]]:
    """Time several kinds of work in turn, so that noise falls on all of them."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(number):
        for work, taken in zip(works, times, strict=True):
            taken.append(timed(work))
    return times


def median(times: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(times)


def micro(seconds: float) -> str:
    """Show microseconds."""
    return f"{seconds * 1e6:,.1f} µs"


def milli(seconds: float) -> str:
    """Show milliseconds."""
    return f"{seconds * 1e3:,.2f} ms"


def mebi(size: float) -> str:
    """Show bytes as MiB."""
    return f"{size / 2**20:,.1f} MiB"
