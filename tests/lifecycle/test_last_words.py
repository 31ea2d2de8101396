"""Code of a guest that runs at its end: exit callbacks and finalizers."""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


@pytest.mark.parametrize(
    "code",
    [
        """
        import atexit
        def fail(): raise ValueError("mine")
        atexit.register(fail)
        atexit.register(print, "called")
        """,
        """
        import threading
        def fail(): raise ValueError("mine")
        threading._register_atexit(fail)
        threading.Thread(target=print, args=("called",)).start()
        """,
        """
        import atexit, threading
        def work():
            print("called")
        atexit.register(lambda: threading.Thread(target=work).start())
        """,
        """
        import atexit, _thread, time
        atexit.register(lambda: _thread.start_new_thread(time.sleep, (600,)))
        atexit.register(print, "called")
        """,
        """
        import atexit, sys
        atexit.register(sys.exit, 3)
        atexit.register(print, "called")
        """,
        """
        import atexit, os, threading
        def work():
            done.wait()
        done = threading.Event()
        threading.Thread(target=work).start()
        threading._register_atexit(done.set)
        atexit.register(print, "called")
        """,
    ],
    ids=["raise", "raise-gh-113148", "thread", "raw-thread", "exit", "hook"],
)
def test_callbacks_at_exit_are_called(code: str) -> None:
    """What a callback raises or starts is no hindrance."""
    ended = child.run(
        """
        import sys, textwrap
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec(sys.argv[1])
        guest.close(timeout=20)
        assert guest.state == "closed"
        nothing_left(threads=2)
        """,
        code,
        stderr=r"(Exception ignored .*(mine|SystemExit: 3)\n+)?",
    )
    assert ended.stdout == "called\n"


def test_a_callback_at_exit_that_loops() -> None:
    """Close gives up in time; the interrupt that it sent lets the guest end later."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec('''
            import atexit
            def loop():
                while True: pass
            atexit.register(loop)
        ''')
        try:
            guest.close(timeout=0.5)
        except subinterp.InterpreterBusyError:
            guest.close(timeout=20)
        assert guest.state == "closed"
        nothing_left(threads=2)
        """,
        stderr=r"(Exception ignored .*KeyboardInterrupt.*\n)?",
    )


def test_objects_that_are_finalized_at_the_end() -> None:
    """Code of __del__ methods runs at the end, with threads or without."""
    ended = child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec('''
            import os, threading
            class Last:
                def __del__(self):
                    os.write(1, b"finalized\\\\n")
                    try:
                        threading.Thread(target=print).start()
                    except RuntimeError:
                        pass
            last = Last()
        ''')
        guest.close()
        nothing_left(threads=2)
        """
    )
    assert ended.lines == ["finalized"]
