"""The shells that IPython's tests are run against, one for each place.

Imported where the tests run: in a guest, too. The first is the one that IPython's own
``conftest.py`` makes. The others send their output to a front end, which there is none,
so it is printed here as a terminal would show it.
"""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["SHELLS"]


def show(msg_type: str, content: Mapping[str, Any]) -> None:
    """Print the content of a message, as terminal IPython prints such things."""
    if msg_type == "error":
        print("\n".join(content["traceback"]))
    text = content.get("data", {}).get("text/plain")
    if text is not None:
        count = content.get("execution_count")
        print(text if count is None else f"Out[{count}]: {text}")


def guests_shell(folder: Path) -> Any:
    """Make the shell that runs a guest's cells."""
    del folder
    from subinterp_guest import display
    from subinterp_guest.making import get_shell
    from subinterp_guest.runner import settings

    settings.update(notebook=True, colors="nocolor")
    shell = get_shell()

    def emit(run: int, kind: int, message: bytes) -> None:
        del run, kind
        show(*marshal.loads(message))

    vars(display)["emit"] = emit
    return shell


def kernels_shell(folder: Path) -> Any:
    """Make the shell of ipykernel, in a kernel that serves nobody."""
    from ipykernel.kernelapp import IPKernelApp
    from IPython.core.payload import PayloadManager
    from IPython.testing.tools import default_config
    from jupyter_client.session import Session

    class FrontEnd(Session):
        """Where messages to the front end would be sent."""

        def send(  # type: ignore[override]
            self, stream: Any, message: Any, content: Any = None, *_: Any, **__: Any
        ) -> None:
            del stream
            if isinstance(message, dict):
                message, content = message["msg_type"], message["content"]
            show(message, content)

    class Payloads(PayloadManager):
        """Where the pager's text goes."""

        def write_payload(self, data: Any, single: bool = True) -> None:
            show("payload", data)
            super().write_payload(data, single)

    config = default_config()
    config.InteractiveShell.colors = "nocolor"
    config.IPKernelApp.connection_file = str(folder / "connection.json")
    config.IPKernelApp.transport = "ipc"
    # Its threads that read what is printed stop at the end before the last was read.
    config.IPKernelApp.capture_fd_output = False
    app = IPKernelApp.instance(config=config)
    app.initialize([])
    shell: Any = app.kernel.shell
    shell.displayhook.session = shell.display_pub.session = FrontEnd()
    shell.payload_manager = Payloads(parent=shell)
    app.reset_io()
    return shell


SHELLS: dict[str, Callable[[Path], Any]] = {
    "kernel": kernels_shell,
    "guest": guests_shell,
}
