"""A worker's part in a ``map``: it takes items from a queue until there are no more."""

from __future__ import annotations

import marshal
from contextlib import suppress
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from _subinterp import guarded
from subinterp_values import NotTransferableError, pack, unpack

from . import context
from .errors import outcome
from .values import apply, received_call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["serve"]

# Kinds of messages; subinterp.mapping has the same numbers.
_VALUES, _FAILURE, _LOST = range(3)
_STOPPED = 3  # an outcome of the queue's get(): an exception is on its way


def serve(
    data: bytes, function: bytes | None, patience: float, buffers: Sequence[Any]
) -> bytes:
    """Call a function for each item of a queue.

    Args:
        data: the function, as ``values.call`` takes it.
        function: as for ``values.call``.
        patience: how many seconds to wait for another item, not to keep the thread
            from other work while whoever makes the items does something else.
        buffers: the queue of tasks, that of results, and the memory of ``data``.
    """
    tasks, results, *memory = buffers
    *_, callee = received_call(data, function, memory)
    server = _Server(tasks, results, callee, patience)
    try:
        guarded(server.work)
    except BaseException:
        server.leave()
        raise
    return b""


class _Server:
    """Takes messages of one or more items, and answers for each item once or more.

    A KeyboardInterrupt may arise at any moment of ``work``. So an item is taken and put
    where ``leave`` finds it without a step between, and said to be done after that.
    """

    def __init__(
        self, tasks: Any, results: Any, callee: Callable[..., Any], patience: float
    ) -> None:
        self._tasks = tasks
        self._results = results
        self._callee = callee
        self._patience = patience
        self._run = context.current()
        self._taken: list[Any] = []
        self._first = 0  # the number of the item that the first value belongs to
        self._values: list[Any] = []
        self._begun = 0.0

    def work(self) -> None:
        """Serve until nothing comes for a while, or will ever come."""
        taken = self._taken
        while True:
            taken.clear()
            taken.extend(map(self._tasks.get, [monotonic() + self._patience]))
            if type(taken[0]) is int:
                if taken[0] != _STOPPED:
                    return
            else:
                self._do(*taken[0])

    def leave(self) -> None:
        """Give what there is, and say which items nobody has done."""
        if not self._taken or type(self._taken[0]) is int:
            return
        first, count, _ = marshal.loads(self._taken[0][0])
        self._first = max(self._first, first)  # which was about to be set
        with suppress(BaseException):  # what cannot be given is as good as lost
            guarded(self._give)
        for number in range(self._first, first + count):
            self._put(_LOST, number, None)

    def _do(self, data: bytes, memory: Sequence[Any]) -> None:
        first, count, packed = marshal.loads(data)
        self._values = []
        self._first = first
        self._begun = perf_counter()
        try:
            items = unpack(packed, memory)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, NotTransferableError):
                error.variable = "item"
            for _ in range(count):
                self._fail(error)
            return
        for item in items:
            try:
                self._values.append(apply(item, {}, self._callee))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._give()
                self._fail(error)
        self._give()

    def _give(self) -> None:
        """Send the values that there are."""
        values = self._values
        if not values:
            return
        try:
            packed, memory = pack(values)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._give_singly(error)
            return
        now = perf_counter()
        content = len(values), now - self._begun, packed
        self._put(_VALUES, self._first, content, memory)
        self._begun = now
        self._values = []  # before: under another number, they would be wrong
        self._first += len(values)

    def _give_singly(self, error: BaseException) -> None:
        values = self._values
        if len(values) == 1:
            if isinstance(error, NotTransferableError):
                error.variable = "result"
                error.path = error.path.removeprefix("[0]")
            self._values = []
            self._fail(error)
            return
        for value in values:
            self._values = [value]
            self._give()

    def _fail(self, error: BaseException) -> None:
        self._put(_FAILURE, self._first, outcome(error))
        self._first += 1

    def _put(
        self, kind: int, number: int, content: Any, memory: Sequence[Any] = ()
    ) -> None:
        data = marshal.dumps((kind, self._run, number, content))
        self._results.put(data, list(memory), None)
