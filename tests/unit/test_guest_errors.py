"""An exception becomes an outcome, however badly it behaves."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from guests import guest


def test_an_exception_of_a_module_travels_pickled() -> None:
    """The host can rebuild it with its arguments and notes."""
    outcome = guest(
        """
        report(plain('''
            error = UnicodeDecodeError("ascii", b"x", 0, 1, "why")
            error.add_note("a note")
            raise error
        '''))
        """
    )

    rebuilt = pickle.loads(bytes.fromhex(outcome["pickle"]))
    assert type(rebuilt) is UnicodeDecodeError
    assert rebuilt.args == ("ascii", b"x", 0, 1, "why")
    assert rebuilt.__notes__ == ["a note"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("class E(Exception): pass\nraise E(1)", id="its class"),
        pytest.param("class C: pass\nraise ValueError(C())", id="an argument's class"),
        pytest.param("def f(): pass\nraise ValueError(f)", id="a function"),
        pytest.param("raise ValueError(lambda: 0)", id="a lambda"),
        pytest.param(
            "class E(Exception): pass\nraise ExceptionGroup('g', [E()])", id="a member"
        ),
    ],
)
def test_what_lives_in_main_is_not_pickled(code: str) -> None:
    """The host's ``__main__`` may have something else of that name."""
    assert guest(f"report(plain({code!r})['pickle'])") is None


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            "def __init__(self, a, b): super().__init__(a)", id="two arguments"
        ),
        pytest.param("def __reduce__(self): raise OSError", id="dumping raises"),
        pytest.param("def __reduce__(self): return int, ('1',)", id="another type"),
        pytest.param("def __reduce__(self): return exit, ()", id="loading exits"),
    ],
)
def test_an_exception_that_cannot_be_rebuilt_is_not_pickled(method: str) -> None:
    """It is tried in the guest, where its methods do no harm to the host."""
    program = f"""
        import sys, types
        module = sys.modules["elsewhere"] = types.ModuleType("elsewhere")
        exec('''class Bad(Exception):\\n    {method}\\n''', vars(module))
        outcome = plain("import elsewhere; raise elsewhere.Bad(*'ab'[:2])")
        report([outcome["ename"], outcome["pickle"]])
        """
    assert guest(program) == ["Bad", None]


_BAD_CLASSES = {
    "str raises": "def __str__(self): raise RuntimeError",
    "str exits": "def __str__(self): raise SystemExit",
    "str interrupts": "def __str__(self): raise KeyboardInterrupt",
    "str is no str": "def __str__(self): return 3",
    "repr raises": "def __repr__(self): raise RuntimeError",
    "notes raise": "__notes__ = property(lambda self: 1 / 0)",
    "cause raises": "__cause__ = property(lambda self: 1 / 0)",
    "str recurses": "def __str__(self): return str(self)",
    "all attributes raise": "def __getattribute__(self, name): raise KeyboardInterrupt",
}


@pytest.mark.parametrize("operation", ["plain", "cell"])
@pytest.mark.parametrize("method", _BAD_CLASSES.values(), ids=_BAD_CLASSES)
def test_a_broken_exception_is_told_all_the_same(method: str, operation: str) -> None:
    """Name and place arrive, and the guest goes on."""
    code = f"class Bad(Exception):\n    {method}\nraise Bad(1)"
    outcome, alive = guest(
        f"""
        outcome = {operation}({code!r})
        report([outcome, plain("print('alive')")])
        """
    )

    assert outcome["ename"] == "Bad"
    assert isinstance(outcome["evalue"], str)
    assert "raise Bad(1)" in "\n".join(outcome["traceback"])
    assert "subinterp_guest" not in outcome["text"]
    assert alive is None


def test_a_formatter_that_fails_costs_the_traceback_only() -> None:
    """Name, message and frames are told where CPython's own formatter raises."""
    outcome = guest(
        """
        import traceback
        class Broken:
            def from_exception(error): 1 / 0
        traceback.TracebackException = Broken
        report(plain("{}['key']"))
        """
    )

    assert outcome["ename"] == "KeyError"
    assert outcome["evalue"] == "'key'"
    assert 'File "<code>", line 1' in outcome["text"]
    assert outcome["text"].endswith("\nKeyError: 'key'\n")


def test_an_interrupt_that_comes_when_the_code_has_failed_is_late() -> None:
    """Stop ends a cell's command and comes to the cell, too; the traceback stays."""
    outcome = guest(
        """
        report(cell('''
            class Failed(Exception):
                asked = 0
                def __str__(self):
                    Failed.asked += 1
                    if Failed.asked == 1: raise KeyboardInterrupt
                    return "said later"
            raise Failed
        '''))
        """
    )

    assert outcome["evalue"] == "said later"
    assert outcome["traceback"][-1].endswith("said later")


def test_formatters_are_imported_where_no_interrupt_comes() -> None:
    """One within an import leaves a module that lacks a part, for good."""
    threads = guest(
        """
        import sys, threading
        class Watch:
            threads = []
            def find_spec(name, path=None, target=None):
                if name.startswith("stack_data"):
                    Watch.threads.append(threading.get_ident())
        sys.meta_path.insert(0, Watch)
        cell("1 / 0")
        report([ident == threading.get_ident() for ident in Watch.threads])
        """
    )

    assert threads
    assert not any(threads)


def test_text_that_no_encoder_takes_is_escaped() -> None:
    """Lone surrogates do not stop the message on its way."""
    outcome: dict[str, Any] = guest(r"report(plain('raise ValueError(chr(0xd800))'))")

    assert outcome["evalue"] == "\\ud800"
    assert outcome["text"].endswith("ValueError: \\ud800\n")


def test_an_exception_group_shows_its_members() -> None:
    """As CPython prints it, in a cell as well."""
    outcomes = guest(
        """
        code = "raise ExceptionGroup('several', [ValueError(1), KeyError('k')])"
        report([plain(code), cell(code), text("stderr")])
        """
    )

    for outcome in outcomes[:2]:
        shown = "\n".join(outcome["traceback"])
        assert "ExceptionGroup: several (2 sub-exceptions)" in shown
        assert "ValueError: 1" in shown
        assert "KeyError: 'k'" in shown
        assert "interactiveshell" not in shown
    assert outcomes[2] == ""


@pytest.mark.parametrize("operation", ["plain", "cell"])
def test_endless_recursion_is_an_error_like_others(operation: str) -> None:
    """A RecursionError leaves the guest in order."""
    outcome, alive = guest(
        f"""
        outcome = {operation}("def f(): f()\\nf()")
        report([outcome, plain("print('alive')")])
        """
    )

    assert outcome["ename"] == "RecursionError"
    assert alive is None


def test_a_chain_shows_no_frame_of_ours() -> None:
    """Neither where the exception arose nor where its cause did."""
    outcome = guest(
        """
        report(plain('''
            try:
                input()
            except EOFError as error:
                raise ValueError from error
        '''))
        """
    )

    assert "EOFError: cannot read input" in outcome["text"]
    assert "direct cause" in outcome["text"]
    assert "subinterp_guest" not in outcome["text"]
