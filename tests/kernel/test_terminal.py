"""The same magics in terminal IPython."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_START = [
    sys.executable,
    *("-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit"),
    *("--colors=nocolor", "--ext=subinterp"),
]


def _session(text: str) -> tuple[str, str]:
    """Type this at the prompt; give what came on stdout and stderr."""
    done = subprocess.run(
        _START,
        input=text,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout, done.stderr


def test_output_and_value_are_printed() -> None:
    """Text as it comes, the value behind IPython's prompt."""
    out, err = _session("%%subinterp a\nprint('hello')\n6 * 7\n\n\n")
    assert "hello\n" in out
    assert "Out[1]: 42\n" in out
    assert err == ""


def test_use_is_shown_at_the_prompt() -> None:
    """Plain cells run in the guest, and the prompt says so until they do not."""
    out, err = _session(
        "%subinterp use a\nimport _interpreters\n_interpreters.get_current()[0]\n"
        "%subinterp use main\n_interpreters\n"
    )
    assert "[a] In [2]:" in out
    assert "Out[3]: 1\n" in out
    assert "[a] In [5]:" not in out
    assert "NameError: name '_interpreters' is not defined" in out
    assert err == ""


def test_tab_completes_in_the_guest() -> None:
    """In the body of a cell for one, which knows nothing of the host's names."""
    out, err = _session(
        "%%subinterp a\nonly_in_the_guest = 1\n\n\n"
        "only_in_the_host = 1\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "def tab(code):\n"
        "    with provisionalcompleter():\n"
        "        found = get_ipython().Completer.completions(code, len(code))\n"
        "        return {(c.text, code[c.start:c.end]) for c in found}\n\n\n"
        # The first answer may take longer than anybody waits.
        "while not (found := tab('%%subinterp a\\nonly_in_')): pass\n\n\n"
        "print('guest', found, 'host', tab('only_in_'))\n"
    )
    assert (
        "guest {('only_in_the_guest', 'only_in_')}"
        " host {('only_in_the_host', 'only_in_')}" in out
    )
    assert err == ""


def test_errors_are_those_of_the_guest() -> None:
    """The guest's traceback, and the session goes on."""
    out, _ = _session("%%subinterp a\n1 / 0\n\n\nprint('next')\n")
    assert "ZeroDivisionError: division by zero" in out
    assert "Cell In[1]" in out
    assert "attend" not in out
    assert "next\n" in out


def test_text_for_the_next_cell_is_at_the_next_prompt() -> None:
    """IPython's prompt takes it from there; a file to edit is named."""
    out, err = _session(
        "%%subinterp a\nget_ipython().set_next_input('x = 1')\n%edit -n 2 s.py\n\n\n"
        "get_ipython().rl_next_input\n"
    )
    assert "Out[2]: 'x = 1'\n" in out
    assert "To be edited: " in out
    assert "s.py\n" in out
    assert err == ""


def test_background_runs_print_when_they_can() -> None:
    """The cell returns; `wait` waits; the badge is a line at the start and the end."""
    out, _ = _session(
        "%%subinterp --bg a\nimport time\ntime.sleep(0.3)\nprint('late')\n\n\n"
        "print('first')\n%subinterp wait\n",
    )
    assert out.index("first") < out.index("late")
    assert out.count("[a] run 1") == 2
    assert "done in" in out


def test_commands_print_tables() -> None:
    """list shows its plain text."""
    out, _ = _session("%subinterp create a\n%subinterp\n%subinterp lst\n")
    assert out.count("name  state  GIL") == 2


def test_usage_errors_are_one_line() -> None:
    """As IPython shows them."""
    _, err = _session("%%subinterp --nope a\npass\n\n\n")
    assert err.startswith("UsageError: %%subinterp")
    assert err.count("\n") == 1


def test_ctrl_c_interrupts_the_run() -> None:
    """KeyboardInterrupt in the guest, and the session goes on."""
    with _terminal() as (process, lines):
        _type(
            process,
            "%%subinterp a\nimport threading, time\n"
            "threading.Timer(0.4, print, ['on']).start()\ntime.sleep(60)\n\n\n",
        )
        _read_until(lines, lambda line: line.endswith("on\n"))
        process.send_signal(signal.SIGINT)
        _read_until(lines, lambda line: line.startswith("KeyboardInterrupt"))
        _type(process, "print('next')\nexit\n")
        _read_until(lines, lambda line: "next" in line)


def test_a_guest_asks_at_the_terminal() -> None:
    """The host's own input(), with the guest's name; its end of input counts."""
    out, err = _session(
        "%%subinterp a\nname = input('name? ')\nprint('hello', name)\n\n\nZoe\n"
        "%%subinterp a,b\nprint(input('it? '))\n\n\nit\nit\n"
        "%%subinterp a\ninput('end? ')\n\n\n"
    )
    assert "[a] name? " in out
    assert "hello Zoe\n" in out
    assert "[a] it\n" in out
    assert "[b] it\n" in out
    assert "EOFError: EOF when reading a line" in out
    assert err == ""


@pytest.mark.parametrize("options", ["", "-t 1 "])
def test_a_question_at_the_terminal_is_taken_back(options: str) -> None:
    """By Ctrl-C and by a timeout; what is typed next is for the session."""
    with _terminal() as (process, lines):
        _type(process, "%%subinterp a\n1\n\n\n")  # its shell is there
        _type(process, f"%%subinterp {options}a\nprint()\ninput('?\\n')\n\n\n")
        _read_until(lines, lambda line: line.endswith("[a] ?\n"))
        # In the instant between the prompt and the read a signal does not wake Python's
        # own input() either; a user presses again.
        again = threading.Timer(5, process.send_signal, [signal.SIGINT])
        if not options:
            process.send_signal(signal.SIGINT)
            again.start()
        error = "TimeoutError" if options else "KeyboardInterrupt"
        _read_until(lines, lambda line: line.startswith(error))
        again.cancel()
        _type(process, "print('ne' + 'xt')\nexit\n")
        _read_until(lines, lambda line: "next" in line)


@contextmanager
def _terminal() -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """Start a session and give it with its lines; it must end well by itself."""
    with subprocess.Popen(
        _START,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, iter(process.stdout.readline, "")
        process.communicate(timeout=20)
    assert process.returncode == 0


def _type(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def _read_until(lines: Iterator[str], found: Callable[[str], bool]) -> None:
    seen = []
    for line in lines:
        seen.append(line)
        if found(line):
            return
    raise AssertionError("".join(seen))
