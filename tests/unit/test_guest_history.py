"""A guest remembers what ran in it, under the notebook's numbers, in memory only."""

from __future__ import annotations

import pytest

from guests import guest


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


@pytest.mark.parametrize(
    ("magic", "printed"),
    [
        ("%history -n", "   2: spam = 1\n   5: spam\n   6: eggs = 2\n   7: spam\n"),
        ("%history -n 3-6", "   5: spam\n   6: eggs = 2\n"),
        ("%history -l 2", "eggs = 2\nspam\n"),
        ("%history -o -l 1", "spam\n1\n"),
        ("%history -g spam", "   2: spam = 1\n   5: spam\n   7: spam\n   9: "),
        ("%history -u -g spam", "   2: spam = 1\n   7: spam\n   9: "),
        ("%history -l 1 -g eggs", "   9: %history -l 1 -g eggs\n"),
        ("%rerun -l 1", "=== Executing: ===\nspam\n=== Output: ===\n"),
        ("%rerun -g eggs", "=== Executing: ===\neggs = 2\n=== Output: ===\n"),
        ("%rerun", "=== Executing: ===\nspam\n=== Output: ===\n"),
    ],
)
def test_inputs_are_listed_found_and_run_again(magic: str, printed: str) -> None:
    """Those of this guest: other numbers are other cells of the notebook."""
    out = guest(
        f"""
        cell("spam = 1", 2)
        cell("spam", 5)
        cell("eggs = 2", 6)
        cell("spam", 7)
        cell({magic!r}, 9)
        report(text())
        """
    )

    assert out.startswith(printed)
