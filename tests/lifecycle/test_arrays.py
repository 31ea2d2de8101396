"""Memory of arrays that crossed, and the ends of those who have it.

No byte is copied when it is lent, and all of it is given back, whichever side ends first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import child

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.lifecycle, pytest.mark.timeout(120)]

_BEGIN = """
import gc, weakref
import numpy as np
from lifecycle.stage import *
from subinterp.settings import guest_options
guest_options["untried"] = True

MB = 1_000_000

def private(name):
    guest = subinterp.create(name, extensions="private")
    guest.exec("import numpy as np")
    return guest

def collected(ref):
    gc.collect()
    return ref() is None
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the user's cache as it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_large_array_takes_its_memory_once() -> None:
    """Lent to two guests and shared with them, by rows, columns and as dates."""
    child.run(
        f"""
        {_indented(_BEGIN)}
        guests = [private("a"), private("b")]
        array = np.ones((2000, 12_500))  # 200 MB
        before = resident()
        for guest in guests:
            guest.push(x=array, rows=array[5:], columns=array[:, 7:], steps=array[::3])
            guest.push(dates=array.view("M8[s]"))
            guest.share(y=array, z=array.T)
            guest.call(len, array)
            guest.exec("total = float(x.sum() + rows[:, 0].sum() + steps[0].sum())")
        assert resident() - before < 20 * MB, resident() - before
        assert guests[0].pull("total") == 25_000_000 + 1995 + 12_500
        """,
        timeout=100,
    )


@pytest.mark.parametrize(
    "keep",
    [
        "pass",
        "circle = [x]; circle.append(circle)",
        "import sys; sys.modules['numpy'].kept = x",
        "y = x[::2].view(np.matrix); t = memoryview(x)",
    ],
    ids=["as a variable", "in a circle", "in a module", "by views"],
)
def test_a_guest_that_ends_gives_back_what_it_was_lent(keep: str) -> None:
    """However it is kept; meanwhile the host may have let go of it."""
    child.run(
        f"""
        {_indented(_BEGIN)}
        guest = private("a")
        array = np.ones(MB)
        gone = weakref.ref(array)
        guest.share(x=array[::2])
        del array
        guest.exec({keep!r})
        assert not collected(gone)
        guest.exec("x += 1; assert x.sum() == 1_000_000")
        guest.close()
        until(lambda: collected(gone))
        """,
        timeout=100,
    )


def test_what_came_from_guests_outlives_them_and_goes() -> None:
    """Memory of arrays is level over many guests' answers, whose guests are gone."""
    child.run(
        f"""
        {_indented(_BEGIN)}
        guest = private("a")
        guest.exec("x = np.ones((1000, 1000))")
        pulled = guest.pull("x"), guest.call(eval, "x[::2, ::2].T")
        guest.exec("x[:] = 5")
        before = resident()
        for _ in range(50):
            guest.pull("x")
            gc.collect()
        assert resident() - before < 40 * MB, resident() - before
        guest.close()
        assert pulled[0].sum() == MB and pulled[1].sum() == MB / 4
        pulled[0][:] = 2
        """,
        timeout=100,
    )


def test_the_process_ends_with_arrays_everywhere() -> None:
    """Lent, shared, on their way and read by a thread that goes on."""
    child.run(
        f"""
        {_indented(_BEGIN)}
        guest, other = private("a"), subinterp.create("b", extensions="private")
        array, queue = np.ones(MB), subinterp.create_queue()
        guest.push(x=array[::2]); guest.share(y=array)
        other.push(x=array.view("M8[s]"))
        queue.put(array[::3])
        kept = guest.pull("x")
        begin(guest, "while True: y[:] = x.sum() % 7")
        left = [other.submit(len, array) for _ in range(5)]
        """,
        timeout=100,
    )


def test_guests_that_are_closed_in_turn_leave_the_memory_to_others() -> None:
    """Three times: the array is there to the last, and free after it."""
    child.run(
        f"""
        {_indented(_BEGIN)}
        for _ in range(3):
            guests = [private(name) for name in "ab"]
            array = np.zeros((1000, 100))
            gone = weakref.ref(array)
            for guest in guests:
                guest.share(column=array[:, 3])
            guests[0].exec("column += 1")
            guests[0].close()
            guests[1].exec("column += 1; assert column.sum() == 2000")
            assert array.sum() == 2000
            del array
            assert not collected(gone)
            guests[1].close()
            until(lambda: collected(gone))
        """,
        timeout=100,
    )


def _indented(text: str) -> str:
    return text.strip().replace("\n", "\n        ")
