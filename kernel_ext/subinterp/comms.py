"""Jupyter comms of guests on their way through the host."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .query import HELPER, HOME, Query

if TYPE_CHECKING:
    from . import _native
    from .run import Run

__all__ = ["CommBridge", "CommMessage", "ended", "post", "receive", "set_bridge"]


class CommMessage(NamedTuple):
    """One message between a comm in a guest and the front end; plain values only."""

    msg_type: str
    content: dict[str, Any]
    metadata: dict[str, Any]
    buffers: list[bytes]
    header: dict[str, Any] | None
    """Of the front end's message that this is, or that it answers."""


class CommBridge(Protocol):
    """Passes guests' messages on to the front end, if that is one with comms."""

    def from_guest(self, run: Run | None, message: CommMessage) -> None:
        """Take a message that code of this run sent; called by the pump thread."""

    def guest_ended(self, guest: _native.Guest) -> None:
        """Hear that nobody in this guest will answer any more."""


_bridge: CommBridge | None = None


def set_bridge(bridge: CommBridge | None) -> None:
    """Let this take what guests send from now on; None: it goes nowhere."""
    global _bridge  # noqa: PLW0603 - one process has one front end
    _bridge = bridge


def receive(run: Run | None, payload: bytes) -> None:
    """Take a message as a guest has sent it."""
    if _bridge is not None:
        _bridge.from_guest(run, CommMessage(*marshal.loads(payload)))


def ended(guest: _native.Guest) -> None:
    """Tell that this guest takes no more messages."""
    if _bridge is not None:
        _bridge.guest_ended(guest)


def post(name: str, guest: _native.Guest, message: CommMessage) -> Query:
    """Hand a front end's message to the guest of this name.

    The helper thread takes it: an event loop that the guest's home thread runs hears of
    it so. Otherwise the home thread handles it when it comes to it.

    Returns:
        What fails with InterpreterClosedError if nobody takes it.
    """

    def deliver(received: Query) -> None:
        if received.exception() is None:
            Query.put(name, guest, ("deliver",), HOME)

    received = Query.put(name, guest, ("receive", *message), HELPER)
    received.add_done_callback(deliver)  # type: ignore[arg-type]
    return received
