"""``!cmd`` works without a fork, shows its output live, and can be interrupted."""

from __future__ import annotations

import sys

import pytest

from guests import guest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are sh's")


def test_a_commands_output_is_the_cells() -> None:
    """Standard error joins standard output, as on a terminal."""
    assert guest(
        """
        cell("!echo out; echo err >&2; printf 'no newline'")
        report([text("stdout"), text("stderr")])
        """
    ) == ["out\nerr\nno newline", ""]


def test_output_comes_while_the_command_runs() -> None:
    """The cell can let a command go on that waits for what it printed."""
    assert guest(
        """
        import os, tempfile, threading, time
        pipe = os.path.join(tempfile.mkdtemp(), "pipe")
        os.mkfifo(pipe)
        def answer():
            while "ready" not in text(): time.sleep(0.01)
            with open(pipe, "w") as file: file.write("seen")
        threading.Thread(target=answer).start()
        outcome = cell(f"!echo ready; cat {pipe}")
        report([outcome, text()])
        """
    ) == [None, "ready\nseen"]


def test_a_command_prints_to_a_terminal() -> None:
    """So it shows colours, and each line at once; what a variable takes is plain."""
    out = guest(
        r"""
        import os, sys
        os.environ.pop("PAGER", None)
        asks = "import os; print(os.isatty(1), *os.get_terminal_size(2))"
        cell(f"!{sys.executable} -c '{asks}'")
        cell("x = !test -t 1 || echo plain")
        cell("print(x)")
        cell("!printf 'progress\\r'; echo $PAGER")
        report(text())
        """
    )

    assert out == "True 80 24\n['plain']\nprogress\rcat\n"


def test_python_variables_expand_in_commands() -> None:
    """As in IPython."""
    assert guest(
        """
        cell("word = 'spam'")
        cell("!echo $word {word.upper()}")
        cell("lines = !echo one; echo $word >&2")
        cell("print(lines, type(lines).__name__)")
        cell("def f(local):\\n    !echo {local}\\nf('inner')")
        report(text())
        """
    ) == ("spam SPAM\n['one', 'spam'] SList\ninner\n")


@pytest.mark.parametrize(
    ("command", "status"),
    [("true", 0), ("exit 3", 3), ("kill -9 $$", -9), ("sh -c 'kill -9 $$'; exit", -9)],
)
def test_the_exit_status_is_kept(command: str, status: int) -> None:
    """In ``_exit_code``, as IPython keeps it."""
    printed = guest(
        f"cell({'!' + command!r}); cell('print(_exit_code)'); report(text())"
    )

    assert printed.splitlines()[-1] == str(status)  # the shell may have a word before


def test_a_failure_can_be_made_an_error() -> None:
    """By IPython's own setting."""
    assert guest(
        """
        cell("get_ipython().system_raise_on_error = True")
        outcomes = [cell("!exit 3"), cell("x = !exit 3"), cell("!true")]
        report([outcome and outcome["ename"] for outcome in outcomes])
        """
    ) == ["CalledProcessError", "CalledProcessError", None]


def test_ipythons_function_for_commands_works() -> None:
    """Libraries call it themselves; IPython's own would fork."""
    assert guest(
        """
        cell("from IPython.utils.process import system")
        cell("status = system('echo out; exit 3')")
        cell("print(status, system.__name__)")
        report(text())
        """
    ) == ("out\n3 system\n")


def test_characters_may_arrive_in_pieces() -> None:
    """Half a character waits for its other half; what is no UTF-8 is replaced."""
    assert guest(
        r"""
        cell(r"!printf '\342\202'; sleep 0.2; printf '\254\377'")
        report(text())
        """
    ) == ("€\ufffd")


def test_a_command_has_no_input() -> None:
    """One that reads finds the end at once and does not hang."""
    assert guest("report([cell('!cat; echo over'), text()])") == [None, "over\n"]


def test_a_command_in_the_background_is_refused() -> None:
    """As by IPython."""
    outcomes = guest("report([cell('!sleep 9 &'), cell('x = !sleep 9 &')])")

    assert [outcome["ename"] for outcome in outcomes] == ["OSError", "OSError"]


def test_a_daemon_left_behind_does_not_hold_the_cell() -> None:
    """The cell ends with the command, even if something keeps its output open."""
    seconds = guest(
        """
        import time
        start = time.monotonic()
        cell("!sh -c 'sleep 30 & echo $! > $folder/pid'; echo started"
             if cell("import tempfile; folder = tempfile.mkdtemp()") is None else "")
        seconds = time.monotonic() - start
        assert text() == "started\\n", text()
        cell("!kill $(cat $folder/pid)")
        report(seconds)
        """
    )

    assert seconds < 15


@pytest.mark.parametrize(
    "cell", ["!sleep 30", "x = !sleep 30", "!trap '' INT; sleep 30"]
)
def test_an_interrupt_ends_the_command_and_the_cell(cell: str) -> None:
    """Nothing of the command stays behind, even if it ignores Ctrl-C."""
    outcome, seconds, left = guest(
        f"""
        import subprocess, time
        started = []
        popen = subprocess.Popen.__init__
        def init(self, *args, **options):
            popen(self, *args, **options)
            started.append(self)
        subprocess.Popen.__init__ = init
        cell("")
        interrupt_after(0.5)
        start = time.monotonic()
        outcome = cell({cell!r})
        report([
            outcome, time.monotonic() - start, [p.returncode for p in started],
        ])
        """
    )

    assert outcome["ename"] == "KeyboardInterrupt"
    assert seconds < 10
    assert len(left) == 1
    assert left[0] is not None
    assert "processes.py" not in "\n".join(outcome["traceback"])
