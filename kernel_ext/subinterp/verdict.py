"""How a run ended, from what its guest tells of it."""

from __future__ import annotations

import logging
import marshal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from .errors import InterpreterClosedError
from .failure import GuestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .run import Run

__all__ = ["Outcome", "Verdict", "judge"]

_ENDING = {"closing", "closed"}
_log = logging.getLogger("subinterp")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the native part tells of the end of a job."""

    error: GuestError | None
    packed: Any
    """What it returned, as ``transfer.unpack_values`` takes it; None for nothing."""
    buffers: Sequence[Any]
    """The memory that ``packed`` refers to."""
    started: float
    finished: float
    took: float

    @classmethod
    def of(
        cls,
        data: bytes,
        buffers: Sequence[Any],
        started: float,
        finished: float,
        took: float,
    ) -> Self:
        """Read what the native part has."""
        facts = marshal.loads(data) if data else None
        if isinstance(facts, dict):
            error = GuestError.from_facts(facts)
            return cls(error, None, (), started, finished, took)
        return cls(None, facts, buffers, started, finished, took)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What that means for the run."""

    outcome: Outcome
    state: Literal["done", "failed", "interrupted"]
    failure: BaseException | None
    """What its ``result()`` raises; of the guest's own, what that is rebuilt from."""


def judge(run: Run, told: tuple[Any, ...]) -> Verdict:
    """Tell what the end of a run means for it."""
    name, do = run.interpreter.name, f"finish run {run.id} in"
    try:
        outcome = Outcome.of(*told)
    except Exception:
        _log.exception("the end of run %d cannot be understood", run.id)
        reason = "its end could not be understood"
        unread = InterpreterClosedError(name, do=do, reason=reason)
        return Verdict(Outcome(None, None, (), *told[2:]), "interrupted", unread)
    error = outcome.error
    interrupted = error is not None and error.ename == "KeyboardInterrupt"
    failure = None if error is None else error.failed(name)
    if run.timed_out:
        late = TimeoutError(
            f"run {run.id} in interpreter {name!r} was interrupted "
            f"after {run.timeout:g} s"
        )
        late.__cause__ = failure
        return Verdict(outcome, "interrupted", late)
    if interrupted and not run.asked_to_stop and run.guest.state in _ENDING:
        closed = InterpreterClosedError(name, do=do, reason="it was closed meanwhile")
        closed.__cause__ = failure
        return Verdict(outcome, "interrupted", closed)
    if failure is None:
        return Verdict(outcome, "done", None)
    return Verdict(outcome, "interrupted" if interrupted else "failed", failure)
