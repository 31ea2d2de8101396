"""``In`` and ``_i`` of a guest, under the notebook's numbers and in memory only."""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from IPython.core.history import HistoryManager

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["GuestHistory"]


class GuestHistory(HistoryManager):
    """Keeps inputs by number: a guest sees only some of the notebook's cells.

    The lock is held while one cell's input is put in; cells of several threads may
    begin at once, and one number may be used again.
    """

    def __init__(self, **options: Any) -> None:
        # Guests come and go, and their cells are in the notebook's history already:
        # no database, and no thread that writes it.
        super().__init__(enabled=False, **options)
        self._placing = threading.Lock()

    def store_inputs(
        self, line_num: int, source: str, source_raw: str | None = None
    ) -> None:
        """Keep a cell's input as ``In[line_num]``."""
        self.shell.cells.current().source = source
        with self._placing:
            lists = self.input_hist_parsed, self.input_hist_raw
            later = [inputs[line_num + 1 :] for inputs in lists]
            for inputs in lists:
                del inputs[line_num:]
                inputs.extend([""] * (line_num - len(inputs)))
            super().store_inputs(line_num, source, source_raw)
            for inputs, rest in zip(lists, later, strict=True):
                # Nothing was appended for "exit", which IPython does not keep.
                inputs.extend([""] * (line_num + 1 - len(inputs)))
                inputs.extend(rest)
            self.db_input_cache.clear()

    def get_range(
        self,
        session: int = 0,
        start: int = 1,
        stop: int | None = None,
        raw: bool = True,
        output: bool = False,
    ) -> Iterable[tuple[int, int, Any]]:
        """Return inputs of this guest; numbers of other cells are left out."""
        entries = super().get_range(session, start, stop, raw, output)
        return (entry for entry in entries if self.input_hist_raw[entry[1]])

    # IPython asks its database for these, and all sessions in it. A guest has one.

    def get_tail(
        self,
        n: int | None = 10,
        raw: bool = True,
        output: bool = False,
        include_latest: bool = False,
    ) -> Iterable[tuple[int, int, Any]]:
        """Return the last inputs, without the one that asks unless told."""
        end = None if include_latest else -1
        return list(self.get_range(raw=raw, output=output))[:end][-(n or 10) :]

    def search(  # noqa: PLR0917 - the arguments are IPython's
        self,
        pattern: str = "*",
        raw: bool = True,
        search_raw: bool = True,
        output: bool = False,
        n: int | None = None,
        unique: bool = False,
    ) -> Iterable[tuple[int, int, Any]]:
        """Return inputs that match, the last ones if there are more than ``n``."""
        searched = self.input_hist_raw if search_raw else self.input_hist_parsed
        found = [
            entry
            for entry in self.get_range(raw=raw, output=output)
            if fnmatchcase(searched[entry[1]], pattern)
        ]
        if unique:
            last = {searched[number]: number for _, number, _ in found}
            found = [one for one in found if last[searched[one[1]]] == one[1]]
        return found if n is None else found[max(len(found) - n, 0) :]
