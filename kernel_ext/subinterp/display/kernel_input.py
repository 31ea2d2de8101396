"""Questions of guests to the user of a Jupyter client."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import zmq

if TYPE_CHECKING:
    from collections.abc import Generator

    from subinterp.question import Question

    from .cell import Cell

__all__ = ["KernelInput"]

# The kernel has one socket for input, and cells of several subshells may wait at once.
_turn = threading.Lock()


class KernelInput:
    """Asks by the kernel's stdin channel, without waiting on it.

    Not by ``kernel.raw_input``: that keeps the event loop from turning, asks for the
    request that came last, and takes the answer to any question for its own.
    """

    def __init__(self, kernel: Any, cell: Cell) -> None:
        self._kernel = kernel
        self._parent = cell.parent
        self._client = kernel._parent_ident["shell"]  # noqa: SLF001 - as raw_input does

    def ask(self, question: Question) -> Generator[None]:
        """Have the front end show an input box until there is an answer."""
        while not _turn.acquire(blocking=False):
            yield
        try:
            if not question.is_open:
                return
            while self._receive() is not None:
                pass  # answers to questions that were taken back
            request = self._send(question)
            while question.is_open:
                reply = self._receive()
                if reply is None:
                    yield
                # A client that does not say what it answers means the last question.
                elif reply["parent_header"].get("msg_id", request) == request:
                    value = reply["content"].get("value", "")
                    question.answer(None if value == "\x04" else value)
        finally:
            _turn.release()

    def _send(self, question: Question) -> str:
        message = self._kernel.session.send(
            self._kernel.stdin_socket,
            "input_request",
            {"prompt": question.prompt, "password": question.password},
            parent=self._parent,
            ident=self._client,
        )
        return str(message["header"]["msg_id"])

    def _receive(self) -> dict[str, Any] | None:
        kernel = self._kernel
        while True:
            try:
                reply: dict[str, Any] | None
                _, reply = kernel.session.recv(kernel.stdin_socket, mode=zmq.NOBLOCK)
            except ValueError:  # another program's, or damaged
                kernel.log.warning("Invalid message:", exc_info=True)
            else:
                return reply
