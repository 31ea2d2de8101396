"""The examples of the pages about other libraries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

for _name in ("dask", "distributed", "joblib"):
    pytest.importorskip(_name, reason="needs the group 'ecosystem'")

_ROOT = Path(__file__).parents[2]


def blocks(page: str, section: str) -> list[str]:
    """The blocks of code and output in a section."""
    text = (_ROOT / page).read_text().partition(f"\n## {section}\n")[2]
    return re.findall(r"```\w+\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)


def output(code: str, tmp_path: Path) -> str:
    """Run it as a script, which must have nothing to complain of."""
    script = tmp_path / "example.py"
    script.write_text(code)
    command = [sys.executable, str(script)]
    # By another cluster of this machine, another test's, say.
    environment = {"PYTHONWARNINGS": "ignore:Port 8787 is already in use"}
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert (ran.stderr, ran.returncode) == ("", 0)
    return ran.stdout


def test_many_machines(tmp_path: Path) -> None:
    """A scheduler and workers in processes of their own, which all end."""
    code, expected = blocks("README.md", "From one machine to many")
    assert output(code, tmp_path) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("joblib", ""),
        ("dask", "332833500\n"),
        ("distributed", "[5, 4, 3, 2, 1, 0, 1, 2, 3, 4]\n"),
    ],
)
def test_the_page(section: str, expected: str, tmp_path: Path) -> None:
    """The last block of each section."""
    code = blocks("docs/ecosystem.md", section)[-1]
    assert output(code, tmp_path) == expected
