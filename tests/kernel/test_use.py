"""`%subinterp use NAME`: the notebook's plain cells run in a guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .client import Notebook

_WHERE = "import _interpreters\n_interpreters.get_current()[0]"


@pytest.fixture
def used(notebook: Notebook) -> Iterator[Notebook]:
    """A notebook whose cells go to the guest "work"."""
    notebook.ok("%subinterp use work")
    yield notebook
    notebook.ok("%subinterp use main")


def test_plain_cells_go_to_the_guest_until_use_main(notebook: Notebook) -> None:
    """Values, state and the way back."""
    notebook.ok("x = 'host'")
    notebook.ok("%subinterp use work")
    assert notebook.ok(_WHERE).text != "0"
    assert notebook.ok("'x' in globals()").text == "False"
    notebook.ok("x = 'guest'")
    assert notebook.ok("x").text == "'guest'"
    notebook.ok("%subinterp use main")
    assert notebook.ok("x").text == "'host'"
    assert notebook.ok(_WHERE).text == "0"


def test_the_output_says_where_it_ran(used: Notebook) -> None:
    """Once for each cell that shows something, before it."""
    cell = used.ok("print('one')\nprint('two')\n3")
    (mark,) = cell.of_type("display_data")
    assert mark["data"]["text/plain"] == "[work]"
    assert cell.types == ["display_data", "stream", "execute_result"]
    assert used.ok("silent = 1").types == []


def test_errors_and_magics_are_those_of_the_guest(used: Notebook) -> None:
    """Cells with magics go there as a whole."""
    ename, _, traceback = used.run("def f():\n    1 / 0\nf()").error
    assert ename == "ZeroDivisionError"
    assert "1 / 0" in traceback
    used.ok("%%time\nthere = 1")
    assert used.ok("!echo $((6 * 7))").stdout.strip() == "42"
    assert "there" in used.ok("%who").stdout
    assert (
        used.ok("import asyncio\nawait asyncio.sleep(0, 'awaited')").text == "'awaited'"
    )


def test_what_is_about_the_notebook_stays_there(used: Notebook) -> None:
    """%subinterp, %%subinterp and %load_ext, at the beginning of a cell."""
    assert "work" in used.ok("%subinterp").text
    assert used.ok("%%subinterp other\n'there'").text == "'there'"
    assert "already loaded" in used.ok("%load_ext subinterp").stdout
    assert used.ok("%subinterp?").status == "ok"


def test_restart_is_a_quick_restart_of_the_kernel(used: Notebook) -> None:
    """The names are gone, later cells go to the new guest."""
    used.ok("x = 1")
    used.ok("%subinterp restart work")
    assert used.ok("'x' in globals()").text == "False"
    used.ok("%subinterp close work")
    assert used.ok("6 * 7").text == "42"


def test_stop_interrupts_the_cell(used: Notebook) -> None:
    """As in any notebook."""
    cell = used.send("print('on')\nwhile True: pass")
    used.until(lambda: cell.stdout)
    used.interrupt()
    assert used.finish(cell).error[0] == "KeyboardInterrupt"


def test_tools_of_the_front_end_go_on_working(used: Notebook) -> None:
    """Silent requests are theirs: they ask about the notebook's kernel."""
    used.run("only_here = 1", silent=True)
    reply = used.reply_to(
        used.client.execute("", silent=True, user_expressions={"x": "only_here"})
    )
    assert reply["user_expressions"]["x"]["data"]["text/plain"] == "1"


def test_completion_inspection_and_completeness_follow(used: Notebook) -> None:
    """All three are answered by the guest."""
    used.ok(
        "from IPython.core.completer import provisionalcompleter\n"
        "with provisionalcompleter():\n"
        "    list(get_ipython().Completer.completions('pri', 3))\n"
        "get_ipython().object_inspect_mime('print')\n"
        "only_in_work = 1\n"
    )
    completed = used.reply_to(used.client.complete("x = only_in_w", 13))
    assert completed["matches"] == ["only_in_work"]
    assert completed["cursor_start"] == 4
    assert used.reply_to(used.client.inspect("only_in_work", 3))["found"]
    answer = used.reply_to(used.client.is_complete("for x in y:"))
    assert (answer["status"], answer["indent"]) == ("incomplete", "    ")
    commands = used.reply_to(used.client.complete("%subinterp us", 13))
    assert commands["matches"] == ["use"]


def test_a_kernel_may_start_so(start_kernel: Callable[..., Notebook]) -> None:
    """By its configuration: on the command line here, and at run time."""
    notebook = start_kernel("--Subinterp.use=work")
    assert notebook.ok(_WHERE).text != "0"
    assert "work" in notebook.ok("%subinterp").text
    notebook.ok("%load_ext subinterp\n%config SubinterpMagics.use = ''")
    assert notebook.ok(_WHERE).text == "0"
    refused = notebook.run("%config SubinterpMagics.use = 'all'")
    assert "cannot call interpreter 'all'" in str(refused.messages)
    assert notebook.ok(_WHERE).text == "0"


@pytest.mark.parametrize("line", ["use 1a", "use", "use all", "use a b"])
def test_bad_names_change_nothing(notebook: Notebook, line: str) -> None:
    """One line, and cells go on running in the notebook."""
    ename, evalue, _ = notebook.run(f"%subinterp {line}").error
    assert ename == "UsageError"
    assert "\n" not in evalue
    assert notebook.ok(_WHERE).text == "0"


def test_unloading_ends_it(notebook: Notebook) -> None:
    """Cells are the notebook's again."""
    notebook.ok("%subinterp use work")
    notebook.ok("%unload_ext subinterp")
    assert notebook.ok(_WHERE).text == "0"
    notebook.ok("%load_ext subinterp")
    assert notebook.ok(_WHERE).text == "0"


def test_without_autoawait(used: Notebook) -> None:
    """The plain magic does it where IPython does not await."""
    used.ok("%load_ext subinterp\n%autoawait off")
    assert used.ok(_WHERE).text != "0"
    assert used.ok("%load_ext subinterp\n%autoawait asyncio").status == "ok"
