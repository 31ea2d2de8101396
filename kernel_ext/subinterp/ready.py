"""Guests that are made before anybody asks for one.

A guest takes some 10 ms to make, and its IPython shell six times that. In a notebook
both are done in the background, so that the first cell under a new name does not wait.
"""

from __future__ import annotations

import atexit
import logging
import marshal
import threading
import time
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

from . import _native, memory
from .failure import GuestError
from .preferences import preferences
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Extensions

__all__ = ["Ready", "ready"]

# The others are made for what they differ in.
_SETTINGS: dict[Extensions, Settings] = {
    "strict": Settings("own", extensions="strict"),
    "private": Settings("own", extensions="private"),
}
# What the system shows as the thread's name until the guest has its own; 15 at most.
_NO_NAME = "subinterp-ready"
_WARM = marshal.dumps(("warm",))
_CLOSE_SECONDS = 2.0
# After the end of a cell: its reply is on the way, and often the next request.
_REST = 0.1
_log = logging.getLogger("subinterp")


class Ready:
    """Guests without a name, their shells made; none unless ``keep`` asks for some.

    Of the kind that the user prefers: how a guest loads extension modules is settled
    when it is made.

    For all threads. One thread at a time makes guests, the holder of ``_making``, and
    nobody waits for that lock. Everything else is single steps under the host's GIL, in
    an order that makes up for a lock, which an interrupt of the main thread or a fork
    could leave behind taken: who makes a guest first shows it and then looks whether
    it is wanted, who wants none any more first says so and then looks what there is.
    """

    def __init__(self) -> None:
        self._size = 0
        self._failed = False
        self._stopped = threading.Event()
        self._guests = _none()
        self._making = threading.Lock()
        self._maker: threading.Thread | None = None
        self._unfinished: _native.Guest | None = None

    def keep(self, size: int) -> None:
        """Keep this many of the kind that is preferred now; ``fill`` makes them.

        What is too many, or of the other kind, ends.
        """
        _register(self._stop)
        self._failed = False
        self._size = size
        self._stopped.clear()
        self._close_excess()

    def fill(self) -> None:
        """Have what is missing made in the background, unless that goes on already."""
        busy = self._maker is not None and self._maker.is_alive()
        if self._is_short() and not busy:
            maker = threading.Thread(
                target=self._make_missing, name="subinterp-ready", daemon=True
            )
            # A debugger that stops the notebook need not stop this.
            maker.pydev_do_not_trace = True  # type: ignore[attr-defined]
            try:
                maker.start()
            except RuntimeError as error:  # the system has no more threads
                self._give_up(error)
            else:
                self._maker = maker

    def count(self, timeout: float = 0.0) -> int:
        """Tell how many there are, when those on the way have had so many seconds."""
        if self._maker is not None:
            self._maker.join(timeout)
        return sum(map(len, self._guests.values()))

    def take(self, name: str, settings: Settings) -> _native.Guest | None:
        """Give one to this name; None if there is none like that."""
        if settings != _SETTINGS[settings.extensions]:
            return None
        while (guest := self._next(settings.extensions)) is not None:
            arguments = settings.sys_path(), settings.setup(name)
            try:
                outcome = guest.perform(marshal.dumps(("adopt", *arguments)))
            except _native.ClosedError:
                continue
            if not outcome:
                return guest
            self._give_up(outcome)
            guest.close(_CLOSE_SECONDS)
        return None

    def close(self, timeout: float = 5.0) -> None:
        """End all of them, and one that is being made, and keep none any more."""
        deadline = time.monotonic() + timeout
        self._stop()
        unfinished = self._unfinished
        if unfinished is not None:
            unfinished.close(timeout)
        self._close_excess()
        if self._maker is not None:
            self._maker.join(max(0.0, deadline - time.monotonic()))

    def disown(self) -> None:
        """Accept in a forked child that they, and who makes them, are the parent's."""
        self._size = 0
        self._stopped = threading.Event()
        self._guests = _none()
        self._making = threading.Lock()
        self._maker = self._unfinished = None

    def _stop(self) -> None:
        self._size = 0
        self._stopped.set()

    def _is_short(self) -> bool:
        # One that shares the host's GIL would take the notebook's time to be made.
        wanted = self._size if preferences.gil == "own" and not self._failed else 0
        return len(self._guests[preferences.extensions]) < wanted

    def _next(self, kind: Extensions) -> _native.Guest | None:
        try:
            return self._guests[kind].popleft()
        except IndexError:
            return None

    def _make_missing(self) -> None:
        self._stopped.wait(_REST)
        while self._is_short() and self._making.acquire(blocking=False):
            try:
                if memory.shortage() is not None:
                    return
                self._make()
            except Exception as error:
                self._give_up(error)
            finally:
                self._unfinished = None
                self._making.release()
            self._close_excess()

    def _make(self) -> None:
        kind = preferences.extensions
        arguments = _SETTINGS[kind].sys_path(), _SETTINGS[kind].setup(_NO_NAME)
        guest = self._unfinished = _native.Guest(_NO_NAME, True, *arguments)
        # Not in the making: a fork would have to wait for the end of that.
        outcome = guest.perform(_WARM) if self._is_short() else b""
        if outcome:
            self._give_up(outcome)
            guest.close(_CLOSE_SECONDS)
        else:
            self._guests[kind].append(guest)

    def _give_up(self, why: bytes | Exception) -> None:
        """Make no more: it would fail, and leak memory, after each cell."""
        if not self._size:
            return  # it was told to stop
        self._failed = True
        reason = GuestError.of(why).failed(_NO_NAME) if isinstance(why, bytes) else why
        _log.warning("no interpreters are made in advance any more", exc_info=reason)

    def _close_excess(self) -> None:
        for kind, guests in self._guests.items():
            while len(guests) > (self._size if kind == preferences.extensions else 0):
                guest = self._next(kind)
                if guest is not None:
                    guest.close(_CLOSE_SECONDS)


def _none() -> dict[Extensions, deque[_native.Guest]]:
    return {kind: deque() for kind in _SETTINGS}


@cache
def _register(stop: Callable[[], None]) -> None:
    # Called at exit before the guards that end all guests: what fails then is no news.
    atexit.register(stop)


ready = Ready()
