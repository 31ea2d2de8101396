"""The notebook's variables that a cell takes along and brings back."""

from __future__ import annotations

import argparse
from threading import Thread
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from subinterp.display.cell_error import error_content
from subinterp.transfer import pack_shared, pack_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from subinterp.route import Route
    from subinterp.run import Run
    from subinterp.transfer import Packed

    from .options import CellOptions

__all__ = ["Variables", "names", "values_of"]


def names(text: str) -> list[str]:
    """Read a list of names with commas."""
    found = [name.strip() for name in text.split(",")]
    for name in found:
        if not name.isidentifier():
            message = f"{name!r} is not the name of a variable"
            raise argparse.ArgumentTypeError(message)
    return found


def values_of(wanted: Iterable[str], namespace: dict[str, Any]) -> dict[str, Any]:
    """Look up variables of the notebook.

    Raises:
        UsageError: one of them is not defined.
    """
    found = {}
    for name in wanted:
        if name not in namespace:
            message = f"the notebook has no variable {name!r} to copy"
            raise UsageError(message)
        found[name] = namespace[name]
    return found


class Variables:
    """What ``-i``, ``--share`` and ``-o`` of one cell name."""

    def __init__(self, options: CellOptions, namespace: dict[str, Any]) -> None:
        self._options = options
        self._namespace = namespace
        self._late: Thread | None = None

    def pack(self, guests: Iterable[str]) -> list[Packed]:
        """Pack what the cell takes along, for all guests at once.

        Raises:
            UsageError: a variable is not defined.
            TransferError: one cannot cross.
        """
        copied, shared = self._options.inputs, self._options.shared
        where = " ".join(guests)
        packed = []
        if copied:
            packed.append(pack_variables(where, values_of(copied, self._namespace)))
        if shared:
            packed.append(pack_shared(where, values_of(shared, self._namespace)))
        return packed

    def bind(self, runs: Sequence[Run]) -> None:
        """Bind what runs that went well have brought, all of it or nothing.

        Raises:
            TransferError: something cannot be rebuilt here.
        """
        wanted = self._options.outputs
        brought = {r.interpreter.name: r.pulled() for r in runs if r.state == "done"}
        if not wanted or not brought:
            return
        if len(runs) == 1:
            (values,) = brought.values()
        else:
            values = {
                name: {guest: found[name] for guest, found in brought.items()}
                for name in wanted
            }
        self._namespace.update(values)

    def bind_later(self, runs: Sequence[Run], route: Route) -> None:
        """Do so as soon as they are over; what fails is shown by the route.

        In a thread of its own, for the reason that ``failure.rebuild`` gives.
        """
        if not self._options.outputs:
            return
        left = {run.id for run in runs}

        def bind() -> None:
            try:
                self.bind(runs)
            except Exception as error:
                route.message("error", error_content(error))

        def one_is_over(run: Any) -> None:
            left.discard(run.id)
            if not left:
                run.aftermath = Thread(target=bind, name="subinterp-outputs")
                run.aftermath.start()

        for run in runs:
            run.add_done_callback(one_is_over)
