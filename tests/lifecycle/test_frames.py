"""Debuggers and dump tools look at frames while guests run.

CPython's own functions walk over every interpreter's threads while these run: the process
aborts (gh-158364: 3.13, 3.14 before 3.14.8, 3.15 before rc3).
"""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


def test_frames_of_the_host_while_guests_run() -> None:
    """Hundreds of looks at the host's threads while guests are busy."""
    child.run(
        """
        import sys, threading
        from lifecycle.stage import *
        silence()
        company()
        for _ in range(500):
            frames = sys._current_frames()
            assert frames[threading.get_ident()] is sys._getframe()
            exceptions = sys._current_exceptions()
            assert exceptions[threading.get_ident()] is None
        """
    )


def test_exceptions_of_the_host_while_guests_run() -> None:
    """The exception that is being handled is found, and no other."""
    child.run(
        """
        import sys, threading
        from lifecycle.stage import *
        silence()
        company()
        for _ in range(100):
            try:
                raise ValueError("mine")
            except ValueError as error:
                assert sys._current_exceptions()[threading.get_ident()] is error
            assert sys._current_exceptions()[threading.get_ident()] is None
        """
    )


def test_frames_show_only_threads_of_the_same_interpreter() -> None:
    """The host sees its own threads, a guest its own; nobody sees another's."""
    child.run(
        """
        import sys, threading
        from lifecycle.stage import *
        guest = subinterp.create("a")
        begin(guest, "while True: pass", thread="second")
        own = {thread.ident for thread in threading.enumerate()}
        assert sys._current_frames().keys() == own
        guest.exec('''
            import sys, _thread
            frames = sys._current_frames()
            assert len(frames) == 2, frames
            assert frames[_thread.get_ident()] is sys._getframe()
        ''')
        """
    )


def test_frames_inside_guests_while_others_run() -> None:
    """Guests look at their own threads, which come and go, all at once."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        company()
        guests = [subinterp.create(f"guest{number}") for number in range(3)]
        runs = [
            guest.start('''
                import sys, threading
                for _ in range(200):
                    thread = threading.Thread(target=sum, args=(range(1000),))
                    thread.start()
                    frames = sys._current_frames()
                    assert frames[threading.get_ident()] is sys._getframe()
                    assert sys._current_exceptions()[threading.get_ident()] is None
                    thread.join()
            ''')
            for guest in guests
        ]
        for run in runs:
            run.result()
        """
    )


def test_faulthandler_while_guests_run() -> None:
    """A dump of the host's threads neither waits nor fails."""
    child.run(
        """
        import faulthandler, tempfile
        from lifecycle.stage import *
        silence()
        company()
        with tempfile.TemporaryFile() as file:
            for _ in range(50):
                faulthandler.dump_traceback(file)
        """
    )
