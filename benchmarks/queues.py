"""One hop through a queue: a small item from one side to the other.

Each side waits for what the other sends, so a hop is half a round trip.
"""

from __future__ import annotations

import multiprocessing
import queue
import sys
import threading
from contextlib import ExitStack
from typing import Any, NamedTuple

import report
import subinterp

ROUNDS = 5
HOPS = 1_000
# concurrent.interpreters looks for an item every 10 ms.
SLOW_HOPS = 20
ECHO = "while (item := there.get()) is not None: back.put(item)"


def echo(there: Any, back: Any) -> None:
    """Send back what comes, up to None."""
    while (item := there.get()) is not None:
        back.put(item)


class Pair(NamedTuple):
    """Two queues; whoever is at their other ends sends back what comes."""

    there: Any
    back: Any
    hops: int = HOPS

    def trip(self) -> None:
        """Send an item and have it back."""
        self.there.put(42)
        self.back.get()

    def times(self) -> list[float]:
        """Time hops one by one."""
        return [report.timed(self.trip) / 2 for _ in range(self.hops)]


def guest(stack: ExitStack) -> Pair:
    """Queues to a guest."""
    pair = Pair(subinterp.create_queue(), subinterp.create_queue())
    a = stack.enter_context(subinterp.create("a"))
    a.push(there=pair.there, back=pair.back)
    stack.callback(a.start(ECHO).result)
    return pair


def process(stack: ExitStack) -> Pair:
    """Those of multiprocessing."""
    context = multiprocessing.get_context("spawn")
    pair = Pair(context.Queue(), context.Queue())
    worker = context.Process(target=echo, args=(pair.there, pair.back))
    worker.start()
    stack.callback(worker.join)
    return pair


def thread(stack: ExitStack) -> Pair:
    """Those of threads, which share a GIL."""
    pair = Pair(queue.Queue(), queue.Queue())
    worker = threading.Thread(target=echo, args=(pair.there, pair.back))
    worker.start()
    stack.callback(worker.join)
    return pair


def interpreter(stack: ExitStack) -> Pair:
    """CPython's own of interpreters."""
    from concurrent import interpreters

    pair = Pair(interpreters.create_queue(), interpreters.create_queue(), SLOW_HOPS)
    theirs = interpreters.create()
    theirs.prepare_main(there=pair.there, back=pair.back)
    worker = threading.Thread(target=theirs.exec, args=(ECHO,))
    worker.start()
    stack.callback(worker.join)
    return pair


def measure() -> list[report.Row]:
    """Compare in turns, so that a busy machine slows all."""
    kinds = {
        "subinterp": (guest, ""),
        "multiprocessing.Queue": (process, "at most 0.5"),
        "queue.Queue, a thread": (thread, ""),
    }
    if sys.version_info >= (3, 14):
        kinds["concurrent.interpreters' Queue"] = (interpreter, "at most 0.01")
    with ExitStack() as stack:
        pairs = {name: make(stack) for name, (make, _) in kinds.items()}
        for pair in pairs.values():
            pair.trip()
        times: dict[str, list[float]] = {name: [] for name in pairs}
        for _ in range(ROUNDS):
            for name, pair in pairs.items():
                times[name] += pair.times()
        for pair in pairs.values():
            stack.callback(pair.there.put, None)
    medians = {name: report.median(taken) for name, taken in times.items()}
    ours = medians.pop("subinterp")
    return [
        report.Row(
            "one hop of an int",
            report.micro(ours),
            f"{name} {report.micro(theirs)}",
            f"{ours / theirs:.2g}",
            kinds[name][1],
        )
        for name, theirs in medians.items()
    ]


if __name__ == "__main__":
    report.show(measure())
