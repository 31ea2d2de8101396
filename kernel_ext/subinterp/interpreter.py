"""A guest, as the host sees it."""

from __future__ import annotations

import marshal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from . import _native, comms, memory
from .calls import call_holding, call_into
from .errors import (
    InterpreterBusyError,
    InterpreterClosedError,
    InterpreterStartError,
)
from .history import history
from .names import check_name
from .pump import pump
from .query import HELPER, Query, callbacks
from .question import Question
from .ready import ready
from .run import HOME, Run
from .source import dedent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from .route import Route
    from .settings import Gil, Settings

__all__ = ["Interpreter", "InterpreterState", "ThreadState"]

InterpreterState = Literal["idle", "running", "closing", "closed"]

# How long exec() waits for a run to hear of an interrupt, and restart() for an end.
_INTERRUPT_SECONDS = 1.0
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


class Interpreter:
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
        """How many bytes its Python objects take."""
        # CPython 3.13 never gives back some of what an ended one had.
        guest = self._guest
        return 0 if guest is None or guest.state == "closed" else guest.memory

    @property
    def current_run(self) -> Run | None:
        """What its home thread executes, else what another of its threads does."""
        running = [run for run in self._live_runs() if run.running()]
        at_home = (run for run in running if run.thread == HOME)
        return next(at_home, running[0] if running else None)

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

    def exec(
        self, code: str, *, thread: str | None = None, timeout: float | None = None
    ) -> None:
        """Execute source in the guest's ``__main__`` and wait for the end.

        Args:
            code: the source, which may be indented as a whole.
            thread: execute on this extra thread of the guest instead of its home.
            timeout: seconds after which the code is interrupted.

        Raises:
            TimeoutError: it was interrupted, or cannot even be interrupted.
            ExecutionFailed: an exception that cannot be rebuilt here; all others are
                raised as they are in the guest, with this as their cause.
        """
        run = self._new_exec(code, thread=thread, timeout=timeout)
        try:
            self._queue(run, self._exec_request(run))
            settled = run.settle()
        except BaseException as stopped:
            self._stop(run, stopped)
            raise
        if not settled:
            message = (
                f"run {run.id} in interpreter {self.name!r} did not stop within "
                f"{_INTERRUPT_SECONDS:g} s of its timeout of {timeout:g} s; it goes on"
            )
            raise TimeoutError(message)
        run.result()

    def start(self, code: str, *, thread: str | None = None) -> Run:
        """Queue source for execution in the guest's ``__main__`` and return at once."""
        run = self._new_exec(code, thread=thread)
        self._queue(run, self._exec_request(run))
        return run

    def start_cell(
        self,
        source: str,
        *,
        execution_count: int,
        quiet: bool = False,
        thread: str | None = None,
        timeout: float | None = None,
        route: Route | None = None,
        parent: Mapping[str, Any] | None = None,
        ask: Callable[[Question], None] = Question.refuse,
    ) -> Run:
        """Queue a notebook cell for the guest's IPython shell and return at once.

        Args:
            source: the cell.
            execution_count: the notebook's number of the cell.
            quiet: without the value of the last expression.
            parent: the request to run it, of what ``marshal`` can carry.
            thread: as for ``exec``.
            timeout: as for ``exec``.
            route: where its output goes.
            ask: takes what it asks the user; called by the pump thread.
        """
        run = self._new_run(
            source,
            thread=thread,
            timeout=timeout,
            route=route,
            execution_count=execution_count,
            ask=ask,
        )
        self._queue(run, ("cell", source, execution_count, quiet, parent or {}))
        return run

    def query(self, what: str, *arguments: Any) -> Query:
        """Have its helper thread answer, also while the guest is busy.

        Args:
            what: a name that ``subinterp_guest.assist`` knows.
            arguments: what ``marshal`` can carry.

        Raises:
            InterpreterClosedError: there is nobody to ask.
        """
        guest = self._live_guest("query")
        return Query.put(self.name, guest, ("query", what, *arguments), HELPER)

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in everything that it runs; what is queued stays.

        Also in callbacks of widgets and in asyncio's tasks, if one of them is at work.
        """
        for run in self._live_runs():
            run.interrupt_running()
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
                guest.close(_INTERRUPT_SECONDS)
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

    def _live_guest(self, do: str) -> _native.Guest:
        guest = self._guest
        if guest is None or guest.state == "closed":
            raise InterpreterClosedError(self.name, do=do)
        return guest

    def _live_runs(self) -> list[Run]:
        return [run for run in history.live() if run.guest is self._guest]

    def _new_exec(
        self, code: object, *, thread: str | None, timeout: float | None = None
    ) -> Run:
        if not isinstance(code, str):
            message = f"code must be a str, not {type(code).__name__}"
            raise TypeError(message)
        return self._new_run(dedent(code), thread=thread, timeout=timeout)

    def _exec_request(self, run: Run) -> tuple[Any, ...]:
        return ("exec", run.source, f"<run {run.id} in {self.name}>")

    def _new_run(
        self, source: str, *, thread: str | None, timeout: float | None, **more: Any
    ) -> Run:
        if timeout is not None and not timeout > 0:
            message = f"timeout must be a positive number of seconds, not {timeout!r}"
            raise ValueError(message)
        if thread is None:
            thread = HOME
        guest = self._live_guest("run code in")
        return Run(
            self,
            guest,
            source,
            thread=check_name(thread, "thread"),
            timeout=timeout,
            **more,
        )

    def _queue(self, run: Run, request: tuple[Any, ...]) -> None:
        queued: list[None] = []
        thread = "" if run.thread == HOME else run.thread
        try:
            history.add(run)
            call_into(queued, run.guest.submit, run.id, marshal.dumps(request), thread)
        except _native.ClosedError:
            history.discard(run)
            raise InterpreterClosedError(
                self.name, do="run code in", reason=f"it is {self.state}"
            ) from None
        except BaseException:
            if queued:  # a KeyboardInterrupt, and nobody has the run
                run.interrupt()
            else:
                history.discard(run)
            raise

    def _stop(self, run: Run, stopped: BaseException) -> None:
        """Take a run back for an exec() that was interrupted itself."""
        if run.done() or history.get(run.id) is None:
            return
        run.interrupt()
        if not run.settle(_INTERRUPT_SECONDS):
            stopped.add_note(f"run {run.id} in {self.name!r} did not stop and goes on")
        elif run.error is not None:
            stopped.__cause__ = run.error.failed()


def _close(guest: _native.Guest, timeout: float) -> bool:
    try:
        return guest.close(timeout)
    finally:
        comms.ended(guest)
