"""The notebook that shows the packages people use ends in what it promises."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .packages import installed

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"

pytestmark = pytest.mark.integrations


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_packages_notebook_compares_guests_with_processes() -> None:
    for module in ("matplotlib", "pandas", "sklearn"):
        installed(module)
    notebook = nbformat.read(NOTEBOOKS / "packages.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=250, resources=resources).execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    texts = [o.data["text/plain"] for o in outputs if "data" in o]
    printed = "".join(o.text for o in outputs if o.output_type == "stream")

    [here] = [text.strip("'") for text in texts if text.startswith("'0x")]
    assert printed.startswith(f"{here} False")
    assert any("two guests" in text and "two processes" in text for text in texts)
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 1
    assert texts[-1].count("private") == 5
