"""Takes the frames that are ours out of the tracebacks that users see."""

from __future__ import annotations

from types import TracebackType

TYPE_CHECKING = (
    False  # importing typing would cost the first call more than all of this
)
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CALL",
    "cause_of",
    "context_of",
    "hide_loop",
    "hide_machinery",
    "hide_own_frames",
    "trace_of",
    "without_frames_of",
    "without_own_frames",
]

# How the user's code was called.
_CALLERS = (
    "IPython.core.interactiveshell",
    "IPython.core.async_helpers",
    "IPython.core.compilerop",
    "codeop",
)

CALL = "<subinterp call>"
"""The name of the code by which functions are called on behalf of ``__main__``."""
_OWN = ("subinterp_guest", "subinterp_values")
_LOOP = ("asyncio", "selectors")

# These read past a user's class, which may have made the attributes its own. For the
# same reason there is no isinstance(), which asks an object for its __class__.
trace_of: Callable[[BaseException], TracebackType | None]
trace_of = vars(BaseException)["__traceback__"].__get__
context_of: Callable[[BaseException], BaseException | None]
context_of = vars(BaseException)["__context__"].__get__
cause_of: Callable[[BaseException], BaseException | None]
cause_of = vars(BaseException)["__cause__"].__get__
_members_of = vars(BaseExceptionGroup)["exceptions"].__get__


def hide_machinery(error: BaseException) -> None:
    """Take this package's frames from an exception and all that it is chained to.

    Of IPython only the outermost frames go, which are the same for every cell.
    """
    hide_own_frames(error)
    trace = trace_of(error)
    while trace is not None and _module(trace).startswith(_CALLERS):
        trace = trace.tb_next
    _set_trace(error, trace)


def hide_loop(error: BaseException) -> bool:
    """Take an event loop's frames from the beginning of an exception's traceback.

    Returns:
        Whether any are left, which are those of the user's code.
    """
    hide_own_frames(error)
    trace = trace_of(error)
    while trace is not None and _module(trace).startswith(_LOOP):
        trace = trace.tb_next
    _set_trace(error, trace)
    return trace is not None


def hide_own_frames(error: BaseException) -> None:
    """Take this package's frames from an exception and all that it is chained to."""
    seen: set[int] = set()
    links: list[BaseException | None] = [error]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        _set_trace(link, without_own_frames(trace_of(link)))
        links += (cause_of(link), context_of(link))
        if issubclass(type(link), BaseExceptionGroup):
            links += _members_of(link)


def without_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback without this package's frames."""
    kept = []
    hidden = False
    while trace is not None:
        if _module(trace).startswith(_OWN) or trace.tb_frame.f_code.co_name == CALL:
            hidden = True
        else:
            kept.append(trace)
        trace = trace.tb_next
    if not hidden:
        return kept[0] if kept else None
    return _chained(kept)


def without_frames_of(
    package: str, trace: TracebackType | None
) -> TracebackType | None:
    """Return the traceback up to where it enters the package."""
    kept = []
    while trace is not None and _module(trace).partition(".")[0] != package:
        kept.append(trace)
        trace = trace.tb_next
    return _chained(kept)


def _chained(entries: list[TracebackType]) -> TracebackType | None:
    rest: TracebackType | None = None
    for entry in reversed(entries):
        rest = TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rest


def _module(trace: TracebackType) -> str:
    name = trace.tb_frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def _set_trace(error: BaseException, trace: TracebackType | None) -> None:
    if trace_of(error) is not trace:
        BaseException.with_traceback(error, trace)
