"""``python -m subinterp check``, for scripts and terminals."""

from __future__ import annotations

import json

import pytest

from subinterp.__main__ import main


def test_it_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """That of ``check()``."""
    assert main(["check", "json", "--kind", "strict"]) == 0

    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["module", "package", "version", "strict"]
    assert row.split()[0] == "json"


def test_it_prints_rows_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With all that a row has."""
    kinds = "--kind=strict", "--kind=shared"
    assert main(["check", "json", "nosuch", "--json", *kinds]) == 0

    rows = json.loads(capsys.readouterr().out)
    assert [row["module"] for row in rows] == ["json", "nosuch"]
    assert [row["strict"] for row in rows] == ["works", "not installed"]
    assert rows[0]["private"] is None
    assert rows[1]["way_out"] == "install it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a b"], "subinterp: cannot check ('a b' is not the name of a module)"),
        (["json", "--kind=loose"], "subinterp: cannot check (kinds must be some of "),
        (["json", "--timeout=0"], "subinterp: cannot check (timeout must be a posi"),
        (["json", "--timeout=x"], "argument --timeout: invalid float value: 'x'"),
        ([], "the following arguments are required: MODULE"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any child is started."""
    try:
        status: object = main(["check", *arguments])
    except SystemExit as end:  # argparse's way
        status = end.code

    out, err = capsys.readouterr()
    assert status in {1, 2}
    assert out == ""
    assert said in err.splitlines()[-1]
