"""One cell in several guests, and several threads of one guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook


@pytest.mark.parametrize("targets", ["a b", "a,b", "a a,b b", "--quiet a b", "a -q b"])
def test_every_line_is_labelled_with_its_guest(
    notebook: Notebook, targets: str
) -> None:
    """Names apart or with commas, each guest once; options anywhere."""
    cell = notebook.ok(f"%%subinterp {targets}\nfor i in range(3): print(i)")
    lines = cell.stdout.splitlines()
    assert sorted(lines) == sorted(f"[{n}] {i}" for n in "ab" for i in range(3))
    for name in "ab":
        own = [line for line in lines if line.startswith(f"[{name}]")]
        assert own == [f"[{name}] {i}" for i in range(3)]


@pytest.mark.parametrize(
    ("pattern", "expected"), [("w*", ["w0", "w1"]), ("all", ["w0", "w1", "x"])]
)
def test_globs_and_all_name_what_is_there(
    notebook: Notebook, pattern: str, expected: list[str]
) -> None:
    """A pattern stands for the guests that match."""
    notebook.ok("%subinterp create w0 w1 x")
    cell = notebook.ok(f"%%subinterp {pattern}\nprint('here')")
    assert sorted(cell.stdout.splitlines()) == [f"[{n}] here" for n in expected]


def test_a_single_match_is_not_labelled(notebook: Notebook) -> None:
    """Labels are for telling guests apart."""
    notebook.ok("%subinterp create w0")
    assert notebook.ok("%%subinterp w*\nprint('here')").stdout == "here\n"


def test_guests_work_at_the_same_time(notebook: Notebook) -> None:
    """Each waits for a file that the other writes."""
    notebook.ok("import tempfile; folder = tempfile.mkdtemp()")
    folder = notebook.ok("folder").text.strip("'")
    notebook.ok("%%subinterp a\nme, other = 'ab'")
    notebook.ok("%%subinterp b\nme, other = 'ba'")
    cell = notebook.ok(
        "%%subinterp a b\n"
        "import pathlib, time\n"
        f"folder = pathlib.Path({folder!r})\n"
        "(folder / me).touch()\n"
        "while not (folder / other).exists(): time.sleep(0.01)\n"
        "print('met')"
    )
    assert sorted(cell.stdout.splitlines()) == ["[a] met", "[b] met"]


def test_unfinished_lines_come_whole(notebook: Notebook) -> None:
    """A line in crumbs stays one line; one without an end comes at the end."""
    cell = notebook.ok(
        "%%subinterp a b\n"
        "import sys, time\n"
        "for part in 'xyz':\n"
        "    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.1)\n"
        "print()\n"
        "print('end', end='')"
    )
    lines = sorted(cell.stdout.splitlines())
    assert lines == ["[a] end", "[a] xyz", "[b] end", "[b] xyz"]


def test_values_and_displays_are_labelled(notebook: Notebook) -> None:
    """Plain text carries the label; richer output has it in front."""
    cell = notebook.ok("%%subinterp a b\n40 + 2")
    texts = [c["data"]["text/plain"] for c in cell.of_type("execute_result")]
    assert sorted(texts) == ["[a] 42", "[b] 42"]
    cell = notebook.ok(
        "%%subinterp a b\n"
        "from IPython.display import HTML, display\n"
        "display(HTML('<i>'))"
    )
    shown = cell.of_type("display_data")
    assert [c["data"]["text/html"] for c in shown] == ["<i>", "<i>"]
    assert {c["data"]["text/plain"].split()[0] for c in shown} == {"[a]", "[b]"}
    assert sorted(cell.stdout.splitlines()) == ["[a]", "[b]"]


def test_errors_of_all_guests_come_in_one(notebook: Notebook) -> None:
    """Each traceback under its guest's name; the common name is the error's."""
    notebook.ok("%%subinterp a\nd = 0")
    notebook.ok("%%subinterp b\nd = 0")
    notebook.ok("%%subinterp c\nd = 1")
    ename, evalue, traceback = notebook.run("%%subinterp a b c\n1 / d").error
    assert ename == "ZeroDivisionError"
    assert evalue == "[a] division by zero; [b] division by zero"
    assert traceback.index("[a]") < traceback.index("[b]")
    assert traceback.count("----> 1 1 / d") == 2
    assert "[c]" not in traceback


def test_different_errors_have_a_common_name(notebook: Notebook) -> None:
    """ExecutionFailed stands for errors of several kinds."""
    notebook.ok("%%subinterp a\nx = '1'")
    notebook.ok("%%subinterp b\nx = 0")
    ename, evalue, _ = notebook.run("%%subinterp a b\n1 / x").error
    assert ename == "ExecutionFailed"
    assert "[a] unsupported operand" in evalue
    assert "[b] division by zero" in evalue


def test_several_background_runs_have_one_badge(notebook: Notebook) -> None:
    """One line for each guest in one display, and labelled late output."""
    cell = notebook.ok("%%subinterp --bg a b\nprint('late')")
    notebook.until(lambda: notebook.badges(cell)[-1].count("done") == 2)
    assert len(cell.of_type("display_data")) == 1
    names = [line.split()[0] for line in notebook.badges(cell)[-1].splitlines()]
    assert names == ["[a]", "[b]"]
    notebook.until(lambda: cell.stdout.count("late") == 2)
    assert sorted(cell.stdout.splitlines()) == ["[a] late", "[b] late"]


def test_a_failed_one_of_several_background_runs_is_named(notebook: Notebook) -> None:
    """The late traceback stands under its guest's name."""
    notebook.ok("%%subinterp a\nx = 0")
    notebook.ok("%%subinterp b\nx = 1")
    cell = notebook.ok("%%subinterp --bg a b\n1 / x")
    notebook.wait_for(cell, "error")
    (error,) = cell.of_type("error")
    assert error["ename"] == "ZeroDivisionError"
    assert "[a]" in error["traceback"][0]


