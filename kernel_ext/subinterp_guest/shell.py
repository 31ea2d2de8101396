"""The guest's IPython: cells in, outcomes out."""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

import os
import sys
import warnings
from bdb import BdbQuit
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from IPython.core.autocall import ZMQExitAutocall
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from IPython.core.page import as_hook
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import LSString, SList
from traitlets import Instance, Type, default

import _subinterp
from _subinterp import guarded

from . import late_loop, magics
from .cells import Cell, Cells
from .compiler import GuestCompiler
from .completing import LateCompleter
from .display import (
    GuestDisplayHook,
    GuestDisplayPublisher,
    GuestPayloads,
    show_page,
)
from .errors import outcome
from .history import GuestHistory
from .tracebacks import TracebackCapture
from .traps import PermanentBuiltins, PermanentDisplay

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import ExecutionResult

__all__ = ["GuestShell", "make"]

_WITHIN = 2  # the depth of a cell that a cell runs


class GuestShell(LateCompleter, TracebackCapture, InteractiveShell):
    """IPython's shell for one guest; its threads may run cells at the same time.

    What belongs to one cell is in :attr:`cells`, found by the caller's run.
    """

    compiler_class = Type(GuestCompiler)
    displayhook_class = Type(GuestDisplayHook)
    display_pub_class = Type(GuestDisplayPublisher)
    exiter = Instance(ZMQExitAutocall)
    # As IPython's, which finds the class by way of all that its application imports.
    profile_dir = Instance(ProfileDir, allow_none=True)
    keepkernel_on_exit = None

    def __init__(self, **options: Any) -> None:
        self.cells = Cells()
        super().__init__(**options)

    def run(
        self, source: str, number: int, quiet: bool, parent: dict[str, Any]
    ) -> bytes:
        """Run a cell under the notebook's number; return its packed outcome."""
        cell = Cell(number, quiet, parent)
        self.cells.begin(cell)
        late_loop.begin()
        try:
            try:
                result = guarded(self.run_cell, source, True)
            except BaseException as error:
                end: BaseException | None = error
            else:
                end = self._end_of(cell, result)
            lines = self._settle(cell, end)
            if end is None:
                return b""
            return outcome(end, lines, trusted=end is not cell.untrusted)
        finally:
            late_loop.end()
            self.cells.end()

    def run_cell(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run a cell, or one inside a cell, as IPython does."""
        cell = self.cells.running() or Cell(self.execution_count)
        cell.depth += 1
        outer = cell.result
        try:
            result: ExecutionResult = super().run_cell(*args, **kwargs)
            return result
        finally:
            cell.depth -= 1
            cell.result = outer

    def should_run_async(self, *args: Any, **kwargs: Any) -> bool:
        """Run every cell within the thread's loop, as a kernel does."""
        # A cell inside a cell is within it already.
        missing = late_loop.is_missing()
        return missing or bool(super().should_run_async(*args, **kwargs))

    async def run_cell_async(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run a cell; for code that is in none, as one within a cell."""
        alone = self.cells.running() is None  # in a thread that its cell left behind
        if alone:
            parent = self.cells.parent()
            self.cells.begin(Cell(self.execution_count, parent=parent, depth=_WITHIN))
        try:
            result: ExecutionResult = await super().run_cell_async(*args, **kwargs)
            return result
        finally:
            if alone:
                self.cells.end()

    @staticmethod
    def _end_of(cell: Cell, result: ExecutionResult) -> BaseException | None:
        for error in (result.error_before_exec, result.error_in_exec):
            if error is not None:
                return error
        return cell.unformatted

    @staticmethod
    def _settle(cell: Cell, end: BaseException | None) -> list[str] | None:
        """Return the lines shown for the cell's end, and send what was not its end."""
        lines = None
        for error, shown in cell.shown:
            if error is end:
                lines = shown
            else:
                # The exception's methods are the user's.
                with suppress(BaseException):
                    guarded(TracebackCapture.send_error, error, shown)
        if lines is None and isinstance(end, BdbQuit):
            # "q" at a breakpoint is no failure to look into; IPython shows nothing.
            lines = [type(end).__name__]
        return lines

    def get_parent(self) -> dict[str, Any]:
        """Return the request that the calling code works for, if any."""
        return self.cells.parent()

    @property
    def execution_count(self) -> int:
        """The notebook's number, as IPython counts: that of the cell to come."""
        return self.cells.current().number

    @execution_count.setter
    def execution_count(self, number: int) -> None:
        self.cells.current().number = number

    # How IPython sets itself up, where a guest differs.

    @default("exiter")
    def _default_exiter(self) -> ZMQExitAutocall:
        return ZMQExitAutocall(self)

    @default("loop_runner")
    def _default_loop_runner(self) -> late_loop.LoopRunner:
        return late_loop.LoopRunner(self._note_interrupt)

    def adopt(self, settings: dict[str, Any]) -> None:
        """Take over what may have changed since a shell was made in advance."""
        self.colors = _colors(settings)
        with suppress(OSError):  # the directory may be gone
            self.starting_dir = os.getcwd()  # noqa: PTH109 - a str, as IPython's
        history: Any = self.history_manager
        history.dir_hist[:] = history.trait_defaults("dir_hist")

    def _note_interrupt(self) -> None:
        self.cells.current().interrupted = True

    def init_virtualenv(self) -> None:
        """Leave ``sys.path`` alone: it is the host's choice."""

    def init_history(self) -> None:
        """Keep the inputs in memory."""
        self.history_manager = GuestHistory(shell=self, parent=self)
        configurables: list[Any] = self.configurables
        configurables.append(self.history_manager)

    def init_hooks(self) -> None:
        """Show as output what a terminal would page through."""
        super().init_hooks()
        self.set_hook("show_in_pager", as_hook(show_page), 90)

    def init_payload(self) -> None:
        """Send payloads on."""
        self.payload_manager = GuestPayloads(parent=self)

    def init_magics(self) -> None:
        """Add the magics that notebooks have."""
        super().init_magics()
        magics.install(self)

    def init_builtins(self) -> None:
        """Put the builtins in place for good."""
        super().init_builtins()
        self.builtin_trap = PermanentBuiltins(self)

    def init_displayhook(self) -> None:
        """Put the display hook in place for good."""
        super().init_displayhook()
        self.display_trap = PermanentDisplay(self.displayhook)

    def _tee(self, channel: str) -> Any:
        # IPython swaps the stream's write() for the time of a cell to keep a copy for
        # %notebook; with cells on two threads the wrong one would be put back.
        return nullcontext()

    # What IPython does for the user's code, where a guest differs.

    def system_piped(self, cmd: str) -> None:
        """Run ``!cmd``, its output shown as it comes."""
        from .processes import run_command

        self._refuse_background(cmd)
        command = self.var_expand(cmd, depth=1)
        status = run_command(command, sys.stdout.write, terminal=True)
        self._keep_status(status, cmd)

    system = system_piped

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Run the command of ``x = !cmd`` and return what it printed."""
        from .processes import run_command

        self._refuse_background(cmd)
        pieces: list[str] = []
        status = run_command(self.var_expand(cmd, depth=depth + 1), pieces.append)
        if self.system_raise_on_error:
            self._keep_status(status, cmd)
        text = "".join(pieces)
        return SList(text.splitlines()) if split else LSString(text)

    @staticmethod
    def _refuse_background(cmd: str) -> None:
        if cmd.rstrip().endswith("&"):
            msg = "cannot run a command in the background (use subprocess.Popen)"
            raise OSError(msg)

    def _keep_status(self, status: int, cmd: str) -> None:
        self.user_ns["_exit_code"] = status
        if self.system_raise_on_error and status != 0:
            from subprocess import CalledProcessError

            raise CalledProcessError(status, cmd)

    def set_next_input(self, s: str, replace: bool = False) -> None:
        """Have the front end put this into the next cell, or in the place of this."""
        payloads: Any = self.payload_manager
        payloads.write_payload(
            {"source": "set_next_input", "text": s, "replace": replace}
        )

    def ask_exit(self) -> None:
        """Answer ``exit`` and ``quit``: only the host ends a guest."""
        name = _subinterp.name
        print(f"'%subinterp close {name}' in the notebook ends interpreter {name!r}")

    def enable_gui(self, gui: str | None = None) -> None:
        """Accept that there is no GUI; refuse any other."""
        if gui not in (None, "inline"):
            name = _subinterp.name
            msg = f"cannot run the event loop of {gui} in interpreter {name!r}"
            raise UsageError(msg)


InteractiveShellABC.register(GuestShell)


def make(settings: dict[str, Any]) -> GuestShell:
    """Make the guest's shell; once."""
    # IPython's advice after SystemExit, to leave by "exit", is wrong in a guest.
    warnings.filterwarnings("ignore", "To exit: use", UserWarning, "IPython")
    late_loop.install()
    kind = GuestShell
    if settings.get("notebook"):
        from .notebook import ZMQInteractiveShell

        kind = ZMQInteractiveShell
    shell: GuestShell = kind.instance(
        user_module=sys.modules["__main__"],
        colors=_colors(settings),
        ipython_dir=settings.get("ipython_dir"),
        profile_dir=_profile(settings),
    )
    return shell


def _profile(settings: dict[str, Any]) -> ProfileDir | None:
    """Return the notebook's, for what is kept there (``%store``); IPython's if None."""
    location = settings.get("profile_dir")
    return None if location is None else ProfileDir(location=location)


def _colors(settings: dict[str, Any]) -> str:
    colors: str = settings.get("colors", "neutral")
    return colors
