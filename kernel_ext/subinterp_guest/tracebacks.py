"""Catches the tracebacks that IPython shows: a cell's own travels in its outcome."""

from __future__ import annotations

import sys
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from .display import send
from .errors import name_and_value, plain_traceback, safe_description
from .frames import (
    context_of,
    hide_machinery,
    hide_own_frames,
    trace_of,
    without_own_frames,
)

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.error import UsageError

    from .cells import Cells

__all__ = ["TracebackCapture"]

# How long after the end of its code an interrupt may still have been meant for that.
_LATE = 1.0


class TracebackCapture:
    """The part of the shell that shows exceptions; mixed into IPython's.

    IPython reports a cell's end by showing its traceback, and shows others on the way
    (of callbacks, of nested cells, on request). The first kind is kept with the cell,
    the second kind is sent as a message, as by any kernel: ``%%capture`` and who else
    redirects the streams must not swallow it.
    """

    cells: Cells
    InteractiveTB: Any
    _preparation: Thread | None = None

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show an exception as IPython does, or where it cannot, as CPython does."""
        exc_tuple = self._as_interrupt(exc_tuple or _handled() or _last())
        if exc_tuple is None:
            super().showtraceback(None, *args, **kwargs)  # type: ignore[misc]
            return
        etype, error, trace = exc_tuple = self._as_refusal(exc_tuple)
        hide_own_frames(error)
        exc_tuple = etype, error, without_own_frames(trace)
        cell = self.cells.running()
        already = 0 if cell is None else len(cell.shown)
        self._prepare_formatter()
        late = monotonic() + _LATE
        while True:
            # The exception's own methods may raise what nobody expects of them.
            with suppress(BaseException):
                self._show(exc_tuple, *args, **kwargs)
            if cell is None or len(cell.shown) > already:
                return
            if not cell.may_end_with(error):
                return
            # Or an interrupt did, which IPython has told. One that was under way when
            # the code failed (it ended the command that the cell ran, say) hits here.
            if monotonic() > late:
                break
            late = 0.0
        cell.untrusted = error
        hide_machinery(error)
        lines = safe_description(error)[2].splitlines()
        self._showtraceback(type(error), error, lines)

    def _prepare_formatter(self) -> None:
        """Have all modules imported that formatting needs, where no interrupt comes.

        One that hits an import in the wrong place leaves a module that lacks a part,
        and no later traceback could be shown.
        """
        if self._preparation is None:
            self._preparation = Thread(target=self._format_something)
            self._preparation.start()
        while self._preparation.is_alive():
            with suppress(KeyboardInterrupt):
                self._preparation.join()

    def _format_something(self) -> None:
        try:
            raise RuntimeError
        except RuntimeError:
            self.InteractiveTB.structured_traceback(*sys.exc_info())

    def _show(self, exc_tuple: Any, *args: Any, **kwargs: Any) -> None:
        error = exc_tuple[1]
        lines = _own_lines(error)
        if lines is None:
            super().showtraceback(exc_tuple, *args, **kwargs)  # type: ignore[misc]
        else:
            self._get_exc_info(exc_tuple)  # type: ignore[attr-defined]  # for %debug
            self._showtraceback(type(error), error, lines)

    def show_usage_error(self, exc: UsageError) -> None:
        """Show wrong use of a magic in one line, which is no traceback."""
        line = f"UsageError: {exc}"
        if not self._keep(exc, [line]):
            print(line, file=sys.stderr)

    def _showtraceback(
        self, etype: type[BaseException], evalue: BaseException, stb: list[str]
    ) -> None:
        if not self._keep(evalue, stb):
            self.send_error(evalue, stb)

    def _keep(self, error: BaseException, lines: list[str]) -> bool:
        """Keep the lines with the cell if they may be those of its end."""
        cell = self.cells.running()
        if cell is None or not cell.may_end_with(error):
            return False
        cell.shown.append((error, lines))
        if cell.formatting:
            cell.unformatted = error
        return True

    @staticmethod
    def send_error(error: BaseException, lines: list[str]) -> None:
        """Show an exception that is not how the cell ends."""
        ename, evalue = name_and_value(error)
        send("error", {"ename": ename, "evalue": evalue, "traceback": lines})

    def _format_exception_for_storage(
        self, exception: BaseException, *_: Any, **__: Any
    ) -> dict[str, Any]:
        # IPython would format the traceback, its dearest part, a second time.
        cell = self.cells.current()
        lines = next((lines for error, lines in cell.shown if error is exception), [])
        last = lines[-1].strip() if lines else ""
        ename = type(exception).__name__
        evalue = last.removeprefix(f"{ename}: ")
        return {"ename": ename, "evalue": evalue, "traceback": lines}

    def _as_interrupt(self, exc_tuple: Any) -> Any:
        """Return what cancelled the cell's coroutine, if it was an interrupt."""
        cell = self.cells.running()
        if not (cell and cell.interrupted and exc_tuple):
            return exc_tuple
        from asyncio import CancelledError

        error = exc_tuple[1]
        if not issubclass(type(error), CancelledError):
            return exc_tuple
        interrupt = KeyboardInterrupt().with_traceback(trace_of(error))
        if cell.result is not None and cell.result.error_in_exec is error:
            cell.result.error_in_exec = interrupt
        return KeyboardInterrupt, interrupt, interrupt.__traceback__

    def _as_refusal(self, exc_tuple: Any) -> Any:
        """Return what a package has wrapped, if it was that it cannot be loaded."""
        refusals: Any = sys.modules.get("subinterp_guest.refusals")
        error = exc_tuple[1]
        refusal = error if refusals is None else refusals.refusal_in(error)
        if refusal is error:
            return exc_tuple
        cell = self.cells.running()
        if cell and cell.result is not None and cell.result.error_in_exec is error:
            cell.result.error_in_exec = refusal
        return type(refusal), refusal, trace_of(refusal)


def _handled() -> Any:
    handled = sys.exc_info()
    return None if handled[0] is None else handled


def _last() -> Any:
    """Return what was shown last, which ``%tb`` shows again."""
    error: BaseException | None = getattr(sys, "last_value", None)
    if error is None:
        return None
    return type(error), error, sys.last_traceback


def _own_lines(error: BaseException) -> list[str] | None:
    """Return lines for an exception that IPython cannot or should not format."""
    if _has_group(error):
        hide_machinery(error)
        return plain_traceback(error).splitlines()
    if hasattr(error, "_render_traceback_"):
        try:
            lines = error._render_traceback_()
            return [lines] if isinstance(lines, str) else [str(line) for line in lines]
        except Exception:
            hide_machinery(error)
            return plain_traceback(error).splitlines()
    return None


def _has_group(error: BaseException) -> bool:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if issubclass(type(link), BaseExceptionGroup):
            return True
        seen.add(id(link))
        link = context_of(link)
    return False
