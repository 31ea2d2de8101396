"""``%%subinterp`` and ``%subinterp``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)

from subinterp.display.cell_error import shown_as_one_line
from subinterp.errors import SubinterpError

from .attend import attend, attend_blocking, presses
from .commands import run_command, usage
from .config import Subinterp
from .job import Job
from .options import (
    CellOptions,
    argument,
    cached,
    magic_arguments,
    parse_arguments,
    seconds,
)
from .variables import names

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from subinterp.display.front_end import FrontEnd

__all__ = ["SubinterpMagics"]


@magics_class
class SubinterpMagics(Magics, Subinterp):
    """Run cells in interpreters of their own, and look after those."""

    def __init__(self, shell: InteractiveShell, front_end: FrontEnd) -> None:
        super().__init__(shell)
        self._front_end = front_end
        self.options = cached(self._parse)

    async def run_cell(self, line: str, body: str, *, marked: bool = False) -> None:
        """Run a cell that the input transformer has turned into an ``await``.

        Args:
            line: options and names.
            body: the cell.
            marked: show the guest's name before its output.
        """
        # For a UsageError ipykernel replies with its last traceback, which it forgets
        # before a cell only if that is not async; and does not know before the first.
        shell: Any = self.shell
        shell._last_traceback = None  # noqa: SLF001
        with _clear_errors():
            job = self._job(line, body, nested=False, marked=marked)
            if job.background:
                job.leave()
            else:
                await attend(job.runs, job.desk)
                job.finish()

    @no_var_expand
    @cell_magic("subinterp")  # type: ignore[arg-type]
    @magic_arguments("%subinterp")
    @argument(
        "targets",
        metavar="NAME",
        nargs="+",
        help="an interpreter, made on first use; a,b and globs and `all` name several",
    )
    @argument(
        "-i",
        "--input",
        metavar="NAMES",
        dest="inputs",
        type=names,
        action="extend",
        default=[],
        help="copy these variables of the notebook into the interpreter first",
    )
    @argument(
        "-o",
        "--output",
        metavar="NAMES",
        dest="outputs",
        type=names,
        action="extend",
        default=[],
        help="copy these variables to the notebook afterwards; with several "
        "interpreters each becomes a dict by their names",
    )
    @argument(
        "--share",
        metavar="NAMES",
        dest="shared",
        type=names,
        action="extend",
        default=[],
        help="like -i for arrays and bytearrays, whose memory both sides then use",
    )
    @argument(
        "-b",
        "--bg",
        "--noblock",
        dest="background",
        action="store_true",
        help="return at once; output goes on arriving under this cell",
    )
    @argument(
        "-t",
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        help="interrupt the run after that long: TimeoutError",
    )
    @argument(
        "--thread",
        metavar="THREAD",
        help="run on another thread of the interpreter, made on first use",
    )
    @argument(
        "--fresh",
        action="store_true",
        help="replace the interpreter by a new one first",
    )
    @argument(
        "-q",
        "--quiet",
        action="store_true",
        help="show no badge and no value of the last expression",
    )
    def subinterp_cell(self, line: str, cell: str) -> None:
        """Run the cell in a named interpreter of its own.

        The interpreter has its own GIL, modules and variables. By default the cell
        waits for the run: its output, the value of its last expression and its error
        are this cell's. An interrupt goes to the run; a second one gives the cell
        back and leaves the run in the background.

        Runs of one interpreter queue up in order; different interpreters, and
        different threads of one interpreter, run side by side. With several names
        every line of output is labelled with its interpreter.
        """
        with _clear_errors(), presses() as news:
            job = self._job(line, cell, nested=True)
            if job.background:
                job.leave()
            else:
                attend_blocking(job.runs, job.desk, news)
                job.finish()

    @line_magic("subinterp")  # type: ignore[arg-type]
    def subinterp_line(self, line: str) -> object:
        """Carry out a command (the real help, made of all commands, is set below)."""
        with _clear_errors():
            return run_command(line, self._front_end)

    subinterp_line.__doc__ = usage()  # type: ignore[assignment]

    def _job(self, line: str, body: str, *, nested: bool, marked: bool = False) -> Job:
        return Job(
            self.options(line),
            body,
            self._front_end,
            nested=nested,
            badge=self.badge,
            marked=marked,
        )

    @property
    def parser(self) -> argparse.ArgumentParser:
        """What reads the first line of a cell."""
        cell_magic_function: Any = SubinterpMagics.subinterp_cell
        parser: argparse.ArgumentParser = cell_magic_function.parser
        return parser

    def _parse(self, line: str) -> CellOptions:
        return CellOptions.of(parse_arguments(self.parser, line, "%%subinterp"))


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Show what the user did wrong in one line, not as frames of our own code."""
    try:
        yield
    except SubinterpError as error:
        raise shown_as_one_line(error) from None
    except (ValueError, LookupError) as error:
        raise UsageError(str(error)) from None
