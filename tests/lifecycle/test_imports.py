"""Guests import the standard library at the same time.

Some extension modules set up process-wide state at their first import, without a lock:
`datetime` crashes 3.13 when two guests are first at once (gh-136421), and tables of
`struct` and `cmath` are written twice (gh-140260, gh-116738).
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

# datetime comes along with most of these.
_MODULES = (
    "datetime",
    "sqlite3",
    "logging",
    "email.message",
    "uuid",
    "decimal",
    "json",
    "asyncio",
    "ctypes",
    "struct",
    "cmath",
    "zoneinfo",
)


@pytest.mark.parametrize("module", _MODULES)
def test_first_import_by_many_guests_at_once(module: str) -> None:
    """Eight guests import a module that the host has not imported."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        guests = [subinterp.create(f"guest{number}") for number in range(8)]
        runs = [guest.start(f"import {sys.argv[1]}") for guest in guests]
        for run in runs:
            run.result()
        nothing_left(threads=2)
        """,
        module,
    )


def test_different_first_imports_at_once() -> None:
    """Every guest begins with another module of the list and goes round."""
    child.run(
        """
        import sys
        from lifecycle.stage import *
        modules = sys.argv[1:]
        guests = [subinterp.create(f"guest{number}") for number in range(8)]
        runs = []
        for number, guest in enumerate(guests):
            order = modules[number:] + modules[:number]
            runs.append(guest.start("import " + ", ".join(order)))
        for run in runs:
            run.result()
        nothing_left(threads=2)
        """,
        *_MODULES,
    )


def test_datetime_is_usable_after_its_first_importer_is_gone() -> None:
    """Its static types outlive the guest that imported it first (gh-151039)."""
    child.run(
        """
        from lifecycle.stage import *
        for number in range(20):
            with subinterp.create("a") as guest:
                guest.exec(
                    "import datetime, decimal, sqlite3\\n"
                    "now = datetime.datetime.now(datetime.timezone.utc)\\n"
                    "assert now + datetime.timedelta(1) > now\\n"
                    "assert decimal.Decimal(1) / 3\\n"
                    "assert sqlite3.connect(':memory:').execute('select 1').fetchone()"
                )
        """
    )


def test_connections_to_sqlite_outlive_another_guest() -> None:
    """The end of one guest must not close what others opened (gh-140042)."""
    child.run(
        """
        import sqlite3
        from lifecycle.stage import *
        mine = sqlite3.connect(":memory:")
        keeper = subinterp.create("keeper")
        keeper.exec("import sqlite3; theirs = sqlite3.connect(':memory:')")
        for _ in range(5):
            with subinterp.create("passing") as guest:
                guest.exec("import sqlite3; sqlite3.connect(':memory:').close()")
            assert mine.execute("select 42").fetchone() == (42,)
            keeper.exec("assert theirs.execute('select 42').fetchone() == (42,)")
        """
    )


def test_an_import_while_the_host_is_in_a_long_call() -> None:
    """An extension's first import needs the host's GIL; waiting for it is no deadlock."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        run = begin(guest, "import array, _bisect, _heapq, _random, mmap")
        sum(range(10_000_000))
        run.result()
        """
    )


def test_close_during_an_import() -> None:
    """An import that is under way ends by KeyboardInterrupt, as any code."""
    child.run(
        """
        from lifecycle.stage import *
        for _ in range(5):
            guest = subinterp.create("a")
            begin(guest, "import asyncio, email.message, sqlite3, unittest.mock, xml.sax")
            guest.close()
        nothing_left(threads=2)
        """
    )
