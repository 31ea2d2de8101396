"""Questions of guests to the user of a terminal."""

from __future__ import annotations

import getpass
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from subinterp.question import Question

__all__ = ["ask"]

# How often to look whether a question that the user has not answered yet is open.
_BEAT = 0.05


def ask(question: Question) -> Generator[None]:
    """Ask with the host's own ``input()``, in the main thread.

    Nothing is yielded while that waits: what the guests print appears all the same.
    """
    if question.is_open and not _Reading(question).finish():
        while question.is_open:  # the interrupt is on its way to it
            yield


class _Reading:
    """One line from the terminal, given up when the question is no longer open."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._reading = False
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._before = signal.getsignal(signal.SIGINT)

    def finish(self) -> bool:
        """Read and answer; False if Ctrl-C came, which the usual handler gets."""
        question = self._question
        watcher = threading.Thread(target=self._watch, daemon=True)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            watcher.start()
            try:
                self._reading = True
                question.answer(self._line())
            finally:
                self._reading = False
        except EOFError:
            question.answer(None)
        except KeyboardInterrupt:
            print()  # what follows must not stand behind the prompt
            if question.is_open:
                self._press(signal.SIGINT, None)
                return False
        finally:
            with self._lock:
                self._over.set()
            # Before it changes it, this calls the handler for a signal that is pending.
            signal.signal(signal.SIGINT, self._before)
        return True

    def _line(self) -> str:
        if self._question.password:
            return getpass.getpass(self._question.prompt)
        return input(self._question.prompt)

    def _watch(self) -> None:
        while not self._over.wait(_BEAT):
            if not self._question.is_open:
                with self._lock:
                    if not self._over.is_set():
                        main = threading.main_thread().ident or 0
                        signal.pthread_kill(main, signal.SIGINT)
                return

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if self._reading:
            raise KeyboardInterrupt
        if self._question.is_open:
            self._press(signum, frame)

    def _press(self, signum: int, frame: FrameType | None) -> None:
        if callable(self._before):
            self._before(signum, frame)
