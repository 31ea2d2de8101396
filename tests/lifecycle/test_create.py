"""Making guests: one after another, many at once, and in vain.

- Numbers and names: unique, or free again.
- A guest that cannot start leaves the process as it was.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


def test_a_hundred_guests_one_after_another() -> None:
    """Each works and ends; no interpreter id is used twice."""
    child.run(
        """
        from lifecycle.stage import *
        ids = set()
        for number in range(100):
            with subinterp.create() as guest:
                guest.exec(f"x = {number}; assert x == {number}")
                ids.add(guest.id)
        assert len(ids) == 100 and 0 not in ids
        nothing_left(threads=2)
        """
    )


def test_forty_guests_at_once() -> None:
    """Threads that create at the same moment get guests with ids of their own."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        guests = []
        start = threading.Barrier(40)
        def create():
            start.wait()
            guests.append(subinterp.create())
        threads = [threading.Thread(target=create) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({guest.id for guest in guests}) == 40
        assert len({guest.name for guest in guests}) == 40
        runs = [guest.start(f"x = {guest.id}") for guest in guests]
        for run in runs:
            run.result()
        for guest in guests:
            guest.exec(f"assert x == {guest.id}")
        nothing_left(threads=2)
        """
    )


def test_the_same_name_hundreds_of_times() -> None:
    """An ended guest leaves its name free and nothing behind (an old crash)."""
    child.run(
        """
        from lifecycle.stage import *
        last = -1
        for _ in range(300):
            guest = subinterp.create("a")
            assert guest.id > last
            last = guest.id
            guest.exec("try: x\\nexcept NameError: x = 1\\nelse: assert False")
            raises(subinterp.InterpreterExistsError, subinterp.create, "a")
            guest.close()
        nothing_left(threads=2)
        """
    )


def test_creation_while_others_end() -> None:
    """Interpreters are made and ended at the same time, with imports in between."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        def work(name):
            for _ in range(10):
                with subinterp.create(name) as guest:
                    guest.exec("import json, re, struct; json.dumps(re.escape('x'))")
        threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        nothing_left(threads=2)
        """
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("raise RuntimeError('mine')", "RuntimeError: mine"),
        ("syntax error", "SyntaxError"),
        ("def boot(setup): return 42", "tuple"),
        ("", "boot"),
        ("import threading; threading.Thread(target=print).start(); 1 / 0", "Zero"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import sys; sys.exit(3)", "SystemExit"),
    ],
    ids=["raises", "syntax", "result", "empty", "thread", "interrupt", "exit"],
)
def test_a_guest_that_cannot_start(content: str, reason: str) -> None:
    """Its own part fails there: one error with the reason, and nothing is left."""
    child.run(
        """
        import pathlib, sys, tempfile
        from lifecycle.stage import *
        content, reason = sys.argv[1:]
        with tempfile.TemporaryDirectory() as place:
            package = pathlib.Path(place, "subinterp_guest.py")
            package.write_text(content)
            for _ in range(5):
                error = raises(
                    subinterp.InterpreterStartError,
                    lambda: subinterp.create("a", path=place),
                )
                assert reason in str(error), error
                assert "\\n" not in str(error), error
        with subinterp.create("a") as guest:
            guest.exec("pass")
        nothing_left(threads=2)
        """,
        content,
        reason,
    )


def test_guests_that_cannot_start_at_the_end() -> None:
    """The process may end while creations fail in other threads."""
    child.run(
        """
        import pathlib, tempfile, threading
        from lifecycle.stage import *
        subinterp.create("first").close()
        place = tempfile.mkdtemp()
        pathlib.Path(place, "subinterp_guest.py").write_text("1 / 0")
        failed = threading.Event()
        def work():
            while True:
                try:
                    subinterp.create(path=place)
                except subinterp.InterpreterStartError:
                    failed.set()
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        failed.wait()
        leave()
        """
    )


def test_too_little_memory() -> None:
    """Below a floor a guest is refused before CPython is asked."""
    child.run(
        """
        from lifecycle.stage import *
        from subinterp.preferences import preferences
        preferences.memory_floor = 1 << 40
        error = raises(subinterp.InterpreterStartError, subinterp.create, "a")
        assert "memory" in str(error), error
        preferences.memory_floor = 64
        with subinterp.create("a") as guest:
            guest.exec("pass")
        nothing_left(threads=2)
        """
    )


def test_an_address_space_limit() -> None:
    """Guests are made until it is reached, and again once it is lifted."""
    child.run(
        """
        import resource
        from lifecycle.stage import *
        subinterp.create("first").close()
        pages = int(open("/proc/self/statm").read().split()[0])
        limit = pages * resource.getpagesize() + (1 << 30)
        lifted = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit, lifted[1]))
        made = []
        def fill():
            while True:
                made.append(subinterp.create())
        error = raises(subinterp.InterpreterStartError, fill)
        assert "limit" in str(error), error
        assert made
        for guest in made:
            guest.exec("x = 1")
        resource.setrlimit(resource.RLIMIT_AS, lifted)
        subinterp.create("again").exec("import json")
        nothing_left(threads=2)
        """
    )


def test_no_thread_for_a_guest() -> None:
    """Where the system has no more threads, creation says so, and works later."""
    child.run(
        """
        import resource
        from subinterp.preferences import preferences
        from lifecycle.stage import *
        first = subinterp.create("first")  # an ended one would leave its stack for reuse
        first.exec("pass")
        preferences.memory_floor = 0
        pages = int(open("/proc/self/statm").read().split()[0])
        limit = pages * resource.getpagesize() + (8 << 20)  # a stack has 16 MiB
        lifted = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit, lifted[1]))
        error = raises(subinterp.InterpreterStartError, subinterp.create, "a")
        resource.setrlimit(resource.RLIMIT_AS, lifted)
        assert "thread" in str(error), error
        with subinterp.create("a") as guest:
            guest.exec("pass")
        nothing_left(threads=2)
        """
    )


def test_creation_in_a_thread_and_in_nested_calls() -> None:
    """The thread that created a guest may end before it, and others close it."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        thread = threading.Thread(target=subinterp.create, args=("a",))
        thread.start()
        thread.join()
        guest = subinterp.get("a")
        guest.exec("x = 1")
        closer = threading.Thread(target=guest.close)
        closer.start()
        closer.join()
        nothing_left(threads=2)
        """
    )


def test_guests_do_not_nest() -> None:
    """Importing subinterp in a guest is refused in one sentence, and harms nobody."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        error = raises(ImportError, guest.exec, "import subinterp")
        assert "do not nest" in str(error), error
        guest.exec("x = 1")
        nothing_left(threads=2)
        """
    )
