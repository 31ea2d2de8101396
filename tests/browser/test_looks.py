"""What the extension itself shows can be read, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lab import Notebook

# The contrast of each piece of text of an element with what is behind it, as WCAG
# defines it: 1 for none, 21 for black on white.
_CONTRASTS = """root => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const over = (top, alpha, below) =>
    top.map((v, i) => alpha * v + (1 - alpha) * below[i]);
  const luminance = rgb => rgb
    .map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    const [r, g, b, alpha = 1] = parse(getComputedStyle(element).backgroundColor);
    return alpha === 1 ? [r, g, b]
      : over([r, g, b], alpha, behind(element.parentElement));
  };
  const opacity = element => element === root ? 1
    : getComputedStyle(element).opacity * opacity(element.parentElement);
  const contrast = element => {
    const background = behind(element);
    const text = parse(getComputedStyle(element).color).slice(0, 3);
    const [a, b] = [over(text, opacity(element), background), background]
      .map(rgb => luminance(rgb) + 0.05);
    return Math.max(a, b) / Math.min(a, b);
  };
  return [...root.querySelectorAll('*')].flatMap(element => {
    const text = [...element.childNodes].filter(n => n.nodeType === Node.TEXT_NODE)
      .map(n => n.data.trim()).join('');
    return text && element.localName !== 'style' ? [[text, contrast(element)]] : [];
  });
}"""
_ENOUGH = 4.5
_ENOUGH_FOR_SIGNS = 3
_SIGN = "●"


def test_the_tables_columns_stand_under_their_headings(
    open_notebook: Callable[..., Notebook],
) -> None:
    """Words at the left edge, figures at the right one."""
    [create, table] = open_notebook(
        "%subinterp create first second", "%subinterp list"
    ).cells
    create.run()
    shown = table.run().shows("second", "table")
    [head, *rows] = [line.split("\t") for line in shown.inner_text().splitlines()]
    assert head[:4] == ["name", "state", "GIL", "extensions"]
    assert [row[:4] for row in rows] == [
        ["first", "● idle", "own", "strict"],
        ["second", "● idle", "own", "strict"],
    ]
    sides = shown.evaluate(
        "table => [...table.rows].map("
        "row => [...row.cells].map(cell => getComputedStyle(cell).textAlign))"
    )
    words, figures = ["left"] * 5, ["right"] * 4
    assert sides == [words + figures] * 3


@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
def test_it_can_be_read(open_notebook: Callable[..., Notebook], light: bool) -> None:
    """The badge, the tables and the name before an output."""
    notebook = open_notebook(
        "%%subinterp --bg a b\nimport _subinterp\nif _subinterp.name == 'a': 1 / 0",
        "%subinterp list",
        "%subinterp runs",
        "%subinterp use b",
        "1",
    )
    for cell in notebook.cells:
        cell.run()
    badge, guests, runs, _, plain = notebook.cells
    notebook.wear(light=light)
    outputs = (
        badge.shows("failed after"),
        guests.shows("name"),
        runs.shows("source"),
        plain.shows("b"),
    )
    shown = [pair for output in outputs for pair in output.evaluate(_CONTRASTS)]
    assert {"queue", "own", "b", _SIGN} <= {text for text, _ in shown}
    assert [
        (text, contrast)
        for text, contrast in shown
        if contrast < (_ENOUGH_FOR_SIGNS if text == _SIGN else _ENOUGH)
    ] == []
