"""Arrays to a guest that has NumPy and back, against another process."""

from __future__ import annotations

import numpy as np

import report
import subinterp
from values import Process, pull

ROUNDS = 7
SIZES = (1_000_000, 100_000_000)


def pushes(guest: subinterp.Interpreter, process: Process) -> list[report.Row]:
    """Compare arrays of two sizes, and one whose items are not side by side."""
    arrays = {f"an array, {size / 1e6:g} MB": np.ones(size // 8) for size in SIZES}
    arrays["every second column of 200 MB"] = np.ones((5000, 5000))[:, ::2]
    rows = []
    for what, array in arrays.items():
        times = report.interleaved(
            ROUNDS,
            lambda array=array: guest.push(x=array),
            lambda array=array: process.push(array),
        )
        mine, other = map(report.median, times)
        rows.append(
            report.Row(
                f"push of {what}",
                report.milli(mine),
                f"multiprocessing's Pipe {report.milli(other)}",
                f"{mine / other:.3f}",
                "under 1 ms for any size",
            )
        )
    return rows


def pulls(guest: subinterp.Interpreter, process: Process) -> list[report.Row]:
    """Compare the way back, which copies once."""
    return [
        pull(
            guest,
            process,
            f"an array, {size / 1e6:g} MB",
            np.ones(size // 8),
            "at most 0.5",
        )
        for size in SIZES
    ]


if __name__ == "__main__":
    with subinterp.create("arrays", extensions="private") as guest:
        process = Process()
        report.show([*pushes(guest, process), *pulls(guest, process)])
        process.process.kill()
