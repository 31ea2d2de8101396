"""The line under a background cell that tells how its runs are."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from subinterp.calls import call_holding

from .style import escape, state_html
from .units import elapsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subinterp.run import Run

    from .cell import Cell
    from .front_end import FrontEnd

__all__ = ["Badge"]

_UNFINISHED = frozenset({"queued", "running"})


class Badge:
    """One display that follows the states of a cell's background runs.

    It is shown by the thread that runs the cell and updated by the pump thread; the
    lock keeps the last update the last one on the wire.
    """

    def __init__(self, runs: Sequence[Run], front_end: FrontEnd, cell: Cell) -> None:
        self._runs = tuple(runs)
        self._front_end = front_end
        self._cell = cell
        self._display_id = uuid.uuid4().hex
        self._shown: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def show(self) -> None:
        """Put the badge under the cell and keep it up to date."""
        call_holding(self._lock, self._display)
        for run in self._runs:
            run.add_state_callback(self._changed)

    def _changed(self, run: Run) -> None:
        del run
        call_holding(self._lock, self._update)

    def _display(self) -> None:
        self._shown = self._states()
        route = self._front_end.route(self._cell)
        route.message("display_data", self._content())

    def _update(self) -> None:
        states = self._states()
        if states != self._shown:
            self._shown = states
            last = not _UNFINISHED.intersection(states)
            self._front_end.update_display(self._cell, self._content(), last=last)

    def _states(self) -> tuple[str, ...]:
        return tuple(run.state for run in self._runs)

    def _content(self) -> dict[str, Any]:
        facts = [
            (run, state, _since(run, state))
            for run, state in zip(self._runs, self._shown, strict=True)
        ]
        plain = "\n".join(
            f"[{run.interpreter.name}] run {run.id}: {state}{since}"
            for run, state, since in facts
        )
        html = "".join(
            f"<div>{state_html(state)}{escape(since)}"
            f' <span style="opacity: 0.7">&middot; run {run.id} in'
            f" <b>{escape(run.interpreter.name)}</b></span></div>"
            for run, state, since in facts
        )
        return {
            "data": {"text/plain": plain, "text/html": html},
            "metadata": {},
            "transient": {"display_id": self._display_id},
        }


def _since(run: Run, state: str) -> str:
    """Tell how long it took, or since when it runs: nothing updates in between."""
    if state == "queued":
        return ""
    if state == "running":
        started = time.localtime(time.time() - (run.elapsed or 0))
        return time.strftime(" since %H:%M:%S", started)
    if run.elapsed is None:
        return ""
    return f" {'in' if state == 'done' else 'after'} {elapsed(run.elapsed)}"
