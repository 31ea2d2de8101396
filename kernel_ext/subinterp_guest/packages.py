"""Which package and which distribution a module belongs to.

``importlib.metadata`` would tell, too, and cost a guest 20 ms for its import.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

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
    record = record_of(module, path)
    if record is None:
        return ""
    name, _, version = record.parent.stem.partition("-")
    return f"{name} {version}"


def record_of(module: str, path: str) -> Path | None:
    """Return the list of files that were installed with this one."""
    from pathlib import Path

    file = Path(path)
    depth = module.count(".") + file.name.startswith("__init__.")
    root = file.parents[depth]
    line = f"\n{file.relative_to(root).as_posix()},".encode()
    # Most often the name is the same, and one file will do.
    likely = module.partition(".")[0]
    records = sorted(
        root.glob("*.dist-info/RECORD"),
        key=lambda record: not record.parent.name.startswith(likely),
    )
    for record in records:
        try:
            found = line in b"\n" + record.read_bytes()
        except OSError:
            continue
        if found:
            return record
    return None
