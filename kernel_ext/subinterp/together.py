"""The same at the same time in several guests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .calls import call_into
from .errors import InterpreterClosedError
from .jobs import INTERRUPT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .interpreter import Interpreter
    from .run import Run

__all__ = ["perform", "raise_for", "stop"]


def perform(
    guests: Sequence[Interpreter], start: Callable[[Interpreter], Run]
) -> list[Any]:
    """Start a run in each guest, wait for all of them, and return their results.

    A KeyboardInterrupt meanwhile goes to all of them.

    Raises:
        BaseException: that of the one run that failed, with a note of the guest.
        BaseExceptionGroup: those of several.
    """
    runs: list[Run] = []
    results: list[Any] = []
    failures: list[BaseException] = []
    try:
        for guest in guests:
            try:
                call_into(runs, start, guest)
            except InterpreterClosedError as closed:  # which says of which guest
                failures.append(closed)
        for run in runs:
            if run.settle():
                failure = run.exception()
            else:
                failure = TimeoutError(f"run {run.id} did not stop and goes on")
            if failure is None:
                results.append(run.result())
            else:
                failure.add_note(f"This was raised in interpreter {_name(run)!r}.")
                failures.append(failure)
    except BaseException as stopped:
        stop(runs, stopped)
        raise
    raise_for(failures, len(guests))
    return results


def raise_for(failures: list[BaseException], number: int) -> None:
    """Raise what there is: one exception as it is, several as a group.

    Args:
        failures: of those guests that failed.
        number: of all guests.
    """
    try:
        if len(failures) == 1:
            raise failures[0]
        if failures:
            message = f"{len(failures)} of {number} interpreters failed"
            raise BaseExceptionGroup(message, failures)
    finally:
        del failures  # they and the traceback would keep one another alive


def stop(runs: Iterable[Run], stopped: BaseException) -> None:
    """Take runs back for somebody who was interrupted; wait a moment for their end."""
    asked = [run for run in runs if run.interrupt()]
    deadline = time.monotonic() + INTERRUPT_SECONDS
    for run in asked:
        if not run.settle(max(0.0, deadline - time.monotonic())):
            stopped.add_note(f"run {run.id} in {_name(run)!r} did not stop and goes on")


def _name(run: Run) -> str:
    return run.interpreter.name
