"""Comms between a Jupyter front end and guests: what widgets live by."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from subinterp import comms
from subinterp.comms import CommMessage
from subinterp.route import innermost

from .cell import Cell
from .kernel import send

if TYPE_CHECKING:
    from concurrent.futures import Future

    from subinterp import _native
    from subinterp.run import Run

    from .front_end import FrontEnd

__all__ = ["KernelComms"]

_WIDGET = "jupyter.widget"
# The front end opens one to ask for the state of all widgets at once.
_CONTROL = "jupyter.widget.control"
_log = logging.getLogger("subinterp")


@dataclass(frozen=True, eq=False)
class _Owner:
    """Whose comm it is, and which cell's code opened it."""

    name: str
    guest: _native.Guest
    cell: Cell

    @property
    def is_gone(self) -> bool:
        return self.guest.state in {"closing", "closed"}


class _Relay:
    """Stands in the kernel's list of comms for one of a guest."""

    _closed = False  # the kernel's manager sets it

    def __init__(self, bridge: KernelComms, owner: _Owner, content: Any) -> None:
        self._bridge = bridge
        self.owner = owner
        self.comm_id: str = content["comm_id"]
        self.target_name: str = content["target_name"]
        self.traits = frozenset(content["data"].get("state", ()))

    def handle_msg(self, msg: dict[str, Any]) -> None:
        self._bridge.to_guest(self.owner, msg)

    def handle_close(self, msg: dict[str, Any]) -> None:
        self._bridge.to_guest(self.owner, msg)


class _Comms(dict[str, Any]):
    """The kernel's list of comms, to which another thread adds while it is read."""

    def items(self) -> Any:
        return list(super().items())


class KernelComms:
    """Passes the messages of guests' comms on, both ways.

    The pump brings those of the guests, the kernel's manager those of the front end, on
    whichever thread of a subshell. Each step on the manager's list of comms is one
    operation under the host's GIL.
    """

    def __init__(self, kernel: Any, front_end: FrontEnd) -> None:
        self._kernel = kernel
        self._front_end = front_end
        self._targets: dict[str, _Owner] = {}
        self._told: set[str] = set()

    def install(self) -> None:
        """Take the front end's messages to comms of guests."""
        manager = self._kernel.comm_manager
        manager.comms = _Comms(manager.comms)
        self._kernel.shell_handlers["comm_open"] = self._opened_by_front_end
        comms.set_bridge(self)

    def remove(self) -> None:
        """Leave the kernel as it was."""
        comms.set_bridge(None)
        manager = self._kernel.comm_manager
        for relay in self._relays():
            self._say_disabled(relay)
            manager.comms.pop(relay.comm_id, None)
        manager.comms = dict(manager.comms)
        self._kernel.shell_handlers["comm_open"] = manager.comm_open

    # From guests.

    def from_guest(self, run: Run | None, message: CommMessage) -> None:
        """Pass a guest's message on."""
        content = message.content
        if message.msg_type == "comm_target":
            if run is not None:
                self._targets[content["target_name"]] = _owner(run)
            return
        known = self._kernel.comm_manager.comms
        relay = known.get(content["comm_id"])
        owner: _Owner | None = relay.owner if relay is not None else None
        if message.msg_type == "comm_open":
            if run is None:
                _log.warning("a comm of a run that is too old was not opened")
                return
            owner = _owner(run)
            known[content["comm_id"]] = _Relay(self, owner, content)
        elif message.msg_type == "comm_close":
            known.pop(content["comm_id"], None)
        if owner is not None:
            self._send(owner, message)

    def guest_ended(self, guest: _native.Guest) -> None:
        """Show that the widgets of this guest do nothing any more."""
        for relay in self._relays():
            if relay.owner.guest is guest:
                self._say_disabled(relay)
                # A page that is loaded again waits for all that are listed.
                relay.target_name = ""

    def _say_disabled(self, relay: _Relay) -> None:
        if relay.target_name != _WIDGET:
            return
        words = f"interpreter '{relay.owner.name}' is closed"
        last = {"disabled": True, "tooltip": words}
        state = {key: value for key, value in last.items() if key in relay.traits}
        if state:
            data = {"method": "update", "state": state, "buffer_paths": []}
            content = {"comm_id": relay.comm_id, "data": data}
            self._send(relay.owner, CommMessage("comm_msg", content, {}, [], None))

    def _send(self, owner: _Owner, message: CommMessage) -> None:
        cell = owner.cell
        if cell.headless:
            # Such a client takes messages that belong to the present cell only.
            cell = self._front_end.cell_now() or cell
        parent = cell.parent if message.header is None else {"header": message.header}
        send(
            self._kernel,
            parent,
            message.msg_type,
            message.content,
            metadata=message.metadata,
            buffers=message.buffers,
        )

    # From the front end.

    def to_guest(self, owner: _Owner, msg: dict[str, Any]) -> None:
        """Pass a front end's message on, or say why nothing happens."""
        if owner.is_gone:
            self._say_closed(owner)
            return
        header = {key: str(value) for key, value in msg["header"].items()}
        message = CommMessage(
            header["msg_type"],
            msg["content"],
            msg["metadata"],
            [memoryview(one).tobytes() for one in msg["buffers"]],
            header,
        )

        def check(received: Future[Any]) -> None:
            if received.exception() is not None and owner.is_gone:
                self._say_closed(owner)

        comms.post(owner.name, owner.guest, message).add_done_callback(check)

    def _opened_by_front_end(self, stream: Any, ident: Any, msg: dict[str, Any]) -> Any:
        content = msg["content"]
        manager = self._kernel.comm_manager
        owner = self._targets.get(content["target_name"])
        if content["target_name"] == _CONTROL and self._has_widgets():
            # Only the host's own widgets would answer. Without an answer the front end
            # asks all that are listed, one by one.
            closed = {"comm_id": content["comm_id"], "data": {}}
            send(self._kernel, msg, "comm_close", closed)
        elif content["target_name"] in manager.targets or not owner or owner.is_gone:
            return manager.comm_open(stream, ident, msg)
        else:
            manager.comms[content["comm_id"]] = _Relay(self, owner, content)
            self.to_guest(owner, msg)
        return None

    def _say_closed(self, owner: _Owner) -> None:
        if owner.cell.id not in self._told:  # not for each step of a slider
            self._told.add(owner.cell.id)
            text = (
                f"cannot use this widget (interpreter {owner.name!r} is closed);"
                " run the cell again\n"
            )
            content = {"name": "stderr", "text": text}
            send(self._kernel, owner.cell.parent, "stream", content)

    def _relays(self) -> list[_Relay]:
        known = self._kernel.comm_manager.comms
        return [comm for comm in tuple(known.values()) if isinstance(comm, _Relay)]

    def _has_widgets(self) -> bool:
        return any(relay.target_name == _WIDGET for relay in self._relays())


def _owner(run: Run) -> _Owner:
    cell: Cell = getattr(innermost(run.route), "cell", None) or Cell(0)
    return _Owner(run.interpreter.name, run.guest, cell)  # type: ignore[arg-type]
