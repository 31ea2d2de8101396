"""Magics do in a guest what they do in a notebook's cell."""

from __future__ import annotations

import pytest

from guests import guest


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


def test_help_is_shown_as_output() -> None:
    """``obj?`` needs no pager."""
    data = guest("cell('len?'); report(messages('display_data'))")

    assert "Return the number of items" in data[0]["data"]["text/plain"]


def test_a_file_is_shown_from_its_start() -> None:
    """``%pfile`` asks the pager for an object's line, but there is no way back up."""
    shown = guest(
        """
        cell("import textwrap\\n%pfile textwrap.dedent")
        report(messages('display_data')[0]["data"]["text/plain"])
        """
    )

    assert "Text wrapping and filling." in shown.splitlines()[0]


def test_text_for_the_next_cell_is_sent() -> None:
    """By a call, and by the magics that load code and repeat inputs."""
    payloads = guest(
        """
        cell("shell = get_ipython()")
        cell("shell.set_next_input('one')")
        cell("shell.set_next_input('two', replace=True)")
        cell("import tempfile; file = tempfile.mkdtemp() + '/s.py'")
        cell("open(file, 'w').write('x = 1\\\\n');")
        cell("%load $file")
        cell("7", 20)
        cell("%recall 20")
        cell("%recall")
        report(messages("payload"))
        """
    )

    assert {one["source"] for one in payloads} == {"set_next_input"}
    assert [(one["text"], one["replace"]) for one in payloads[:2]] == [
        ("one", False),
        ("two", True),
    ]
    assert payloads[2]["text"].endswith("s.py\nx = 1\n")
    assert payloads[2]["replace"]
    assert [one["text"] for one in payloads[3:]] == ["7", "7"]


def test_edit_asks_the_front_end() -> None:
    """For a file, for an earlier cell and for what was defined in one."""
    payloads, sources = guest(
        """
        import pathlib
        cell("import tempfile; file = tempfile.mkdtemp() + '/s.py'")
        cell("open(file, 'w').close()")
        cell("%edit -n 3 $file")
        cell("def f():\\n    return 1", 30)
        cell("%ed 30")
        cell("%edit f")
        payloads = messages("payload")
        sources = [pathlib.Path(one["filename"]).read_text() for one in payloads]
        report([payloads, sources])
        """
    )

    assert {one["source"] for one in payloads} == {"edit_magic"}
    assert payloads[0]["filename"].endswith("s.py")
    assert payloads[0]["line_number"] == "3"
    assert [source.strip() for source in sources] == [
        "",
        "def f():\n    return 1",
        "def f():\n    return 1",
    ]


def test_a_macro_cannot_be_edited() -> None:
    """It is in no file, and what the editor saves would never come back."""
    outcome = guest("cell('1', 2); cell('%macro m 2'); report(cell('%edit m'))")

    assert outcome["ename"] == "UsageError"
    assert outcome["evalue"].startswith("cannot edit a macro")


def test_files_and_manuals_are_shown_as_output() -> None:
    """Code in colours, as any kernel does."""
    outcomes, shown = guest(
        """
        cell("%colors linux")
        cell("import tempfile; folder = tempfile.mkdtemp()")
        cell("for name in 's.py', 's.txt': open(f'{folder}/{name}', 'w').write('if x')")
        outcomes = [
            cell("%less $folder/s.py"), cell("%more $folder/s.txt"), cell("%less")
        ]
        report([outcomes, [one["data"]["text/plain"] for one in messages()[-2:]]])
        """
    )

    assert outcomes[:2] == [None, None]
    assert outcomes[2]["evalue"] == "Missing filename."
    assert shown[0] != "if x"
    assert "\x1b[" in shown[0]
    assert shown[1] == "if x"


def test_clear_clears_the_output() -> None:
    """There is no terminal to send control characters to."""
    assert guest("cell('%clear'); report(messages())") == [{"wait": False}]


@pytest.mark.parametrize("magic", ["connect_info", "qtconsole", "subinterp"])
def test_magics_about_the_notebook_say_where_they_work(magic: str) -> None:
    """One line, not a search through all that there is."""
    outcome = guest(f"report(cell('%{magic}'))")

    assert outcome["ename"] == "UsageError"
    assert outcome["evalue"].startswith(f"cannot run %{magic} in interpreter 'a'")
    assert outcome["evalue"].endswith("run it in a cell of the notebook")


def test_a_cell_for_another_guest_is_refused() -> None:
    """Guests do not nest."""
    outcome = guest("report(cell('%%subinterp b\\n1'))")

    assert outcome["evalue"].startswith("cannot run %subinterp in interpreter 'a'")


def test_store_keeps_variables_between_guests() -> None:
    """Where the notebook keeps them; nothing has to be loaded for it."""
    assert guest(
        """
        cell("spam = [1, 2]")
        cell("%store spam")
        cell("del spam")
        cell("%store -r")
        cell("print(spam)")
        report(text())
        """
    ) == ("Stored 'spam' (list)\n[1, 2]\n")
