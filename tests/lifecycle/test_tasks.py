"""Guests whose event loops go on between two cells.

The thread that a guest's cells run on is then in Python code while it has no job, or
stuck in it; close, restart, exit and fork work all the same.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_SECONDS = 3.0

_TASKS = {
    "waits": "await asyncio.sleep(600)",
    "turns": """
        while True: await asyncio.sleep(0)
    """,
    "is stuck": """
        while True:
            x = 1
    """,
    "will not stop": """
        while True:
            try:
                while True: x = 1
            except BaseException: x = 2
    """,
}


@pytest.mark.parametrize("thread", ["None", "'second'"])
@pytest.mark.parametrize("what", _TASKS)
def test_exit_with_a_task(what: str, thread: str) -> None:
    """In time and in silence."""
    ended = child.run(
        f"""
        import sys
        from lifecycle.stage import *
        silence()
        leave_task(subinterp.create("a"), sys.argv[1], thread={thread})
        leave()
        """,
        _TASKS[what],
    )
    assert ended.exit_seconds < _SECONDS


@pytest.mark.parametrize("what", [what for what in _TASKS if what != "will not stop"])
def test_close_with_a_task(what: str) -> None:
    """The task is cancelled, or interrupted if it does not hear."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        leave_task(guest, sys.argv[1])
        assert guest.state == "idle", guest.state
        guest.close(timeout=20)
        nothing_left(threads=2)
        """,
        _TASKS[what],
    )


def test_restart_leaves_a_task_behind_that_will_not_stop() -> None:
    """And the new guest of that name works."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        leave_task(guest, sys.argv[1])
        guest.restart()
        guest.exec("x = 1")
        """,
        _TASKS["will not stop"],
    )


@pytest.mark.parametrize("what", ["waits", "turns", "is stuck"])
def test_fork_with_a_task(what: str) -> None:
    """The child has no guest, the parent's goes on."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        leave_task(guest, sys.argv[1])
        for _ in range(10):
            wait_for_child(fork(guest))
        if "x = 1" in sys.argv[1]:
            guest.interrupt()
        guest.exec("answer = 42")
        guest.exec("assert answer == 42")
        """,
        _TASKS[what],
    )


def test_jobs_and_tasks_take_turns() -> None:
    """A thousand jobs find the thread in its loop, or on its way in or out."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        leave_task(guest, sys.argv[1])
        for number in range(1000):
            guest.exec(f"number = {number}")
        guest.exec("assert number == 999")
        guest.close(timeout=20)
        nothing_left(threads=2)
        """,
        """
        while True: await asyncio.sleep(0.0001)
        """,
    )
