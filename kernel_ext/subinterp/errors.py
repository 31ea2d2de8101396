"""What can go wrong, one class for each situation that a user can act on.

::

    SubinterpError
    ├── InterpreterExistsError      the name is taken
    ├── InterpreterNotFoundError    no guest has this name
    ├── InterpreterClosedError      the guest is gone, or on its way
    ├── InterpreterBusyError        close() could not stop what runs
    ├── InterpreterStartError       CPython refused to make the guest
    ├── TransferError               a value that cannot cross
    └── ExecutionFailed             an error in a guest that has no class in the host

Messages are built here and nowhere else. They read "cannot DO interpreter 'NAME'
(reason); do X".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ExecutionFailed",
    "InterpreterBusyError",
    "InterpreterClosedError",
    "InterpreterExistsError",
    "InterpreterNotFoundError",
    "InterpreterStartError",
    "SubinterpError",
    "TransferError",
]


def __dir__() -> list[str]:
    return __all__


class SubinterpError(Exception):
    """The root: raised by nothing itself."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes: constructors take facts, ``args`` is the message."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[SubinterpError], args: tuple[Any, ...], facts: dict[str, Any]
) -> SubinterpError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(facts)
    return error


class InterpreterExistsError(SubinterpError):
    """Raised when a guest is to be made under a name that another one has."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"cannot create interpreter {name!r} (the name is taken); choose another "
            f"name, or use subinterp.get({name!r})"
        )


class InterpreterNotFoundError(SubinterpError):
    """Raised when no guest has the name, or matches the pattern."""

    def __init__(self, name: str, similar: Sequence[str] = ()) -> None:
        self.name = name
        if similar:
            advice = f"did you mean {' or '.join(map(repr, similar))}?"
        else:
            advice = "see subinterp.list_all(), or make it with subinterp.create()"
        super().__init__(
            f"cannot find interpreter {name!r} (there is none of that name); {advice}"
        )


class InterpreterClosedError(SubinterpError):
    """Raised when a guest is asked for something after its end, or on its way there."""

    def __init__(
        self,
        name: str,
        *,
        do: str = "use",
        reason: str = "it is closed",
        advice: str = "make a new one with subinterp.create()",
    ) -> None:
        self.name = name
        super().__init__(f"cannot {do} interpreter {name!r} ({reason}); {advice}")


class InterpreterBusyError(SubinterpError):
    """Raised when close() cannot stop within its timeout what runs in a guest."""

    def __init__(self, *names: str, timeout: float) -> None:
        self.names = names
        self.timeout = timeout
        plural = "s" if len(names) > 1 else ""
        super().__init__(
            f"cannot close interpreter{plural} {', '.join(map(repr, names))} (what "
            f"runs there did not stop within {timeout:g} s); call close() again later, "
            "or restart() to leave it behind"
        )


class InterpreterStartError(SubinterpError):
    """Raised when a guest cannot be made; ``reason`` is CPython's own."""

    def __init__(
        self,
        name: str,
        reason: str,
        advice: str = "close other interpreters and try again",
    ) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"cannot start interpreter {name!r} ({reason}); {advice}")


class TransferError(SubinterpError):
    """Raised when a value cannot cross between host and guest.

    Args:
        name: the guest; None for a queue, whose other end may be anywhere.
        variable: what was to cross.
        type_name: the type that cannot.
        reason: why not.
        advice: what to do instead.
        path: where inside the variable the culprit is, as in ``x["a"][3]``.
    """

    def __init__(
        self,
        name: str | None,
        *,
        variable: str,
        type_name: str,
        reason: str,
        advice: str,
        path: str | None = None,
    ) -> None:
        self.name = name
        self.variable = variable
        self.type_name = type_name
        self.path = path or variable
        way = "through a queue" if name is None else f"to or from interpreter {name!r}"
        super().__init__(
            f"cannot copy {self.path} {way} ({type_name}: {reason}); {advice}"
        )


class ExecutionFailed(SubinterpError):  # noqa: N818 - the name that CPython has for it
    """Raised for an error in a guest that cannot be rebuilt in the host.

    Where it can be, this is its ``__cause__`` and shows the guest's traceback.
    """

    def __init__(self, type_name: str, message: str, traceback_text: str = "") -> None:
        self.type_name = type_name
        self.message = message
        self.traceback_text = traceback_text
        super().__init__(f"{type_name}: {message}" if message else type_name)

    def __str__(self) -> str:
        """Show the error, and the guest's traceback under a heading."""
        summary = super().__str__()
        if not self.traceback_text:
            return summary
        return f"{summary}\n\nTraceback of the guest:\n{self.traceback_text.rstrip()}"
