"""A cell with the body `pass` in a guest, against the plain cell `pass`."""

from __future__ import annotations

import kernel
import report

NUMBER = 200


def measure() -> list[report.Row]:
    """Time both cells in turn, from the client's request to the kernel's idle."""
    with kernel.running_kernel() as client:

        def in_guest() -> None:
            kernel.until_idle(client, "%%subinterp a\npass")

        def plain() -> None:
            kernel.until_idle(client, "pass")

        report.interleaved(10, in_guest, plain)
        guest, host = map(report.median, report.interleaved(NUMBER, in_guest, plain))
    return [
        report.Row(
            f"%%subinterp a, pass (median of {NUMBER})",
            report.milli(guest),
            f"plain cell {report.milli(host)}",
            f"{guest / host:.2f}",
            "at most 1.25, aim 1.1",
        )
    ]


if __name__ == "__main__":
    report.show(measure())
