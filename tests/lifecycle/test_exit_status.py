"""The exit status of a process is its script's own, whatever its guests do.

- The script's error or choice stays.
- A KeyboardInterrupt in a guest does not end the process by SIGINT, and one that ends the
  script does (CPython 3.13 has one flag for that, which every interpreter sets and clears).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from . import child
from .busy import BUSY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.lifecycle

_SECONDS = 3.0


@pytest.mark.parametrize("what", ["idle", "loop", "swallowing loop", "stuck thread"])
@pytest.mark.parametrize(
    ("end", "status", "stderr"),
    [
        ("raise ValueError('mine')", 1, r"Traceback .*\nValueError: mine\n"),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('mine')", 1, "mine\n"),
        ("os._exit(4)", 4, ""),
    ],
)
def test_the_exit_status_stays(what: str, end: str, status: int, stderr: str) -> None:
    """Guests change neither the status nor the message of the script's own end."""
    ended = child.run(
        f"""
        import os, sys
        from lifecycle.stage import *
        begin(subinterp.create("a"), BUSY[sys.argv[1]])
        leave()
        {end}
        """,
        what,
        status=status,
        stderr=stderr,
    )
    assert ended.exit_seconds < _SECONDS


def test_exit_status_of_a_guest_closed_in_finally() -> None:
    """An error of the script passes through the close of its guest."""
    child.run(
        """
        from lifecycle.stage import *
        with subinterp.create("a") as guest:
            begin(guest, "while True: pass")
            raise ValueError("mine")
        """,
        status=1,
        stderr=r"Traceback .*\nValueError: mine\n",
    )


_EVALUATES = """
    def wait():
        begun()
        while True: x = 1
    eval("wait()")
"""


@pytest.mark.parametrize("thread", [None, "second"])
@pytest.mark.parametrize("what", ["loop", "sleep", "raise", "evaluation"])
def test_an_interrupted_guest_leaves_no_exit_status(
    what: str, thread: str | None
) -> None:
    """On 3.13 a KeyboardInterrupt out of a string's evaluation ends the process by SIGINT.

    Twice, as reporting the first one imports what evaluates strings itself.
    """
    child.run(
        """
        import sys
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for _ in range(2):
            run = begin(guest, sys.argv[1], thread=THREAD)
            run.interrupt()
            raises(KeyboardInterrupt, run.result)
        """.replace("THREAD", repr(thread)),
        {**BUSY, "raise": "raise KeyboardInterrupt", "evaluation": _EVALUATES}[what],
    )


def test_an_interrupt_that_was_handled_is_no_exit_status() -> None:
    """What was shown last need not have ended the script."""
    child.run(
        """
        import code
        from lifecycle.stage import *
        subinterp.create("a")
        code.InteractiveConsole().push("raise KeyboardInterrupt")
        """,
        stderr=r"Traceback .*\nKeyboardInterrupt\n",
    )


@pytest.mark.parametrize("last", ["exit()", "1"])
def test_a_prompt_has_the_exit_status_that_it_has_without_guests(last: str) -> None:
    """An interrupt ended a statement there; what that means is left to CPython."""
    child.run(
        """
        import subprocess, sys
        statements = f"import signal\\nsignal.raise_signal(2)\\n{sys.argv[1]}\\n"
        def status(script):
            command = [sys.executable, "-i", "-q", "-c", script]
            return subprocess.run(command, input=statements, text=True,
                stderr=subprocess.DEVNULL).returncode
        with_guests = status('''if True:
            from lifecycle.stage import *
            subinterp.create("a")
            begin(subinterp.create("b"), "while True: eval('0')")
        ''')
        assert with_guests == status("pass"), with_guests
        """,
        last,
    )


@pytest.mark.parametrize("how", ["-c", "-m", "file"])
@pytest.mark.parametrize("what", ["idle", "strings", "evaluation", "swallowing loop"])
def test_an_interrupt_that_ends_the_script_is_its_exit_status(
    what: str, how: str, tmp_path: Path
) -> None:
    """It ends by SIGINT, as its parent expects, whatever its guests evaluate."""
    guests = {**BUSY, "strings": "while True: eval('0')", "evaluation": _EVALUATES}
    script = f"""if True:
        import signal
        from lifecycle.stage import *
        begin(subinterp.create("a"), {guests[what]!r})
        leave()
        signal.raise_signal(signal.SIGINT)
    """
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = {"-c": ["-c", script], "-m": ["-m", "script"], "file": ["script.py"]}
    ended = child.run(
        """
        import os, sys
        os.chdir(sys.argv[1])
        os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
        """,
        str(tmp_path),
        *command[how],
        status=-signal.SIGINT,
        stderr=r"Traceback .*\nKeyboardInterrupt\n",
    )
    assert ended.exit_seconds < _SECONDS
