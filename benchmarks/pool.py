"""Pools: tiny calls, real work, and the time until the first results."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import report
from pool_kinds import KINDS, WORKERS, imported
from pool_tasks import count_nodes, noop

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

CALLS = 1_000
ITEMS = 10_000
ROUNDS = 5
COLD_ROUNDS = 7
# Of the standard library: enough for seconds, of sizes that files have.
FILES = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))


def calls(pool: Executor) -> list[float]:
    """Submit a call that does nothing and wait for it, one after another."""
    return [report.timed(lambda: pool.submit(noop).result()) for _ in range(CALLS)]


def tiny(pool: Executor) -> list[float]:
    """Map ten thousand items that are next to no work."""
    return [report.timed(lambda: list(pool.map(abs, range(ITEMS))))]


def real(pool: Executor) -> list[float]:
    """Parse files."""
    paths = [str(path) for path in FILES]
    return [report.timed(lambda: list(pool.map(count_nodes, paths)))]


def warm(pool: Executor) -> None:
    """Have all workers made, and what they need imported."""
    list(pool.map(count_nodes, [str(path) for path in FILES[: 4 * WORKERS]]))
    list(pool.map(abs, range(4 * WORKERS)))


def cold(name: str) -> float:
    """Have a process of its own make a pool and use it; return how long that took."""
    script = Path(__file__).with_name("pool_kinds.py")
    command = [sys.executable, script, name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def rows(
    what: str,
    times: dict[str, list[float]],
    show: Callable[[float], str],
    aim: str,
    rival: str = "",
) -> list[report.Row]:
    """Compare medians with ours; the aim concerns the rival, else the best."""
    medians = {name: report.median(taken) for name, taken in times.items()}
    ours = medians.pop("subinterp")
    rival = rival or min(medians, key=lambda name: medians[name])
    return [
        report.Row(
            what,
            show(ours),
            f"{name} {show(theirs)}",
            f"{ours / theirs:.2g}",
            aim if name == rival else "",
        )
        for name, theirs in medians.items()
    ]


def measure() -> list[report.Row]:
    """Compare in turns, so that a busy machine slows all."""
    kinds = {
        "submit(noop).result()": (calls, report.micro, "at most 0.5"),
        f"map of {ITEMS:,} tiny items": (tiny, report.milli, "at most 0.5"),
        f"map of {len(FILES)} files to parse": (real, report.milli, "at most 1"),
    }
    times: dict[str, dict[str, list[float]]]
    times = {what: {name: [] for name in KINDS} for what in kinds}
    with ExitStack() as stack:
        pools = {name: stack.enter_context(imported(name)()) for name in KINDS}
        for pool in pools.values():
            warm(pool)
        for what, (work, _, _) in kinds.items():
            for _ in range(ROUNDS):
                for name, pool in pools.items():
                    times[what][name] += work(pool)
    starts: dict[str, list[float]] = {name: [] for name in KINDS}
    for _ in range(COLD_ROUNDS):
        for name in KINDS:
            starts[name].append(cold(name))
    table = []
    for what, (_, show, aim) in kinds.items():
        table += rows(what, times[what], show, aim)
    return table + rows(
        "the first pool of a process, two calls",
        starts,
        report.milli,
        "at most 0.2",
        "ProcessPoolExecutor",
    )


if __name__ == "__main__":
    report.show(measure())
