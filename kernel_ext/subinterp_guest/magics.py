"""The magics that a kernel adds to IPython's, as far as a guest can have them."""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core import page
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import clear_output

import _subinterp

if TYPE_CHECKING:
    from typing import Any

__all__ = ["GuestMagics", "install"]

# They ask the kernel, or this extension, about themselves.
_OF_THE_HOST = {
    "autosave": "line",
    "connect_info": "line",
    "qtconsole": "line",
    "subshell": "line",
    "subinterp": "line_cell",
}


@magics_class
class GuestMagics(Magics):
    """Magics that show files, and one that has them edited."""

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._edited = ["", ""]  # for -p

    @line_magic
    def less(self, line: str) -> None:
        """Show a file; Python source in colours."""
        if not line:
            msg = "Missing filename."
            raise UsageError(msg)
        path = Path(line).expanduser()
        if path.suffix == ".py":
            self.shell.run_line_magic("pycat", str(path))
        else:
            page.page(path.read_text("utf-8", "replace"))

    @line_magic
    def man(self, line: str) -> None:
        """Show the manual page of a command."""
        # Without col, what is bold would be overprinted, character by character.
        page.page(self.shell.getoutput(f"man {line} | col -b", split=False))

    @line_magic
    def clear(self, line: str) -> None:
        """Clear the cell's output."""
        del line
        clear_output()

    @line_magic
    def edit(self, line: str) -> None:
        """Have the front end open a file for editing, if it can.

        Usage: %edit [-n LINE] [-p] [-r] [file, variable or numbers of cells]

        As in any notebook, nothing is run afterwards: who edits tells nobody when it
        is done. Without an argument, and for strings and cells, the file is temporary.
        """
        from IPython.core.magics.code import (
            CodeMagics,
            InteractivelyDefined,
            MacroToEdit,
        )

        opts, what = self.parse_options(line, "prn:")
        find = partial(CodeMagics._find_edit_target, self.shell)
        try:
            filename, number, _ = find(what, opts, self._edited)
        except InteractivelyDefined as cell:
            filename, number, _ = find(str(cell.index), opts, self._edited)
        except MacroToEdit as macro:
            msg = "cannot edit a macro (it is in no file); save it with %save"
            raise UsageError(msg) from macro
        if filename is not None:
            self.shell.payload_manager.write_payload(
                {
                    "source": "edit_magic",
                    "filename": str(Path(filename).resolve()),
                    "line_number": number,
                }
            )


def install(shell: Any) -> None:
    """Register the magics, also those that only say where they belong."""
    shell.register_magics(GuestMagics)
    manager = shell.magics_manager
    manager.register_alias("more", "less")
    manager.register_alias("ed", "edit")
    for name, kind in _OF_THE_HOST.items():
        shell.register_magic_function(_refusal(name), kind, name)
    # An extension that every kernel loads; here its first use does.
    manager.register_lazy("store", "IPython.extensions.storemagic")


def _refusal(name: str) -> Any:
    def refuse(line: str = "", cell: str | None = None) -> None:
        del line, cell
        msg = (
            f"cannot run %{name} in interpreter {_subinterp.name!r} (it is about the"
            " notebook's own); run it in a cell of the notebook"
        )
        raise UsageError(msg)

    refuse.__doc__ = f"Say that %{name} belongs into a cell of the notebook."
    return refuse
