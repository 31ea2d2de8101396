"""Show what `codemetrics` found: tables and a picture; for the host only."""

from __future__ import annotations

import html
import os
import statistics
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from codemetrics import Batch, File, Function

__all__ = ["Bar", "Table", "comparison", "most_complex", "picture", "totals"]

# A wait that a user would notice, in seconds.
_BLOCKED = 0.25


class Table:
    """Rows with headings: aligned text in a terminal, HTML in a notebook."""

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[object]]):
        """Take the headings and the rows; numbers are aligned to the right."""
        self._headings = headings
        self._rows = rows

    def __repr__(self) -> str:
        """Return the table as text."""
        lines = [self._headings, *([_text(value) for value in r] for r in self._rows)]
        columns = [
            [
                text.rjust(width) if _is_number(sample) else text.ljust(width)
                for text in column
            ]
            for sample, column in zip(
                self._rows[0], zip(*lines, strict=True), strict=True
            )
            for width in [max(map(len, column))]
        ]
        return "\n".join(
            "  ".join(line).rstrip() for line in zip(*columns, strict=True)
        )

    def _repr_html_(self) -> str:
        sides = ["right" if _is_number(value) else "left" for value in self._rows[0]]

        def line(tag: str, texts: Sequence[str]) -> str:
            cells = zip(texts, sides, strict=True)
            inner = "".join(
                f'<{tag} style="text-align: {side}">{html.escape(text)}</{tag}>'
                for text, side in cells
            )
            return f"<tr>{inner}</tr>"

        head = line("th", self._headings)
        body = "".join(line("td", [_text(value) for value in r]) for r in self._rows)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


class Bar:
    """How much of the work is done."""

    def __init__(self, done: int, total: int):
        """Take the number of batches done, and of all."""
        self._done = done
        self._total = total

    def __repr__(self) -> str:
        """Return the bar as text."""
        filled = 40 * self._done // self._total
        return f"{'█' * filled}{'░' * (40 - filled)} {self._done} of {self._total}"

    def _repr_html_(self) -> str:
        return (
            f'<progress value="{self._done}" max="{self._total}" '
            'style="width: 60%"></progress> '
            f"{self._done} of {self._total} batches"
        )


def comparison(
    alone: Sequence[Batch],
    together: Sequence[Batch],
    besides: float,
    ticks: Sequence[float],
) -> Table:
    """Set both ways against each other.

    Args:
        alone: what the host measured by itself.
        together: what the guests measured.
        besides: the seconds for making guests and collecting what they found.
        ticks: when the notebook's event loop had its turn.
    """
    in_host = _end(alone) - _begin(alone)
    in_guests = _end(together) - _begin(together) + besides
    guests = len({batch.by for batch in together})
    return Table(
        ["", "seconds", "notebook blocked, seconds"],
        [
            ("host alone", in_host, _longest_gap(ticks, alone)),
            (f"{guests} guests", in_guests, _longest_gap(ticks, together)),
            ("ratio", in_host / in_guests, ""),
        ],
    )


def totals(batches: Sequence[Batch]) -> Table:
    """Sum up the whole library, and its tests apart from the rest."""
    files = _files(batches)
    tests: list[File] = []
    rest: list[File] = []
    for file in files:
        (tests if "test" in Path(file.path).parts else rest).append(file)
    return Table(
        [
            "",
            "files",
            "lines",
            "functions",
            "branching, median",
            "branching, 99th percentile",
            "documented",
        ],
        [
            ("everything", *_sums(files)),
            ("the library itself", *_sums(rest)),
            # Some systems install the standard library without its tests.
            *([("its tests", *_sums(tests))] if tests else []),
        ],
    )


def most_complex(batches: Sequence[Batch], number: int = 20) -> Table:
    """List the functions with the most ways through them."""
    files = _files(batches)
    root = os.path.commonpath([file.path for file in files])
    return Table(
        ["function", "file", "line", "lines", "branching"],
        [
            (
                function.name,
                os.path.relpath(file.path, root),
                function.line,
                function.lines,
                function.branching,
            )
            for file, function in _by_branching(files)[:number]
        ],
    )


