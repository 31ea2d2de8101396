"""Guests with the packages of a virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import environments
import subinterp
from subinterp import Interpreter, registry
from subinterp.ready import ready

_VERSIONS = """
import importlib.metadata, lib
versions = lib.VERSION, importlib.metadata.version("lib")
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return environments.make(tmp_path / "env", lib="1.0")


def _path(guest: Interpreter) -> list[str]:
    guest.exec("import sys; path = sys.path.copy()")
    path: list[str] = guest.pull("path")
    return path


def test_two_versions_of_a_library_are_side_by_side(tmp_path: Path) -> None:
    """At the same time, each with its metadata; the host has neither."""
    guests = [
        subinterp.create(
            name, venv=environments.make(tmp_path / name, lib=f"{number}.0")
        )
        for number, name in enumerate(("one", "two"), 1)
    ]
    for guest in guests:
        guest.exec(_VERSIONS)
    assert [guest.pull("versions") for guest in guests] == [
        ("1.0", "1.0"),
        ("2.0", "2.0"),
    ]
    with pytest.raises(ModuleNotFoundError):
        __import__("lib")


def test_path_comes_first_then_the_environment_then_the_host(
    environment: Path, tmp_path: Path
) -> None:
    """Each entry once."""
    guest = subinterp.create(path=[tmp_path], venv=environment)
    own = [str(tmp_path), str(environments.packages(environment))]
    path = _path(guest)
    assert path[:2] == own
    host = [entry for entry in sys.path if entry not in own]
    assert [entry for entry in path[2:] if entry in host] == list(dict.fromkeys(host))
    assert len(set(path)) == len(path)


