"""Extension modules that cannot be loaded in this guest: refused, with what to do.

Whether a module supports an interpreter with its own GIL, CPython learns from what its
``PyInit_`` function returns, and calls that in the host. For a module with multi-phase
initialization this is a table, and none of the module's code has been run. Any other
module is run as a whole, in the host, by a guest's thread, and refused then. So those
are told by the names in their file, and refused before they are loaded.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import _subinterp

from .elf import symbol_names
from .losses import forget, lost_by, note
from .packages import distribution_of, outermost

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["check", "explained", "refusal_in", "refuse", "refused"]

refused: dict[str, str] = {}
"""The modules that were refused, and what was said of each."""

_MARK = "_subinterp_refusal"
_CPYTHON_SAYS = "does not support loading in subinterpreters"
_NOT_IN_PHASES = "it has no multi-phase initialization, PEP 489"
_NOT_DECLARED = "it does not say that it supports several GILs, PEP 684"


def check(spec: ModuleSpec) -> None:
    """Look at an extension module before it is loaded.

    Raises:
        ImportError: its initialization is its code; one line says what to do.
    """
    if not _comes_in_phases(spec):
        raise _refusal(spec, _NOT_IN_PHASES)


def explained(error: ImportError, spec: ModuleSpec) -> ImportError:
    """Return CPython's refusal in our words, any other error as it is."""
    if _CPYTHON_SAYS not in str(error):
        return error
    reason = _NOT_DECLARED if _comes_in_phases(spec) else _NOT_IN_PHASES
    return _refusal(spec, reason)


def _comes_in_phases(spec: ModuleSpec) -> bool:
    names = symbol_names(spec.origin or "")
    if names is None or b"PyInit" not in names:
        return True  # or is no module: the loader will say what is wrong with it
    # What PEP 793 has instead is a table as well, and not looked at by older versions.
    table = b"PyModExport" in names and sys.version_info >= (3, 15)
    return table or b"PyModuleDef_Init\0" in names


def refuse(package: str) -> None:
    """Refuse a package that was imported without what it cannot do without.

    Raises:
        ImportError: an extension module was refused to it.
    """
    for module in lost_by(package):
        raise _error(module)


def refusal_in(error: BaseException) -> BaseException:
    """Return the refusal that packages have wrapped in errors of their own.

    Where there is none, and where ``__main__`` raised the error, that itself. The
    refusal has the error's traceback then, without the frames of the package that
    was refused: where somebody asked for it.
    """
    from .frames import cause_of, context_of, trace_of, without_frames_of

    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and issubclass(type(link), ImportError):
        if id(link) in seen:
            break
        seen.add(id(link))
        module = vars(link).get(_MARK) if type(link) is ImportError else None
        if module is not None:
            forget(module)
            package = module.partition(".")[0]
            link.__suppress_context__ = True
            return link.with_traceback(without_frames_of(package, trace_of(error)))
        if _raised_in_main(link):
            break
        link = cause_of(link) or context_of(link)
    return error


def _refusal(spec: ModuleSpec, reason: str) -> ImportError:
    name, path = spec.name, spec.origin or ""
    distribution = distribution_of(name, path)
    owner = f" of {distribution}" if distribution else ""
    package = note(name) or outermost(name)
    way = "import it in the host"
    # For the exception see interpreter.cpp.
    if reason is _NOT_DECLARED or sys.version_info >= (3, 13, 1):
        checked = f"`%subinterp check {package}`"
        way += f", or with gil='shared' if {checked} says that it works there"
    refused[name] = (
        f"cannot import {name!r}{owner} in interpreter {_subinterp.name!r} "
        f"({reason}); {way}"
    )
    return _error(name, path)


def _error(module: str, path: str | None = None) -> ImportError:
    error = ImportError(refused[module], name=module, path=path)
    vars(error)[_MARK] = module
    return error


def _raised_in_main(error: BaseException) -> bool:
    from .frames import trace_of

    trace = trace_of(error)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "__main__"
