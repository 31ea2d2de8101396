"""Interrupting what a guest runs.

- Python code, waits and floods of output stop within a quarter of a second.
- Extra threads are interrupted by themselves, queued runs are taken off the queue.
- What handles KeyboardInterrupt goes on, and the guest is as good as before.
"""

from __future__ import annotations

import sys

import pytest

from . import child

pytestmark = pytest.mark.lifecycle

_SECONDS = 0.25

_PROMPT = {
    "loop": "while True: pass",
    "calls": """
        def call(): return [str(x) for x in range(10)]
        while True: call()
    """,
    "sleep": "import time; begun(); time.sleep(600)",
    "short sleeps": """
        import time
        while True: time.sleep(0.001)
    """,
    "recursion": """
        def descend(n): return descend(n - 1) if n else ascend()
        def ascend():
            while True: pass
        descend(900)
    """,
    "generator": "sum(x for x in iter(int, 1))",
    "asyncio": """
        import asyncio
        async def wait():
            begun()
            await asyncio.sleep(600)
        asyncio.run(wait())
    """,
    "selector": """
        import selectors, socket
        selector = selectors.DefaultSelector()
        one, other = socket.socketpair()
        selector.register(one, selectors.EVENT_READ)
        begun()
        selector.select()
    """,
    "sleep in a with": """
        import threading, time
        begun()
        with threading.Lock(): time.sleep(600)
    """,
}

_FROM_3_15 = {
    "select": "import select; begun(); select.select([], [], [], 600)",
    "poll": "import select; begun(); select.poll().poll(600_000)",
    "accept": """
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        begun()
        listener.accept()
    """,
    "receive": """
        import socket
        one, other = socket.socketpair()
        begun()
        one.recv(1)
    """,
    "read": """
        import os
        reader, writer = os.pipe()
        begun()
        os.read(reader, 1)
    """,
    # An interrupt before Popen() returns would leave the process behind, and wait() gives it
    # a quarter of a second to hear of the interrupt, too.
    "process": """
        import os, subprocess
        with subprocess.Popen(['sleep', '600']) as process:
            try:
                begun()
                os.waitpid(process.pid, 0)
            finally:
                process.kill()
    """,
}


@pytest.mark.parametrize("what", _PROMPT)
def test_an_interrupt_arrives_within_a_quarter_of_a_second(what: str) -> None:
    """From the request to KeyboardInterrupt in the guest; the median of five."""
    _measure(_PROMPT[what], waits=False)


@pytest.mark.skipif(sys.version_info < (3, 15), reason="gh-144748: from 3.15 on")
@pytest.mark.parametrize("what", _FROM_3_15)
def test_an_interrupt_ends_a_wait_in_the_system(what: str) -> None:
    """System calls return for it, as they do for signals."""
    _measure(_FROM_3_15[what], waits=True)


def _measure(code: str, *, waits: bool) -> None:
    ended = child.run(
        """
        import statistics, sys, textwrap, time
        from lifecycle.stage import *
        guest = subinterp.create("a")
        home = guest.thread_states()[0].native_id
        code, waits = textwrap.dedent(sys.argv[1]), sys.argv[2]
        if "begun()" not in code:
            code = f"begun()\\n{code}"
        code = f'''
        import time
        try:
            exec({code!r})
        except KeyboardInterrupt:
            heard = time.monotonic()
        '''
        taken = []
        for _ in range(5):
            run = begin(guest, code)
            if waits == "True":
                until(lambda: asleep(home))
            asked = time.monotonic()
            assert run.interrupt()
            run.result()
            heard = guest.start("print(heard)")
            heard.result()
            taken.append(float(heard.stdout) - asked)
        print(f"median {statistics.median(taken)}")
        """,
        code,
        str(waits),
    )
    assert float(ended.lines[-1].removeprefix("median ")) < _SECONDS, ended.stdout


def test_a_flood_of_output_is_interrupted() -> None:
    """Code that waits for room in the full channel hears of it while there is none."""
    child.run(
        """
        import threading
        from subinterp.route import set_route_factory
        from lifecycle.stage import *
        class Stalled:
            def stream(self, name, text):
                stalled.set()
                resume.wait()
            def message(self, msg_type, content): pass
        stalled, resume = threading.Event(), threading.Event()
        set_route_factory(Stalled)
        guest = subinterp.create("a")
        home = guest.thread_states()[0].native_id
        run = begin(guest, "while True: print('x' * 10000)")
        stalled.wait()
        until(lambda: asleep(home))
        run.interrupt()
        until(lambda: guest.state == "idle")
        resume.set()
        raises(KeyboardInterrupt, run.result)
        """
    )


