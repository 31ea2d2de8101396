"""``check()`` tells what becomes of a module in guests, whatever that is."""

from __future__ import annotations

import re
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

import subinterp
from extension_modules import build
from subinterp import CheckReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from subinterp import CheckRow, Interpreter
    from subinterp.checks import Kind

_FALLBACK = "try:\n    from . import native\nexcept ImportError:\n    native = None\n"
_NOISE = """
import os, sys
print('{"stage": "exit"}')
os.write(1, b'{"stage": "exit"}\\n' * 10000)
sys.__stdout__.write("}")
"""
_MODULES = (
    "single_phase",
    "undeclared",
    "declared",
    "failing",
    "crashing",
    "crashing_late",
    "sharing",
    "lossy",
    "late",
    "noisy",
    "quitting",
    "leaving",
    "needy",
    "nosuch",
    "late.nosuch",
    "pytest-timeout",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Modules for each thing that may happen, where they can be imported."""
    folder = tmp_path_factory.mktemp("modules")
    for kind in _MODULES[:7]:
        build(kind, folder)
    for name, source in {
        "lossy": _FALLBACK,
        "late": "",
        "noisy": _NOISE,
        "quitting": "raise SystemExit('enough')",
        "leaving": "import os; os._exit(0)",
        "needy": "import not_installed_at_all",
    }.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
    build("undeclared", folder / "lossy", "native")
    build("single_phase", folder / "late", "native")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def rows(folder: Path) -> dict[str, CheckRow]:
    """What is found out about all of them."""
    assert str(folder) in sys.path
    return {row.module: row for row in subinterp.check(*_MODULES)}


@pytest.mark.timeout(180)  # whichever is first: for the children of all
@pytest.mark.parametrize(
    ("module", "strict", "reason"),
    [
        ("single_phase", "refuses", "single_phase: it has no multi-phase init"),
        ("undeclared", "refuses", "undeclared: it does not say that it supports"),
        ("declared", "works", ""),
        ("failing", "fails", "RuntimeError: out of luck"),
        ("crashing", "crashes", "SIGABRT while being imported: oh dear"),
        ("crashing_late", "crashes", "SIGABRT while closing its interpreters: oh dear"),
        ("lossy", "slow path", "without lossy.native: it does not say that it"),
        ("late", "refuses", "late.native: it has no multi-phase initialization"),
        ("noisy", "works", "pure Python"),
        ("quitting", "fails", "SystemExit: enough"),
        ("leaving", "fails", "exit status 0 while being imported"),
        ("sharing", "refuses", "sharing: it does not say that it supports"),
        ("needy", "fails", "ModuleNotFoundError: No module named 'not_installed_a"),
        ("nosuch", "not installed", ""),
        ("late.nosuch", "not installed", ""),
        ("pytest-timeout", "not installed", ""),
    ],
)
def test_each_end_is_a_finding(
    rows: dict[str, CheckRow], module: str, strict: str, reason: str
) -> None:
    """Nothing that a module does is an error of the check."""
    row = rows[module]

    assert row.strict == strict
    assert re.sub(r"^strict(, \w+)*: ", "", row.reason).startswith(reason)
    assert reason or not row.reason


@pytest.mark.timeout(180)
def test_a_shared_gil_is_tried_as_well(rows: dict[str, CheckRow]) -> None:
    """It is a way out where it works."""
    of_single_phase = "works" if sys.version_info >= (3, 13, 1) else "refuses"

    assert rows["undeclared"].shared == rows["declared"].shared == "works"
    assert rows["single_phase"].shared == of_single_phase
    assert rows["failing"].shared == "fails"


@pytest.mark.timeout(180)
def test_private_copies_are_tried_as_well(rows: dict[str, CheckRow]) -> None:
    """In them all is loaded, and what is wrong goes on being wrong."""
    private = {module: row.private for module, row in rows.items()}

    for module in ("single_phase", "undeclared", "declared", "lossy", "late", "noisy"):
        assert private[module] == "works", rows[module]
    assert private["crashing"] == private["crashing_late"] == "crashes"
    assert private["failing"] == private["needy"] == "fails"
    assert private["nosuch"] == "not installed"


@pytest.mark.timeout(180)
def test_an_object_that_two_interpreters_have_is_found(
    rows: dict[str, CheckRow],
) -> None:
    """All works, and would do so for some time."""
    row = rows["sharing"]

    assert row.private == "fails"
    assert "; private: 1 pointer into another interpreter: sharing.cpyt" in row.reason
    assert " points to a list of another interpreter" in row.reason


def test_copies_in_memory_are_searched_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no place for files."""
    assert str(folder) in sys.path
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")

    (row,) = subinterp.check("sharing", kinds=["private"])

    assert "1 pointer into another interpreter: memfd:sharing.cpython" in row.reason


def test_a_pointer_that_does_not_come_again_is_no_finding(tmp_path: Path) -> None:
    """It was to memory that has got another owner since."""
    source = f"""
        import os
        marker = {str(tmp_path / "first")!r}
        try:
            os.symlink(str(os.getpid()), marker)
        except FileExistsError:
            pass
        if os.readlink(marker) == str(os.getpid()):
            from . import sharing
        from . import undeclared
    """
    (tmp_path / "once").mkdir()
    (tmp_path / "once" / "__init__.py").write_text(textwrap.dedent(source))
    ran = build("sharing", tmp_path / "once")
    build("undeclared", tmp_path / "once")

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        (row,) = subinterp.check("once", kinds=["private"])

    assert ran.exists()
    assert (row.private, row.reason) == ("works", "")


@pytest.mark.timeout(180)
def test_the_ways_out_are_the_kinds_that_work(rows: dict[str, CheckRow]) -> None:
    """And the host, where nothing works as far as is known."""
    all_ways = "extensions='private', gil='shared', or the host"

    assert rows["undeclared"].way_out == all_ways
    assert rows["lossy"].way_out == f"{all_ways}, to be quick"
    assert rows["sharing"].way_out == "gil='shared', or the host"
    assert rows["late"].way_out.startswith("extensions='private', ")
    assert rows["failing"].way_out == "perhaps the host"
    assert rows["declared"].way_out == ""


@pytest.mark.timeout(180)
def test_the_name_of_a_package_leads_to_its_modules(rows: dict[str, CheckRow]) -> None:
    """Many have another name than what they are installed by."""
    assert rows["nosuch"].way_out == "install it"
    assert rows["pytest-timeout"].way_out == "check pytest_timeout"


def test_a_module_that_hangs_is_given_up(folder: Path) -> None:
    """It keeps its guest's GIL, so nobody could interrupt it."""
    build("hanging", folder)

    (row,) = subinterp.check("hanging", timeout=8)

    assert row.strict == row.private == row.shared == "times out"
    assert row.reason == "still being imported after 8 s"


def test_guests_and_modules_of_this_process_have_no_part_in_it(
    guest: Interpreter,
) -> None:
    """The check may be made at any time."""
    before = set(sys.modules)

    (row,) = subinterp.check("this")

    assert row.strict == "works"
    assert "this" not in set(sys.modules) - before
    assert guest.state == "idle"


def test_package_and_version_are_named() -> None:
    """Of what was installed, and of the standard library that of Python."""
    from importlib.metadata import version

    markupsafe, json = subinterp.check("markupsafe._speedups", "json")

    assert (markupsafe.package, markupsafe.version) == (
        "markupsafe",
        version("markupsafe"),
    )
    assert (markupsafe.strict, markupsafe.reason) == ("works", "")
    assert (json.package, json.version) == ("Python", sys.version.split()[0])


def test_a_report_is_rows_and_a_table() -> None:
    """In the order in which modules were named, each once."""
    report = subinterp.check("json", "nosuch", "json")

    assert isinstance(report, CheckReport)
    assert [row.module for row in report] == ["json", "nosuch"]
    assert len(report) == 2
    assert report[1] is report.rows[1]
    heading, json, nosuch = repr(report).splitlines()
    assert heading.split() == [
        *("module", "package", "version", "strict", "private", "shared", "reason"),
        *("way", "out"),
    ]
    assert json.split()[0] == "json"
    assert json.split()[3:] == ["works", "works", "works", "pure", "Python"]
    assert nosuch.endswith("install it")
    html = report._repr_html_()
    assert html.count("<tr>") == 3
    assert "</span> works" in html


def test_one_kind_of_guest_alone_can_be_tried(folder: Path) -> None:
    """The reason is that of this kind, and others have no column."""
    assert str(folder) in sys.path

    report = subinterp.check("undeclared", kinds=["strict"])

    (row,) = report
    assert (row.strict, row.private, row.shared) == ("refuses", None, None)
    assert row.reason.startswith("undeclared: it does not say")
    assert row.way_out == "the host"
    heading = repr(report).splitlines()[0].split()
    assert heading[3:5] == ["strict", "reason"]


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((), TypeError, "takes the names of modules"),
        ((json := __import__("json"),), TypeError, "named by str, not module"),
        (("",), ValueError, "'' is not the name of a module"),
        (("a b",), ValueError, "'a b' is not the name"),
        (("a..b",), ValueError, "'a..b' is not the name"),
        (("x; y",), ValueError, "is not the name"),
    ],
)
def test_what_is_no_name_is_an_error(
    arguments: tuple[str, ...], kind: type[Exception], words: str
) -> None:
    """One line, before any child is started."""
    with pytest.raises(kind, match=words):
        subinterp.check(*arguments)


def test_a_timeout_is_positive() -> None:
    """As everywhere."""
    with pytest.raises(ValueError, match="positive number of seconds, not 0"):
        subinterp.check("json", timeout=0)


@pytest.mark.parametrize("kinds", [(), ("strict", "loose")])
def test_kinds_are_those_that_there_are(kinds: tuple[Kind, ...]) -> None:
    """One line that names them."""
    with pytest.raises(ValueError, match=r"kinds must be some of \('strict', "):
        subinterp.check("json", kinds=kinds)
