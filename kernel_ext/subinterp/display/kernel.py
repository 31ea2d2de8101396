"""Output of runs in a Jupyter kernel.

Every message names its own parent. ipykernel's usual ways (``sys.stdout``, the display
publisher, the thread's context) send late output to whichever cell runs at that time.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from ipykernel.iostream import OutStream
from ipykernel.zmqshell import ZMQDisplayPublisher
from IPython.core.async_helpers import _asyncio_runner

from .captured import CapturedRoute
from .cell import Cell
from .front_end import FrontEnd
from .kernel_input import KernelInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from subinterp.route import Route

    from .front_end import Ask

__all__ = ["KernelFrontEnd", "KernelRoute"]

_KERNEL_STREAM: Any = OutStream  # ipykernel's class has no types


class KernelRoute:
    """Sends the output of one run to the cell that started it.

    A headless client drops what comes after its cell; that output waits in ``missed``
    until ``%subinterp wait`` shows it.
    """

    def __init__(self, kernel: Any, cell: Cell) -> None:
        self._kernel = kernel
        self.cell = cell
        self._headless = cell.headless
        self.missed: deque[tuple[str, dict[str, Any]]] = deque()

    def stream(self, name: str, text: str) -> None:
        """Send text of the run's stdout or stderr."""
        self._put("stream", {"name": name, "text": text})

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Send a rich message."""
        if msg_type == "payload":
            self._take_payload(content)
            return
        if msg_type == "execute_result":
            content = {"execution_count": self.cell.count, **content}
        self._put(msg_type, content)

    def _take_payload(self, content: dict[str, Any]) -> None:
        """Add it to the cell's reply; show its text if that has been sent."""
        if not self.cell.over:
            self._kernel.shell.payload_manager.write_payload(content)
        elif "text" in content:
            self.stream("stdout", f"{content['text']}\n")

    def catch_up(self, route: Route) -> None:
        """Send what the client did not get to another route, once."""
        while self.missed:
            msg_type, content = self.missed.popleft()
            if msg_type == "stream":
                route.stream(content["name"], content["text"])
            else:
                route.message(msg_type, content)

    def _put(self, msg_type: str, content: dict[str, Any]) -> None:
        if self._headless and self.cell.over:
            self.missed.append((msg_type, content))
        else:
            send(self._kernel, self.cell.parent, msg_type, content)


def send(
    kernel: Any,
    parent: Mapping[str, Any],
    msg_type: str,
    content: Mapping[str, Any],
    **more: Any,
) -> None:
    """Publish a message as an answer to a request, from any thread.

    ``more`` is what ``Session.send`` has, as ``metadata`` and ``buffers``.
    """
    if _is_over(kernel):
        return
    topic = f"stream.{content['name']}" if msg_type == "stream" else msg_type
    kernel.session.send(
        _Copying(kernel.iopub_socket),
        msg_type,
        content,
        parent=parent,
        ident=f"kernel.{kernel.ident}.{topic}".encode(),
        **more,
    )


def _is_over(kernel: Any) -> bool:
    """Tell whether the kernel has left its loop: at exit nobody reads any more."""
    loop = getattr(kernel, "io_loop", None)  # not yet there while the kernel starts
    return kernel.session is None or (
        loop is not None and not loop.asyncio_loop.is_running()
    )


class _Copying:
    """The kernel's socket, for messages that are all copied.

    Without a copy a large message needs pyzmq's garbage collector, which ends before
    our guests do; a message that is under way then fails with a traceback on the
    console.
    """

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def send_multipart(self, parts: list[bytes], *, copy: bool) -> None:
        """Send the parts of a message."""
        del copy
        self._socket.send_multipart(parts, copy=True)


class KernelFrontEnd(FrontEnd):
    """A Jupyter client, seen from the kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.kernel: Any = shell.kernel  # type: ignore[attr-defined]

    def new_cell(self) -> Cell:
        """Take the request that this thread and context answer."""
        parent = self.shell.get_parent()  # type: ignore[attr-defined]
        return Cell(self.shell.displayhook.prompt_count, parent)

    def is_plain_cell(self) -> bool:
        """Not one within another (``%%time``, ``%run``), a callback, a silent request.

        The last kind is sent by tools of the front end.
        """
        parent = self.shell.get_parent()  # type: ignore[attr-defined]
        return (
            not self.in_cell
            and parent.get("header", {}).get("msg_type") == "execute_request"
            and not parent["content"].get("silent")
        )

    def can_await(self) -> bool:
        """Only where the kernel itself hands the cell to a running asyncio loop.

        IPython runs all but plain cells without the loop.
        """
        shell = self.shell
        if not self.is_plain_cell() or not shell.autoawait or shell.trio_runner:
            return False
        if shell.loop_runner is not _asyncio_runner:
            return False
        if self.kernel.shell_channel_thread is None:
            return False  # an engine of ipyparallel, which would lose the cell's reply
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True

    def route(self, cell: Cell) -> KernelRoute:
        """Make a route that names this cell as the parent of every message."""
        return KernelRoute(self.kernel, cell)

    def nested_route(self, cell: Cell) -> Route:
        """Respect ``%%capture`` and redirected streams of the calling code."""
        streams: dict[str, Any] = {}
        for name in ("stdout", "stderr"):
            stream: Any = getattr(sys, name)
            if isinstance(stream, _KERNEL_STREAM):
                stream.flush()  # what the host printed before must come before
            else:
                streams[name] = stream
        publisher = self.shell.display_pub
        captured = not isinstance(publisher, ZMQDisplayPublisher)
        if not streams and not captured:
            return self.route(cell)
        return CapturedRoute(streams, publisher if captured else None, self.route(cell))

    def asker(self, cell: Cell) -> Ask | None:
        """Ask by the stdin channel, where the client has one."""
        return KernelInput(self.kernel, cell).ask if cell.takes_input else None

    def update_display(
        self, cell: Cell, content: dict[str, Any], *, last: bool
    ) -> None:
        """Replace a display, whichever cell runs now.

        JupyterLab and VS Code find it by its display id under any parent. nbclient
        takes it only with the parent of the cell that is being executed.
        """
        del last
        now = self.cell_now() or cell
        send(self.kernel, now.parent, "update_display_data", content)
