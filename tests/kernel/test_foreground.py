"""A foreground cell: output, value, and a host that stays alive meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook


def test_both_streams_arrive_under_the_cell_before_it_ends(notebook: Notebook) -> None:
    """Text printed in a guest is the cell's, each stream by its own name."""
    cell = notebook.ok(
        "%%subinterp a\nimport sys\nprint('out')\nprint('err', file=sys.stderr)"
    )
    assert (cell.stdout, cell.stderr) == ("out\n", "err\n")
    assert set(cell.types) == {"stream"}


def test_output_is_live(notebook: Notebook) -> None:
    """The first line is there while the cell still runs."""
    cell = notebook.send("%%subinterp a\nimport time\nprint('one')\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout == "one\n")
    assert cell.idle_at is None
    notebook.interrupt()
    notebook.finish(cell)


def test_a_cell_that_does_nothing_sends_nothing(notebook: Notebook) -> None:
    """No message of ours goes over the wire for a cell without output."""
    notebook.ok("%%subinterp a\npass")
    assert notebook.ok("%%subinterp a\npass").types == []


def test_the_last_value_is_the_result_of_the_cell(notebook: Notebook) -> None:
    """It comes as execute_result with the number of the cell."""
    cell = notebook.ok("%%subinterp a\nx = 6\nx * 7")
    assert cell.text == "42"
    (content,) = cell.of_type("execute_result")
    assert cell.reply is not None
    assert content["execution_count"] == cell.reply["execution_count"]


def test_the_value_comes_in_every_mime_type_it_has(notebook: Notebook) -> None:
    """A class with an HTML representation shows it."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "class Rich:\n"
        "    def _repr_html_(self): return '<b>rich</b>'\n"
        "    def __repr__(self): return 'rich'\n"
        "Rich()"
    )
    assert cell.result == {"text/plain": "rich", "text/html": "<b>rich</b>"}


def test_display_of_html_and_its_update(notebook: Notebook) -> None:
    """display() in a guest is display_data, and its handle can update it."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "from IPython.display import HTML, display\n"
        "handle = display(HTML('<i>one</i>'), display_id=True)\n"
        "handle.update(HTML('<i>two</i>'))"
    )
    (first,) = cell.of_type("display_data")
    (second,) = cell.of_type("update_display_data")
    assert first["data"]["text/html"] == "<i>one</i>"
    assert second["data"]["text/html"] == "<i>two</i>"
    assert first["transient"] == second["transient"] != {}


def test_output_keeps_its_order_across_kinds(notebook: Notebook) -> None:
    """Text, display, text, value: as the code did it."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "from IPython.display import display, HTML\n"
        "print('1'); display(HTML('2')); print('3')\n"
        "4"
    )
    assert cell.types == ["stream", "display_data", "stream", "execute_result"]


def test_variables_stay_in_their_guest(notebook: Notebook) -> None:
    """A guest keeps its names from cell to cell; nobody else sees them."""
    notebook.ok("where = 'host'")
    notebook.ok("%%subinterp a\nwhere = 'a'")
    notebook.ok("%%subinterp b\nassert 'where' not in globals()")
    assert notebook.ok("%%subinterp a\nwhere").text == "'a'"
    assert notebook.ok("where").text == "'host'"


def test_quiet_shows_no_value(notebook: Notebook) -> None:
    """-q drops the value of the last expression and nothing else."""
    cell = notebook.ok("%%subinterp -q a\nprint('shown')\n42")
    assert cell.types == ["stream"]


def test_fresh_replaces_the_guest(notebook: Notebook) -> None:
    """--fresh leaves nothing of what was there, and runs in a new interpreter."""
    notebook.ok("%%subinterp a\nx = 1")
    before = notebook.ok("import subinterp; subinterp.get('a').id").text
    cell = notebook.ok("%%subinterp --fresh a\n'x' in globals()")
    assert cell.text == "False"
    assert notebook.ok("subinterp.get('a').id").text != before


def test_comms_are_served_while_a_cell_runs(notebook: Notebook) -> None:
    """A widget's message is handled at once, in the middle of a foreground cell."""
    notebook.ok(
        "def target(comm, message):\n"
        "    comm.send({'seen': message['content']['data']})\n"
        "get_ipython().kernel.comm_manager.register_target('probe', target)"
    )
    cell = notebook.send("%%subinterp a\nimport time\nprint('on')\ntime.sleep(60)")
    notebook.until(lambda: cell.stdout)
    content = {"comm_id": "c1", "target_name": "probe", "data": {"n": 1}}
    request = notebook.client.session.msg("comm_open", content)
    notebook.client.shell_channel.send(request)
    opened = notebook.watch(request["header"]["msg_id"])
    notebook.wait_for(opened, "comm_msg")
    assert opened.of_type("comm_msg")[0]["data"] == {"seen": {"n": 1}}
    assert cell.idle_at is None
    notebook.interrupt()
    notebook.finish(cell)


def test_a_subshell_runs_cells_while_the_main_shell_is_blocked(
    notebook: Notebook,
) -> None:
    """A guest can be used from a subshell; output goes to the cell there."""
    session = notebook.client.session
    channel = notebook.client.control_channel
    channel.send(session.msg("create_subshell_request"))
    subshell = channel.get_msg(timeout=20)["content"]["subshell_id"]
    blocked = notebook.send("import time\nprint('on', flush=True)\ntime.sleep(60)")
    notebook.wait_for(blocked, "stream")
    code = "%%subinterp a\nimport time\ntime.sleep(0.3)\nprint('sub')\n7"
    request = session.msg("execute_request", {"code": code, "silent": False})
    request["header"]["subshell_id"] = subshell
    cell = notebook.watch(request["header"]["msg_id"])
    notebook.client.shell_channel.send(request)
    assert notebook.finish(cell).status == "ok"
    assert (cell.stdout, cell.text) == ("sub\n", "7")
    assert blocked.idle_at is None
    notebook.interrupt()
    notebook.finish(blocked)
    channel.send(session.msg("delete_subshell_request", {"subshell_id": subshell}))
    channel.get_msg(timeout=20)


