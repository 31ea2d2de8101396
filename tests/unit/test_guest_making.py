"""A guest's shell is made quickly, and nobody sees how."""

from __future__ import annotations

import pytest

from guests import guest


def test_a_cell_imports_only_what_it_needs() -> None:
    """What any of these would cost, all guests would pay, in time and in memory."""
    assert (
        guest(
            """
            import sys
            before = set(sys.modules)  # of the test itself
            cell("display(6 * 7); print('text'); 'value'")
            heavy = (
                "IPython.core.completer", "asyncio", "hashlib", "jedi", "pickle",
                "logging.config", "matplotlib_inline", "pygments.lexers", "socket",
                "sqlite3", "ssl", "stack_data", "subprocess", "tempfile",
            )
            report([name for name in heavy if name in set(sys.modules) - before])
            """
        )
        == []
    )


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_as_it_was(collecting: bool) -> None:
    """It stands still only while the shell is made."""
    switch = "enable" if collecting else "disable"
    assert guest(
        f"""
        plain("import gc; gc.{switch}()")
        cell("print(gc.isenabled(), gc.get_freeze_count())")
        report(text())
        """
    ) == (f"{collecting} 0\n")


def test_garbage_of_cells_is_collected() -> None:
    """Also after all that the shell is made of has been set aside as old."""
    assert guest(
        """
        cell('''
        import gc, weakref
        class Knot: pass
        knot = Knot()
        knot.self = knot
        alive = weakref.ref(knot)
        del knot
        gc.collect()
        print(alive())
        ''')
        report(text())
        """
    ) == ("None\n")


def test_logging_is_configured_as_ever() -> None:
    """``logging.config`` is imported by who uses it, and traitlets can."""
    assert guest(
        """
        cell("import sys; print('logging.config' in sys.modules)")
        cell('''
        from traitlets.config import Application
        class App(Application): pass
        app = App(log_level="INFO")
        print(app.log.handlers[0].formatter._fmt)
        print('logging.config' in sys.modules)
        import logging.config
        print(logging.config.fileConfig.__module__)
        ''')
        report(text())
        """
    ) == ("False\n[%(name)s]%(highlevel)s %(message)s\nTrue\nlogging.config\n")


def test_logging_that_is_configured_already_stays() -> None:
    """A module that the guest's code has imported is the one that traitlets gets."""
    assert guest(
        """
        plain("import logging.config as mine")
        cell("import logging.config; print(logging.config is mine)")
        cell("import traitlets.config.application as app")
        cell("print(app.dictConfig is mine.dictConfig)")
        report(text())
        """
    ) == ("True\nTrue\n")


def test_the_completer_is_made_when_it_is_needed() -> None:
    """By a completion, or by ``%config``, which knows it from the start."""
    shown = guest(
        """
        cell("import sys")
        cell("print('IPython.core.completer' in sys.modules)")
        cell("%config IPCompleter.use_jedi = False")
        cell("print(get_ipython().Completer.use_jedi)")
        cell("%config")
        report(text())
        """
    )

    lines = shown.split("\n")
    assert lines[:2] == ["False", "False"]
    assert "    IPCompleter" in lines


def test_completers_of_the_user_wait_for_the_completer() -> None:
    """A hook that is set before anybody completes is asked."""
    assert guest(
        """
        cell('''
        def fruit(shell, event): return ["apple", "pear"]
        get_ipython().set_hook("complete_command", fruit, str_key="eat")
        print(get_ipython().complete("p", "eat p", 5)[1])
        ''')
        report(text())
        """
    ) == ("['pear']\n")


def test_threads_get_one_completer() -> None:
    """The thread that answers the front end may ask while a cell does."""
    assert guest(
        """
        cell('''
        from threading import Barrier, Thread
        found = []
        barrier = Barrier(4)
        def ask():
            barrier.wait()
            found.append(get_ipython().Completer)
        threads = [Thread(target=ask) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(len(found), len(set(map(id, found))))
        known = [type(each).__name__ for each in get_ipython().configurables]
        print(known.count("IPCompleter"))
        ''')
        report(text())
        """
    ) == ("4 1\n1\n")


def test_code_of_the_same_number_is_told_apart() -> None:
    """Each cell's lines are kept under a name of their own, the same for the same."""
    assert guest(
        """
        cell("one = (lambda: 1).__code__.co_filename", 3)
        cell("two = (lambda: 2).__code__.co_filename", 3)
        cell("import linecache; print(one != two, linecache.getlines(one))", 4)
        cell("print(one[:17], two[:17], len(one))", 5)
        report(text())
        """
    ) == (
        "True ['one = (lambda: 1).__code__.co_filename\\n']\n"
        "<ipython-input-3- <ipython-input-3- 30\n"
    )
