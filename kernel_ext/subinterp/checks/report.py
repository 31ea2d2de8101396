"""What ``check()`` has found out, as rows and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from subinterp.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .trial import Outcome, Verdict

__all__ = ["CheckReport", "CheckRow"]

_HOST = "the host"
_SHARED = "gil='shared'"


@dataclass(frozen=True)
class CheckRow:
    """What becomes of one module in each kind of guest."""

    module: str
    package: str
    """What has installed it; empty if that is not known."""
    version: str
    strict: Verdict
    """In a guest with its own GIL."""
    shared: Verdict
    """In a guest with ``gil="shared"``."""
    reason: str
    """Why not, where something is not as in the host."""
    way_out: str
    """What to do then."""

    @classmethod
    def of(cls, module: str, strict: Outcome, shared: Outcome) -> CheckRow:
        """Put together what two trials have shown."""
        package, _, version = (strict.distribution or shared.distribution).partition(
            " "
        )
        return cls(
            module,
            package,
            version,
            strict.verdict,
            shared.verdict,
            _reason(strict, shared),
            _way_out(strict, shared),
        )


def _reason(strict: Outcome, shared: Outcome) -> str:
    if strict.reason == shared.reason or strict.verdict == shared.verdict == "works":
        return strict.reason
    both = {"strict": strict, "shared": shared}.items()
    wrong = (f"{mode}: {o.reason}" for mode, o in both if o.verdict != "works")
    return "; ".join(wrong)


def _way_out(strict: Outcome, shared: Outcome) -> str:
    if strict.verdict == "not installed":
        providers = strict.providers.split()
        return f"check {' '.join(providers)}" if providers else "install it"
    if strict.verdict == "works":
        return ""
    if shared.verdict == "works":
        way = f"{_SHARED}, or {_HOST}"
    elif strict.verdict in {"refuses", "slow path"}:
        way = _HOST
    else:
        way = f"perhaps {_HOST}"  # but nothing is known of it
    return f"{way}, to be quick" if strict.verdict == "slow path" else way


@dataclass(frozen=True, repr=False)
class CheckReport:
    """One row for each module; in a notebook and by ``print`` a table."""

    rows: tuple[CheckRow, ...]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[CheckRow]:
        """Give each row, in the order in which they were asked for."""
        return iter(self.rows)

    def __getitem__(self, index: int) -> CheckRow:
        """Give one row."""
        return self.rows[index]

    def __repr__(self) -> str:
        """Align the columns for a terminal."""
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, Any]:
        return self._table()._repr_mimebundle_(include, exclude)

    def _table(self) -> Table:
        columns = "module", "package", "version", "strict", "shared", "reason"
        return Table(
            (*columns, "way out"),
            tuple(
                (*(str(getattr(row, name)) for name in columns), row.way_out)
                for row in self.rows
            ),
            states=frozenset({"strict", "shared"}),
        )
