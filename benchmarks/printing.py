"""100,000 lines printed by a background guest, against the host's own print."""

from __future__ import annotations

import kernel
import report

LINES = 100_000
ROUNDS = 3
BODY = f"for number in range({LINES}):\n    print(number)"


def measure() -> list[report.Row]:
    """Time both until the client has every line; check that none is amiss."""
    expected = [str(number) for number in range(LINES)]
    with kernel.running_kernel() as client:
        kernel.until_idle(client, "%%subinterp printer\npass")

        def read(code: str) -> None:
            if kernel.until_lines(client, code, LINES) != expected:
                raise RuntimeError("lines are missing or out of order")

        guest, host = map(
            report.median,
            report.interleaved(
                ROUNDS,
                lambda: read(f"%%subinterp --bg printer\n{BODY}"),
                lambda: read(BODY),
            ),
        )
    return [
        report.Row(
            f"{LINES:,} lines from a background guest",
            f"{guest:.2f} s",
            f"the host's print {host:.2f} s",
            f"{guest / host:.2f}",
            "every line, in order",
        )
    ]


if __name__ == "__main__":
    report.show(measure())
