"""Run the benchmarks, each in a process of its own, and print their tables.

python benchmarks/run.py            all of them
python benchmarks/run.py hop cells  some of them
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

BENCHMARKS = {
    "hop": "a job to an idle worker and back",
    "values": "calls, and values there and back",
    "arrays": "arrays to a guest that has NumPy, and back",
    "queues": "one hop through a queue",
    "pool": "pools of two against pools of two",
    "mapping": "items mapped over guests",
    "cells": "a cell from the client's request to idle",
    "completion": "Tab for a guest that computes",
    "first_cell": "the first cell under a new name",
    "extensions": "the look at extension modules",
    "private": "NumPy and others in guests with private copies",
    "throughput": "two guests against two processes",
    "interrupt": "from the request to the KeyboardInterrupt",
    "lifetime": "creating and closing: time and memory",
    "memory": "one more guest against one more process",
    "printing": "100,000 printed lines",
}


def main() -> int:
    """Run what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    print(
        f"CPython {platform.python_version()}, {os.cpu_count()} CPUs, "
        f"{platform.system()} {platform.machine()}, load {_load()}"
    )
    failed = 0
    for name in names:
        print(f"\n{name}: {BENCHMARKS[name]}", flush=True)
        failed += subprocess.run(
            [sys.executable, HERE / f"{name}.py"], check=False, timeout=600
        ).returncode
    return 1 if failed else 0


def _load() -> str:
    """Say how busy the machine is: on a busy one, only the ratios mean something."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main())
