"""Which package and which distribution a module belongs to.

``importlib.metadata`` would tell, and cost a guest 20 ms for its import; pathlib 5.
"""

from __future__ import annotations

import os
import sys

__all__ = ["distribution_of", "outermost", "record_of"]


def outermost(module: str) -> str:
    """Return the package that people know: not ``google``, which has no code."""
    names = module.split(".")
    for end in range(1, len(names)):
        package = ".".join(names[:end])
        if getattr(sys.modules.get(package), "__file__", None) is not None:
            return package
    return module


def distribution_of(module: str, path: str) -> str:
    """Return name and version of what was installed with this file, or nothing."""
    folder = os.path.basename(os.path.dirname(record_of(module, path)))
    name, _, version = folder.removesuffix(".dist-info").partition("-")
    return f"{name} {version}" if version else ""


def record_of(module: str, path: str) -> str:
    """Return the list of files that were installed with this one, or nothing."""
    parts = path.split(os.sep)
    depth = module.count(".") + 1 + parts[-1].startswith("__init__.")
    root = os.sep.join(parts[:-depth])
    line = f"\n{'/'.join(parts[-depth:])},".encode()
    try:
        folders = [name for name in os.listdir(root) if name.endswith(".dist-info")]
    except OSError:
        return ""
    # Most often the name is the same, and one file will do.
    likely = module.partition(".")[0]
    folders.sort(key=lambda name: not name.startswith(likely))
    for folder in folders:
        record = os.path.join(root, folder, "RECORD")
        try:
            with open(record, "rb") as file:
                found = line in b"\n" + file.read()
        except OSError:
            continue
        if found:
            return record
    return ""
