"""Errors in a guest are the cell's errors; bad input gets one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook


def test_the_reply_carries_the_error_of_the_guest(notebook: Notebook) -> None:
    """Name, value and the cell's own lines under Cell In[n]; none of ours."""
    cell = notebook.run("%%subinterp a\ndef f():\n    return 1 / 0\nf()")
    ename, evalue, traceback = cell.error
    assert cell.reply is not None
    assert (ename, evalue) == ("ZeroDivisionError", "division by zero")
    assert f"Cell In[{cell.reply['execution_count']}]" in traceback
    assert "return 1 / 0" in traceback
    assert "subinterp" not in traceback
    (sent,) = cell.of_type("error")
    assert sent["ename"] == "ZeroDivisionError"
    assert sent["traceback"] == cell.reply["traceback"]


def test_the_traceback_is_coloured_as_in_the_host(notebook: Notebook) -> None:
    """Name, place and line numbers have the colours of the notebook's own errors."""
    host = notebook.run("1 / 0")
    guest = notebook.run("%%subinterp a\n1 / 0")
    assert host.reply is not None
    assert guest.reply is not None
    number = str(guest.reply["execution_count"])
    expected = "\n".join(host.reply["traceback"])
    expected = expected.replace(f"[{host.reply['execution_count']}]", f"[{number}]")
    marked = "\n".join(guest.reply["traceback"])
    # In the host IPython does not mark the failing expression (it has no file to look
    # at), so all lines but that of the code are the same.
    assert marked.splitlines()[:3] == expected.splitlines()[:3]
    assert marked.splitlines()[-1] == expected.splitlines()[-1]


def test_a_guest_is_made_with_the_colours_of_the_host(notebook: Notebook) -> None:
    """Those that the notebook has at that time, not those of its start."""
    notebook.ok("before = get_ipython().colors\nget_ipython().colors = 'nocolor'")
    plain = notebook.run("%%subinterp a\n1 / 0")
    notebook.ok("get_ipython().colors = before")
    assert plain.reply is not None
    assert "\x1b" not in "".join(plain.reply["traceback"])


