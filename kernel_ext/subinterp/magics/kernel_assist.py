"""A kernel's answers to completion and inspection requests."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .assistant import Assistant

__all__ = ["KernelAssist"]


class KernelAssist:
    """Stands before the kernel's own methods, and lets the assistant answer first.

    It waits on a thread: the loop of the kernel goes on turning, for widgets.
    """

    def __init__(self, kernel: Any, assistant: Assistant) -> None:
        self._kernel = kernel
        self._assistant = assistant
        self._own: dict[str, Callable[..., Any]] = {
            "do_complete": self._complete,
            "do_inspect": self._inspect,
            "do_is_complete": self._is_complete,
        }

    def install(self) -> None:
        """Take their place."""
        for name, method in self._own.items():
            setattr(self._kernel, name, method)

    def remove(self) -> None:
        """Give it back."""
        for name, method in self._own.items():
            if vars(self._kernel).get(name) == method:
                delattr(self._kernel, name)

    async def _complete(self, code: str, cursor_pos: int | None) -> Any:
        position = len(code) if cursor_pos is None else cursor_pos
        answer = await asyncio.to_thread(self._assistant.complete, code, position)
        if answer is not None:
            return answer
        return await _result(
            type(self._kernel).do_complete, self._kernel, code, position
        )

    async def _inspect(
        self,
        code: str,
        cursor_pos: int,
        detail_level: int = 0,
        omit_sections: Iterable[str] = (),
    ) -> Any:
        answer = await asyncio.to_thread(
            self._assistant.inspect, code, cursor_pos, detail_level
        )
        if answer is not None:
            return answer
        arguments = (code, cursor_pos, detail_level, omit_sections)
        return await _result(type(self._kernel).do_inspect, self._kernel, *arguments)

    async def _is_complete(self, code: str) -> Any:
        answer = await asyncio.to_thread(self._assistant.is_complete, code)
        if answer is not None:
            return answer
        return await _result(type(self._kernel).do_is_complete, self._kernel, code)


async def _result(method: Callable[..., Any], *arguments: object) -> Any:
    """Call what is a coroutine function in some kernels only."""
    answer = method(*arguments)
    return await answer if inspect.isawaitable(answer) else answer
