"""What is installed, the command line, and how make finds a Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import files, version
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from subinterp import kernelspec

ROOT = Path(__file__).parent.parent


def run(
    *command: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=cwd, check=False
    )


def subinterp_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "subinterp", *arguments)


# --- What is installed ---------------------------------------------------------------


@pytest.fixture(scope="module")
def installed() -> set[str]:
    found = files("subinterp")
    assert found is not None
    return {file.as_posix() for file in found}


@pytest.mark.parametrize(
    "name",
    [
        "subinterp/__init__.py",
        f"subinterp/_native{EXTENSION_SUFFIXES[0]}",
        "subinterp/_native.pyi",
        "subinterp/py.typed",
        "subinterp/resources/logo-svg.svg",
        "subinterp_guest/__init__.py",
        "subinterp_guest/py.typed",
    ],
)
def test_the_wheel_holds(name: str, installed: set[str]) -> None:
    assert name in installed


def test_the_wheel_holds_every_source_and_nothing_else(installed: set[str]) -> None:
    source = ROOT / "kernel_ext"
    expected = {
        path.relative_to(source).as_posix()
        for package in ("subinterp", "subinterp_guest")
        for path in source.joinpath(package).rglob("*.py")
    }
    assert expected == {
        name
        for name in installed
        if name.endswith(".py") and name.startswith(("subinterp/", "subinterp_guest/"))
    }


def test_importing_starts_no_thread_and_imports_no_ipython() -> None:
    done = run(
        sys.executable,
        "-c",
        textwrap.dedent("""
            import os, sys
            import subinterp
            print(len(os.listdir("/proc/self/task")))
            print({"IPython", "ipykernel", "zmq", "traitlets"} & set(sys.modules))
        """),
    )
    assert (done.stdout, done.stderr) == ("1\nset()\n", "")


# --- The kernelspec ------------------------------------------------------------------


def test_the_wheel_brings_a_kernelspec_that_jupyter_finds() -> None:
    directory = Path(sys.prefix, "share", "jupyter", "kernels")
    spec = KernelSpecManager(kernel_dirs=[str(directory)]).get_kernel_spec("subinterp")
    assert spec.display_name == "Python 3 (subinterpreters)"
    assert spec.argv[0] == "python"
    assert "--ext=subinterp" in spec.argv
    assert {path.name for path in Path(spec.resource_dir).iterdir()} == {
        "kernel.json",
        "logo-32x32.png",
        "logo-64x64.png",
        "logo-svg.svg",
    }


def test_both_kernelspecs_differ_only_in_the_python(tmp_path: Path) -> None:
    kernelspec.write(tmp_path / "kernel")
    written = json.loads((tmp_path / "kernel" / "kernel.json").read_text())
    brought = json.loads(
        (ROOT / "kernel_ext" / "subinterp" / "resources" / "kernel.json").read_text()
    )
    assert written["argv"][0] == sys.executable
    written["argv"][0] = "python"
    assert written == brought


def test_kernel_install_says_where_and_jupyter_finds_it(tmp_path: Path) -> None:
    done = subinterp_command("kernel", "install", "--prefix", tmp_path)
    kernels = tmp_path / "share" / "jupyter" / "kernels"
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"Installed kernel subinterp in {kernels / 'subinterp'}\n" in done.stdout
    assert f"JUPYTER_PATH={kernels.parent}\n" in done.stdout
    spec = KernelSpecManager(kernel_dirs=[str(kernels)]).get_kernel_spec("subinterp")
    assert spec.argv[0] == sys.executable
    assert spec.metadata["supported_encryption"] == ["curve"]


def test_kernel_install_replaces_what_is_there(tmp_path: Path) -> None:
    stale = tmp_path / "share" / "jupyter" / "kernels" / "subinterp" / "stale"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert subinterp_command("kernel", "install", "--prefix", tmp_path).returncode == 0
    assert stale.with_name("kernel.json").exists()
    assert not stale.exists()


def test_kernel_install_by_another_name_shows_it_in_the_title(tmp_path: Path) -> None:
    subinterp_command("kernel", "install", "--prefix", tmp_path, "--name", "mine")
    kernels = tmp_path / "share" / "jupyter" / "kernels"
    spec = KernelSpecManager(kernel_dirs=[str(kernels)]).get_kernel_spec("mine")
    assert spec.display_name == "Python 3 (subinterpreters) [mine]"


def test_kernel_install_for_a_guest_starts_in_it(tmp_path: Path) -> None:
    arguments = ("kernel", "install", "--prefix", tmp_path, "--use")
    assert subinterp_command(*arguments, "work").returncode == 0
    kernels = tmp_path / "share" / "jupyter" / "kernels"
    spec = KernelSpecManager(kernel_dirs=[str(kernels)]).get_kernel_spec("subinterp")
    assert "--Subinterp.use=work" in spec.argv
    refused = subinterp_command(*arguments, "1work")
    assert refused.returncode == 1
    assert "cannot call interpreter '1work'" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_kernel_install_for_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    done = subinterp_command("kernel", "install", "--user")
    assert (
        done.stdout == f"Installed kernel subinterp in {tmp_path}/kernels/subinterp\n"
    )


# --- The command line ----------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("kernel",), ("--help",)])
def test_without_a_command_the_help_is_shown(arguments: tuple[str, ...]) -> None:
    done = subinterp_command(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m subinterp")
    assert "kernel" in done.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    assert (
        subinterp_command("--version").stdout == f"subinterp {version('subinterp')}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "no spaces"], "cannot install kernel 'no spaces' (Invalid"),
        (["--prefix", __file__], "Not a directory"),
        (["--prefix", ""], "argument --prefix: it is empty"),
        (["--user", "--prefix", "p"], "not allowed with argument --user"),
        (["--nope"], "unrecognized arguments: --nope"),
    ],
)
def test_a_bad_option_is_one_line(arguments: list[str], said: str) -> None:
    done = subinterp_command("kernel", "install", *arguments)
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


# --- How make finds a Python ---------------------------------------------------------


class Machine:
    """A machine with nothing on it but what a test puts there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(directory),
            "PYTHON_DIRECTORY": str(directory),
        }

    def add(self, name: str, script: str) -> None:
        """Add a command: a shell script."""
        path = self.directory / name if "/" in name else self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def add_python(self, name: str, found: str) -> None:
        """Add a Python by what find-python's probe finds there."""
        self.add(name, f"echo '{found}'")

    def find(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(ROOT / "tools" / "find-python", *arguments, env=self.env)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_this_python_fits() -> None:
    done = run(ROOT / "tools" / "find-python", sys.executable)
    assert done.returncode == 0, done.stderr
    base = Path(done.stdout.strip())
    assert base.samefile(Path(getattr(sys, "_base_executable", sys.executable)))


def test_no_python_is_one_line(machine: Machine) -> None:
    done = machine.find()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "No CPython >= 3.13 found: install one, or name it with "
        "make PYTHON=/path/to/python3\n"
    )


