"""The pools that are compared; as a program: the time until a new one has worked.

python benchmarks/pool_kinds.py NAME    prints seconds
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from pool_tasks import noop

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

WORKERS = 2

KINDS = ["subinterp", "ProcessPoolExecutor", "loky"]
if sys.version_info >= (3, 14):
    KINDS.append("CPython's own")


def imported(name: str) -> Callable[[], Executor]:
    """Import what makes a pool; the others would be a burden, or a help, to a new one.

    Processes import again what their parent's script does.
    """
    if name == "subinterp":
        from subinterp import InterpreterPoolExecutor

        return lambda: InterpreterPoolExecutor(WORKERS)
    if name == "loky":
        from loky import get_reusable_executor

        return lambda: get_reusable_executor(max_workers=WORKERS, reuse=False)
    from concurrent import futures

    if name == "CPython's own" and sys.version_info >= (3, 14):
        return lambda: futures.InterpreterPoolExecutor(WORKERS)
    return lambda: futures.ProcessPoolExecutor(WORKERS)


def cold(name: str) -> float:
    """Make a pool and have each worker do something; return the seconds of that."""
    make = imported(name)
    begin = time.perf_counter()
    with make() as pool:
        for call in [pool.submit(noop) for _ in range(WORKERS)]:
            call.result()
        return time.perf_counter() - begin


if __name__ == "__main__":
    print(cold(sys.argv[1]))
