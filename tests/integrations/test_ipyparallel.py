"""ipyparallel with guests: ``%%px`` with ``%%subinterp`` inside."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING

import psutil
import pytest

from kernel.client import ANSI, Notebook

# Not imported here: it changes how jupyter_client reads messages, for all other tests.
if importlib.util.find_spec("ipyparallel") is None:
    pytest.skip(
        "ipyparallel is not installed; `make test` brings it", allow_module_level=True
    )

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernel.client import Cell

_SECONDS = 50.0


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A notebook with a cluster of two engines, which have the extension.

    The end of the cluster leaves no process, though guests are at work.
    """
    place = tmp_path_factory.mktemp("cluster")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(place / "ipython"))
        notebook = Notebook(place / "console")
        notebook.ok(
            """
            import ipyparallel, logging
            cluster = ipyparallel.Cluster(n=2, log_level=logging.ERROR)
            engines = cluster.start_and_connect_sync().activate()
            %px %load_ext subinterp
            """,
            timeout=_SECONDS,
        )
    yield notebook
    notebook.ok("%px import subinterp")
    notebook.ok("%px subinterp.create('busy').start('while True: pass')")
    cluster = processes_of(notebook)
    notebook.ok("cluster.stop_cluster_sync()", timeout=_SECONDS)
    while not all(map(has_ended, cluster)):
        notebook.drain()
    notebook.close()
    assert len(cluster) >= 3


def processes_of(notebook: Notebook) -> list[psutil.Process]:
    """List engines, controller, and what these have started."""
    children = psutil.Process(notebook.process.pid).children(recursive=True)
    # From Python 3.14 on, multiprocessing keeps one for the notebook itself.
    return [one for one in children if "resource_tracker" not in str(one.cmdline())]


def has_ended(process: psutil.Process) -> bool:
    """Tell whether it is over, though perhaps not waited for."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def px(notebook: Notebook, body: str) -> Cell:
    """Run a cell on both engines."""
    return notebook.run(f"%%px\n{body}", timeout=_SECONDS)


def shown(cell: Cell) -> set[str]:
    """What it shows, each with the number of its engine; in which order is chance."""
    shows = cell.of_type("display_data") + cell.of_type("update_display_data")
    texts = (ANSI.sub("", show["data"]["text/plain"]).strip() for show in shows)
    return {re.sub(r"^Out\[(\d):\d+\]", r"Out[\1]", text) for text in texts}


def test_output_and_values_arrive_with_the_number_of_their_engine(
    notebook: Notebook,
) -> None:
    """From the first cell on, which has the guest made."""
    cell = px(notebook, "%%subinterp w\nprint('hello')\n__name__, 6 * 7")
    assert cell.status == "ok"
    assert shown(cell) == {
        "[stdout:0] hello",
        "[stdout:1] hello",
        "Out[0]: ('__main__', 42)",
        "Out[1]: ('__main__', 42)",
    }


def test_variables_go_from_and_to_the_engine(notebook: Notebook) -> None:
    """Several guests on each."""
    px(notebook, "import os; x = os.getpid()")
    cell = px(notebook, "%%subinterp -i x -o y a,b\nimport os\ny = os.getpid() == x")
    assert cell.status == "ok"
    same = notebook.ok("engines['y']").text
    assert same == str([{"a": True, "b": True}] * 2)


def test_errors_are_those_of_the_engines(notebook: Notebook) -> None:
    """With the lines of the cell; ipyparallel need not wait for the second one."""
    cell = px(notebook, "%%subinterp w\n1 / 0")
    assert cell.status == "error"
    for text in (":execute]", "ZeroDivisionError: division by zero", "Cell In["):
        assert text in ANSI.sub("", cell.stderr)


def test_what_nobody_can_do_is_said(notebook: Notebook) -> None:
    """An engine has no input box, and takes no output that comes later."""
    cell = px(notebook, "%%subinterp w\ninput()")
    assert "EOFError: cannot read input" in ANSI.sub("", cell.stderr)
    cell = px(
        notebook, "%%subinterp --bg w\nimport time\ntime.sleep(0.2)\nprint('late')"
    )
    assert {"[stdout:0] late", "[stdout:1] late"} <= shown(cell)


def test_stop_interrupts_the_guests(notebook: Notebook) -> None:
    """On all engines, which go on."""
    cell = notebook.send(
        "%%px\n%%subinterp w\nimport time\nprint('begins')\ntime.sleep(50)"
    )
    notebook.until(lambda: {"[stdout:0] begins", "[stdout:1] begins"} <= shown(cell))
    notebook.interrupt()
    notebook.finish(cell, timeout=_SECONDS)
    px(notebook, "'ipyparallel shows nothing of this'")
    goes_on = shown(px(notebook, "%%subinterp w\n'goes on'"))
    assert goes_on == {"Out[0]: 'goes on'", "Out[1]: 'goes on'"}
