"""The extension's settings, wherever they are made."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

import pytest

from .client import Notebook

_TRAITS = ("pool_size", "replay_size", "badge", "gil", "extensions", "memory_floor")


@pytest.fixture
def configured(notebook: Notebook) -> Iterator[Notebook]:
    """The kernel of the module, with the defaults again afterwards."""
    notebook.ok(
        f"from subinterp.magics.config import Subinterp as S; traits = {_TRAITS}"
    )
    yield notebook
    for trait in _TRAITS:
        notebook.ok(f"%config SubinterpMagics.{trait} = S.{trait}.default_value")


def test_config_lists_all(configured: Notebook) -> None:
    """With the help of each."""
    assert "SubinterpMagics" in configured.ok("%config").stdout
    text = configured.ok("%config SubinterpMagics").stdout
    for trait in _TRAITS:
        assert f"SubinterpMagics.{trait}=" in text
    assert "the first cell under a new name" in " ".join(text.split())
    assert configured.ok("%config SubinterpMagics.pool_size").text == "1"


def test_the_command_line(tmp_path: Path) -> None:
    """As any setting of Jupyter's, by the name of the class."""
    notebook = Notebook(
        tmp_path / "console", "--ext=subinterp", "--Subinterp.pool_size=2"
    )
    try:
        notebook.ok("from subinterp.ready import ready")
        assert notebook.ok("ready.count(30)").text == "2"
        assert notebook.console == ""
    finally:
        notebook.close()


def test_a_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In ipython_config.py, which terminal IPython and the kernel read."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = tmp_path / "ipython" / "profile_default"
    folder.mkdir(parents=True)
    (folder / "ipython_kernel_config.py").write_text(
        "c.Subinterp.gil = 'shared'\nc.Subinterp.badge = False\n"
    )
    notebook = Notebook(tmp_path / "console", "--ext=subinterp")
    try:
        notebook.ok("%subinterp create a")
        assert "shared" in notebook.ok("%subinterp").text
        assert notebook.ok("%config SubinterpMagics.badge").text == "False"
    finally:
        notebook.close()


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("pool_size = -1", "pool_size"),
        ("pool_size = 'many'", "pool_size"),
        ("gil = 'none'", "gil"),
        ("extensions = 'loose'", "extensions"),
        ("memory_floor = None", "memory_floor"),
        ("replay_size = -5", "replay_size"),
        ("badge = 'perhaps'", "badge"),
    ],
)
def test_bad_values_get_one_line(
    configured: Notebook, setting: str, problem: str
) -> None:
    """IPython's own way to refuse; the value stays."""
    before = configured.ok(f"%config SubinterpMagics.{problem}").text
    cell = configured.ok(f"%config SubinterpMagics.{setting}")
    assert problem in cell.stderr
    assert cell.stderr.count("\n") == 1
    assert configured.ok(f"%config SubinterpMagics.{problem}").text == before


def test_a_bad_configuration_is_refused_in_one_line(
    start_kernel: Callable[..., Notebook],
) -> None:
    """Loading fails, leaves nothing, and works once it is corrected."""
    notebook = start_kernel(extension=False)
    notebook.ok("get_ipython().config.Subinterp.pool_size = -1")
    error = notebook.run("%load_ext subinterp").error
    assert error[0] == "UsageError"
    assert "pool_size" in error[1]
    assert "correct the configuration" in error[1]
    assert "Subinterp" not in notebook.ok("%config").stdout
    notebook.ok("get_ipython().config.Subinterp.pool_size = 0")
    notebook.ok("%load_ext subinterp")
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_badges_can_be_turned_off(configured: Notebook) -> None:
    """And on again, for the next cell."""
    for shown in (False, True):
        configured.ok(f"%config SubinterpMagics.badge = {shown}")
        cell = configured.ok("%%subinterp --bg a\npass")
        configured.ok("%subinterp wait")
        assert bool(cell.of_type("display_data")) is shown


