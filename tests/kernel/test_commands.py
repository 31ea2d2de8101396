"""`%subinterp COMMAND`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Notebook


def _names(notebook: Notebook) -> str:
    return notebook.ok("import subinterp; [g.name for g in subinterp.list_all()]").text


@pytest.mark.parametrize("line", ["%subinterp", "%subinterp list"])
def test_list_is_a_table_in_text_and_html(notebook: Notebook, line: str) -> None:
    """What it is, what runs, for how long, queue, threads, memory."""
    notebook.ok("%subinterp create b --gil shared")
    busy = notebook.ok(
        "%%subinterp --bg a\n# work\nprint('on')\nimport time\ntime.sleep(60)"
    )
    notebook.ok("%%subinterp --bg a\npass")
    notebook.until(lambda: busy.stdout)
    data = notebook.ok(line).result
    heading, shared, own = data["text/plain"].splitlines()
    columns = ["name", "state", "GIL", "extensions", "runs", "for", "queue", "threads"]
    assert heading.split() == [*columns, "memory"]
    assert shared.split()[:4] == ["b", "idle", "shared", "0"]
    assert own.split()[:4] == ["a", "running", "own", "strict"]
    assert ": # work" in own
    assert own.split()[-4:-2] == ["1", "1"]
    assert own.endswith("iB")
    html = data["text/html"]
    assert html.count("<tr>") == 3
    assert "<script" not in html
    assert "var(--jp-" in html


def test_list_without_guests_says_how_to_make_one(notebook: Notebook) -> None:
    """The empty table is a hint."""
    assert "%subinterp create" in notebook.ok("%subinterp").text


def test_the_table_can_be_kept(notebook: Notebook) -> None:
    """`x = %subinterp list` gives the rows."""
    notebook.ok("%subinterp create a b")
    notebook.ok("x = %subinterp list")
    assert notebook.ok("[row['name'] for row in x], len(x)").text == "(['a', 'b'], 2)"


def test_markup_in_a_source_is_escaped(notebook: Notebook) -> None:
    """What a cell says is shown, not interpreted."""
    notebook.ok("%%subinterp a\n'<script>'")
    html = notebook.ok("%subinterp runs").result["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_create_makes_guests(notebook: Notebook) -> None:
    """Several at once, in order, and shows them."""
    assert notebook.ok("%subinterp create a b").text.count("\n") == 2
    notebook.ok("%subinterp create --count 4 w")
    assert _names(notebook) == "['a', 'b', 'w0', 'w1', 'w2', 'w3']"


def test_create_with_a_shared_gil(notebook: Notebook) -> None:
    """--gil shared is what the guest reports."""
    notebook.ok("%subinterp create a --gil shared")
    assert notebook.ok("import subinterp; subinterp.get('a').gil").text == "'shared'"


def test_create_with_paths(notebook: Notebook, tmp_path: object) -> None:
    """Modules of these directories can be imported there, and the host's path stays."""
    notebook.ok(
        "import pathlib\n"
        f"for path in (pathlib.Path('{tmp_path}') / name for name in ('one', 'two')):\n"
        "    path.mkdir()\n"
        "    (path / f'mod_{path.name}.py').write_text('x = 1')"
    )
    notebook.ok(f"%subinterp create a --path {tmp_path}/one --path {tmp_path}/two")
    assert notebook.ok("%%subinterp a\nimport mod_one, mod_two\n1").text == "1"
    assert notebook.ok(f"import sys; '{tmp_path}/one' in sys.path").text == "False"


def test_close_ends_guests(notebook: Notebook) -> None:
    """By name, by glob, and all; also one that is at work."""
    notebook.ok("%subinterp create a b c w0 w1")
    notebook.ok("%subinterp close a b")
    assert _names(notebook) == "['c', 'w0', 'w1']"
    notebook.ok("%subinterp close w*")
    busy = notebook.ok("%%subinterp --bg c\nprint('on')\nwhile True: pass")
    notebook.until(lambda: busy.stdout)
    notebook.ok("%subinterp close all")
    assert _names(notebook) == "[]"


def test_close_says_when_a_guest_will_not_stop(notebook: Notebook) -> None:
    """InterpreterBusyError in one line; restart leaves the stuck code behind."""
    busy = notebook.ok(
        "%%subinterp --bg a\nprint('on')\nwhile True:\n    try:\n"
        "        for _ in range(10**15): pass\n    except BaseException: pass"
    )
    notebook.until(lambda: busy.stdout)
    ename, evalue, traceback = notebook.run("%subinterp close a --timeout 0.2").error
    assert ename == "InterpreterBusyError"
    assert "'a'" in evalue
    assert traceback.count("\n") == 0
    notebook.ok("%subinterp restart a")
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_restart_gives_a_clean_guest(notebook: Notebook, tmp_path: object) -> None:
    """The same name and settings, another interpreter, no variables."""
    notebook.ok(f"%subinterp create a --gil shared --path {tmp_path}")
    notebook.ok("%%subinterp a\nx = 1")
    before = notebook.ok("import subinterp; g = subinterp.get('a'); g.id").text
    notebook.ok("%subinterp restart a")
    assert notebook.ok("subinterp.get('a').id").text != before
    assert notebook.ok("g.gil").text == "'shared'"
    cell = notebook.ok(
        f"%%subinterp a\nimport sys\n'x' in globals(), '{tmp_path}' in sys.path"
    )
    assert cell.text == "(False, True)"