def test_a_python_that_is_too_old_is_one_line(machine: Machine) -> None:
    machine.add_python("python3", "it is Python 3.12")
    done = machine.find()
    assert done.returncode == 1
    assert done.stderr.startswith("No CPython >= 3.13 found (only older ones are here)")
    assert done.stderr.count("\n") == 1


def test_a_python_without_headers_is_told_unless_another_fits(machine: Machine) -> None:
    machine.add_python("python3.15", "it lacks its C headers (Debian: install x-dev)")
    done = machine.find()
    assert done.stderr == (
        f"{machine.bin}/python3.15 will not do: "
        "it lacks its C headers (Debian: install x-dev)\n"
    )
    machine.add_python("python3.13", "ok /right")
    assert machine.find().stdout == "/right\n"


def test_each_is_run_before_it_is_taken(machine: Machine) -> None:
    machine.add("python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    machine.add_python("python3.15", "it is Python 3.12")
    machine.add_python("here/python3.14", "ok /here")
    machine.env["PYTHON_DIRECTORY"] = str(machine.directory / "here")
    assert machine.find().stdout == "/here\n"


def test_python3_comes_first_and_then_the_newest(machine: Machine) -> None:
    for name, found in [
        (".pyenv/versions/3.13.2/bin/python3", "pyenv 3.13"),
        (".pyenv/versions/3.14.1/bin/python3", "pyenv 3.14"),
        ("python3.13", "python3.13"),
        ("python3.14", "python3.14"),
        ("python3.15", "python3.15"),
        ("python3", "python3"),
    ]:
        machine.add_python(name, f"ok {found}")
        assert machine.find().stdout == f"{found}\n"


def test_uv_is_asked_first_and_not_to_download(machine: Machine) -> None:
    machine.add_python("python3.14", "ok /python3.14")
    machine.add_python("of-uv", "ok /uv")
    machine.add("uv", f'[ "$UV_PYTHON_DOWNLOADS" = never ] && echo {machine.bin}/of-uv')
    assert machine.find().stdout == "/uv\n"
    machine.add("uv", "echo 'no interpreter found' >&2; exit 2")
    assert machine.find().stdout == "/python3.14\n"


def test_the_python_asked_for_is_taken_or_none(machine: Machine) -> None:
    machine.add_python("python3.14", "ok /python3.14")
    machine.add_python("mine", "ok /mine")
    assert machine.find("mine").stdout == "/mine\n"
    machine.add_python("mine", "it is Python 3.9")
    assert machine.find("mine").stderr == (
        "PYTHON=mine will not do: it is Python 3.9; CPython >= 3.13 is needed\n"
    )
    assert "there is no such command" in machine.find("yours").stderr


@pytest.fixture
def checkout(machine: Machine) -> Path:
    """A copy of what make needs, and the commands it runs."""
    tree = machine.directory / "tree"
    shutil.copytree(ROOT / "tools", tree / "tools")
    for name in ("Makefile", "pyproject.toml", "CMakeLists.txt", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("native", "kernel_ext"):
        tree.joinpath(name).mkdir()
    for name in ("cat", "cksum", "dirname", "find", "make", "mkdir", "sort"):
        command = shutil.which(name)
        assert command is not None
        machine.bin.joinpath(name).symlink_to(command)
    return tree


def test_make_without_python_is_one_line(machine: Machine, checkout: Path) -> None:
    done = run("make", "test", env=machine.env, cwd=checkout)
    assert done.returncode == 2
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert said[0].startswith("No CPython >= 3.13 found")


def test_make_without_a_compiler_is_one_line(machine: Machine, checkout: Path) -> None:
    python = "tree/.venv/bin/python"
    machine.add(python, 'if [ "$1" = -c ]; then echo "3.13.0 /here/python"; fi')
    stamps = checkout / ".venv" / ".prepared"
    stamps.mkdir()
    stamps.joinpath("venv").touch()
    done = run("make", "test", env=machine.env, cwd=checkout)
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "Using Python 3.13.0 (/here/python)",
        "  installing the build tools",
    ]
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert said == ["No C++ compiler found: install g++ (or clang++), or set CXX"]


def test_make_shows_the_log_of_a_step_that_fails(
    machine: Machine, checkout: Path
) -> None:
    python = "tree/.venv/bin/python"
    machine.add(
        python,
        'test "$1" = -c && echo "3.13.0 /here/python" && exit; echo no net; exit 1',
    )
    stamps = checkout / ".venv" / ".prepared"
    stamps.mkdir()
    stamps.joinpath("venv").touch()
    tail = shutil.which("tail")
    assert tail is not None
    machine.bin.joinpath("tail").symlink_to(tail)
    done = run("make", "test", env=machine.env, cwd=checkout)
    assert done.returncode == 2
    assert "no net\n" in done.stderr
    assert "the whole log: build/prepare.log" in done.stderr


def test_make_help_names_every_target() -> None:
    done = run("make", "help", cwd=ROOT, env=dict(os.environ, MAKEFLAGS=""))
    for target in ("demo", "test", "lab", "lint", "bench", "clean"):
        assert f"  {target} " in done.stdout
