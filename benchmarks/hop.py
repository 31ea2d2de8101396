"""A job to an idle worker and back, from the core alone to the whole API.

In the core's rows the thread that submits drains the events itself, and in the first
one the guest's Python side is left out. A `Run` adds the pump thread and its own work.
"""

from __future__ import annotations

import concurrent.futures
import marshal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import report
import subinterp
from subinterp import _native

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
HOPS = 2_000
EXEC = marshal.dumps(("exec", "pass", "<benchmark>"))
EMPTY_GUEST = str(Path(__file__).parent / "empty_guest")
RUNS = iter(range(1, sys.maxsize))
SETUP = marshal.dumps({"name": "hop", "argv": [""], "colors": "neutral"})


def hops(*works: Callable[[], object]) -> list[float]:
    """Time many single hops of each kind, in turns of HOPS; return the medians."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            taken += [report.timed(work) for _ in range(HOPS)]
    return [report.median(taken) for taken in times]


class Hop:
    """A native guest, and a call that gives it a job and drains until its end."""

    def __init__(self, *path: str) -> None:
        self._guest = _native.Guest("hop", True, [*path, *sys.path], SETUP)
        self.close = self._guest.close

    def __call__(self) -> None:
        """Send a job there and back."""
        self._guest.submit(next(RUNS), EXEC)
        while all(kind != _native.FINISHED for _, kind, _ in _native.drain(0, 10)):
            pass


def measure() -> list[report.Row]:
    """Compare the core's hop with what else there is, and with the whole way."""
    core, real = Hop(EMPTY_GUEST), Hop()
    threads = concurrent.futures.ThreadPoolExecutor(1)
    others: dict[str, Callable[[], object]] = {
        "ThreadPoolExecutor(1)": lambda: threads.submit(int).result(),
    }
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        theirs = interpreters.create()
        others["concurrent.interpreters' exec"] = lambda: theirs.exec("pass")
    # The API comes last: from its first run on, events belong to the pump thread.
    empty, passing, *medians = hops(core, real, *others.values())
    core.close(5.0)
    real.close(5.0)
    threads.shutdown()
    with subinterp.create("api") as guest:
        [whole] = hops(lambda: guest.exec("pass"))
    return [
        *(
            report.Row(
                f"core, empty job (median of {ROUNDS} x {HOPS:,})",
                report.micro(empty),
                f"{name} {report.micro(other)}",
                f"{empty / other:.2f}",
                "at most 20 µs, aim 10",
            )
            for name, other in zip(others, medians, strict=True)
        ),
        _step("core, exec of `pass` in the guest", passing, empty),
        _step("Interpreter.exec('pass')", whole, passing),
    ]


def _step(what: str, seconds: float, before: float) -> report.Row:
    return report.Row(
        what,
        report.micro(seconds),
        f"the row above {report.micro(before)}",
        f"{seconds / before:.2f}",
    )


if __name__ == "__main__":
    report.show(measure())
