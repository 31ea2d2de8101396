"""Either side of a queue."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import subinterp
from subinterp import Group, InterpreterPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS = 20.0
_PRELUDE = f"""
from queue import Empty, Full, ShutDown
from threading import Barrier, Thread

def raises(kind, function, *args, **kwargs):
    try:
        answer = function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"{{kind.__name__}} was not raised, but {{answer!r}} returned")

class Waiting(Thread):
    # A thread that calls a function, of which it is known that it sleeps there.
    def __init__(self, function, *args):
        super().__init__()
        self.work = function, args
        self.outcome = None
        self.start()
        while self.state() != "S":
            assert self.is_alive(), f"it did not wait: {{self.outcome!r}}"

    def run(self):
        function, args = self.work
        try:
            self.outcome = function(*args)
        except Exception as error:
            self.outcome = type(error)

    def state(self):
        try:
            with open(f"/proc/self/task/{{self.native_id}}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return "X"

    def result(self):
        self.join({_SECONDS})
        assert not self.is_alive(), "it still waits"
        return self.outcome
"""


@pytest.fixture(params=["host", "guest"])
def do(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Execute source in the host or in a guest, with these values."""

    def in_host(source: str, /, **values: object) -> None:
        exec(_PRELUDE + dedent(source), values)

    def in_guest(source: str, /, **values: object) -> None:
        guest = subinterp.create("side")
        guest.push(**values)
        guest.exec(_PRELUDE + dedent(source))

    return in_host if request.param == "host" else in_guest


@pytest.fixture
def pool() -> Iterator[InterpreterPoolExecutor]:
    """A pool of at most two guests."""
    with InterpreterPoolExecutor(2, "pool") as pool:
        yield pool


@pytest.fixture
def pair() -> Group:
    """Guests w0 and w1, closed after the test."""
    return subinterp.group("w", 2)
