"""The real packages in a guest: refused in one line, without a part, or loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import pytest

from .packages import LOADED, LOSSES, REFUSALS, Refusal, installed

if TYPE_CHECKING:
    from subinterp import Interpreter

pytestmark = pytest.mark.integrations


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.imported)
def test_a_refusal_is_one_line(guest: Interpreter, refusal: Refusal) -> None:
    """Module, package, reason and what to do; no wrapping of the package's own."""
    installed(refusal.imported)
    before = set(sys.modules)

    for _ in range(2):  # what is left of the first time must not hide it
        with pytest.raises(ImportError) as caught:
            guest.exec(f"import {refusal.imported}")

        assert type(caught.value) is ImportError
        text = str(caught.value)
        assert text.startswith(f"{refusal.words}; import it with extensions=")
        assert "\n" not in text
    packages = {name.partition(".")[0] for name in set(sys.modules) - before}
    asked = {refusal.imported, refusal.module}
    assert not packages & {name.partition(".")[0] for name in asked}


def test_the_shell_shows_the_line_too(guest: Interpreter) -> None:
    """And where the cell asked for it, nothing of what NumPy says."""
    installed("numpy")

    run = guest.start_cell("x = 1\nimport numpy", execution_count=1)
    run.exception()

    assert run.error is not None
    assert run.error.ename == "ImportError"
    assert run.error.evalue.startswith("cannot import 'numpy._core._multiarray_umath'")
    shown = "\n".join(run.error.traceback)
    assert "import numpy" in run.error.text
    assert "troubleshooting" not in shown
    assert len(shown.splitlines()) < 12


@pytest.mark.parametrize("imported", LOSSES)
def test_a_package_without_its_native_part_is_told_of(
    guest: Interpreter, imported: str
) -> None:
    """Once, in one line, where it was imported."""
    installed(imported)

    run = guest.start(f"import {imported}")
    run.result()
    again = guest.start(f"import {imported}")
    again.result()

    warned = [line for line in run.stderr.splitlines() if "RuntimeWarning" in line]
    assert len(warned) == 1
    assert warned[0].startswith(f"<run {run.id} in a>:1: ")
    assert f" without {LOSSES[imported]}" in warned[0]
    assert again.stderr == ""


@pytest.mark.parametrize("imported", LOADED)
def test_a_package_that_is_made_for_it_is_loaded(
    guest: Interpreter, imported: str
) -> None:
    """With its native part, and no word."""
    installed(imported)

    run = guest.start(f"import {imported}")
    run.result()

    assert run.stderr == ""


def test_a_native_part_that_is_loaded_late_is_refused_late(guest: Interpreter) -> None:
    """cffi imports, and cannot be used."""
    installed("cffi")
    guest.exec("import cffi")

    with pytest.raises(ImportError, match=r"^cannot import '_cffi_backend' of cffi "):
        guest.exec("cffi.FFI()")


def test_nothing_that_loads_is_refused_by_its_file() -> None:
    """CPython itself decides, in a guest without our check, for all that is there.

    In a process of its own: what is refused here is run in the host there.
    """
    script = """
if True:
    import sys, subinterp
    from subinterp.settings import Settings
    Settings._checked_extensions = lambda self: None
    guest = subinterp.create("a")
    guest.exec('''
import importlib, sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from subinterp_guest.extensions import check
wrong = []
for path, name in NAMES:
    spec = ModuleSpec(name, ExtensionFileLoader(name, path), origin=path)
    try:
        check(spec)
    except ImportError:
        try:
            spec.loader.create_module(spec)
        except ImportError:
            continue
        wrong.append(name)
'''.replace("NAMES", repr([a.split(":") for a in sys.argv[1:]])))
    print(guest.pull("wrong"))
"""
    names = ("markupsafe", "pyzmq", "psutil", "tornado", "numpy", "pillow")
    files = [
        file
        for name in names
        for file in distribution(name).files or ()
        if file.name.endswith(".so") and ".libs" not in str(file.parent)
    ]
    modules = [str(file).partition(".")[0].replace("/", ".") for file in files]
    arguments = [
        f"{file.locate()}:{module}" for file, module in zip(files, modules, strict=True)
    ]

    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
        env=os.environ,
    )

    assert len(files) > 20
    assert done.stdout == "[]\n"
