"""A small table that every front end can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .style import STYLE, escape, state_html

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Table"]


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of text under headings: aligned text in a terminal, HTML in a notebook."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"
    numbers: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset({"state"})

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, str]]:
        """Give each row as a dict by heading."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __getitem__(self, index: int) -> dict[str, str]:
        """Give one row as a dict by heading."""
        return dict(zip(self.columns, self.rows[index], strict=True))

    def __repr__(self) -> str:
        """Align the columns for a terminal."""
        if not self.rows:
            return self.empty
        lines = (self.columns, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(self._line(cells, widths) for cells in lines)

    def _line(self, cells: tuple[str, ...], widths: list[int]) -> str:
        padded = (
            cell.rjust(width) if heading in self.numbers else cell.ljust(width)
            for heading, cell, width in zip(self.columns, cells, widths, strict=True)
        )
        return "  ".join(padded).rstrip()

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<em>{escape(self.empty)}</em>"
        head = "".join(map(self._heading, self.columns))
        body = "".join(
            "<tr>" + "".join(map(self._cell, self.columns, row)) + "</tr>"
            for row in self.rows
        )
        return (
            f'{STYLE}<table class="subinterp"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _cell(self, heading: str, text: str) -> str:
        shown = state_html(text) if heading in self.states else escape(text)
        return f"<td{self._kind(heading)}>{shown}</td>"

    def _heading(self, heading: str) -> str:
        return f"<th{self._kind(heading)}>{escape(heading)}</th>"

    def _kind(self, heading: str) -> str:
        return ' class="number"' if heading in self.numbers else ""

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, Any]:
        del include, exclude  # both formats always: each front end takes the best
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
