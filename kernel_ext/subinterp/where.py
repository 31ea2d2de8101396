"""Where a run is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .question import Asker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import _native

__all__ = ["Where"]


class Where(Asker, Protocol):
    """What a run needs of the native guest that it was given to."""

    @property
    def id(self) -> int:
        """CPython's number of the interpreter."""

    @property
    def state(self) -> str:
        """``"idle"``, ``"running"``, ``"closing"`` or ``"closed"``."""

    def submit(
        self,
        run: int,
        request: bytes,
        thread: str = "",
        buffers: Sequence[Any] = (),
    ) -> _native.Answer:
        """Queue a job."""

    def cancel(self, run: int) -> bool:
        """Take it off the queue."""

    def executes(self, run: int) -> bool:
        """Tell whether it has begun and is not over."""

    def interrupt(self, run: int) -> bool:
        """Raise KeyboardInterrupt in it."""
