"""Guests, their events, and what keeps the process alive around them."""

import types
from collections.abc import Buffer, Sequence
from typing import Any

type Outcome = tuple[bytes, tuple[Buffer, ...], float, float, float]
"""Data, memory that it refers to, when the job started and finished (as time.time()),
and how many seconds it took."""
type Payload = str | bytes | Outcome

STDOUT: int
STDERR: int
MESSAGE: int
STARTED: int
FINISHED: int
COMM: int
DROPPED: int
CANCELLED: int
CLOSED: int

LEISURE: int
"""In the place of a run: what a guest's threads do between two jobs."""

class StartError(Exception): ...
class ClosedError(Exception): ...

class Answer:
    """Where the outcome of a job will be."""

    def wait(self, timeout: float = -1.0) -> bool:
        """Wait until it is here, or it is known that it will not come this way.

        False if neither is so after `timeout` seconds (negative: never).
        """

    @property
    def given(self) -> bool:
        """Whether the outcome is here."""

    def outcome(self) -> Outcome | None:
        """The outcome, or None."""

    def decline(self) -> None:
        """Have all that wait look elsewhere."""

class WorkQueue:
    """Jobs for whichever of several guests is idle, in order."""

    @property
    def id(self) -> int:
        """That of no interpreter."""

    @property
    def state(self) -> str:
        """'running' or 'closed'."""

    @property
    def unserved(self) -> int:
        """How many jobs there are beyond those that idle guests have been woken for."""

    @property
    def members(self) -> int:
        """How many guests take jobs from it."""

    def submit(
        self,
        run: int,
        request: bytes,
        thread: str = "",
        buffers: Sequence[Buffer] = (),
    ) -> Answer:
        """Queue a job, as Guest.submit does; on the home thread of who takes it.

        Raises ClosedError.
        """

    def cancel(self, run: int) -> bool:
        """Take a job off the queue; False if it has begun."""

    def executes(self, run: int) -> bool:
        """Whether a run has begun and is not over."""

    def interrupt(self, run: int) -> bool:
        """Raise KeyboardInterrupt in a run, soon; False if it does not execute."""

    def answer(self, question: int, answer: bytes) -> bool:
        """Answer what a run asks; False if nobody waits for the answer."""

    def awaits(self, question: int) -> bool:
        """Whether a run waits for the answer to this question."""

    def close(self) -> None:
        """Take no more jobs; the guests end as soon as there is none left."""

class Guest:
    """A named interpreter with its threads."""

    def __init__(self, name: str, own_gil: bool, path: list[str], setup: bytes) -> None:
        """Create it on its home thread and boot subinterp_guest there.

        Raises StartError with CPython's own reason.
        """

    @property
    def id(self) -> int:
        """As PyInterpreterState_GetID."""

    @property
    def state(self) -> str:
        """'idle', 'running', 'closing' or 'closed'."""

    @property
    def queued(self) -> int:
        """How many jobs wait."""

    @property
    def home_run(self) -> int:
        """The run that its home thread executes; 0 for none."""

    @property
    def memory(self) -> int:
        """Bytes that CPython's object allocator holds for it."""

    def submit(
        self,
        run: int,
        request: bytes,
        thread: str = "",
        buffers: Sequence[Buffer] = (),
    ) -> Answer:
        """Queue a job on the home thread, or on another one, made on first use.

        Returns where its outcome will be. `buffers` lends memory of these objects to
        it, until nobody there needs it.

        Raises ClosedError.
        """

    def perform(self, request: bytes) -> bytes:
        """Have the home thread do a job that is no run, wait, and return its outcome.

        Raises ClosedError.
        """

    def join(self, work: WorkQueue) -> None:
        """Have the home thread do what is in this queue when it has nothing else to do.

        Once. Raises ClosedError.
        """

    def cancel(self, run: int) -> bool:
        """Take a job off its queue; False if it has begun."""

    def executes(self, run: int) -> bool:
        """Whether a run has begun and is not over."""

    def interrupt(self, run: int) -> bool:
        """Raise KeyboardInterrupt in a run, soon; False if it does not execute."""

    def answer(self, question: int, answer: bytes) -> bool:
        """Answer what a run of it asks; False if nobody waits for the answer."""

    def awaits(self, question: int) -> bool:
        """Whether a run of it waits for the answer to this question."""

    def close(self, timeout: float) -> bool:
        """Interrupt what runs, drop what is queued, and end it.

        False if it is still busy after `timeout` seconds.
        """

    def threads(self, timeout: float = 0.5) -> list[tuple[str, int, int, str, int]]:
        """Its threads: name, native id, thread-state id, state, run."""

class QueueHandle:
    """A queue of packed items, as ``subinterp_values.queues.Handle`` says."""

    @property
    def id(self) -> int: ...
    @property
    def maxsize(self) -> int: ...
    def put(
        self, data: bytes, buffers: list[Any], deadline: float | None, /
    ) -> int: ...
    def get(
        self, deadline: float | None, /
    ) -> tuple[bytes, tuple[Buffer, ...]] | int: ...
    def join(self) -> int: ...
    def size(self) -> int: ...
    def task_done(self) -> bool: ...
    def shut_down(self, immediate: bool, /) -> None: ...

def create_queue(maxsize: int) -> QueueHandle:
    """Make a queue; without a bound if `maxsize` is not above zero."""

def guard_process() -> bool:
    """Install, once, the handler that keeps forked children alive.

    False where this CPython's layout is unknown: a fork while a guest lives then
    kills the child (gh-101437).
    """

def hold_guests() -> None:
    """Keep guests with a GIL of their own out of C code, before a fork.

    What the loader or the C library has half done, and their locks, would go into the
    child as they are.
    """

def release_guests() -> None:
    """Let them go on, after a fork, in the parent."""

def shutdown(timeout: float) -> int:
    """Interrupt and end all guests, within `timeout` seconds; at the process's end.

    What will not stop is hidden from CPython's finalization. Returns how many that
    were.
    """

def drain(interval: float, timeout: float) -> list[tuple[int, int, Payload]]:
    """Wait for events of guests and take them all, in order for each run.

    Each is (run, kind, payload). Returns when a run is over, `interval` seconds
    after the last time when there is anything else, after `timeout` seconds (negative:
    never), or after wake().
    """

def drains() -> bool:
    """Whether the calling thread is one that has called drain()."""

def wake() -> None:
    """Make drain() return."""

def current_frames() -> dict[int, types.FrameType]:
    """sys._current_frames() of this interpreter alone (gh-158364)."""

def current_exceptions() -> dict[int, BaseException | None]:
    """sys._current_exceptions() of this interpreter alone (gh-158364)."""
