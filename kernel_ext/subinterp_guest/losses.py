"""Packages that were imported without an extension module that was refused.

Many have a slower stand-in in pure Python, and say nothing.
"""

from __future__ import annotations

import sys

import _subinterp

from .packages import outermost

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from types import FrameType

__all__ = ["forget", "lost_by", "note", "tell"]

_IMPORT_SYSTEM = ("importlib", "_frozen_importlib", "subinterp_guest")


class _Loss:
    """What one package has not got, and which line of the user's imported it."""

    def __init__(self, filename: str, line: int) -> None:
        self.filename = filename
        self.line = line
        self.modules: list[str] = []
        self.told = False


_losses: dict[str, _Loss] = {}
_shown: set[str] = set()


def note(module: str) -> str:
    """Remember a refusal, until it is known whether the import goes on without it.

    Returns:
        The package whose import it is; nothing for ``__main__``.
    """
    importer = _outside_the_import_system(sys._getframe(1))
    if importer is None or _name(importer) == "__main__":
        return ""  # whose business it is
    package = outermost(_name(importer))
    if module in sys.stdlib_module_names:
        return package  # who goes on without readline does so on other systems, too
    user = importer  # of a thread that never ran the user's code
    while user.f_back is not None and _name(user) != "__main__":
        user = user.f_back
    filename, line = user.f_code.co_filename, user.f_lineno
    modules = _losses.setdefault(package, _Loss(filename, line)).modules
    if module not in modules:
        modules.append(module)
    return package


def forget(module: str) -> None:
    """Accept that a refusal is shown as an error: no warning is needed."""
    _shown.add(module)


def lost_by(package: str) -> list[str]:
    """Return what was refused to a package."""
    return _losses[package].modules if package in _losses else []


def tell() -> None:
    """Warn, in one line and once, of the packages that have been imported."""
    known = list(_losses.items())  # another thread may import
    untold = {package: loss for package, loss in known if _is_due(package, loss)}
    if not untold:
        return
    for loss in untold.values():
        loss.told = True
    what = ", ".join(f"{name} without {_listed(loss)}" for name, loss in untold.items())
    first = next(iter(untold.values()))
    message = (
        f"interpreter {_subinterp.name!r} has {what}, which cannot be loaded there: "
        f"slower, or with less in it; see `%subinterp check {' '.join(untold)}`"
    )
    from warnings import warn_explicit

    warn_explicit(message, RuntimeWarning, first.filename, first.line)


def _is_due(package: str, loss: _Loss) -> bool:
    module = sys.modules.get(package)
    if module is None or loss.told or _shown.issuperset(loss.modules):
        return False
    # Or another thread is importing it.
    spec = getattr(module, "__spec__", None)
    return not getattr(spec, "_initializing", False)


def _listed(loss: _Loss) -> str:
    more = len(loss.modules) - 1
    return f"{loss.modules[0]} (and {more} more)" if more else loss.modules[0]


def _outside_the_import_system(frame: FrameType | None) -> FrameType | None:
    while frame is not None and _name(frame).partition(".")[0] in _IMPORT_SYSTEM:
        frame = frame.f_back
    return frame


def _name(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
