"""What magics of a guest's cell bring to the front end beside output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Cell, Notebook
    from .conftest import Gate


def _payload(cell: Cell) -> list[dict[str, Any]]:
    """What came with the reply for the front end itself."""
    assert cell.reply is not None
    payload: list[dict[str, Any]] = cell.reply["payload"]
    return payload


def test_loaded_code_replaces_the_cell(notebook: Notebook, tmp_path: Path) -> None:
    """By ``%load``; the first line says what it was."""
    path = tmp_path / "s.py"
    path.write_text("x = 1\n")
    (loaded,) = _payload(notebook.ok(f"%%subinterp a\n%load {path}"))
    assert loaded["replace"] is True
    assert loaded["text"] == f"# %load {path}\nx = 1\n"


def test_a_replay_does_not_change_the_next_cell_again(notebook: Notebook) -> None:
    """Its output comes again, and that is all."""
    notebook.ok("%%subinterp a\nget_ipython().set_next_input('x')\nprint('set')")
    run = notebook.ok("import subinterp; subinterp.get('a').start('').id - 1").text
    cell = notebook.ok(f"%subinterp output {run}")
    assert cell.stdout == "set\n"
    assert _payload(cell) == []


@pytest.mark.parametrize(
    "code",
    [
        "try: 1 / 0\nexcept Exception: get_ipython().showtraceback()",
        "get_ipython().run_cell('1 / 0')\nNone",
        "%%capture\n1 / 0",
    ],
)
def test_a_shown_traceback_is_an_error_message(notebook: Notebook, code: str) -> None:
    """As in a plain cell, which succeeds all the same."""
    cell = notebook.ok(f"%%subinterp a\n{code}")
    assert cell.types == notebook.ok(code).types == ["error"]
    (error,) = cell.of_type("error")
    assert (error["ename"], error["evalue"]) == (
        "ZeroDivisionError",
        "division by zero",
    )


def test_a_shown_traceback_says_which_guest_it_is_from(notebook: Notebook) -> None:
    """Before it, as before a picture."""
    code = "get_ipython().run_cell('1 / 0')\nNone"
    cell = notebook.ok(f"%%subinterp a b\n{code}")
    assert len(cell.of_type("error")) == 2
    assert sorted(cell.stdout.splitlines()) == ["[a]", "[b]"]


def test_commands_show_lines_as_they_come(notebook: Notebook, gate: Gate) -> None:
    """Also those that a program keeps back where there is no terminal."""
    program = f"print('first'); {gate.code}"
    cell = notebook.send(f'%%subinterp a\n!{sys.executable} -c "{program}"')
    notebook.until(lambda: cell.stdout == "first\n")
    gate.open()
    assert notebook.finish(cell).status == "ok"
