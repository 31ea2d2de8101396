"""What a guest displays arrives as plain messages."""

from __future__ import annotations

from guests import guest


def test_display_updates_and_clearing_are_messages() -> None:
    """In order, with what IPython puts into them."""
    assert guest(
        """
        cell('''
            from IPython.display import HTML, clear_output, display
            handle = display(HTML("<i>1</i>"), display_id="one", metadata={"a": 1})
            handle.update(HTML("<i>2</i>"))
            clear_output(wait=True)
        ''')
        report([[data[0], data[1]] for _, kind, data in events])
        """
    ) == [
        [
            "display_data",
            {
                "data": {
                    "text/plain": "<IPython.core.display.HTML object>",
                    "text/html": "<i>1</i>",
                },
                "metadata": {"a": 1},
                "transient": {"display_id": "one"},
            },
        ],
        [
            "update_display_data",
            {
                "data": {
                    "text/plain": "<IPython.core.display.HTML object>",
                    "text/html": "<i>2</i>",
                },
                "metadata": {},
                "transient": {"display_id": "one"},
            },
        ],
        ["clear_output", {"wait": True}],
    ]


def test_messages_and_text_keep_their_order() -> None:
    """What is printed before a display arrives before it."""
    assert guest(
        """
        cell("print('a', end=''); display(1); print('b', end=''); display(2)")
        report([kind for _, kind, _ in events])
        """
    ) == ["stdout", "message", "stdout", "message"]


def test_every_value_becomes_plain_or_is_refused() -> None:
    """Messages are made of what JSON has, as front ends expect it."""
    data, refused = guest(
        r"""
        refused = cell('''
            import datetime, enum, fractions
            class Text(str): pass
            class Number(enum.IntEnum):
                one = 1
            display({
                "text/plain": Text("text"),
                "image/png": b"\\x89PNG",
                "application/json": {
                    1: (None, True, 1.5, 10**30),
                    "set": {2},
                    "date": datetime.date(2026, 11, 22),
                    "enum": Number.one,
                    "fraction": fractions.Fraction(1, 2),
                    "half": chr(0xd800),
                    "generator": (n for n in range(2)),
                },
            }, raw=True)
            display({"application/json": object()}, raw=True)
        ''')
        report([messages()[0]["data"], refused["evalue"]])
        """
    )

    assert data == {
        "text/plain": "text",
        "image/png": "iVBORw==",
        "application/json": {
            "1": [None, True, 1.5, 10**30],
            "set": [2],
            "date": "2026-11-22",
            "enum": 1,
            "fraction": 0.5,
            "half": "\\ud800",
            "generator": [0, 1],
        },
    }
    assert refused == "cannot display 'object' (it has no JSON form)"


def test_a_thread_displays_under_its_own_run() -> None:
    """As with text, the run that started it counts."""
    assert guest(
        """
        cell('''
            import threading
            go = threading.Event()
            thread = threading.Thread(target=lambda: (go.wait(), display("late")))
            thread.start()
        ''', number=7)
        cell("go.set(); thread.join(); 'now'", number=8)
        report([[run, data[0]] for run, _, data in events])
        """
    ) == [[7, "display_data"], [8, "execute_result"]]
