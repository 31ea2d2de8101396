"""Guests that are made in advance, as a notebook sees them: not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .client import Cell, Notebook

_TOOLS = """\
import logging, subinterp, threading
from subinterp.ready import ready
def waiting(number=1):
    assert ready.count(30) == number, ready.count()
    return [guest.id for guests in ready._guests.values() for guest in guests]
def took(name, ids):
    return subinterp.get(name).id in ids
"""


@pytest.fixture
def pool(notebook: Notebook) -> Notebook:
    """The kernel of the module, with one guest ready."""
    notebook.ok(_TOOLS)
    notebook.ok("ids = waiting()")
    return notebook


@pytest.mark.parametrize(
    "first",
    [
        "%%subinterp a\npass",
        "%%subinterp --fresh a\npass",
        "%%subinterp --bg a\npass",
        "%subinterp create a",
        "subinterp.create('a')",
    ],
)
def test_a_new_name_takes_a_ready_guest(pool: Notebook, first: str) -> None:
    """However it is made; and the pool is full again later."""
    pool.ok(first)
    assert pool.ok("took('a', ids), took('a', waiting())").text == "(True, False)"


@pytest.mark.parametrize("again", ["%subinterp restart a", "%%subinterp --fresh a\n1"])
def test_a_successor_is_a_ready_guest(pool: Notebook, again: str) -> None:
    """A restart takes one, too, and nothing of the old one is left."""
    pool.ok("%%subinterp a\nx = 1")
    pool.ok("ids = waiting()")
    pool.ok(again)
    assert pool.ok("took('a', ids)").text == "True"
    assert pool.ok("%%subinterp a\n'x' in globals()").text == "False"


@pytest.mark.parametrize(
    "options", ["--gil shared", "--path .", "--extensions private"]
)
def test_other_settings_take_none(pool: Notebook, options: str) -> None:
    """Who asks for something else gets what was asked for."""
    pool.ok(f"%subinterp create a {options}")
    assert pool.ok("took('a', ids), waiting() == ids").text == "(False, True)"


def test_several_names_at_once(pool: Notebook) -> None:
    """One of them takes the guest, the others are made."""
    cell = pool.ok("%%subinterp a b c\nprint('in')")
    assert sorted(cell.stdout.split("\n")) == ["", "[a] in", "[b] in", "[c] in"]
    pool.ok("waiting()")


def test_nobody_sees_ready_guests(pool: Notebook) -> None:
    """They are in no list, and no pattern stands for them."""
    assert pool.ok("subinterp.list_all()").text == "[]"
    assert "no interpreters" in pool.ok("%subinterp").text
    known = "[run.id for run in subinterp.registry.runs()]"
    pool.ok(f"before = {known}; subinterp.create('a')")
    pool.ok("ids = waiting()")
    assert pool.ok(f"{known} == before").text == "True"
    pool.ok("%subinterp close a")
    assert pool.run("%%subinterp *\npass").status == "error"
    pool.ok("%subinterp close all")
    assert pool.ok("waiting() == ids").text == "True"


_SELF = """\
%%subinterp a
import os, sys, threading, _subinterp
from pathlib import Path
[_subinterp.name, Path('/proc/thread-self/comm').read_text(), sys.path[0], sys.argv,
 get_ipython().colors, os.environ.get('LATER'), os.environb.get(b'EARLIER'),
 os.getcwd() == get_ipython().starting_dir == str(_dh[0]), len(_dh),
 In, _i, len(Out), __name__, threading.current_thread() is threading.main_thread()]
