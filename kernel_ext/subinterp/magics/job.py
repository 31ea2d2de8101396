"""The runs of one ``%%subinterp`` cell, from their start to the cell's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from subinterp import registry
from subinterp.display.badge import Badge
from subinterp.display.cell_error import (
    combined,
    error_content,
    failure,
    interrupted,
    timed_out,
)
from subinterp.display.held import HeldRoute
from subinterp.display.label import LabelRoute
from subinterp.display.mark import MarkRoute

from .desk import Desk
from .variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp.display.cell import Cell
    from subinterp.display.front_end import FrontEnd
    from subinterp.interpreter import Interpreter
    from subinterp.question import Question
    from subinterp.route import Route
    from subinterp.run import Run

    from .options import CellOptions

__all__ = ["Job"]

_FINAL = frozenset({"done", "failed", "interrupted"})


class Job:
    """One cell's body in one or several guests."""

    def __init__(
        self,
        options: CellOptions,
        body: str,
        front_end: FrontEnd,
        *,
        nested: bool,
        badge: bool,
        marked: bool = False,
    ) -> None:
        self._front_end = front_end
        self._cell: Cell = front_end.cell()
        self._badge = badge and not options.quiet
        # A headless client would drop what a background run shows later.
        self.background = options.background and not self._cell.headless
        if nested and not self.background:
            self._route: Route = front_end.nested_route(self._cell)
        else:
            self._route = front_end.route(self._cell)
        self._held = HeldRoute(self._route) if self.background else None
        self._route = self._held or self._route
        if marked:
            self._route = MarkRoute(self._route, *options.targets)
        self.desk = Desk(None if self.background else front_end.asker(self._cell))
        self._variables = Variables(options, front_end.shell.user_ns)
        guests = _targets(options)
        values = self._variables.pack(guest.name for guest in guests)
        self._labels: list[LabelRoute] = []
        self.runs: list[Run] = []
        try:
            for guest in guests:
                route = self._route_of(guest, several=len(guests) > 1)
                run = guest.start_cell(
                    body,
                    execution_count=self._cell.count,
                    quiet=options.quiet,
                    thread=options.thread,
                    timeout=options.timeout,
                    route=route,
                    parent=self._cell.plain_parent(),
                    ask=self._ask_of(route),
                    values=values,
                    pulls=options.outputs,
                )
                self.runs.append(run)
        except BaseException:
            # A cell that fails to start everywhere must not go on somewhere.
            for run in self.runs:
                run.interrupt()
            raise

    def _route_of(self, guest: Interpreter, *, several: bool) -> Route:
        if not several:
            return self._route
        label = LabelRoute(self._route, guest.name)
        self._labels.append(label)
        return label

    def _ask_of(self, route: Route) -> Callable[[Question], None]:
        if not isinstance(route, LabelRoute):
            return self.desk.put

        def ask(question: Question) -> None:
            route.flush()  # what it printed before may be half a line
            self.desk.put(question)

        return ask

    def leave(self) -> None:
        """Let the runs go on in the background; a badge tells how they are."""
        if self._badge:
            Badge(self.runs, self._front_end, self._cell).show()
        if self._held is not None:
            self._held.release()
        self._variables.bind_later(self.runs, self._route)
        for run, label in self._with_labels():
            run.add_state_callback(_AtEnd(self._route, label))

    def finish(self) -> None:
        """End the cell: return for success, raise what the guests raised."""
        self.desk.close()
        left = [run for run in self.runs if not run.done()]
        if left:
            self._give_back(left)
        for label in self._labels:
            label.end()
        self._variables.bind(self.runs)
        failures = [(run, e) for run in self.runs if (e := failure(run)) is not None]
        if failures and len(self.runs) > 1:
            raise combined(failures) from None
        if failures:
            raise failures[0][1] from None

    def _give_back(self, left: list[Run]) -> None:
        """Leave these runs behind: they did not stop, and the cell ends without."""
        self.leave()
        names = " ".join(run.interpreter.name for run in left)
        runs = " and ".join(f"run {r.id} in {r.interpreter.name!r}" for r in left)
        go = "goes" if len(left) == 1 else "go"
        message = (
            f"{runs} did not stop and {go} on in the background;"
            f" `%subinterp restart {names}` ends it"
        )
        if any(run.overdue for run in left):
            raise timed_out(message) from None
        raise interrupted(message) from None

    def _with_labels(self) -> list[tuple[Run, LabelRoute | None]]:
        labels: list[LabelRoute | None] = [*self._labels] or [None] * len(self.runs)
        return [*zip(self.runs, labels, strict=True)]


class _AtEnd:
    """Shows how a background run failed; called by the pump after the run's output."""

    def __init__(self, route: Route, label: LabelRoute | None) -> None:
        self._route = route
        self._label = label
        self._told = False

    def __call__(self, run: Run) -> None:
        if run.state not in _FINAL or self._told:
            return
        self._told = True
        if self._label is not None:
            self._label.end()
        error = failure(run)
        if error is None:
            return
        if self._label is not None:
            error = combined([(run, error)])
        self._route.message("error", error_content(error))


def _targets(options: CellOptions) -> list[Interpreter]:
    """Find or make the guests that the line names."""
    before = {guest.name for guest in registry.list_all()} if options.fresh else ()
    guests = registry.match(options.targets, create=True)
    if not guests:
        targets = " ".join(options.targets)
        message = (
            f"%%subinterp: {targets} stands for no interpreter; a name would make one"
        )
        raise UsageError(message)
    if not options.fresh:
        return guests
    return [
        registry.replace(guest.name) if guest.name in before else guest
        for guest in guests
    ]
