"""A virtual environment whose packages a guest uses."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Venv"]

_THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
_ADVICE = f"make one with `python{_THIS} -m venv DIR` and install what you need there"
_VERSION = re.compile(
    r"^version(?:_info)?\s*=\s*(\d+\.\d+)\b", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Venv:
    """Where a virtual environment has what a guest needs; all paths are absolute."""

    prefix: str
    packages: tuple[str, ...]
    """Its ``site-packages``; some systems have two of them."""
    scripts: str
    executable: str
    """Its Python, whether there is one or not."""

    @classmethod
    def of(cls, directory: str | os.PathLike[str]) -> Venv:
        """Look at the environment in this directory.

        Raises:
            ValueError: it is none, or one of another Python; one line says which.
        """
        # The working directory may change before a restart. Links are kept, as Python
        # does: "python" itself is one.
        prefix = str(Path(directory).absolute())
        version = _version(Path(prefix, "pyvenv.cfg"))
        if version not in {None, _THIS}:
            message = f"venv {prefix!r} is of Python {version}, and this is {_THIS}"
            message += f"; {_ADVICE}"
            raise ValueError(message)
        # Not site.getsitepackages(): Debian's gives other places to its own Python.
        places = sysconfig.get_paths("venv", {"base": prefix, "platbase": prefix})
        names = dict.fromkeys([places["platlib"], places["purelib"]])
        packages = tuple(filter(os.path.isdir, names))
        if not packages:
            message = (
                f"venv {prefix!r} is not of this Python (no {places['purelib']!r})"
            )
            message += f"; {_ADVICE}"
            raise ValueError(message)
        suffix = sysconfig.get_config_var("EXE") or ""
        python = str(Path(places["scripts"], f"python{suffix}"))
        return cls(prefix, packages, places["scripts"], python)


def _version(configuration: Path) -> str | None:
    """Read the minor version, if it says one: venv's key is not that of uv."""
    try:
        text = configuration.read_text("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        message = f"venv {str(configuration.parent)!r} is no virtual environment"
        message += f" (no pyvenv.cfg); {_ADVICE}, or use path for any other directory"
        raise ValueError(message) from None
    except (OSError, ValueError) as error:
        message = f"venv {str(configuration.parent)!r} cannot be read ({error})"
        raise ValueError(message) from None
    found = _VERSION.search(text)
    return None if found is None else found[1]