"""
_CHANGES = """\
import os, sys
sys.path.insert(0, '/new/path'); sys.argv = ['new', 'arguments']
get_ipython().colors = 'linux'
os.environ['LATER'] = 'set'; del os.environ['EARLIER']
os.chdir({folder!r})
"""


def test_a_ready_guest_is_as_a_new_one(
    start_kernel: Callable[..., Notebook], tmp_path: Path
) -> None:
    """What the host changes after it was made holds in it: the same as with no pool."""
    answers = []
    for size in (1, 0):
        notebook = start_kernel(extension=False)
        notebook.ok("import os; os.environ['EARLIER'] = 'set'")
        notebook.ok("%load_ext subinterp")
        notebook.ok(_TOOLS)
        notebook.ok(f"%config SubinterpMagics.pool_size = {size}")
        notebook.ok(f"ids = waiting({size})")
        notebook.ok(_CHANGES.format(folder=str(tmp_path)))
        answers.append(notebook.ok(_SELF).text)
        assert notebook.ok("took('a', ids)").text == str(bool(size))
    assert answers[0] == answers[1]
    assert answers[0].startswith(
        "['a',\n 'a\\n',\n '/new/path',\n ['new', 'arguments']"
    )
    assert "'linux',\n 'set',\n None,\n True,\n 1,\n" in answers[0]


def _unasked(pool: Notebook) -> Cell:
    return pool.run("%%subinterp a\ninput()", allow_stdin=False)


def test_errors_tell_the_name(pool: Notebook) -> None:
    """Not that the guest had none when it was made."""
    error = pool.run("%%subinterp a\nimport subinterp").error
    assert "in interpreter 'a'" in error[1]
    assert "in interpreter 'a'" in _unasked(pool).error[1]
    assert "close a'" in pool.ok("%%subinterp a\nexit()").stdout


def test_modules_that_came_later_are_found(pool: Notebook, tmp_path: Path) -> None:
    """What a guest knows of directories is as new as its name."""
    folder = tmp_path / "later"
    pool.ok(f"import sys; sys.path.append({str(folder)!r})")
    pool.ok("%%subinterp spent\npass")
    pool.ok("waiting()")
    folder.mkdir()
    (folder / "made_later.py").write_text("x = 5")
    assert pool.ok("%%subinterp a\nimport made_later; made_later.x").text == "5"
    pool.ok("sys.path.pop()")


def test_the_pool_fills_after_the_cell(pool: Notebook) -> None:
    """Not while the cell that took a guest goes on, nor after a cell within it."""
    cell = pool.ok(
        "get_ipython().run_cell('%subinterp create a')\n"
        "print(ready.count(5), ready._maker.is_alive())"
    )
    assert cell.stdout.endswith("0 False\n")
    pool.ok("waiting()")


def test_size_zero_keeps_none(pool: Notebook) -> None:
    """What is there goes at once; names get guests all the same; and back."""
    pool.ok("%config SubinterpMagics.pool_size = 0")
    assert pool.ok("ready.count()").text == "0"
    assert pool.ok("%%subinterp a\n6 * 7").text == "42"
    assert pool.ok("ready.count(30)").text == "0"
    pool.ok("%config SubinterpMagics.pool_size = 2")
    pool.ok("waiting(2)")
    pool.ok("%config SubinterpMagics.pool_size = 1")
    pool.ok("waiting(1)")


def test_short_memory_is_no_news(pool: Notebook) -> None:
    """The pool stays empty in silence, and fills when there is memory."""
    pool.ok("%config SubinterpMagics.memory_floor = 1 << 40")
    assert pool.ok("%%subinterp a\n1").text == "1"  # that one was there
    assert pool.ok("ready.count(30)").text == "0"
    assert "are needed" in pool.run("%%subinterp b\n1").error[1]
    pool.ok("%config SubinterpMagics.memory_floor = 64")
    pool.ok("waiting()")


def test_a_failure_is_told_once(own: Notebook) -> None:
    """Guests that cannot become ready are no longer tried; cells work all the same."""
    own.ok(_TOOLS)
    own.ok("waiting()")
    own.ok(
        "told = []; handler = logging.Handler(); handler.emit = told.append\n"
        "logging.getLogger('subinterp').addHandler(handler)\n"
        "from subinterp import ready as module\n"
        "good, module._WARM = module._WARM, module.marshal.dumps(('nonsense',))"
    )
    for name in "abc":
        assert own.ok(f"%%subinterp {name}\n1").text == "1"
        assert own.ok("ready.count(30)").text == "0"
    assert own.ok("[record.getMessage() for record in told]").text.count("made") == 1
    own.ok("module._WARM = good")
    own.ok("%config SubinterpMagics.pool_size = 2")
    own.ok("waiting(2)")


def test_unloading_ends_ready_guests(start_kernel: Callable[..., Notebook]) -> None:
    """Those that are there, and the one that is being made."""
    notebook = start_kernel(extension=False)
    notebook.ok("import _interpreters, subinterp\n" + _TOOLS)
    notebook.ok("%load_ext subinterp")
    notebook.ok("waiting()")
    notebook.ok("%config SubinterpMagics.pool_size = 3")
    notebook.ok("%unload_ext subinterp")
    assert notebook.ok("len(_interpreters.list_all())").text == "1"
    names = "[t.name for t in threading.enumerate() if 'subinterp' in t.name]"
    assert notebook.ok(names).text == "[]"


def test_a_shell_command_finds_them_no_hindrance(pool: Notebook) -> None:
    """It forks the kernel."""
    assert pool.ok("!echo out").stdout.strip() == "out"
    assert pool.ok("%%subinterp a\n1").text == "1"
    assert pool.ok("took('a', ids)").text == "True"
