"""A kernel with the extension loaded, and a client that times its messages."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient


@contextlib.contextmanager
def running_kernel(
    *arguments: str, extension: bool = True
) -> Iterator[BlockingKernelClient]:
    """Start this environment's own Python kernel, with the extension; stop it."""
    manager, client = start_new_kernel(
        kernel_name="python3",
        extra_arguments=[*(["--ext=subinterp"] if extension else []), *arguments],
        # It warns that TCP is not encrypted; errors of cells come as messages.
        stderr=subprocess.DEVNULL,
    )
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def until_idle(client: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """Execute code and return its output messages up to idle."""
    parent = client.execute(code)
    messages = []
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != parent:
            continue
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        if message["content"].get("execution_state") == "idle":
            # The reply is taken too, or replies would pile up.
            client.get_shell_msg(timeout=60)
            return messages
        messages.append(message)


def until_lines(client: BlockingKernelClient, code: str, number: int) -> list[str]:
    """Execute code and return the lines printed under it, also those after idle."""
    parent = client.execute(code)
    text = ""
    lines = 0
    while lines < number:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != parent:
            continue
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            text += message["content"]["text"]
            lines += message["content"]["text"].count("\n")
    client.get_shell_msg(timeout=60)
    return text.splitlines()
