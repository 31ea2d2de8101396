"""Widgets of guests live in the notebook: their comms reach the front end and back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Cell, Notebook
    from .conftest import Gate

_CLICK = {"method": "custom", "content": {"event": "click"}}


def _send(notebook: Notebook, comm_id: str, data: Any, **more: Any) -> Cell:
    """Send what a front end sends for a comm; collect what answers it."""
    msg_type = more.pop("msg_type", "comm_msg")
    buffers = more.pop("buffers", None)
    version = "1.0.0" if "control" in more.get("target_name", "") else "2.1.0"
    content = {"comm_id": comm_id, "data": data, **more}
    session = notebook.client.session
    message = session.msg(msg_type, content, metadata={"version": version})
    # Not by the channel's own send(), which has no buffers.
    session.send(notebook.client.shell_channel.socket, message, buffers=buffers)
    return notebook.watch(message["header"]["msg_id"])


def _set(notebook: Notebook, comm_id: str, value: Any) -> Cell:
    """Move a slider, say."""
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    return _send(notebook, comm_id, data)


def _model(cell: Cell, name: str) -> str:
    """The comm of the cell's only widget of this kind."""
    opened = cell.of_type("comm_open")
    (comm_id,) = (
        content["comm_id"]
        for content in opened
        if content["data"]["state"]["_model_name"] == name
    )
    return str(comm_id)


def _states(cell: Cell) -> list[dict[str, Any]]:
    """What widgets were told in answer to something."""
    updates = (content["data"] for content in cell.of_type("comm_msg"))
    return [data["state"] for data in updates if data["method"] == "update"]


def test_a_click_runs_the_callback_in_the_guest(notebook: Notebook) -> None:
    """What it changes answers the click; what it prints is under the button's cell."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import ipywidgets, _subinterp\n"
        "button, label = ipywidgets.Button(), ipywidgets.Label()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        "    label.value = _subinterp.name\n"
        "    print('clicked')\n"
        "ipywidgets.VBox([button, label])"
    )
    assert "application/vnd.jupyter.widget-view+json" in cell.result
    notebook.ok("print('another cell')")
    click = _send(notebook, _model(cell, "ButtonModel"), _CLICK)
    notebook.until(lambda: cell.stdout == "clicked\n")
    assert _states(click) == [{"value": "a"}]


def test_an_error_of_a_callback_is_shown_under_its_cell(notebook: Notebook) -> None:
    """With its traceback; the next click works."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import ipywidgets\n"
        "button = ipywidgets.Button()\n"
        "button.on_click(lambda _: 1/0)\n"
        "button.on_click(lambda _: print('after'))\n"
        "button"
    )
    _send(notebook, _model(cell, "ButtonModel"), _CLICK)
    notebook.until(lambda: cell.stdout == "after\n")
    (error,) = cell.of_type("error")
    assert error["ename"] == "ZeroDivisionError"
    assert "subinterp_guest" not in "".join(error["traceback"])


def test_a_busy_guest_gets_the_last_of_many_updates(
    notebook: Notebook, gate: Gate
) -> None:
    """When it is free again; the notebook itself is never held up."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import ipywidgets\n"
        "slider, values = ipywidgets.IntSlider(), []\n"
        "def moved(change):\n"
        "    values.append(change.new)\n"
        "    print(values)\n"
        "slider.observe(moved, 'value')\n"
        "slider"
    )
    busy = notebook.send(f"%%subinterp --bg a\n{gate.code}\nprint('busy')")
    for value in (1, 2, 3):
        _set(notebook, _model(cell, "IntSliderModel"), value)
    notebook.finish(busy)
    # A query goes the same way as the updates did, so that they have arrived.
    notebook.reply_to(notebook.client.complete("%%subinterp a\nsli"))
    gate.open()
    notebook.until(lambda: "busy\n" in busy.stdout and cell.stdout)
    assert cell.stdout == "[3]\n"


def test_a_page_that_is_loaded_again_need_not_wait(
    notebook: Notebook, gate: Gate
) -> None:
    """A widget's state comes from a guest that is busy."""
    cell = notebook.ok("%%subinterp a\nimport ipywidgets\nipywidgets.IntSlider(5)")
    comm_id = _model(cell, "IntSliderModel")
    busy = notebook.send(f"%%subinterp --bg a\n{gate.code}\nprint('free')")
    info = notebook.reply_to(notebook.client.comm_info("jupyter.widget"))
    assert comm_id in info["comms"]
    asked = _send(notebook, comm_id, {"method": "request_state"})
    notebook.until(lambda: asked.of_type("comm_msg"))
    assert _states(asked)[0]["value"] == 5
    assert busy.stdout == ""
    gate.open()
    notebook.until(lambda: busy.stdout == "free\n")


