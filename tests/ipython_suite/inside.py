"""Runs modules of IPython's tests in this interpreter, and keeps the outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipython_suite.shells import SHELLS

if TYPE_CHECKING:
    import pytest

__all__ = ["run"]

_OPTIONS = (
    "-c",
    "pyproject.toml",
    "-q",
    "--color=no",
    # It refuses subinterpreters, and has nothing to do with what is tested.
    "-pno:faulthandler",
    "-pno:cacheprovider",
    # Their order matters to some tests; the environment of this project's own has it.
    "-pno:randomly",
    # Not by file descriptors, which a guest shares with the whole process.
    "--capture=sys",
)


class _Recorder:
    """Keeps how each test went: passed, failed, error (outside of it), or skipped."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = report.outcome
        if outcome == "failed" and report.when != "call":
            outcome = "error"  # type: ignore[assignment]
        if self.outcomes.get(report.nodeid, ("passed",))[0] == "passed":
            self.outcomes[report.nodeid] = outcome, _last_line(report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            outcome = "error" if report.failed else "skipped"
            self.outcomes[report.nodeid] = outcome, _last_line(report.longrepr)


def _last_line(longrepr: Any) -> str:
    """Return what pytest says of the reason, in one line."""
    lines = [line for line in str(longrepr or "").splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith("E ")] or lines[-1:]
    return reasons[0].removeprefix("E ").strip() if reasons else ""


def run(place: str, modules: list[str], report: str) -> None:
    """Run the modules against the shell of the place.

    Args:
        place: "terminal", "kernel" or "guest".
        modules: paths in IPython's source, which is the working directory.
        report: the file for the outcomes.
    """
    if place in SHELLS:
        _hand_to_conftest(SHELLS[place](Path(report).parent))
    import pytest

    recorder = _Recorder()
    pytest.main([*_OPTIONS, *modules], plugins=[recorder])
    Path(report).write_text(json.dumps(recorder.outcomes))


def _hand_to_conftest(shell: Any) -> None:
    """Let IPython's conftest.py find the shell where it would make one."""
    from IPython.terminal.interactiveshell import TerminalInteractiveShell

    original: Any = TerminalInteractiveShell.instance
    make = original.__func__

    def instance(cls: type, *args: Any, **options: Any) -> Any:
        # Not to be found as a shell of another kind, which embed() makes.
        if cls is TerminalInteractiveShell:
            return shell
        return make(cls, *args, **options)

    TerminalInteractiveShell.instance = classmethod(instance)  # type: ignore[assignment, method-assign]
