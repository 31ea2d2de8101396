"""The Stop button, the timeout, and code that will not stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook

_LOOP = "while True: pass"
_SLEEP = "import time\ntime.sleep(60)"
# Says "on" when the code after it is at work: at once it would come before that.
_ON = "import threading; threading.Timer(0.4, print, ['on']).start()\n"
# A `while` loop would not do: CPython takes its jump back for outside of the `try`.
_STUBBORN = """\
go = True
while go:
    try:
        for _ in range(10**15):
            pass
    except BaseException:
        print('no')
"""


@pytest.mark.parametrize("body", [_LOOP, _SLEEP])
@pytest.mark.parametrize("wrapper", ["", "%%time\n"])
def test_stop_interrupts_the_run_of_the_cell(
    notebook: Notebook, body: str, wrapper: str
) -> None:
    """KeyboardInterrupt inside the guest, with its lines, awaited and nested."""
    cell = notebook.send(f"{wrapper}%%subinterp a\n{_ON}{body}")
    notebook.until(lambda: "on" in cell.stdout)
    notebook.interrupt()
    ename, _, traceback = notebook.finish(cell).error
    assert ename == "KeyboardInterrupt"
    assert body.splitlines()[-1] in traceback
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_a_guest_may_handle_the_interrupt(notebook: Notebook) -> None:
    """Code that catches KeyboardInterrupt ends its cell well."""
    cell = notebook.send(
        "%%subinterp a\nimport time\ntry:\n    print('on')\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('caught')\n'fine'"
    )
    notebook.until(lambda: cell.stdout)
    notebook.interrupt()
    assert notebook.finish(cell).status == "ok"
    assert cell.stdout == "on\ncaught\n"
    assert cell.text == "'fine'"


def test_stop_interrupts_all_targets(notebook: Notebook) -> None:
    """One press stops the run in every guest of the cell."""
    cell = notebook.send(f"%%subinterp a,b\n{_ON}{_SLEEP}")
    notebook.until(lambda: cell.stdout.count("on") == 2)
    notebook.interrupt()
    ename, _, traceback = notebook.finish(cell).error
    assert ename == "KeyboardInterrupt"
    assert "[a]" in traceback
    assert "[b]" in traceback


@pytest.mark.parametrize("wrapper", ["", "%%time\n"])
def test_a_second_interrupt_gives_the_cell_back(
    notebook: Notebook, wrapper: str
) -> None:
    """The stubborn run goes on in the background, with a badge and a word about it."""
    cell = notebook.send(f"{wrapper}%%subinterp a\n{_ON}{_STUBBORN}")
    notebook.until(lambda: cell.stdout)
    notebook.interrupt()
    notebook.until(lambda: "no\n" in cell.stdout)
    notebook.interrupt()
    ename, evalue, traceback = notebook.finish(cell).error
    assert ename == "KeyboardInterrupt"
    assert "in the background" in evalue
    assert "%subinterp restart a" in evalue
    assert traceback.count("\n") == 0
    assert "running" in notebook.badges(cell)[0]
    assert notebook.ok("6 * 7").text == "42"
    notebook.ok("%subinterp restart a")
    assert notebook.ok("%%subinterp a\n'new'").text == "'new'"


def test_stop_takes_a_waiting_cell_off_the_queue(notebook: Notebook) -> None:
    """A cell that waits behind a background run ends at once; that run goes on."""
    busy = notebook.ok("%%subinterp --bg a\nprint('on')\nwhile True: pass")
    notebook.until(lambda: busy.stdout)
    cell = notebook.send("%%subinterp a,b\nprint('ran')")
    notebook.until(lambda: "[b] ran" in cell.stdout)
    notebook.interrupt()
    ename, evalue, _ = notebook.finish(cell).error
    assert ename == "KeyboardInterrupt"
    assert "off the queue" in evalue
    assert "[a] ran" not in cell.stdout
    assert "running" in notebook.badges(busy)[-1]
    notebook.ok("%subinterp interrupt a")
    notebook.wait_for_badge(busy, "interrupted")


def test_stop_with_an_idle_kernel_interrupts_background_runs(
    notebook: Notebook,
) -> None:
    """No cell runs, but guests do: the button is for them."""
    cells = [
        notebook.ok(f"%%subinterp --bg {name}\n{_ON}{body}")
        for name, body in (("a", _LOOP), ("b", _SLEEP))
    ]
    notebook.until(lambda: all(cell.stdout for cell in cells))
    notebook.interrupt()
    for cell in cells:
        notebook.wait_for_badge(cell, "interrupted")
        notebook.wait_for(cell, "error")
        assert cell.of_type("error")[0]["ename"] == "KeyboardInterrupt"


def test_stop_with_an_idle_kernel_works_again(notebook: Notebook) -> None:
    """The handler for idle time survives later cells and its own use."""
    for _ in range(3):
        cell = notebook.ok(f"%%subinterp --bg a\n{_ON}{_LOOP}")
        notebook.wait_for(cell, "stream")
        notebook.ok("1")
        notebook.interrupt()
        notebook.wait_for(cell, "error")


def test_stop_during_a_host_cell_interrupts_that_cell_only(
    notebook: Notebook,
) -> None:
    """A background run does not notice what is meant for the host."""
    background = notebook.ok(f"%%subinterp --bg a\n{_ON}{_LOOP}")
    notebook.until(lambda: background.stdout)
    cell = notebook.send("import time\nprint('host', flush=True)\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout)
    notebook.interrupt()
    assert notebook.finish(cell).error[0] == "KeyboardInterrupt"
    assert notebook.ok("import subinterp; subinterp.get('a').state").text == "'running'"


def test_stop_of_a_foreground_cell_spares_other_guests(notebook: Notebook) -> None:
    """Only the runs of the cell are interrupted."""
    background = notebook.ok(f"%%subinterp --bg a\n{_ON}{_LOOP}")
    cell = notebook.send(f"%%subinterp b\n{_ON}{_LOOP}")
    notebook.until(lambda: cell.stdout and background.stdout)
    notebook.interrupt()
    assert notebook.finish(cell).error[0] == "KeyboardInterrupt"
    assert notebook.ok("import subinterp; subinterp.get('a').state").text == "'running'"


def _warm(notebook: Notebook) -> None:
    """Have the guest make its shell and load what formats tracebacks: slow."""
    assert notebook.run("%%subinterp a\n1/0").status == "error"


@pytest.mark.parametrize("wrapper", ["", "%%time\n"])
def test_a_timeout_interrupts_the_run(notebook: Notebook, wrapper: str) -> None:
    """The cell fails with TimeoutError and shows where the guest was."""
    _warm(notebook)
    cell = notebook.run(f"{wrapper}%%subinterp -t 0.3 a\n{_SLEEP}")
    ename, evalue, traceback = cell.error
    assert ename == "TimeoutError"
    assert "after 0.3 s" in evalue
    assert "time.sleep(60)" in traceback
    assert traceback.splitlines()[-1] == f"TimeoutError: {evalue}"
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_a_timeout_that_cannot_stop_the_run_gives_the_cell_back(
    notebook: Notebook,
) -> None:
    """The cell ends with TimeoutError, the run goes on in the background."""
    _warm(notebook)
    cell = notebook.run(f"%%subinterp -t 0.3 a\n{_STUBBORN}")
    ename, evalue, _ = cell.error
    assert ename == "TimeoutError"
    assert "in the background" in evalue
    assert "running" in notebook.badges(cell)[0]
    notebook.ok("%subinterp restart a")


def test_a_timeout_during_the_first_cell_does_no_harm(notebook: Notebook) -> None:
    """The guest's shell is being made at that time; later cells have one."""
    for seconds in (0.001, 0.05, 0.15):
        cell = notebook.run(f"%%subinterp --fresh -t {seconds} a\n{_SLEEP}")
        assert cell.error[0] == "TimeoutError"
        assert notebook.ok("%%subinterp a\n1").text == "1"


def test_a_run_that_ends_in_time_is_not_interrupted(notebook: Notebook) -> None:
    """Nothing of the timeout is left for the next cell."""
    notebook.ok("%%subinterp a\npass")
    notebook.ok("%%subinterp -t 0.2 a\npass")
    cell = notebook.ok("%%subinterp a\nimport time\ntime.sleep(0.4)\n'untouched'")
    assert cell.text == "'untouched'"
