"""What the guest's code reads from the user: the host asks, one line at a time."""

from __future__ import annotations

import builtins
import io
import marshal
import sys

import _subinterp
from _subinterp import ask

from . import imports
from .context import current
from .patches import disguise

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["TextIn", "install"]

# Not itertools.count(), for which every new guest would pay.
_numbers = iter(range(1, sys.maxsize))


def _ask(prompt: str = "", *, password: bool = False) -> str | None:
    """Return the line that the user answers with; None for the end of input.

    Raises:
        EOFError: nobody can answer. Code that asks (``input``, ``pdb``, ``cmd``) takes
            it as that, and not as a failure of the stream.
    """
    from .plain import plain_text

    prompt = plain_text(prompt)
    answer = None
    while answer is None:  # woken by an exception, which is raised here
        question = next(_numbers)
        content = {"question": question, "prompt": prompt, "password": password}
        message = marshal.dumps(("input_request", content))
        answer = ask(current(), question, message)
    if not answer:
        name = _subinterp.name
        msg = (
            f"cannot read input in interpreter {name!r} (nobody can answer it there: it"
            " takes a cell in the foreground, and a front end that asks);"
            " read it in the notebook and hand it over"
        )
        raise EOFError(msg)
    text: str | None = marshal.loads(answer)
    return text


class TextIn(io.TextIOBase):
    """``sys.stdin``: each line that is read from it is a question to the user."""

    encoding = "utf-8"
    errors = "strict"
    mode = "r"
    name = "<stdin>"

    def __init__(self) -> None:
        super().__init__()
        self._rest = ""

    def read(self, size: int | None = -1, /) -> str:
        """Return lines up to the end of input, or what is left of one line."""
        if size is None or size < 0:
            return "".join(self)
        return self.readline(size)

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        """Return a line with its end, ask for it if none is left; "" at the end."""
        if size == 0:
            return ""
        line, self._rest = self._rest, ""
        if not line:
            answer = _ask()
            if answer is None:
                return ""
            line = f"{answer}\n"
        if size is not None and size > 0:
            line, self._rest = line[:size], line[size:]
        return line

    def readable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Do nothing: ``exit()`` of the site module closes stdin."""


def install() -> None:
    """Replace stdin, and the functions that ask with a prompt."""
    stdin = TextIn()
    sys.stdin = sys.__stdin__ = stdin  # type: ignore[assignment,misc]
    builtins.input = _input_for(stdin)
    imports.after_import("getpass", _replace_getpass)


def _input_for(stdin: TextIn) -> Any:
    original = builtins.input

    def input(prompt: object = "", /) -> str:  # noqa: A001 - its name is shown
        if sys.stdin is not stdin:  # the user's own, a file or io.StringIO
            return original(prompt)
        answer = _ask(str(prompt))
        if answer is None:
            msg = "EOF when reading a line"
            raise EOFError(msg)
        return answer

    return disguise(input, original)


def _replace_getpass(module: ModuleType) -> None:
    # The original reads from the terminal that the notebook's server was started in.
    def getpass(prompt: str = "Password: ", stream: object = None, **_: object) -> str:
        del stream  # the front end shows the prompt, and no echo
        answer = _ask(str(prompt), password=True)
        if answer is None:
            raise EOFError
        return answer

    module.getpass = disguise(getpass, module.getpass)  # type: ignore[attr-defined]
