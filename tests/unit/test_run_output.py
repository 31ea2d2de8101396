"""What a run keeps of its output, and where it sends it."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from routes import Broken, Sink, cell
from subinterp import _native
from subinterp.record import Record

if TYPE_CHECKING:
    import pytest

    from subinterp import Interpreter


def test_a_broken_route_is_reported_once(
    guest: Interpreter, caplog: pytest.LogCaptureFixture
) -> None:
    """The run ends as it should and keeps its output."""
    run = cell(guest, "print(1)\ndisplay(2)\n3", Broken())
    assert run.result(0) is None
    assert run.stdout == "1\n"
    assert [output["output_type"] for output in run.outputs] == [
        "stream",
        "display_data",
        "execute_result",
    ]
    assert caplog.text.count("cannot be shown") == 1


def test_outputs_are_those_of_a_notebook(guest: Interpreter) -> None:
    """In order, streams merged, the error last."""
    run = cell(
        guest,
        "import sys\nprint(1); print(2)\nprint(3, file=sys.stderr)\ndisplay(4)\n1/0",
    )
    kinds = [(o["output_type"], o.get("name")) for o in run.outputs]
    assert kinds == [
        ("stream", "stdout"),
        ("stream", "stderr"),
        ("display_data", None),
        ("error", None),
    ]
    assert run.outputs[0]["text"] == run.stdout == "1\n2\n"
    assert run.stderr == "3\n"
    assert run.outputs[2]["data"] == {"text/plain": "4"}
    assert run.outputs[3]["ename"] == "ZeroDivisionError"


def test_a_shown_traceback_is_an_output(guest: Interpreter) -> None:
    """Where it was shown; the run's own end is the last."""
    run = cell(guest, "get_ipython().run_cell('1/0')\nprint(1)\n{}['key']")
    assert [output.get("ename") for output in run.outputs] == [
        "ZeroDivisionError",
        None,
        "KeyError",
    ]
    assert set(run.outputs[0]) == {"output_type", "ename", "evalue", "traceback"}


def test_what_goes_with_the_reply_is_no_output(guest: Interpreter) -> None:
    """It goes to the front end once, and is not kept."""
    sink = Sink()
    run = cell(guest, "get_ipython().set_next_input('x')", sink)
    assert run.outputs == []
    assert [kind for kind, _ in sink.got] == ["payload"]


def test_the_value_has_the_cells_number(guest: Interpreter) -> None:
    """The last expression's value is an execute_result under the notebook's count."""
    run = cell(guest, "6 * 7")
    assert run.outputs == [
        {
            "output_type": "execute_result",
            "data": {"text/plain": "42"},
            "metadata": {},
            "execution_count": 3,
        }
    ]


def test_clear_output_clears(guest: Interpreter) -> None:
    """At once, or with wait=True when the next output comes."""
    clear = "from IPython.display import clear_output\nprint(1)\nclear_output"
    assert cell(guest, f"{clear}()").outputs == []
    waiting = cell(guest, f"{clear}(wait=True)")
    assert [output["text"] for output in waiting.outputs] == ["1\n"]
    replaced = cell(guest, f"{clear}(wait=True)\nprint(2)")
    assert [output["text"] for output in replaced.outputs] == ["2\n"]
    assert replaced.stdout == "1\n2\n"


def test_an_updated_display_changes_in_its_place(guest: Interpreter) -> None:
    """update_display_data is no output of its own."""
    run = cell(guest, "h = display(1, display_id=True)\nprint('x')\nh.update(2)")
    assert [o["output_type"] for o in run.outputs] == ["display_data", "stream"]
    assert run.outputs[0]["data"] == {"text/plain": "2"}


def test_replay_repeats_what_the_route_got(guest: Interpreter) -> None:
    """Same order, same content, neighbouring text merged."""
    sink, again = Sink(), Sink()
    run = cell(guest, "print(1)\ndisplay(2)\nprint(3)\n4", sink)
    run.replay(again)
    assert again.got[0::2] == [("stdout", "1\n"), ("stdout", "3\n")]
    assert again.got[1::2] == [one for one in sink.got if one[0] != "stdout"]
    assert [kind for kind, _ in again.got[1::2]] == ["display_data", "execute_result"]


def test_long_text_reaches_the_route_in_pieces(guest: Interpreter) -> None:
    """No message is longer than front ends take; nothing is lost."""
    sink = Sink()
    run = cell(guest, "print('x' * 3_000_000, end='')", sink)
    sizes = [len(text) for _, text in sink.got]
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= 2**20
    assert run.stdout == "x" * 3_000_000


def test_output_after_the_end_goes_to_the_run(guest: Interpreter) -> None:
    """A thread left behind prints under the cell that started it."""
    sink = Sink()
    run = cell(
        guest,
        "import threading\ngo = threading.Event()\n"
        "threading.Thread(target=lambda: (go.wait(), print('late'))).start()",
        sink,
    )
    assert run.result(0) is None
    other = cell(guest, "go.set()")
    while run.stdout != "late\n":
        pass
    assert "".join(text for _, text in sink.got) == "late\n"
    assert other.outputs == []


def test_a_record_drops_its_beginning_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end is kept within the limit, stdout stays free of our remarks."""
    monkeypatch.setattr("subinterp.preferences.preferences.replay_size", 300_000)
    record = Record()
    for number in range(10):
        record.add_text("stdout", str(number) * 64 * 1024)
    assert record.size <= 300_000
    assert set(record.text("stdout")) == set("6789")
    assert "are no longer kept" in record.text("stderr")
    sink = Sink()
    record.replay(sink)
    assert sink.got[0][0] == "stderr"
    assert record.outputs()[0]["name"] == "stderr"


def test_a_record_keeps_the_end_of_a_long_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of one that came in one piece."""
    monkeypatch.setattr("subinterp.preferences.preferences.replay_size", 10_000)
    record = Record()
    record.add_text("stdout", "".join(f"{number}\n" for number in range(9_000)))
    assert record.text("stdout").endswith("8998\n8999\n")
    assert 5_000 < record.size <= 10_000


def test_a_record_that_is_forgotten_leaves_a_marker() -> None:
    """Old runs give up their output for new ones."""
    record = Record()
    record.add_message("display_data", {"data": {}}, 5_000_000)
    record.forget()
    assert record.size == 0
    assert "the first 5.0 MB" in record.text("stderr")


def test_a_message_keeps_the_count_that_it_brings(guest: Interpreter) -> None:
    """The host fills in the number only where the guest gave none."""
    run = guest.start("pass")
    run.result(10)
    content = {"data": {}, "metadata": {}, "execution_count": 9}
    run.receive(_native.MESSAGE, marshal.dumps(("execute_result", content)))
    assert run.outputs[0]["execution_count"] == 9
