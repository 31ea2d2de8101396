"""A guest loads any extension module from a copy of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import subinterp
from extension_modules import build
from private_modules import build_library, build_module
from subinterp.settings import guest_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from subinterp import Interpreter

type Make = Callable[[str], Interpreter]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="private copies are made on Linux only"
)


@pytest.fixture(autouse=True)
def without_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried first, nor found in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(guest_options, "untried", True)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A directory on the guests' path."""
    folder = tmp_path / "packages"
    folder.mkdir()
    return folder


@pytest.fixture
def make(packages: Path) -> Make:
    """Make a guest with private copies."""

    def make(name: str) -> Interpreter:
        return subinterp.create(name, path=packages, extensions="private")

    return make


def value(guest: Interpreter, source: str) -> object:
    guest.exec(f"value = {source}")
    return guest.pull("value")


def both(make: Make) -> tuple[Interpreter, Interpreter]:
    """Make two guests that have imported the module."""
    guests = make("a"), make("b")
    for guest in guests:
        guest.exec("import counting")
    return guests


def failure(guest: Interpreter, module: str) -> str:
    with pytest.raises(ImportError) as caught:
        guest.exec(f"import {module}")
    assert "\n" not in str(caught.value)
    assert caught.value.name == module
    return str(caught.value)


def test_static_variables_are_each_guests_own(make: Make, packages: Path) -> None:
    """Also where the host has the module, and a guest of the same name had it."""
    build_module("count", packages, "counting")
    a, b = both(make)

    assert [value(a, "counting.count()") for _ in range(3)] == [1, 2, 3]
    assert value(b, "counting.count()") == 1
    a.restart()
    a.exec("import counting")
    assert value(a, "counting.count()") == 1


def test_the_module_names_the_original(make: Make, packages: Path) -> None:
    """Its file, its spec, its own name and that of its functions."""
    (packages / "outer").mkdir()
    (packages / "outer/__init__.py").touch()
    path = build_module("count", packages / "outer", "counting")
    guest = make("a")

    guest.exec("from outer import counting")

    assert value(guest, "counting.__file__") == str(path)
    assert value(guest, "counting.__spec__.origin") == str(path)
    assert value(guest, "counting.__name__") == "outer.counting"
    assert value(guest, "counting.count.__module__") == "outer.counting"


def test_a_forgotten_module_comes_back_as_it_was(make: Make, packages: Path) -> None:
    """One without phases is initialized once, as CPython does it."""
    build_module("count", packages, "counting")
    guest = make("a")

    guest.exec("import sys, counting; counting.count(); del sys.modules['counting']")
    guest.exec("import counting")

    assert value(guest, "counting.count()") == 2


@pytest.mark.parametrize("kind", ["single_phase", "undeclared", "declared"])
def test_modules_of_each_kind_are_loaded(make: Make, packages: Path, kind: str) -> None:
    """Whatever they declare."""
    build(kind, packages)
    guest = make("a")

    guest.exec(f"import {kind}")

    assert value(guest, f"{kind}.answer") == 42


@pytest.mark.skipif(sys.version_info < (3, 15), reason="PEP 793 came with 3.15")
@pytest.mark.parametrize("kind", ["exported", "exported_undeclared"])
def test_tables_of_slots_are_loaded(make: Make, packages: Path, kind: str) -> None:
    """Those have no initialization function at all."""
    build(kind, packages)
    guest = make("a")

    guest.exec(f"import {kind}")

    assert value(guest, f"{kind}.answer") == 42


def test_a_name_beyond_ascii_is_found(make: Make, packages: Path) -> None:
    """PEP 489 gives its function another name."""
    source = build_module("count", packages, "U_zhl_koa4a".removeprefix("U_"))
    guest = make("a")
    # Only the lookup of the name is in question.
    source.rename(packages / source.name.replace("zhl_koa4a", "zähl"))

    assert "PyInitU_zhl_" in failure(guest, "zähl")


def test_an_exception_of_the_module_is_raised_as_it_is(
    make: Make, packages: Path
) -> None:
    """It may say what the user has to do."""
    build("failing", packages)
    guest = make("a")

    with pytest.raises(RuntimeError, match=r"^out of luck$"):
        guest.exec("import failing")


