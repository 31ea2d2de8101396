"""The guests of this process, by name."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from . import lifecycle
from .errors import (
    InterpreterBusyError,
    InterpreterExistsError,
    InterpreterNotFoundError,
)
from .history import history
from .interpreter import Interpreter
from .names import check_name
from .preferences import preferences
from .ready import ready
from .settings import Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from .run import Run
    from .settings import Gil

__all__ = [
    "close_all",
    "create",
    "create_many",
    "find_run",
    "get",
    "keep_ready",
    "list_all",
    "match",
    "replace",
    "runs",
]

_AT_ONCE = 8
_UNDO_SECONDS = 1.0


class _Names:
    """Who has which name, in order of creation.

    For all threads. The condition protects both members; it is notified when a name
    is no longer in ``booting``, whose guests have their name and nothing else yet.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._known: dict[str, Interpreter] = {}
        self._booting: set[str] = set()

    def listed(self) -> list[Interpreter]:
        with self._changed:
            self._prune()
            return [i for n, i in self._known.items() if n not in self._booting]

    def find(self, name: str, *, wait: bool = False) -> Interpreter | None:
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: name not in self._booting)
            self._prune()
            return None if name in self._booting else self._known.get(name)

    def make(
        self, names: Sequence[str | None], settings: Settings
    ) -> list[Interpreter]:
        """Make guests at the same time: all of them, or none and no name is taken.

        Who waits for one of these names waits until all are there, so that nobody
        gets a guest that is closed again because another one failed.
        """
        reserved: list[Interpreter] = []
        try:
            with self._changed:
                self._prune()
                for name in names:
                    self._reserve(name or self._free_name(), settings, reserved)
            _boot(reserved)
        except BaseException:
            _close(reserved, _UNDO_SECONDS)
            raise
        finally:
            # What was not made, or closed again, is pruned.
            with self._changed:
                self._booting.difference_update(one.name for one in reserved)
                self._changed.notify_all()
        return reserved

    def _reserve(
        self, name: str, settings: Settings, reserved: list[Interpreter]
    ) -> None:
        if name in self._known:
            raise InterpreterExistsError(name)
        interpreter = Interpreter(name, settings)
        reserved.append(interpreter)
        self._booting.add(name)
        self._known[name] = interpreter

    def _free_name(self) -> str:
        numbers = range(1, len(self._known) + 2)
        names = (f"interp-{number}" for number in numbers)
        return next(name for name in names if name not in self._known)

    def disown(self) -> None:
        # In a forked child. Not under the condition: a thread that does not exist
        # here may hold it.
        for interpreter in self._known.values():
            interpreter.disown()

    def _prune(self) -> None:
        for name, interpreter in tuple(self._known.items()):
            if name not in self._booting and interpreter.state == "closed":
                del self._known[name]


_names = _Names()


def create(
    name: str | None = None,
    *,
    gil: Gil = "own",
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
) -> Interpreter:
    """Make a guest.

    Args:
        name: how cells and ``get`` find it; None: ``"interp-1"`` or the next free one.
        gil: ``"own"``, or ``"shared"`` with the host, for packages that refuse an own.
        path: directories that its imports search before the host's ``sys.path``.

    Raises:
        InterpreterExistsError: the name is taken.
        InterpreterStartError: CPython refused, or there is too little memory.
    """
    if name is not None:
        check_name(name)
    settings = Settings.of(gil, path)
    lifecycle.prepare(_forget)
    return _names.make([name], settings)[0]


def create_many(
    names: Sequence[str],
    *,
    gil: Gil | None = None,
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
) -> list[Interpreter]:
    """Make several guests at the same time; all of them or none.

    ``gil`` None stands for what the user prefers; the rest is as for ``create``.
    """
    for name in names:
        check_name(name)
    settings = Settings.of(preferences.gil if gil is None else gil, path)
    lifecycle.prepare(_forget)
    return _names.make(names, settings)


def get(name: str) -> Interpreter:
    """Find the guest of this name.

    Raises:
        InterpreterNotFoundError: there is none.
    """
    found = _names.find(name)
    if found is None:
        raise _not_found(name)
    return found


