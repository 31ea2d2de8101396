"""NumPy, pandas and scikit-learn in guests with private copies, against processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

import report
import subinterp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

ROUNDS = 7
GUESTS = 3
WORKS = {
    "NumPy in Python loops": """
import numpy as np
def work():
    total = 0.0
    for n in range(20_000):
        row = np.arange(10.0) * n
        total += row[row > 5].sum()
    return total
""",
    "pandas group-bys": """
import numpy as np, pandas as pd
generator = np.random.default_rng(1)
frame = pd.DataFrame({
    "key": generator.integers(0, 50, 20_000),
    "value": generator.random(20_000),
})
def work():
    for _ in range(30):
        frame.groupby("key").value.agg(["mean", "std", "max"])
""",
    "scikit-learn fits": """
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
X, y = load_breast_cancer(return_X_y=True)
def work():
    RandomForestClassifier(30, random_state=1).fit(X, y)
""",
}
IMPORT = "import numpy"
# Both sides: what more than one thread of a library does is another question.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def serve(connection: Connection) -> None:
    """Run what a process is sent, and say when it is done."""
    names: dict[str, Any] = {}
    while source := connection.recv():
        exec(source, names)
        connection.send("done")


@contextlib.contextmanager
def processes() -> Iterator[Callable[[str], None]]:
    """Start two processes; give what runs a source in both at once; stop them."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    started = [context.Process(target=serve, args=(theirs,)) for _, theirs in pipes]
    for process in started:
        process.start()

    def run(source: str) -> None:
        for ours, _ in pipes:
            ours.send(source)
        for ours, _ in pipes:
            ours.recv()

    yield run
    run("pass")
    for (ours, _), process in zip(pipes, started, strict=True):
        ours.send("")
        process.join()


def throughput() -> Iterator[report.Row]:
    """Compare two guests with two processes, each kind of work."""
    guests = [subinterp.create(f"w{n}", extensions="private") for n in range(2)]

    def in_guests(source: str) -> None:
        for run in [guest.start(source) for guest in guests]:
            run.result()

    for what, source in WORKS.items():
        with processes() as in_processes:
            in_guests(source)
            in_processes(source)
            sides = (lambda: in_guests("work()"), lambda: in_processes("work()"))
            report.interleaved(1, *sides)
            ours, theirs = map(report.median, report.interleaved(ROUNDS, *sides))
        yield report.Row(
            f"{what}, two at once (median of {ROUNDS})",
            f"{ours:.3f} s",
            f"two processes {theirs:.3f} s",
            f"{theirs / ours:.2f}",
            "at least 0.9",
        )
    subinterp.close_all()


def process_seconds() -> float:
    """Time a process that imports NumPy."""
    return report.timed(
        lambda: subprocess.run([sys.executable, "-c", IMPORT], check=True)
    )


def guest_seconds() -> float:
    """Time the making of a guest that imports NumPy, and keep it."""

    def make() -> None:
        subinterp.create(extensions="private").exec(IMPORT)

    return report.timed(make)


def start() -> Iterator[report.Row]:
    """Compare one more guest that has imported NumPy with one more process."""
    other = [process_seconds() for _ in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        cold = [guest_seconds() for _ in range(GUESTS)]
        warm = [warm_seconds() for _ in range(ROUNDS)]
        before = resident()
        for _ in range(GUESTS):
            guest_seconds()
        grown = (resident() - before) / GUESTS
    process = process_memory()
    theirs = report.median(other)
    for which, times in ("no copies yet", cold), ("copies in the cache", warm):
        ours = report.median(times)
        yield report.Row(
            f"a guest that imports NumPy, {which}",
            report.milli(ours),
            f"a process {report.milli(theirs)}",
            f"{ours / theirs:.2f}",
            "below 1",
        )
    yield report.Row(
        "its memory",
        report.mebi(grown),
        f"a process {report.mebi(process)}",
        f"{grown / process:.2f}",
        "below 1",
    )


def warm_seconds() -> float:
    """Time the same in another process, whose first slots have copies by now."""
    source = "import private; print(private.guest_seconds())"
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=Path(__file__).parent,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def resident() -> int:
    """Return this process's bytes, shared ones by its part."""
    return int(psutil.Process().memory_full_info().pss)


def process_memory() -> int:
    """Return the bytes of one more process that has imported NumPy, as above."""
    source = f"{IMPORT}\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        size = int(psutil.Process(process.pid).memory_full_info().pss)
        process.communicate(b"\n")
    return size


def measure() -> list[report.Row]:
    """Compare throughput, then start and memory."""
    os.environ.update(ONE_THREAD)
    return [*throughput(), *start()]


if __name__ == "__main__":
    report.show(measure())
