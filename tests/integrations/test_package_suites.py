"""A part of NumPy's own tests ends in a guest as it does in the host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .packages import installed

pytestmark = pytest.mark.integrations


@pytest.mark.timeout(300)
def test_numpy_passes_its_own_tests() -> None:
    """All of them, and those of others: `nox -s package_suites`."""
    installed("numpy")
    done = subprocess.run(
        [sys.executable, "-m", "package_suites", "numpy-short"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "numpy-short in a guest: " in done.stdout