@pytest.mark.parametrize(
    ("body", "ename", "evalue"),
    [
        ("x = +", "SyntaxError", "invalid syntax"),
        ("raise ValueError('wörks')", "ValueError", "wörks"),
        ("raise KeyError('k')", "KeyError", "'k'"),
        ("class Odd(Exception): pass\nraise Odd('x')", "Odd", "x"),
        ("raise SystemExit(3)", "SystemExit", "3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("import asyncio\nraise asyncio.CancelledError('c')", "CancelledError", "c"),
        ("raise ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup", "g"),
        (
            "raise UnicodeDecodeError('utf-8', b'', 0, 1, 'r')",
            "UnicodeDecodeError",
            "r",
        ),
    ],
)
def test_errors_of_every_kind_arrive(
    notebook: Notebook, body: str, ename: str, evalue: str
) -> None:
    """Whatever a guest raises is an error reply, and the kernel goes on."""
    got = notebook.run(f"%%subinterp a\n{body}").error
    assert got[0] == ename
    assert evalue in got[1]
    assert ename in got[2]
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_output_before_an_error_is_kept(notebook: Notebook) -> None:
    """What the guest printed before it failed comes before the error."""
    cell = notebook.run("%%subinterp a\nprint('before')\n1/0")
    assert cell.stdout == "before\n"
    assert cell.types == ["stream", "error"]


def test_cells_queued_after_an_error_are_aborted(notebook: Notebook) -> None:
    """As after any error; the next one runs again."""
    first = notebook.send("%%subinterp a\nimport time\ntime.sleep(0.3)\n1/0")
    second = notebook.send("print('not me')")
    notebook.finish(first)
    notebook.finish(second)
    assert second.status == "aborted"
    assert second.stdout == ""
    assert notebook.ok("1").text == "1"


def test_stop_on_error_false_keeps_the_queue(notebook: Notebook) -> None:
    """A client that wants the later cells to run gets them."""
    code = "%%subinterp a\nimport time\ntime.sleep(0.3)\n1/0"
    first = notebook.send(code, stop_on_error=False)
    second = notebook.send("print('me')")
    notebook.finish(first)
    assert notebook.finish(second).stdout == "me\n"


def test_nested_errors_are_the_same(notebook: Notebook) -> None:
    """Through %%time the reply still has the guest's name and lines."""
    ename, _, traceback = notebook.run("%%time\n%%subinterp a\nnope").error
    assert ename == "NameError"
    assert "----> 1 nope" in traceback


def test_nested_errors_can_be_caught(notebook: Notebook) -> None:
    """Code of the notebook can catch an error of a guest by our root class."""
    cell = notebook.ok(
        "import subinterp\n"
        "try:\n"
        "    get_ipython().run_cell_magic('subinterp', 'a', 'int(\"x\")')\n"
        "except subinterp.SubinterpError as error:\n"
        "    print(type(error).__name__, error.traceback_text.splitlines()[-1])"
    )
    assert cell.stdout.startswith("ValueError ValueError: invalid literal")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "NAME"),
        ("all", "all"),
        (",", "stands for no interpreter"),
        ("--bg", "NAME"),
        ("--nope a", "--nope"),
        ("--time 3 a", "--time"),
        ("-t soon a", "'soon' is not a positive number"),
        ("-t -1 a", "'-1'"),
        ("-t nan a", "'nan'"),
        ("'a", "No closing quotation"),
        ("1a", "1a"),
        ("main", "main"),
        (f"{'x' * 65}", "64"),
        ("--thread 1t a", "1t"),
    ],
)
def test_a_bad_first_line_is_a_usage_error(
    notebook: Notebook, line: str, words: str
) -> None:
    """One line on stderr that says what is wrong, no traceback, no guest made."""
    notebook.ok("%subinterp close all")
    notebook.run("1/0")  # an older traceback must not come back
    cell = notebook.run(f"%%subinterp {line}\npass")
    ename, evalue, traceback = cell.error
    assert ename == "UsageError"
    assert words in evalue
    assert traceback == ""
    assert cell.stderr.count("\n") == 1
    assert words in cell.stderr
    if not line.endswith(" a"):
        assert len(notebook.ok("%subinterp list").result) > 0
        assert notebook.ok("import subinterp; subinterp.list_all()").text == "[]"


def test_a_cell_without_body_is_a_usage_error(notebook: Notebook) -> None:
    """IPython's own words about empty cells."""
    assert "body is empty" in notebook.run("%%subinterp a").error[1]


def test_a_glob_that_matches_nothing_is_one_line(notebook: Notebook) -> None:
    """Globs name what is there: they make nothing."""
    ename, evalue, traceback = notebook.run("%%subinterp zz*\npass").error
    assert ename == "InterpreterNotFoundError"
    assert "zz*" in evalue
    assert traceback.count("\n") == 0


def test_a_guest_closed_during_its_run_is_one_line(own: Notebook) -> None:
    """Closing from another thread of the host ends the cell with the reason."""
    own.ok("%%subinterp a\npass")
    own.ok(
        "import subinterp, threading\n"
        "guest = subinterp.get('a')\n"
        "def close():\n"
        "    while not guest.is_running(): pass\n"
        "    guest.close()\n"
        "threading.Thread(target=close).start()"
    )
    ename, evalue, traceback = own.run("%%subinterp a\nwhile True: pass").error
    assert ename == "InterpreterClosedError"
    assert "'a'" in evalue
    assert traceback.count("\n") == 0


def test_a_usage_error_may_be_the_first_cell_of_a_kernel(own: Notebook) -> None:
    """The kernel replies with an error, and works on."""
    assert own.run("%%subinterp --nope a\n1").error[0] == "UsageError"
    assert own.ok("%%subinterp a\n1").text == "1"
