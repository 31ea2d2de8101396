"""What a guest may be called."""

from __future__ import annotations

import re

__all__ = ["check_name"]

_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LONGEST = 64
_RESERVED = {
    "main": "stands for the notebook itself",
    "all": "stands for all interpreters",
}


def check_name(name: object, what: str = "interpreter") -> str:
    """Return the name.

    Raises:
        ValueError: if no guest, or thread of one, can have it; one line that says why.
    """
    if not isinstance(name, str):
        message = f"a name must be a str, not {type(name).__name__}"
        raise TypeError(message)
    if name in _RESERVED:
        reason = f"the name {_RESERVED[name]}"
    elif len(name) > _LONGEST:
        reason = f"the name is longer than {_LONGEST} characters"
        name = f"{name[:16]}..."
    elif not _PATTERN.fullmatch(name):
        reason = "names begin with a letter or _, then letters, digits, and _ . -"
    else:
        return name
    message = f"cannot call {what} {name!r} ({reason}); choose another name"
    raise ValueError(message)
