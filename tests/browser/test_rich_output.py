"""What a guest displays is rendered: HTML, pictures, progress bars, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lab import Notebook


def test_html_is_rendered(open_notebook: Callable[..., Notebook]) -> None:
    """As elements, not as source."""
    [cell] = open_notebook(
        "%%subinterp a\n"
        "from IPython.display import HTML, display\n"
        "display(HTML('<ul><li>one<li>two</ul>'))\n"
        "print('between')\n"
        "HTML('<b>three</b>')"
    ).cells
    cell.run()
    cell.shows("one", "li")
    cell.shows("three", "b")
    assert cell.texts() == ["one\ntwo", "between\n", "three"]


def test_a_picture_is_decoded(open_notebook: Callable[..., Notebook]) -> None:
    """The browser knows its size, so it could read it."""
    [cell] = open_notebook(
        "%%subinterp a\n"
        "import struct, zlib\n"
        "from IPython.display import Image\n"
        "def chunk(kind, data):\n"
        "    check = zlib.crc32(kind + data)\n"
        "    return struct.pack('>I', len(data)) + kind + data"
        " + struct.pack('>I', check)\n"
        "rows = (b'\\0' + b'\\xff\\x80\\0' * 120) * 40\n"
        "Image(b'\\x89PNG\\r\\n\\x1a\\n'\n"
        "    + chunk(b'IHDR', struct.pack('>IIBBBBB', 120, 40, 8, 2, 0, 0, 0))\n"
        "    + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))"
    ).cells
    picture = cell.run().shows("", "img")
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [120, 40]


def test_tqdm_shows_a_bar(open_notebook: Callable[..., Notebook]) -> None:
    """The notebook's, not one of characters; it moves while the cell runs."""
    [cell] = open_notebook(
        "%%subinterp a\n"
        "from tqdm.auto import tqdm\n"
        "for i in tqdm(range(3), desc='load', mininterval=0):\n"
        "    if i == 2: input('go on? ')"
    ).cells
    cell.send().shows("load:  67%", ".jupyter-widgets.widget-html")
    bar = cell.shows("", ".jupyter-widgets.widget-hprogress .progress-bar")
    assert bar.evaluate("e => e.style.width").startswith("66.6")
    cell.answer("go on? ", "yes").prompts("[1]:")
    cell.shows("load: 100%", ".jupyter-widgets.widget-html")
    cell.shows("3/3", ".jupyter-widgets.widget-html")


def test_rich_shows_a_table_in_colour(open_notebook: Callable[..., Notebook]) -> None:
    """HTML, drawn with lines, and no escape sequences."""
    [cell] = open_notebook(
        "%%subinterp a\n"
        "import rich\n"
        "from rich.table import Table\n"
        "table = Table('guest', 'state')\n"
        "table.add_row('a', '[green]well[/green]')\n"
        "rich.print(table)"
    ).cells
    table = cell.run().shows("guest", "pre")
    assert "┃ guest ┃ state ┃" in table.inner_text()
    word = cell.shows("well", "pre span")
    assert word.evaluate("e => getComputedStyle(e).color") == "rgb(0, 128, 0)"
