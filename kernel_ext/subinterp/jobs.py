"""What a guest can be asked to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from .errors import InterpreterClosedError
from .history import history
from .names import check_name
from .query import HELPER, Query
from .question import Question
from .run import HOME, Run
from .source import dedent
from .submission import enqueue
from .transfer import named, pack_call, pack_shared, pack_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from . import _native
    from .interpreter import Interpreter
    from .route import Route
    from .submission import Request
    from .transfer import Packed

__all__ = ["INTERRUPT_SECONDS", "Jobs"]

INTERRUPT_SECONDS = 1.0
"""How long who gives up waiting for a run waits for it to hear of an interrupt."""


class Jobs(ABC):
    """The part of ``Interpreter`` that gives work to its guest.

    Each method makes a ``Run`` of what it is asked, and either waits for it or not.
    """

    _guest: _native.Guest | None

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name, unique among guests that live."""

    @property
    @abstractmethod
    def state(self) -> str:
        """What it does at this moment."""

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
        self._perform(run, self._exec_request(run))

    def start(
        self, code: str, *, thread: str | None = None, timeout: float | None = None
    ) -> Run:
        """Queue source for execution in the guest's ``__main__`` and return at once."""
        run = self._new_exec(code, thread=thread, timeout=timeout)
        enqueue(run, self._exec_request(run))
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
        values: Sequence[Packed] = (),
        pulls: Sequence[str] = (),
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
            values: variables that it finds, as ``transfer`` has packed them.
            pulls: variables that come back with its end, see ``Run.pulled``.
        """
        run = self._new_run(
            source,
            thread=thread,
            timeout=timeout,
            route=route,
            execution_count=execution_count,
            ask=ask,
            pulls=pulls,
        )
        pushes = [request[1:] for request, _ in values]
        memory = [view for _, views in values for view in views]
        cell = (source, execution_count, quiet, parent or {})
        enqueue(run, ("cell", cell, pushes, list(pulls)), memory)
        return run

    def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function in the guest and return what it returns.

        Arguments and result are copied; what this module's ``__main__`` defines goes
        along. A ``KeyboardInterrupt`` meanwhile goes to the function, too.

        Raises:
            TransferError: the function, an argument or the result cannot cross.
            ExecutionFailed: an exception that cannot be rebuilt here; all others are
                raised as they are in the guest, with this as their cause.
        """
        return self.call_packed(named(fn), pack_call(self.name, fn, args, kwargs))

    def call_packed(self, name: str, packed: Packed) -> Any:
        """Do as ``call``, with what ``transfer.pack_call`` has packed."""
        return self._perform(self._new_run(f"{name}()", kept=False), *packed)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Run:
        """Queue a call, as ``call`` makes it, and return at once.

        Raises:
            TransferError: the function or an argument cannot cross.
        """
        packed = pack_call(self.name, fn, args, kwargs)
        run = self._new_run(f"{named(fn)}()", kept=False)
        enqueue(run, *packed)
        return run

    def push(self, /, **values: Any) -> None:
        """Copy values into the guest's ``__main__``, all of them or none.

        Memory of arrays is not copied but lent, read-only, as long as the guest needs
        it; what is written there meanwhile, the guest sees.

        Raises:
            TransferError: one of them cannot cross.
        """
        self._send(*pack_variables(self.name, values), values)

    def prepare_main(self, ns: Mapping[str, Any] | None = None, /, **kw: Any) -> None:
        """Do as ``push``; by the name that ``concurrent.interpreters`` has for it."""
        self.push(**{**(ns or {}), **kw})

    def share(self, /, **buffers: Any) -> None:
        """Give the guest the same memory, writable: either sees what the other writes.

        A bytearray or an ``array`` becomes a memoryview there; a NumPy array remains
        one.

        Raises:
            TransferError: something has no memory to share, or may not be written to.
        """
        self._send(*pack_shared(self.name, buffers), buffers)

    def pull(self, /, *names: str) -> Any:
        """Copy variables from the guest's ``__main__``.

        Returns:
            The value of a single variable, else a tuple of all values.

        Raises:
            NameError: there is no such variable.
            TransferError: one of them cannot cross.
        """
        if not names:
            message = "pull() takes the names of variables"
            raise TypeError(message)
        run = self._new_run(f"pull({', '.join(names)})", kept=False)
        values = self._perform(run, ("pull", list(names)))
        return values[0] if len(names) == 1 else tuple(values)

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

    def _send(
        self, request: Request, buffers: list[memoryview], names: Iterable[str]
    ) -> None:
        run = self._new_run(f"push({', '.join(names)})", kept=False)
        self._perform(run, request, buffers)

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
        self,
        source: str,
        *,
        thread: str | None = None,
        timeout: float | None = None,
        **more: Any,
    ) -> Run:
        if timeout is not None and not timeout > 0:
            message = f"timeout must be a positive number of seconds, not {timeout!r}"
            raise ValueError(message)
        if thread is None:
            thread = HOME
        guest = self._live_guest("run code in")
        return Run(
            cast("Interpreter", self),
            guest,
            source,
            thread=check_name(thread, "thread"),
            timeout=timeout,
            **more,
        )

    def _perform(
        self, run: Run, request: Request, buffers: Sequence[memoryview] = ()
    ) -> Any:
        """Queue a run and wait for its result."""
        try:
            enqueue(run, request, buffers)
            settled = run.settle()
        except BaseException as stopped:
            self._stop(run, stopped)
            raise
        if not settled:
            message = (
                f"run {run.id} in interpreter {self.name!r} did not stop within "
                f"{INTERRUPT_SECONDS:g} s of its timeout of {run.timeout:g} s; "
                "it goes on"
            )
            raise TimeoutError(message)
        return run.result()

    def _stop(self, run: Run, stopped: BaseException) -> None:
        """Take a run back for an exec() that was interrupted itself."""
        if run.done() or history.get(run.id) is None:
            return
        run.interrupt()
        if not run.settle(INTERRUPT_SECONDS):
            stopped.add_note(f"run {run.id} in {self.name!r} did not stop and goes on")
        elif run.error is not None:
            stopped.__cause__ = run.error.failed(self.name)

    def _live_guest(self, do: str) -> _native.Guest:
        guest = self._guest
        if guest is None or guest.state == "closed":
            raise InterpreterClosedError(self.name, do=do)
        return guest
