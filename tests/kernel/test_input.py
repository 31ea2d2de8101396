"""Guests ask the user, who answers in the front end's input box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import ANSI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client import Notebook
    from .conftest import Gate

_MAGICS = ["%%subinterp a", "%%time\n%%subinterp a", "%%subinterp --thread t a"]
_ASK = "name = input('name? ')\nprint('hello', name)"


@pytest.fixture
def notebook(notebook: Notebook) -> Iterator[Notebook]:
    """The kernel of the module; no question may be left over."""
    yield notebook
    notebook.drain()
    assert not notebook.client.stdin_channel.msg_ready()


def _prompt(request: dict[str, Any]) -> str:
    return str(request["content"]["prompt"])


@pytest.mark.parametrize("magic", _MAGICS)
def test_a_guest_asks_and_gets_the_answer(notebook: Notebook, magic: str) -> None:
    """Under the cell that asks, with the guest's name in the prompt."""
    cell = notebook.send(f"{magic}\n{_ASK}")
    request = notebook.asked()
    assert request["content"] == {"prompt": "[a] name? ", "password": False}
    assert request["parent_header"]["msg_id"] == cell.id
    notebook.answer("Zoë", request)
    assert notebook.finish(cell).stdout.startswith("hello Zoë\n")
    assert cell.status == "ok"


def test_a_password_is_not_shown(notebook: Notebook) -> None:
    """getpass asks for a box without echo."""
    cell = notebook.send(
        "%%subinterp a\nimport getpass\nprint(len(getpass.getpass('key: ')))"
    )
    request = notebook.asked()
    assert request["content"] == {"prompt": "[a] key: ", "password": True}
    notebook.answer("secret")
    assert notebook.finish(cell).stdout == "6\n"


def test_stdin_is_read_line_by_line(notebook: Notebook) -> None:
    """Each line is a question; the front end's end of file is one to the guest."""
    cell = notebook.send(
        "%%subinterp a\nimport sys\nprint(repr(sys.stdin.readline(3)),"
        " repr(sys.stdin.readline()))\nprint(list(sys.stdin))\ninput()"
    )
    for line in ("abcd", "one", "two", "\x04", "\x04"):
        assert _prompt(notebook.asked()) == "[a] "
        notebook.answer(line)
    assert notebook.finish(cell).error[:2] == ("EOFError", "EOF when reading a line")
    assert cell.stdout == "'abc' 'd\\n'\n['one\\n', 'two\\n']\n"


def test_guests_of_a_cell_ask_one_after_the_other(notebook: Notebook) -> None:
    """Each answer goes to the guest whose name the prompt has."""
    notebook.ok("%subinterp create a b c")
    cell = notebook.send("%%subinterp a,b,c\nprint(input('who? '))")
    asked = set()
    for _ in range(3):
        request = notebook.asked()
        assert not notebook.client.stdin_channel.msg_ready()
        name = _prompt(request)[1]
        asked.add(name)
        notebook.answer(f"I am {name}")
    notebook.finish(cell)
    assert asked == {"a", "b", "c"}
    assert sorted(cell.stdout.splitlines()) == [f"[{n}] I am {n}" for n in "abc"]


def test_output_arrives_while_a_guest_asks(notebook: Notebook) -> None:
    """Of the guest that asks, of others, and half a line that it printed before."""
    notebook.ok("%subinterp create a b")
    cell = notebook.send(
        "%%subinterp a,b\nimport threading\nfrom _subinterp import name\n"
        "print('half', end='')\n"
        "if name == 'a':\n"
        "    threading.Timer(0.3, print, ['later']).start()\n"
        "    input()\n"
    )
    notebook.asked()
    notebook.until(lambda: "[a] half" in cell.stdout and "[a] later" in cell.stdout)
    notebook.answer("")
    assert notebook.finish(cell).status == "ok"