def test_three_threads_two_guests_each_with_its_own_state(notebook: Notebook) -> None:
    """The old picture: two threads in one guest and one in another, all at once."""
    code = (
        "import threading, time\n"
        "from ctypes import c_int64, c_void_p, pythonapi\n"
        "pythonapi.PyInterpreterState_Get.restype = c_void_p\n"
        "pythonapi.PyInterpreterState_GetID.restype = c_int64\n"
        "state = c_void_p(pythonapi.PyInterpreterState_Get())\n"
        "print(pythonapi.PyInterpreterState_GetID(state), threading.get_native_id())\n"
        "time.sleep(60)"
    )
    lines = ("--bg a", "--bg --thread t a", "--bg b")
    cells = [notebook.ok(f"%%subinterp {line}\n{code}") for line in lines]
    notebook.until(lambda: all(cell.stdout for cell in cells))
    seen = [tuple(map(int, cell.stdout.split())) for cell in cells]
    ids = notebook.ok("import subinterp; [subinterp.get(n).id for n in 'aab']").text
    assert str([interpreter for interpreter, _ in seen]) == ids
    assert len({native for _, native in seen}) == 3
    states = notebook.ok(
        "[(n, t.id, t.native_id) for n in 'ab'"
        " for t in subinterp.get(n).thread_states() if t.state == 'running']"
    ).text
    facts = eval(states)
    assert len({(guest, state) for guest, state, _ in facts}) == 3
    assert {native for _, _, native in facts} == {native for _, native in seen}
    table = notebook.ok("%subinterp threads a").text
    assert table.count("running") == 2
    assert "\nt " in table


def test_a_named_thread_works_beside_a_busy_home_thread(notebook: Notebook) -> None:
    """It sees the same variables, and has its own queue."""
    busy = notebook.ok(
        "%%subinterp --bg a\nx = 1\nprint('on')\nimport time\ntime.sleep(60)"
    )
    notebook.until(lambda: busy.stdout)
    assert notebook.ok("%%subinterp --thread t a\nx + 1").text == "2"
    assert "running" in notebook.badges(busy)[-1]
