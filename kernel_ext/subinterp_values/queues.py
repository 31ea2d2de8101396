"""The queue that the host and its guests share; its items are packed values."""

from __future__ import annotations

import pickle
from queue import Empty, Full, ShutDown
from time import monotonic
from typing import TYPE_CHECKING, Any

from .errors import NotTransferableError
from .packing import pack, unpack
from .reducers import by_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol

    class Handle(Protocol):
        """The native queue, as this interpreter has it.

        What may wait returns an outcome; it takes None for no deadline, else a time as
        of ``time.monotonic()``, and a past one for no waiting.
        """

        @property
        def id(self) -> int: ...
        @property
        def maxsize(self) -> int: ...
        def put(
            self, data: bytes, buffers: list[Any], deadline: float | None, /
        ) -> int: ...
        def get(
            self, deadline: float | None, /
        ) -> tuple[bytes, tuple[Any, ...]] | int: ...
        def join(self) -> int: ...
        def size(self) -> int: ...
        def task_done(self) -> bool: ...
        def shut_down(self, immediate: bool, /) -> None: ...


__all__ = ["Queue", "on_refusal"]

# Outcomes; for a get that is done there is the item.
_TIMED_OUT = 1
_SHUT_DOWN = 2
_STOPPED = 3  # by an exception for this thread, which is raised before the next step
_LONG_AGO = 0.0


class Queue:
    """A ``queue.Queue`` that the notebook and its interpreters share.

    Made by ``subinterp.create_queue()``. Push it into interpreters, pass it to calls,
    put it into other queues: it is the same queue everywhere. Its items are copied when
    they are put; they stay when who put them is closed.
    """

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __repr__(self) -> str:
        """Show its number and its bound."""
        return f"<Queue {self._handle.id} maxsize={self.maxsize}>"

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same queue."""
        if not isinstance(other, Queue):
            return NotImplemented
        return self._handle.id == other._handle.id

    def __hash__(self) -> int:
        """Hash as which queue it is."""
        return hash((Queue, self._handle.id))

    def __reduce__(self) -> NoReturn:
        """Refuse what would leave the process, or outlive the queue."""
        message = (
            f"cannot pickle queue {self._handle.id} (it lives in this process only); "
            "push it, pass it to call(), or put it into a queue"
        )
        raise TypeError(message)

    @property
    def maxsize(self) -> int:
        """How many items it takes; no bound if not above zero."""
        return self._handle.maxsize

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Append a copy of the item, waiting for room unless told otherwise.

        Args:
            item: what ``push`` can send.
            block: whether to wait if the queue is full.
            timeout: how many seconds at most.

        Raises:
            queue.Full: there is no room, or was none in time.
            queue.ShutDown: it takes no more items.
            TransferError: the item cannot cross.
        """
        try:
            data, buffers = pack(item)
        except NotTransferableError as error:
            error.variable = "item"
            _refuse(error)
        deadline = _deadline(block, timeout)
        outcome = self._handle.put(data, buffers, deadline)
        while outcome == _STOPPED:
            outcome = self._handle.put(data, buffers, deadline)
        if outcome:
            raise Full if outcome == _TIMED_OUT else ShutDown

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the first item, waiting for one unless told otherwise.

        Args:
            block: whether to wait if the queue is empty.
            timeout: how many seconds at most.

        Raises:
            queue.Empty: there is no item, or was none in time.
            queue.ShutDown: there will be none any more.
            TransferError: the item cannot be rebuilt here; it is lost.
        """
        deadline = _deadline(block, timeout)
        taken = self._handle.get(deadline)
        while taken == _STOPPED:
            taken = self._handle.get(deadline)
        if isinstance(taken, int):
            raise Empty if taken == _TIMED_OUT else ShutDown
        try:
            return unpack(*taken)
        except NotTransferableError as error:
            error.variable = "item"
            _refuse(error)

    def put_nowait(self, item: Any) -> None:
        """Append a copy of the item if there is room at once."""
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        """Take the first item if there is one at once."""
        return self.get(block=False)

    def qsize(self) -> int:
        """Return how many items there are at this moment."""
        return self._handle.size()

    def empty(self) -> bool:
        """Tell whether there is no item at this moment."""
        return not self._handle.size()

    def full(self) -> bool:
        """Tell whether there is no room at this moment."""
        return 0 < self.maxsize <= self._handle.size()

    def shutdown(self, immediate: bool = False) -> None:
        """Take no more items, and end the waits of those who would put or get one.

        Args:
            immediate: drop the items that are there, instead of having them taken.
        """
        self._handle.shut_down(immediate)

    def task_done(self) -> None:
        """Report that an item which was taken needs no more work.

        Raises:
            ValueError: that was reported for all items before.
        """
        if not self._handle.task_done():
            message = "task_done() called too many times"
            raise ValueError(message)

    def join(self) -> None:
        """Wait until ``task_done`` was called for each item that was put."""
        while self._handle.join() == _STOPPED:
            pass


def on_refusal(refuse: Callable[[NotTransferableError], NoReturn]) -> None:
    """Have this called, which raises, for an item that cannot cross."""
    global _refuse  # noqa: PLW0603 - each side of the process has one way
    _refuse = refuse


def _as_it_is(error: NotTransferableError) -> NoReturn:
    raise error


_refuse: Callable[[NotTransferableError], NoReturn] = _as_it_is


def _deadline(block: bool, timeout: float | None) -> float | None:
    if not block:
        return _LONG_AGO
    if timeout is None:
        return None
    if timeout < 0:
        message = "'timeout' must be a non-negative number"
        raise ValueError(message)
    return monotonic() + timeout


def _reduce(queue: Queue) -> tuple[Any, ...]:
    # The handle travels in the place of memory, see native/core/buffer.hpp.
    handle: Any = queue._handle  # noqa: SLF001 - a method but for its place
    return Queue, (pickle.PickleBuffer(handle),)


by_type[Queue] = _reduce
