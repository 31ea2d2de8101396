"""The pools that are compared; as a program: the time until a new one has worked.

python benchmarks/pool_kinds.py NAME    prints seconds
"""

from __future__ import annotations

import concurrent.futures
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING

from loky import get_reusable_executor

import subinterp
from pool_tasks import noop

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 2

POOLS: dict[str, Callable[[], Executor]] = {
    "subinterp": lambda: subinterp.InterpreterPoolExecutor(WORKERS),
    "ProcessPoolExecutor": lambda: ProcessPoolExecutor(WORKERS),
    "loky": lambda: get_reusable_executor(max_workers=WORKERS, reuse=False),
}
if sys.version_info >= (3, 14):
    POOLS["CPython's own"] = lambda: concurrent.futures.InterpreterPoolExecutor(WORKERS)


def cold(name: str) -> float:
    """Make a pool and have each worker do something; return the seconds of that."""
    begin = time.perf_counter()
    with POOLS[name]() as pool:
        for call in [pool.submit(noop) for _ in range(WORKERS)]:
            call.result()
        return time.perf_counter() - begin


if __name__ == "__main__":
    print(cold(sys.argv[1]))
