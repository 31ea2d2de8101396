"""From a request to interrupt a run to its KeyboardInterrupt."""

from __future__ import annotations

import os
import time

import report
import subinterp

ROUNDS = 20
LIMIT = 0.25
CODES = {
    "a Python loop": "while True: pass",
    "time.sleep": "import time; time.sleep(60)",
}


def interrupted_after(guest: subinterp.Interpreter, code: str) -> float:
    """Start code, wait until it is there, interrupt it, and time its end."""
    here, say = os.pipe()
    try:
        run = guest.start(f"import os; os.write({say}, b'.')\n{code}")
        os.read(here, 1)
        begin = time.perf_counter()
        run.interrupt()
        error = run.exception(timeout=30)
        taken = time.perf_counter() - begin
    finally:
        os.close(here)
        os.close(say)
    if not isinstance(error, KeyboardInterrupt):
        raise RuntimeError(f"the run ended with {error!r}")
    return taken


def measure() -> list[report.Row]:
    """Interrupt each kind of code several times."""
    rows = []
    with subinterp.create("stopped") as guest:
        for what, code in CODES.items():
            times = [interrupted_after(guest, code) for _ in range(ROUNDS)]
            rows.append(
                report.Row(
                    f"{what} (median and worst of {ROUNDS})",
                    f"{report.milli(report.median(times))}, {report.milli(max(times))}",
                    f"limit {report.milli(LIMIT)}",
                    f"{max(times) / LIMIT:.3f}",
                    "at most 1",
                )
            )
    return rows


if __name__ == "__main__":
    report.show(measure())
