"""Tab in a cell for a guest that computes, and Tab beside a thread that does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import report
from kernel import running_kernel, until_idle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_client.blocking.client import BlockingKernelClient

ROUNDS = 40
BUSY = "while True: sum(range(1000))"
THREAD = f"""\
import threading
threading.Thread(target=exec, args=[{BUSY!r}], daemon=True).start()
"""
BODIES = ("pri", "import textw", "'abc'.upp", "name.bit")


def press_tab(client: BlockingKernelClient, before: str) -> list[float]:
    """Complete each body in turn; the first of each, with its imports, not counted."""
    times = []
    for body in BODIES * (ROUNDS // len(BODIES) + 1):
        code = before + body
        begin = time.perf_counter()
        reply = client.complete(code, len(code), reply=True, timeout=60)
        times.append(time.perf_counter() - begin)
        assert reply["content"]["status"] == "ok"
    return times[len(BODIES) :]


def shown(times: Sequence[float]) -> str:
    """Write median and worst."""
    return f"{report.milli(report.median(times))}, worst {report.milli(max(times))}"


def measure() -> list[report.Row]:
    """Compare both in kernels of their own."""
    with running_kernel() as client:
        until_idle(client, "%%subinterp a\nname = 1")
        press_tab(client, "%%subinterp a\n")
        until_idle(client, f"%%subinterp --bg a\n{BUSY}")
        ours = press_tab(client, "%%subinterp a\n")
    with running_kernel() as client:
        until_idle(client, "name = 1")
        press_tab(client, "")
        until_idle(client, THREAD)
        theirs = press_tab(client, "")
    return [
        report.Row(
            f"completion in a busy guest (median of {len(ours)})",
            shown(ours),
            f"in a kernel with a busy thread {shown(theirs)}",
            f"{report.median(ours) / report.median(theirs):.2f}",
            "at most 1",
        )
    ]


if __name__ == "__main__":
    report.show(measure())
