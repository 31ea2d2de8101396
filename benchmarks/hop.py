"""The core alone: a job to an idle worker and back, with no thread in between.

The events are drained here, by the thread that submits: this is what the native part
costs. A `Run` adds the pump thread's hop and what the Python side does.
"""

from __future__ import annotations

import concurrent.futures
import marshal
import sys
from typing import TYPE_CHECKING

import report
import subinterp
from subinterp import _native

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
HOPS = 2_000
EXEC = marshal.dumps(("exec", "pass", "<benchmark>"))
SETUP = marshal.dumps({"name": "hop", "argv": [""], "colors": "neutral"})


def hops(*works: Callable[[], object]) -> list[float]:
    """Time many single hops of each kind, in turns of HOPS; return the medians."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            taken += [report.timed(work) for _ in range(HOPS)]
    return [report.median(taken) for taken in times]


def native(others: dict[str, Callable[[], object]]) -> list[float]:
    """Time the native hop, and the others in turn with it."""
    guest = _native.Guest("hop", True, list(sys.path), SETUP)
    runs = iter(range(1, sys.maxsize))

    def hop() -> None:
        guest.submit(next(runs), EXEC)
        while all(kind != _native.FINISHED for _, kind, _ in _native.drain(0, 10)):
            pass

    medians = hops(hop, *others.values())
    guest.close(5.0)
    return medians


def measure() -> list[report.Row]:
    """Compare the native hop with what else there is, and with the whole way."""
    threads = concurrent.futures.ThreadPoolExecutor(1)
    others: dict[str, Callable[[], object]] = {
        "ThreadPoolExecutor(1)": lambda: threads.submit(int).result(),
    }
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        theirs = interpreters.create()
        others["concurrent.interpreters' exec"] = lambda: theirs.exec("pass")
    # Natively first: from the first run on, the events belong to the pump thread.
    ours, *medians = native(others)
    threads.shutdown()
    with subinterp.create("api") as guest:
        [whole] = hops(lambda: guest.exec("pass"))
    return [
        *(
            report.Row(
                f"native hop (median of {ROUNDS} x {HOPS:,})",
                report.micro(ours),
                f"{name} {report.micro(other)}",
                f"{ours / other:.2f}",
                "at most 20 µs, aim 10",
            )
            for name, other in zip(others, medians, strict=True)
        ),
        report.Row(
            "Interpreter.exec('pass')",
            report.micro(whole),
            f"native hop {report.micro(ours)}",
            f"{whole / ours:.2f}",
        ),
    ]


if __name__ == "__main__":
    report.show(measure())