def test_the_front_end_asks_each_widget_while_guests_have_some(
    notebook: Notebook,
) -> None:
    """The host would answer for its own only, so nobody answers for all."""
    control = {"msg_type": "comm_open", "target_name": "jupyter.widget.control"}
    notebook.ok("import ipywidgets")
    answered = _send(notebook, "1", {}, **control)
    notebook.drain()
    assert answered.of_type("comm_close") == []
    notebook.ok("%%subinterp a\nimport ipywidgets\nipywidgets.IntSlider()")
    refused = _send(notebook, "2", {}, **control)
    notebook.drain()
    assert [content["comm_id"] for content in refused.of_type("comm_close")] == ["2"]


def test_a_cell_can_await_a_widget(notebook: Notebook) -> None:
    """As in a notebook's own cell, messages are handled while the cell awaits."""
    cell = notebook.send(
        "%%subinterp a\n"
        "import asyncio, ipywidgets\n"
        "text, done = ipywidgets.Text(), asyncio.get_running_loop().create_future()\n"
        "text.observe(lambda change: done.set_result(change.new), 'value')\n"
        "print('waits')\n"
        "await done"
    )
    notebook.until(lambda: cell.stdout == "waits\n")
    _set(notebook, _model(cell, "TextModel"), "typed")
    assert notebook.finish(cell).text == "'typed'"


def test_stop_interrupts_a_callback(notebook: Notebook, gate: Gate) -> None:
    """With an idle kernel; and by name with `%subinterp interrupt`."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import ipywidgets\n"
        "button = ipywidgets.Button()\n"
        "@button.on_click\n"
        "def clicked(_):\n"
        "    print('begins')\n"
        f"    {gate.code}\n"
        "    while True: pass\n"
        "button"
    )

    def click_and(interrupt: Callable[[], object]) -> int:
        before = cell.stderr.count("KeyboardInterrupt")
        _send(notebook, _model(cell, "ButtonModel"), _CLICK)
        gate.open()
        assert "running" in notebook.ok("%subinterp").text
        interrupt()
        notebook.until(lambda: cell.stderr.count("KeyboardInterrupt") > before)
        return cell.stdout.count("begins")

    assert click_and(notebook.interrupt) == 1
    assert click_and(lambda: notebook.ok("%subinterp interrupt a")) == 2
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_widgets_of_a_closed_guest_say_so(notebook: Notebook) -> None:
    """They are disabled, a click is answered, and a new page does not wait for them."""
    cell = notebook.ok("%%subinterp a\nimport ipywidgets\nipywidgets.Button()")
    comm_id = _model(cell, "ButtonModel")
    notebook.ok("%subinterp close a")
    notebook.drain()
    assert {
        "disabled": True,
        "tooltip": "interpreter 'a' is closed",
    } in _states(cell)
    for _ in range(2):
        _send(notebook, comm_id, _CLICK)
    notebook.drain()
    assert cell.stderr == (
        "cannot use this widget (interpreter 'a' is closed); run the cell again\n"
    )
    info = notebook.reply_to(notebook.client.comm_info("jupyter.widget"))
    assert comm_id not in info["comms"]


def test_widgets_from_before_a_restart_say_so(notebook: Notebook) -> None:
    """The new guest of that name has others."""
    code = "%%subinterp a\nimport ipywidgets\nipywidgets.Button()"
    before = notebook.ok(code)
    notebook.ok("%subinterp restart a")
    after = notebook.ok(code)
    _send(notebook, _model(before, "ButtonModel"), _CLICK)
    _send(notebook, _model(after, "ButtonModel"), _CLICK)
    notebook.drain()
    assert "is closed" in before.stderr
    assert after.stderr == ""


def test_widgets_of_the_host_and_of_guests_live_side_by_side(
    notebook: Notebook,
) -> None:
    """Each answers in its own interpreter."""
    body = (
        "import ipywidgets\n"
        "slider, label = ipywidgets.IntSlider(), ipywidgets.Label()\n"
        "def moved(change): label.value = f'{where}{change.new}'\n"
        "slider.observe(moved, 'value')\n"
        "slider"
    )
    cells = {
        name: notebook.ok(f"{first}where = {name!r}\n{body}")
        for name, first in (
            ("h", ""),
            ("a", "%%subinterp a\n"),
            ("b", "%%subinterp b\n"),
        )
    }
    for number, (name, cell) in enumerate(cells.items(), 1):
        moved = _set(notebook, _model(cell, "IntSliderModel"), number)
        notebook.until(partial(_states, moved))
        assert _states(moved) == [{"value": f"{name}{number}"}]


def test_an_output_widget_takes_what_is_printed_in_it(notebook: Notebook) -> None:
    """It is told the cell's request, whose output the front end then hands to it."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import ipywidgets\n"
        "out = ipywidgets.Output()\n"
        "with out: print('inside')"
    )
    messages = [
        message["content"]["data"]["state"]["msg_id"]
        if message["msg_type"] == "comm_msg"
        else message["content"]["text"]
        for message in cell.messages
        if message["msg_type"] in {"comm_msg", "stream"}
    ]
    assert messages == [cell.id, "inside\n", ""]


