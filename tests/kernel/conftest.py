"""Kernels to test with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .client import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def ipython_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the history and the startup files of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """One kernel for all cheap tests of a module."""
    path = tmp_path_factory.mktemp("kernel") / "console"
    notebook = Notebook(path, "--ext=subinterp")
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(shared: Notebook) -> Iterator[Notebook]:
    """The kernel of the module, without guests."""
    yield shared
    # What jedi has loaded for completion takes a second to end, on a busy machine more.
    shared.ok("%subinterp close all --timeout 30", timeout=60)
    assert shared.console == ""


class Gate:
    """Blocks code that comes to it until the test opens it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._path = path
        self.code = f"open({str(path)!r}).close()"

    def open(self) -> None:
        """Wait for the code to come, and let it pass."""
        self._path.open("w").close()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A gate for the code of a cell."""
    return Gate(tmp_path / "gate")


@pytest.fixture
def gates(tmp_path: Path) -> tuple[Gate, Gate]:
    """Two gates."""
    return Gate(tmp_path / "first"), Gate(tmp_path / "second")


@pytest.fixture
def start_kernel(tmp_path: Path) -> Iterator[Callable[..., Notebook]]:
    """Start a kernel of the test's own."""
    started: list[Notebook] = []

    def start(*options: str, extension: bool = True) -> Notebook:
        path = tmp_path / f"console{len(started)}"
        load = ["--ext=subinterp"] if extension else []
        started.append(Notebook(path, *load, *options))
        return started[-1]

    yield start
    for notebook in started:
        notebook.close()


@pytest.fixture
def own(start_kernel: Callable[..., Notebook]) -> Notebook:
    """A kernel of the test's own, with the extension."""
    return start_kernel()
