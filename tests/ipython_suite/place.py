"""A child process in which some of IPython's tests are run; see ``__main__.py``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from .inside import run

__all__: list[str] = []

_FOLDER = str(Path(__file__).parents[1])


def _run_in_guest(*arguments: object) -> None:
    import subinterp

    guest = subinterp.create("a", path=[str(Path.cwd()), _FOLDER])
    # As in a notebook, where the Stop button sends this signal to the process.
    signal.signal(signal.SIGINT, lambda *_: guest.interrupt())
    # No name is left in the guest, where "run" would hide the magic.
    inside = "__import__('ipython_suite.inside').inside"
    tests = guest.start(f"{inside}.run(*{arguments!r})")
    while not tests.settle(0.05):
        pass  # and look for signals: one that a guest's thread raises wakes nobody
    tests.result()
    guest.close(30)


def _main(place: str, report: str, *modules: str) -> None:
    # What runs in the background may have been started with the signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    where = _run_in_guest if place == "guest" else run
    where(place, [*modules], report)


if __name__ == "__main__":
    _main(*sys.argv[1:])
