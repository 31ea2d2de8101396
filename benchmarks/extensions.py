"""What the look at extension modules costs a guest, and a refusal its reader.

The other side is the same guest without it, as CPython would have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import report
import subinterp
from subinterp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 40
CHECKED = Settings._checked_extensions
LOAD = "import markupsafe._speedups"
REFUSE = "try:\n    import numpy\nexcept ImportError:\n    pass"


def life(*, checked: bool) -> None:
    """Make a guest, run nothing, and end it."""
    Settings._checked_extensions = CHECKED if checked else lambda _: None  # type: ignore[method-assign]
    subinterp.create("a").close()


def first(code: str) -> Callable[[bool], float]:
    """Time code in a new guest, without its creation."""

    def work(checked: bool) -> float:
        Settings._checked_extensions = CHECKED if checked else lambda _: None  # type: ignore[method-assign]
        with subinterp.create("a") as guest:
            guest.exec("pass")
            return report.timed(lambda: guest.exec(code))

    return work


def compared(what: str, work: Callable[[bool], float], aim: str) -> report.Row:
    """Run both in turn."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for checked, taken in times.items():
            taken.append(work(checked))
    ours, theirs = report.median(times[True]), report.median(times[False])
    return report.Row(
        f"{what} (median of {ROUNDS})",
        report.milli(ours),
        f"without the check {report.milli(theirs)}",
        f"{ours / theirs:.2f}",
        aim,
    )


def measure() -> list[report.Row]:
    """Compare creation, the first import that loads, and one that is refused."""
    return [
        compared(
            "making and closing a guest",
            lambda checked: report.timed(lambda: life(checked=checked)),
            "at most 1.05",
        ),
        compared("its first extension module", first(LOAD), "at most 1.25"),
        compared("NumPy, refused", first(REFUSE), "at most 2"),
    ]


if __name__ == "__main__":
    report.show(measure())
