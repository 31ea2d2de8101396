"""Completion and inspection while a cell waits for its guest.

ipykernel handles one request after the other, apart from those of widgets: Tab would
hear nothing until the cell ends. But while the cell awaits, the kernel is free.
"""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context
from typing import Any

__all__ = ["SideRequests"]

_MESSAGES = frozenset({"complete_request", "inspect_request", "is_complete_request"})


class SideRequests:
    """Stands before the kernel's ``shell_main``: these requests pass a cell."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._shell_main = kernel.shell_main

    def install(self) -> None:
        """Take its place."""
        self._kernel.shell_main = self._receive
        self._listen()

    def remove(self) -> None:
        """Give it back."""
        if vars(self._kernel).get("shell_main") == self._receive:
            del self._kernel.shell_main
            self._listen()

    def _listen(self) -> None:
        """Tell the kernel which method it is; one that starts later looks itself."""
        kernel = self._kernel
        started = getattr(kernel, "io_loop", None) is not None
        here = threading.current_thread() is threading.main_thread()
        if started and here and kernel.shell_channel_thread is not None:
            manager = kernel.shell_channel_thread.manager
            manager.set_on_recv_callback(kernel.shell_main)

    async def _receive(self, subshell_id: str | None, msg: Any) -> None:
        request = self._side_request(subshell_id, msg)
        if request is None:
            await self._shell_main(subshell_id, msg)
            return
        kernel = self._kernel
        cell = kernel.get_parent("shell")
        ident = kernel._get_shell_context_var(kernel._shell_parent_ident)  # noqa: SLF001
        kernel._publish_status("busy", "shell", request)  # noqa: SLF001
        dispatch = kernel.dispatch_shell(msg, subshell_id=subshell_id, concurrent=True)
        try:
            await asyncio.create_task(dispatch, context=copy_context())
        finally:
            kernel.set_parent(ident, cell, channel="shell")
            # A front end's request ends with "idle"; the cell has not.
            kernel._publish_status("idle", "shell", request)  # noqa: SLF001
            kernel._publish_status("busy", "shell", cell)  # noqa: SLF001

    def _side_request(self, subshell_id: str | None, msg: Any) -> Any:
        """Read a request that shall not wait for a cell, if it would have to."""
        kernel = self._kernel
        if kernel.session is None or not self._lock(subshell_id).locked():
            return None
        try:
            _, frames = kernel.session.feed_identities(msg, copy=False)
            request = kernel.session.deserialize(frames, content=False, copy=False)
        except Exception:  # the kernel will say what it thinks of it
            return None
        return request if request["header"]["msg_type"] in _MESSAGES else None

    def _lock(self, subshell_id: str | None) -> asyncio.Lock:
        kernel = self._kernel
        if subshell_id is None:
            lock: asyncio.Lock = kernel._main_asyncio_lock  # noqa: SLF001
        else:
            manager = kernel.shell_channel_thread.manager
            lock = manager.get_subshell_asyncio_lock(subshell_id)
        return lock
