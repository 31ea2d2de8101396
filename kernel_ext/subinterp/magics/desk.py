"""Where the guests of one cell queue up to ask the user."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from subinterp.display.front_end import Ask
    from subinterp.question import Question

__all__ = ["Desk"]

_log = logging.getLogger("subinterp")


class Desk:
    """Has one question at a time put to the user, in the order in which they come.

    The pump thread calls ``put``, the thread that waits for the cell the rest. There
    is no lock: that thread may be in the middle of anything when a signal comes.
    """

    def __init__(self, ask: Ask | None) -> None:
        self._ask = ask
        self._queue: deque[Question] = deque()
        self._question: Question | None = None
        self._asking: Generator[None] | None = None

    def put(self, question: Question) -> None:
        """Queue a question; refuse it if nobody can be asked."""
        self._queue.append(question)
        if self._ask is None:  # also if it was closed just now
            self._refuse_all()

    def step(self) -> bool:
        """Go on with what there is to ask; True while the user is being asked."""
        while self._ask is not None and (self._asking or self._queue):
            if self._asking is None:
                self._question = self._queue.popleft()
                self._asking = self._ask(self._question)
            try:
                next(self._asking)
            except StopIteration:
                self._asking = None
            except Exception:
                # The cell and its runs go on without.
                _log.exception("cannot ask %r", self._question)
                self._asking = None
                if self._question is not None:
                    self._question.refuse()
            else:
                return True
        return False

    def close(self) -> None:
        """Take back what is being asked, and refuse it and all that comes."""
        self._ask = None
        if self._asking is not None:
            self._asking.close()
            self._asking = None
        if self._question is not None:
            self._question.refuse()
        self._refuse_all()

    def _refuse_all(self) -> None:
        while self._queue:
            try:
                self._queue.popleft().refuse()
            except IndexError:  # the other thread was faster
                return
