"""What a guest is made from."""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .venv import Venv

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Extensions", "Gil", "Settings", "guest_options", "private_refusal"]

Extensions = Literal["strict", "private"]
Gil = Literal["own", "shared"]

guest_options: dict[str, Any] = {}
"""Goes into the setup of every guest made from now on; for the kernel extension."""


def private_refusal() -> str | None:
    """Say why no guest can have private copies here; one line, None if it can."""
    for missing, there in (
        ("Linux", sys.platform == "linux"),
        ("a Python with a GIL", "t" not in getattr(sys, "abiflags", "")),
    ):
        if not there:
            return f"extensions='private' needs {missing}; use 'strict'"
    return None


@dataclass(frozen=True)
class Settings:
    """Survive the guest: its successor of the same name is made from them, too."""

    gil: Gil
    path: tuple[str, ...] = ()
    venv: Venv | None = None
    extensions: Extensions = "strict"
    bare: bool = False
    """Made anew for calls alone, not taken from those that are ready for cells."""

    @classmethod
    def of(
        cls,
        gil: Gil,
        path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        venv: str | os.PathLike[str] | None = None,
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
        if extensions == "private":
            if gil == "shared":
                message = "extensions='private' is for a guest with a GIL of its own"
                message += "; leave it out where gil='shared'"
                raise ValueError(message)
            if (refusal := private_refusal()) is not None:
                raise ValueError(refusal)
        entries = [path] if isinstance(path, str | os.PathLike) else path
        # The working directory may change before a restart.
        absolute = tuple(str(Path(entry).absolute()) for entry in entries)
        for entry in absolute:
            if not Path(entry).exists():
                message = f"path has no directory {entry!r}"
                raise ValueError(message)
        own = None if venv is None else Venv.of(venv)
        return cls(gil, absolute, own, extensions)

    def sys_path(self) -> list[str]:
        """Give the guest's sys.path: its own directories, then the host's.

        What a virtual environment has, the guest puts between them by itself.
        """
        entries = [*self.path, *sys.path]
        home = _home_of_guest_package()
        if home is not None and home not in entries:
            entries.append(home)
        return [entry for entry in entries if _is_text(entry)]

    def setup(self, name: str) -> bytes:
        """Give what subinterp_guest.boot() gets."""
        argv = [str(argument) for argument in sys.argv]
        own: dict[str, Any]
        own = {
            "name": name,
            "argv": argv,
            "gil": self.gil,
            "extensions": self._checked_extensions(),
        }
        if self.venv is not None:
            place = sum(map(_is_text, self.path))
            own["venv"] = {**asdict(self.venv), "place": place}
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
