"""A guest with private copies tries unknown modules first, where they may do harm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import subinterp
from extension_modules import build

if TYPE_CHECKING:
    from pathlib import Path

    from subinterp import Interpreter

pytestmark = pytest.mark.timeout(120)  # a trial is a process or two


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is known yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def private(name: str, folder: Path) -> Interpreter:
    return subinterp.create(name, extensions="private", path=folder)


def tried(guest: Interpreter, source: str) -> bool:
    """Run code that works; tell whether there was a trial."""
    run = guest.start(source)
    run.result()
    return "trying" in run.stderr


def refusal(guest: Interpreter, source: str) -> str:
    with pytest.raises(ImportError) as caught:
        guest.exec(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_module_is_tried_once(tmp_path: Path) -> None:
    """For all guests and processes, until it changes."""
    ran = build("single_phase", tmp_path)
    source = "import single_phase; assert single_phase.answer == 42"

    assert tried(private("a", tmp_path), source)
    ran.unlink()
    assert not tried(private("b", tmp_path), source)
    assert ran.exists()


def test_a_changed_file_is_tried_again(tmp_path: Path) -> None:
    """Somebody may have repaired it."""
    build("failing", tmp_path, "mine")
    refusal(private("a", tmp_path), "import mine")
    build("undeclared", tmp_path, "mine")

    assert tried(private("b", tmp_path), "import mine; assert mine.answer == 42")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("crashing", "crashes: SIGABRT while being imported: oh dear"),
        ("crashing_late", "crashes: SIGABRT while closing its interpreters: oh dear"),
        ("failing", "fails: RuntimeError: out of luck"),
        ("sharing", "fails: 1 pointer into another interpreter: sharing.cpython-"),
    ],
)
def test_what_does_not_pass_is_refused(tmp_path: Path, kind: str, reason: str) -> None:
    """In one line, in every guest; and none of its code is run in this process."""
    ran = build(kind, tmp_path)

    for name in ("a", "b"):
        guest = private(name, tmp_path)
        text = refusal(guest, f"import {kind}")
        assert f"cannot import {kind!r} in interpreter {name!r} (tried in" in text
        assert f"child process: {reason}" in text
        assert "); import it in the host" in text
        assert guest.call(int) == 0
        ran.unlink(missing_ok=True)
        build("declared", tmp_path, "other")
        guest.exec("import other")
    assert not ran.exists()


def test_a_trial_keeps_no_copy(tmp_path: Path, cache: Path) -> None:
    """A copy that is there would be loaded without a question."""
    build("crashing", tmp_path)

    refusal(private("a", tmp_path), "import crashing")

    assert {path.parent.name for path in cache.rglob("*.so")} <= {"passing"}


def test_what_is_known_not_to_work_is_not_tried(tmp_path: Path) -> None:
    """Nothing of it is loaded."""
    ran = build("undeclared", tmp_path, "torch")

    text = refusal(private("a", tmp_path), "import torch")

    assert "(its runtime is one for the whole process); import it in the ho" in text
    assert not ran.exists()


def test_a_module_that_needs_what_does_not_work_is_refused(tmp_path: Path) -> None:
    """Whatever its own name is."""
    build("declared", tmp_path, "libcudart")
    library = next(tmp_path.glob("libcudart*"))
    ran = build("undeclared", tmp_path, "mine", needs=library)

    text = refusal(private("a", tmp_path), "import mine")

    assert "(CUDA's runtime is one for the whole process); import" in text
    assert not ran.exists()


def test_what_is_known_is_not_believed_blindly(tmp_path: Path, cache: Path) -> None:
    """A file that somebody has damaged says nothing."""
    build("undeclared", tmp_path)
    assert tried(private("a", tmp_path), "import undeclared")
    (known,) = (cache / "subinterp").rglob("trials/*.json")
    assert json.loads(known.read_text()) == {"failure": ""}
    known.write_text("{")

    assert tried(private("b", tmp_path), "import undeclared")
