"""What the user may set once for all guests; the kernel extension has traits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .settings import Extensions, Gil

__all__ = ["Preferences", "preferences"]


@dataclass
class Preferences:
    """As they are now: who needs one reads it each time."""

    gil: Gil = "own"
    """Of guests that are made without saying which."""
    extensions: Extensions = "strict"
    """Likewise, of those with a GIL of their own."""
    replay_size: int = 16 * 1024 * 1024
    """How many bytes of a run's output are kept, counted from its end."""
    memory_floor: int = 64
    """How many MiB must be free for another guest to be made."""


preferences = Preferences()
