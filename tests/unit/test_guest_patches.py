"""Waits in a guest end when an exception is sent to their thread."""

from __future__ import annotations

import sys

import pytest

from guests import guest

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 15), reason="CPython wakes its waits itself (gh-144748)"
)


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param("import time; time.sleep(30)", id="time.sleep"),
        pytest.param("import asyncio; asyncio.run(asyncio.sleep(30))", id="asyncio"),
        pytest.param(
            "import selectors, socket\n"
            "pair = socket.socketpair()\n"
            "selector = selectors.DefaultSelector()\n"
            "selector.register(pair[0], selectors.EVENT_READ)\n"
            "selector.select(30)",
            id="selectors",
        ),
        pytest.param(
            "import subprocess\nsubprocess.run(['sleep', '30'], capture_output=True)",
            id="subprocess",
        ),
    ],
)
def test_an_exception_wakes_a_wait(wait: str) -> None:
    """It arrives at once, and not when the wait is over."""
    name, seconds = guest(
        f"""
        import time
        interrupt_after(0.3)
        start = time.monotonic()
        outcome = plain({wait!r})
        report([outcome and outcome["ename"], time.monotonic() - start])
        """
    )

    assert name == "KeyboardInterrupt"
    assert seconds < 10


def test_a_selector_keeps_its_timeout() -> None:
    """It returns what is ready at once, nothing at the timeout, and polls at 0."""
    assert guest(
        """
        plain('''
            import selectors, socket, time
            one, other = socket.socketpair()
            selector = selectors.DefaultSelector()
            selector.register(one, selectors.EVENT_READ)
            start = time.monotonic()
            assert selector.select(0) == selector.select(-1) == []
            assert time.monotonic() - start < 0.1
            assert selector.select(0.35) == []
            assert 0.34 < time.monotonic() - start < 5
            other.send(b"x")
            assert len(selector.select()) == 1
            print("kept")
        ''')
        report(text())
        """
    ) == ("kept\n")


def test_sleep_is_known_by_its_own_name() -> None:
    """A pickled ``time.sleep`` is found where it is loaded."""
    assert guest(
        """
        plain("import pickle, time; copy = pickle.loads(pickle.dumps(time.sleep))")
        plain("print(copy is time.sleep)")
        report(text())
        """
    ) == ("True\n")