def test_buffers_cross_both_ways(notebook: Notebook) -> None:
    """Bytes beside the JSON, as images and arrays are sent."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import comm\n"
        "both = [b'one', memoryview(b'2')]\n"
        "echo = comm.create_comm(target_name='echo', buffers=both)\n"
        "@echo.on_msg\n"
        "def answer(msg):\n"
        "    buffers = [buffer[::-1] for buffer in msg['buffers']]\n"
        "    echo.send(msg['content']['data'], buffers=buffers)"
    )
    (opened,) = (m for m in cell.messages if m["msg_type"] == "comm_open")
    assert [bytes(one) for one in opened["buffers"]] == [b"one", b"2"]
    asked = _send(
        notebook, opened["content"]["comm_id"], {"x": [1, None]}, buffers=[b"abc", b""]
    )
    notebook.until(lambda: asked.of_type("comm_msg"))
    (answer,) = (m for m in asked.messages if m["msg_type"] == "comm_msg")
    assert answer["content"]["data"] == {"x": [1, None]}
    assert [bytes(one) for one in answer["buffers"]] == [b"cba", b""]


def test_the_front_end_can_open_comms_to_a_guest(notebook: Notebook) -> None:
    """By a target that the guest has; the guest hears of the end, too."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import comm\n"
        "def opened(channel, msg):\n"
        "    print('opened', msg['content']['data'])\n"
        "    channel.on_msg(lambda msg: print('heard', msg['content']['data']))\n"
        "    channel.on_close(lambda msg: print('closed'))\n"
        "comm.get_comm_manager().register_target('mine', opened)"
    )
    _send(notebook, "id", {"n": 1}, msg_type="comm_open", target_name="mine")
    _send(notebook, "id", {"n": 2})
    _send(notebook, "id", {}, msg_type="comm_close")
    notebook.until(lambda: "closed" in cell.stdout)
    assert cell.stdout == "opened {'n': 1}\nheard {'n': 2}\nclosed\n"


def test_tqdm_and_rich_show_their_notebook_selves(notebook: Notebook) -> None:
    """They ask for names that only ipykernel has, which guests cannot import."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import rich\n"
        "from tqdm.auto import tqdm\n"
        "rich.print('[red]text')\n"
        "for _ in tqdm([1, 2]): pass"
    )
    table, bar = (content["data"] for content in cell.of_type("display_data"))
    assert "color: #800000" in table["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bar
    assert {"value": 2.0} in _states(cell)


def test_unloading_gives_the_kernel_its_comms_back(own: Notebook) -> None:
    """Widgets of the guests, which are closed, are disabled; the host's live on."""
    cell = own.ok("%%subinterp a\nimport ipywidgets\nipywidgets.Button()")
    host = own.ok("import ipywidgets\nipywidgets.IntSlider()")
    own.ok("%unload_ext subinterp")
    assert {"disabled": True, "tooltip": "interpreter 'a' is closed"} in _states(cell)
    moved = _set(own, _model(host, "IntSliderModel"), 3)
    own.drain()
    assert moved.of_type("comm_msg")[0]["data"]["method"] == "echo_update"
    assert own.console == ""
