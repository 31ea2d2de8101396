"""A small notebook: cells, and the messages that belong to each."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, field
from itertools import pairwise
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ANSI", "Cell", "Notebook", "OneSpec"]

_TIMEOUT = 20.0
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Cell:
    """An execute request and what came back with it as the parent."""

    id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] | None = None
    idle_at: int | None = None
    """How many messages had come when the kernel said that it is done."""

    def of_type(self, msg_type: str) -> list[dict[str, Any]]:
        """The contents of the messages of one type, in order."""
        return [m["content"] for m in self.messages if m["msg_type"] == msg_type]

    @property
    def types(self) -> list[str]:
        """What came before the end of the cell, apart from the usual.

        Text in a row counts as one: where it is cut is a matter of time.
        """
        types = [m["msg_type"] for m in self.messages[: self.idle_at]]
        shown = [t for t in types if t not in {"status", "execute_input"}]
        return [
            t
            for before, t in pairwise(["", *shown])
            if t != "stream" or before != "stream"
        ]

    @property
    def stdout(self) -> str:
        """All that the cell wrote to stdout."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """All that the cell wrote to stderr."""
        return self._stream("stderr")

    def _stream(self, name: str) -> str:
        texts = (m["text"] for m in self.of_type("stream") if m["name"] == name)
        return "".join(texts)

    @property
    def result(self) -> dict[str, Any]:
        """The data of the cell's only value."""
        (content,) = self.of_type("execute_result")
        data: dict[str, Any] = content["data"]
        return data

    @property
    def text(self) -> str:
        """The cell's only value as plain text."""
        return str(self.result["text/plain"])

    @property
    def status(self) -> str:
        """How the reply says that it went."""
        assert self.reply is not None
        return str(self.reply["status"])

    @property
    def error(self) -> tuple[str, str, str]:
        """The name, value and traceback (without colours) of the reply."""
        assert self.reply is not None
        assert self.reply["status"] == "error", self.reply
        lines = "\n".join(self.reply["traceback"])
        return self.reply["ename"], self.reply["evalue"], ANSI.sub("", lines)


class OneSpec(KernelSpecManager):
    """Knows one kernel, of this very Python, whatever is installed on the machine."""

    arguments: tuple[str, ...] = ()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        launcher = [sys.executable, "-m", "ipykernel_launcher"]
        argv = [*launcher, "-f", "{connection_file}", *self.arguments]
        return KernelSpec(
            argv=argv,
            display_name=kernel_name,
            language="python",
        )


class Notebook:
    """A kernel with a client that sorts messages by the cell they belong to."""

    def __init__(self, console: Path, *arguments: str) -> None:
        specs = OneSpec()
        specs.arguments = arguments
        self.manager = KernelManager(
            kernel_spec_manager=specs,
            transport="ipc",  # no port to lose, and no warning about plain TCP
            connection_file=str(console.with_suffix(".json")),
        )
        self._console = console
        self._out = console.open("wb")  # a restart wants it again
        began = time.monotonic()
        self.manager.start_kernel(stdout=self._out, stderr=self._out)
        self.process: Any = self.manager.provisioner.process  # type: ignore[union-attr]
        self.cells: dict[str, Cell] = {}
        self._displays: list[dict[str, Any]] = []
        self.connect()
        self.start_seconds = time.monotonic() - began

    def connect(self) -> None:
        """Open the channels, and wait until the kernel answers."""
        self.client: Any = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def console(self) -> str:
        """What the kernel's process wrote to its own stdout and stderr."""
        return self._console.read_text()

    def send(self, code: str, **options: Any) -> Cell:
        """Ask for a cell to be run, and return at once."""
        cell = Cell(self.client.execute(code, **options))
        self.cells[cell.id] = cell
        return cell

    def run(self, code: str, *, timeout: float = _TIMEOUT, **options: Any) -> Cell:
        """Run a cell until the kernel has replied and is idle."""
        cell = self.send(code, **options)
        self.finish(cell, timeout=timeout)
        return cell

    def ok(self, code: str, **options: Any) -> Cell:
        """Run a cell that must succeed."""
        cell = self.run(code, **options)
        assert cell.status == "ok", cell.reply
        return cell

    def finish(self, cell: Cell, *, timeout: float = _TIMEOUT) -> Cell:
        """Wait for the reply of a cell and for the end of its output."""
        self.until(lambda: cell.idle_at is not None, timeout=timeout)
        deadline = time.monotonic() + timeout
        while cell.reply is None:
            rest = deadline - time.monotonic()
            message = self.client.get_shell_msg(timeout=max(rest, 0.01))
            owner = self.cells.get(message["parent_header"].get("msg_id"))
            if owner is not None:
                owner.reply = message["content"]
        return cell

    def until(self, true: Callable[[], object], *, timeout: float = _TIMEOUT) -> None:
        """Take in messages until this is true."""
        deadline = time.monotonic() + timeout
        while not true():
            rest = deadline - time.monotonic()
            try:
                self._take(self.client.get_iopub_msg(timeout=max(rest, 0.01)))
            except Empty:
                seen = [(c.types, c.stdout[-200:]) for c in self.cells.values()]
                message = f"nothing came for {timeout} s; so far {seen[-4:]}"
                raise AssertionError(message) from None

    def _take(self, message: dict[str, Any]) -> None:
        cell = self.cells.get(message["parent_header"].get("msg_id"))
        if cell is None:
            return
        cell.messages.append(message)
        if message["msg_type"] in {"display_data", "update_display_data"}:
            self._displays.append(message["content"])
        if message["content"].get("execution_state") == "idle":
            cell.idle_at = len(cell.messages)

    def asked(self) -> dict[str, Any]:
        """Wait until a cell asks the user, and return how."""
        message = self.client.get_stdin_msg(timeout=_TIMEOUT)
        assert message["msg_type"] == "input_request"
        request: dict[str, Any] = message
        return request

    def answer(self, text: str, request: dict[str, Any] | None = None) -> None:
        """Type a line in the input box, the newest unless told."""
        session, channel = self.client.session, self.client.stdin_channel
        content = {"value": text}
        channel.send(session.msg("input_reply", content, parent=request))

    def wait_for(self, cell: Cell, msg_type: str) -> None:
        """Wait until a message of this type has come for a cell."""
        self.until(lambda: cell.of_type(msg_type))

    def wait_for_badge(self, cell: Cell, words: str) -> None:
        """Wait until the badge of a cell says this."""
        self.until(lambda: words in self.badges(cell)[-1])

    def reply_to(self, msg_id: str) -> dict[str, Any]:
        """Wait for the reply to a request that is no cell."""
        while True:
            message = self.client.get_shell_msg(timeout=_TIMEOUT)
            if message["parent_header"].get("msg_id") == msg_id:
                content: dict[str, Any] = message["content"]
                return content

    def watch(self, msg_id: str) -> Cell:
        """Collect what comes back for a request that was sent otherwise."""
        cell = Cell(msg_id)
        self.cells[cell.id] = cell
        return cell

    def drain(self) -> None:
        """Take in all that was sent before now: a request answers after them."""
        self.ok("pass")

    def interrupt(self) -> None:
        """Press the Stop button."""
        self.manager.interrupt_kernel()

    def badges(self, cell: Cell) -> list[str]:
        """What the badge of a cell showed, one text after the other."""
        transient = cell.of_type("display_data")[0]["transient"]
        return [
            content["data"]["text/plain"]
            for content in self._displays
            if content["transient"] == transient
        ]

    def close(self) -> None:
        """End the kernel, however it is."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self._out.close()
