"""Source text as users pass it."""

from __future__ import annotations

import textwrap

__all__ = ["dedent"]


def dedent(code: str) -> str:
    """Unindent code that is indented as a whole, as an argument in a function often is.

    Other code stays as it is: in its strings, the white space is the user's.
    """
    first = next((line for line in code.splitlines() if line.strip()), "")
    return textwrap.dedent(code) if first[:1].isspace() else code
