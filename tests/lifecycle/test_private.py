"""Private copies: where they are kept, and what may end a process."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lifecycle import child
from private_modules import build_library, build_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.lifecycle,
    pytest.mark.skipif(
        sys.platform != "linux", reason="private copies are made on Linux only"
    ),
]

# Slots are numbered from 0 in each process, and the first ones have lasting copies.
_STAGE = """
import os, sys
from lifecycle.stage import *
from subinterp.settings import guest_options
guest_options["untried"] = True
packages = sys.argv[1]
def make(name):
    return subinterp.create(name, path=packages, extensions="private")
def calling(guest):
    guest.exec(
        "import calling, threading; called = threading.Event();"
        "calling.call_for_ever(called.set); called.wait()"
    )
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A directory on the guests' path."""
    folder = tmp_path / "packages"
    folder.mkdir()
    return folder


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def count_in_a_guest(packages: Path) -> str:
    """Return what a guest of a new process says, and what it warns of."""
    ended = child.run(
        _STAGE
        + """
make("a").exec('''
import warnings
with warnings.catch_warnings(record=True) as caught:
    import counting
for one in caught:
    print(one.category.__name__, one.message)
print(counting.count())
''')
""",
        str(packages),
    )
    return ended.stdout


def test_copies_are_kept_for_the_next_process(packages: Path, cache: Path) -> None:
    """One for each of the first guests, with the library that calls CPython."""
    library = build_library(packages / "libs/libpythonic.so.1", calls_python=True)
    build_module("linked_count", packages, "counting", library)
    script = (
        _STAGE
        + """
for name in "ab":
    make(name).exec("import counting; assert counting.linked_count() == 1")
"""
    )
    child.run(script, str(packages))
    first = {path: path.stat().st_mtime_ns for path in kept(cache)}

    child.run(script, str(packages))

    assert {path: path.stat().st_mtime_ns for path in kept(cache)} == first
    assert sorted(path.parent.name for path in first) == ["000", "000", "001", "001"]
    assert {path.stat().st_mode & 0o077 for path in cache.glob("subinterp")} == {0}


def test_copies_of_many_guests_are_not_kept(packages: Path, cache: Path) -> None:
    """Each would take as much space again."""
    build_module("count", packages, "counting")

    child.run(
        _STAGE
        + """
for number in range(10):
    with make(f"g{number}") as guest:
        guest.exec("import counting; assert counting.count() == 1")
nothing_left(threads=2)
""",
        str(packages),
    )

    assert [path.parent.name for path in kept(cache)] == [f"{n:03}" for n in range(8)]


def test_a_copy_that_was_cut_short_is_made_again(packages: Path, cache: Path) -> None:
    """To load it would end the process."""
    build_module("count", packages, "counting")
    assert count_in_a_guest(packages) == "1\n"
    (copy,) = kept(cache)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:1000])

    assert count_in_a_guest(packages) == "1\n"

    assert copy.read_bytes() == whole


def test_an_upgrade_makes_a_new_copy(packages: Path, cache: Path) -> None:
    """The old one goes when it has not been used for long."""
    build_module("count", packages, "counting")
    count_in_a_guest(packages)
    (old,) = kept(cache)
    os.utime(old, (0, 0))
    build_module("count", packages, "counting").touch()

    assert count_in_a_guest(packages) == "1\n"

    (new,) = kept(cache)
    assert new != old


def _a_file(cache: Path) -> None:
    cache.mkdir()
    (cache / "subinterp").touch()


def _another_owner(cache: Path) -> None:
    (cache / "subinterp").mkdir(parents=True)
    os.chown(cache / "subinterp", 12345, 12345)


def _open_to_all(cache: Path) -> None:
    (cache / "subinterp").mkdir(parents=True)
    (cache / "subinterp").chmod(0o777)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_a_file, "it belongs to somebody else"),
        (_open_to_all, "others may write there"),
        pytest.param(
            _another_owner,
            "it belongs to somebody else",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can do that"),
        ),
    ],
)
def test_an_unsafe_cache_is_not_used(
    packages: Path, cache: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    """What others may change is not run; the copies are kept in memory."""
    spoil(cache)
    build_module("count", packages, "counting")

    warning, result = count_in_a_guest(packages).splitlines()

    assert result == "1"
    assert warning.startswith("RuntimeWarning cannot keep private copies of extension ")
    assert f"({reason})" in warning
    assert not [path for path in kept(cache) if path.stat().st_size]


def test_no_room_for_a_copy(packages: Path, cache: Path) -> None:
    """Neither on the disk nor in memory: the import says so, and nothing is left."""
    build_module("count", packages, "counting")

    child.run(
        _STAGE
        + """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
a, b = make("a"), make("b")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
error = raises(ImportError, a.exec, "import counting")
assert "File too large" in str(error), error
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
b.exec("import counting")
""",
        str(packages),
        stderr="(?s).*cannot keep private copies.*",
    )

    assert len(kept(cache)) == 1


def test_a_thread_of_a_library_outlives_its_guest(packages: Path) -> None:
    """It waits for ever at its next call, as at the end of CPython."""
    build_module("call_for_ever", packages, "calling")

    child.run(
        _STAGE
        + """
for number in range(10):
    with make(f"g{number}") as guest:
        calling(guest)
assert subinterp.list_all() == []
""",
        str(packages),
    )


def test_the_process_ends_while_threads_of_libraries_call(packages: Path) -> None:
    """Into guests that were not closed, and are idle or busy."""
    build_module("call_for_ever", packages, "calling")

    child.run(
        _STAGE
        + """
for name in "abc":
    calling(make(name))
subinterp.get("b").start("while True: pass")
leave()
""",
        str(packages),
    )


def test_closing_while_threads_of_libraries_call_back(packages: Path) -> None:
    """The run is interrupted; its guest ends when the threads are through."""
    build_module("call_back", packages, "calling")

    child.run(
        _STAGE
        + """
for number in range(5):
    guest = make(f"g{number}")
    guest.exec("import calling, threading; called = threading.Event()")
    run = guest.start("calling.call_back(called.set, 4, 300)")
    guest.start("called.wait()", thread="other").result()
    guest.close(30)
nothing_left(threads=2)
""",
        str(packages),
        stderr=".*",
    )


def test_a_fork_while_threads_of_libraries_call(packages: Path) -> None:
    """The child has none of them, and can load its own."""
    build_module("call_for_ever", packages, "calling")
    build_module("count", packages, "counting")

    child.run(
        _STAGE
        + """
guest = make("a")
guest.exec("import counting")
calling(guest)
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        make("b").exec("import counting; assert counting.count() == 1")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
guest.exec("called.clear(); called.wait()")
""",
        str(packages),
        stderr="(?s).*",
    )
