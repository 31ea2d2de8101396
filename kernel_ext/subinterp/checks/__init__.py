"""Whether modules can be used in guests: tried, in processes that may die of it."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

from .report import CheckReport, CheckRow
from .trial import Trial

__all__ = ["CheckReport", "CheckRow", "check"]

_STRICT = {"gil": "own", "extensions": "strict"}
_SHARED = {"gil": "shared"}


def check(*modules: str, timeout: float = 60.0) -> CheckReport:
    """Try whether modules can be used in guests, and tell why not.

    For each module and each kind of guest, a child process imports the module in two
    guests at once, with its extension modules, uses it there, and ends them. A crash
    is a finding. The child knows this process's ``sys.path`` and nothing else of it.

    Args:
        modules: their names, as for ``import``.
        timeout: how many seconds a child may take.

    Raises:
        TypeError: there is no name, or one is no string.
        ValueError: an empty name, or a timeout that is not positive.
    """
    _validate(modules, timeout)
    trials = [
        (Trial(module, _STRICT), Trial(module, _SHARED))
        for module in dict.fromkeys(modules)
    ]
    flat = [trial for pair in trials for trial in pair]
    at_once = min(len(flat), os.process_cpu_count() or 1)
    with ThreadPoolExecutor(at_once, "subinterp-check") as pool:
        try:
            futures = [pool.submit(trial.run, timeout) for trial in flat]
            outcomes = iter([future.result() for future in futures])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for trial in flat:  # those that an interrupt has left
                trial.stop()
    return CheckReport(
        tuple(
            CheckRow.of(strict.module, next(outcomes), next(outcomes))
            for strict, _ in trials
        )
    )


def _validate(modules: tuple[str, ...], timeout: float) -> None:
    if not modules:
        message = "check() takes the names of modules"
        raise TypeError(message)
    for module in modules:
        _validate_name(module)
    if not timeout > 0:
        message = f"timeout must be a positive number of seconds, not {timeout!r}"
        raise ValueError(message)


def _validate_name(module: object) -> None:
    if not isinstance(module, str):
        message = f"modules must be named by str, not {type(module).__name__}"
        raise TypeError(message)
    if not all(part.isidentifier() for part in re.split(r"[.-]", module)):
        message = f"{module!r} is not the name of a module"
        raise ValueError(message)
