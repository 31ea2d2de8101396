"""A guest, as the host sees it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, cast

from . import _native, comms, memory
from .calls import call_holding, call_into
from .errors import (
    InterpreterBusyError,
    InterpreterClosedError,
    InterpreterStartError,
)
from .history import history
from .jobs import INTERRUPT_SECONDS, Jobs
from .pump import pump
from .query import callbacks
from .ready import ready

if TYPE_CHECKING:
    from types import TracebackType

    from .run import Run
    from .settings import Extensions, Gil, Settings

__all__ = ["Interpreter", "InterpreterState", "ThreadState"]

InterpreterState = Literal["idle", "running", "closing", "closed"]

# How long restart() waits for the end of what is there.
_RESTART_SECONDS = 2.0


@dataclass(frozen=True)
class ThreadState:
    """One thread of a guest."""

    name: str
    native_id: int
    id: int
    """CPython's own number of the thread state."""
    state: str
    """``"running"`` or ``"idle"``."""
    run: Run | None


class Interpreter(Jobs):
    """A named guest with its own modules, threads and, unless shared, GIL.

    For all threads. The handle outlives a restart: ``id`` changes, the name stays.
    Made by ``subinterp.create()``; as a context manager it closes at the end.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self._name = name
        self._settings = settings
        self._guest: _native.Guest | None = None
        self._changing = threading.Lock()  # one close or restart at a time
        self._restarting = False
        self._created = time.time()

    def __repr__(self) -> str:
        """Show name, id and state."""
        return f"<Interpreter {self.name!r} id={self.id} {self.state}>"

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def name(self) -> str:
        """Its name, unique among guests that live."""
        return self._name

    @property
    def id(self) -> int:
        """CPython's own number of the interpreter, never used again."""
        return -1 if self._guest is None else self._guest.id

    @property
    def gil(self) -> Gil:
        """``"own"`` or ``"shared"`` with the host."""
        return self._settings.gil

    @property
    def extensions(self) -> Extensions:
        """``"strict"`` or ``"private"``: how it loads extension modules.

        If it shares its GIL it is ``"strict"``, and refuses only what CPython does.
        """
        return self._settings.extensions

    @property
    def state(self) -> InterpreterState:
        """What it does at this moment."""
        state = "closed" if self._guest is None else self._guest.state
        if state == "closed" and self._restarting:
            return "closing"  # the name is not free: there will be a guest in a moment
        return cast("InterpreterState", state)

    @property
    def created(self) -> float:
        """When it was made, as time.time()."""
        return self._created

    @property
    def queued(self) -> int:
        """How many runs wait for a thread of it."""
        return 0 if self._guest is None else self._guest.queued

    @property
    def memory(self) -> int:
        """How many bytes its Python objects take, those of at most 512 bytes each.

        Without what is larger, what C code allocates for itself (the data of an array)
        and the code and variables of extension modules.
        """
        # CPython 3.13 never gives back some of what an ended one had.
        guest = self._guest
        return 0 if guest is None or guest.state == "closed" else guest.memory

    @property
    def current_run(self) -> Run | None:
        """What its home thread executes, else what another of its threads does."""
        guest = self._guest
        at_home = None if guest is None else history.get(guest.home_run)
        elsewhere = (run for run in self._live_runs() if run.running())
        return at_home or next(elsewhere, None)

    def work_for(self, work: _native.WorkQueue) -> None:
        """Take jobs from this queue whenever there is nothing else to do; once.

        Raises:
            InterpreterClosedError: one of the two is closed.
        """
        guest = self._live_guest("use")
        try:
            guest.join(work)
        except _native.ClosedError as error:
            raise InterpreterClosedError(
                self.name, do="use", reason=str(error)
            ) from None

    def is_running(self) -> bool:
        """Tell whether it executes a run."""
        return self.state == "running"

    def thread_states(self) -> list[ThreadState]:
        """List its threads: home, those made by ``thread=``, those its code started.

        The last kind is left out while the guest's code keeps its GIL for itself.
        """
        threads = self._live_guest("list the threads of").threads()
        return [
            ThreadState(name, native_id, state_id, state, history.get(run))
            for name, native_id, state_id, state, run in threads
        ]

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in everything that it runs; what is queued stays.

        Also in callbacks of widgets and in asyncio's tasks, if one of them is at work.
        """
        guest = self._live_guest("interrupt")
        for run in self._live_runs():
            run.interrupt_running()
        taken = history.get(guest.home_run)  # from a pool, if it is not one of those
        if taken is not None and taken.guest is not guest:
            taken.interrupt_running()
        self.interrupt_loops()

    def interrupt_loops(self) -> None:
        """Raise KeyboardInterrupt in callbacks and tasks that it calls between runs."""
        guest = self._live_guest("interrupt")
        guest.interrupt(_native.LEISURE)
        for callback in callbacks():
            if callback.guest is guest:
                callback.interrupt()

    def close(self, timeout: float = 5.0) -> None:
        """Interrupt what runs, drop what is queued, and end the guest.

        Its runs are over then, with all of their output; but not yet in a callback of a
        run, which holds up those that come after it.

        Raises:
            InterpreterBusyError: something did not stop in time. It is no longer
                open to new work; close() may be called again.
        """
        deadline = time.monotonic() + timeout
        self.end(timeout)
        pump.settle(deadline)

    def end(self, timeout: float) -> None:
        """Close it, and leave the last events of its runs to the pump."""
        guest = self._guest
        if guest is None:
            return
        deadline = time.monotonic() + timeout
        held: list[bool] = []
        try:
            call_into(held, self._changing.acquire, True, max(0, timeout))
            closed = held[0] and _close(guest, max(0, deadline - time.monotonic()))
        finally:
            if held and held[0]:  # no call before the release, for call_into's reason
                self._changing.release()
        if not closed:
            raise InterpreterBusyError(self.name, timeout=timeout)

    def restart(self) -> None:
        """Replace the guest by a clean one of the same name and settings.

        What does not stop within two seconds is left behind, and goes on by itself.
        """
        call_holding(self._changing, self._restart)

    def _restart(self) -> None:
        old = self._live_guest("restart")
        try:
            self._restarting = True
            _close(old, _RESTART_SECONDS)
            self.boot()
        finally:
            self._restarting = False

    def boot(self) -> None:
        """Make the guest; for the registry, which has the name."""
        made: list[_native.Guest | None] = []
        try:
            call_into(made, ready.take, self.name, self._settings)
            if made == [None]:
                call_into(made, _native.Guest, *self._new_guest())
        except (_native.StartError, RuntimeError, MemoryError) as error:
            raise InterpreterStartError(self.name, str(error) or "no memory") from None
        except BaseException:
            for guest in filter(None, made):
                guest.close(INTERRUPT_SECONDS)
            raise
        self._guest = made[-1]
        self._created = time.time()

    def _new_guest(self) -> tuple[str, bool, list[str], bytes]:
        reason = memory.shortage()
        if reason is not None:
            raise InterpreterStartError(self.name, reason)
        settings = self._settings
        own = settings.gil == "own"
        return self.name, own, settings.sys_path(), settings.setup(self.name)

    def disown(self) -> None:
        """Accept in a forked child that the guest is the parent's."""
        self._guest = None
        self._changing = threading.Lock()
        self._restarting = False

    def _live_runs(self) -> list[Run]:
        return [run for run in history.live() if run.guest is self._guest]


def _close(guest: _native.Guest, timeout: float) -> bool:
    try:
        return guest.close(timeout)
    finally:
        comms.ended(guest)
