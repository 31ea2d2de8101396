"""Cells that run on several threads of one guest do not disturb each other."""

from __future__ import annotations

from guests import guest

_TOGETHER = """
def together(*cells):
    import threading
    outcomes = {}
    def work(name, source, count):
        outcomes[name] = cell(source, count, thread=name, number=count)
    threads = [
        threading.Thread(target=work, args=(f"w{count}", source, count))
        for count, source in cells
    ]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return [outcomes[f"w{count}"] for count, _ in cells]

cell("import threading; barrier = threading.Barrier(2)")
"""


def test_two_cells_at_once_keep_their_numbers_and_values() -> None:
    """Each sees its own number before and after the other ran."""
    outcomes, results, inputs = guest(
        _TOGETHER
        + """
source = '''
first = get_ipython().execution_count
barrier.wait()
second = get_ipython().execution_count
barrier.wait()
(first, second)'''.replace("first", "first%d").replace("second", "second%d")
outcomes = together((7, source % (7, 7, 7, 7)), (20, source % (20, 20, 20, 20)))
cell("print('first7' in In[7], 'first20' in In[20])", 30)
report([outcomes, sorted(
    (m["execution_count"], m["data"]["text/plain"]) for m in messages()
), text()])
"""
    )

    assert outcomes == [None, None]
    assert results == [[7, "(8, 8)"], [20, "(21, 21)"]]
    assert inputs == "True True\n"


def test_one_cells_end_takes_nothing_from_the_other() -> None:
    """The display hook, ``get_ipython`` and ``print`` stay while the other runs."""
    assert guest(
        _TOGETHER
        + """
short = "barrier.wait(); 'short'"
long = '''
barrier.wait()
import time
time.sleep(0.5)
print(get_ipython().execution_count)
'long'
'''
outcomes = together((7, short), (20, long))
plain("import sys; assert 'write' not in vars(sys.stdout)") and report("not put back")
report([outcomes, text(number=20), sorted(
    (m["execution_count"], m["data"]["text/plain"]) for m in messages()
)])
"""
    ) == [[None, None], "21\n", [[7, "'short'"], [20, "'long'"]]]


def test_one_cells_error_is_not_the_others() -> None:
    """Each outcome shows its own lines."""
    one, other = guest(
        _TOGETHER
        + """
report(together(
    (7, "barrier.wait()\\n{}['seven']"),
    (20, "barrier.wait()\\n{}['twenty']"),
))
"""
    )

    assert one["evalue"] == "'seven'"
    assert other["evalue"] == "'twenty'"
    assert any("Cell In[7], line 2" in line for line in one["traceback"])
    assert any("Cell In[20], line 2" in line for line in other["traceback"])


def test_cells_that_await_run_on_loops_of_their_own() -> None:
    """Two threads may await at the same time."""
    assert guest(
        _TOGETHER
        + """
source = '''
import asyncio
for _ in range(5):
    await asyncio.sleep(0.01)
    barrier.wait()
%d'''
outcomes = together((7, source % 7), (20, source % 20))
report([outcomes, sorted(m["data"]["text/plain"] for m in messages())])
"""
    ) == [[None, None], ["20", "7"]]


def test_what_outlives_a_cell_keeps_ipython() -> None:
    """``get_ipython`` and the display hook are there when no cell runs, too."""
    assert guest(
        """
        cell("")
        plain('''
            import builtins, sys
            print(builtins.get_ipython() is not None, type(sys.displayhook).__name__)
        ''')
        report(text())
        """
    ) == ("True GuestDisplayHook\n")


def test_a_compilation_does_not_change_anothers_flags() -> None:
    """Of two threads that compile at once, neither loses its top-level await."""
    assert guest(
        """
        cell('''
            import ast, threading
            compiler = get_ipython().compile
            inside, leave = threading.Event(), threading.Event()
            def other():
                with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                    inside.set()
                    leave.wait()
            thread = threading.Thread(target=other)
            thread.start()
            inside.wait()
            with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                leave.set()
                thread.join()
                with compiler.extra_flags(ast.PyCF_TYPE_COMMENTS):
                    pass
                kept = bool(compiler.flags & ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            gone = bool(compiler.flags & ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            print(kept, gone)
        ''')
        report(text())
        """
    ) == ("True False\n")


def test_a_future_import_lasts_for_later_cells() -> None:
    """As in any IPython: what is shared between cells is shared here too."""
    assert guest(
        """
        cell("from __future__ import annotations")
        cell("def f(x: undefined): pass\\nprint(f.__annotations__)")
        report(text())
        """
    ) == ("{'x': 'undefined'}\n")


def test_the_first_cells_of_two_threads_share_one_shell() -> None:
    """Whoever comes first makes it."""
    assert guest(
        """
        import threading
        outcomes = []
        def work(name):
            outcomes.append(cell("print(id(get_ipython()))", thread=name))
        threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        report([outcomes, len(set(text().split()))])
        """
    ) == [[None, None], 1]


def test_many_cells_on_many_threads_keep_their_output() -> None:
    """A stress test: values, text and errors all under their own runs."""
    assert guest(
        """
        import threading
        wrong = []
        def work(first):
            for run in range(first, first + 15):
                failed = cell(f"print('{run}', end='')\\n{run}" , run, number=run,
                              thread=f"w{first}")
                if failed or text(number=run) != str(run): wrong.append(run)
                failed = cell(f"{{}}[{run}]", run, number=run, thread=f"w{first}")
                if failed["evalue"] != str(run): wrong.append(run)
        threads = [threading.Thread(target=work, args=(n,)) for n in (100, 200, 300)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        for run, kind, data in events:
            if kind == "message" and data[1]["data"] != {"text/plain": str(run)}:
                wrong.append(run)
        report([wrong, len(messages()), text("stderr")])
        """
    ) == [[], 45, ""]
