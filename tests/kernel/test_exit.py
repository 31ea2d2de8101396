"""Restart and shutdown of the kernel, whatever its guests do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook

# Of what the same kernel took to start, which is about a second on a quiet machine.
_TIMES = 3.0
_STUCK = """\
while True:
    try:
        for _ in range(10**15): pass
    except BaseException: pass"""

_STATES = {
    "no guest": None,
    "idle": "pass",
    "running": "while True: pass",
    "sleeping": "import time; time.sleep(600)",
    "stuck": _STUCK,
    "in a lock": "import threading; lock = threading.Lock(); lock.acquire(); "
    "lock.acquire()",
    "printing": "while True: print('x' * 100)",
    "with threads": "import threading, time\n"
    "for _ in range(3): threading.Thread(target=time.sleep, args=(600,)).start()",
}
_states = pytest.mark.parametrize("state", _STATES)
pytestmark = [pytest.mark.lifecycle, pytest.mark.slow]


def _prepare(notebook: Notebook, state: str, option: str = "--bg") -> None:
    code = _STATES[state]
    if code is None:
        return
    cell = notebook.send(f"%%subinterp {option} a\nprint('on')\n{code}")
    notebook.until(lambda: "on" in cell.stdout)
    if option == "--bg":
        # A shutdown between a cell's last output and its reply closes the socket of the
        # reply, and ipykernel says so on the console, with guests or without.
        notebook.finish(cell)


def _exit_status(notebook: Notebook) -> int:
    """Ask the kernel to end, as a front end does, and wait for its process."""
    began = time.monotonic()
    notebook.client.shutdown()
    status: int = notebook.process.wait(timeout=30)
    took = time.monotonic() - began
    within = _TIMES * max(1.0, notebook.start_seconds)
    assert took < within, f"took {took:.1f} s; console: {notebook.console}"
    return status


@_states
def test_shutdown_is_quick_and_quiet(own: Notebook, state: str) -> None:
    """Exit status 0, no matter what has to be stopped, and nothing on the console."""
    _prepare(own, state)
    assert _exit_status(own) == 0
    assert own.console == ""


@pytest.mark.parametrize("state", ["running", "sleeping", "stuck"])
def test_shutdown_during_a_foreground_cell(own: Notebook, state: str) -> None:
    """The cell that waits for the guest does not hold up the exit."""
    _prepare(own, state, option="")
    assert _exit_status(own) == 0
    assert own.console == ""


@pytest.mark.parametrize("state", ["idle", "running", "stuck"])
def test_a_restarted_kernel_is_new(own: Notebook, state: str) -> None:
    """Restart works as without guests, and the new kernel has none."""
    _prepare(own, state)
    own.client.stop_channels()
    # How long that takes is the question of the other tests.
    own.manager.shutdown_wait_time = 60.0
    own.manager.restart_kernel()
    assert own.process.returncode == 0
    own.connect()
    assert own.ok("import subinterp; subinterp.list_all()").text == "[]"
    assert own.ok("%%subinterp a\n1").text == "1"
    assert own.console == ""


@pytest.mark.parametrize("where", ["", "%%subinterp a\n"])
def test_an_interrupted_cell_leaves_no_exit_status(own: Notebook, where: str) -> None:
    """Stop ends a cell of the kernel, not the kernel, whatever the cell evaluates."""
    _prepare(own, "idle")
    _interrupt_evaluation(own, where)
    # Again, as what shows the first error evaluates strings when it is imported.
    _interrupt_evaluation(own, where)
    assert _exit_status(own) == 0
    assert own.console == ""


def _interrupt_evaluation(notebook: Notebook, where: str) -> None:
    cell = notebook.send(f"{where}print('on')\neval('exec(\"while True: pass\")')")
    notebook.until(lambda: "on" in cell.stdout)
    notebook.interrupt()
    assert notebook.finish(cell).error[0] == "KeyboardInterrupt"


def test_exit_in_a_cell(own: Notebook) -> None:
    """`exit` ends the kernel with a guest at work."""
    _prepare(own, "running")
    own.run("exit")
    assert own.process.wait(timeout=30) == 0
    assert own.console == ""
