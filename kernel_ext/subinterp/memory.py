"""Is there memory for another guest?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from .preferences import preferences

__all__ = ["shortage"]


def shortage() -> str | None:
    """Say what is missing, if there is too little for another guest.

    A guest takes 2.5 MiB, and 10 with what it usually imports. CPython does not survive
    every failure to get memory while it makes an interpreter (gh-112729 before 3.13.8,
    gh-152156 before 3.13.15).
    """
    needed = preferences.memory_floor
    for what, free in (
        ("this machine has", _free_on_machine()),
        ("this process's address space limit leaves", _free_address_space()),
        ("this container's limit leaves", _free_in_cgroup()),
    ):
        if free is not None and free < needed * 2**20:
            there = f"{max(free, 0) / 2**20:.0f} MiB of memory"
            return f"{what} {there}, {needed} are needed"
    return None


def _free_on_machine() -> int | None:
    # Where psutil finds it, too; to import that takes as long as to make a guest.
    with suppress(OSError, ValueError):
        facts = Path("/proc/meminfo").read_text(encoding="ascii").split()
        return int(facts[facts.index("MemAvailable:") + 1]) * 1024
    try:
        import psutil  # noqa: PLC0415 - only ipykernel's
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def _free_address_space() -> int | None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return limit - pages * resource.getpagesize()
    return None


def _free_in_cgroup() -> int | None:
    """Look at the limit of a container (cgroup v2): who exceeds it is killed."""
    root = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):
        limit = int((root / "memory.max").read_text(encoding="ascii"))  # or "max"
        used = int((root / "memory.current").read_text(encoding="ascii"))
        stat = (root / "memory.stat").read_text(encoding="ascii").split()
        # What is only cached from files is given back on demand.
        return limit - used + int(stat[stat.index("inactive_file") + 1])
    return None