def test_the_event_loop_turns_while_a_guest_asks(notebook: Notebook) -> None:
    """Widgets and tasks of the host are alive."""
    notebook.ok(
        "import asyncio\n"
        "async def tick():\n"
        "    await asyncio.sleep(0.5)\n"
        "    print('tick')\n"
        "task = asyncio.get_running_loop().create_task(tick())"
    )
    cell = notebook.send("%%subinterp a\ninput()")
    notebook.asked()
    notebook.until(lambda: any("tick" in c.stdout for c in notebook.cells.values()))
    notebook.answer("")
    assert notebook.finish(cell).text == "''"


@pytest.mark.parametrize("magic", _MAGICS)
def test_stop_takes_the_question_back(notebook: Notebook, magic: str) -> None:
    """KeyboardInterrupt in the guest; a late answer is not that to a later question."""
    cell = notebook.send(f"{magic}\n{_ASK}")
    late = notebook.asked()
    notebook.interrupt()
    ename, _, traceback = notebook.finish(cell).error
    assert ename == "KeyboardInterrupt"
    assert "input('name? ')" in traceback
    assert "subinterp_guest" not in traceback
    notebook.answer("too late")
    cell = notebook.send(f"{magic}\n{_ASK}")
    request = notebook.asked()
    notebook.answer("too late", late)
    notebook.answer("in time", request)
    assert notebook.finish(cell).stdout.startswith("hello in time\n")


def test_a_timeout_takes_the_question_back(notebook: Notebook) -> None:
    """It goes on while the guest waits for the user."""
    notebook.ok("%%subinterp a\n1")  # its shell is there
    cell = notebook.send(f"%%subinterp -t 2 a\n{_ASK}")
    notebook.asked()
    assert notebook.finish(cell).error[0] == "TimeoutError"
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_the_end_of_the_run_takes_its_questions_back(
    notebook: Notebook, gates: tuple[Gate, Gate]
) -> None:
    """A thread that it leaves behind hears that nobody can answer; others may ask."""
    cell = notebook.send(
        "%%subinterp a,b\nimport threading\nfrom _subinterp import name\n"
        "def ask():\n"
        "    try: input('thread? ')\n"
        "    except EOFError as error: print(error)\n"
        "if name == 'a':\n"
        "    threading.Thread(target=ask).start()\n"
        f"    {gates[0].code}\n"
        "else:\n"
        f"    {gates[1].code}\n"
        "    print(input('b? '))\n"
    )
    assert _prompt(notebook.asked()) == "[a] thread? "
    gates[0].open()
    notebook.until(lambda: "[a] cannot read input" in cell.stdout)
    gates[1].open()
    assert _prompt(notebook.asked()) == "[b] b? "
    notebook.answer("fine")
    notebook.finish(cell)
    assert "[b] fine\n" in cell.stdout


def test_closing_takes_the_question_back(
    notebook: Notebook, gates: tuple[Gate, Gate]
) -> None:
    """From a thread of the host, while the cell waits for the answer."""
    notebook.ok(
        "import threading, subinterp\n"
        "def close():\n"
        f"    {gates[0].code}; subinterp.get('a').close()\n"
        "closer = threading.Thread(target=close); closer.start()"
    )
    cell = notebook.send(f"%%subinterp a\n{_ASK}")
    notebook.asked()
    gates[0].open()
    assert notebook.finish(cell).error[0] == "InterpreterClosedError"
    notebook.ok("closer.join()")


