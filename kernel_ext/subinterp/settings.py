"""What a guest is made from."""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Extensions", "Gil", "Settings", "guest_options"]

Extensions = Literal["strict", "private"]
Gil = Literal["own", "shared"]

guest_options: dict[str, Any] = {}
"""Goes into the setup of every guest made from now on; for the kernel extension."""


@dataclass(frozen=True)
class Settings:
    """Survive the guest: its successor of the same name is made from them, too."""

    gil: Gil
    path: tuple[str, ...] = ()
    extensions: Extensions = "strict"
    bare: bool = False
    """Made anew for calls alone, not taken from those that are ready for cells."""

    @classmethod
    def of(
        cls,
        gil: Gil,
        path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        extensions: Extensions = "strict",
    ) -> Settings:
        """Check what a user has asked for.

        Raises:
            ValueError: one line that says what is wrong.
        """
        if gil not in {"own", "shared"}:
            message = f"gil must be 'own' or 'shared', not {gil!r}"
            raise ValueError(message)
        if extensions not in {"strict", "private"}:
            message = f"extensions must be 'strict' or 'private', not {extensions!r}"
            raise ValueError(message)
        entries = [path] if isinstance(path, str | os.PathLike) else path
        # The working directory may change before a restart.
        absolute = tuple(str(Path(entry).absolute()) for entry in entries)
        for entry in absolute:
            if not Path(entry).exists():
                message = f"path has no directory {entry!r}"
                raise ValueError(message)
        return cls(gil, absolute, extensions)

    def sys_path(self) -> list[str]:
        """Give the guest's sys.path: its own directories, then the host's."""
        entries = [*self.path, *sys.path]
        home = _home_of_guest_package()
        if home is not None and home not in entries:
            entries.append(home)
        return [entry for entry in entries if _is_text(entry)]

    def setup(self, name: str) -> bytes:
        """Give what subinterp_guest.boot() gets."""
        argv = [str(argument) for argument in sys.argv]
        own = {"name": name, "argv": argv, "extensions": self._checked_extensions()}
        return marshal.dumps({**own, **guest_options})

    def _checked_extensions(self) -> Extensions | None:
        # Where a GIL is shared, CPython refuses no module, but on 3.13.0, for the
        # reason that interpreter.cpp gives.
        unchecked = self.gil == "shared" and sys.version_info >= (3, 13, 1)
        return None if unchecked else self.extensions


@cache
def _home_of_guest_package() -> str | None:
    # An editable install leads to it by an import hook, which guests do not have.
    # Only its place is needed: the host never imports it.
    spec = importlib.util.find_spec("subinterp_guest")
    if spec is None or spec.origin is None:
        return None
    return str(Path(spec.origin).parent.parent)


def _is_text(entry: object) -> bool:
    # A directory name that is not UTF-8 has lone surrogates; people put Path objects
    # into sys.path, which import ignores as well.
    return isinstance(entry, str) and not any("\ud800" <= c <= "\udfff" for c in entry)
