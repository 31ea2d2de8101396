"""Runs the guest's side in child processes, without the core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from guest_child import REPORT

__all__ = ["guest"]

_ROOT = Path(__file__).parents[1]


def guest(program: str, *, other_thread: bool = False, timeout: float = 40) -> Any:
    """Run the program beside a booted guest; return the value that it reports.

    Args:
        program: sees the names that :mod:`guest_child` gives it.
        other_thread: whether the guest's home is not the process's first thread.
        timeout: how many seconds the child may take.
    """
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import guest_child; guest_child.serve()",
                *(["--other-thread"] if other_thread else []),
            ],
            input=textwrap.dedent(program),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(
                    [str(_ROOT / "tests"), str(_ROOT / "kernel_ext")]
                ),
                "IPYTHONDIR": folder,
            },
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith(REPORT)]
    if done.returncode != 0 or len(lines) != 1:
        what = f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(what)
    return json.loads(lines[0].removeprefix(REPORT))
