"""The table for the real packages, by their own wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import subinterp

from .packages import LOADED, LOSSES, REFUSALS, installed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations

_REFUSED = tuple(refusal.imported for refusal in REFUSALS)


@pytest.mark.timeout(120)
def test_each_kind_has_its_word() -> None:
    """In one table."""
    for module in ("numpy", "msgpack", "markupsafe", "polars"):
        installed(module)

    modules = "numpy", "msgpack", "markupsafe", "polars"
    report = subinterp.check(*modules, timeout=100, kinds=["strict"])

    strict = [row.strict for row in report]
    assert strict == ["refuses", "slow path", "works", "refuses"], report


_HEAVY = "scipy", "pandas", "sklearn", "pyarrow", "polars"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "module",
    ["numpy", *(pytest.param(name, marks=pytest.mark.slow) for name in _HEAVY)],
)
def test_private_copies_work_and_share_no_object(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two guests use it at once, and neither has a pointer to what the other has."""
    installed(module)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    (row,) = subinterp.check(module, timeout=250, kinds=["private"])

    assert (row.private, row.reason) == ("works", ""), row


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("module", [*_REFUSED, *LOADED, *LOSSES])
def test_the_table_says_what_the_guest_does(module: str) -> None:
    """What is refused, slow or as it should be is just that after the check.

    With a shared GIL it is between CPython and the package, and changes with either:
    two guests that import orjson 3.13 at once on CPython 3.15 wait for each other.
    """
    installed(module)

    (row,) = subinterp.check(module, timeout=40, kinds=["strict"])

    if module in _REFUSED:
        assert row.strict == "refuses", row
        assert row.way_out.endswith("the host")
    else:
        assert row.strict == ("works" if module in LOADED else "slow path"), row
    assert row.package
    assert row.version
