"""Runs ``!cmd`` without a fork, which a guest is forbidden, and shows output live."""

from __future__ import annotations

import codecs
import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run_command"]

# How long to wait before looking for an interrupt or the command's end.
_TICK = 0.05
# A shell adds this to the number of the signal that ended its command.
_SHELL_SIGNAL = 128
# How long a command may take to end after SIGINT, then after SIGTERM.
_PATIENCE = 0.5


def run_command(command: str, write: Callable[[str], object]) -> int:
    """Run a shell command to its end and hand over what it prints as it comes.

    Its standard error joins its standard output, as on a terminal; its input is empty.

    Returns:
        The exit status; minus the signal's number if one ended the command.

    Raises:
        KeyboardInterrupt: after the command was made to end.
    """
    with subprocess.Popen(  # the user's own "!command"
        command,
        shell=True,
        executable=os.environ.get("SHELL") if os.name == "posix" else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Of its own, so that interrupting the notebook's cell does not end it.
        start_new_session=True,
    ) as process:
        try:
            _copy(process, write)
            status = _wait(process)
        except BaseException:
            _end(process)
            raise
    return _SHELL_SIGNAL - status if status > _SHELL_SIGNAL else status


def _copy(process: subprocess.Popen[bytes], write: Callable[[str], object]) -> None:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        # A daemon that the command left behind may hold the pipe for ever.
        ended = process.poll() is not None
        if _has_data(descriptor, 0 if ended else _TICK):
            data = os.read(descriptor, 65536)
            write(decoder.decode(data, final=not data))
            if not data:
                return
        elif ended:
            write(decoder.decode(b"", final=True))
            return


def _has_data(descriptor: int, seconds: float) -> bool:
    if sys.platform == "win32":
        return True  # select() takes sockets only there, so an interrupt has to wait
    return bool(select.select([descriptor], [], [], seconds)[0])


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait(_TICK)
        except subprocess.TimeoutExpired:
            continue


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started: first as Ctrl-C does, then by force."""
    if sys.platform == "win32":
        process.kill()
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
