"""The tables of guests, runs and threads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from subinterp.errors import InterpreterClosedError

from .table import Table
from .units import elapsed, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from subinterp.interpreter import Interpreter
    from subinterp.run import Run

__all__ = ["guest_table", "run_table", "thread_table"]

_SOURCE_WIDTH = 40


def guest_table(guests: Iterable[Interpreter]) -> Table:
    """Show what each guest is and does."""
    return Table(
        (
            *("name", "state", "GIL", "extensions", "runs"),
            *("for", "queue", "threads", "memory"),
        ),
        tuple(_guest_row(guest) for guest in guests),
        empty="no interpreters; `%subinterp create NAME` makes one",
        numbers=frozenset({"for", "queue", "threads", "memory"}),
    )


def _guest_row(guest: Interpreter) -> tuple[str, ...]:
    run = guest.current_run
    return (
        guest.name,
        guest.state,
        guest.gil,
        guest.extensions if guest.gil == "own" else "",
        "" if run is None else f"{run.id}: {_first_line(run.source)}",
        "" if run is None or run.elapsed is None else elapsed(run.elapsed),
        str(guest.queued),
        _thread_count(guest),
        size(guest.memory),
    )


def _thread_count(guest: Interpreter) -> str:
    try:
        return str(len(guest.thread_states()))
    except InterpreterClosedError:  # it has ended since it was listed
        return ""


def run_table(runs: Iterable[Run]) -> Table:
    """Show the runs, the latest last."""
    return Table(
        ("run", "interpreter", "thread", "state", "began", "took", "source"),
        tuple(_run_row(run) for run in runs),
        empty="no runs",
        numbers=frozenset({"run", "took"}),
    )


def _run_row(run: Run) -> tuple[str, ...]:
    began = "" if run.started is None else _clock(run.started)
    return (
        str(run.id),
        run.interpreter.name,
        run.thread or "home",
        run.state,
        began,
        "" if run.elapsed is None else elapsed(run.elapsed),
        _first_line(run.source),
    )


def thread_table(guest: Interpreter) -> Table:
    """Show the threads of a guest, each with its own thread state."""
    return Table(
        ("name", "native id", "thread state", "state", "run"),
        tuple(
            (
                thread.name,
                str(thread.native_id),
                str(thread.id),
                thread.state,
                "" if thread.run is None else str(thread.run.id),
            )
            for thread in guest.thread_states()
        ),
        empty=f"interpreter '{guest.name}' has no threads",
        numbers=frozenset({"native id", "thread state", "run"}),
    )


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))


def _first_line(source: str) -> str:
    line = source.strip().partition("\n")[0]
    if len(line) > _SOURCE_WIDTH:
        return f"{line[: _SOURCE_WIDTH - 1]}…"
    return line
