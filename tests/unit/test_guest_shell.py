"""A cell in a guest's IPython behaves as one in the notebook's."""

from __future__ import annotations

import pytest

from guests import guest


def test_cells_and_plain_code_share_main() -> None:
    """The shell's namespace is the interpreter's real ``__main__``."""
    assert guest(
        """
        plain("x = 1")
        cell("x += 1; import __main__; assert __main__.x is x")
        plain("print(x, get_ipython().user_ns is globals())")
        report(text())
        """
    ) == ("2 True\n")


def test_a_value_is_shown_with_all_its_types() -> None:
    """The message carries what the object's representations say."""
    assert guest(
        """
        cell('''
            class Rich:
                def __repr__(self): return "rich"
                def _repr_html_(self): return "<b>rich</b>"
                def _repr_png_(self): return b"\\\\x89PNG", {"width": 3}
            Rich()
        ''', 2)
        report(messages("execute_result"))
        """
    ) == [
        {
            "data": {
                "text/plain": "rich",
                "text/html": "<b>rich</b>",
                "image/png": "iVBORw==",
            },
            "metadata": {"image/png": {"width": 3}},
            "execution_count": 2,
        }
    ]


@pytest.mark.parametrize(
    ("source", "ename", "shown"),
    [
        ("x = ", "SyntaxError", "Cell In[8], line 1"),
        ("return 3", "SyntaxError", "'return' outside function"),
        ("if 1:\nx", "IndentationError", "Cell In[8], line 2"),
        ("%nothing", "UsageError", "UsageError: Line magic function `%nothing`"),
        ("%%nothing\nx", "UsageError", "UsageError: Cell magic `%%nothing`"),
        ("import sys; sys.exit(4)", "SystemExit", "SystemExit: 4"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "Cell In[8], line 1"),
        ("import bdb; raise bdb.BdbQuit", "BdbQuit", "BdbQuit"),
        ("exec('x =')", "SyntaxError", "invalid syntax"),
    ],
)
def test_every_end_is_an_outcome(source: str, ename: str, shown: str) -> None:
    """It travels in the outcome only, and the next cell runs."""
    outcome, alive, stray = guest(
        f"""
        outcome = cell({source!r}, 8)
        report([outcome, cell("print('alive')"), events])
        """
    )

    assert outcome["ename"] == ename
    assert shown in "\n".join(outcome["traceback"])
    assert "compilerop" not in outcome["text"]
    assert "codeop" not in outcome["text"]
    assert alive is None
    assert [data for _, _, data in stray] == ["alive", "\n"]


def test_failing_transformers_are_outcomes() -> None:
    """Of the text, and of the syntax tree where one refuses the cell."""
    names = guest(
        """
        cell('''
            import ast
            from IPython.core.error import InputRejected
            def transform(lines):
                if "text" in lines[0]: raise RuntimeError("no such text")
                return lines
            class Refuse(ast.NodeTransformer):
                def visit_Name(self, node):
                    if node.id == "tree": raise InputRejected("no such tree")
                    return node
            get_ipython().input_transformers_post.append(transform)
            get_ipython().ast_transformers.append(Refuse())
        ''')
        outcomes = [cell("text"), cell("tree"), cell("print('alive')")]
        report([outcome and outcome["evalue"] for outcome in outcomes])
        """
    )

    assert names == ["no such text", "no such tree", None]


def test_an_exception_may_render_itself() -> None:
    """``_render_traceback_`` says what is shown; a broken one is passed over."""
    mine, broken, stray = guest(
        """
        report([
            cell('''
                class Mine(Exception):
                    def _render_traceback_(self): return ["as I say"]
                raise Mine
            '''),
            cell('''
                class Broken(Exception):
                    def _render_traceback_(self): 1 / 0
                raise Broken
            '''),
            events,
        ])
        """
    )

    assert mine["traceback"] == ["as I say"]
    assert any("raise Broken" in line for line in broken["traceback"])
    assert stray == []


def test_a_value_that_cannot_be_formatted_fails_the_cell() -> None:
    """As in the notebook, the error of ``__repr__`` is the cell's."""
    outcome = guest(
        """
        report(cell("class C:\\n    def __repr__(self): return 1 / 0\\nC()"))
        """
    )

    assert outcome["ename"] == "ZeroDivisionError"


def test_a_traceback_shown_on_the_way_is_output() -> None:
    """A nested cell's, or one shown on request, does not end the cell."""
    outcome, printed, shown = guest(
        """
        outcome = cell('''
            result = get_ipython().run_cell("1 / 0")
            print(type(result.error_in_exec).__name__, end="")
            try:
                {}["key"]
            except KeyError:
                get_ipython().showtraceback()
            print("end", end="")
        ''')
        printed = [data if kind == "stdout" else kind for _, kind, data in events]
        report([outcome, printed, messages("error")])
        """
    )

    assert outcome is None
    assert printed == ["message", "ZeroDivisionError", "message", "end"]
    assert [(one["ename"], one["evalue"]) for one in shown] == [
        ("ZeroDivisionError", "division by zero"),
        ("KeyError", "'key'"),
    ]
    assert "'key'" in shown[1]["traceback"][-1]