def test_a_second_stop_refuses_the_questions_of_a_cell(notebook: Notebook) -> None:
    """Code that asks again after an interrupt hears that nobody answers any more."""
    cell = notebook.send(
        "%%subinterp a\n"
        "try: input('one? ')\n"
        "except KeyboardInterrupt:\n"
        "    try: input('two? ')\n"
        "    except EOFError: print('refused')\n"
    )
    notebook.asked()
    notebook.interrupt()
    assert _prompt(notebook.asked()) == "[a] two? "
    notebook.interrupt()
    notebook.finish(cell)
    notebook.until(lambda: "refused" in cell.stdout)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("%%subinterp a\ninput()", {"allow_stdin": False}),
        ("%%subinterp --bg a\ninput()", {"allow_stdin": False}),
        ("import subinterp; subinterp.create('a').exec('input()')", {}),
    ],
)
def test_where_nobody_can_answer_asking_fails(
    notebook: Notebook, code: str, options: dict[str, Any]
) -> None:
    """One line says so, and what to do."""
    ename, evalue, _ = notebook.run(code, **options).error
    assert ename == "EOFError"
    assert evalue.startswith("cannot read input in interpreter 'a' (")
    assert "\n" not in evalue


def test_a_background_run_does_not_ask(notebook: Notebook) -> None:
    """Its cell is over: the box would appear in the middle of anything."""
    cell = notebook.ok("%%subinterp --bg a\ninput()")
    notebook.wait_for(cell, "error")
    assert cell.of_type("error")[0]["ename"] == "EOFError"


def test_a_stdin_of_the_users_own_is_read(notebook: Notebook) -> None:
    """input() takes lines from what the code has put in the place of sys.stdin."""
    code = "import io, sys\nsys.stdin = io.StringIO('line')\ninput()"
    assert notebook.ok(f"%%subinterp a\n{code}").text == "'line'"


def test_debugging_after_an_error(notebook: Notebook) -> None:
    """%debug in a cell of the guest where the error was; its output is the cell's."""
    assert notebook.run("%%subinterp a\ndef f(x):\n    1 / x\nf(0)").status == "error"
    cell = notebook.send("%%subinterp a\n%debug")
    for command in ("p x", "up", "q"):
        assert _prompt(notebook.asked()).startswith("[a] ipdb> ")
        notebook.answer(command)
    assert notebook.finish(cell).status == "ok"
    stdout = ANSI.sub("", cell.stdout)
    assert "----> 2     1 / x" in stdout
    assert "\n0\n" in stdout


def test_a_breakpoint_stops_the_cell(notebook: Notebook) -> None:
    """Commands step through it; after q the cell is over and the guest goes on."""
    cell = notebook.send("%%subinterp a\nx = 41\nbreakpoint()\nx += 1\nprint(x)\n7")
    for command in ("n", "p x", "c"):
        assert _prompt(notebook.asked()) == "[a] (Pdb) "
        notebook.answer(command)
    assert notebook.finish(cell).text == "7"
    assert "42\n" in cell.stdout
    cell = notebook.send("%%subinterp a\nbreakpoint()\nprint('never')")
    notebook.asked()
    notebook.answer("q")
    assert notebook.finish(cell).error == ("BdbQuit", "", "BdbQuit")
    assert "never\n" not in cell.stdout.replace("print('never')", "")
    assert notebook.ok("%%subinterp a\nx").text == "42"


def test_stop_at_a_breakpoint(notebook: Notebook) -> None:
    """pdb catches the first one and asks again; the second one ends it."""
    cell = notebook.send("%%subinterp a\nbreakpoint()\nprint('never')")
    notebook.asked()
    notebook.interrupt()
    notebook.asked()
    notebook.until(lambda: "--KeyboardInterrupt--" in cell.stdout)
    notebook.interrupt()
    notebook.finish(cell)
    notebook.ok("%subinterp wait a")
    assert notebook.ok("%%subinterp a\n1").text == "1"


def test_a_restart_with_an_open_question(own: Notebook) -> None:
    """The kernel ends as fast as ever, and the next one asks again."""
    for _ in range(2):
        own.send(f"%%subinterp a\n{_ASK}")
        own.asked()
        own.client.stop_channels()
        own.manager.restart_kernel()
        own.connect()
    assert own.ok("1").text == "1"
    assert own.console == ""
