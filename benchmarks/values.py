"""Values to a guest and back, and calls, against processes and others."""

from __future__ import annotations

import multiprocessing
import sys
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

import report
import subinterp

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

CALLS = 3_000
ROUNDS = 7
SIZES = (1_000_000, 100_000_000)


def noop() -> None:
    """Do nothing, somewhere else."""


def echo(pipe: Connection) -> None:
    """Be the other process: give back what is asked for, confirm what comes."""
    kept: dict[str, Any] = {}
    while True:
        name, value = pipe.recv()
        if value is None:
            pipe.send(kept[name])
        else:
            kept[name] = value
            pipe.send(None)


class Process:
    """Another process, with the two things that a guest does with values."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=echo, args=(theirs,), daemon=True)
        self.process.start()

    def push(self, value: object) -> None:
        """Send a value and wait until it is there."""
        self.pipe.send(("x", value))
        self.pipe.recv()

    def pull(self) -> object:
        """Have it sent back."""
        self.pipe.send(("x", None))
        return self.pipe.recv()


def calls(guest: subinterp.Interpreter) -> list[report.Row]:
    """Compare a call that does nothing."""
    ours: Callable[[], object] = lambda: guest.call(noop)  # noqa: E731
    if sys.version_info < (3, 14):
        taken = report.median(report.interleaved(CALLS, ours)[0])
        return [report.Row("call(noop), warm", report.micro(taken))]
    from concurrent import interpreters

    theirs = interpreters.create()
    theirs.call(noop)
    times = report.interleaved(CALLS, ours, lambda: theirs.call(noop))
    mine, other = map(report.median, times)
    theirs.close()
    against = f"concurrent.interpreters' call {report.micro(other)}"
    ratio = f"{mine / other:.2f}"
    row = ("call(noop), warm", report.micro(mine), against, ratio, "at most 0.25")
    return [report.Row(*row)]


def pushes(guest: subinterp.Interpreter, process: Process) -> list[report.Row]:
    """Compare pushing memory, of two sizes."""
    rows = []
    for kind, make in (
        ("memoryview", lambda size: memoryview(bytes(size))),
        ("bytes", bytes),
        ("array", lambda size: array("d", bytes(size))),
    ):
        for size in SIZES:
            value = make(size)
            copied = bytes(value) if kind == "memoryview" else value
            mine, other = map(
                report.median,
                report.interleaved(
                    ROUNDS,
                    lambda value=value: guest.push(x=value),
                    partial(process.push, copied),
                ),
            )
            aim = "under 1 ms for any size" if kind == "memoryview" else ""
            rows.append(
                report.Row(
                    f"push of a {kind}, {size / 1e6:g} MB",
                    report.milli(mine),
                    f"multiprocessing's Pipe {report.milli(other)}",
                    f"{mine / other:.3f}",
                    aim,
                )
            )
    return rows


def pull(
    guest: subinterp.Interpreter, process: Process, what: str, value: object, aim: str
) -> report.Row:
    """Compare the way back of one value."""
    guest.push(x=value)
    process.push(value)
    times = report.interleaved(ROUNDS, lambda: guest.pull("x"), process.pull)
    mine, other = map(report.median, times)
    return report.Row(
        f"pull of {what}",
        report.milli(mine),
        f"multiprocessing's Pipe {report.milli(other)}",
        f"{mine / other:.2f}",
        aim,
    )


def pulls(guest: subinterp.Interpreter, process: Process) -> list[report.Row]:
    """Compare pulling Python's own containers."""
    records = {
        n: {"id": n, "name": f"n{n}", "tags": ["a", "b"]} for n in range(100_000)
    }
    values = {
        "a list of a million ints": [*range(1_000_000)],
        "a dict of 100,000 records": records,
    }
    return [
        pull(guest, process, what, value, "at most 1") for what, value in values.items()
    ]


if __name__ == "__main__":
    with subinterp.create("values") as guest:
        process = Process()
        report.show(
            [*calls(guest), *pushes(guest, process), *pulls(guest, process)],
        )
        process.process.kill()
