"""Jupyter comms of the guest's code; the host is between them and the front end.

Imported when ``comm`` has been: by ipywidgets, for one.
"""

from __future__ import annotations

import marshal
import sys
from collections import deque
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING

from comm.base_comm import BaseComm, CommManager

from _subinterp import COMM, emit, guarded

from . import context
from .plain import plain
from .threads import home_ident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

__all__ = [
    "GuestComm",
    "GuestCommManager",
    "deliver",
    "install",
    "leave",
    "receive",
]

type Message = dict[str, Any]

# The header of the front end's message that the calling code handles: front ends look
# there for what an echo answers.
_handled: ContextVar[Message | None] = ContextVar("subinterp_handled", default=None)

_inbox: deque[Message] = deque()


class GuestComm(BaseComm):
    """A comm whose messages the host passes on.

    Its callbacks work for the run that opened it: what they print is shown there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.run = context.current()
        super().__init__(*args, **kwargs)

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Iterable[Any] | None = None,
        **keys: Any,
    ) -> None:
        """Send a message to the front end."""
        content = {"data": data or {}, "comm_id": self.comm_id, **keys}
        _send(msg_type, content, metadata, buffers)


class GuestCommManager(CommManager):
    """Finds the comms of this guest; the host hears of the targets."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, int] = {}  # by target

    def register_target(self, target_name: str, f: Any) -> None:
        """Let the front end open comms with this target."""
        super().register_target(target_name, f)
        self._runs[target_name] = context.current()
        _send("comm_target", {"target_name": target_name})

    def run_for(self, content: Message) -> int:
        """Return the run that a message is for: whose comm or target it names."""
        if "target_name" in content:
            return self._runs.get(content["target_name"], context.latest())
        return getattr(self.comms.get(content["comm_id"]), "run", context.latest())


_manager = GuestCommManager()


def install(module: ModuleType) -> None:
    """Take the places that the package ``comm`` has for a kernel's comms."""
    module.create_comm = GuestComm  # type: ignore[attr-defined]
    module.get_comm_manager = lambda: _manager  # type: ignore[attr-defined]


def receive(
    msg_type: str,
    content: Message,
    metadata: Message,
    buffers: list[bytes],
    header: Message,
) -> None:
    """Take a front end's message; on any thread, as the home thread may be busy.

    It is handled by the next :func:`deliver`. Where the home thread runs an event loop,
    in a cell that awaits, that is called there: the cell may wait for this message.
    """
    message = {
        "header": header,
        "msg_id": header["msg_id"],
        "msg_type": msg_type,
        "parent_header": {},
        "metadata": metadata,
        "content": content,
        "buffers": [memoryview(one) for one in buffers],
    }
    if content.get("data") == {"method": "request_state"}:
        # Of a page that was loaded again; it waits for the state of all widgets.
        copy_context().run(_handle, message)
        return
    last = _inbox.pop() if _inbox else None
    if last is not None and not _replaces(message, last):
        _inbox.append(last)
    _inbox.append(message)
    loops = sys.modules.get("subinterp_guest.loops")
    if loops is not None:
        loops.call_soon(home_ident(), deliver)


def deliver() -> None:
    """Handle what has come; on the home thread."""
    while True:
        try:
            message = _inbox.popleft()
        except IndexError:
            return
        _handle(message)


def leave() -> None:
    """Leave all comms as they are, at the guest's end.

    The end of an object closes its comm. So the guest's widgets would go from the page,
    where the host lets them say what became of them.
    """
    for one in tuple(_manager.comms.values()):
        one._closed = True


def _handle(message: Message) -> None:
    context.follow(_manager.run_for(message["content"]))
    token = _handled.set(message["header"])
    try:
        handler: Callable[..., None] = getattr(_manager, message["msg_type"])
        guarded(handler, None, "", message)
    finally:
        _handled.reset(token)


def _replaces(message: Message, earlier: Message) -> bool:
    """Tell whether a widget's update makes an earlier one pointless.

    A slider sends many while it is dragged. A kernel's front end holds back what it
    would send before the last one was handled; here that is never seen.
    """
    old, new = earlier["content"], message["content"]
    if old["comm_id"] != new["comm_id"] or earlier["buffers"] or message["buffers"]:
        return False
    states = [
        one["data"]["state"].keys()
        for one in (old, new)
        if one.get("data", {}).get("method") == "update"
    ]
    return len(states) == 2 and states[0] <= states[1]  # noqa: PLR2004 - both


def _send(
    msg_type: str,
    content: Message,
    metadata: Any = None,
    buffers: Iterable[Any] | None = None,
) -> None:
    event = (
        msg_type,
        plain(content),
        plain(metadata or {}),
        [memoryview(one).tobytes() for one in buffers or ()],
        _handled.get(),
    )
    emit(context.current(), COMM, marshal.dumps(event))
