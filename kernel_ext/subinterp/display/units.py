"""Figures as people read them."""

from __future__ import annotations

__all__ = ["elapsed", "size"]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_STEP = 1024


def elapsed(seconds: float) -> str:
    """Write a duration with two or three digits that matter."""
    if seconds < 0.001:  # noqa: PLR2004
        return f"{max(seconds, 0) * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def size(count: float) -> str:
    """Write a number of bytes in binary units."""
    for unit in ("B", "KiB", "MiB"):
        if count < _STEP:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _STEP
    return f"{count:.1f} GiB"
