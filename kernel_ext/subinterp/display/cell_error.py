"""The error of a cell, as IPython shows it: the guest's name, message and lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from subinterp.errors import ExecutionFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subinterp.run import Run

__all__ = [
    "combined",
    "error_content",
    "failure",
    "interrupted",
    "joined",
    "shown_as_one_line",
    "timed_out",
]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RED = "\x1b[31m"
_BOLD = "\x1b[1m"
_OFF = "\x1b[0m"


class _Rendered:
    """Gives IPython the lines to show, instead of the frames of our own code."""

    lines: Sequence[str] = ()

    def _render_traceback_(self) -> list[str]:
        return _for_this_shell(self.lines)


class CellError(_Rendered, ExecutionFailed):
    """An error in a guest; each is raised by a subclass with the guest's own name."""

    def __str__(self) -> str:
        """Give the guest's message alone: it becomes the reply's ``evalue``."""
        return self.message


class CellTimeoutError(CellError, TimeoutError):
    """A run was interrupted because its time was over."""


class CellInterrupted(_Rendered, KeyboardInterrupt):
    """A run was interrupted, or left behind, because the user asked for it."""


# The reply's ename is the class's name, so these show as what they stand for.
CellTimeoutError.__name__ = "TimeoutError"
CellInterrupted.__name__ = "KeyboardInterrupt"


def _for_this_shell(lines: Sequence[str]) -> list[str]:
    """Leave out the colours where the user has turned them off."""
    shell = get_ipython()
    if shell is None or str(shell.colors).lower() != "nocolor":
        return list(lines)
    return [_COLOURS.sub("", line) for line in lines]


def _one_line(ename: str, message: str) -> str:
    """Write an error as one line, coloured as IPython colours the name."""
    return f"{_RED}{ename}{_OFF}: {message}" if message else f"{_RED}{ename}{_OFF}"


def interrupted(message: str, lines: Sequence[str] = ()) -> CellInterrupted:
    """Build the error of a run that the user stopped."""
    error = CellInterrupted(message)
    error.lines = lines or [_one_line("KeyboardInterrupt", message)]
    return error


def failure(run: Run) -> BaseException | None:
    """Build what a cell raises for a run that has ended; None if it went well."""
    guest = run.error
    if guest is not None and run.state == "failed" and guest.transfer is None:
        # Not through run.exception(): that rebuilds the guest's exception object, which
        # may import modules into the host, and all that is needed here is its text.
        return _cell_error(guest.ename, guest.evalue, guest.text, guest.traceback)
    if run.cancelled():
        return interrupted(f"run {run.id} was taken off the queue")
    error = run.exception(timeout=0)
    lines = guest.traceback if guest is not None else ()
    if error is None:
        return None
    if run.timed_out:
        return timed_out(str(error), lines)
    if isinstance(error, KeyboardInterrupt):
        return interrupted(str(error), lines)
    return shown_as_one_line(error)


def combined(failures: Sequence[tuple[Run, BaseException]]) -> BaseException:
    """Build one error for several guests: each traceback under its guest's name."""
    lines: list[str] = []
    for run, error in failures:
        lines.append(f"{_BOLD}[{run.interpreter.name}]{_OFF}")
        lines.extend(error_content(error)["traceback"])
    names = {type(error).__name__ for _, error in failures}
    if len(failures) == 1:
        message = str(failures[0][1])
    else:
        message = "; ".join(f"[{r.interpreter.name}] {e}" for r, e in failures)
    if names == {"KeyboardInterrupt"}:
        return interrupted(message, lines)
    name = names.pop() if len(names) == 1 else "ExecutionFailed"
    return _cell_error(name, message, message, lines)


def error_content(error: BaseException) -> dict[str, Any]:
    """Write an error as the content of an ``error`` message."""
    name, message = type(error).__name__, str(error)
    render = getattr(error, "_render_traceback_", None)
    lines = render() if render else [_one_line(name, message)]
    return {"ename": name, "evalue": message, "traceback": lines}


def shown_as_one_line[E: BaseException](error: E) -> E:
    """Make IPython show this error as one line, without the frames of our code."""
    if not hasattr(error, "_render_traceback_"):
        line = _one_line(type(error).__name__, str(error))
        error._render_traceback_ = lambda: _for_this_shell([line])  # type: ignore[attr-defined]
    return error


def joined(errors: Sequence[BaseException]) -> BaseException:
    """Give the first of several errors, shown with the lines of all."""
    lines = [line for error in errors for line in error_content(error)["traceback"]]
    first = errors[0]
    first._render_traceback_ = lambda: _for_this_shell(lines)  # type: ignore[attr-defined]
    return first


def _cell_error(ename: str, message: str, text: str, lines: Sequence[str]) -> CellError:
    # A SyntaxError or UsageError of the host would be shown in a way of its own;
    # a class that only bears the name is shown by its lines.
    kind = type(ename, (CellError,), {"__module__": CellError.__module__})
    error: CellError = kind(ename, message, text)
    error.lines = lines
    return error


def timed_out(message: str, lines: Sequence[str] = ()) -> CellTimeoutError:
    """Build the error of a run that had no more time."""
    error = CellTimeoutError("TimeoutError", message, message)
    error.lines = [*lines, _one_line("TimeoutError", message)]
    return error