def test_threads_of_libraries_come_to_their_guest(make: Make, packages: Path) -> None:
    """Two guests at once, each called back by threads that CPython does not know."""
    build_module("call_back", packages, "calling")
    guests = [make("a"), make("b")]
    source = """
import calling, threading, _subinterp
lock, seen = threading.Lock(), []
def note():
    with lock:
        seen.append(_subinterp.name)
attached = calling.call_back(note, 4, 50)
"""

    for run in [guest.start(source) for guest in guests]:
        run.result()

    for guest in guests:
        assert value(guest, "attached") is True
        assert value(guest, "(set(seen), len(seen))") == ({guest.name}, 200)


def test_a_library_that_calls_python_is_copied_too(make: Make, packages: Path) -> None:
    """Under another name: the dynamic linker knows libraries by that."""
    library = build_library(packages / "libs/libpythonic.so.1", calls_python=True)
    build_module("linked_count", packages, "counting", library)
    a, b = both(make)

    assert [value(a, "counting.linked_count()") for _ in range(2)] == [1, 2]
    assert value(b, "counting.linked_count()") == 1


def test_a_plain_library_is_shared(make: Make, packages: Path) -> None:
    """It may be large, and its state is the process's anywhere else."""
    library = build_library(packages / "libs/libcommon.so.1", calls_python=False)
    build_module("linked_count", packages, "counting", library)
    a, b = both(make)

    assert value(a, "counting.linked_count()") == 1
    assert value(b, "counting.linked_count()") == 2


def test_libraries_of_the_same_name_are_kept_apart(packages: Path) -> None:
    """Two environments may have two versions, and the dynamic linker knows names."""
    for version in ("old", "new"):
        folder = packages / version
        library = build_library(folder / "libs/libsame.so.1", calls_python=False)
        build_module("linked_count", folder, "counting", library)
    a, b = (
        subinterp.create(name, path=packages / name, extensions="private")
        for name in ("old", "new")
    )
    for guest in (a, b):
        guest.exec("import counting")

    assert [value(a, "counting.linked_count()") for _ in range(2)] == [1, 2]
    assert value(b, "counting.linked_count()") == 1


def test_static_variables_of_templates_are_not_common(
    make: Make, packages: Path
) -> None:
    """The dynamic linker would have one of them for the whole process."""
    build_module("common_count", packages, "counting")
    a, b = both(make)

    assert [value(a, "counting.common_count()") for _ in range(2)] == [1, 2]
    assert value(b, "counting.common_count()") == 1


def test_an_upgrade_is_noticed(make: Make, packages: Path) -> None:
    """By guests made later; the copy that a guest has loaded stays as it is."""
    path = build_module("count", packages, "counting")
    old = make("a")
    old.exec("import counting")
    path.unlink()
    library = build_library(packages / "libs/libplain.so.1", calls_python=False)
    build_module("linked_count", packages, "counting", library)
    new = make("b")
    new.exec("import counting")

    assert value(new, "counting.linked_count()") == 1
    assert value(old, "counting.count()") == 1


def test_a_damaged_module_is_refused(make: Make, packages: Path) -> None:
    """Cut short anywhere, or with noise in it, or no such file at all."""
    whole = build_module("count", packages, "counting").read_bytes()
    guest = make("a")
    path = packages / next(packages.glob("counting*")).name
    for size in (0, 1, 63, 64, 1000, len(whole) // 2, len(whole) - 5000):
        path.write_bytes(whole[:size])

        assert "cannot load a private copy of 'counting'" in failure(guest, "counting")
    path.write_bytes(b"#!/bin/sh\n" * 100)
    assert "(it is no 64-bit ELF file)" in failure(guest, "counting")
    path.write_bytes(whole)
    guest.exec("import counting")


def test_a_module_that_vanishes_is_said_to_be_gone(make: Make, packages: Path) -> None:
    """Between the finder's look and the loader's."""
    path = build_module("count", packages, "counting")
    guest = make("a")
    guest.exec("from importlib.util import find_spec, module_from_spec")
    guest.exec("spec = find_spec('counting')")
    path.unlink()

    with pytest.raises(ImportError, match="No such file or directory"):
        guest.exec("module_from_spec(spec)")


def test_a_destructor_may_ask_for_the_gil(make: Make, packages: Path) -> None:
    """The thread that ends the guest has it."""
    build("asking_late", packages)
    guest = make("a")
    guest.exec("import asking_late")

    guest.close()

    assert guest.state == "closed"
