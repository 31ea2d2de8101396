"""Loading and unloading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Notebook

# Everything in the shell, the kernel and the process that loading may touch.
_SNAPSHOT = """\
def snapshot():
    import signal, sys, threading
    from subinterp import route
    ip = get_ipython()
    manager = ip.magics_manager
    return {
        'line': 'subinterp' in manager.magics['line'],
        'cell': 'subinterp' in manager.magics['cell'],
        'registry': 'SubinterpMagics' in manager.registry,
        'configurables': [c for c in ip.configurables if 'Subinterp' in repr(c)],
        'attributes': sorted(vars(ip)),
        'transforms': len(ip.input_transformers_cleanup),
        'pre': len(ip.events.callbacks['pre_run_cell']),
        'post': len(ip.events.callbacks['post_run_cell']),
        'sigint': ip.kernel.saved_sigint_handler is signal.SIG_IGN,
        'route': type(route.current_route()).__name__,
        'frames': type(sys._current_frames).__name__,
        'threads': sorted(t.name for t in threading.enumerate()),
    }
"""


def test_loading_twice_is_loading_once(start_kernel: Callable[..., Notebook]) -> None:
    """The second load changes nothing, by whichever way."""
    notebook = start_kernel(extension=False)
    notebook.ok("%load_ext subinterp")
    notebook.ok(_SNAPSHOT)
    notebook.ok("import subinterp; before = snapshot()")
    notebook.ok("%load_ext subinterp")
    notebook.ok("subinterp.load_ipython_extension(get_ipython())")
    assert notebook.ok("snapshot() == before").text == "True"
    assert notebook.ok("%%subinterp a\nprint('once')").stdout == "once\n"


def test_unloading_undoes_everything(start_kernel: Callable[..., Notebook]) -> None:
    """Nothing of ours is left, guests included; the host's own state is back."""
    notebook = start_kernel(extension=False)
    notebook.ok(_SNAPSHOT)
    notebook.ok("import subinterp; before = snapshot()")
    notebook.ok("%load_ext subinterp")
    notebook.ok("%%subinterp a,b\nprint('work')")
    notebook.ok("%%subinterp --bg a\nwhile True: pass")
    notebook.ok("guest = subinterp.get('a')")
    notebook.ok("%unload_ext subinterp")
    assert notebook.ok("guest.state, subinterp.list_all()").text == "('closed', [])"
    changed = "{k: (v, before[k]) for k, v in snapshot().items() if v != before[k]}"
    assert notebook.ok(changed).text == "{}"
    assert "not found" in notebook.run("%%subinterp a\npass").error[1]
    assert notebook.console == ""


def test_it_can_be_loaded_again(start_kernel: Callable[..., Notebook]) -> None:
    """Load, unload, load: it works as before."""
    notebook = start_kernel(extension=False)
    for _ in range(2):
        notebook.ok("%load_ext subinterp")
        assert notebook.ok("%%subinterp a\n6 * 7").text == "42"
        notebook.ok("%unload_ext subinterp")
    notebook.ok("%load_ext subinterp")
    notebook.ok("%reload_ext subinterp")
    cell = notebook.ok("%%subinterp --bg a\nprint('on')\nwhile True: pass")
    notebook.wait_for(cell, "stream")
    notebook.interrupt()
    notebook.wait_for(cell, "error")


def test_unloading_with_a_stuck_guest_says_so(
    start_kernel: Callable[..., Notebook],
) -> None:
    """What cannot be closed is named; all else is gone."""
    notebook = start_kernel(extension=False)
    notebook.ok("%load_ext subinterp")
    cell = notebook.ok(
        "%%subinterp --bg a\nprint('on')\nwhile True:\n    try:\n"
        "        for _ in range(10**15): pass\n    except BaseException: pass"
    )
    notebook.wait_for(cell, "stream")
    unload = notebook.ok("%unload_ext subinterp")
    assert "'a'" in unload.stderr
    assert unload.stderr.count("\n") == 1
    assert "not found" in notebook.run("%subinterp").error[1]


def test_the_host_can_run_commands(notebook: Notebook) -> None:
    """`!cmd` forks: with guests at rest and at work it does what it always does."""
    notebook.ok("%%subinterp a\npass")
    assert notebook.ok("!echo hi").stdout.strip() == "hi"
    busy = notebook.ok("%%subinterp --bg b\nprint('on')\nwhile True: pass")
    notebook.wait_for(busy, "stream")
    assert notebook.ok("!echo hi").stdout.strip() == "hi"
    assert notebook.ok("x = !echo hi\nx").text == "['hi']"
    assert notebook.ok("%%bash\necho hi").stdout == "hi\n"
    assert notebook.ok("%%subinterp a\n1").text == "1"
