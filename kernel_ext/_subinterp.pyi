"""What the host puts into every guest's ``sys.modules``; the C++ core makes it."""

from collections.abc import Callable
from types import FrameType

STDOUT: int
STDERR: int
MESSAGE: int
COMM: int

name: str

def emit(run: int, kind: int, data: str | bytes, /) -> None:
    """Queue output for the host; waits, detached, while the channel is full."""

def ask(run: int, question: int, message: bytes, /) -> bytes | None:
    """Send a message that asks, and wait, detached, for what the host answers to it.

    None: an exception was sent to this thread first, and the question is taken back.
    Empty: nobody will answer, as the run ends or is over.
    """

def guarded[*Args, Result](
    function: Callable[[*Args], Result], /, *args: *Args
) -> Result:
    """Call the function; the host's KeyboardInterrupt can only arise in here."""

def rest(ident: int, request: bytes, fd: int, /) -> None:
    """Have a thread of the host's do a request while it has no job, once.

    A byte in the descriptor tells that it has one. Nothing happens for other threads.
    """

def rename(name: str, /) -> None:
    """Give this guest its name; on its home thread."""

def environment() -> dict[bytes, bytes]:
    """Return the process's environment now, as ``os.environb``."""

def sleep(seconds: float, /) -> None:
    """Do as ``time.sleep``, and end at once when an exception is sent."""

def current_frames() -> dict[int, FrameType]: ...
def current_exceptions() -> dict[int, BaseException | None]: ...
def raise_in_thread(ident: int, exc_type: type[BaseException], /) -> bool:
    """Raise in a thread of this guest, waking its sleep; False: no such thread."""
