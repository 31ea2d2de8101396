"""The process forks and ends while guests wait for a name, or are being made.

- Ready guests are no hindrance, whichever state they are in.
- A forked child has none and makes none, and can close nothing of its parent's.
- Without the extension nothing is made in advance.
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_SECONDS = 3.0

# Each lets the pool come to another point: the rest before a guest is made, its making,
# the making of its shell, its end.
_MOMENTS = {
    "at rest": "pass",
    "making": "until(lambda: len(interpreters()) > 1)",
    "warming": "until(lambda: ready._unfinished is not None)",
    "ready": "assert ready.count(30) == 1",
}
_START = """
        import sys
        from lifecycle.stage import *
        from subinterp import registry
        from subinterp.ready import ready
        registry.keep_ready(1)
        ready.fill()
"""


@pytest.mark.parametrize("moment", _MOMENTS)
def test_exit(moment: str) -> None:
    """In time and in silence."""
    ended = child.run(
        f"""{_START}
        {_MOMENTS[moment]}
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS


@pytest.mark.parametrize("moment", _MOMENTS)
def test_fork(moment: str) -> None:
    """The child starts afresh, the parent's pool goes on."""
    child.run(
        f"""{_START}
        {_MOMENTS[moment]}
        def look():
            assert ready.count() == 0
            ready.fill()
            assert ready.count(30) == 0
            registry.keep_ready(1)
            ready.fill()
            assert ready.count(30) == 1
            subinterp.create("own").exec("import json")
        wait_for_child(fork(then=look))
        assert ready.count(30) == 1
        assert subinterp.create("a").id == interpreters()[1]
        """
    )


@pytest.mark.parametrize("moment", _MOMENTS)
def test_close(moment: str) -> None:
    """Nothing is left: no interpreter, no thread."""
    child.run(
        f"""{_START}
        {_MOMENTS[moment]}
        ready.close()
        assert interpreters() == [0], interpreters()
        nothing_left(threads=2)
        """
    )


_STUCK = """
        import marshal
        from lifecycle.stage import *
        from subinterp import ready as module, registry
        from subinterp.ready import ready
        module._WARM = marshal.dumps(("exec", "while True: pass", "stuck"))
        registry.keep_ready(1)
        ready.fill()
        until(lambda: ready._unfinished and ready._unfinished.state == "running")
"""


def test_close_stops_what_would_make_a_guest_ready() -> None:
    """It may be waiting for a slow disk; nobody waits for it."""
    child.run(
        f"""{_STUCK}
        ready.close()
        nothing_left(threads=2)
        """
    )


def test_exit_stops_what_would_make_a_guest_ready() -> None:
    """As any run of a guest."""
    ended = child.run(
        f"""{_STUCK}
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS


def test_many_forks_while_guests_are_made() -> None:
    """Again and again, at whatever moment that is."""
    child.run(
        f"""{_START}
        for number in range(12):
            wait_for_child(fork_shortly(lambda: None))
            if ready.count():
                subinterp.create().close()
                ready.fill()
        """
    )


def test_importing_makes_nothing() -> None:
    """Neither thread nor guest, before or after a guest was made."""
    child.run(
        """
        import threading
        from lifecycle.stage import *
        assert threading.active_count() == os_threads() == 1
        subinterp.create("a").close()
        assert threading.active_count() == 2  # the pump
        assert interpreters() == [0]
        """
    )


def test_a_guest_that_was_taken_ends_as_any_other() -> None:
    """Busy, it is closed at exit."""
    ended = child.run(
        f"""{_START}
        assert ready.count(30) == 1
        begin(subinterp.create("a"), "while True: pass")
        ready.fill()
        leave()
        """
    )
    assert ended.exit_seconds < _SECONDS
