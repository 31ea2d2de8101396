"""HTML that reads well on light and dark themes, with no script and nothing external.

Colours come from the front end's own variables, with a middle tone as fallback that
is legible on white and on black; everything else inherits.
"""

from __future__ import annotations

from html import escape

__all__ = ["STYLE", "escape", "state_html"]

_GREY = "var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #808080))"
_AMBER = "var(--jp-warn-color1, var(--vscode-charts-orange, #d08000))"
_BLUE = "var(--jp-brand-color1, var(--vscode-charts-blue, #2f8fd8))"
_GREEN = "var(--jp-success-color1, var(--vscode-charts-green, #3a9a4a))"
_RED = "var(--jp-error-color1, var(--vscode-charts-red, #dc4545))"

_COLOURS = {
    # of guests and runs
    "idle": _GREY,
    "queued": _AMBER,
    "running": _BLUE,
    "done": _GREEN,
    "failed": _RED,
    "interrupted": _RED,
    "closing": _AMBER,
    "closed": _GREY,
    # of modules in guests
    "works": _GREEN,
    "slow path": _AMBER,
    "refuses": _AMBER,
    "fails": _RED,
    "crashes": _RED,
    "times out": _RED,
    "not installed": _GREY,
}

# Front ends have styles for tables too, some of them stronger than a class.
STYLE = """\
<style>
table.subinterp {border-collapse: collapse; color: inherit;}
table.subinterp th, table.subinterp td {
  padding: 2px 12px 2px 0; text-align: left !important; background: transparent;
  color: inherit; border: none;}
table.subinterp th {font-weight: 600; opacity: 0.7;
  border-bottom: 1px solid var(--jp-border-color2, rgba(128, 128, 128, 0.4));}
table.subinterp .number {
  text-align: right !important; font-variant-numeric: tabular-nums;}
</style>
"""


def state_html(state: str) -> str:
    """Show a state by its word and by a coloured dot."""
    colour = _COLOURS.get(state, "currentColor")
    return f'<span style="color: {colour}">&#9679;</span> {escape(state)}'
