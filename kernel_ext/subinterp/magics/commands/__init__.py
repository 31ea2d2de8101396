"""The commands of ``%subinterp``, by name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from subinterp.magics.options import parse_arguments

from . import checks, guests, runs, variables

if TYPE_CHECKING:
    from subinterp.display.front_end import FrontEnd

    from .command import Command

__all__ = ["COMMANDS", "run_command", "usage"]

COMMANDS: dict[str, Command] = {
    command.name: command
    for commands in (guests, variables, runs, checks)
    for command in commands.COMMANDS
}


def run_command(line: str, front_end: FrontEnd) -> object:
    """Carry out one line; the result is the value of the magic."""
    name, _, rest = line.strip().partition(" ")
    command = COMMANDS.get(name or "list")
    if command is None:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ";"
        message = f"%subinterp has no command '{name}'{hint} commands: "
        raise UsageError(message + ", ".join(COMMANDS))
    args = parse_arguments(command.parser, rest, f"%subinterp {command.name}")
    return command.handler(args, front_end)


def usage() -> str:
    """Write the help of the line magic."""
    width = max(map(len, COMMANDS))
    lines = [
        "Look after the interpreters that run ``%%subinterp`` cells.",
        "",
        "::",
        "",
        "  %subinterp [COMMAND] [ARGUMENTS]",
        "",
        "commands:",
        *(f"  {c.name:<{width}}  {c.summary}" for c in COMMANDS.values()),
        "",
        "Without a command: list.",
    ]
    for command in COMMANDS.values():
        lines += ["", command.usage]
        details = command.parser.format_help().partition("\n\n")[2]
        options = details.partition("\n\n")[2]
        lines += options.rstrip().splitlines()
    return "\n".join(lines)
