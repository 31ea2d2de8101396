"""What a run has told, and where that goes."""

from __future__ import annotations

import logging
import marshal
from typing import TYPE_CHECKING, Any

from . import _native
from .question import Question
from .record import Record
from .route import current_route

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interpreter import Interpreter
    from .route import Route
    from .team import Team
    from .where import Where

__all__ = ["Told"]

_STREAMS = {_native.STDOUT: "stdout", _native.STDERR: "stderr"}
# Front ends and the channels to them choke on larger messages.
_PIECE = 1024 * 1024
_log = logging.getLogger("subinterp")


class Told:
    """The part of ``Run`` that takes its output: keeps it, and sends it on."""

    id: int
    interpreter: Interpreter | Team
    guest: Where

    def __init__(
        self,
        route: Route | None,
        execution_count: int | None,
        ask: Callable[[Question], None],
    ) -> None:
        self.route: Route = current_route() if route is None else route
        self.record = Record()
        self._execution_count = execution_count
        self._ask = ask
        self._route_failed = False

    @property
    def stdout(self) -> str:
        """What it wrote to its standard output."""
        return self.record.text("stdout")

    @property
    def stderr(self) -> str:
        """What it wrote to its standard error."""
        return self.record.text("stderr")

    def replay(self, route: Route) -> None:
        """Send what is kept of the output, not the error, to another route."""
        self.record.replay(route)

    def _take(self, kind: int, payload: Any) -> None:
        if kind in _STREAMS:
            self._take_text(_STREAMS[kind], payload)
        elif kind == _native.MESSAGE:
            self._take_message(payload)

    def _take_text(self, name: str, text: str) -> None:
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE]
            self.record.add_text(name, piece)
            self._send(self.route.stream, name, piece)

    def _take_message(self, payload: bytes) -> None:
        msg_type, content = marshal.loads(payload)
        if msg_type == "input_request":
            name = self.interpreter.name
            self._ask(Question.of(self.guest, name, content))
            return
        if msg_type == "execute_result":
            content.setdefault("execution_count", self._execution_count)
        if msg_type != "payload":  # no output: it is not for a replay
            self.record.add_message(msg_type, content, len(payload))
        self._send(self.route.message, msg_type, content)

    def _send[T](self, put: Callable[[str, T], None], name: str, what: T) -> None:
        try:
            put(name, what)
        except BaseException:
            # The front end may be gone. The run goes on, and its record is complete.
            if not self._route_failed:
                self._route_failed = True
                _log.exception("output of run %d cannot be shown", self.id)
