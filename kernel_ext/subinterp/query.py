"""What the host has a guest do beside its runs: completion, inspection, callbacks."""

from __future__ import annotations

import itertools
import marshal
from typing import Any, Protocol, Self

from . import _native
from .errors import InterpreterClosedError
from .failure import GuestError
from .sturdy import SturdyFuture

__all__ = ["HELPER", "HOME", "Query", "callbacks", "queries"]

# No thread that a user may ask for has such a name.
HELPER = ".helper"
# As the native part calls the home thread.
HOME = ""
# Far from the runs', which users read and type.
_ids = itertools.count(1 << 62)


class Query(SturdyFuture):
    """A job that is no run: no output of its own, no place in the history.

    The result is what the guest has answered, whatever ``marshal`` can carry. For all
    threads; ``receive`` is for the pump, ``break_off`` for who ends guests.
    """

    def __init__(self, name: str, guest: Where, thread: str) -> None:
        super().__init__()
        self.id = next(_ids)
        self.guest = guest
        self.thread = thread
        self._name = name
        self._answer: Any = None

    @classmethod
    def put(
        cls, name: str, guest: Where, request: tuple[Any, ...], thread: str
    ) -> Self:
        """Put a request to a guest.

        Args:
            name: the guest's.
            guest: where it goes.
            request: an operation and arguments that ``marshal`` can carry.
            thread: ``HELPER``, which works while the guest is busy, or ``HOME``.
        """
        asked = cls(name, guest, thread)
        queries[asked.id] = asked
        try:
            guest.submit(asked.id, marshal.dumps(request), thread)
        except _native.ClosedError:
            asked.break_off("it is closed")
        return asked

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that it calls."""
        self.guest.interrupt(self.id)

    def receive(self, kind: int, payload: Any) -> None:
        """Take the next event that the guest has sent."""
        if kind == _native.MESSAGE:
            _, self._answer = marshal.loads(payload)
        elif kind == _native.FINISHED:
            queries.pop(self.id, None)
            failure = payload[0]
            if failure:
                self.set_exception(GuestError.of(failure).failed(self._name))
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

    def submit(self, run: int, request: bytes, thread: str = "") -> object: ...
    def interrupt(self, run: int) -> bool: ...


queries: dict[int, Query] = {}
"""Those that are open, by id; every step is one operation under the host's GIL."""


def callbacks() -> list[Query]:
    """List those that execute the user's own code: the callbacks of widgets."""
    return [query for query in tuple(queries.values()) if query.thread == HOME]
