"""The notebooks run, and end in what they promise; so does ``make demo``."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"

every_notebook = pytest.mark.parametrize(
    "path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)


def read(path: Path) -> NotebookNode:
    notebook: NotebookNode
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    """Every output of a notebook, in order."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [output for cell in cells for output in cell.outputs]


def shown(notebook: NotebookNode, mime: str) -> list[str]:
    """What a notebook shows of one MIME type, in order."""
    return [
        output.data[mime]
        for output in outputs(notebook)
        if mime in output.get("data", {})
    ]


def printed(notebook: NotebookNode) -> str:
    return "".join(output.get("text", "") for output in outputs(notebook))


@every_notebook
def test_a_notebook_is_stored_without_outputs_and_for_our_kernel(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "subinterp"
    assert not outputs(notebook)
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


def test_the_thread_states_notebook_shows_the_picture() -> None:
    notebook = read(NOTEBOOKS / "thread_states.ipynb")
    client = NotebookClient(
        notebook,
        timeout=60,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute()
    text = printed(notebook)
    ids = {
        line.partition(":")[0]: line.split()[2]
        for line in text.splitlines()
        if ": interpreter" in line
    }
    assert ids["t1"] == ids["t3"] != ids["t2"]
    assert ids["main"] == "0"
    assert text.count("main's attribute: False") == 3
    assert "its attribute: True" in text
    [in_one, in_two] = [
        table for table in shown(notebook, "text/plain") if "home" in table
    ]
    assert "t1" in in_one
    assert "t3" in in_one
    assert "t2" in in_two
    assert "'printed in one, and kept there\\n'" in shown(notebook, "text/plain")
    assert "two prints as ever; it knows []" in text


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_ends_in_a_table_and_a_picture_and_prints_its_paths(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, NOTEBOOKS / "demo.py", "--output", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "%%subinterp --bg w*" in done.stdout
    assert "[w0] batch" in done.stdout
    assert "[w1] batch" in done.stdout
    executed, page = map(Path, done.stdout.splitlines()[-2:])
    assert "data:image/png" in page.read_text("utf-8")

    notebook = read(executed)
    nbformat.validate(notebook)
    # Each of the forty batches once, by one guest or the other.
    assert sorted(
        int(line.partition("batch")[2].partition(":")[0])
        for line in printed(notebook).splitlines()
        if "] batch" in line
    ) == list(range(40))
    *_, table, picture = outputs(notebook)
    assert table.data["text/html"].count("<tr>") == 1 + 20
    assert picture.data["image/png"]


def test_the_demo_shows_what_went_wrong_and_fails(tmp_path: Path) -> None:
    wrong = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    source = "%%subinterp a\nprint('before')\n1 / 0"
    wrong.cells = [nbformat.v4.new_code_cell(source)]  # type: ignore[no-untyped-call]
    nbformat.write(wrong, tmp_path / "wrong.ipynb")  # type: ignore[no-untyped-call]
    done = subprocess.run(
        [
            sys.executable,
            NOTEBOOKS / "demo.py",
            f"--notebook={tmp_path / 'wrong.ipynb'}",
            f"--output={tmp_path / 'out'}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "before" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    assert done.stderr == "\nfailed: ZeroDivisionError: division by zero\n"
    assert (tmp_path / "out" / "wrong.ipynb").exists()


def test_what_guests_import_needs_the_standard_library_only() -> None:
    source = f"import sys; sys.path.insert(0, {str(NOTEBOOKS)!r}); import codemetrics"
    subprocess.run([sys.executable, "-I", "-S", "-c", source], check=True)


def test_branching_counts_the_ways_through_a_function(tmp_path: Path) -> None:
    codemetrics = runpy.run_path(str(NOTEBOOKS / "codemetrics.py"))
    source = tmp_path / "sample.py"
    source.write_text('''
def straight():
    """Documented."""
    return 1

class Some:
    async def method(self, a, b):
        if a and b or not a:
            return [x for x in a if x if not b]
        elif b:
            def inner():
                while True:
                    pass
        try:
            match a:
                case 1: pass
                case _: pass
        except ValueError:
            return a if b else inner
''')
    [file] = codemetrics["measure_batch"]([str(source)], "test").files
    assert [(f.name, f.branching) for f in file.functions] == [
        ("straight", 1),
        # if, and, or; comprehension and its two ifs; elif; two cases; except; a if b
        ("method", 12),
        ("inner", 2),
    ]
    assert (file.documented, file.documentable) == (1, 5)