def list_all() -> list[Interpreter]:
    """List all guests, in order of creation."""
    return _names.listed()


def close_all(timeout: float = 5.0) -> None:
    """Close all guests at the same time.

    Raises:
        InterpreterBusyError: some did not stop; the others are closed.
    """
    busy = _close(list_all(), timeout)
    if busy:
        raise InterpreterBusyError(*busy, timeout=timeout)


def match(patterns: Iterable[str], *, create: bool = False) -> list[Interpreter]:
    """Find guests as a cell names them, in that order and each once.

    Args:
        patterns: names, lists of names with commas, patterns with ``* ? [``, ``all``.
        create: make those that are named in full and do not exist.

    Raises:
        InterpreterNotFoundError: a name or a pattern that stands for none.
        ValueError: a name that no guest can have.
    """
    found: dict[str, Interpreter | None] = {}
    for word in (word for part in patterns for word in part.split(",") if word):
        for name, interpreter in _matching(word, create=create):
            found.setdefault(name, interpreter)
    missing = [name for name, interpreter in found.items() if interpreter is None]
    if missing:
        found.update(zip(missing, _get_or_create(missing), strict=True))
    return [interpreter for interpreter in found.values() if interpreter is not None]


def replace(name: str) -> Interpreter:
    """Give a clean guest under the name of another, with its settings."""
    interpreter = get(name)
    interpreter.restart()
    return interpreter


def keep_ready(size: int) -> None:
    """Have this many guests made in advance, without a name, from now on.

    They are none of the guests that this module lists and closes.
    """
    if size:
        lifecycle.prepare(_forget)
    ready.keep(size)


def runs() -> list[Run]:
    """List the runs that are not over, and the last thousand that are."""
    return history.all()


def find_run(id: int) -> Run:  # noqa: A002 - it is what `Run.id` says
    """Find a run by its number.

    Raises:
        LookupError: it is unknown, or was over too long ago.
    """
    run = history.get(id)
    if run is None:
        message = f"cannot find run {id} (unknown, or too old); see %subinterp runs"
        raise LookupError(message)
    return run


def _matching(word: str, *, create: bool) -> list[tuple[str, Interpreter | None]]:
    if word == "all":
        return [(one.name, one) for one in list_all()]
    if any(sign in word for sign in "*?["):
        several = [one for one in list_all() if fnmatchcase(one.name, word)]
        if not several:
            raise _not_found(word)
        return [(one.name, one) for one in several]
    one = _names.find(word, wait=create)
    if one is not None:
        return [(word, one)]
    if not create:
        raise _not_found(word)
    return [(check_name(word), None)]


def _get_or_create(names: list[str]) -> list[Interpreter]:
    try:
        return create_many(names)
    except InterpreterExistsError:
        # Another thread made one of them just now.
        return match(names, create=True)


def _not_found(name: str) -> InterpreterNotFoundError:
    known = [interpreter.name for interpreter in list_all()]
    return InterpreterNotFoundError(name, get_close_matches(name, known))


def _boot(interpreters: list[Interpreter]) -> None:
    if len(interpreters) == 1:
        interpreters[0].boot()
        return
    with ThreadPoolExecutor(_AT_ONCE, "subinterp-create") as pool:
        for done in [pool.submit(one.boot) for one in interpreters]:
            done.result()


def _close(interpreters: list[Interpreter], timeout: float) -> list[str]:
    """Close at the same time; return the names of those that are busy."""
    deadline = time.monotonic() + timeout
    busy: set[str] = set()

    def close(interpreter: Interpreter) -> None:
        try:
            interpreter.close(max(0, deadline - time.monotonic()))
        except InterpreterBusyError:
            busy.add(interpreter.name)

    # What could not be made, for lack of threads perhaps, needs none to be closed.
    living = [one for one in interpreters if one.state != "closed"]
    # Daemons: exit must not wait for them after an interrupt of this call.
    threads = [
        threading.Thread(target=close, args=(one,), daemon=True) for one in living
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one.name for one in interpreters if one.name in busy]


def _forget() -> None:
    """Start anew in a forked child, which has none of its parent's guests."""
    global _names
    known, _names = _names, _Names()
    known.disown()
    ready.disown()
