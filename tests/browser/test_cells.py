"""Cells for guests behave as cells do: text, values, errors, Stop, Tab, questions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lab import Notebook


def test_a_cell_shows_text_and_its_value(
    open_notebook: Callable[..., Notebook],
) -> None:
    """The value has the number of the cell."""
    [cell] = open_notebook("%%subinterp a\nprint('hello')\n6 * 7").cells
    cell.run().shows("42")
    cell.shows("[1]:", ".jp-OutputPrompt")
    assert cell.texts() == ["hello\n", "42"]


def test_background_output_comes_later_under_its_own_cell(
    open_notebook: Callable[..., Notebook],
) -> None:
    """Beside a badge that tells how the run is, while other cells run."""
    [first, background, other, go] = open_notebook(
        "%%subinterp a\nimport threading\ngo = threading.Event()",
        "%%subinterp --bg a\nprint('early')\ngo.wait()\nprint('late')\n'value'",
        "6 * 7",
        "%%subinterp --thread t a\ngo.set()",
    ).cells
    first.run()
    background.run().shows(re.compile(r"^● running since [\d:]+ · run 2 in a$"))
    background.shows("early")
    other.run().shows("42")
    go.run()
    background.shows(re.compile(r"^● done in .+ · run 2 in a$"))
    background.shows("early\nlate")
    background.shows("'value'")
    background.shows("[2]:", ".jp-OutputPrompt")
    assert go.texts() == []


def test_an_error_is_in_colour_and_stops_what_is_queued(
    open_notebook: Callable[..., Notebook],
) -> None:
    """With the lines of the cell."""
    notebook = open_notebook(
        "%%subinterp a\ndef read(text):\n    return int(text)\nread('x')",
        "%%subinterp a\nprint('not reached')",
    )
    notebook.run_all()
    [fails, queued] = notebook.cells
    fails.prompts("[1]:")
    fails.shows(re.compile("ValueError: invalid literal .*'x'$"))
    fails.shows("Cell In[1], line 2, in read(text)")
    fails.shows("int", ".ansi-yellow-bg")
    queued.prompts("[ ]:")
    assert queued.texts() == []


def test_stop_interrupts_the_guest(open_notebook: Callable[..., Notebook]) -> None:
    """And the guest lives on."""
    notebook = open_notebook(
        "%%subinterp a\nn = 1\nprint('began')\nwhile True: n += 1",
        "%%subinterp a\nn > 1",
    )
    [endless, after] = notebook.cells
    endless.send().prompts("[*]:").shows("began")
    notebook.stop()
    endless.prompts("[1]:").shows("KeyboardInterrupt:")
    after.run().shows("True")


def test_tab_completes_what_the_guest_knows(
    open_notebook: Callable[..., Notebook],
) -> None:
    """And nothing else."""
    notebook = open_notebook(
        "name_of_the_host = 1",
        "%%subinterp a\nname_of_the_guest = name_too = 2",
        "%%subinterp a\nprint(name_",
    )
    [host, guest, body] = notebook.cells
    host.run()
    guest.run()
    assert body.complete() == ["name_of_the_guest", "name_too"]


def test_a_question_of_the_guest_is_answered_in_the_box(
    open_notebook: Callable[..., Notebook],
) -> None:
    """The prompt says who asks; a password is not shown."""
    [asks, secret] = open_notebook(
        "%%subinterp a\nname = input('name? ')\nprint('hello', name)",
        "%%subinterp a\nimport getpass\nprint(len(getpass.getpass('key: ')))",
    ).cells
    asks.send().answer("[a] name? ", "Zoë")
    asks.prompts("[1]:").shows("hello Zoë")
    secret.send().answer("[a] key: ", "secret")
    secret.prompts("[2]:").shows("6")
    assert "secret" not in "".join(secret.texts())
