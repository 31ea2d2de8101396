"""Which runs are remembered, and how much of them."""

from __future__ import annotations

from concurrent.futures import wait
from typing import TYPE_CHECKING

from subinterp.history import History

if TYPE_CHECKING:
    import pytest

    from subinterp import Interpreter


def test_the_history_keeps_the_last_runs(guest: Interpreter) -> None:
    """Old runs go when they are over, and live ones stay."""
    history = History(keep=2)
    runs = [guest.start("pass") for _ in range(4)]
    for run in runs:
        history.add(run)
    wait(runs, timeout=10)
    guest.exec("pass")  # the callbacks come right after the result
    assert history.all() == runs[-2:]
    assert history.live() == []


def test_the_history_saves_memory(
    guest: Interpreter,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the budget the oldest runs lose their output, not their place."""
    monkeypatch.setattr("subinterp.preferences.preferences.replay_size", 100_000)
    history = History(budget=150_000)
    runs = []
    for _ in range(3):
        run = guest.start("print('x' * 60_000)")
        history.add(run)
        wait([run], timeout=10)
        runs.append(run)
    guest.exec("pass")
    assert [len(run.stdout) for run in runs] == [0, 60_001, 60_001]
    assert "no longer kept" in runs[0].stderr
    assert history.all() == runs
    capsys.readouterr()


def test_the_history_keeps_of_one_run_what_the_user_wants(
    guest: Interpreter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A larger `replay_size` than the budget of all runs is not in vain."""
    history = History(budget=10_000)
    run = guest.start("print('x' * 60_000)")
    history.add(run)
    run.result(10)
    guest.exec("pass")
    assert len(run.stdout) == 60_001
    capsys.readouterr()
