"""Virtual environments for tests, with distributions that are written by hand."""

from __future__ import annotations

import os
import sys
import venv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["install", "make", "packages"]


def make(directory: Path, **versions: str) -> Path:
    """Make an environment with these distributions, and without pip.

    Args:
        directory: where.
        versions: of each package; its ``VERSION`` is that.
    """
    builder = venv.EnvBuilder(symlinks=os.name != "nt", with_pip=False)
    builder.create(directory)
    for name, version in versions.items():
        install(directory, name, version)
    return directory


def packages(environment: Path) -> Path:
    """Give its directory of packages."""
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / minor / "site-packages"


def install(environment: Path, name: str, version: str, source: str = "") -> None:
    """Put a package there, with what ``importlib.metadata`` reads."""
    site = packages(environment)
    (site / name).mkdir()
    (site / name / "__init__.py").write_text(f"VERSION = {version!r}\n{source}")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
