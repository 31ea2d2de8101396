"""Run ``quickstart.ipynb`` in the kernel `subinterp` and show it in the terminal.

``make demo`` runs this. Each cell appears as it starts, its output as it arrives; the
executed notebook and an HTML page are written to ``build/demo/``.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
KERNEL = "subinterp"

try:
    import matplotlib as mpl  # noqa: F401 - to say it here rather than in the tenth cell
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbconvert import HTMLExporter
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import get_lexer_by_name
    from traitlets.config import Config
except ImportError as error:
    sys.exit(
        f"demo.py needs {error.name}, which {sys.executable} does not have; "
        "install it with: pip install '.[notebooks]'"
    )


class Terminal:
    """Prints cells and their output, coloured if the terminal can show it."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._line_open = False
        self._shown = ""

    def cell(self, cell: NotebookNode) -> None:
        """Print a cell's source: text as it is, code with a bar at its side."""
        self._end_line()
        source = cell.source.strip()
        if cell.cell_type != "code":
            print(f"\n{source}", flush=True)
            return
        if self._colour:
            source = _coloured(source)
        print(f"\n{textwrap.indent(source, '  │ ', lambda _: True)}", flush=True)

    def message(self, kind: str, content: dict[str, Any]) -> None:
        """Print one message of the kernel's output channel."""
        if kind == "stream":
            self._write(content["text"])
        elif kind in {"display_data", "execute_result", "update_display_data"}:
            text = content["data"].get("text/plain", "") + "\n"
            if kind != "update_display_data" or text != self._shown:
                self._end_line()
                self._write(text)
                self._shown = text
        elif kind == "error":
            self._end_line()
            self._write("\n".join(content["traceback"]) + "\n")

    def _write(self, text: str) -> None:
        if not self._colour:
            text = re.sub(r"\x1b\[[\d;]*m", "", text)
        print(text, end="", flush=True)
        self._line_open = not text.endswith("\n")

    def _end_line(self) -> None:
        if self._line_open:
            print()
            self._line_open = False


def _coloured(source: str) -> str:
    """Colour a cell; to the lexer, what follows a cell magic might be anything."""
    magic, newline, body = ("", "", source)
    if source.startswith("%%"):
        magic, newline, body = source.partition("\n")
    lexer, formatter = get_lexer_by_name("ipython3"), TerminalFormatter()
    parts = [highlight(part, lexer, formatter).rstrip() for part in (magic, body)]
    return newline.join(part for part in parts if part)


class LiveClient(NotebookClient):
    """Executes a notebook and shows its output while it arrives."""

    terminal: Terminal

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Show the message, then put it into the notebook."""
        self.terminal.message(msg["msg_type"], msg["content"])
        return super().process_message(msg, cell, cell_index)


def run(source: Path, output: Path) -> tuple[Path, Path]:
    """Execute a notebook; return the paths of the executed one and of its page."""
    terminal = Terminal()
    notebook = nbformat.read(source, as_version=4)
    client = LiveClient(
        notebook,
        kernel_name=KERNEL,
        # Without it, the first line to be seen would be the kernel's warning.
        config=Config(KernelManager={"transport_encryption": "auto"}),
        timeout=300,
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_start=lambda cell, cell_index: terminal.cell(cell),
    )
    client.terminal = terminal
    output.mkdir(parents=True, exist_ok=True)
    executed, page = output / source.name, output / f"{source.stem}.html"
    try:
        client.execute()
    finally:
        # What there is of a failed run helps to see what went wrong.
        nbformat.write(notebook, executed)
    body, _ = HTMLExporter().from_notebook_node(notebook)
    page.write_text(body, encoding="utf-8")
    return executed, page


def main() -> int:
    """Run the demonstration; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", type=Path, default=HERE / "quickstart.ipynb")
    parser.add_argument("--output", type=Path, default=HERE.parent / "build" / "demo")
    options = parser.parse_args()
    try:
        KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        sys.exit(
            f"demo.py needs the kernel {KERNEL!r}; install it with: "
            f"{sys.executable} -m subinterp kernel install --sys-prefix"
        )
    begin = time.perf_counter()
    try:
        paths = run(options.notebook, options.output)
    except CellExecutionError as error:
        print(f"\nfailed: {error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    except (DeadKernelError, TimeoutError) as error:
        print(f"\nfailed: {error}", file=sys.stderr)
        return 1
    print(f"\ndone in {time.perf_counter() - begin:.0f} s")
    print(*paths, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
