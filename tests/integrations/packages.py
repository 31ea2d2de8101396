"""What the packages do in a guest with its own GIL: the table that the tests hold.

A package that begins to support such guests has its row changed, and the documentation.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import NamedTuple

import pytest

__all__ = ["LOADED", "LOSSES", "REFUSALS", "Refusal", "installed"]


class Refusal(NamedTuple):
    """A module that is refused when another one is imported."""

    imported: str
    module: str
    distribution: str
    in_phases: bool
    """Whether CPython would refuse it before its code is run."""

    @property
    def words(self) -> str:
        """How the one line begins."""
        reason = (
            "it does not say that it supports several GILs, PEP 684"
            if self.in_phases
            else "it has no multi-phase initialization, PEP 489"
        )
        owner = f"{self.distribution} {version(self.distribution)}"
        return f"cannot import {self.module!r} of {owner} in interpreter 'a' ({reason})"


REFUSALS = (
    Refusal("numpy", "numpy._core._multiarray_umath", "numpy", True),
    Refusal("pandas", "numpy._core._multiarray_umath", "numpy", True),
    Refusal("matplotlib.pyplot", "numpy._core._multiarray_umath", "numpy", True),
    Refusal("pyarrow", "pyarrow.lib", "pyarrow", True),
    Refusal("polars", "_polars_runtime_32._polars_runtime", "polars_runtime_32", True),
    Refusal("orjson", "orjson.orjson", "orjson", True),
    Refusal("lxml.etree", "lxml.etree", "lxml", True),
    Refusal("PIL.Image", "PIL._imaging", "pillow", True),
    Refusal("sqlalchemy", "sqlalchemy.util._collections_cy", "sqlalchemy", True),
    Refusal("regex", "regex._regex", "regex", False),
    Refusal("psutil", "psutil._psutil_linux", "psutil", False),
    Refusal("anywidget", "psygnal._evented_decorator", "psygnal", False),
)
"""Packages that cannot be imported, whatever they make of the refusal."""

LOSSES = {
    "msgpack": "msgpack._cmsgpack",
    "yaml": "yaml._yaml",
    "rapidfuzz": "rapidfuzz._feature_detector_cpp",
    "google.protobuf.json_format": "google._upb._message",
    "tornado.web": "tornado.speedups",
}
"""Packages that can, and the first module that they go on without."""

LOADED = ("markupsafe", "multidict", "xxhash")
"""Packages that are made for it."""


def installed(module: str) -> None:
    """Skip the test where a package is missing."""
    if find_spec(module.partition(".")[0]) is None:
        pytest.skip("not installed here; `make integrations` brings it")
