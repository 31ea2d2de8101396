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


def test_numbers_are_the_notebooks() -> None:
    """``In``, ``Out``, ``_n`` and tracebacks use the number that the host gives."""
    results, outcome = guest(
        """
        cell("6 * 7", 5)
        cell("'next'", 9)
        cell("In[5], In[9], In[6], Out[5], _9, _i5, get_ipython().execution_count", 12)
        cell("_, __", 12)
        report([
            [(m["execution_count"], m["data"]["text/plain"]) for m in messages()],
            cell("def f():\\n    1 / 0\\nf()", 20),
        ])
        """
    )

    assert results == [
        [5, "42"],
        [9, "'next'"],
        [12, "('6 * 7', \"'next'\", '', 42, 'next', '6 * 7', 13)"],
        [
            12,
            "(('6 * 7', \"'next'\", '', 42, 'next', '6 * 7', 13), 'next')",
        ],
    ]
    shown = "\n".join(outcome["traceback"])
    assert "Cell In[20], line 3" in shown
    assert "Cell In[20], line 2, in f()" in shown
    assert "----> 2     1 / 0" in shown


def test_a_number_may_be_used_again() -> None:
    """Two runs under one number leave the later's input, and the others theirs."""
    assert guest(
        """
        cell("a = 1", 3); cell("a = 2", 4); cell("a = 3", 3)
        cell("print(In[3:5], len(In))", 6)
        report(text())
        """
    ) == ("['a = 3', 'a = 2'] 7\n")


@pytest.mark.parametrize(
    ("source", "quiet"),
    [("7;", False), ("7  # why;", True), ("None", False), ("x = 7", False)],
)
def test_some_values_stay_unseen(source: str, quiet: bool) -> None:
    """By a final semicolon, by request, or because there is none."""
    assert guest(f"cell({source!r}, quiet={quiet}); report(messages())") == []


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
    outcome, printed = guest(
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
        report([outcome, [[kind, data] for _, kind, data in events if data.strip()]])
        """
    )

    assert outcome is None
    assert [kind for kind, _ in printed] == ["stderr", "stdout", "stderr", "stdout"]
    assert "ZeroDivisionError: division by zero" in printed[0][1]
    assert printed[1][1] == "ZeroDivisionError"
    assert "KeyError: 'key'" in printed[2][1]
    assert printed[3][1] == "end"


def test_a_failing_callback_does_not_fail_the_cell() -> None:
    """It is told on standard error, and the cell's own error stays the outcome."""
    fine, failed, err = guest(
        """
        cell("get_ipython().events.register('pre_run_cell', lambda info: {}['key'])")
        fine, failed = cell("1"), cell("1/0")
        report([fine, failed, text("stderr")])
        """
    )

    assert fine is None
    assert failed["ename"] == "ZeroDivisionError"
    assert any("1/0" in line for line in failed["traceback"])
    assert err.count("KeyError: 'key'") == 2


def test_the_last_traceback_can_be_shown_again() -> None:
    """``%tb`` and ``%debug`` know the last error; nobody can answer the second."""
    outcomes, err = guest(
        """
        cell("def f():\\n    1 / 0\\nf()", 4)
        outcomes = [cell("%tb", 5), cell("%debug", 6), cell("print('alive')", 7)]
        report([[o and o["ename"] for o in outcomes], text("stderr")])
        """
    )

    assert outcomes == [None, None, None]
    assert "Cell In[4], line 3" in err
    assert "Cell In[4], line 2, in f()" in err


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


def test_help_is_shown_as_output() -> None:
    """``obj?`` needs no pager."""
    data = guest("cell('len?'); report(messages('display_data'))")

    assert "Return the number of items" in data[0]["data"]["text/plain"]


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


def test_nothing_is_written_into_the_users_history() -> None:
    """The cells are in the notebook's history already."""
    assert (
        guest(
            """
        import os
        cell("1"); cell("get_ipython().history_manager.end_session()")
        found = sum((names for *_, names in os.walk(os.environ["IPYTHONDIR"])), [])
        report([name for name in found if "history" in name])
        """
        )
        == []
    )


def test_reset_leaves_a_working_shell() -> None:
    """``%reset`` empties ``__main__`` and no more."""
    assert guest(
        """
        cell("x = 1", 3); cell("%reset -f", 4); cell("1 + 1", 5)
        cell("'x' in globals(), In[5], _5", 6)
        report([(m["execution_count"], m["data"]["text/plain"]) for m in messages()])
        """
    ) == [[5, "2"], [6, "(False, '1 + 1', 2)"]]


def test_common_magics_work() -> None:
    """Those that time, capture, run and list."""
    outcomes, out = guest(
        """
        outcomes = [
            cell("%timeit -n1 -r1 pass"),
            cell("%%time\\nx = 1"),
            cell("%%capture kept\\nprint('hidden'); display(3); 4"),
            cell("print(kept.stdout, len(kept.outputs))"),
            cell("%%writefile $folder/s.py\\nprint('script', __name__)")
            if cell("import tempfile; folder = tempfile.mkdtemp()") is None else "",
            cell("%run $folder/s.py"),
            cell("%who_ls int"),
        ]
        report([outcomes, text()])
        """
    )

    assert outcomes == [None] * 7
    assert "hidden\n 2\n" in out
    assert "script __main__\n" in out
