"""What is said of an extension module that was refused, and who hears it."""

from __future__ import annotations

import sys

import _subinterp

from .losses import forget, lost_by, note
from .packages import distribution_of, outermost
from .runner import settings

TYPE_CHECKING = False  # a package may try dozens, and see each refused
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["Refusal", "refusal_in", "refusals", "refuse", "refused"]

_MARK = "_subinterp_refusal"
_NOT_IN_PHASES = "it has no multi-phase initialization, PEP 489"
_NOT_DECLARED = "it does not say that it supports several GILs, PEP 684"


class Refusal:
    """A module, and why it was refused."""

    def __init__(self, module: str, path: str, reason: str) -> None:
        self.module = module
        self.path = path
        self.reason = reason
        self.distribution = distribution_of(module, path)
        # The one that people import, and that needs the module.
        self.package = note(module) or outermost(module)

    def error(self) -> ImportError:
        """Make the exception, which says all this in one line."""
        owner = f" of {self.distribution}" if self.distribution else ""
        way = "import it "
        if self._is_for_private_copies():
            way += "with extensions='private', or "
        way += "in the host"
        # For the exception see interpreter.cpp.
        might_share = self.reason is _NOT_DECLARED or sys.version_info >= (3, 13, 1)
        if might_share and settings.get("gil") != "shared":
            check = f"`%subinterp check {self.package}`"
            way += f", or with gil='shared' if {check} says that it works there"
        error = ImportError(
            f"cannot import {self.module!r}{owner} in interpreter "
            f"{_subinterp.name!r} ({self.reason}); {way}",
            name=self.module,
            path=self.path,
        )
        vars(error)[_MARK] = self.module
        return error

    def _is_for_private_copies(self) -> bool:
        """Tell whether nothing is known against a private copy of it."""
        from .private.known import REFUSED

        top = self.module.partition(".")[0]
        return (
            sys.platform == "linux"
            and settings.get("extensions") == "strict"
            and top not in sys.stdlib_module_names
            and top not in REFUSED
        )


refusals: dict[str, Refusal] = {}
"""All that were refused in this guest, by module."""


def refused(spec: ModuleSpec, *, in_phases: bool) -> ImportError:
    """Return the exception for a module that cannot be loaded."""
    reason = _NOT_DECLARED if in_phases else _NOT_IN_PHASES
    refusal = refusals[spec.name] = Refusal(spec.name, spec.origin or "", reason)
    return refusal.error()


def refuse(package: str) -> None:
    """Refuse a package that was imported without what it cannot do without.

    Raises:
        ImportError: an extension module was refused to it.
    """
    for module in lost_by(package):
        raise refusals[module].error()


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
        if id(link) in seen or _raised_in_main(link):
            break
        seen.add(id(link))
        module = vars(link).get(_MARK) if type(link) is ImportError else None
        if module is not None:
            forget(module)
            package = module.partition(".")[0]
            link.__suppress_context__ = True
            return link.with_traceback(without_frames_of(package, trace_of(error)))
        link = cause_of(link) or context_of(link)
    return error


def _raised_in_main(error: BaseException) -> bool:
    from .frames import trace_of

    trace = trace_of(error)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "__main__"
