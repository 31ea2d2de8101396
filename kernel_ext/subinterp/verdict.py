"""How a run ended, from what its guest tells of it."""

from __future__ import annotations

import logging
import marshal
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Self

from .calls import call_holding
from .errors import ExecutionFailed, InterpreterClosedError, TransferError
from .failure import GuestError, rebuild
from .transfer import unpack_values

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


class Verdict:
    """What that means for the run.

    What its result is made from is unpickled, once, by the first thread that asks, and
    not by the pump, for the reason that ``failure.rebuild`` gives.
    """

    def __init__(
        self,
        run: Run,
        outcome: Outcome,
        state: Literal["done", "failed", "interrupted"],
        failure: BaseException | None = None,
    ) -> None:
        self.outcome = outcome
        self.state = state
        self.failure = failure
        """What ``result()`` raises; of the guest's own, what that is rebuilt from."""
        self._interpreter = run.interpreter.name
        self._has_value = outcome.packed is not None and not run.pulls
        # Each is set in one step: two threads that ask get the same one.
        self._made: dict[str, Any] = {}
        self._unpacking = Lock()

    @property
    def value(self) -> Any:
        """What the run returned, when ``exception()`` has been called."""
        return self._made.get("value")

    def exception(self) -> BaseException | None:
        """Give the exception, if any; else the value is there from now on."""
        made, error, failure = self._made, self.outcome.error, self.failure
        if error is not None and isinstance(failure, ExecutionFailed):
            rebuilt: BaseException | None = made.get("rebuilt")
            return rebuilt or made.setdefault("rebuilt", rebuild(error, failure))
        if not self._has_value or "value" in made:
            return failure
        call_holding(self._unpacking, self._unpack)
        return made.get("refused")

    def _unpack(self) -> None:
        made = self._made
        if "value" not in made and "refused" not in made:
            try:
                made["value"] = self.unpacked()
            except TransferError as refused:
                made["refused"] = refused

    def unpacked(self) -> Any:
        """Unpack what the run returned, once; nothing is left of it here.

        Raises:
            TransferError: it cannot be rebuilt here.
        """
        packed, buffers = self.outcome.packed, self.outcome.buffers
        if packed is None:
            return None
        value = unpack_values(self._interpreter, packed, buffers)
        # It may be large, and runs are kept for long.
        self.outcome = replace(self.outcome, packed=None, buffers=())
        return value


def judge(run: Run, told: tuple[Any, ...]) -> Verdict:
    """Tell what the end of a run means for it."""
    name, do = run.interpreter.name, f"finish run {run.id} in"
    try:
        outcome = Outcome.of(*told)
    except Exception:
        _log.exception("the end of run %d cannot be understood", run.id)
        reason = "its end could not be understood"
        unread = InterpreterClosedError(name, do=do, reason=reason)
        return Verdict(run, Outcome(None, None, (), *told[2:]), "interrupted", unread)
    error = outcome.error
    interrupted = error is not None and error.ename == "KeyboardInterrupt"
    failure = None if error is None else error.failed(name)
    if run.timed_out:
        late = TimeoutError(
            f"run {run.id} in interpreter {name!r} was interrupted "
            f"after {run.timeout:g} s"
        )
        late.__cause__ = failure
        return Verdict(run, outcome, "interrupted", late)
    if interrupted and not run.asked_to_stop and run.guest.state in _ENDING:
        closed = InterpreterClosedError(name, do=do, reason="it was closed meanwhile")
        closed.__cause__ = failure
        return Verdict(run, outcome, "interrupted", closed)
    if failure is None:
        return Verdict(run, outcome, "done")
    return Verdict(run, outcome, "interrupted" if interrupted else "failed", failure)
