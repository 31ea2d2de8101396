"""Completion and inspection in cells that go to a guest."""

from __future__ import annotations

import builtins
import keyword
import logging
import re
import time
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError

from subinterp import registry
from subinterp.errors import SubinterpError
from subinterp.history import history

from .transformer import is_for_host

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp.display.front_end import FrontEnd
    from subinterp.interpreter import Interpreter
    from subinterp.query import Query

    from .options import CellOptions

__all__ = ["Assistant"]

_MAGIC = "%%subinterp "
# Longer than that nobody waits for a list of names; nor does JupyterLab.
_PATIENCE = 0.5
# A query that takes this long is stuck in the user's own code.
_STUCK = 5.0
_NAME = re.compile(r"[^\W\d]\w*")
_BEFORE_CURSOR = re.compile(r"(?<![\w.])[^\W\d]?\w*\Z")
_log = logging.getLogger("subinterp")


@dataclass(frozen=True)
class _Spot:
    """The cursor in the body of a cell, and whose body that is."""

    name: str
    body: str
    position: int
    offset: int
    """Where the body begins in the cell, in characters."""


class Assistant:
    """Asks the guest that a cell is for; the host has other names than that guest."""

    def __init__(
        self, front_end: FrontEnd, parse: Callable[[str], CellOptions]
    ) -> None:
        self._front_end = front_end
        self._parse = parse
        self._unanswered: WeakKeyDictionary[
            Interpreter, tuple[float, tuple[object, ...], Query]
        ] = WeakKeyDictionary()

    def complete(self, code: str, position: int) -> dict[str, Any] | None:
        """Complete; None where that is the host's affair.

        Args:
            code: the whole cell.
            position: of the cursor, in characters.

        Returns:
            The content of a ``complete_reply``: the guest's, or the names known from
            the guest's cells if there is no answer within half a second.
        """
        spot = self._spot(code, position)
        if spot is None:
            return None
        arguments = (spot.body, spot.position, spot.offset)
        answer: dict[str, Any] | None = self._ask(spot.name, "complete", *arguments)
        return answer or _known_names(spot)

    def inspect(
        self, code: str, position: int, detail_level: int
    ) -> dict[str, Any] | None:
        """Describe what is at the cursor; None where that is the host's affair.

        Args:
            code: the whole cell.
            position: of the cursor, in characters.
            detail_level: 1 for the source code, too.

        Returns:
            The content of an ``inspect_reply``, without a find if there is no answer.
        """
        spot = self._spot(code, position)
        if spot is None:
            return None
        arguments = (spot.body, spot.position, detail_level)
        answer: dict[str, Any] | None = self._ask(spot.name, "inspect", *arguments)
        return answer or {"status": "ok", "found": False, "data": {}, "metadata": {}}

    def is_complete(self, code: str) -> dict[str, Any] | None:
        """Tell whether this is a whole cell; None where that is the host's affair.

        Returns:
            The content of an ``is_complete_reply``.
        """
        name = self._front_end.used
        if not name or is_for_host(code):
            return None
        answer: dict[str, Any] | None = self._ask(name, "is_complete", code)
        return answer

    def _spot(self, code: str, position: int) -> _Spot | None:
        if self._front_end.used and not is_for_host(code):
            return _Spot(self._front_end.used, code, position, 0)
        first, _, body = code.partition("\n")
        offset = len(first) + 1
        if not first.startswith(_MAGIC) or position < offset:
            return None
        try:
            target = self._parse(first.removeprefix(_MAGIC)).targets[0]
            name = registry.match([target], create=False)[0].name
        except (UsageError, SubinterpError, LookupError, ValueError):
            name = ""  # there is none yet: the host's names would be wrong all the same
        return _Spot(name, body, position - offset, offset)

    def _ask(self, name: str, query: str, *arguments: object) -> Any:
        deadline = time.monotonic() + _PATIENCE
        question = query, *arguments
        try:
            guest = registry.get(name)
            since, earlier, asked = self._unanswered.get(guest, (0.0, (), None))
            late = time.monotonic() - since > _STUCK
            if asked is not None and not _is_over(asked, deadline):
                if late:
                    asked.interrupt()
                return None
            if asked is None or late or earlier != question:
                asked = guest.query(query, *arguments)
        except (SubinterpError, ValueError):
            return None
        if not _is_over(asked, deadline):
            # The first has IPython and jedi to import; who asks again gets its answer.
            self._unanswered[guest] = time.monotonic(), question, asked
            return None
        self._unanswered.pop(guest, None)
        failure = asked.exception()
        if failure is not None:
            _log.debug("%s in %r failed", query, name, exc_info=failure)
            return None
        return asked.result()


def _is_over(asked: Query, deadline: float) -> bool:
    wait([asked], timeout=max(0.0, deadline - time.monotonic()))
    return asked.done()


def _known_names(spot: _Spot) -> dict[str, Any]:
    """Complete from what was sent to the guest so far, and Python's own names."""
    found = _BEFORE_CURSOR.search(spot.body[: spot.position])
    beginning = found[0] if found else ""
    matches: list[str] = []
    if beginning:
        sources = [r.source for r in history.all() if r.interpreter.name == spot.name]
        names = {*keyword.kwlist, *dir(builtins)}
        names.update(*map(_NAME.findall, (*sources, spot.body)))
        matches = sorted(n for n in names - {beginning} if n.startswith(beginning))
    end = spot.offset + spot.position
    return {
        "status": "ok",
        "matches": matches,
        "cursor_start": end - len(beginning),
        "cursor_end": end,
        "metadata": {},
    }