@pytest.mark.parametrize("wrapper", ["%%time\n", "%%capture --no-stdout\n"])
def test_the_magic_works_inside_other_cell_magics(
    notebook: Notebook, wrapper: str
) -> None:
    """Nested, it waits without the event loop, and its output is still the cell's."""
    cell = notebook.ok(f"{wrapper}%%subinterp a\nprint('nested')")
    assert "nested\n" in cell.stdout


def test_capture_captures_all_output(notebook: Notebook) -> None:
    """%%capture gets the text and the value of the guest, the cell shows none."""
    cell = notebook.ok(
        "%%capture got\n%%subinterp a\nimport sys\n"
        "print('out'); print('err', file=sys.stderr)\n[1, 2]"
    )
    assert cell.types == []
    seen = notebook.ok("got.stdout, got.stderr, got.outputs[0].data['text/plain']")
    assert seen.text == "('out\\n', 'err\\n', '[1, 2]')"


def test_redirected_streams_are_respected(notebook: Notebook) -> None:
    """contextlib.redirect_stdout around a call of the magic gets the text."""
    cell = notebook.ok(
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()) as got:\n"
        "    get_ipython().run_cell_magic('subinterp', 'a', 'print(1)')\n"
        "got.getvalue()"
    )
    assert cell.text == "'1\\n'"
    assert cell.stdout == ""


def test_host_text_before_a_nested_run_comes_first(notebook: Notebook) -> None:
    """The host's buffered text is sent before the guest's."""
    cell = notebook.ok(
        "print('host')\nget_ipython().run_cell_magic('subinterp', 'a', 'print(1)')"
    )
    assert cell.stdout == "host\n1\n"


def test_it_works_without_autoawait(notebook: Notebook) -> None:
    """With %autoawait off the plain magic does the work."""
    notebook.ok("%autoawait off")
    try:
        assert notebook.ok("%%subinterp a\nprint('sync')\n7").text == "7"
    finally:
        notebook.ok("%autoawait on")


def test_it_works_in_a_script(notebook: Notebook, tmp_path: object) -> None:
    """%run of an .ipy file with a %%subinterp cell."""
    path = f"{tmp_path}/script.ipy"
    notebook.ok(f"open({path!r}, 'w').write('%%subinterp a\\nprint(\"script\")\\n')")
    assert notebook.ok(f"%run {path}").stdout == "script\n"


def test_it_works_in_a_silent_request(notebook: Notebook) -> None:
    """A silent request runs too."""
    notebook.ok("%%subinterp a\nx = 1", silent=True)
    assert notebook.ok("%%subinterp a\nx").text == "1"


def test_the_cell_is_complete_like_any_cell_magic(notebook: Notebook) -> None:
    """A console asks for more lines until there is an empty one."""
    for code, status in (
        ("%%subinterp a\nx", "incomplete"),
        ("%%subinterp a\nx\n\n", "complete"),
    ):
        request = notebook.watch(notebook.client.is_complete(code))
        notebook.finish(request)
        assert request.status == status


@pytest.mark.parametrize("name", ["%subinterp", "%%subinterp"])
def test_help_prints_the_whole_usage(notebook: Notebook, name: str) -> None:
    """`%subinterp?` lists every command, `%%subinterp?` every option."""
    words = {
        "%%subinterp": ["--bg", "--noblock", "--timeout", "--thread", "--fresh", "-q"],
        "%subinterp": ["create", "--count", "close", "wait", "output RUN", "threads"],
    }[name]
    cell = notebook.ok(f"{name}?")
    assert cell.reply is not None
    page = cell.reply["payload"][0]["data"]["text/plain"]
    assert [word for word in words if word not in page] == []
    kind = "cell" if name.startswith("%%") else "line"
    help_text = f"get_ipython().find_{kind}_magic('subinterp').__doc__"
    assert notebook.ok(f"chr(27) in {help_text}").text == "False"


def test_braces_and_dollars_in_the_line_are_not_expanded(notebook: Notebook) -> None:
    """The first line is taken literally, so a name with $ is a bad name."""
    notebook.ok("name = 'a'")
    ename, evalue, _ = notebook.run("%%subinterp $name\npass").error
    assert ename == "UsageError"
    assert "$name" in evalue


def test_two_guests_have_their_own_interpreters_and_gils(notebook: Notebook) -> None:
    """Each guest reports an interpreter id of its own, none the host's 0."""
    notebook.ok("%%subinterp a,b\npass")
    cell = notebook.ok("import subinterp; [g.id for g in subinterp.list_all()]")
    ids = set(eval(cell.text))
    assert len(ids) == 2
    assert 0 not in ids


def test_creation_is_the_only_side_effect_on_the_host(notebook: Notebook) -> None:
    """A cell in a guest adds no name to the notebook's namespace."""
    notebook.ok("before = set(globals()) | {'before'}")
    notebook.ok("%%subinterp a\nx = 1")
    extra = notebook.ok("{n for n in set(globals()) - before if not n.startswith('_')}")
    assert extra.text == "set()"
