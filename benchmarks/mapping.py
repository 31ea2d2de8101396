"""10,000 tiny items, and real work, mapped over two guests and two processes."""

from __future__ import annotations

import ast
import multiprocessing
import operator
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import report
import subinterp

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
TINY = range(10_000)
FILES = [str(path) for path in sorted(Path(ast.__file__).parent.glob("*.py"))[:60]]


def parse(path: str) -> int:
    """Parse a file and count what is in it."""
    import ast
    from pathlib import Path

    return sum(1 for _ in ast.walk(ast.parse(Path(path).read_bytes())))


def measure() -> list[report.Row]:
    """Compare in turns, so that a busy machine slows all."""
    rows = []
    with ExitStack() as stack:
        group = stack.enter_context(subinterp.group("w", 2))
        spawn = multiprocessing.get_context("spawn")
        rivals: dict[str, Executor] = {
            "ProcessPoolExecutor": ProcessPoolExecutor(2, mp_context=spawn)
        }
        if sys.version_info >= (3, 14):
            from concurrent.futures import InterpreterPoolExecutor

            rivals["InterpreterPoolExecutor"] = InterpreterPoolExecutor(2)
        for rival in rivals.values():
            stack.enter_context(rival)

        tiny: dict[str, Callable[[], object]] = {
            "subinterp": lambda: list(group.map(abs, TINY)),
            "subinterp, chunksize=1": lambda: list(group.map(abs, TINY, chunksize=1)),
        }
        work: dict[str, Callable[[], object]] = {
            "subinterp": lambda: list(group.map(parse, FILES)),
        }
        for name, rival in rivals.items():
            tiny[name] = lambda rival=rival: list(rival.map(abs, TINY))
            work[name] = lambda rival=rival: list(rival.map(parse, FILES))
        tiny["ProcessPoolExecutor, chunksize=100"] = lambda: list(
            rivals["ProcessPoolExecutor"].map(abs, TINY, chunksize=100)
        )
        rows += _compared("map(abs, range(10_000))", tiny, "at most 0.5")
        rows += _compared(f"{len(FILES)} files parsed", work, "at most 1")
    return rows


def _compared(
    what: str, ways: dict[str, Callable[[], object]], aim: str
) -> list[report.Row]:
    expected = [way() for way in ways.values()]  # and all are warm from now on
    assert all(map(operator.eq, expected, expected[1:]))
    times = report.interleaved(ROUNDS, *ways.values())
    medians = dict(zip(ways, map(report.median, times), strict=True))
    ours = medians.pop("subinterp")
    return [
        report.Row(
            what,
            report.milli(ours),
            f"{name} {report.milli(theirs)}",
            f"{ours / theirs:.2g}",
            "" if "chunksize" in name else aim,
        )
        for name, theirs in medians.items()
    ]


if __name__ == "__main__":
    report.show(measure())
