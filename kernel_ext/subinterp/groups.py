"""Several guests that are used as one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from operator import index
from typing import TYPE_CHECKING, Any, Self, overload

from . import registry
from .mapping import Mapped
from .parts import join, split
from .progress import with_bar
from .route import current_route
from .submission import enqueue
from .together import perform
from .transfer import named, pack_call, pack_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from .interpreter import Interpreter
    from .run import Run
    from .settings import Extensions, Gil

__all__ = ["Group", "group"]

# How many chunks per guest map() reads ahead: one is being done, the others let items
# take different times.
_AHEAD = 4


class Group(Sequence["Interpreter"]):
    """Guests that do the same at the same time, or share a work.

    A sequence of its guests, for all threads. Made by ``subinterp.group()``; as a
    context manager it closes them at the end.

    Where guests fail, all others are awaited first. The exception of one is raised as
    it is, those of several in an ``ExceptionGroup``, each with a note of the guest. A
    KeyboardInterrupt goes to all of them.
    """

    def __init__(self, name: str, guests: Iterable[Interpreter]) -> None:
        self._name = name
        self._guests = tuple(guests)

    def __repr__(self) -> str:
        """Show the name and what the guests do."""
        states = ", ".join(f"{one.name} {one.state}" for one in self)
        return f"<Group {self._name!r}: {states}>"

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close its guests."""
        self.close()

    def __len__(self) -> int:
        """Count its guests."""
        return len(self._guests)

    @overload
    def __getitem__(self, place: int) -> Interpreter: ...
    @overload
    def __getitem__(self, place: slice) -> Group: ...
    def __getitem__(self, place: int | slice) -> Interpreter | Group:
        """Give one of its guests; for a slice, a group of some of them."""
        if isinstance(place, slice):
            return Group(self._name, self._guests[place])
        return self._guests[place]

    @property
    def name(self) -> str:
        """What the names of its guests begin with."""
        return self._name

    def exec(self, code: str, *, timeout: float | None = None) -> None:
        """Execute source in the ``__main__`` of all guests, and wait for the end.

        Args:
            code: the source, which may be indented as a whole.
            timeout: seconds after which the code is interrupted.

        Raises:
            TimeoutError: it was interrupted, or cannot even be interrupted.
        """
        perform(self, lambda guest: guest.start(code, timeout=timeout))

    def call[T](self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> list[T]:
        """Call a function in all guests; return the results in their order.

        Raises:
            TransferError: the function, an argument or a result cannot cross.
        """
        packed = pack_call(self._first(), fn, args, kwargs)
        label = f"{named(fn)}()"
        return perform(self, lambda guest: _start(guest, label, *packed))

    def map[T](
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        chunksize: int | None = None,
        buffersize: int | None = None,
        timeout: float | None = None,
        progress: bool = False,
    ) -> Iterator[T]:
        """Call a function for each item, in whichever guest is free.

        An iterator over the results in order, as the builtin ``map`` gives it. Input is
        read only a little ahead of what was taken from it, so it may be endless. An
        item's exception is raised in its place, and ``next()`` goes on with the item
        after it. Who drops the iterator, or calls its ``close()``, cancels what has not
        begun.

        Args:
            fn: the function.
            iterables: its arguments; the shortest ends it.
            chunksize: how many items go to a guest together; None: more than one only
                as long as they take less than half a millisecond.
            buffersize: how many such chunks are read ahead; None: four for each guest.
            timeout: seconds from now after which ``next()`` raises ``TimeoutError``.
            progress: whether to show a bar with rate and time left; it needs ``tqdm``.

        Raises:
            TransferError: the function or an item cannot cross.
        """
        shown = with_bar(iterables) if progress else iter
        route = current_route()  # of the cell that calls this, not of one that goes on
        label = f"map({named(fn)})"

        def worker(
            guest: Interpreter, request: tuple[Any, ...], buffers: list[memoryview]
        ) -> Run:
            return _start(guest, label, request, buffers, route=route)

        results = Mapped(
            self._first(),
            [partial(worker, guest) for guest in reversed(self)],
            fn,
            iterables,
            chunksize=chunksize,
            buffersize=_AHEAD * len(self) if buffersize is None else buffersize,
            timeout=timeout,
        )
        return shown(results)

    def push(self, /, **values: Any) -> None:
        """Copy values into the ``__main__`` of all guests, as ``Interpreter.push``.

        Raises:
            TransferError: one of them cannot cross.
        """
        packed = pack_variables(self._first(), values)
        label = f"push({', '.join(values)})"
        perform(self, lambda guest: _start(guest, label, *packed))

    def pull(self, /, *names: str) -> list[Any]:
        """Copy variables from the ``__main__`` of all guests.

        Returns:
            For each guest the value of a single variable, else a tuple of all values.

        Raises:
            NameError: there is no such variable.
            TransferError: one of them cannot cross.
        """
        if not names:
            message = "pull() takes the names of variables"
            raise TypeError(message)
        label, request = f"pull({', '.join(names)})", ("pull", list(names))
        pulled = perform(self, lambda guest: _start(guest, label, request))
        return [one[0] if len(names) == 1 else tuple(one) for one in pulled]

    def scatter(self, name: str, seq: Any, /) -> None:
        """Give each guest its part of a sequence, as a variable of this name.

        The parts are as long as one another, the first ones by one longer if need be.
        They have the type of the whole. Those of memoryviews and NumPy arrays are not
        copied, as ``Interpreter.push`` says.

        Raises:
            TypeError: it cannot be sliced.
            TransferError: an item cannot cross.
        """
        parts = split(seq, len(self))
        packed = {
            guest: pack_variables(guest.name, {name: part})
            for guest, part in zip(self, parts, strict=True)
        }
        perform(self, lambda guest: _start(guest, f"push({name})", *packed[guest]))

    def gather(self, name: str, /) -> Any:
        """Join what all guests have as a variable of this name, in their order.

        Returns:
            A sequence of the type that the parts have; a list where they differ.

        Raises:
            NameError: there is no such variable.
            TypeError: a part is no sequence.
            TransferError: one of them cannot cross.
        """
        parts = self.pull(name)
        return join(
            name, {one.name: part for one, part in zip(self, parts, strict=True)}
        )

    def close(self, timeout: float = 5.0) -> None:
        """Close all guests at the same time, as ``Interpreter.close``.

        Raises:
            InterpreterBusyError: some did not stop in time; the others are closed.
        """
        registry.close_many(self._guests, timeout)

    def _first(self) -> str:
        return self._guests[0].name


def group(
    name: str,
    count: int | None = None,
    *,
    gil: Gil = "own",
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    venv: str | os.PathLike[str] | None = None,
    extensions: Extensions = "strict",
) -> Group:
    """Make several guests at the same time, all of them or none.

    Args:
        name: of the guests ``name0``, ``name1`` and so on.
        count: how many; None: one for each CPU that this process may use.
        gil: as for ``create``, and so are the others.
        path: directories that imports search first.
        venv: a virtual environment whose packages come next.
        extensions: which extension modules can be loaded.

    Raises:
        ValueError: an argument that it does not take; one line says which.
        InterpreterExistsError: one of the names is taken.
        InterpreterStartError: CPython refused, or there is too little memory.
    """
    number = (os.process_cpu_count() or 1) if count is None else index(count)
    if number < 1:
        message = f"count must be at least 1, not {count}"
        raise ValueError(message)
    names = [f"{name}{place}" for place in range(number)]
    made = registry.create_many(
        names, gil=gil, path=path, venv=venv, extensions=extensions
    )
    return Group(name, made)


def _start(
    guest: Interpreter,
    label: str,
    request: tuple[Any, ...],
    buffers: Sequence[memoryview] = (),
    **more: Any,
) -> Run:
    """Queue a request in a guest."""
    run = guest._new_run(label, kept=False, **more)  # noqa: SLF001 - as its methods do
    try:
        enqueue(run, request, buffers)
    except BaseException:
        run.interrupt()  # nobody has it
        raise
    return run
