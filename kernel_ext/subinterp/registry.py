"""The guests of this process, by name."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as replaced
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from . import lifecycle, memory
from .calls import call_holding
from .errors import (
    InterpreterBusyError,
    InterpreterExistsError,
    InterpreterNotFoundError,
)
from .history import history
from .interpreter import Interpreter
from .listening import join
from .names import check_name
from .preferences import preferences
from .pump import pump
from .ready import ready
from .settings import Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from .run import Run
    from .settings import Extensions, Gil

__all__ = [
    "close_all",
    "close_many",
    "create",
    "create_bare",
    "create_many",
    "find_run",
    "get",
    "keep_ready",
    "list_all",
    "match",
    "prepare_bare",
    "replace",
    "runs",
]

_AT_ONCE = 8
_UNDO_SECONDS = 1.0


class _Making:
    """Guests that are made at the same time; who waits for one waits for all of them.

    Attributes:
        interpreters: those that have their name, the others being refused.
        over: whether they are there, or none of them and their names are free.
        gate: a lock that is open from then on.
    """

    def __init__(self) -> None:
        self.interpreters: list[Interpreter] = []
        self.over = False
        self.gate = threading.Lock()
        self.gate.acquire()


class _Names:
    """Who has which name, in order of creation.

    For all threads. The lock protects the names; one that is being made has its name
    and nothing else yet. A KeyboardInterrupt at any moment leaves neither a lock taken
    nor a name.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Interpreter, _Making]] = {}

    def listed(self) -> list[Interpreter]:
        return [one for one, making in self._entries().values() if making.over]

    def find(self, name: str, *, wait: bool = False) -> Interpreter | None:
        while entry := self._entries().get(name):
            interpreter, making = entry
            if making.over:
                return interpreter
            if not wait:
                break
            call_holding(making.gate, bool)  # as soon as it is open
        return None

    def make(
        self, names: Sequence[str | None], settings: Settings
    ) -> list[Interpreter]:
        """Make guests at the same time: all of them, or none and no name is taken."""
        making = _Making()
        try:
            call_holding(self._lock, self._reserve, names, settings, making)
            _boot(making.interpreters)
        except BaseException:
            _close(making.interpreters, _UNDO_SECONDS)
            raise
        finally:
            making.over = True  # no call before the release, so nothing can prevent it
            making.gate.release()
        return making.interpreters

    def disown(self) -> None:
        # In a forked child. Without the lock: a thread that does not exist here may
        # hold it.
        for interpreter, _ in self._known.values():
            interpreter.disown()

    def _entries(self) -> dict[str, tuple[Interpreter, _Making]]:
        return call_holding(self._lock, self._pruned)

    def _reserve(
        self, names: Sequence[str | None], settings: Settings, making: _Making
    ) -> None:
        self._pruned()
        for given in names:
            name = given or self._free_name()
            if name in self._known:
                raise InterpreterExistsError(name)
            interpreter = Interpreter(name, settings)
            making.interpreters.append(interpreter)
            self._known[name] = interpreter, making

    def _free_name(self) -> str:
        numbers = range(1, len(self._known) + 2)
        names = (f"interp-{number}" for number in numbers)
        return next(name for name in names if name not in self._known)

    def _pruned(self) -> dict[str, tuple[Interpreter, _Making]]:
        """Forget those that are closed, or were not made after all."""
        for name, (interpreter, making) in tuple(self._known.items()):
            if making.over and interpreter.state == "closed":
                del self._known[name]
        return self._known.copy()


_names = _Names()


def create(
    name: str | None = None,
    *,
    gil: Gil = "own",
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    venv: str | os.PathLike[str] | None = None,
    extensions: Extensions = "strict",
) -> Interpreter:
    """Make a guest.

    Args:
        name: how cells and ``get`` find it; None: ``"interp-1"`` or the next free one.
        gil: ``"own"``, or ``"shared"`` with the host, for packages that refuse an own.
        path: directories that its imports search before the host's ``sys.path``.
        venv: the directory of a virtual environment of this minor version of Python,
            whose packages come after ``path`` and before the host's. The guest is in
            that environment: ``sys.prefix``, ``%pip`` and ``!python`` are its own.
        extensions: ``"strict"``: with a GIL of its own it loads the extension modules
            that are made for that, and refuses all others before their code is run.
            ``"private"``: it loads those from copies of its own (Linux).

    Raises:
        ValueError: an argument that it does not take; one line says which.
        InterpreterExistsError: the name is taken.
        InterpreterStartError: CPython refused, or there is too little memory.
    """
    if name is not None:
        check_name(name)
    settings = Settings.of(gil, path, venv, extensions)
    lifecycle.prepare(_forget)
    return _names.make([name], settings)[0]


def prepare_bare(extensions: Extensions | None) -> Settings:
    """Do once, in the thread that wants guests, what ``create_bare`` would do first.

    Other threads make them, and may be in the middle of an import when this one forks:
    in the child nobody would ever finish that.

    Args:
        extensions: as for ``create``; None: what the user prefers.

    Raises:
        ValueError: one line says what is wrong with that.
    """
    chosen = preferences.extensions if extensions is None else extensions
    settings = replaced(Settings.of("own", (), None, chosen), bare=True)
    lifecycle.prepare(_forget)
    settings.sys_path()
    memory.shortage()
    return settings


def create_bare(name: str, settings: Settings) -> Interpreter:
    """Make a guest for a pool, at the least cost, after ``prepare_bare``."""
    return _names.make([name], settings)[0]


def create_many(
    names: Sequence[str],
    *,
    gil: Gil | None = None,
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    venv: str | os.PathLike[str] | None = None,
    extensions: Extensions | None = None,
) -> list[Interpreter]:
    """Make several guests at the same time; all of them or none.

    For ``gil`` and ``extensions``, None stands for what the user prefers; the rest is
    as for ``create``.
    """
    for name in names:
        check_name(name)
    gil = preferences.gil if gil is None else gil
    if extensions is None:
        extensions = preferences.extensions if gil == "own" else "strict"
    settings = Settings.of(gil, path, venv, extensions)
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
    close_many(list_all(), timeout)


def close_many(interpreters: Iterable[Interpreter], timeout: float) -> None:
    """Close some guests at the same time; the rest is as for ``close_all``."""
    deadline = time.monotonic() + timeout
    busy = _close(interpreters, timeout)
    pump.settle(deadline)
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


def _close(interpreters: Iterable[Interpreter], timeout: float) -> list[str]:
    """Close at the same time; return the names of those that are busy."""
    deadline = time.monotonic() + timeout
    busy: set[str] = set()

    def close(interpreter: Interpreter) -> None:
        try:
            interpreter.end(max(0, deadline - time.monotonic()))
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
        join(thread)
    return [one.name for one in interpreters if one.name in busy]


def _forget() -> None:
    """Start anew in a forked child, which has none of its parent's guests."""
    global _names
    known, _names = _names, _Names()
    known.disown()
    ready.disown()