def test_the_gil_of_new_guests(configured: Notebook) -> None:
    """Of cells and of create, unless that says otherwise; in Python it is said."""
    configured.ok("%config SubinterpMagics.gil = 'shared'")
    configured.ok("%%subinterp cell\npass")
    configured.ok("%subinterp create command")
    configured.ok("%subinterp create explicit --gil own")
    configured.ok("import subinterp; subinterp.create('python')")
    gils = configured.ok("[guest.gil for guest in subinterp.list_all()]").text
    assert gils == "['shared', 'shared', 'own', 'own']"


def test_the_extensions_of_new_guests(configured: Notebook) -> None:
    """Likewise; what shares the notebook's GIL has no choice."""
    configured.ok("%config SubinterpMagics.extensions = 'private'")
    configured.ok("%%subinterp cell\npass")
    configured.ok("%subinterp create command")
    configured.ok("%subinterp create explicit --extensions strict")
    configured.ok("%subinterp create shared --gil shared")
    configured.ok("import subinterp; subinterp.create('python')")
    kinds = configured.ok("[guest.extensions for guest in subinterp.list_all()]").text
    assert kinds == "['private', 'private', 'strict', 'strict', 'strict']"


def test_extensions_that_this_system_cannot_have(configured: Notebook) -> None:
    """The setting is refused, not each cell."""
    configured.ok("import sys; system, sys.platform = sys.platform, 'darwin'")
    cell = configured.ok("%config SubinterpMagics.extensions = 'private'")
    configured.ok("sys.platform = system")
    assert "extensions='private' needs Linux" in cell.stderr
    assert configured.ok("%config SubinterpMagics.extensions").text == "'strict'"


def test_how_much_output_is_kept(configured: Notebook) -> None:
    """The end of it, of runs that go on as of later ones."""
    configured.ok("import subinterp; run = subinterp.create('a').start('print(1)')")
    configured.ok("run.result(10)")
    configured.ok("%config SubinterpMagics.replay_size = 100_000")
    configured.ok(
        "run = subinterp.get('a').start('''\nfor i in range(9):\n"
        "    print(str(i) * 65_000)\n''')\nrun.result(10)"
    )
    assert configured.ok("run.stdout[-3:]").text == r"'88\n'"
    assert configured.ok("50_000 < run.record.size <= 100_000").text == "True"


def test_the_memory_that_must_be_free(configured: Notebook) -> None:
    """The message names the user's figure."""
    configured.ok("%config SubinterpMagics.memory_floor = 999_999_999")
    configured.ok("%config SubinterpMagics.pool_size = 0")
    error = configured.run("%%subinterp a\npass").error
    assert error[0] == "InterpreterStartError"
    assert "999999999 are needed" in error[1]


def test_unloading_restores_the_defaults(
    start_kernel: Callable[..., Notebook],
) -> None:
    """They are settings of the extension, not of the module."""
    notebook = start_kernel(extension=False)
    notebook.ok("from subinterp.preferences import Preferences, preferences")
    notebook.ok("%load_ext subinterp")
    notebook.ok("%config SubinterpMagics.replay_size = 5")
    notebook.ok("%config SubinterpMagics.gil = 'shared'")
    notebook.ok("%unload_ext subinterp")
    assert notebook.ok("preferences == Preferences()").text == "True"


def test_terminal_ipython_takes_them_too() -> None:
    """The same class, the same option."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner"),
            *("--ext=subinterp", "--Subinterp.pool_size=0", "--colors=nocolor"),
            *("-c", "%config SubinterpMagics.pool_size"),
        ],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_guests_have_the_notebooks_profile(
    tmp_path: Path, start_kernel: Callable[..., Notebook]
) -> None:
    """What is stored there is found by both."""
    (tmp_path / "profile_work").mkdir()
    notebook = start_kernel(f"--ipython-dir={tmp_path}", "--profile=work")
    notebook.ok("answer = 42\n%store answer")
    notebook.ok("%%subinterp a\n%store -r answer")
    assert notebook.ok("%%subinterp a\nanswer").text == "42"
    where = "get_ipython().ipython_dir, get_ipython().profile_dir.location"
    assert notebook.ok(f"%%subinterp a\n{where}").text == notebook.ok(where).text
    assert [path.name for path in tmp_path.glob("profile_*")] == ["profile_work"]
