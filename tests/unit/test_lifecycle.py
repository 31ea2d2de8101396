"""The guards of the host, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    """Run code in a child and return what it printed; it must end well and quietly."""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_threads_start_with_the_first_guest() -> None:
    """One daemon thread, and it stays when the guest goes."""
    out = run("""if True:
        import subinterp, threading
        print([t.name for t in threading.enumerate()])
        for _ in range(2):
            subinterp.create("a").close()
            print([(t.name, t.daemon) for t in threading.enumerate()][1:])
    """)
    pump = "[('subinterp-pump', True)]"
    assert out.splitlines() == ["['MainThread']", pump, pump]


def test_undo_takes_everything_back() -> None:
    """No thread, the original functions; the next guest brings it all again."""
    out = run("""if True:
        import subinterp, sys, threading
        from subinterp import lifecycle
        frames = sys._current_frames
        for _ in range(2):
            with subinterp.create("a") as guest:
                guest.exec("print(1)")
            lifecycle.undo()
            print(sys._current_frames is frames, threading.active_count())
    """)
    assert out == "1\nTrue 1\n" * 2


def test_undo_respects_who_replaced_the_functions_later() -> None:
    """What is not ours is not touched."""
    out = run("""if True:
        import subinterp, sys
        from subinterp import lifecycle
        subinterp.create("a").close()
        sys._current_frames = mine = lambda: {}
        lifecycle.undo()
        print(sys._current_frames is mine)
    """)
    assert out == "True\n"


def test_an_unknown_build_is_warned_about_once() -> None:
    """The warning points to the user's line and guests work all the same."""
    out = run("""if True:
        import subinterp, warnings
        subinterp._native.guard_process = lambda: False
        with warnings.catch_warnings(record=True) as caught:
            for _ in range(2):
                subinterp.create("a").close()
        for one in caught:
            print(one.category.__name__, one.filename, one.message)
    """)
    assert out.startswith("RuntimeWarning <string> forking (`!cmd`")
    assert out.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_address_space_limit_is_seen_before_it_is_hit() -> None:
    """A guest that cannot live is refused with the reason, and the host goes on."""
    out = run("""if True:
        import pathlib, resource, subinterp
        subinterp.create("a").close()
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + 32 * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        try:
            subinterp.create("b")
        except subinterp.InterpreterStartError as error:
            print(error.reason)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        subinterp.create("b").exec("print(1)")
    """)
    assert "address space limit leaves" in out
    assert out.endswith("64 are needed\n1\n")


def test_nothing_can_be_created_when_the_process_ends() -> None:
    """Code at exit that comes after ours gets a clear error, and starts no thread."""
    out = run("""if True:
        import atexit, subinterp, threading
        def late():
            try:
                subinterp.create("b")
            except subinterp.InterpreterStartError as error:
                print(error.reason)
            print(threading.active_count())
        atexit.register(late)  # called after those that are registered later
        subinterp.create("a")
    """)
    assert out == "the process is about to end\n1\n"
