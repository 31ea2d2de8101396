"""Where the output of a run goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ConsoleRoute",
    "Route",
    "current_route",
    "innermost",
    "set_route_factory",
]


class Route(Protocol):
    """Takes the output of one run; called by the pump thread only, in order."""

    def stream(self, name: str, text: str) -> None:
        """Take text that the guest wrote to ``"stdout"`` or ``"stderr"``."""

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Take a message as Jupyter knows them, of the named type.

        Displays, ``error`` (an exception that is shown, not the run's end) and
        ``payload`` (what a reply to the cell brings along, as the text of the next).
        """


class ConsoleRoute:
    """Writes to what the host has as ``sys.stdout`` and ``sys.stderr`` by then."""

    def stream(self, name: str, text: str) -> None:
        """Write text as it is."""
        stream = sys.stderr if name == "stderr" else sys.stdout
        if stream is None:  # pythonw has none
            return
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Write what a display looks like as plain text, and tracebacks."""
        if msg_type == "error":
            self.stream("stderr", "\n".join([*content["traceback"], ""]))
        text = content.get("data", {}).get("text/plain")
        if text is not None:
            self.stream("stdout", f"{text}\n")


_factory: Callable[[], Route] = ConsoleRoute


def current_route() -> Route:
    """Make a route for a run that starts now and names none itself."""
    return _factory()


def set_route_factory(factory: Callable[[], Route] | None) -> None:
    """Let this make the routes of later runs; None: the console again."""
    global _factory  # noqa: PLW0603 - one process has one front end
    _factory = factory or ConsoleRoute


def innermost(route: Any) -> Any:
    """Give the route that sends, behind those that only change what passes."""
    while (inner := getattr(route, "inner", None)) is not None:
        route = inner
    return route
