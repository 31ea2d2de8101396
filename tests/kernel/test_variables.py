"""Variables that cells and commands copy between the notebook and its guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook


def test_a_cell_takes_variables_along_and_brings_some_back(notebook: Notebook) -> None:
    """By value: what the guest changes in its copy, the notebook does not see."""
    notebook.ok("x, y = [1, 2], {'k': (3, 4)}")
    cell = notebook.ok("%%subinterp -i x,y -o z --output w a\nx.append(5)\nz, w = x, y")
    assert cell.types == []
    assert notebook.ok("x, z, w").text == "([1, 2], [1, 2, 5], {'k': (3, 4)})"


def test_functions_and_classes_of_the_notebook_cross(notebook: Notebook) -> None:
    """With what they need, and back to the very same class."""
    notebook.ok(
        "import math\n"
        "from dataclasses import dataclass\n"
        "factor = 3\n"
        "@dataclass\n"
        "class Point:\n"
        "    x: float\n"
        "    def norm(self): return math.sqrt(self.x ** 2) * factor\n"
        "p = Point(-2.0)\n"
        "def norms(points): return [p.norm() for p in points]"
    )
    notebook.ok("%%subinterp -i p,norms -o n,q a\nn = norms([p, p])\nq = type(p)(7.0)")
    assert notebook.ok("n, q, type(q) is Point").text == (
        "([6.0, 6.0], Point(x=7.0), True)"
    )


def test_several_guests_bring_dicts(notebook: Notebook) -> None:
    """By the guest's name."""
    notebook.ok("base = 10")
    notebook.ok("%%subinterp -i base -o n a b\nn = base + 1")
    notebook.ok("%%subinterp a\nn = 'left'")
    assert notebook.ok("n").text == ("{'a': 11, 'b': 11}")


def test_shared_memory_is_the_same(notebook: Notebook) -> None:
    """What the guest writes is there before the cell ends, and the other way round."""
    notebook.ok("from array import array\ndata, raw = array('d', [1, 2]), bytearray(3)")
    notebook.ok("%%subinterp --share data,raw a\ndata[0] = 9; raw[:] = b'abc'")
    assert notebook.ok("data[1] = 7; data.tolist(), raw").text == (
        "([9.0, 7.0], bytearray(b'abc'))"
    )
    assert notebook.ok("%%subinterp a\ndata.tolist()").text == "[9.0, 7.0]"


def test_a_background_cell_brings_them_when_it_ends(notebook: Notebook) -> None:
    """And who waits for it finds them."""
    notebook.ok("%%subinterp --bg -o late a\nimport time; time.sleep(0.2); late = 5")
    notebook.ok("%subinterp wait a")
    assert notebook.ok("late").text == "5"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-i nope a", "the notebook has no variable 'nope' to copy"),
        ("-i a+b a", "'a+b' is not the name of a variable"),
        ("-o x, a", "'' is not the name of a variable"),
        ("--share number a", "cannot copy number"),
        ("-i lock a", "cannot copy lock"),
        ("-i number,deep a", "cannot copy deep['k'][1]"),
    ],
)
def test_what_cannot_be_copied_is_said_in_a_line(
    notebook: Notebook, line: str, said: str
) -> None:
    """The cell is not run, and nothing of it is bound."""
    notebook.ok("import threading\nlock = threading.Lock()\nnumber = 3")
    notebook.ok("deep = {'k': [1, lock]}")
    _, message, traceback = notebook.run(f"%%subinterp {line}\nran = True").error
    assert said in message
    assert "subinterp/" not in traceback
    assert len(traceback.splitlines()) <= 2
    assert notebook.ok("%%subinterp a\n'ran' in dir(), 'number' in dir()").text == (
        "(False, False)"
    )


def test_an_output_that_is_missing_or_cannot_cross_fails_the_cell(
    notebook: Notebook,
) -> None:
    """All or nothing: the others are not bound either."""
    ename, message, _ = notebook.run("%%subinterp -o fine,gone a\nfine = 1").error
    assert (ename, message) == ("NameError", "name 'gone' is not defined")
    body = "import threading\nfine, held = 1, [threading.Lock()]"
    ename, message, _ = notebook.run(f"%%subinterp -o fine,held a\n{body}").error
    assert ename == "TransferError"
    assert "cannot copy held[0]" in message
    assert notebook.ok("'fine' in dir()").text == "False"


def test_a_cell_that_fails_brings_nothing(notebook: Notebook) -> None:
    """Its error is shown as any cell's."""
    assert notebook.run("%%subinterp -o v a\nv = 1\n1/0").error[0] == (
        "ZeroDivisionError"
    )
    assert notebook.ok("'v' in dir()").text == "False"


def test_push_and_pull(notebook: Notebook) -> None:
    """Also under another name, and from several guests as a dict."""
    notebook.ok("x = {'a': 1}\n%subinterp create a b\n%subinterp push a x")
    notebook.ok("%%subinterp a\nx['b'] = 2; y = 5")
    notebook.ok("%subinterp pull a x as z y")
    assert notebook.ok("x, y, z").text == "({'a': 1}, 5, {'a': 1, 'b': 2})"
    notebook.ok("%subinterp push all y\n%subinterp pull all y as both")
    assert notebook.ok("both").text == "{'a': 5, 'b': 5}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pull a nope", "name 'nope' is not defined in interpreter 'a'"),
        ("pull a x as", "x as what?"),
        ("pull nobody x", "cannot find interpreter 'nobody'"),
        ("push a nope", "the notebook has no variable 'nope' to copy"),
    ],
)
def test_what_push_and_pull_cannot_do(notebook: Notebook, line: str, said: str) -> None:
    """One line each."""
    notebook.ok("%%subinterp a\nx = 1")
    _, message, traceback = notebook.run(f"%subinterp {line}").error
    assert said in message
    assert len(traceback.splitlines()) <= 1


def test_push_to_a_busy_guest_can_be_interrupted(notebook: Notebook) -> None:
    """It waits for its turn; giving up copies nothing."""
    busy = notebook.send("%%subinterp --bg a\nprint('on')\nwhile True: pass")
    notebook.until(lambda: "on" in busy.stdout)
    notebook.finish(busy)
    waiting = notebook.send("x = 1\nprint('now')\n%subinterp push a x")
    notebook.until(lambda: "now" in waiting.stdout)
    notebook.interrupt()
    ename, message, _ = notebook.finish(waiting).error
    assert (ename, message) == (
        "KeyboardInterrupt",
        "stopped waiting; nothing was copied",
    )
    notebook.ok("%subinterp interrupt a")
    notebook.ok("%subinterp wait a")
    assert notebook.ok("%%subinterp a\n'x' in dir()").text == "False"


@pytest.mark.parametrize("uses", ["", " + one"])
def test_a_traceback_has_the_notebooks_own_lines(notebook: Notebook, uses: str) -> None:
    """Of a function that a cell of the notebook defines and a guest calls."""
    notebook.ok(f"one = 1\ndef fails(x):\n    return x / 0{uses}  # just here")
    notebook.ok("import subinterp\na = subinterp.create('a')")
    _, _, traceback = notebook.run("a.call(fails, 1)").error
    assert "# just here" in traceback
    _, _, traceback = notebook.run("%%subinterp -i fails a\nfails(2)").error
    assert "# just here" in traceback
    assert "fails(2)" in traceback
