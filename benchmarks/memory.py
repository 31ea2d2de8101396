"""What one more guest takes, against one more process, and against what it is made of.

Each has run the same cell. What processes share (the interpreter's own code, libraries)
counts by their shares; guests share all of it.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from typing import TYPE_CHECKING

import ipyparallel
import psutil

import first_cell
import kernel
import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

NUMBER = 8
ENGINES = 2
CELL = "import os\nos.getpid()"


def memory(*processes: int) -> float:
    """Return the bytes that processes take, on average."""
    sizes = []
    for pid in processes:
        info = psutil.Process(pid).memory_full_info()
        sizes.append(getattr(info, "pss", info.uss))  # pss: Linux only
    return sum(sizes) / len(sizes)


def process_of(client: BlockingKernelClient, first_line: str = "") -> int:
    """Run the cell, and return the id of the process that it ran in."""
    for message in kernel.until_idle(client, first_line + CELL):
        if message["msg_type"] == "execute_result":
            return int(message["content"]["data"]["text/plain"])
    raise AssertionError("no result")


def inside() -> tuple[float, float]:
    """Return the bytes of one more guest, and of a bare interpreter with IPython."""
    with kernel.running_kernel("--Subinterp.pool_size=0") as client:
        host = process_of(client)

        def growth(make: Callable[[int], object]) -> float:
            make(-1)  # what the first one brings along is no part of the others
            before = memory(host)
            for number in range(NUMBER):
                make(number)
            return (memory(host) - before) / NUMBER

        return (
            growth(lambda number: process_of(client, f"%%subinterp w{number + 1}\n")),
            growth(lambda _: kernel.until_idle(client, first_cell.BARE)),
        )


@contextlib.contextmanager
def engines() -> Iterator[list[int]]:
    """Start a cluster of ipyparallel, and give the processes of its engines."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ipyparallel.Cluster(
            n=ENGINES, profile_dir=folder, log_level=logging.ERROR
        ) as client,
    ):
        results = client[:].execute(CELL, silent=False, block=True)
        yield [int(result.execute_result["data"]["text/plain"]) for result in results]


def measure() -> list[report.Row]:
    """Compare, while all the processes that are compared live."""
    with kernel.running_kernel(extension=False) as client, engines() as processes:
        nannies = [
            child.pid
            for engine in processes
            for child in psutil.Process(engine).children()
        ]
        one_kernel = memory(process_of(client))
        engine, nanny = memory(*processes), memory(*nannies)
        guest, bare = inside()
    against = [
        ("a second kernel", one_kernel, "at most 0.2"),
        ("an engine of ipyparallel's", engine, "at most 0.2"),
        ("with the nanny that watches it", engine + nanny, "at most 0.2"),
        ("_interpreters, import IPython", bare, "at most 1"),
    ]
    return [
        report.Row(
            f"one more guest (mean of {NUMBER})",
            report.mebi(guest),
            f"{what} {report.mebi(size)}",
            f"{guest / size:.2f}",
            aim,
        )
        for what, size, aim in against
    ]


if __name__ == "__main__":
    report.show(measure())
