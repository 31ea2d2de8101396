"""Clients that execute a notebook and save it: nothing may come after its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from .client import OneSpec

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Notebook
    from .conftest import Gate


def test_background_runs_in_the_foreground(notebook: Notebook) -> None:
    """Without somebody who could type, --bg waits, and shows no badge."""
    cell = notebook.ok(
        "%%subinterp --bg a\nimport time\ntime.sleep(0.3)\nprint('in time')\n42",
        allow_stdin=False,
    )
    assert cell.types == ["stream", "execute_result"]


def test_errors_of_background_cells_are_errors_of_the_cell(notebook: Notebook) -> None:
    """A failing --bg cell makes the notebook fail where it stands."""
    error = notebook.run("%%subinterp --bg a\n1/0", allow_stdin=False).error
    assert error[0] == "ZeroDivisionError"


def test_wait_shows_what_came_too_late(notebook: Notebook, gate: Gate) -> None:
    """Output after the end of its cell waits for `%subinterp wait`, and comes once."""
    notebook.ok("import subinterp; guest = subinterp.create('a')")
    first = notebook.ok(
        f"run = guest.start({f'{gate.code}; print(1)'!r})", allow_stdin=False
    )
    gate.open()
    waiting = notebook.ok("%subinterp wait a", allow_stdin=False)
    assert waiting.stdout == "1\n"
    assert notebook.ok("%subinterp wait", allow_stdin=False).stdout == ""
    assert first.stdout == ""


def test_wait_shows_what_a_thread_of_several_targets_said_late(
    notebook: Notebook, gate: Gate
) -> None:
    """Behind the label of its guest."""
    notebook.ok(
        "%%subinterp a,b\nimport threading\nfrom _subinterp import name\n"
        f"def later():\n    {gate.code}\n    print('late')\n"
        "if name == 'a': threading.Thread(target=later).start()",
        allow_stdin=False,
    )
    gate.open()
    shown = (notebook.ok("%subinterp wait", allow_stdin=False) for _ in range(200))
    assert next(cell.stdout for cell in shown if cell.stdout) == "[a] late\n"


def test_wait_repeats_nothing_for_others(notebook: Notebook, gate: Gate) -> None:
    """A live front end has had the late output already."""
    cell = notebook.ok(f"%%subinterp --bg a\n{gate.code}\nprint(1)")
    gate.open()
    assert notebook.ok("%subinterp wait a").stdout == ""
    notebook.until(lambda: cell.stdout == "1\n")


def _execute(tmp_path: Path, *sources: str) -> Any:
    class Manager(AsyncKernelManager):
        """What the client makes, and therefore also ends."""

        def __init__(self, **keywords: Any) -> None:
            specs = OneSpec()
            specs.arguments = ("--ext=subinterp",)
            super().__init__(
                kernel_spec_manager=specs,
                transport="ipc",
                connection_file=str(tmp_path / "kernel.json"),
                **keywords,
            )

    new: Any = nbformat.v4  # has no types
    book = new.new_notebook(cells=[new.new_code_cell(source) for source in sources])
    NotebookClient(book, kernel_manager_class=Manager, timeout=120).execute()
    return book


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_saved_notebook_has_every_line(tmp_path: Path) -> None:
    """100,000 lines of one guest and 20,000 of each of eight, in order."""
    book = _execute(
        tmp_path,
        "%%subinterp --bg a\nfor i in range(100_000): print(i)",
        "%subinterp create --count 8 w",
        "%%subinterp --bg w*\nfor i in range(20_000): print(i)",
    )
    first, last = (_stdout(book.cells[i]) for i in (0, 2))
    assert first.splitlines() == [str(i) for i in range(100_000)]
    lines = last.splitlines()
    assert len(lines) == 160_000
    for number in range(8):
        label = f"[w{number}] "
        own = [line.removeprefix(label) for line in lines if line.startswith(label)]
        assert own == [str(i) for i in range(20_000)]


def test_a_saved_notebook_has_values_and_errors(tmp_path: Path) -> None:
    """A guest's value is saved as the cell's; a guest's error stops the execution."""
    book = _execute(tmp_path, "1", "%%subinterp a\nprint('text')\n{'a': 1}")
    *_, value = book.cells[1].outputs
    assert _stdout(book.cells[1]) == "text\n"
    assert value.output_type == "execute_result"
    assert value.execution_count == 2
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        _execute(tmp_path, "%%subinterp a\n1/0", "print('never')")


def test_a_saved_notebook_has_the_state_of_widgets(tmp_path: Path) -> None:
    """So that a page shows them without a kernel."""
    code = "%%subinterp --bg a\nimport ipywidgets\nipywidgets.IntSlider(7)"
    book = _execute(tmp_path, code)
    (saved,) = book.metadata.widgets.values()
    assert 7 in [model["state"].get("value") for model in saved["state"].values()]


def _stdout(cell: Any) -> str:
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")
