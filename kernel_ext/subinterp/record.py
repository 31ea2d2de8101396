"""What a run has put out, kept for later."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .outputs import shown
from .preferences import preferences

if TYPE_CHECKING:
    from .route import Route

__all__ = ["Event", "Record"]

# Text arrives in crumbs when a guest prints now and then; each kept event costs memory,
# and a message when it is shown again.
_MERGE = 64 * 1024
_LEAST = 256
_OVERHEAD = 200


@dataclass(frozen=True, slots=True)
class Event:
    """Text of a stream (``content`` is a str) or a display message."""

    kind: str
    content: Any
    size: int


class Record:
    """The output of one run, in order; when it gets too long, its end.

    Only the pump thread adds. Readers in other threads work on a copy of the deque,
    which is one step under the host's GIL, so there is no lock that a fork could leave
    behind taken.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._dropped = 0
        self.size = 0

    def add_text(self, name: str, text: str) -> None:
        """Keep text of a stream."""
        # In pieces of which some have room, or the end of a long text went as well.
        piece = max(_LEAST, min(_MERGE, preferences.replay_size // 4))
        for start in range(0, len(text), piece):
            self._add_piece(name, text[start : start + piece], piece)

    def _add_piece(self, name: str, text: str, longest: int) -> None:
        last = self._events[-1] if self._events else None
        if last and last.kind == name and len(last.content) + len(text) <= longest:
            text = last.content + text
            self.size -= last.size
            event = Event(name, text, sys.getsizeof(text) + _OVERHEAD)
            self._events[-1] = event
            self.size += event.size
            self._trim()
        else:
            self._add(Event(name, text, sys.getsizeof(text) + _OVERHEAD))

    def add_message(self, msg_type: str, content: dict[str, Any], size: int) -> None:
        """Keep a display message that came as so many bytes."""
        self._add(Event(msg_type, content, size + _OVERHEAD))

    def text(self, name: str) -> str:
        """Give all the text of a stream, whatever was cleared from the screen."""
        return "".join(e.content for e in self._all() if e.kind == name)

    def outputs(self) -> list[dict[str, Any]]:
        """Give what a notebook would show, and save, as its outputs."""
        return shown((event.kind, event.content) for event in self._all())

    def replay(self, route: Route) -> None:
        """Send everything that is kept to a route."""
        for event in self._all():
            if event.kind in {"stdout", "stderr"}:
                route.stream(event.kind, event.content)
            else:
                route.message(event.kind, event.content)

    def forget(self) -> None:
        """Drop everything, to save memory."""
        while self._events:
            self._drop_oldest()

    def _add(self, event: Event) -> None:
        self._events.append(event)
        self.size += event.size
        self._trim()

    def _trim(self) -> None:
        while self.size > preferences.replay_size:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        event = self._events.popleft()
        self.size -= event.size
        self._dropped += event.size

    def _all(self) -> list[Event]:
        events = list(self._events)
        if self._dropped:
            # Not stdout: who reads that gets text of the guest's and nothing else.
            amount = f"{self._dropped / 1e6:.1f} MB"
            marker = f"[subinterp: the first {amount} of output are no longer kept]\n"
            events.insert(0, Event("stderr", marker, 0))
        return events
