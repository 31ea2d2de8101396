"""One module tried in one kind of guest, in a child process that may die of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from textwrap import shorten
from typing import Any, Literal

from subinterp.settings import Settings

__all__ = ["Outcome", "Trial", "Verdict"]

Verdict = Literal[
    "works", "slow path", "refuses", "fails", "crashes", "times out", "not installed"
]

_PROGRAM = """
import json, sys
task = json.load(sys.stdin)
sys.path[:] = task["path"]
from subinterp.checks.child import main
main(task)
"""
_DOING = {
    "create": "making its interpreters",
    "look": "being looked for",
    "import": "being imported",
    "use": "being used",
    "scan": "its memory being searched",
    "close": "closing its interpreters",
    "exit": "ending the process",
}
_GOOD = {"works", "slow path"}
_GRACE = 10.0
_LISTED = 3
_WIDTH = 150  # of a reason: what a package says of itself may be a page


@dataclass(frozen=True)
class Outcome:
    """What became of a module."""

    verdict: Verdict
    reason: str = ""
    distribution: str = ""
    """Name and version of what has installed it, if that is known."""
    providers: str = ""
    """For a name that is no module: the modules of the package of that name."""


@dataclass
class Trial:
    """A child process for one module and one kind of guest.

    ``run`` and ``stop`` may be called by different threads.
    """

    module: str
    options: dict[str, Any]
    """How its guests are made, as for ``create()``."""
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _stopped: bool = field(default=False, init=False)

    def run(self, timeout: float) -> Outcome:
        """Try it; give up and kill the child after so many seconds."""
        outcome, strays = self._try(timeout)
        if strays and outcome.verdict in _GOOD:
            # A pointer may have been left behind, to memory that somebody else has
            # now. Another process has other such accidents.
            outcome, again = self._try(timeout)
            strays &= again
            if strays and outcome.verdict in _GOOD:
                reason = f"{_counted(strays)}: {next(iter(strays))}"
                return replace(outcome, verdict="fails", reason=reason)
        return outcome

    def _try(self, timeout: float) -> tuple[Outcome, Counter[str]]:
        task = {
            "path": Settings("own").sys_path(),
            "module": self.module,
            "create": self.options,
            "seconds": timeout + _GRACE,
        }
        environment = {**os.environ, "PYTHONFAULTHANDLER": ""}
        with subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # so that what it leaves behind can be ended, too
        ) as child:
            self._child = child
            if self._stopped:
                self._kill()
            try:
                said = child.communicate(json.dumps(task).encode(), timeout)
                status: int | None = child.returncode
            except subprocess.TimeoutExpired as late:
                said = late.output or b"", b""
                status = None
            self._kill()
        out, err = (text.decode(errors="replace") for text in said)
        # The last line may be cut short.
        lines = (line for line in out.splitlines(keepends=True) if line[-2:] == "}\n")
        told = [json.loads(line) for line in lines]
        strays = Counter(stray for facts in told for stray in facts.get("strays", ()))
        return _outcome(told, err, status, timeout), strays

    def stop(self) -> None:
        """Kill the child, now or as soon as there is one."""
        self._stopped = True
        self._kill()

    def _kill(self) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)


def _outcome(
    said: list[dict[str, Any]], err: str, status: int | None, timeout: float
) -> Outcome:
    stage = said[-1]["stage"] if said else "create"
    reports = [report for facts in said for report in facts.get("reports", ())]
    known = next((r["distribution"] for r in reports if "distribution" in r), "")

    def outcome(verdict: Verdict, reason: str = "") -> Outcome:
        return Outcome(verdict, shorten(reason, _WIDTH, placeholder=" ..."), known)

    for report in reports:
        if "missing" in report:
            return Outcome("not installed", providers=report["missing"])
    if status is None:
        return outcome("times out", f"still {_DOING[stage]} after {timeout:g} s")
    if status < 0:
        dying = f"{signal.Signals(-status).name} while {_DOING[stage]}"
        return outcome("crashes", _with(dying, _last_words(err)))
    if status > 0 or stage != "exit":
        failed = f"exit status {status} while {_DOING[stage]}"
        return outcome("fails", _with(failed, _last_words(err)))
    for report in reports:
        if "refused" in report:
            return outcome("refuses", report["refused"])
        if "failed" in report:
            return outcome("fails", report["failed"])
    without: dict[str, str] = {}
    for report in reports:
        without |= report.get("without", {})
    if without:
        return outcome("slow path", _without(without))
    native = any(report.get("native") for report in reports)
    return outcome("works", "" if native else "pure Python")


def _without(modules: dict[str, str]) -> str:
    names = list(modules)
    more = len(names) - _LISTED
    listed = ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
    return f"without {listed}: {modules[names[0]]}"


def _counted(strays: Counter[str]) -> str:
    count = strays.total()
    return f"{count} pointer{'s' * (count > 1)} into another interpreter"


def _last_words(err: str) -> str:
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return (fatal or lines or [""])[-1]


def _with(text: str, words: str) -> str:
    return f"{text}: {words}" if words else text
