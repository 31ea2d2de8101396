"""The shell's completer, made when somebody asks for it."""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LateCompleter"]


class _Configurables(list[Any]):
    """What ``%config`` knows; who goes through it finds the completer there as well."""

    def __init__(self, shell: LateCompleter, known: list[Any]) -> None:
        super().__init__(known)
        self._shell = shell

    def __iter__(self) -> Iterator[Any]:
        _ = self._shell.Completer
        return super().__iter__()


class LateCompleter:
    """The part of the shell that has the completer; mixed into IPython's.

    Many guests are never asked to complete anything, and the completer is a twentieth
    of what a shell takes, in time and in memory.
    """

    configurables: list[Any]
    _completer: Any = None

    def __init__(self, **options: Any) -> None:
        self._completing = RLock()
        super().__init__(**options)
        self.configurables = _Configurables(self, self.configurables)

    def init_completer(self) -> None:
        """Leave it to the first who asks."""

    @property
    def Completer(self) -> Any:  # noqa: N802 - IPython's name
        """IPython's completer; any thread may ask."""
        if self._completer is None:
            with self._completing:
                if self._completer is None:
                    super().init_completer()  # type: ignore[misc]
        return self._completer

    @Completer.setter
    def Completer(self, completer: Any) -> None:  # noqa: N802
        self._completer = completer
