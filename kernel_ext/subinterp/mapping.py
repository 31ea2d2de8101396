"""A function over items, computed by several workers, with the results in order."""

from __future__ import annotations

import marshal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

from subinterp_values import NotTransferableError, pack, unpack

from . import _native
from .crew import Crew
from .errors import ExecutionFailed, TransferError
from .failure import GuestError, rebuild
from .transfer import pack_call, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .crew import Start
    from .transfer import Packed

__all__ = ["Mapped"]

# Kinds of messages; subinterp_guest.serving has the same numbers.
_VALUES, _FAILURE, _LOST, _ENDED = range(4)
_TIMED_OUT = 1  # an outcome of the queue's get()
_LONG_AGO = 0.0

# How many seconds a worker waits for another item before it is free for other work.
_PATIENCE = 0.05
# Where the size of a chunk is ours to choose: how many seconds it is to take, and how
# many items it has at most, for they wait for one another.
_CHUNK_SECONDS = 0.0005
_CHUNK_ITEMS = 32


class Mapped[T](Iterator[T]):
    """The results of a function over items, in order, while workers compute them.

    For one thread at a time. The workers take from one queue, so that nobody has to
    deal out items fairly. An item's exception is raised in its place, and ``next()``
    goes on with the item after it. ``close()``, and dropping this when ``next()`` was
    called, cancel what no worker has begun; a KeyboardInterrupt in ``next()`` ends what
    they have begun, too.

    Args:
        where: the name of a guest to which the function goes, for errors.
        workers: how to start a run on each of them.
        fn: the function.
        iterables: its arguments, as the builtin ``map`` takes them.
        chunksize: how many items go together; None: as many as take half a millisecond.
        buffersize: how many chunks are read ahead of what ``next()`` has given; None:
            everything, now.
        timeout: seconds from now, after which ``next()`` waits no longer.

    Raises:
        TransferError: the function cannot cross, or an item that is read now.
    """

    def __init__(
        self,
        where: str,
        workers: Iterable[Start],
        fn: Callable[..., T],
        iterables: Iterable[Iterable[Any]],
        *,
        chunksize: int | None = None,
        buffersize: int | None = None,
        timeout: float | None = None,
    ) -> None:
        _check(chunksize, buffersize)
        self._adapts = chunksize is None
        self._chunk = chunksize or 1
        self._buffersize = buffersize
        self._deadline = None if timeout is None else monotonic() + timeout
        self._tasks = _native.create_queue(0)
        self._results = _native.create_queue(0)
        self._items: Iterator[tuple[Any, ...]] = zip(*iterables, strict=False)
        self._crew = Crew(
            workers, self._request(where, fn), partial(_tell_end, self._results)
        )
        self._read = 0
        self._given = 0
        self._ends: deque[int] = deque()  # of the chunks that are not wholly given
        self._arrived: dict[int, Any] = {}
        self._complete = False
        self._unreadable: Exception | None = None  # why no more is read, if not the end
        self._begun = False
        self._cancelled = False
        try:
            self._fill()
        except BaseException as stopped:
            self._abandon(stopped)
            raise

    def __next__(self) -> T:
        """Wait for the next result.

        Raises:
            TimeoutError: it did not come in time; the rest is cancelled.
            TransferError: the item or its result cannot cross.
            ExecutionFailed: an exception that cannot be rebuilt here; all others are
                raised as they are in the guest, with this as their cause.
        """
        self._begun = True
        try:
            result = self._next()
            failure = result.failure() if type(result) is _Raised else None
        except Exception:  # with StopIteration
            self.close()
            raise
        except BaseException as stopped:
            self._abandon(stopped)
            raise
        if failure is None:
            value: T = result
            return value
        try:
            raise failure
        finally:
            del self, result, failure  # they and the traceback would keep one another

    def __del__(self) -> None:
        """Cancel the rest if somebody has taken results, as generators do."""
        begun = getattr(self, "_begun", None)
        if begun is None:
            return  # it was not made
        # In a forked child the queues are the parent's, and say so.
        with suppress(RuntimeError):
            if begun:
                self.close()
            else:
                self._end_of_input()

    def cancel(self) -> None:
        """Have no worker begin another item, for any thread; ``next()`` tells of it."""
        self._cancelled = True
        self._tasks.shut_down(True)

    def close(self) -> None:
        """Cancel what no worker has begun; there are no more results."""
        self._end_of_input()
        self._tasks.shut_down(True)
        self._crew.cancel()  # who has begun is left to end by itself
        self._arrived.clear()
        self._given = self._read

    def _abandon(self, stopped: BaseException) -> None:
        self._tasks.shut_down(True)  # first: nobody shall go on with another item
        if not isinstance(stopped, Exception):
            self._crew.stop(stopped)
        self.close()

    def _request(self, where: str, fn: Any) -> Packed:
        (_, *function), memory = pack_call(where, fn, (), {})
        # A queue's handle travels in the place of memory.
        queues: list[Any] = [self._tasks, self._results]
        views = [memoryview(queue) for queue in queues]
        return ("serve", *function, _PATIENCE), views + memory

    # Input.

    def _fill(self) -> None:
        begin = monotonic()
        self._feed(self._buffersize)
        if monotonic() - begin >= _PATIENCE and self._tasks.size():
            # Perhaps nobody calls next(), which would see that they have left.
            self._crew.recruit_again()

    def _read_on(self) -> None:
        """Read as much as is about to be given."""
        ends = self._ends
        while ends and ends[0] <= self._given:
            ends.popleft()
        try:
            self._feed(self._buffersize and self._buffersize + 1)
        except Exception as error:
            # What was read before comes first.
            self._unreadable = error
            self._end_of_input()

    def _feed(self, limit: int | None) -> None:
        while limit is None or len(self._ends) < limit:
            chunk = tuple(islice(self._items, self._chunk))
            if not chunk:
                self._end_of_input()
                return
            self._send(chunk)
            self._ends.append(self._read)
            if self._begun:
                self._crew.replace()
            else:
                self._crew.recruit()
            while self._take(_LONG_AGO):
                pass

    def _send(self, chunk: tuple[tuple[Any, ...], ...]) -> None:
        try:
            data, memory = pack(chunk)
        except NotTransferableError as error:
            if len(chunk) == 1:
                raise self._refused(error, chunk[0]) from error
            for item in chunk:
                self._send((item,))
            return
        message = marshal.dumps((self._read, len(chunk), data))
        self._tasks.put(message, memory, None)
        self._read += len(chunk)

    def _refused(
        self, error: NotTransferableError, item: tuple[Any, ...]
    ) -> TransferError:
        path = error.path.removeprefix("[0]")
        if len(item) == 1:
            path = path.removeprefix("[0]")
        return refused(None, f"items[{self._read}]", error, path)

    def _end_of_input(self) -> None:
        self._complete = True
        self._items = iter(())
        self._tasks.shut_down(False)

    # Results.

    def _next(self) -> Any:
        """Give the next result, or what stands for its exception."""
        if not self._complete:
            self._read_on()
        number = self._given
        while number not in self._arrived:
            if number == self._read:
                self._finish()
            if not self._crew.serves:
                return self._lost(number)
            self._take(self._deadline)
        self._given += 1
        return self._arrived.pop(number)

    def _finish(self) -> None:
        self._crew.finish()
        unreadable, self._unreadable = self._unreadable, None
        raise unreadable or StopIteration

    def _lost(self, number: int) -> _Raised:
        """Tell why nobody does an item."""
        failure = self._crew.failure or self._unreadable
        if self._cancelled:
            failure = CancelledError()
        if self._crew.is_gone:
            self.close()
        else:
            self._given += 1
        reason = f"what had item {number} is gone"
        return _Raised(lambda: failure or RuntimeError(reason))

    def _take(self, deadline: float | None) -> bool:
        """Take a message; False if there is none and none is waited for."""
        taken = self._results.get(deadline)
        if isinstance(taken, int):
            if deadline != _LONG_AGO:
                message = f"item {self._given} was not done in time"
                raise TimeoutError(message)
            return False
        data, memory = taken
        kind, run, number, content = marshal.loads(data)
        if kind == _ENDED:
            self._crew.dismiss(run)
            if self._tasks.size():
                self._crew.replace()
        elif kind == _VALUES:
            self._take_values(run, number, content, memory)
        elif kind == _FAILURE:
            name = self._crew.run(run).interpreter.name
            self._arrive(number, _Raised(partial(_rebuilt, name, number, content)))
        else:
            self._arrive(number, _Raised(self._crew.run(run).exception))
        return True

    def _take_values(
        self,
        run: int,
        first: int,
        content: tuple[int, float, bytes],
        memory: Sequence[Any],
    ) -> None:
        count, seconds, data = content
        values: Sequence[Any]
        try:
            values = unpack(data, memory)
        except NotTransferableError as error:
            name = self._crew.run(run).interpreter.name
            failure = refused(name, "result", error)
            values = [_Raised(lambda: failure)] * count
        for number, value in enumerate(values, first):
            self._arrive(number, value)
        if self._adapts:
            fits = int(_CHUNK_SECONDS * count / seconds) if seconds else _CHUNK_ITEMS
            self._chunk = max(1, min(fits, 2 * count, _CHUNK_ITEMS))

    def _arrive(self, number: int, result: Any) -> None:
        # A worker that is interrupted may say twice what became of an item.
        if number >= self._given:
            self._arrived.setdefault(number, result)


class _Raised:
    """Stands for a result that is an exception."""

    def __init__(self, failure: Callable[[], BaseException | None]) -> None:
        self.failure = failure


def _rebuilt(name: str, number: int, outcome: bytes) -> BaseException:
    error = GuestError.of(outcome)
    failed = error.failed(name)
    failure = rebuild(error, failed) if isinstance(failed, ExecutionFailed) else failed
    failure.add_note(f"This was raised for item {number}, in interpreter {name!r}.")
    return failure


def _tell_end(results: _native.QueueHandle, run: int) -> None:
    results.put(marshal.dumps((_ENDED, run, 0, None)), [], None)


def _check(chunksize: int | None, buffersize: Any) -> None:
    # With the words of concurrent.futures.
    if chunksize is not None and chunksize < 1:
        message = "chunksize must be >= 1."
        raise ValueError(message)
    if buffersize is not None and not isinstance(buffersize, int):
        message = "buffersize must be an integer or None"
        raise TypeError(message)
    if buffersize is not None and buffersize < 1:
        message = "buffersize must be None or > 0"
        raise ValueError(message)
