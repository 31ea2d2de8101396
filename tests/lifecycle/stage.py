"""What the scripts of the lifecycle tests share; imported in child processes only."""

from __future__ import annotations

import _interpreters
import ctypes
import os
import textwrap
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import subinterp
from subinterp.route import set_route_factory

from .busy import BUSY, UNSTOPPABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from subinterp import Interpreter, Run

__all__ = [
    "BUSY",
    "UNSTOPPABLE",
    "asleep",
    "begin",
    "company",
    "fork",
    "fork_shortly",
    "interpreters",
    "leave",
    "leave_task",
    "nothing_left",
    "os_threads",
    "raises",
    "resident",
    "silence",
    "start_afresh",
    "subinterp",
    "until",
    "wait_for_child",
]


_BEGUN = """
def begun(descriptors=[{writer}]):
    import os
    while descriptors: os.write(descriptors.pop(), b".")
"""


def begin(guest: Interpreter, code: str, *, thread: str | None = None) -> Run:
    """Start code in a guest and return when it has begun, or has called begun()."""
    reader, writer = os.pipe()
    code = textwrap.dedent(code)
    if "begun()" not in code:
        code = f"begun()\n{code}"
    try:
        run = guest.start(_BEGUN.format(writer=writer) + code, thread=thread)
        os.read(reader, 1)
    finally:
        os.close(reader)
        os.close(writer)
    return run


def leave_task(guest: Interpreter, code: str, *, thread: str | None = None) -> None:
    """Have a cell leave a task in the guest's loop, and return when that has begun."""
    reader, writer = os.pipe()
    body = textwrap.indent(textwrap.dedent(code), "    ")
    cell = f"""
import asyncio
async def task():
    import os
    await asyncio.sleep(0)
    os.write({writer}, b".")
{body}
kept = asyncio.create_task(task())
"""
    try:
        guest.start_cell(cell, execution_count=1, thread=thread).result()
        os.read(reader, 1)
    finally:
        os.close(reader)
        os.close(writer)


def company() -> list[Interpreter]:
    """Make guests that are busy in different ways: idle, loop, print, import, wait."""
    guests = [subinterp.create(f"company{number}") for number in range(4)]
    begin(guests[1], "while True: pass")
    begin(
        guests[2],
        """
        import importlib, json, random
        while True:
            importlib.reload(json)
            importlib.reload(random)
        """,
    )
    begin(
        guests[3],
        """
        import time
        while True:
            print(end="")
            time.sleep(0.001)
        """,
    )
    return guests


def start_afresh(*inherited: Interpreter) -> None:
    """Check in a forked child that the parent's guests are gone and new ones work."""
    assert subinterp.list_all() == []
    for guest in inherited:
        assert guest.state == "closed", guest
        raises(subinterp.InterpreterClosedError, guest.exec, "pass")
        raises(subinterp.InterpreterClosedError, guest.thread_states)
        guest.close()
    guest = subinterp.create("afresh")
    guest.exec("import json; answer = json.loads('42')")
    run = guest.start("print(answer)")
    run.result()
    assert run.stdout == "42\n", run.stdout
    guest.close()
    assert guest.state == "closed"


def fork(*inherited: Interpreter, then: Callable[[], None] | None = None) -> int:
    """Fork a child that starts afresh, calls ``then``, and ends as any script does.

    Returns:
        The child's process id, in the parent; the child does not return.
    """
    pid = os.fork()
    if pid:
        return pid
    # SystemExit, not os._exit: the child's own finalization is a part of the test.
    try:
        start_afresh(*inherited)
        if then is not None:
            then()
    except Exception:
        traceback.print_exc()
        raise SystemExit(1) from None
    raise SystemExit(0)


def fork_shortly(work: Callable[[], None]) -> int:
    """Fork a child that does the work and ends at once, as those of pty.fork do."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def wait_for_child(pid: int) -> None:
    """Wait for the end of a child and check that it was a good one."""
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, os.waitstatus_to_exitcode(status)


def leave() -> None:
    """Say that the script has done its work: from here on its exit is timed."""
    print(f"\nleaving at {time.monotonic()}", flush=True)


def raises(
    kind: type[BaseException], function: Callable[..., object], *arguments: Any
) -> BaseException:
    """Call, and return the exception of this kind that the call must raise."""
    try:
        answer = function(*arguments)
    except kind as error:
        return error
    message = f"{kind.__name__} was not raised; the call returned {answer!r}"
    raise AssertionError(message)


def silence() -> None:
    """Let output go nowhere but to its run."""

    class Nowhere:
        def stream(self, name: str, text: str) -> None:
            pass

        def message(self, msg_type: str, content: dict[str, Any]) -> None:
            pass

    set_route_factory(Nowhere)


def asleep(thread: int) -> bool:
    """Tell whether a thread waits for something, as the operating system sees it."""
    stat = Path(f"/proc/self/task/{thread}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0] == "S"


def interpreters() -> list[int]:
    """List the ids of all interpreters, as CPython does."""
    return [entry[0] for entry in _interpreters.list_all()]


def os_threads() -> int:
    """Count the process's threads, as the operating system does."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208


def until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    """Wait for a state that nothing announces, such as the end of an OS thread."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        os.sched_yield()


def nothing_left(threads: int) -> None:
    """Check that no guest is left: by name, as an interpreter or as OS threads."""
    subinterp.close_all(timeout=20)
    assert subinterp.list_all() == []
    assert interpreters() == [0], interpreters()
    until(lambda: os_threads() <= threads)


def resident() -> int:
    """Return how many bytes of physical memory the process needs now."""
    # What was needed at once for a moment, when the machine was busy, may be free by now
    # and not given back.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
