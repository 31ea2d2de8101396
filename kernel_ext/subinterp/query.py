"""What the host asks a guest beside its runs: completion, inspection."""

from __future__ import annotations

import itertools
import marshal
from concurrent.futures import Future
from typing import Any, Protocol

from . import _native
from .errors import InterpreterClosedError
from .failure import GuestError

__all__ = ["HELPER", "Query", "queries"]

# No thread that a user may ask for has such a name.
HELPER = ".helper"
# Far from the runs', which users read and type.
_ids = itertools.count(1 << 62)


class Query(Future[Any]):
    """An answer of a guest's helper thread, which works while the guest is busy.

    The answer is whatever ``marshal`` can carry. For all threads; ``receive`` is for
    the pump, ``break_off`` for who ends guests.
    """

    def __init__(self, name: str, guest: Where) -> None:
        super().__init__()
        self.id = next(_ids)
        self._name = name
        self._guest = guest
        self._answer: Any = None

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that answers."""
        self._guest.interrupt(self.id)

    def receive(self, kind: int, payload: Any) -> None:
        """Take the next event that the guest has sent."""
        if kind == _native.MESSAGE:
            _, self._answer = marshal.loads(payload)
        elif kind == _native.FINISHED:
            queries.pop(self.id, None)
            if payload:
                self.set_exception(GuestError.of(payload).failed())
            else:
                self.set_result(self._answer)

    def break_off(self, reason: str) -> None:
        """End it from the host's side: no event of its end will come."""
        if queries.pop(self.id, None) is not None:
            self.set_exception(
                InterpreterClosedError(self._name, do="ask", reason=reason)
            )


class Where(Protocol):
    """What a query needs of the native guest that it was put to."""

    def interrupt(self, run: int) -> bool: ...


queries: dict[int, Query] = {}
"""Those that are open, by id; every step is one operation under the host's GIL."""
