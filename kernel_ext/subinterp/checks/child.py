"""The program of the child process in which one module is tried in one kind of guest.

It says how far it got as it goes, a line of JSON each, for it may not live to the end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, TextIO

from subinterp.registry import close_all, create
from subinterp.settings import guest_options

from .scan import strays

__all__ = ["main"]

_GUESTS = 2
_CLOSE_SECONDS = 10.0


def main(task: dict[str, Any]) -> None:
    """Carry out the task.

    Args:
        task: ``module``; ``create``, which goes to ``create()``; ``seconds`` after
            which the process ends even if nobody is left to end it.
    """
    say = _sayer()
    _forbid_core_dumps()
    if hasattr(signal, "setitimer"):
        # By the signal's default action, whoever has which GIL.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, task["seconds"])
    # This is the trial; and a private copy that stayed would be loaded by all later
    # guests without another.
    guest_options.update(untried=True, passing=True)
    module, options = task["module"], task["create"]
    say(stage="create")
    guests = [create(f"check{number}", **options) for number in range(_GUESTS)]
    for stage, function in (("look", "found"), ("import", "load"), ("use", "use")):
        say(stage=stage)
        source = f"from subinterp_guest.probe import *; report = {function}({module!r})"
        runs = [guest.start(source) for guest in guests]  # at once
        for run in runs:
            run.result()
        reports = [guest.pull("report") for guest in guests]
        say(stage=stage, reports=reports)
        if any(report.keys() & {"missing", "refused", "failed"} for report in reports):
            break
    else:
        if options.get("extensions") == "private":
            say(stage="scan")
            say(stage="scan", strays=strays(guests))
    say(stage="close")
    close_all(_CLOSE_SECONDS)
    say(stage="exit")


def _sayer() -> Any:
    # What the module prints must not come in between.
    out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def say(**facts: Any) -> None:
        print(json.dumps(facts), file=out, flush=True)

    return say


def _forbid_core_dumps() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
