"""Runs a script in a process of its own, where it may die, and tells all if it does.

What scripts share is in ``lifecycle.stage``, which they can import.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Ended", "run"]

_TESTS = Path(__file__).parent.parent
# How long a hung script may take to say where it hangs, see PYTHONFAULTHANDLER.
_LAST_WORDS = 5.0


@dataclass(frozen=True)
class Ended:
    """A script that did what it should."""

    stdout: str
    stderr: str
    exit_seconds: float
    """From the script's ``stage.leave()`` to the end of its process."""

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.stdout.splitlines()


def run(
    script: str,
    *arguments: str,
    status: int = 0,
    stderr: str = "",
    timeout: float = 45.0,
) -> Ended:
    """Run a script to its end; fail the test if that is not the expected one.

    Args:
        script: its source, which may be indented as a whole.
        arguments: its ``sys.argv[1:]``.
        status: the exit status that it should have.
        stderr: a regular expression for all that it should write to standard error.
        timeout: seconds after which it counts as hung.
    """
    environment = os.environ | {
        "PYTHONPATH": str(_TESTS),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # so that what it leaves behind can be ended, too
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout)
            hung = False
        except subprocess.TimeoutExpired:
            hung = True
            out, err = _last_words(process)
        finally:
            end = time.monotonic()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    ended = Ended(out.decode(), err.decode(), _exit_seconds(out, end))
    wrong = ""
    if hung:
        wrong = f"it hung for {timeout:g} s"
    elif process.returncode != status:
        wrong = f"its exit status was {_named(process.returncode)}, not {status}"
    elif not re.fullmatch(stderr, ended.stderr, re.DOTALL):
        wrong = f"its standard error was not {stderr!r}"
    if wrong:
        pytest.fail(
            f"{wrong}\n--- status {process.returncode}, standard output ---\n"
            f"{_shortened(ended.stdout)}\n"
            f"--- standard error ---\n{_shortened(ended.stderr)}",
            pytrace=False,
        )
    return ended


def _last_words(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Make a hung script write where each of its threads is."""
    process.send_signal(signal.SIGABRT)
    try:
        return process.communicate(timeout=_LAST_WORDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()


def _exit_seconds(out: bytes, end: float) -> float:
    said = re.findall(rb"^leaving at (\S+)$", out, re.MULTILINE)
    return end - float(said[-1]) if said else 0.0


def _named(status: int) -> str:
    return f"{status} ({signal.Signals(-status).name})" if status < 0 else str(status)


def _shortened(text: str, limit: int = 8000) -> str:
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]}\n[...]\n{text[-half:]}"
