"""A guest starts light, and is its own main interpreter to the code in it."""

from __future__ import annotations

from guests import guest


def test_booting_imports_nothing_heavy() -> None:
    """A guest is up in milliseconds; what costs more waits for the first need."""
    loaded = guest("report(loaded)")

    ours = {name for name in loaded if name.startswith(("subinterp", "_subinterp"))}
    assert "subinterp_guest.runner" in ours
    assert set(loaded) - ours <= {"__future__", "_contextvars", "io"}


def test_plain_code_needs_no_ipython() -> None:
    """A guest that runs plain code only never pays for IPython, even when it fails."""
    found = guest(
        """
        import sys
        plain("x = 1"); plain("1/0"); plain("x =")
        report([name for name in sys.modules if name.startswith(("IPython", "trait"))])
        """
    )

    assert found == []


def test_the_guest_has_the_hosts_arguments() -> None:
    """``sys.argv`` is what the host says."""
    assert guest("plain('import sys; print(sys.argv)'); report(text())") == (
        "['notebook']\n"
    )


def test_the_home_thread_is_the_main_thread() -> None:
    """Code that asks for the main thread gets the one that runs its cells."""
    program = """
        import _thread, sys

        assert "threading" not in sys.modules
        lock = _thread.allocate_lock()
        lock.acquire()

        def other():  # a worker's thread may be the first that imports threading
            plain("import threading", thread="side")
            lock.release()

        _thread.start_new_thread(other, ())
        lock.acquire()
        plain('''
            main = threading.main_thread()
            assert threading.current_thread() is main, threading.current_thread()
            assert main.ident == threading.get_ident()
            assert main.native_id == threading.get_native_id()
            assert main.name == "MainThread"
            print("as it should be")
        ''')
        report(text())
        """

    assert guest(program, other_thread=True) == "as it should be\n"


def test_subinterp_itself_cannot_be_imported() -> None:
    """Guests do not nest, and say so in one sentence."""
    outcomes = guest(
        """
        report([plain("import subinterp"), plain("from subinterp import create")])
        """
    )

    for outcome in outcomes:
        assert outcome["ename"] == "ImportError"
        assert outcome["evalue"].startswith("guests do not nest: ")
        assert "\n" not in outcome["evalue"]


def test_a_module_patched_on_import_keeps_its_loader() -> None:
    """``importlib.reload`` and ``inspect`` find the loader of the file."""
    assert (
        guest(
            """
        plain('''
            import inspect, threading
            for loader in threading.__loader__, threading.__spec__.loader:
                print(type(loader).__name__)
            print("class Thread" in inspect.getsource(threading))
        ''')
        report(text())
        """
        )
        == "SourceFileLoader\nSourceFileLoader\nTrue\n"
    )


def test_functions_that_abort_the_process_are_replaced() -> None:
    """``sys._current_frames`` works in a guest (gh-158364)."""
    assert guest(
        """
        import sys, _subinterp
        report([
            sys._current_frames is _subinterp.current_frames,
            sys._current_exceptions is _subinterp.current_exceptions,
        ])
        """
    ) == [True, True]
