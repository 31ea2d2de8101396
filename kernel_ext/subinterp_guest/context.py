"""Which run the code being executed belongs to.

A run's id lives in a context variable, so asyncio tasks carry it by themselves and
threads carry it because :mod:`threads` hands it on. Code that has none (a callback from
C, a thread made by ``_thread``) is taken to belong to the run that began last.
"""

# Not "contextvars": that is a file to read, only to import these names again.
from _contextvars import Context, ContextVar

__all__ = ["current", "empty_context", "enter", "follow", "latest"]

_run: ContextVar[int] = ContextVar("subinterp_run")
_latest = 0


def enter(run: int) -> None:
    """Say that this thread executes the run from now on."""
    global _latest
    _latest = run
    _run.set(run)


def follow(run: int) -> None:
    """Say that this thread works for a run that another thread began."""
    _run.set(run)


def current() -> int:
    """Return the id of the run that the caller works for."""
    return _run.get(_latest)


def latest() -> int:
    """Return the id of the run that began last."""
    return _latest


def empty_context(run: int) -> Context:
    """Return a context that knows the run and nothing else."""
    context = Context()
    context.run(_run.set, run)
    return context
