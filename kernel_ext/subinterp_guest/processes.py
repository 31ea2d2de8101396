"""Runs ``!cmd`` without a fork, which a guest is forbidden, and shows output live."""

from __future__ import annotations

import codecs
import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["run_command"]

# How long to wait before looking for an interrupt or the command's end.
_TICK = 0.05
# A shell adds this to the number of the signal that ended its command.
_SHELL_SIGNAL = 128
# How long a command may take to end after SIGINT, then after SIGTERM.
_PATIENCE = 0.5
# Nobody could turn its pages. In a kernel, ipykernel has set these for all.
_NO_PAGER = {"PAGER": "cat", "GIT_PAGER": "cat"}
_LINES, _COLUMNS = 24, 80


def run_command(
    command: str, write: Callable[[str], object], *, terminal: bool = False
) -> int:
    """Run a shell command to its end and hand over what it prints as it comes.

    Its standard error joins its standard output; its input is empty.

    Args:
        command: for the user's shell.
        write: takes the text.
        terminal: whether the command finds a terminal to print to. Most use colours
            and columns there only, and do not keep lines back until there are many.

    Returns:
        The exit status; minus the signal's number if one ended the command.

    Raises:
        KeyboardInterrupt: after the command was made to end.
    """
    with _printing(command, terminal and os.name == "posix") as (process, output):
        try:
            _copy(process, output, write)
            status = _wait(process)
        except BaseException:
            _end(process)
            raise
    return _SHELL_SIGNAL - status if status > _SHELL_SIGNAL else status


@contextmanager
def _printing(
    command: str, terminal: bool
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the command; give also the descriptor where its output arrives."""
    output, end = _open_terminal() if terminal else os.pipe()
    try:
        try:
            process = subprocess.Popen(  # the user's own "!command"
                command,
                shell=True,
                executable=os.environ.get("SHELL") if os.name == "posix" else None,
                stdin=subprocess.DEVNULL,
                stdout=end,
                stderr=end,
                env={**_NO_PAGER, **os.environ},
                # Of its own, so that interrupting the notebook's cell does not end it.
                start_new_session=True,
            )
        finally:
            os.close(end)
        with process:
            yield process, output
    finally:
        os.close(output)


def _open_terminal() -> tuple[int, int]:
    """Make a terminal of the usual size that leaves the ends of lines alone."""
    import termios

    output, end = os.openpty()
    attributes = termios.tcgetattr(end)
    attributes[1] &= ~termios.ONLCR
    termios.tcsetattr(end, termios.TCSANOW, attributes)
    termios.tcsetwinsize(end, (_LINES, _COLUMNS))
    return output, end


def _copy(
    process: subprocess.Popen[bytes], output: int, write: Callable[[str], object]
) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        # A daemon that the command left behind may hold its output open for ever.
        ended = process.poll() is not None
        if _has_data(output, 0 if ended else _TICK):
            data = _read(output)
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


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux tells that nobody has the terminal open any more
        return b""


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
