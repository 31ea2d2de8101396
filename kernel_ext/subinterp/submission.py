"""How a run gets to who executes it."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

from . import _native
from .calls import call_into
from .errors import InterpreterClosedError
from .history import history
from .run import HOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .run import Run

__all__ = ["Request", "enqueue"]

type Request = tuple[Any, ...]
"""An operation of ``subinterp_guest.runner``, and its arguments."""


def enqueue(run: Run, request: Request, buffers: Sequence[memoryview] = ()) -> None:
    """Queue a run for its guest, and put it into the history.

    Args:
        run: one that is new.
        request: what it does.
        buffers: the memory that this refers to.

    Raises:
        InterpreterClosedError: there is nobody to execute it.
    """
    queued: list[_native.Answer] = []
    thread = "" if run.thread == HOME else run.thread
    try:
        history.add(run)
        data = marshal.dumps(request)
        call_into(queued, run.guest.submit, run.id, data, thread, buffers)
        run.attach(queued[0])
    except _native.ClosedError:
        history.discard(run)
        name, state = run.interpreter.name, run.guest.state
        raise InterpreterClosedError(
            name, do="run code in", reason=f"it is {state}"
        ) from None
    except BaseException:
        if queued:  # a KeyboardInterrupt, and nobody has the run
            run.interrupt()
        else:
            history.discard(run)
        raise
