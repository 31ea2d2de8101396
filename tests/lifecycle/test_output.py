"""Output is complete and in order, also when much of it comes at once or at the end."""

from __future__ import annotations

import pytest

from . import child

pytestmark = pytest.mark.lifecycle


def test_a_hundred_thousand_lines() -> None:
    """Every line of one guest arrives, in order."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        run = guest.start("for i in range(100_000): print('line', i)")
        run.result()
        assert run.stdout == "".join(f"line {i}\\n" for i in range(100_000))
        """
    )


def test_eight_guests_print_at_once() -> None:
    """Each run gets the lines of its guest, all of them, in order."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        guests = [subinterp.create(f"guest{number}") for number in range(8)]
        runs = [
            guest.start(f"for i in range(20_000): print('{guest.name}', i)")
            for guest in guests
        ]
        for guest, run in zip(guests, runs):
            run.result()
            expected = "".join(f"{guest.name} {i}\\n" for i in range(20_000))
            assert run.stdout == expected, guest
        """
    )


def test_threads_of_a_guest_print_at_once() -> None:
    """Lines of threads mix; none is lost, and each thread's are in order."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        run = guest.start('''
            import sys, threading
            def work(name):
                for i in range(2000): sys.stdout.write(f"{name} {i}\\\\n")
            threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        ''')
        run.result()
        lines = [tuple(map(int, line.split())) for line in run.stdout.splitlines()]
        for name in range(6):
            assert [i for n, i in lines if n == name] == list(range(2000))
        """
    )


@pytest.mark.parametrize("ending", ["close", "interrupt", "restart"])
def test_what_was_printed_before_the_end_is_kept(ending: str) -> None:
    """A guest that prints while it is closed loses nothing that print() has taken."""
    child.run(
        """
        import sys, tempfile
        from concurrent.futures import wait
        from lifecycle.stage import *
        silence()
        for _ in range(8):
            with tempfile.TemporaryFile() as file:
                guest = subinterp.create("a")
                run = begin(guest, f'''
                    import os
                    i = 0
                    while True:
                        print(i)
                        i += 1
                        os.pwrite({file.fileno()}, str(i).encode(), 0)
                        if i == 1000: begun()
                ''')
                if sys.argv[1] == "close":
                    guest.close()
                elif sys.argv[1] == "interrupt":
                    run.interrupt()
                    wait([run])
                else:
                    guest.restart()
                guest.close()
                file.seek(0)
                printed = int(file.read())
                lines = run.stdout.splitlines()
                # The interrupt may have come between print and the note of it.
                assert printed <= len(lines) <= printed + 1, (printed, len(lines))
                assert lines == list(map(str, range(len(lines))))
        """,
        ending,
    )


def test_output_of_the_end_itself() -> None:
    """What callbacks at exit and threads print while the guest ends is kept."""
    child.run(
        """
        from lifecycle.stage import *
        silence()
        guest = subinterp.create("a")
        run = guest.start('''
            import atexit, sys, threading
            atexit.register(print, "callback")
            atexit.register(print, "error", file=sys.stderr)
            done = threading.Event()
            def work():
                done.wait()
                for i in range(1000): print(i)
            threading.Thread(target=work).start()
            threading._register_atexit(done.set)
        ''')
        run.result()
        guest.close(timeout=20)
        # The pump may have the last of it in hand.
        until(lambda: run.stdout.endswith("callback\\n"))
        until(lambda: run.stderr == "error\\n")
        assert run.stdout == "".join(f"{i}\\n" for i in range(1000)) + "callback\\n"
        """
    )


def test_a_route_that_raises_loses_nothing() -> None:
    """The run goes on, and what it printed can be read from it."""
    ended = child.run(
        """
        import logging
        from subinterp.route import set_route_factory
        from lifecycle.stage import *
        class Broken:
            def stream(self, name, text): raise OSError("gone")
            def message(self, msg_type, content): raise OSError("gone")
        set_route_factory(Broken)
        logging.getLogger("subinterp").setLevel(logging.CRITICAL)
        guest = subinterp.create("a")
        run = guest.start("for i in range(1000): print(i)")
        run.result()
        assert run.stdout == "".join(f"{i}\\n" for i in range(1000))
        """
    )
    assert ended.stdout == ""
