"""A guest refuses the extension modules that it cannot load, and says all about it."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Literal

import pytest

import subinterp
from extension_modules import build

if TYPE_CHECKING:
    from pathlib import Path

    from subinterp import Interpreter


@pytest.fixture
def guest(tmp_path: Path) -> Interpreter:
    """A guest that finds what is in the test's folder."""
    return subinterp.create("a", path=tmp_path)


def refusal(guest: Interpreter, source: str) -> ImportError:
    with pytest.raises(ImportError) as caught:
        guest.exec(source)
    assert type(caught.value) is ImportError
    assert "\n" not in str(caught.value)
    return caught.value


def package(folder: Path, name: str, source: str, **modules: str) -> None:
    """Make a package of a source and of extension modules, as if it were installed."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(source)
    for module, kind in modules.items():
        build(kind, folder / name, module)
    info = folder / f"Dist_{name}-1.2.dist-info"
    info.mkdir()
    files = [path.relative_to(folder) for path in (folder / name).iterdir()]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_a_single_phase_module_is_refused_before_its_code_runs(
    guest: Interpreter, tmp_path: Path
) -> None:
    """CPython runs it in the host, and refuses it then."""
    ran = build("single_phase", tmp_path)

    error = refusal(guest, "import single_phase")

    assert "cannot import 'single_phase' in interpreter 'a' (it has no multi-" in str(
        error
    )
    assert error.name == "single_phase"
    assert error.path is not None
    assert error.path.endswith(".so")
    assert not ran.exists()
    assert "single_phase" not in sys.modules


def test_an_undeclared_module_is_refused_before_its_code_runs(
    guest: Interpreter, tmp_path: Path
) -> None:
    """The initialization function has given the table of phases, no more."""
    ran = build("undeclared", tmp_path)

    error = refusal(guest, "import undeclared")

    assert "(it does not say that it supports several GILs, PEP 684)" in str(error)
    assert not ran.exists()


def test_a_declared_module_is_loaded(guest: Interpreter, tmp_path: Path) -> None:
    """Nothing stands between a module that is made for it and its guest."""
    ran = build("declared", tmp_path)

    guest.exec("import declared; answer = declared.answer")

    assert guest.pull("answer") == 42
    assert ran.exists()


@pytest.mark.skipif(sys.version_info < (3, 15), reason="PEP 793 came with 3.15")
def test_a_table_of_slots_alone_will_do(guest: Interpreter, tmp_path: Path) -> None:
    """Such a module has no initialization function that could run anything."""
    build("exported", tmp_path)
    ran = build("exported_undeclared", tmp_path)

    guest.exec("import exported; assert exported.answer == 42")
    error = refusal(guest, "import exported_undeclared")

    assert "(it does not say that it supports several GILs, PEP 684)" in str(error)
    assert not ran.exists()


def test_a_damaged_module_is_refused(guest: Interpreter, tmp_path: Path) -> None:
    """To load a file that was cut short can end the process."""
    build("declared", tmp_path)
    path = next(tmp_path.glob("declared*.so"))
    whole = path.read_bytes()
    for size in (64, 1000, len(whole) // 2):
        path.write_bytes(whole[:size])

        assert (
            "(the file is damaged or cut short)"
            in refusal(guest, "import declared").msg
        )
    path.write_bytes(whole)
    guest.exec("import declared")


def test_the_ways_out_are_those_of_this_python(
    guest: Interpreter, tmp_path: Path
) -> None:
    """On 3.13.0 a guest with a shared GIL refuses single-phase modules as well."""
    for kind in ("single_phase", "undeclared"):
        build(kind, tmp_path)

        text = str(refusal(guest, f"import {kind}"))

        assert "; import it with extensions='private', or in the host" in text
        shared = f"or with gil='shared' if `%subinterp check {kind}` says that"
        loads = kind == "undeclared" or sys.version_info >= (3, 13, 1)
        assert (shared in text) == loads


def test_a_guest_with_a_shared_gil_loads_what_its_python_allows(tmp_path: Path) -> None:
    """The check is for what CPython would refuse as well."""
    build("undeclared", tmp_path)
    ran = build("single_phase", tmp_path)
    guest = subinterp.create("shared", gil="shared", path=tmp_path)

    guest.exec("import undeclared; assert undeclared.answer == 42")
    if sys.version_info < (3, 13, 1):
        refusal(guest, "import single_phase")
        assert not ran.exists()
    else:
        guest.exec("import single_phase; assert single_phase.answer == 42")


@pytest.mark.skipif(
    sys.version_info >= (3, 13, 1),
    reason="from 3.13.1 on no module is refused to a guest with a shared GIL",
)
def test_who_shares_the_gil_is_not_told_to_share_it() -> None:
    """What refuses any isolated guest is refused there, too."""
    guest = subinterp.create("shared", gil="shared")

    assert str(refusal(guest, "import _tracemalloc")).endswith(
        "; import it in the host"
    )


def test_the_message_names_the_distribution(guest: Interpreter, tmp_path: Path) -> None:
    """It is found by what it has installed, whatever its name."""
    package(tmp_path, "pack", "from . import native", native="undeclared")

    error = refusal(guest, "import pack")

    assert "cannot import 'pack.native' of Dist_pack 1.2 in" in str(error)


@pytest.mark.parametrize("extensions", ["strict", "private"])
@pytest.mark.parametrize("module", ["readline", "_tracemalloc"])
def test_standard_modules_are_refused_in_the_same_words(
    module: str, extensions: Literal["strict", "private"]
) -> None:
    """These are left to CPython, also where they are a part of the interpreter."""
    pytest.importorskip(module, reason=f"this Python was built without {module}")
    guest = subinterp.create("b", extensions=extensions)

    error = refusal(guest, f"import {module}")

    assert str(error).startswith(f"cannot import {module!r} in interpreter 'b' (it ")
    assert "import it in the host" in str(error)


def test_what_is_wrong_with_a_file_is_left_to_the_loader(
    guest: Interpreter, tmp_path: Path
) -> None:
    """A file that cannot be read as an object is no refusal."""
    build("declared", tmp_path)
    file = next(tmp_path.glob("*.so"))
    whole = file.read_bytes()
    suffix = file.name.removeprefix("declared")
    for name, data in {
        "empty": b"",
        "text": b"#!/bin/sh\n",
        "short": whole[:4],
    }.items():
        (tmp_path / f"{name}{suffix}").write_bytes(data)

        with pytest.raises(ImportError) as caught:
            guest.exec(f"import {name}")

        assert "cannot import" not in str(caught.value)
        assert name in str(caught.value)


def test_a_package_cannot_hide_the_refusal(guest: Interpreter, tmp_path: Path) -> None:
    """As NumPy does, and pandas around it: the one line is the error all the same."""
    package(
        tmp_path,
        "inner",
        "try:\n"
        "    from . import native\n"
        "except ImportError as error:\n"
        "    raise ImportError('line\\n' * 30 + str(error)) from error\n",
        native="undeclared",
    )
    package(
        tmp_path,
        "outer",
        "try:\n"
        "    import inner\n"
        "except ImportError:\n"
        "    raise ImportError('see above')\n",
    )

    for module in ("inner", "outer"):
        text = str(refusal(guest, f"import {module}"))
        assert text.startswith("cannot import 'inner.native' of Dist_inner 1.2")


def test_the_traceback_ends_where_the_package_was_asked_for(
    guest: Interpreter, tmp_path: Path
) -> None:
    """What the package does inside is no help."""
    package(tmp_path, "pack", "from . import native", native="undeclared")

    failed = refusal(guest, "def load():\n    import pack\nload()").__cause__

    assert isinstance(failed, subinterp.ExecutionFailed)
    assert "import pack" in failed.traceback_text
    assert "from . import native" not in failed.traceback_text


def test_an_error_of_the_users_own_stays(guest: Interpreter, tmp_path: Path) -> None:
    """Who catches the refusal in the guest decides what becomes of it."""
    package(tmp_path, "pack", "from . import native", native="undeclared")

    with pytest.raises(ImportError, match=r"^mine$"):
        guest.exec("""
            try:
                import pack
            except ImportError as error:
                raise ImportError("mine") from error
        """)


def test_a_package_that_goes_on_without_is_told_of_once(
    guest: Interpreter, tmp_path: Path
) -> None:
    """Its stand-in in pure Python may be slow; the import says nothing."""
    fallback = (
        "try:\n    from . import native\nexcept ImportError:\n    native = None\n"
    )
    package(tmp_path, "one", fallback, native="undeclared")
    package(tmp_path, "two", fallback, native="single_phase")

    first = guest.start("import one, two")
    first.result()
    second = guest.start("import importlib; importlib.reload(one)")
    second.result()

    line = first.stderr.splitlines()[0]
    assert f"<run {first.id} in a>:1: RuntimeWarning: interpreter 'a' has one " in line
    assert "one without one.native, two without two.native, which cannot" in line
    assert "`%subinterp check one two`" in line
    assert second.stderr == ""


def test_nobody_misses_what_not_every_system_has(
    guest: Interpreter, tmp_path: Path
) -> None:
    """A standard module that is refused is a part of no package."""
    pytest.importorskip("readline", reason="this Python was built without readline")
    source = "try:\n    import readline\nexcept ImportError:\n    readline = None\n"
    (tmp_path / "prompting.py").write_text(source)

    run = guest.start("import prompting")
    run.result()

    assert run.stderr == ""
    guest.exec("assert prompting.readline is None")


def test_who_tries_a_module_is_not_warned(guest: Interpreter, tmp_path: Path) -> None:
    """The code in ``__main__`` knows what it caught."""
    build("undeclared", tmp_path)

    run = guest.start("""
        try:
            import undeclared
        except ImportError:
            pass
    """)
    run.result()

    assert run.stderr == ""


def test_a_refusal_that_is_shown_needs_no_warning(
    guest: Interpreter, tmp_path: Path
) -> None:
    """A package may load its native part on its first use."""
    package(
        tmp_path, "late", "def use():\n    from . import native\n", native="undeclared"
    )
    guest.exec("import late")

    refusal(guest, "late.use()")
    run = guest.start("pass")
    run.result()

    assert run.stderr == ""


def test_a_warning_may_be_an_error(guest: Interpreter, tmp_path: Path) -> None:
    """It is one as any other."""
    fallback = "try:\n    from . import native\nexcept ImportError:\n    pass\n"
    package(tmp_path, "one", fallback, native="undeclared")

    with pytest.raises(RuntimeWarning, match=r"one without one\.native"):
        guest.exec("import warnings; warnings.simplefilter('error'); import one")


def test_polars_is_refused_for_it_breaks_without(
    guest: Interpreter, tmp_path: Path
) -> None:
    """It says nothing at its import, and raises NameError when it is used."""
    fallback = "try:\n    from . import native\nexcept ImportError:\n    pass\n"
    package(tmp_path, "polars", fallback, native="undeclared")

    for _ in range(2):
        text = str(refusal(guest, "import polars"))
        assert text.startswith("cannot import 'polars.native'")


def test_private_copies_are_no_way_out_where_they_do_not_work(
    guest: Interpreter, tmp_path: Path
) -> None:
    """Of some packages that is known, and CPython's own modules never get any."""
    package(tmp_path, "torch", "from . import native", native="undeclared")

    assert "PEP 684); import it in the host" in str(refusal(guest, "import torch"))
    if importlib.util.find_spec("readline"):
        assert "; import it in the host" in str(refusal(guest, "import readline"))


def test_extensions_are_strict_or_private() -> None:
    """One clear line."""
    for given in ("loose", None):
        words = f"^extensions must be 'strict' or 'private', not {given!r}$"
        with pytest.raises(ValueError, match=words):
            subinterp.create(extensions=given)  # type: ignore[arg-type]
    assert subinterp.list_all() == []


def test_a_restart_keeps_the_check(guest: Interpreter, tmp_path: Path) -> None:
    """Settings survive the guest."""
    build("single_phase", tmp_path)

    guest.restart()

    refusal(guest, "import single_phase")
