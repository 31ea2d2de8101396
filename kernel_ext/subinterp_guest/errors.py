"""What is told to the host about an exception, however badly it behaves."""

from __future__ import annotations

import marshal
import sys
import traceback
from typing import TYPE_CHECKING

from _subinterp import guarded
from subinterp_values.errors import NotTransferableError

from .frames import hide_machinery, trace_of
from .plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["name_and_value", "outcome", "plain_traceback", "safe_description"]

type Description = tuple[str, str, str]

_INTERRUPT = b"cbuiltins\nKeyboardInterrupt\n(tR."


def outcome(
    error: BaseException, lines: Iterable[str] | None = None, *, trusted: bool = True
) -> bytes:
    """Pack an exception for the host.

    Args:
        error: what ended the run.
        lines: the traceback as it is to be shown; the plain one if None.
        trusted: whether the exception's own methods are called.

    Returns:
        A marshalled dict: ``ename``, ``evalue``, ``traceback`` (a list of lines),
        ``text`` (the plain traceback), ``pickle`` (bytes, or None if the host
        could not rebuild the exception from them) and, for a value that cannot cross,
        ``transfer`` (which, and why not).
    """
    refusals: Any = sys.modules.get("subinterp_guest.refusals")
    if refusals is not None:
        error = refusals.refusal_in(error)
    hide_machinery(error)
    ename, evalue, text = _described(error) if trusted else safe_description(error)
    if type(error) is NotTransferableError:
        transfer = {"type_name": error.type_name, "reason": error.reason}
        transfer |= {"advice": error.advice, "path": error.variable + error.path}
        transfer["variable"] = error.variable
    else:
        transfer = None
    return marshal.dumps(
        {
            "ename": ename,
            "evalue": evalue,
            "traceback": [
                plain_text(line)
                for line in (text.splitlines() if lines is None else lines)
            ],
            "text": text,
            "pickle": _pickled(error) if trusted and transfer is None else None,
            "transfer": transfer,
        }
    )


def plain_traceback(error: BaseException) -> str:
    """Return the traceback as CPython prints it."""
    return "".join(traceback.TracebackException.from_exception(error).format())


def safe_description(error: BaseException) -> Description:
    """Describe an exception without calling any method of it."""
    ename = type.__getattribute__(type(error), "__name__")
    return ename, "", _frames_and(f"{ename}: <the exception cannot be shown>", error)


def _described(error: BaseException) -> Description:
    try:
        return guarded(_describe, error)
    except BaseException:
        # The user's __str__ may raise anything, or the user may have had enough of it.
        return safe_description(error)


def name_and_value(error: BaseException) -> tuple[str, str]:
    """Return what front ends call ``ename`` and ``evalue``."""
    try:
        evalue = plain_text(str(error))
    except Exception:
        evalue = "<exception str() failed>"
    return type(error).__name__, evalue


def _describe(error: BaseException) -> Description:
    ename, evalue = name_and_value(error)
    try:
        text = plain_text(plain_traceback(error))
    except Exception:
        # CPython's formatter looks around for what may have been meant, and may fail.
        text = _frames_and(f"{ename}: {evalue}", error)
    return ename, evalue, text


def _frames_and(last_line: str, error: BaseException) -> str:
    frames = traceback.format_tb(trace_of(error))
    lines = ["Traceback (most recent call last):\n", *frames, last_line, "\n"]
    return plain_text("".join(lines))


def _pickled(error: BaseException) -> bytes | None:
    if type(error) is KeyboardInterrupt and not error.args:
        return _INTERRUPT  # pickling it might be interrupted, too
    try:
        from .pickling import pickled

        return guarded(pickled, error)
    except BaseException:
        return None
