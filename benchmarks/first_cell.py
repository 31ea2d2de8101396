"""The first cell under a new name, with a guest that is ready and without.

All cells are timed from the client's request to the kernel's idle.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import kernel
import report

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

ROUNDS = 20
FULL = "from subinterp.ready import ready; assert ready.count(60) == 1"
BARE = """\
import _interpreters
_interpreters.exec(_interpreters.create(), "import IPython")
"""
_numbers = count()


def new(client: BlockingKernelClient) -> None:
    """Run a cell in a guest that does not exist yet."""
    kernel.until_idle(client, f"%%subinterp new{next(_numbers)}\npass")


def with_pool() -> tuple[float, float]:
    """Return the medians of the first cell and of one in a guest that is warm."""
    with kernel.running_kernel() as client:
        kernel.until_idle(client, "%subinterp create warm")
        first, warm = [], []
        for _ in range(ROUNDS):
            # The warm one too after a rest: an idle CPU is slower for both.
            kernel.until_idle(client, FULL)
            warm.append(
                report.timed(
                    lambda: kernel.until_idle(client, "%%subinterp warm\npass")
                )
            )
            kernel.until_idle(client, FULL)
            first.append(report.timed(lambda: new(client)))
    return report.median(first), report.median(warm)


def without_pool() -> tuple[float, float]:
    """Return the medians of the first cell and of a bare interpreter with IPython."""
    with kernel.running_kernel("--Subinterp.pool_size=0") as client:
        first, bare = report.interleaved(
            ROUNDS, lambda: new(client), lambda: kernel.until_idle(client, BARE)
        )
    return report.median(first), report.median(bare)


def measure() -> list[report.Row]:
    """Compare with a warm guest, and with what CPython alone would take."""
    first, warm = with_pool()
    cold, bare = without_pool()
    return [
        report.Row(
            f"first cell, one guest ready (median of {ROUNDS})",
            report.milli(first),
            f"in a warm guest {report.milli(warm)}",
            f"{first / warm:.2f}",
            "at most 1.5",
        ),
        report.Row(
            f"first cell, none ready (median of {ROUNDS})",
            report.milli(cold),
            f"_interpreters, import IPython {report.milli(bare)}",
            f"{cold / bare:.2f}",
            "at most 1.25",
        ),
    ]


if __name__ == "__main__":
    report.show(measure())
