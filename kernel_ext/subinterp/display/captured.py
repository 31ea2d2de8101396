"""Output of a run started by code whose own output is captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subinterp.route import Route

__all__ = ["CapturedRoute"]

_DATA = frozenset({"display_data", "execute_result", "update_display_data"})


class CapturedRoute:
    """Writes where ``%%capture`` or a redirected stream wants it, and the rest beyond.

    The objects are taken when the run starts: it is the pump thread that writes, and
    by the time of late output ``sys.stdout`` may be another.
    """

    def __init__(
        self, streams: dict[str, Any], publisher: Any | None, beyond: Route
    ) -> None:
        self._streams = streams
        self._publisher = publisher
        self.inner = beyond

    def stream(self, name: str, text: str) -> None:
        """Write text to the captured stream, if that one is captured."""
        if name in self._streams:
            self._streams[name].write(text)
        else:
            self.inner.stream(name, text)

    def message(self, msg_type: str, content: dict[str, Any]) -> None:
        """Hand rich output to the capturing publisher, if there is one."""
        if self._publisher is None or msg_type not in {*_DATA, "clear_output"}:
            self.inner.message(msg_type, content)
        elif msg_type == "clear_output":
            self._publisher.clear_output(content.get("wait", False))
        else:
            self._publisher.publish(
                content["data"],
                content.get("metadata", {}),
                transient=content.get("transient", {}),
                update=msg_type == "update_display_data",
            )
