"""Tab and Shift-Tab in cells for guests: answered by the guest, also while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Cell, Notebook
    from .conftest import Gate


def _complete(notebook: Notebook, code: str) -> dict[str, Any]:
    """Press Tab where the code has a bar, or at its end."""
    before, _, after = code.partition("|")
    request = notebook.client.complete(before + after, len(before))
    return notebook.reply_to(request)


def _matches(notebook: Notebook, code: str) -> list[str]:
    matches: list[str] = _complete(notebook, code)["matches"]
    return matches


def _warm(notebook: Notebook) -> None:
    """Have the guest load what completion needs: the first time takes long."""
    notebook.ok(
        "%%subinterp a\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "with provisionalcompleter():\n"
        "    for code in '\"x\".upp', 'import textw', 'pri':\n"
        "        list(get_ipython().Completer.completions(code, len(code)))\n"
        "get_ipython().object_inspect_mime('print');"
    )


def test_names_are_those_of_the_guest(notebook: Notebook) -> None:
    """What the guest has is offered, what the notebook has is not."""
    notebook.ok("only_in_the_notebook = 1")
    _warm(notebook)
    notebook.ok("%%subinterp a\nonly_in_the_guest = 1")
    assert _matches(notebook, "%%subinterp a\nonly_in_|") == ["only_in_the_guest"]
    assert _matches(notebook, "only_in_|") == ["only_in_the_notebook"]


def test_places_and_types_are_those_of_the_cell(notebook: Notebook) -> None:
    """Positions count from the beginning of the cell, in characters."""
    _warm(notebook)
    notebook.ok("%%subinterp a\nwörter = {'schlüssel': 1}")
    code = "%%subinterp a\n# 😀\nwör|.x"
    reply = _complete(notebook, code)
    assert reply["matches"] == ["wörter"]
    start = code.index("wör")
    assert (reply["cursor_start"], reply["cursor_end"]) == (start, start + 3)
    (kind,) = reply["metadata"]["_jupyter_types_experimental"]
    assert (kind["type"], kind["start"]) == ("instance", start)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("wide['|", "schl"),
        ("%timei|", "%timeit"),
        ("import textw|", "textwrap"),
        ("'abc'.upp|", "upper"),
        ("for x in y:\n    contin|", "continue"),
    ],
)
def test_all_kinds_of_completion(notebook: Notebook, body: str, expected: str) -> None:
    """Keys, magics, modules, attributes, keywords."""
    _warm(notebook)
    notebook.ok("%%subinterp a\nwide = {'schl': 1}")
    code = f"%%subinterp a\n{body}"
    # What takes longer than half a second (jedi has much to load) comes the next time.
    answers = (_matches(notebook, code) for _ in range(20))
    assert any(expected in match for matches in answers for match in matches)


@pytest.mark.parametrize("busy", ["while True: pass", "import time; time.sleep(60)"])
def test_a_busy_guest_answers(notebook: Notebook, busy: str) -> None:
    """Its helper thread looks at the names while the cell goes on."""
    _warm(notebook)
    cell = notebook.ok(f"%%subinterp --bg a\nunfinished = 1\nprint('on')\n{busy}")
    notebook.until(lambda: cell.stdout)
    assert _matches(notebook, "%%subinterp a\nunfin|") == ["unfinished"]
    found = notebook.reply_to(
        notebook.client.inspect("%%subinterp a\nunfinished", len("%%subinterp a\nun"))
    )
    assert found["found"]
    assert "running" in notebook.badges(cell)[-1]
    notebook.ok("%subinterp interrupt a")
    notebook.wait_for_badge(cell, "interrupted")


def test_a_cell_in_the_foreground_does_not_keep_tab_waiting(
    notebook: Notebook, gate: Gate
) -> None:
    """The kernel is free while the cell waits, and the cell goes on as before."""
    _warm(notebook)
    notebook.ok("only_in_the_notebook = 1")
    cell = notebook.send(
        f"%%subinterp a\nunfinished = 1\nprint('on')\n{gate.code}\nprint('off')"
    )
    notebook.until(lambda: cell.stdout)
    assert _matches(notebook, "%%subinterp a\nunfin|") == ["unfinished"]
    assert _matches(notebook, "only_in_the_n|") == ["only_in_the_notebook"]
    inspected = notebook.watch(notebook.client.inspect("only_in_the_notebook", 4))
    notebook.until(lambda: inspected.idle_at)
    notebook.until(lambda: _states(cell)[-2:] == ["busy", "busy"])
    assert cell.idle_at is None
    gate.open()
    assert notebook.finish(cell).stdout == "on\noff\n"
    assert _states(cell)[-1] == "idle"


def _states(cell: Cell) -> list[str]:
    """What the kernel said of itself while it answered the cell."""
    return [content["execution_state"] for content in cell.of_type("status")]


def test_stop_works_after_tab(notebook: Notebook) -> None:
    """An answer given beside a cell leaves the cell its interrupts."""
    _warm(notebook)
    cell = notebook.send("%%subinterp a\nprint('on')\nwhile True: pass")
    notebook.until(lambda: cell.stdout)
    assert _matches(notebook, "%%subinterp a\nprin|") == ["print"]
    notebook.interrupt()
    assert notebook.finish(cell).error[0] == "KeyboardInterrupt"


def test_a_guest_that_keeps_its_gil_is_not_awaited(notebook: Notebook) -> None:
    """The names of its cells are the answer then, and the kernel goes on."""
    cell = notebook.ok(
        "%%subinterp --bg a\nlast_known = 1\nprint('on')\nsum(range(10**9))"
    )
    notebook.until(lambda: cell.stdout)
    assert _matches(notebook, "%%subinterp a\nlast_k|") == ["last_known"]
    assert notebook.ok("6 * 7").text == "42"
    notebook.ok("%subinterp restart a")


def test_a_guest_to_come_has_only_the_names_of_python(notebook: Notebook) -> None:
    """Nothing of the notebook is offered for it, and it is not made."""
    notebook.ok("printable = 1")
    assert _matches(notebook, "%%subinterp newcomer\nprin|") == ["print"]
    assert notebook.ok("import subinterp; subinterp.list_all()").text == "[]"


def test_completion_does_no_harm(notebook: Notebook) -> None:
    """No run appears, no output, and what a thread prints goes to its own cell."""
    _warm(notebook)
    cell = notebook.ok(
        "%%subinterp --bg a\n"
        "class Loud:\n"
        "    def __dir__(self):\n"
        "        print('LOUD')\n"
        "        raise RuntimeError\n"
        "loud = Loud()"
    )
    notebook.wait_for_badge(cell, "done")
    numbers = "from subinterp.history import history\n[r.id for r in history.all()]"
    runs = notebook.ok(numbers).text
    _complete(notebook, "%%subinterp a\nloud.|")
    assert notebook.ok(numbers).text == runs
    assert "LOUD" not in cell.stdout
    assert notebook.ok("import subinterp; subinterp.get('a').state").text == "'idle'"


def test_inspection_is_the_guests(notebook: Notebook) -> None:
    """Signature and docstring of what the guest has; its source with two marks."""
    _warm(notebook)
    notebook.ok("%%subinterp a\ndef theirs(x):\n    'It is theirs.'\n    return 57")
    code = "%%subinterp a\ntheirs(1)"
    found = notebook.reply_to(notebook.client.inspect(code, len(code) - 5))
    assert "It is theirs." in found["data"]["text/plain"]
    full = notebook.reply_to(notebook.client.inspect(code, len(code) - 5, 1))
    assert "return" in full["data"]["text/plain"]
    missing = notebook.reply_to(notebook.client.inspect("theirs", 3))
    assert not missing["found"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%subinterp cl|", "close"),
        ("%subinterp close al|", "alpha"),
        ("%subinterp close --tim|", "--timeout"),
        ("%subinterp create --gil sh|", "shared"),
        ("%subinterp create --ext|", "--extensions"),
        ("%subinterp create --extensions pr|", "private"),
        ("%subinterp check textwr|", "textwrap"),
        ("%subinterp check json textwr|", "textwrap"),
        ("%subinterp check --tim|", "--timeout"),
        ("%%subinterp al|", "alpha"),
        ("%%subinterp alpha,al|", "alpha"),
        ("%%subinterp --thr|", "--thread"),
        ("%%subinterp al|\nx = 1", "alpha"),
    ],
)
def test_commands_options_and_names(
    notebook: Notebook, line: str, expected: str
) -> None:
    """The first line is completed by the notebook, from what there is."""
    notebook.ok("%subinterp create alpha")
    matches = _matches(notebook, line)
    assert expected in matches
    assert all(match.lstrip("-")[:2] == expected.lstrip("-")[:2] for match in matches)


@pytest.mark.parametrize("option", ["--path", "--venv"])
def test_directories(notebook: Notebook, tmp_path: Path, option: str) -> None:
    """With what comes before; hidden ones if they are environments, or begun."""
    for name in ("env", "src", ".venv", ".cache", "with space"):
        (tmp_path / name).mkdir()
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (tmp_path / "env.txt").touch()
    for begun, expected in {
        "": [".venv/", "env/", "src/"],
        "e": ["env/"],
        ".": [".cache/", ".venv/"],
        "no": [],
    }.items():
        line = f"%subinterp create a {option} {tmp_path}/{begun}|"
        matches = _matches(notebook, line)  # jedi adds names: it takes "/" for a sign
        found = [match for match in matches if match.endswith(("/", ".txt"))]
        assert found == [f"{tmp_path}/{name}" for name in expected]
    notebook.ok(f"import os; before = os.getcwd(); os.chdir({str(tmp_path)!r})")
    try:
        assert "env/" in _matches(notebook, f"%subinterp create a {option} e|")
    finally:
        notebook.ok("os.chdir(before)")


def test_unloading_gives_completion_back(notebook: Notebook) -> None:
    """The host completes everything again, and knows nothing of our commands."""
    notebook.ok("%unload_ext subinterp")
    notebook.ok("taken_back = 1")
    assert "taken_back" in _matches(notebook, "%%subinterp a\ntaken_b|")
    assert "close" not in _matches(notebook, "%subinterp clo|")
    notebook.ok("%load_ext subinterp")
