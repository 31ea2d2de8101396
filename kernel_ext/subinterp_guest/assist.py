"""Answers what a front end asks while somebody writes a cell."""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.utils.tokenutil import token_at_cursor

from . import parser_cache
from .making import get_shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["QUERIES"]

parser_cache.install()

# The key under which front ends look for the types of completions.
_TYPES = "_jupyter_types_experimental"


def _complete(code: str, position: int, offset: int) -> dict[str, Any]:
    """Complete, as the content of a ``complete_reply``.

    Args:
        code: the body of a cell.
        position: of the cursor in it, in characters.
        offset: where in the cell the body begins.
    """
    shell = get_shell()
    with provisionalcompleter():
        found = shell.Completer.completions(code, position)
        completions = list(rectify_completions(code, found))
    start, end = position, position
    if completions:
        start, end = completions[0].start, completions[0].end
    types = [
        {
            "start": one.start + offset,
            "end": one.end + offset,
            "text": one.text,
            "type": one.type,
            "signature": one.signature,
        }
        for one in completions
    ]
    return {
        "status": "ok",
        "matches": [one.text for one in completions],
        "cursor_start": start + offset,
        "cursor_end": end + offset,
        "metadata": {_TYPES: types},
    }


def _inspect(code: str, position: int, detail_level: int) -> dict[str, Any]:
    """Describe what is at the cursor, as the content of an ``inspect_reply``."""
    shell = get_shell()
    name = token_at_cursor(code, position)
    try:
        data = shell.object_inspect_mime(name, detail_level=detail_level)
    except KeyError:
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}
    if not shell.enable_html_pager:
        data.pop("text/html", None)
    return {"status": "ok", "found": True, "data": data, "metadata": {}}


def _is_complete(code: str) -> dict[str, Any]:
    """Tell whether this is a whole cell, as the content of an ``is_complete_reply``."""
    manager = get_shell().input_transformer_manager
    status, indent = manager.check_complete(code)
    reply: dict[str, Any] = {"status": status}
    if status == "incomplete":
        reply["indent"] = " " * (indent or 0)
    return reply


QUERIES: dict[str, Callable[..., object]] = {
    "complete": _complete,
    "inspect": _inspect,
    "is_complete": _is_complete,
}
