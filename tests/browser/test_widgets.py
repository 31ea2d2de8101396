"""Widgets of a guest live in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lab import Notebook

_LABEL = ".jupyter-widgets.widget-label"


def test_a_click_runs_the_callback_in_the_guest(
    open_notebook: Callable[..., Notebook],
) -> None:
    """What it changes and what it prints appears, under the button."""
    [cell, other] = open_notebook(
        "%%subinterp a\n"
        "import ipywidgets, _subinterp\n"
        "button = ipywidgets.Button(description='Press')\n"
        "label = ipywidgets.Label('not yet')\n"
        "@button.on_click\n"
        "def pressed(_):\n"
        "    label.value = f'pressed in {_subinterp.name}'\n"
        "    print('printed')\n"
        "ipywidgets.VBox([button, label])",
        "%%subinterp a\nlabel.value",
    ).cells
    cell.run().shows("not yet", _LABEL)
    cell.shows("Press", "button.jupyter-button").click()
    cell.shows("pressed in a", _LABEL)
    cell.shows("printed")
    other.run().shows("'pressed in a'")


def test_a_slider_is_moved_from_both_sides(
    open_notebook: Callable[..., Notebook],
) -> None:
    """By keys in the page, and by code in the guest, which knows the value."""
    [cell, code] = open_notebook(
        "%%subinterp a\n"
        "import ipywidgets\n"
        "slider = ipywidgets.IntSlider(5, 0, 10)\n"
        "double = ipywidgets.Label()\n"
        "ipywidgets.dlink((slider, 'value'), (double, 'value'), lambda v: f'2x{v}')\n"
        "ipywidgets.VBox([slider, double])",
        "%%subinterp a\nslider.value += 2\nslider.value",
    ).cells
    cell.run().shows("2x5", _LABEL)
    handle = cell.shows("", ".widget-slider [role=slider]")
    handle.press("ArrowRight")
    cell.shows("2x6", _LABEL)
    code.run().shows("8")
    cell.shows("8", ".widget-readout")
    cell.shows("2x8", _LABEL)


def test_a_widget_lives_while_a_cell_of_its_guest_runs(
    open_notebook: Callable[..., Notebook],
) -> None:
    """A cell that awaits hears of the click."""
    [cell, waits] = open_notebook(
        "%%subinterp a\n"
        "import asyncio, ipywidgets\n"
        "clicked = asyncio.Event()\n"
        "button = ipywidgets.Button(description='Press')\n"
        "button.on_click(lambda _: clicked.set())\n"
        "button",
        "%%subinterp a\nprint('waits')\nawait clicked.wait()",
    ).cells
    cell.run()
    waits.send().prompts("[*]:").shows("waits")
    cell.shows("Press", "button.jupyter-button").click()
    waits.prompts("[2]:").shows("True")


def test_widgets_of_a_closed_guest_say_so(
    open_notebook: Callable[..., Notebook],
) -> None:
    """They cannot be used any longer, and have the reason as their tooltip."""
    [cell, close] = open_notebook(
        "%%subinterp a\nimport ipywidgets\nipywidgets.Button(description='Press')",
        "%subinterp close a",
    ).cells
    cell.run()
    cell.shows("Press", "button.jupyter-button")
    close.run()
    button = cell.shows("Press", "button.jupyter-button:disabled")
    assert button.get_attribute("title") == "interpreter 'a' is closed"
