"""A cell may await; its loop belongs to its thread."""

from __future__ import annotations

from guests import guest


def test_a_cell_may_await() -> None:
    """And shows the value of its last expression."""
    outcome, shown = guest(
        """
        outcome = cell('''
            import asyncio
            async def f(): return 6 * 7
            await asyncio.sleep(0)
            await f()
        ''')
        report([outcome, messages()[0]["data"]["text/plain"]])
        """
    )

    assert outcome is None
    assert shown == "42"


def test_an_error_in_an_awaited_cell_shows_its_lines() -> None:
    """And none of the loop's frames."""
    outcome = guest(
        """
        report(cell('''
            import asyncio
            async def f():
                await asyncio.sleep(0)
                1 / 0
            await f()
        ''', 3))
        """
    )

    assert outcome["ename"] == "ZeroDivisionError"
    assert "run_until_complete" not in outcome["text"]
    assert any("Cell In[3], line 5" in line for line in outcome["traceback"])


def test_a_task_goes_on_under_its_own_cell() -> None:
    """The next await of any cell drives it, and its output stays with its own."""
    assert guest(
        """
        cell('''
            import asyncio
            async def late():
                for i in range(3):
                    await asyncio.sleep(0.01)
                    print(i, end="")
            task = asyncio.create_task(late())
            await asyncio.sleep(0)
        ''', number=7)
        cell("await task; print('now')", number=8)
        report([text(number=7), text(number=8)])
        """
    ) == ["012", "now\n"]


def test_an_interrupt_reaches_the_cell_that_awaits() -> None:
    """As KeyboardInterrupt where the cell waits; the loop can be used again."""
    outcome, seconds, again, printed = guest(
        """
        import time
        cell("import asyncio; await asyncio.sleep(0)")
        interrupt_after(0.3)
        start = time.monotonic()
        outcome = cell('''
            try:
                await asyncio.sleep(30)
            finally:
                print("cleaned up")
        ''', 3)
        seconds = time.monotonic() - start
        again = cell("await asyncio.sleep(0); print('again')")
        report([outcome, seconds, again, text()])
        """
    )

    assert outcome["ename"] == "KeyboardInterrupt"
    assert any("Cell In[3], line 2" in line for line in outcome["traceback"])
    assert seconds < 10
    assert again is None
    assert printed == "cleaned up\nagain\n"


def test_a_cancelled_task_is_no_interrupt() -> None:
    """What cancels itself ends with CancelledError."""
    assert (
        guest(
            """
            report(cell('''
                import asyncio
                task = asyncio.create_task(asyncio.sleep(9))
                task.cancel()
                await task
            ''')["ename"])
            """
        )
        == "CancelledError"
    )


def test_a_cell_that_does_not_await_runs_in_the_loop_as_well() -> None:
    """As in a kernel: it can make tasks, and asyncio.run() is refused."""
    outcome, refused = guest(
        """
        outcome = cell("import asyncio; task = asyncio.create_task(asyncio.sleep(0))")
        report([outcome, cell("asyncio.run(asyncio.sleep(0))")["evalue"]])
        """
    )

    assert outcome is None
    assert refused == "asyncio.run() cannot be called from a running event loop"


def test_the_cell_that_imports_asyncio_first_is_within_the_loop_as_well() -> None:
    """From then on, however it does so; and the loop is that of later cells."""
    outcome, printed = guest(
        """
        outcome = cell('''
            import logging, sys
            assert "asyncio" not in sys.modules
            import concurrent.futures, asyncio.events  # as a library might
            loop = asyncio.get_event_loop()
            print(loop.is_running(), asyncio.get_running_loop() is loop)
            async def late():
                print("late", end=" ")
            async def numbers():
                yield 1
            task = loop.create_task(late())
            generator = numbers()
            print(sys.get_asyncgen_hooks().firstiter is not None)
        ''')
        cell("await task; print(asyncio.get_running_loop() is loop)")
        report([outcome, text()])
        """
    )

    assert outcome is None
    assert printed == "True True\nTrue\nlate True\n"


def test_a_first_cell_that_awaits_without_asyncio() -> None:
    """It needs the loop before anybody has imported it."""
    assert guest(
        """
        cell('''
            async def f(): return 6 * 7
            print(await f())
            import asyncio
            print(asyncio.get_running_loop().is_running())
        ''')
        cell("await asyncio.sleep(0); print('again')")
        report(text())
        """
    ) == ("42\nTrue\nagain\n")


def test_a_cell_that_fails_leaves_the_loop() -> None:
    """The next one runs it."""
    assert guest(
        """
        cell("import asyncio; task = asyncio.create_task(asyncio.sleep(0)); 1 / 0")
        cell("await task; print(task.done())")
        report(text())
        """
    ) == ("True\n")


def test_a_thread_that_imports_asyncio_is_in_no_loop() -> None:
    """Nor are those that the cell's code makes afterwards."""
    assert guest(
        """
        cell('''
            from threading import Thread
            def look():
                import asyncio
                print(asyncio._get_running_loop())
            for _ in range(2):
                thread = Thread(target=look); thread.start(); thread.join()
        ''')
        cell("import asyncio; print(asyncio.get_running_loop().is_running())")
        report(text())
        """
    ) == ("None\nNone\nTrue\n")


def test_plain_code_runs_in_no_loop() -> None:
    """It may run one of its own."""
    assert guest(
        """
        cell("pass")
        plain("import asyncio; print(asyncio.run(asyncio.sleep(0, 'slept')))")
        report(text())
        """
    ) == ("slept\n")
