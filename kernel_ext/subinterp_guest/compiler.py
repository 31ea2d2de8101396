"""IPython's compiler, made fit for cells on several threads."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from IPython.core.compilerop import CachingCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GuestCompiler"]

_extra: ContextVar[int] = ContextVar("subinterp_extra_flags", default=0)


class GuestCompiler(CachingCompiler):
    """Compiles cells; the flags of one compilation do not reach another thread's.

    IPython sets and clears the flag for top-level await on the shared compiler, so of
    two threads that compile at once one would lose it and refuse the cell's await.
    """

    _shared = 0

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Return the name that IPython would give; its hash costs no import."""
        digest = hash(transformed_code) & 0xFFFF_FFFF_FFFF
        return f"<ipython-input-{number}-{digest:012x}>"

    @property
    def flags(self) -> int:
        """The flags of all cells (those of ``__future__``) and of this compilation."""
        return self._shared | _extra.get()

    @flags.setter
    def flags(self, flags: int) -> None:
        self._shared = flags & ~_extra.get()

    @contextmanager
    def extra_flags(self, flags: int) -> Iterator[None]:
        """Add flags to what the calling thread compiles meanwhile."""
        token = _extra.set(_extra.get() | flags)
        try:
            yield
        finally:
            _extra.reset(token)
