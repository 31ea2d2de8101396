"""Whether modules can be used in guests: tried, in processes that may die of it."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, get_args

from subinterp.listening import wait_for

from .report import CheckReport, CheckRow, Kind
from .trial import Outcome, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["KINDS", "CheckReport", "CheckRow", "Kind", "check"]

_OPTIONS: dict[Kind, dict[str, Any]] = {
    "strict": {"gil": "own", "extensions": "strict"},
    "private": {"gil": "own", "extensions": "private"},
    "shared": {"gil": "shared"},
}

KINDS: tuple[Kind, ...] = tuple(
    kind for kind in get_args(Kind) if kind != "private" or sys.platform == "linux"
)
"""The kinds of guests that there are on this system."""


def check(
    *modules: str, timeout: float = 60.0, kinds: Iterable[Kind] = KINDS
) -> CheckReport:
    """Try whether modules can be used in guests, and tell why not.

    For each module and each kind of guest, a child process imports the module in two
    guests at once, with its extension modules, uses it there, and ends them. A crash
    is a finding. The child knows this process's ``sys.path`` and nothing else of it.

    Args:
        modules: their names, as for ``import``.
        timeout: how many seconds a child may take.
        kinds: the kinds of guests to try: ``"strict"``, ``"private"`` (on Linux),
            ``"shared"``.

    Raises:
        TypeError: there is no name, or one is no string.
        ValueError: an empty name, a timeout that is not positive, no kind or an
            unknown one.
    """
    kinds = tuple(kinds)
    _validate(modules, timeout, kinds)
    trials = {
        module: {kind: Trial(module, _OPTIONS[kind]) for kind in KINDS if kind in kinds}
        for module in modules
    }
    flat = [trial for of_module in trials.values() for trial in of_module.values()]
    at_once = min(len(flat), os.process_cpu_count() or 1)
    found: list[Outcome] = []
    with ThreadPoolExecutor(at_once, "subinterp-check") as pool:
        try:
            futures = [pool.submit(trial.run, timeout) for trial in flat]
            for future in futures:
                wait_for(future)
                found.append(future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for trial in flat:  # those that an interrupt has left
                trial.stop()
    outcomes = iter(found)
    return CheckReport(
        tuple(
            CheckRow.of(module, {kind: next(outcomes) for kind in of_module})
            for module, of_module in trials.items()
        )
    )


def _validate(
    modules: tuple[str, ...], timeout: float, kinds: tuple[Kind, ...]
) -> None:
    if not modules:
        message = "check() takes the names of modules"
        raise TypeError(message)
    for module in modules:
        _validate_name(module)
    if not timeout > 0:
        message = f"timeout must be a positive number of seconds, not {timeout!r}"
        raise ValueError(message)
    if not kinds or not set(kinds) <= set(KINDS):
        message = f"kinds must be some of {KINDS}, not {kinds!r}"
        raise ValueError(message)


def _validate_name(module: object) -> None:
    if not isinstance(module, str):
        message = f"modules must be named by str, not {type(module).__name__}"
        raise TypeError(message)
    if not all(part.isidentifier() for part in re.split(r"[.-]", module)):
        message = f"{module!r} is not the name of a module"
        raise ValueError(message)