def test_interrupt_stops_what_runs(notebook: Notebook) -> None:
    """In the guests that are named; a guest at rest does not mind."""
    cells = {
        name: notebook.ok(f"%%subinterp --bg {name}\nprint('on')\nwhile True: pass")
        for name in "ab"
    }
    notebook.until(lambda: all(cell.stdout for cell in cells.values()))
    notebook.ok("%subinterp interrupt a")
    notebook.wait_for_badge(cells["a"], "interrupted")
    assert "running" in notebook.badges(cells["b"])[-1]
    notebook.ok("%subinterp interrupt all")
    notebook.wait_for_badge(cells["b"], "interrupted")
    notebook.ok("%subinterp interrupt a b")


def test_wait_waits_for_the_runs(notebook: Notebook) -> None:
    """After it the work is done: of the guests that are named, or of all."""
    notebook.ok("%%subinterp --bg a\nimport time\ntime.sleep(0.3)")
    busy = notebook.ok("%%subinterp --bg b\nimport time\nprint('on')\ntime.sleep(60)")
    notebook.until(lambda: busy.stdout)
    notebook.ok("%subinterp wait a")
    states = "import subinterp; [subinterp.get(n).state for n in 'ab']"
    assert notebook.ok(states).text == "['idle', 'running']"


def test_wait_gives_up_at_its_timeout(notebook: Notebook) -> None:
    """TimeoutError in one line; the run goes on."""
    cell = notebook.ok("%%subinterp --bg a\nimport time\nprint('on')\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout)
    ename, evalue, traceback = notebook.run("%subinterp wait --timeout 0.2").error
    assert ename == "TimeoutError"
    assert "in 'a' did not end within 0.2 s" in evalue
    assert traceback.count("\n") == 0
    assert notebook.ok("import subinterp; subinterp.get('a').state").text == "'running'"


@pytest.mark.parametrize("before", ["", "import asyncio; await asyncio.sleep(0)\n"])
def test_wait_can_be_interrupted(notebook: Notebook, before: str) -> None:
    """The wait ends, also in an async cell; the runs go on."""
    cell = notebook.ok("%%subinterp --bg a\nimport time\nprint('on')\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout)
    waiting = notebook.send(
        f"{before}import threading\n"
        "threading.Timer(0.3, print, ['waiting']).start()\n"
        "get_ipython().run_line_magic('subinterp', 'wait')"
    )
    notebook.until(lambda: "waiting" in waiting.stdout)
    notebook.interrupt()
    ename, evalue, traceback = notebook.finish(waiting).error
    assert ename == "KeyboardInterrupt"
    assert "go on" in evalue
    assert traceback.count("\n") == 0
    assert notebook.ok("import subinterp; subinterp.get('a').state").text == "'running'"


def test_runs_is_a_table(notebook: Notebook) -> None:
    """Every run with its state and first line."""
    notebook.ok("%%subinterp a\nfirst = 1\nsecond = 2")
    notebook.run("%%subinterp --thread t a\n1/0")
    *_, done, failed = notebook.ok("%subinterp runs").text.splitlines()
    assert done.split()[1:4] == ["a", "home", "done"]
    assert done.endswith("first = 1")
    assert failed.split()[1:4] == ["a", "t", "failed"]


def _last_run(notebook: Notebook) -> str:
    row = notebook.ok("%subinterp runs").text.splitlines()[-1]
    return row.split()[0]


def test_output_shows_a_run_again(notebook: Notebook) -> None:
    """Text, display and value come again, under the cell that asks."""
    notebook.ok(
        "%%subinterp a\nfrom IPython.display import HTML, display\n"
        "print('text'); display(HTML('<i>')); 42"
    )
    again = notebook.ok(f"%subinterp output {_last_run(notebook)}")
    assert again.types == ["stream", "display_data", "execute_result"]
    assert again.stdout == "text\n"
    assert again.text == "42"


def test_output_shows_an_error_again_and_does_not_fail(notebook: Notebook) -> None:
    """The traceback is shown; the cell that asks for it went well."""
    notebook.run("%%subinterp a\nprint('text')\n1/0")
    again = notebook.ok(f"%subinterp output {_last_run(notebook)}")
    assert again.types == ["stream", "error"]
    assert again.of_type("error")[0]["ename"] == "ZeroDivisionError"


def test_output_of_a_run_that_goes_on_shows_what_there_is(notebook: Notebook) -> None:
    """As after a reload of the page."""
    cell = notebook.ok("%%subinterp --bg a\nprint('on')\nimport time\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout == "on\n")
    run = _last_run(notebook)
    assert notebook.ok(f"%subinterp output {run}").stdout == "on\n"


def test_threads_lists_thread_states(notebook: Notebook) -> None:
    """Home, named workers and the guest's own threads, each with its ids."""
    notebook.ok(
        "%%subinterp a\nimport threading\nstop = threading.Event()\n"
        "threading.Thread(target=stop.wait, name='mine').start()"
    )
    notebook.ok("%%subinterp --thread t a\npass")
    heading, *rows = notebook.ok("%subinterp threads a").text.splitlines()
    assert heading.split() == [
        "name",
        "native",
        "id",
        "thread",
        "state",
        "state",
        "run",
    ]
    assert [row.split()[0] for row in rows] == ["home", "t", "mine"]
    assert len({row.split()[1] for row in rows}) == 3
    assert len({row.split()[2] for row in rows}) == 3
    notebook.ok("%%subinterp a\nstop.set()")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lst", "did you mean 'list'"),
        ("frobnicate", "commands: list, create"),
        ("create", "NAME"),
        ("create 1a", "1a"),
        ("create main", "main"),
        ("create a --gil none", "'own', 'shared'"),
        ("create a --count 0", "'0'"),
        ("create a --count x", "'x'"),
        ("create a --nope", "--nope"),
        ("close", "NAME"),
        ("close a --timeout never", "'never'"),
        ("output", "RUN"),
        ("output x", "'x'"),
        ("output 99999", "99999"),
        ("threads", "NAME"),
        ("wait --timeout -1", "'-1'"),
        ("list a", "a"),
    ],
)
def test_bad_arguments_are_one_line(notebook: Notebook, line: str, words: str) -> None:
    """UsageError says what is wrong; nothing is made or ended."""
    notebook.run("1/0")
    cell = notebook.run(f"%subinterp {line}")
    ename, evalue, traceback = cell.error
    assert ename == "UsageError"
    assert words in evalue
    assert traceback == ""
    assert cell.stderr.count("\n") == 1
    assert _names(notebook) == "[]"


@pytest.mark.parametrize(
    "line", ["close x", "restart x", "interrupt x", "threads x", "wait x", "close x*"]
)
def test_unknown_guests_are_one_line(notebook: Notebook, line: str) -> None:
    """InterpreterNotFoundError with the name, and no frames of ours."""
    ename, evalue, traceback = notebook.run(f"%subinterp {line}").error
    assert ename == "InterpreterNotFoundError"
    assert "'x" in evalue
    assert traceback.count("\n") == 0


def test_create_makes_all_or_none(notebook: Notebook) -> None:
    """One taken name, and no guest is added."""
    notebook.ok("%subinterp create b")
    ename, evalue, traceback = notebook.run("%subinterp create a b c").error
    assert ename == "InterpreterExistsError"
    assert "'b'" in evalue
    assert traceback.count("\n") == 0
    assert _names(notebook) == "['b']"


@pytest.mark.parametrize(
    "command", ["close all", "interrupt all", "restart all", "wait"]
)
def test_all_may_be_none(notebook: Notebook, command: str) -> None:
    """With no guests there is nothing to do, and no error."""
    notebook.ok(f"%subinterp {command}")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--extensions loose", "argument --extensions: invalid choice: 'loose'"),
        ("--extensions private --gil shared", "for a guest with a GIL of its own"),
    ],
)
def test_create_refuses_extensions_that_cannot_be(
    notebook: Notebook, options: str, words: str
) -> None:
    """In one line, and without making anything."""
    name, message, traceback = notebook.run(f"%subinterp create a {options}").error
    assert name == "UsageError"
    assert words in message
    assert traceback.count("\n") == 0
    assert _names(notebook) == "[]"


