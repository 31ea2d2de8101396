"""Tab completion of ``%subinterp`` and of the first line of ``%%subinterp``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.completerlib import module_completion

from subinterp import registry
from subinterp.history import history

from .commands import COMMANDS
from .options import directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["LineCompletion"]

_OF_VARIABLES = {"-i", "--input", "-o", "--output", "--share"}
_HOOK = "complete_command"


class LineCompletion:
    """Two of IPython's custom completers, one for each magic."""

    def __init__(
        self, shell: InteractiveShell, parser: argparse.ArgumentParser
    ) -> None:
        self._shell: Any = shell
        self._parser = parser
        self._completers = {
            "%subinterp": self._complete_line,
            "%%subinterp": self._complete_first_line,
        }

    def install(self) -> None:
        """Register both with the shell."""
        for magic, completer in self._completers.items():
            self._shell.set_hook(_HOOK, completer, str_key=magic)

    def remove(self) -> None:
        """Take both out again."""
        for magic in self._completers:
            self._shell.strdispatchers[_HOOK].strs.pop(magic, None)

    def _complete_first_line(self, shell: object, event: Any) -> list[str]:
        del shell
        words = _words(event)
        if words[-1] in _OF_VARIABLES:
            return self._variables(event.symbol)
        return _arguments(event, self._parser, words) or _option_or(
            event, self._parser, _guests()
        )

    def _complete_line(self, shell: object, event: Any) -> list[str]:
        del shell
        words = _words(event)
        if len(words) < 2:  # noqa: PLR2004 - the magic and what follows it
            return list(COMMANDS)
        command = COMMANDS.get(words[1])
        if command is None:
            return []
        names: Iterable[str] = _guests()
        if command.name == "output":
            names = (str(run.id) for run in history.all())
        elif command.name == "create":
            names = ()
        elif command.name == "check":
            names = module_completion(f"import {event.symbol}")  # type: ignore[no-untyped-call]
        elif command.name == "push" and len(words) > 2:  # noqa: PLR2004 - and a guest
            names = self._variables(event.symbol)
        elif command.name == "use":
            names = [*_guests()[:-1], "main"]
        return _arguments(event, command.parser, words) or _option_or(
            event, command.parser, names
        )

    def _variables(self, symbol: str) -> list[str]:
        """Give the notebook's variables, after those of a list that are there."""
        before = symbol[: symbol.rfind(",") + 1]
        hidden = self._shell.user_ns_hidden
        names = (n for n in self._shell.user_ns if n not in hidden)
        return [before + name for name in names if not name.startswith("_")]


def _words(event: Any) -> list[str]:
    """Give the words before the one that is being written."""
    text: str = event.text_until_cursor
    words = text.split()
    return words if not text or text[-1].isspace() else words[:-1]


def _arguments(
    event: Any, parser: argparse.ArgumentParser, words: list[str]
) -> list[str]:
    """Give what the option that the last word is can have."""
    option = parser._option_string_actions.get(words[-1])  # noqa: SLF001 - no public way
    if option is None:
        return []
    if option.type is directory:
        return _directories(event.symbol)
    return [str(choice) for choice in option.choices or ()]


def _directories(symbol: str) -> list[str]:
    """Give the directories that a name may go on with.

    Hidden ones only if that is asked for, or if they are virtual environments.
    """
    before, slash, start = symbol.rpartition("/")
    try:
        entries = sorted(directory(before + slash or ".").iterdir())
    except OSError:
        return []
    return [
        f"{before}{slash}{entry.name}/"
        for entry in entries
        if entry.name.startswith(start) and " " not in entry.name
        if entry.is_dir() and (start or _is_shown(entry))
    ]


def _is_shown(entry: Path) -> bool:
    return not entry.name.startswith(".") or (entry / "pyvenv.cfg").exists()


def _option_or(
    event: Any, parser: argparse.ArgumentParser, names: Iterable[str]
) -> list[str]:
    if event.symbol.startswith("-"):
        return [o for o in parser._option_string_actions if o.startswith("--")]  # noqa: SLF001
    return list(names)


def _guests() -> list[str]:
    return [*(guest.name for guest in registry.list_all()), "all"]
