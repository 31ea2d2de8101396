"""The guest's side: how jobs of the host are run inside an isolated interpreter.

Imported in guests only, never by the host. It talks to the host through the module
``_subinterp`` that the C++ core puts in place before :func:`boot` is called.

A guest starts in milliseconds because little is imported here: IPython, ``traceback``
and the like are imported by the first job that needs them.
"""

from __future__ import annotations

from . import imports, patches, runner, stdin, streams, threads

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["boot"]

type Handle = Callable[[int, bytes, str, tuple[object, ...]], runner.Outcome]
type Shutdown = Callable[[float], bool]


def boot(setup: bytes) -> tuple[Handle, Shutdown]:
    """Make this interpreter a guest; called once, on its home thread.

    Args:
        setup: a marshalled dict with ``name`` and, optional, ``argv``, ``extensions``
            (``"strict"`` for a check before they are loaded), ``venv`` (see
            :func:`environment.enter`) and what the shell is made for: ``colors``,
            ``notebook`` (whether the front end is one), ``ipython_dir`` and
            ``profile_dir`` (the notebook's).

    Returns:
        What the core calls for each job and, at the end, to stop what is left.
    """
    runner.configure(setup)
    streams.install()
    patches.apply()
    imports.install(runner.settings.get("extensions"))
    stdin.install()
    threads.adopt_home()
    if (venv := runner.settings.get("venv")) is not None:
        from .environment import enter

        enter(venv)
    return runner.handle, shutdown


def shutdown(seconds: float) -> bool:
    """Stop what the guest's code left behind; see :func:`ending.end`."""
    from . import ending

    return ending.end(seconds)
