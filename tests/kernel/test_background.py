"""A background cell returns at once, and what it does later is still its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook
    from .conftest import Gate


def test_the_cell_returns_at_once_and_shows_a_badge(
    notebook: Notebook, gate: Gate
) -> None:
    """Only the badge is there when the cell ends; the work goes on."""
    cell = notebook.ok(f"%%subinterp --bg a\n{gate.code}\nprint('late')")
    assert cell.stdout == ""
    assert set(cell.types) - {"update_display_data"} == {"display_data"}
    (shown,) = cell.of_type("display_data")
    assert set(shown["data"]) == {"text/plain", "text/html"}
    assert shown["data"]["text/plain"].startswith("[a] run ")
    gate.open()
    notebook.until(lambda: cell.stdout == "late\n")


@pytest.mark.parametrize("option", ["-b", "--bg", "--noblock"])
def test_the_option_has_three_names(notebook: Notebook, option: str) -> None:
    """All three leave a run that ends later."""
    cell = notebook.ok(f"%%subinterp {option} a\n6 * 7")
    notebook.wait_for(cell, "execute_result")
    assert cell.text == "42"


def test_late_output_comes_under_its_own_cell(notebook: Notebook, gate: Gate) -> None:
    """Other cells run meanwhile; every kind of output goes to the right one."""
    notebook.ok("%%subinterp a\nimport threading\ngo = threading.Event()")
    background = notebook.ok(
        "%%subinterp --bg a\n"
        "from IPython.display import HTML, display\n"
        "import sys\n"
        "print('started')\n"
        "go.wait()\n"
        "for i in range(3):\n"
        "    print('late', i)\n"
        "print('err', file=sys.stderr)\n"
        "display(HTML('<b>late</b>'))\n"
        "'value'"
    )
    notebook.until(lambda: background.stdout == "started\n")
    other = notebook.send(
        f"%%subinterp --thread t a\nprint('other')\ngo.set()\n{gate.code}"
    )
    notebook.wait_for(background, "execute_result")
    gate.open()
    notebook.finish(other)
    assert background.stdout == "started\nlate 0\nlate 1\nlate 2\n"
    assert background.stderr == "err\n"
    assert background.of_type("display_data")[1]["data"]["text/html"] == "<b>late</b>"
    assert background.text == "'value'"
    (result,) = background.of_type("execute_result")
    assert background.reply is not None
    assert result["execution_count"] == background.reply["execution_count"]
    assert other.stdout == "other\n"


def test_the_badge_follows_the_run(notebook: Notebook) -> None:
    """Queued, running, done with the time it took; one display id for all."""
    notebook.ok("%%subinterp a\nimport threading\ngo = threading.Event()")
    first = notebook.ok("%%subinterp --bg a\ngo.wait()")
    second = notebook.ok("%%subinterp --bg a\npass")
    notebook.wait_for_badge(first, "running since")
    assert "queued" in notebook.badges(second)[-1]
    notebook.ok("%%subinterp --thread t a\ngo.set()")
    for cell in (first, second):
        notebook.wait_for_badge(cell, "done in")


def test_the_badge_stands_above_the_output(notebook: Notebook) -> None:
    """Also above that of runs which end before the last one has started."""
    names = [f"w{i}" for i in range(6)]
    notebook.ok("%%subinterp " + " ".join(names) + "\npass")
    for _ in range(5):
        cell = notebook.ok("%%subinterp --bg w*\nprint('quick')")
        while cell.stdout.count("quick") < len(names):
            notebook.drain()
        assert cell.types[0] == "display_data"


def test_the_badge_is_updated_from_the_cell_that_runs(
    notebook: Notebook, gate: Gate
) -> None:
    """While another cell runs the update names that one as its parent."""
    notebook.ok("%%subinterp a\nimport threading\ngo = threading.Event()")
    background = notebook.ok("%%subinterp --bg a\ngo.wait()")
    other = notebook.send(f"%%subinterp --thread t a\ngo.set()\n{gate.code}")
    notebook.wait_for_badge(background, "done")
    gate.open()
    notebook.finish(other)
    texts = [c["data"]["text/plain"] for c in other.of_type("update_display_data")]
    assert any("done in" in text for text in texts)


def test_the_badge_of_an_idle_kernel_names_its_own_cell(
    notebook: Notebook, gate: Gate
) -> None:
    """With no cell running, the update belongs to the badge's cell."""
    cell = notebook.ok(f"%%subinterp --bg a\n{gate.code}")
    gate.open()
    notebook.wait_for_badge(cell, "done")
    last = cell.of_type("update_display_data")[-1]
    assert "done in" in last["data"]["text/plain"]