def test_a_captured_failure_is_shown() -> None:
    """``%%capture`` keeps what is printed, and not that the code failed."""
    outcome, shown = guest(
        """
        report([cell("%%capture\\nprint('kept'); 1 / 0"), messages()])
        """
    )

    assert outcome is None
    assert [one["ename"] for one in shown] == ["ZeroDivisionError"]


def test_code_outside_of_cells_can_run_cells() -> None:
    """As a thread does that its cell left behind: with a result, a number, an error."""
    out, shown = guest(
        """
        cell("x = 6", 4)
        plain('''
            shell = get_ipython()
            result = shell.run_cell("x * 7", store_history=True)
            print(result.result, shell.execution_count)
            print(shell.run_cell("1 / 0").success)
        ''')
        report([text(), messages()])
        """
    )

    assert out == "42 6\nFalse\n"
    assert shown[0]["data"]["text/plain"] == "42"
    assert [one.get("ename") for one in shown] == [None, "ZeroDivisionError"]


def test_a_failing_callback_does_not_fail_the_cell() -> None:
    """It is shown, and the cell's own error stays the outcome."""
    fine, failed, shown = guest(
        """
        cell("get_ipython().events.register('pre_run_cell', lambda info: {}['key'])")
        fine, failed = cell("1"), cell("1/0")
        report([fine, failed, messages("error")])
        """
    )

    assert fine is None
    assert failed["ename"] == "ZeroDivisionError"
    assert any("1/0" in line for line in failed["traceback"])
    assert [one["evalue"] for one in shown] == ["'key'"] * 2


def test_the_last_traceback_can_be_shown_again() -> None:
    """``%tb`` and ``%debug`` know the last error; nobody can answer the second."""
    outcomes, shown = guest(
        """
        cell("def f():\\n    1 / 0\\nf()", 4)
        outcomes = [cell("%tb", 5), cell("%debug", 6), cell("print('alive')", 7)]
        report([[o and o["ename"] for o in outcomes], messages("error")])
        """
    )

    assert outcomes == [None, None, None]
    lines = "\n".join(shown[0]["traceback"])
    assert "Cell In[4], line 3" in lines
    assert "Cell In[4], line 2, in f()" in lines


def test_a_guest_without_ipython_says_what_is_missing() -> None:
    """Plain code runs there, cells do not."""
    outcome = guest(
        """
        import sys
        class Nowhere:
            def find_spec(name, path=None, target=None):
                if name == "IPython":
                    raise ModuleNotFoundError("No module named 'IPython'", name=name)
        sys.meta_path.insert(0, Nowhere)
        report(cell("1"))
        """
    )

    assert outcome["ename"] == "ModuleNotFoundError"
    assert outcome["text"].endswith("Interpreter 'a' needs IPython to run cells.\n")


def test_exit_only_says_what_ends_a_guest() -> None:
    """Neither a bare ``exit`` nor a call ends anything."""
    assert guest(
        """
        outcomes = [cell("exit"), cell("quit()"), cell("print('alive')")]
        report([outcomes, text().splitlines()])
        """
    ) == [
        [None] * 3,
        [
            "'%subinterp close a' in the notebook ends interpreter 'a'",
            "'%subinterp close a' in the notebook ends interpreter 'a'",
            "alive",
        ],
    ]


def test_the_shell_is_known_as_a_notebooks() -> None:
    """By ``get_ipython()`` from any module, its class, its kernel and ipykernel's name.

    That can be looked for, and has no more parts than a guest can have.
    """
    assert guest(
        """
        cell('''
            import importlib.util, IPython, ipykernel
            shell = IPython.get_ipython()
            print(shell is get_ipython(), type(shell).__name__)
            print("IPKernelApp" in shell.config, shell.kernel is not None)
            from ipykernel.zmqshell import ZMQInteractiveShell
            print(isinstance(shell, ZMQInteractiveShell), ipykernel.version_info > (7,))
            print(importlib.util.find_spec("ipykernel") is not None)
            import ipykernel.kernelapp
        ''')
        report(text().split())
        """
    ) == ["True", "ZMQInteractiveShell", *["True"] * 5]


def test_code_knows_the_request_that_it_works_for() -> None:
    """Also a thread that goes on when its cell has ended."""
    assert guest(
        """
        cell('''
            import threading
            gate = threading.Event()
            def later():
                gate.wait()
                print(get_ipython().get_parent()["header"]["msg_id"])
            thread = threading.Thread(target=later)
            thread.start()
        ''', 3)
        cell('''
            gate.set()
            thread.join()
            print(get_ipython().kernel.get_parent()["header"]["msg_id"])
        ''', 4)
        report(text())
        """
    ) == ("cell 3\ncell 4\n")


def test_an_empty_cell_makes_the_shell_and_does_nothing_else() -> None:
    """So a guest can be warmed up."""
    assert guest("report([cell(''), cell('  '), events])") == [None, None, []]