def test_what_the_host_has_as_well_comes_first(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, where the environment has its place."""
    site = str(environments.packages(environment))
    monkeypatch.setattr(sys, "path", [*sys.path, site])
    path = _path(subinterp.create(venv=environment))
    assert path[0] == site
    assert path.count(site) == 1


def test_the_guest_is_in_the_environment(environment: Path) -> None:
    """For packages, and for programs that it starts; the process is where it was."""
    before = dict(os.environ)
    guest = subinterp.create(venv=environment)
    guest.exec(
        """
        import os, shutil, site, subprocess, sys, sysconfig
        prefixes = sys.prefix, sys.exec_prefix, os.environ["VIRTUAL_ENV"]
        there = site.getsitepackages()[0], sysconfig.get_path("purelib")
        ask = "import sys; print(sys.prefix)"
        asked = [
            subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout
            for python in (sys.executable, "python")
        ]
        asked += [subprocess.check_output(f"python -c '{ask}'", shell=True, text=True)]
        asked += [subprocess.getoutput("echo $VIRTUAL_ENV") + "\\n"]
        empty = subprocess.check_output(
            "echo $VIRTUAL_ENV", shell=True, env={}, text=True
        )
        python, base = shutil.which("python"), sys.base_prefix
        """
    )
    prefix, site = str(environment), str(environments.packages(environment))
    assert guest.pull("prefixes") == (prefix, prefix, prefix)
    # Where there is lib64 as well, Python names that first.
    assert [Path(one).resolve() for one in guest.pull("there")] == [
        Path(site).resolve()
    ] * 2
    assert guest.pull("asked") == [f"{prefix}\n"] * 4
    assert guest.pull("empty") == "\n"
    assert guest.pull("python") == str(environment / "bin" / "python")
    assert guest.pull("base") == sys.base_prefix
    assert dict(os.environ) == before
    asked = subprocess.run(
        ["sh", "-c", "echo $VIRTUAL_ENV"], capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == before.get("VIRTUAL_ENV", "")


def test_pth_files_are_read_as_by_its_own_python(
    environment: Path, tmp_path: Path
) -> None:
    """Lines that are directories, and those that import, with the packages there."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "editable.py").write_text("answer = 42")
    site = environments.packages(environment)
    (site / "a.pth").write_text(f"{tmp_path / 'src'}\n/no/such/directory\n")
    (site / "b.pth").write_text("import lib, editable; lib.SEEN = editable.answer\n")
    guest = subinterp.create(venv=environment)
    guest.exec("import lib; seen = lib.SEEN")
    assert guest.pull("seen") == 42
    assert _path(guest)[:2] == [str(site), str(tmp_path / "src")]


def test_a_pth_file_that_fails_does_not_keep_the_guest_from_starting(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own Python would start, too, and say the same."""
    site = environments.packages(environment)
    (site / "bad.pth").write_text("import no_such_module_anywhere\n")
    with subinterp.create(venv=environment) as guest:
        guest.exec(_VERSIONS)
        assert guest.pull("versions") == ("1.0", "1.0")
    told = capsys.readouterr().err
    assert "bad.pth" in told
    assert "No module named 'no_such_module_anywhere'" in told


def test_a_restart_keeps_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: Path
) -> None:
    """Also when it was named from a directory that is no longer the current one."""
    monkeypatch.chdir(environment.parent)
    guest = subinterp.create(venv="env")
    monkeypatch.chdir("/")
    environments.install(environment, "later", "3.0")
    guest.restart()
    guest.exec(_VERSIONS + "import later")
    assert guest.pull("versions") == ("1.0", "1.0")


def test_groups_have_it(environment: Path) -> None:
    """Each of their guests."""
    with subinterp.group("w", 2, venv=environment) as group:
        group.exec(_VERSIONS)
        assert group.pull("versions") == [("1.0", "1.0")] * 2


@pytest.mark.parametrize(
    "name",
    ["IPython", "traitlets", "cloudpickle", "subinterp_guest", "subinterp_values"],
)
def test_the_machinery_is_the_hosts(environment: Path, name: str) -> None:
    """A version of ours or of IPython in the environment is another one's affair."""
    environments.install(environment, name, "0.1", "raise ImportError('not this one')")
    guest = subinterp.create(venv=environment)
    guest.push(double=lambda number: 2 * number)
    guest.exec(f"import {name}; four = double(2)")
    assert guest.pull("four") == 4


def test_a_ready_guest_is_not_taken(environment: Path) -> None:
    """Its modules are the host's."""
    registry.keep_ready(1)
    try:
        ready.fill()
        assert ready.count(30) == 1
        subinterp.create(venv=environment)
        assert ready.count() == 1
    finally:
        ready.close()


def _refusal(directory: Path) -> str:
    with pytest.raises(ValueError, match=r"^venv '") as caught:
        subinterp.create("a", venv=directory)
    assert subinterp.list_all() == []
    message = str(caught.value)
    assert "\n" not in message
    assert repr(str(directory)) in message
    assert "-m venv DIR" in message
    return message


@pytest.mark.parametrize("there", [True, False])
def test_what_is_no_environment_is_refused(tmp_path: Path, there: bool) -> None:
    """One line says what is missing and what to do."""
    directory = tmp_path / "env"
    if there:
        directory.mkdir()
    assert "is no virtual environment (no pyvenv.cfg)" in _refusal(directory)


def test_a_file_is_refused(environment: Path) -> None:
    """Its python, for example."""
    assert "no virtual environment" in _refusal(environment / "bin" / "python")


@pytest.mark.parametrize("key", ["version", "version_info"])
def test_another_version_of_python_is_refused(environment: Path, key: str) -> None:
    """As venv writes it, and as uv does."""
    (environment / "pyvenv.cfg").write_text(f"home = /usr/bin\n{key} = 3.9.7\n")
    assert "is of Python 3.9, and this is 3." in _refusal(environment)


def test_packages_of_another_python_are_refused(environment: Path) -> None:
    """Where the file does not tell: PyPy's, those of a build without a GIL."""
    site = environments.packages(environment)
    site.parent.rename(site.parent.with_name("pypy3.11"))
    (environment / "pyvenv.cfg").write_text("home = /usr/bin\n")
    assert f"is not of this Python (no {str(site)!r})" in _refusal(environment)


def test_a_configuration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With the system's own reason."""
    (tmp_path / "pyvenv.cfg").mkdir()
    with pytest.raises(ValueError, match=r"^venv '.*' cannot be read \(.*directory"):
        subinterp.create(venv=tmp_path)
