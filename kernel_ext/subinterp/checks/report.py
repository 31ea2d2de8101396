"""What ``check()`` has found out, as rows and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from subinterp.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .trial import Outcome, Verdict

__all__ = ["CheckReport", "CheckRow", "Kind"]

Kind = Literal["strict", "private", "shared"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_HOST = "the host"
_WAYS: dict[Kind, str] = {
    "private": "extensions='private'",
    "shared": "gil='shared'",
}


@dataclass(frozen=True)
class CheckRow:
    """What becomes of one module in each kind of guest; None where it was not tried."""

    module: str
    package: str
    """What has installed it; empty if that is not known."""
    version: str
    strict: Verdict | None
    """In a guest with its own GIL."""
    private: Verdict | None
    """In one with ``extensions="private"``."""
    shared: Verdict | None
    """In a guest with ``gil="shared"``."""
    reason: str
    """Why not, where something is not as in the host."""
    way_out: str
    """What to do then."""

    @classmethod
    def of(cls, module: str, outcomes: Mapping[Kind, Outcome]) -> CheckRow:
        """Put together what the trials have shown, by the kind of guest."""
        found = [outcome.distribution for outcome in outcomes.values()]
        package, _, version = next(filter(None, found), "").partition(" ")
        verdicts = {kind: outcomes[kind].verdict for kind in outcomes}
        return cls(
            module,
            package,
            version,
            **{kind: verdicts.get(kind) for kind in _KINDS},
            reason=_reason(outcomes),
            way_out=_way_out(outcomes),
        )


def _reason(outcomes: Mapping[Kind, Outcome]) -> str:
    wrong = {kind: one for kind, one in outcomes.items() if one.verdict != "works"}
    # A note, such as that the module is pure Python, where nothing is wrong.
    of_kinds: dict[str, list[Kind]] = {}
    for kind, outcome in (wrong or outcomes).items():
        of_kinds.setdefault(outcome.reason, []).append(kind)
    if len(of_kinds) == 1 and len(wrong) in {0, len(outcomes)}:
        return next(iter(of_kinds))
    return "; ".join(f"{', '.join(kinds)}: {why}" for why, kinds in of_kinds.items())


def _way_out(outcomes: Mapping[Kind, Outcome]) -> str:
    first = next(iter(outcomes.values()))
    if first.verdict == "not installed":
        providers = first.providers.split()
        return f"check {' '.join(providers)}" if providers else "install it"
    if first.verdict == "works":
        return ""
    ways = [
        way
        for kind, way in _WAYS.items()
        if kind in outcomes and outcomes[kind].verdict == "works"
    ]
    # Of the host nothing is known but that it has no reason to refuse.
    sure = ways or first.verdict in {"refuses", "slow path"}
    ways.append(_HOST if sure else f"perhaps {_HOST}")
    way = f"{', '.join(ways[:-1])}, or {ways[-1]}" if ways[1:] else ways[0]
    return f"{way}, to be quick" if first.verdict == "slow path" else way


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
        tried = [k for k in _KINDS if any(getattr(row, k) for row in self.rows)]
        columns = "module", "package", "version", *tried, "reason"
        return Table(
            (*columns, "way out"),
            tuple(
                (*(str(getattr(row, name)) for name in columns), row.way_out)
                for row in self.rows
            ),
            states=frozenset(_KINDS),
        )
