"""Display messages as the outputs that a notebook makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["shown"]


def shown(events: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Apply events one after another and return what is left, as nbformat's dicts.

    Args:
        events: ``("stdout" or "stderr", text)`` or ``(message type, content)``.
    """
    sheet = _Sheet()
    for kind, content in events:
        if kind in {"stdout", "stderr"}:
            sheet.write(kind, content)
        elif kind == "clear_output":
            sheet.clear(wait=content.get("wait", False))
        elif kind == "update_display_data":
            sheet.update(content)
        elif kind in {"display_data", "execute_result"}:
            sheet.display(kind, content)
        elif kind == "error":
            sheet.error(content)
    return sheet.outputs


class _Sheet:
    """The output area of one cell."""

    def __init__(self) -> None:
        self._outputs: list[dict[str, Any]] = []
        self._ids: list[str | None] = []  # the display id of each output
        self._texts: list[str] | None = None  # of the last output, if that is a stream
        self._clear_next = False

    @property
    def outputs(self) -> list[dict[str, Any]]:
        self._end_stream()
        return self._outputs

    def write(self, name: str, text: str) -> None:
        self._make_room()
        if self._texts is None or self._outputs[-1]["name"] != name:
            self._append({"output_type": "stream", "name": name, "text": ""}, None)
            self._texts = []
        self._texts.append(text)

    def display(self, kind: str, content: dict[str, Any]) -> None:
        self._make_room()
        output: dict[str, Any] = {"output_type": kind, **_bundle(content)}
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        self._append(output, content.get("transient", {}).get("display_id"))

    def error(self, content: dict[str, Any]) -> None:
        self._make_room()
        self._append({"output_type": "error", **content}, None)

    def update(self, content: dict[str, Any]) -> None:
        display_id = content.get("transient", {}).get("display_id")
        for output, known in zip(self._outputs, self._ids, strict=True):
            if known is not None and known == display_id:
                output.update(_bundle(content))

    def clear(self, *, wait: bool) -> None:
        self._clear_next = True
        if not wait:
            self._make_room()

    def _make_room(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._texts = None
            self._outputs.clear()
            self._ids.clear()

    def _append(self, output: dict[str, Any], display_id: str | None) -> None:
        self._end_stream()
        self._outputs.append(output)
        self._ids.append(display_id)

    def _end_stream(self) -> None:
        # Joined once: adding crumb after crumb to a long str takes quadratic time.
        if self._texts is not None:
            self._outputs[-1]["text"] = "".join(self._texts)
            self._texts = None


def _bundle(content: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": dict(content.get("data", {})),
        "metadata": dict(content.get("metadata", {})),
    }