def test_quiet_has_no_badge_and_no_value(notebook: Notebook) -> None:
    """-q leaves the text and nothing else."""
    cell = notebook.ok("%%subinterp --bg -q a\nprint('text')\n42")
    notebook.until(lambda: cell.stdout == "text\n")
    notebook.ok("%subinterp wait a")
    assert cell.of_type("display_data") == []
    assert cell.of_type("execute_result") == []


def test_a_failed_background_run_shows_its_error(notebook: Notebook) -> None:
    """The traceback comes late under its own cell, and the badge says failed."""
    cell = notebook.ok("%%subinterp --bg a\nprint('before')\nint('x')")
    notebook.wait_for(cell, "error")
    (error,) = cell.of_type("error")
    assert error["ename"] == "ValueError"
    assert "invalid literal" in error["evalue"]
    assert "int" in "".join(error["traceback"])
    assert "failed after" in notebook.badges(cell)[-1]
    kinds = [m["msg_type"] for m in cell.messages]
    assert kinds.index("stream") < kinds.index("error")
    assert notebook.ok("1").text == "1"


def test_a_background_cell_does_not_abort_the_queue(notebook: Notebook) -> None:
    """Its error comes too late to stop anything."""
    notebook.ok("%%subinterp --bg a\n1/0")
    assert notebook.ok("'next'").text == "'next'"


def test_a_background_run_can_time_out(notebook: Notebook) -> None:
    """The error under the cell is TimeoutError."""
    cell = notebook.ok("%%subinterp --bg -t 0.3 a\nimport time\ntime.sleep(60)")
    notebook.wait_for(cell, "error")
    assert cell.of_type("error")[0]["ename"] == "TimeoutError"


def test_threads_and_tasks_of_a_cell_print_under_it(notebook: Notebook) -> None:
    """What a finished foreground cell has left running keeps its place."""
    notebook.ok("%%subinterp a\nimport threading\ngo = threading.Event()")
    cell = notebook.ok(
        "%%subinterp a\n"
        "def later():\n"
        "    go.wait()\n"
        "    print('from a thread')\n"
        "threading.Thread(target=later).start()"
    )
    other = notebook.ok("%%subinterp a\ngo.set()\nprint('other')")
    notebook.until(lambda: cell.stdout == "from a thread\n")
    assert other.stdout == "other\n"


def test_runs_that_python_starts_print_under_their_cell(
    notebook: Notebook, gate: Gate
) -> None:
    """Interpreter.start() in a cell gives its run that cell, also later."""
    notebook.ok("import subinterp; guest = subinterp.create('a')")
    cell = notebook.ok(f"run = guest.start({f'{gate.code}; print(1)'!r})")
    gate.open()
    notebook.until(lambda: cell.stdout == "1\n")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_hundred_thousand_lines_arrive_complete_and_in_order(
    notebook: Notebook,
) -> None:
    """From one background guest, while other cells run."""
    count = 100_000
    cell = notebook.ok(f"%%subinterp --bg a\nfor i in range({count}): print(i)")
    while "done" not in notebook.badges(cell)[-1]:
        notebook.ok("sum(range(10_000))")
    expected = [str(i) for i in range(count)]
    notebook.until(lambda: len(cell.stdout) >= len("\n".join(expected)) + 1)
    assert cell.stdout.splitlines() == expected


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_eight_guests_print_at_once_each_under_its_cell(notebook: Notebook) -> None:
    """20,000 lines each, none lost, none in a wrong place."""
    names = [f"w{i}" for i in range(8)]
    notebook.ok(f"%subinterp create {' '.join(names)}")
    cells = {
        name: notebook.ok(
            f"%%subinterp --bg {name}\nfor i in range(20_000): print('{name}', i)"
        )
        for name in names
    }
    for name, cell in cells.items():
        expected = "".join(f"{name} {i}\n" for i in range(20_000))
        while "done" not in notebook.badges(cell)[-1]:
            notebook.ok("pass")
        assert cell.stdout == expected
