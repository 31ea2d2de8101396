"""``In`` and ``_i`` of a guest, under the notebook's numbers and in memory only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from IPython.core.history import HistoryManager

if TYPE_CHECKING:
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
