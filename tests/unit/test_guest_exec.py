"""Plain code runs in ``__main__`` and says how it ended."""

from __future__ import annotations

from guests import guest


def test_code_shares_one_namespace() -> None:
    """What one piece of code binds, the next finds, in a real ``__main__``."""
    assert guest(
        """
        plain("x = 6")
        plain("import __main__; print(__main__.x * 7, __name__)")
        report(text())
        """
    ) == ("42 __main__\n")


def test_a_traceback_shows_the_code_and_nothing_of_ours() -> None:
    """The lines are there, under the name that the host gave them."""
    outcome = guest(
        """
        report(plain('''
            def f():
                return 1 / 0
            f()
        '''))
        """
    )

    assert (outcome["ename"], outcome["evalue"]) == (
        "ZeroDivisionError",
        "division by zero",
    )
    assert outcome["text"].startswith(
        'Traceback (most recent call last):\n  File "<code>", line 4, in <module>\n'
        "    f()\n"
    )
    assert "    return 1 / 0\n" in outcome["text"]
    assert "subinterp_guest" not in outcome["text"]
    assert outcome["traceback"] == outcome["text"].splitlines()


def test_a_syntax_error_is_an_outcome() -> None:
    """It shows the line and no frame."""
    outcome = guest("report(plain('x ='))")

    assert outcome["ename"] == "SyntaxError"
    assert outcome["text"].startswith('  File "<code>", line 1\n    x =\n')


def test_ends_that_are_no_exceptions_are_outcomes() -> None:
    """SystemExit and KeyboardInterrupt end the run and not the guest."""
    outcomes = guest(
        """
        report([
            plain("import sys; sys.exit(3)"),
            plain("exit()"),
            plain("raise KeyboardInterrupt"),
            plain("print('alive')"),
            text(),
        ])
        """
    )

    assert [outcome["ename"] for outcome in outcomes[:3]] == [
        "SystemExit",
        "SystemExit",
        "KeyboardInterrupt",
    ]
    assert outcomes[0]["evalue"] == "3"
    assert outcomes[3:] == [None, "alive\n"]


def test_code_is_compiled_without_our_future_imports() -> None:
    """Annotations are evaluated as in any module that asks for nothing else."""
    assert guest(
        """
        plain("def f(x: 1 + 1): pass")
        plain("print(f.__annotations__)")
        report(text())
        """
    ) == ("{'x': 2}\n")


def test_a_request_that_makes_no_sense_is_an_outcome() -> None:
    """Handling a job never raises."""
    names = guest(
        """
        import marshal
        report([
            marshal.loads(handle(1, b"nonsense", ""))["ename"],
            marshal.loads(handle(1, marshal.dumps(("unknown",)), ""))["ename"],
            marshal.loads(handle(1, marshal.dumps(("exec", "1")), ""))["ename"],
        ])
        """
    )

    assert names == ["ValueError", "KeyError", "TypeError"]


def test_an_error_is_told_even_where_nothing_can_be_imported() -> None:
    """The outcome is poorer where the user emptied ``sys.path``, but it comes."""
    assert guest(
        """
            outcome = plain('''
                import sys
                sys.path.clear()
                sys.path_importer_cache.clear()
                sys.modules["traceback"] = None
                1/0
            ''')
            report([outcome["ename"], outcome["traceback"]])
            """
    ) == ["ZeroDivisionError", []]


def test_sources_are_not_kept_for_ever() -> None:
    """A guest that runs thousands of pieces keeps the latest for tracebacks."""
    kept, outcome = guest(
        """
        import linecache
        for number in range(2000):
            run("exec", "def f(): 1/0", f"<piece {number}>")
        pieces = [name for name in linecache.cache if name.startswith("<piece")]
        report([len(pieces), plain("f()")["text"]])
        """
    )

    assert kept < 1000
    assert "def f(): 1/0" in outcome


def test_a_worker_has_its_name_in_python_too() -> None:
    """``threading`` calls a worker what the host calls it."""
    assert guest(
        """
        import threading
        plain("import threading")
        def work():
            plain("print(threading.current_thread().name)", thread="side")
            plain("print(threading.Thread().daemon)", thread="side")
        thread = threading.Thread(target=work)
        thread.start(); thread.join()
        report(text())
        """
    ) == ("side\nFalse\n")
