"""Creating and closing guests: time, memory for each, and what stays behind.

Memory is compared in processes of their own, as it does not come back.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import report
import subinterp

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 20
CYCLES = 200
WARM_UP = 20
MIB = 2**20
# For what a guest imports and only a guest has: our Python part can be imported then.
STAND_IN = """
import sys, types
bridge = sys.modules["_subinterp"] = types.ModuleType("_subinterp")
bridge.__getattr__ = lambda name: None
"""


def resident() -> float:
    """Return this process's resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def times() -> tuple[float, float]:
    """Return the median seconds of creating and of closing a guest."""
    guests: list[subinterp.Interpreter] = []
    create, close = report.interleaved(
        ROUNDS,
        lambda: guests.append(subinterp.create()),
        lambda: guests.pop().close(),
    )
    return report.median(create), report.median(close)


def resident_per_guest() -> float:
    """Return the MiB that one more idle guest takes."""
    subinterp.create()
    before = resident()
    for _ in range(ROUNDS):
        subinterp.create()
    return (resident() - before) / ROUNDS


def guests_modules() -> list[str]:
    """Return the modules that a guest has imported after its first run."""
    with (
        subinterp.create() as guest,
        contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
        guest.exec("import sys; print(*sys.modules)")
    return printed.getvalue().split()


def growth_of_guests() -> float:
    """Return the MiB that CYCLES guests leave behind, after WARM_UP others."""

    def cycle() -> None:
        with subinterp.create() as guest:
            guest.exec("answer = 42")

    return _growth(cycle)


def growth_of_cpython(modules: list[str]) -> float:
    """Do as `growth_of_guests`, with CPython's own module and the same imports."""
    import _interpreters

    code = STAND_IN + "".join(
        f"try: import {name}\nexcept Exception: pass\n" for name in modules
    )

    def cycle() -> None:
        interpreter = _interpreters.create()
        _interpreters.exec(interpreter, code)
        _interpreters.destroy(interpreter)

    return _growth(cycle)


def _growth(cycle: Callable[[], None]) -> float:
    for _ in range(WARM_UP):
        cycle()
    before = resident()
    for _ in range(CYCLES):
        cycle()
    return resident() - before


def measure() -> list[report.Row]:
    """Measure each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, maxtasksperchild=1) as pool:
        create, close = pool.apply(times)
        rows = [
            report.Row(f"create (median of {ROUNDS})", report.milli(create)),
            report.Row(f"close (median of {ROUNDS})", report.milli(close)),
        ]
        if sys.platform != "linux":
            return rows
        modules = pool.apply(guests_modules)
        ours = pool.apply(growth_of_guests)
        theirs = pool.apply(growth_of_cpython, (modules,))
        return [
            *rows,
            report.Row(
                "memory of an idle guest", f"{pool.apply(resident_per_guest):.1f} MiB"
            ),
            report.Row(
                f"growth over {CYCLES} x create, run, close",
                f"{ours:.1f} MiB",
                f"CPython, same imports {theirs:.1f} MiB",
                f"{ours / theirs:.2f}" if theirs > 1 else "",
                "at most 1 on 3.13, a level on 3.14",
            ),
        ]


if __name__ == "__main__":
    report.show(measure())
