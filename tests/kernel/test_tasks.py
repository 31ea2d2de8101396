"""What a cell leaves in its event loop goes on when it has ended, as in a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Notebook
    from .conftest import Gate


@pytest.mark.parametrize("thread", ["", "--thread second "])
def test_a_task_goes_on_between_cells(notebook: Notebook, thread: str) -> None:
    """Of a cell that awaits nothing; its output is under that cell."""
    cell = notebook.ok(
        f"%%subinterp {thread}a\n"
        "import asyncio\n"
        "async def count():\n"
        "    for i in range(3):\n"
        "        await asyncio.sleep(0.01)\n"
        "        print(i)\n"
        "task = asyncio.create_task(count())"
    )
    notebook.until(lambda: cell.stdout == "0\n1\n2\n")
    assert "running" not in notebook.ok("%subinterp").text


def test_a_cell_need_not_wait_for_tasks(notebook: Notebook) -> None:
    """The thread that runs the loop hears of it at once."""
    first = notebook.ok(
        "%%subinterp a\n"
        "import asyncio\n"
        "async def wait():\n"
        "    try: await asyncio.sleep(600)\n"
        "    finally: print('cancelled')\n"
        "task = asyncio.create_task(wait())"
    )
    assert [notebook.ok(f"%%subinterp a\n{i}").text for i in range(3)] == list("012")
    notebook.ok("%%subinterp a\ntask.cancel()\nawait asyncio.sleep(0)")
    assert first.stdout == "cancelled\n"


def test_another_thread_can_call_into_a_loop_that_rests(
    notebook: Notebook, gate: Gate
) -> None:
    """With nothing else in the loop."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import asyncio, threading\n"
        "loop = asyncio.get_running_loop()\n"
        "def later():\n"
        f"    {gate.code}\n"
        "    loop.call_soon_threadsafe(print, 'called')\n"
        "threading.Thread(target=later).start()"
    )
    gate.open()
    notebook.until(lambda: cell.stdout == "called\n")


def test_a_server_serves_between_cells(notebook: Notebook) -> None:
    """It has no task, only a socket in the loop."""
    notebook.ok(
        "%%subinterp a\n"
        "import asyncio\n"
        "async def answer(reader, writer):\n"
        "    writer.write(await reader.readline())\n"
        "    writer.close()\n"
        "server = await asyncio.start_server(answer, '127.0.0.1', 0)\n"
        "with open('port', 'w') as file:\n"
        "    print(server.sockets[0].getsockname()[1], file=file)"
    )
    answer = notebook.ok(
        "import socket\n"
        "with socket.create_connection(('127.0.0.1', int(open('port').read()))) as s:\n"
        "    s.sendall(b'ping\\n')\n"
        "    answer = s.recv(10)\n"
        "import os; os.remove('port')\n"
        "answer"
    )
    assert answer.text == "b'ping\\n'"


@pytest.mark.parametrize("how", ["stop", "command"])
def test_a_task_that_runs_away_is_interrupted(notebook: Notebook, how: str) -> None:
    """The others go on, and the guest takes cells again."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import asyncio\n"
        "async def run_away():\n"
        "    await asyncio.sleep(0)\n"  # until the cell has ended
        "    print('away')\n"
        "    while True: pass\n"
        "async def stay(event):\n"
        "    await event.wait()\n"
        "    print('stayed')\n"
        "event = asyncio.Event()\n"
        "tasks = [asyncio.create_task(one) for one in (stay(event), run_away())]"
    )
    notebook.until(lambda: cell.stdout == "away\n")
    if how == "stop":
        notebook.interrupt()
    else:
        notebook.ok("%subinterp interrupt a")
    notebook.until(lambda: "KeyboardInterrupt" in cell.stderr)
    assert "subinterp_guest" not in cell.stderr
    notebook.ok("%%subinterp a\nevent.set()")
    notebook.until(lambda: cell.stdout == "away\nstayed\n")


def test_stop_leaves_tasks_that_wait_alone(notebook: Notebook) -> None:
    """Nothing is interrupted, and nothing is said."""
    cell = notebook.ok(
        "%%subinterp a\n"
        "import asyncio\n"
        "event = asyncio.Event()\n"
        "async def wait():\n"
        "    print('waits')\n"
        "    await event.wait()\n"
        "    print('done')\n"
        "task = asyncio.create_task(wait())"
    )
    notebook.until(lambda: cell.stdout == "waits\n")
    notebook.interrupt()
    notebook.ok("%subinterp interrupt a")
    notebook.ok("%%subinterp a\nevent.set()")
    notebook.until(lambda: cell.stdout == "waits\ndone\n")
    assert cell.stderr == ""


def test_a_cell_within_a_cell_runs_as_in_a_kernel(notebook: Notebook) -> None:
    """Within the loop that the outer one runs in."""
    inner = "import asyncio; loop = asyncio.get_running_loop()"
    cell = notebook.ok(
        f"%%subinterp a\nget_ipython().run_cell({inner!r})\nloop.is_running()"
    )
    assert cell.text == "True"


def test_the_next_input_can_be_set(notebook: Notebook, gate: Gate) -> None:
    """By the reply, as `%load` does; a cell that has ended shows it."""
    code = "get_ipython().set_next_input('x = 1', replace={})"
    for replace in (True, False):
        cell = notebook.ok(f"%%subinterp a\n{code.format(replace)}")
        assert cell.reply is not None
        assert cell.reply["payload"] == [
            {"source": "set_next_input", "text": "x = 1", "replace": replace}
        ]
    late = notebook.ok(f"%%subinterp --bg a\n{gate.code}\n{code.format(False)}")
    gate.open()
    notebook.until(lambda: late.stdout == "x = 1\n")
