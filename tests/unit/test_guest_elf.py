"""Whatever is in the file of a shared object, it can only be called damaged."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from private_modules import build_library, build_module

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF is Linux's format")


@pytest.fixture(scope="module")
def elf() -> Any:
    """The guest's module alone: its package can be imported in guests only."""
    package = find_spec("subinterp_guest")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).with_name("elf.py")
    spec = spec_from_file_location("elf", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module that needs a library."""
    folder = tmp_path_factory.mktemp("elf")
    library = build_library(folder / "libs/libelf_test.so.1", calls_python=False)
    return build_module("linked_count", folder, "counting", library)


def test_what_a_file_says_of_itself(elf: Any, whole: Path) -> None:
    """What it needs, where that is, and the names of what it imports and exports."""
    found = elf.read_elf(str(whole))

    assert b"libelf_test.so.1" in found.needed
    assert found.search == [b"$ORIGIN/libs"]
    assert b"\0PyInit_counting\0" in found.names
    assert found.names == whole.read_bytes()[found.names_at :][: len(found.names)]
    library = elf.read_elf(str(whole.parent / "libs/libelf_test.so.1"))
    assert library.soname == b"libelf_test.so.1"


def test_other_files_are_none(elf: Any, tmp_path: Path) -> None:
    """Whatever they are."""
    file = tmp_path / "file"
    for content in (b"", b"\x7fELF", b"\x7fELF\x01" + bytes(100), b"#!/bin/sh\n" * 9):
        file.write_bytes(content)

        assert elf.read_elf(str(file)) is None


# The fixtures are the same for all examples, and none is changed.
_BY_THE_WAY = [HealthCheck.function_scoped_fixture]


@settings(deadline=None, max_examples=300, suppress_health_check=_BY_THE_WAY)
@given(data=st.data())
def test_noise_does_no_harm(
    elf: Any, whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """In the headers, in the dynamic section, anywhere."""
    content = bytearray(whole.read_bytes())
    places = st.integers(0, len(content) - 1) | st.integers(0, 1023)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(places)] = data.draw(st.integers(0, 255))
    del content[data.draw(st.just(len(content)) | places) :]
    file = tmp_path / "file"
    file.write_bytes(content)

    with suppress(ValueError):  # any other exception is a failure
        elf.read_elf(str(file))
