"""Takes the frames that are ours out of the tracebacks that users see."""

from __future__ import annotations

from types import TracebackType

__all__ = ["hide_machinery", "hide_own_frames"]

# How the user's code was called.
_CALLERS = (
    "IPython.core.interactiveshell",
    "IPython.core.async_helpers",
    "IPython.core.compilerop",
    "codeop",
)


def hide_machinery(error: BaseException) -> None:
    """Take this package's frames from an exception and all that it is chained to.

    Of IPython only the outermost frames go, which are the same for every cell.
    """
    hide_own_frames(error)
    trace = error.__traceback__
    while trace is not None and _module(trace).startswith(_CALLERS):
        trace = trace.tb_next
    _set_trace(error, trace)


def hide_own_frames(error: BaseException) -> None:
    """Take this package's frames from an exception and all that it is chained to."""
    seen: set[int] = set()
    links: list[BaseException | None] = [error]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        _set_trace(link, _without_own(link.__traceback__))
        links += (link.__cause__, link.__context__)
        if isinstance(link, BaseExceptionGroup):
            links += link.exceptions


def _without_own(trace: TracebackType | None) -> TracebackType | None:
    kept = []
    hidden = False
    while trace is not None:
        if _module(trace).startswith("subinterp_guest"):
            hidden = True
        else:
            kept.append(trace)
        trace = trace.tb_next
    if not hidden:
        return kept[0] if kept else None
    rest: TracebackType | None = None
    for entry in reversed(kept):
        rest = TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rest


def _module(trace: TracebackType) -> str:
    name = trace.tb_frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def _set_trace(error: BaseException, trace: TracebackType | None) -> None:
    # Not error.with_traceback(), which a user's class may have made its own.
    if error.__traceback__ is not trace:
        BaseException.with_traceback(error, trace)