def test_the_kind_of_extensions_is_shown(notebook: Notebook) -> None:
    """Of guests that have a GIL of their own."""
    table = notebook.ok("%subinterp create a --extensions private").text
    assert table.splitlines()[1].split()[:4] == ["a", "idle", "own", "private"]
    notebook.ok("%subinterp create b --extensions strict")
    notebook.ok("%subinterp create c --gil shared")
    notebook.ok("x = %subinterp list")
    kinds = notebook.ok("[row['extensions'] for row in x]").text
    assert kinds == "['private', 'strict', '']"


def test_check_is_a_table_in_text_and_html(notebook: Notebook) -> None:
    """One row for each module, with a reason and a way out."""
    data = notebook.ok("%subinterp check json nosuch --timeout 50").result
    heading, json, nosuch = data["text/plain"].splitlines()
    columns = ["module", "package", "version", "strict", "private", "shared", "reason"]
    assert heading.split()[:7] == columns
    assert json.split()[3:6] == ["works", "works", "works"]
    assert nosuch.endswith("install it")
    assert data["text/html"].count("<tr>") == 3


def test_check_can_be_stopped(notebook: Notebook, tmp_path: Path) -> None:
    """Its children are ended, and the cell is one that was interrupted."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    source = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(60)"
    (tmp_path / "endless.py").write_text(source)
    notebook.ok(f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    cell = notebook.send("%subinterp check endless")
    begun.read_text()  # as soon as it is opened there
    notebook.interrupt()
    name, message, _ = notebook.finish(cell).error
    assert (name, message) == ("KeyboardInterrupt", "stopped checking")
    notebook.ok(f"sys.path.remove({str(tmp_path)!r})")
