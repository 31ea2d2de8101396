"""Says where a cell ran that looks like one of the notebook's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .style import escape

if TYPE_CHECKING:
    from subinterp.route import Route

__all__ = ["MarkRoute"]

_SHOWN = frozenset({"display_data", "error", "execute_result"})


class MarkRoute:
    """Shows the guest's name before the first output, on the way to another route.

    The number before an output is the protocol's, so there is no room for the name in
    it. Called by the pump thread only.
    """

    def __init__(self, inner: Route, name: str) -> None:
        self.inner = inner
        self._name = name
        self._marked = False

    def stream(self, name: str, text: str) -> None:
        """Pass on text."""
        self._mark()
        self.inner.stream(name, text)

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Pass on a message."""
        if msg_type == "clear_output":
            self._marked = False  # it will be gone
        elif msg_type in _SHOWN:
            self._mark()
        self.inner.message(msg_type, content)

    def _mark(self) -> None:
        if not self._marked:
            self._marked = True
            self.inner.message("display_data", _named(self._name))


def _named(name: str) -> dict[str, Any]:
    """Give the name in a form that every front end can show."""
    html = f'<small style="opacity: 0.6">{escape(name)}</small>'
    data = {"text/plain": f"[{name}]", "text/html": html}
    return {"data": data, "metadata": {}, "transient": {}}
