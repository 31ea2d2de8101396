"""What the host puts into every guest's ``sys.modules``; the C++ core makes it."""

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

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

def slot() -> int:
    """Return the number of this guest's private copies; the first call takes one.

    Raises:
        ImportError: none is left in this process.
    """

def load_extension(spec: ModuleSpec, path: str, name: str, /) -> ModuleType:
    """Make the module of a private copy, by its function ``PyInit<name>``.

    Raises:
        ImportError: it cannot be loaded, or has no such function.
    """

def execute_extension(module: ModuleType, /) -> None:
    """Execute the module of a private copy; raises what the module does."""

def load_library(path: str, /) -> None:
    """Load a library, so that what is loaded next finds it by its name.

    Raises:
        ImportError: it cannot be loaded.
    """

def library_named(name: bytes, /) -> str | None:
    """Return the path of the library that is loaded by this name."""
