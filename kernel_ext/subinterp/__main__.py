"""The command line: ``python -m subinterp``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def __dir__() -> list[str]:
    return __all__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.incomplete:
        options.incomplete.print_help()
        return 0
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    """Build the parser; ``incomplete`` is the one that lacks a command, if one does."""
    parser = argparse.ArgumentParser(
        prog="python -m subinterp",
        description="Notebook cells in named, isolated Python interpreters.",
    )
    parser.add_argument(
        "--version", action="version", version=f"subinterp {version('subinterp')}"
    )
    parser.set_defaults(incomplete=parser)
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_check(commands.add_parser("check", help="try modules in interpreters"))
    kernel = commands.add_parser("kernel", help="the Jupyter kernel with the extension")
    kernel.set_defaults(incomplete=kernel)
    install = kernel.add_subparsers(metavar="COMMAND").add_parser(
        "install",
        help="install its kernelspec",
        description="Install the kernelspec, for the whole system if not told where.",
    )
    install.set_defaults(incomplete=None, run=_install_kernel)
    place = install.add_mutually_exclusive_group()
    place.add_argument("--user", action="store_true", help="for this user only")
    place.add_argument(
        "--sys-prefix",
        action="store_const",
        const=sys.prefix,
        dest="prefix",
        help="into this Python's environment",
    )
    place.add_argument(
        "--prefix", metavar="P", type=_directory, help="under the directory P"
    )
    install.add_argument(
        "--name", metavar="N", default="subinterp", help="name of the kernel"
    )
    install.add_argument(
        "--use", metavar="NAME", help="run plain cells in the interpreter NAME"
    )
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.description = (
        "Try, in child processes, whether modules can be used in interpreters."
    )
    check.set_defaults(incomplete=None, run=_check)
    check.add_argument("modules", metavar="MODULE", nargs="+")
    check.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=60.0,
        help="give a module at most that long in each kind (60 seconds)",
    )
    check.add_argument(
        "--kind",
        action="append",
        dest="kinds",
        metavar="KIND",
        help="only in this kind: strict, private or shared; may repeat",
    )
    check.add_argument("--json", action="store_true", help="print the rows as JSON")


def _directory(text: str) -> str:
    # An empty one, as from an unset shell variable, would mean the whole system.
    if not text:
        message = "it is empty"
        raise argparse.ArgumentTypeError(message)
    return text


def _check(options: argparse.Namespace) -> int:
    from subinterp import checks  # noqa: PLC0415 - brings all that guests need

    kinds = options.kinds or checks.KINDS
    try:
        report = checks.check(*options.modules, timeout=options.timeout, kinds=kinds)
    except ValueError as error:
        return _refuse(f"cannot check ({error})")
    except KeyboardInterrupt:
        return _refuse("stopped checking")
    print(json.dumps([asdict(row) for row in report]) if options.json else report)
    return 0


def _install_kernel(options: argparse.Namespace) -> int:
    # Imports ipykernel: seconds that --help and --version need not wait for.
    from subinterp import kernelspec  # noqa: PLC0415

    name, user, prefix = options.name, options.user, options.prefix
    try:
        directory = kernelspec.install(name, user=user, prefix=prefix, use=options.use)
    except OSError as error:
        reason = error.strerror or str(error)
        at = f": {error.filename}" if error.filename else ""
        chosen = user or prefix
        advice = "choose another place" if chosen else "use --user or --sys-prefix"
        return _refuse(f"cannot install kernel {name!r} ({reason}{at}); {advice}")
    except ValueError as error:
        return _refuse(f"cannot install kernel {name!r} ({error})")
    print(f"Installed kernel {name} in {directory}")
    if not kernelspec.searched(directory):
        print(f"Jupyter finds it there with JUPYTER_PATH={directory.parent.parent}")
    return 0


def _refuse(message: str) -> int:
    print(f"subinterp: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
