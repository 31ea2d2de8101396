"""The cell of the notebook that a run belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Cell"]


@dataclass(eq=False)
class Cell:
    """One execute request: what late output must name as its parent."""

    count: int
    parent: dict[str, Any] = field(default_factory=dict)
    over: bool = False
    """The host has finished this cell (it may still have runs behind it)."""

    @property
    def id(self) -> str:
        """The id of the request, empty in a terminal."""
        return str(self.parent.get("header", {}).get("msg_id", ""))

    @property
    def headless(self) -> bool:
        """The client drops what arrives after the cell.

        nbclient (and so papermill and nbconvert) and ipyparallel ignore output that
        comes after the cell's idle message; what sets them apart is that nobody there
        can type.
        """
        return "content" in self.parent and not self.takes_input

    @property
    def takes_input(self) -> bool:
        """The client has said that it can ask its user."""
        return self.parent.get("content", {}).get("allow_stdin") is True

    def plain_parent(self) -> dict[str, Any]:
        """Give what a guest is told of the request: it has the code, and no dates."""
        header = self.parent.get("header", {})
        return {
            "header": {key: str(value) for key, value in header.items()},
            "metadata": self.parent.get("metadata", {}),
        }
