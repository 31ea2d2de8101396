"""`%subinterp create NAME --venv DIR`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import environments

if TYPE_CHECKING:
    from pathlib import Path

    from .client import Notebook


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return environments.make(tmp_path / "env", lib="1.0")


def test_create_with_an_environment(notebook: Notebook, environment: Path) -> None:
    """A real shell there, with its packages; beside one of another environment."""
    other = environments.make(environment.with_name("other"), lib="2.0")
    notebook.ok(f"%subinterp create a --venv {environment}")
    notebook.ok(f"%subinterp create b --venv {other}")
    for name, version in (("a", "1.0"), ("b", "2.0")):
        cell = notebook.ok(f"%%subinterp {name}\nimport lib\nlib.VERSION")
        assert cell.text == repr(version)


def test_directories_and_an_environment(notebook: Notebook, environment: Path) -> None:
    """Those of --path come first, wherever they are named; a restart keeps both."""
    folder = environment.parent / "folder"
    folder.mkdir()
    (folder / "lib.py").write_text("VERSION = 'path'")
    notebook.ok(f"%subinterp create a --venv {environment} --path {folder}")
    where = "%%subinterp a\nimport lib, sys\nprint(lib.VERSION, sys.path[1])"
    expected = f"path {environments.packages(environment)}\n"
    assert notebook.ok(where).stdout == expected
    notebook.ok("%subinterp restart a")
    assert notebook.ok(where).stdout == expected


def test_programs_are_the_environments(notebook: Notebook, environment: Path) -> None:
    """``%pip`` asks its Python, which has none here, and ``!python`` is that."""
    notebook.ok(f"%subinterp create a --venv {environment}")
    asked = notebook.ok("%%subinterp a\n%pip --version")
    assert f"{environment}/bin/python: No module named pip" in asked.stdout
    asked = notebook.ok("%%subinterp a\n!python -c 'import sys; print(sys.prefix)'")
    assert asked.stdout.strip() == str(environment)


def test_names_are_read_as_by_a_shell(
    notebook: Notebook, tmp_path: Path, environment: Path
) -> None:
    """With quotes, or from the home directory."""
    spaced = environments.make(tmp_path / "with space", lib="2.0")
    notebook.ok(f"%subinterp create a --venv '{spaced}' --path \"{tmp_path}\"")
    assert notebook.ok("%%subinterp a\nimport lib; lib.VERSION").text == "'2.0'"
    notebook.ok("import os; home = os.environ.get('HOME')")
    notebook.ok(f"os.environ['HOME'] = {str(tmp_path)!r}")
    try:
        notebook.ok(f"%subinterp create b --venv ~/{environment.name}")
    finally:
        notebook.ok("os.environ.pop('HOME') and home and os.environ.update(HOME=home)")
    assert notebook.ok("%%subinterp b\nimport lib; lib.VERSION").text == "'1.0'"


def test_what_is_no_environment_gets_one_line(
    notebook: Notebook, tmp_path: Path
) -> None:
    """Nothing is made."""
    name, message, traceback = notebook.run(
        f"%subinterp create a --venv {tmp_path}"
    ).error
    assert name == "UsageError"
    assert "is no virtual environment" in message
    assert traceback.count("\n") == 0
    ename, message, _ = notebook.run("%subinterp create a --path ~nobody-here").error
    assert (ename, message[:8]) == ("UsageError", "path has")
    assert notebook.ok("import subinterp; subinterp.list_all()").text == "[]"
