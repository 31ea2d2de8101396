"""CPU-bound Python in two guests, against two processes doing the same."""

from __future__ import annotations

import contextlib
import multiprocessing
from typing import TYPE_CHECKING

import report
import subinterp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

ROUNDS = 9
WORK = """
def work():
    found = []
    for number in range(2, 30_000):
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1)):
            found.append(number)
    return len(found)
"""


def serve(connection: Connection) -> None:
    """Work in a process as often as it is told to."""
    names: dict[str, object] = {}
    exec(WORK, names)
    connection.send("ready")
    while connection.recv() == "work":
        exec("work()", names)
        connection.send("done")


@contextlib.contextmanager
def processes(number: int) -> Iterator[list[Connection]]:
    """Start processes that serve; give their connections; stop them."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(number)]
    started = [context.Process(target=serve, args=(theirs,)) for _, theirs in pipes]
    for process in started:
        process.start()
    connections = [ours for ours, _ in pipes]
    for connection in connections:
        connection.recv()
    yield connections
    for connection, process in zip(connections, started, strict=True):
        connection.send("stop")
        process.join()


def measure() -> list[report.Row]:
    """Time guests, processes, and one guest alone, in turn."""
    guests = [subinterp.create(f"worker{number}") for number in range(2)]
    for guest in guests:
        guest.exec(WORK)

    def in_guests() -> None:
        for run in [guest.start("work()") for guest in guests]:
            run.result()

    def in_one_guest() -> None:
        guests[0].exec("work()")

    with processes(2) as connections:

        def in_processes() -> None:
            for connection in connections:
                connection.send("work")
            for connection in connections:
                connection.recv()

        works = (in_guests, in_processes, in_one_guest)
        report.interleaved(1, *works)
        two, other, one = map(report.median, report.interleaved(ROUNDS, *works))
    subinterp.close_all()
    return [
        report.Row(
            f"throughput of two guests (median of {ROUNDS})",
            f"{two:.3f} s",
            f"two processes {other:.3f} s",
            f"{other / two:.2f}",
            "at least 0.95",
        ),
        report.Row(
            "the same work twice, in two guests",
            f"{two:.3f} s",
            f"in one guest {2 * one:.3f} s",
            f"{2 * one / two:.2f}",
            "2 on two free cores",
        ),
    ]


if __name__ == "__main__":
    report.show(measure())
