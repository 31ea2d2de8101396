"""What ``check()`` leaves behind: nothing, however it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extension_modules import build

from . import child

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.lifecycle


@pytest.mark.parametrize("taker", ["main thread", "another thread"])
def test_an_interrupt_ends_the_children(taker: str, tmp_path: Path) -> None:
    """Also those that hang, with all that they have started."""
    build("hanging", tmp_path)
    child.run(
        """
        import os, signal, sys, threading
        from functools import partial
        import psutil
        from subinterp.checks import KINDS
        from lifecycle.stage import *

        sys.path.insert(0, sys.argv[1])

        def interrupt():
            until(lambda: len(psutil.Process().children()) == 2)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt).start()
        if sys.argv[2] == "another thread":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        raises(KeyboardInterrupt, partial(subinterp.check, kinds=KINDS[:2]), "hanging")
        assert not psutil.Process().children()
        """,
        str(tmp_path),
        taker,
    )


def test_children_end_without_their_parent(tmp_path: Path) -> None:
    """One that hangs, after its own time: there is nobody to end it."""
    build("hanging", tmp_path)
    child.run(
        """
        import os, signal, subprocess, sys
        import psutil
        from lifecycle.stage import *

        program = (
            "import sys, subinterp; sys.path.insert(0, sys.argv[1]); "
            "from subinterp.checks import trial; trial._GRACE = 1.0; "
            "subinterp.check('hanging', timeout=5, kinds=['strict', 'private'])"
        )
        parent = psutil.Popen([sys.executable, "-c", program, sys.argv[1]])
        until(lambda: len(parent.children()) == 2)
        children = parent.children()
        parent.kill()
        parent.wait()
        assert not psutil.wait_procs(children, timeout=30)[1]
        """,
        str(tmp_path),
    )


def test_a_crash_in_the_child_leaves_this_process_alone(tmp_path: Path) -> None:
    """And its guests, which work meanwhile."""
    build("crashing", tmp_path)
    child.run(
        """
        import sys
        from lifecycle.stage import *

        sys.path.insert(0, sys.argv[1])
        guest = subinterp.create("a")
        run = begin(guest, "import time; time.sleep(60)")
        (row,) = subinterp.check("crashing")
        assert {row.strict, row.private, row.shared} == {"crashes"}, row
        assert run.running()
        """,
        str(tmp_path),
    )