def test_code_that_swallows_interrupts_is_asked_again() -> None:
    """Each interrupt arrives once, in the order in which they were sent."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        run = begin(guest, '''
            count = 0
            while count < 5:
                try:
                    begun()
                    print(count)
                    while True: x = 1
                except BaseException as error:
                    assert type(error) is KeyboardInterrupt
                    count += 1
        ''')
        for count in range(1, 6):
            until(lambda: run.stdout.count("\\n") == count)
            assert run.interrupt()
        run.result()
        assert run.stdout.split() == ["0", "1", "2", "3", "4"], run.stdout
        """
    )


def test_each_thread_of_a_guest_is_interrupted_by_itself() -> None:
    """The home thread goes on when the second thread is interrupted, and vice versa."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        home = begin(guest, "while True: pass")
        second = begin(guest, "while True: pass", thread="second")
        third = begin(guest, "import time; time.sleep(600)", thread="third")
        second.interrupt()
        raises(KeyboardInterrupt, second.result)
        assert home.state == third.state == "running"
        third.interrupt()
        raises(KeyboardInterrupt, third.result)
        assert home.state == "running"
        begin(guest, "pass", thread="second").result()
        home.interrupt()
        raises(KeyboardInterrupt, home.result)
        """
    )


def test_interrupting_a_guest_spares_what_is_queued() -> None:
    """Interpreter.interrupt() ends what runs on all threads; the queue goes on."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        running = [
            begin(guest, "while True: pass"),
            begin(guest, "while True: pass", thread="second"),
        ]
        queued = guest.start("x = 42")
        guest.interrupt()
        for run in running:
            raises(KeyboardInterrupt, run.result)
        queued.result()
        guest.exec("assert x == 42")
        """
    )


def test_a_queued_run_is_cancelled() -> None:
    """cancel() and interrupt() take it off the queue; it never begins."""
    child.run(
        """
        from concurrent.futures import CancelledError
        from lifecycle.stage import *
        guest = subinterp.create("a")
        guest.exec("begun_runs = []")
        running = begin(guest, "while True: pass")
        runs = [guest.start(f"begun_runs.append({n})") for n in range(6)]
        assert runs[1].cancel() and runs[3].cancel() and runs[5].interrupt()
        for number in (1, 3, 5):
            raises(CancelledError, runs[number].result)
        assert not running.cancel()
        running.interrupt()
        for number in (0, 2, 4):
            runs[number].result()
        guest.exec("assert begun_runs == [0, 2, 4], begun_runs")
        """
    )


def test_a_timeout_interrupts() -> None:
    """exec(timeout=) raises TimeoutError and leaves the guest usable."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for code in ("while True: pass", "import time; time.sleep(600)"):
            raises(TimeoutError, lambda: guest.exec(code, timeout=0.05))
            guest.exec("for x in range(1000): pass", timeout=60)
        raises(TimeoutError, lambda: guest.exec(BUSY["swallowing sleep"].replace(
            "begun()", "pass"), timeout=0.05))
        assert guest.state == "running"
        leave()
        """
    )


def test_interrupts_while_a_guest_handles_one() -> None:
    """A finally block may be interrupted as well; nothing breaks by that."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for _ in range(30):
            run = begin(guest, '''
                try:
                    begun()
                    while True: x = 1
                finally:
                    for x in range(100000): pass
            ''')
            for _ in range(20):
                run.interrupt()
            raises(KeyboardInterrupt, run.result)
        guest.exec("for x in range(100000): pass")
        """
    )


def test_deep_recursion_ends_by_its_limit() -> None:
    """Threads of guests have the stack that CPython's limit needs."""
    child.run(
        """
        from lifecycle.stage import *
        guest = subinterp.create("a")
        for thread in (None, "second"):
            run = guest.start('''
                def descend(): return descend()
                class Odd:
                    def __repr__(self): return repr(self)
                    def __eq__(self, other): return self == other
                for function in (descend, lambda: repr(Odd()), lambda: Odd() == 1):
                    try:
                        function()
                    except RecursionError:
                        print("ended")
            ''', thread=thread)
            run.result()
            assert run.stdout == "ended\\n" * 3
        """
    )