def picture(
    alone: Sequence[Batch], together: Sequence[Batch], ticks: Sequence[float]
) -> Figure:
    """Draw both ways against time, the notebook's turns below, and the functions."""
    figure = plt.figure(figsize=(11, 4.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2), height_ratios=(4, 1))
    work, turns = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    _draw_work(work, alone, together)
    _draw_turns(turns, {"host alone": alone, "with guests": together}, ticks)
    turns.sharex(work)
    _draw_functions(figure.add_subplot(grid[:, 1]), _files(together))
    # The picture is the cell's value; pyplot would show it a second time.
    plt.close(figure)
    return figure


def _draw_work(axes: Axes, alone: Sequence[Batch], together: Sequence[Batch]) -> None:
    begin = _begin(together)
    names = sorted({batch.by for batch in together})
    moments = [0.0, *sorted(batch.end - begin for batch in together)]
    done = [
        [
            sum(b.lines for b in together if b.by == name and b.end - begin <= moment)
            for moment in moments
        ]
        for name in names
    ]
    colours = plt.get_cmap("viridis")([0.35, 0.6, 0.75, 0.9])
    axes.stackplot(moments, done, labels=names, colors=colours, step="post")
    axes.step(
        [0.0, *(batch.end - _begin(alone) for batch in alone)],
        list(accumulate((batch.lines for batch in alone), initial=0)),
        where="post",
        color="0.3",
        label="host alone",
    )
    axes.set_title("Lines measured", loc="left")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f} k")
    axes.set_ylim(bottom=0)
    axes.tick_params(labelbottom=False)
    axes.legend(frameon=False, loc="upper left")


def _draw_turns(
    axes: Axes, ways: dict[str, Sequence[Batch]], ticks: Sequence[float]
) -> None:
    for row, way in enumerate(ways.values()):
        begin = _begin(way)
        turns = [tick - begin for tick in ticks if begin < tick < _end(way)]
        axes.eventplot([turns], lineoffsets=row, linelengths=0.7, linewidths=0.5)
        for start, end in pairwise([0.0, *turns, _end(way) - begin]):
            if end - start > _BLOCKED:
                axes.barh(row, end - start, 0.7, start, color="C3", alpha=0.3)
    axes.set_yticks(range(len(ways)), list(ways))
    axes.set_ylim(-0.6, len(ways) - 0.4)
    axes.set_xlabel("seconds")
    axes.set_title(
        "Turns of the notebook's own event loop; red: blocked", loc="left", size=10
    )


def _draw_functions(axes: Axes, files: Sequence[File]) -> None:
    functions = [function for file in files for function in file.functions]
    axes.scatter(
        [function.lines for function in functions],
        [function.branching for function in functions],
        s=5,
        alpha=0.2,
        linewidths=0,
    )
    _, most = _by_branching(files)[0]
    axes.annotate(
        most.name,
        (most.lines, most.branching),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=8,
    )
    axes.set(xscale="log", yscale="log", xlabel="lines", ylabel="branching")
    axes.set_title(f"{len(functions):,} functions", loc="left")


def _begin(batches: Sequence[Batch]) -> float:
    return min(batch.begin for batch in batches)


def _end(batches: Sequence[Batch]) -> float:
    return max(batch.end for batch in batches)


def _longest_gap(ticks: Sequence[float], batches: Sequence[Batch]) -> float:
    begin, end = _begin(batches), _end(batches)
    inside = [tick for tick in ticks if begin < tick < end]
    return max(later - earlier for earlier, later in pairwise([begin, *inside, end]))


def _files(batches: Sequence[Batch]) -> list[File]:
    return [file for batch in batches for file in batch.files]


def _by_branching(files: Sequence[File]) -> list[tuple[File, Function]]:
    return sorted(
        ((file, function) for file in files for function in file.functions),
        key=lambda pair: (-pair[1].branching, pair[0].path, pair[1].line),
    )


def _sums(files: Sequence[File]) -> tuple[Any, ...]:
    branching = [function.branching for file in files for function in file.functions]
    documentable = sum(file.documentable for file in files)
    return (
        len(files),
        sum(file.lines for file in files),
        len(branching),
        round(statistics.median(branching)),
        round(statistics.quantiles(branching, n=100)[-1]),
        f"{sum(file.documented for file in files) / documentable:.0%}",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or str(value).endswith("%")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
