"""Which extension modules may be loaded from private copies.

Some packages are known to work, by their version, and some are known not to. Of all
others nobody knows: they are tried first, in a child process, which may die of it.
"""

from __future__ import annotations

import os

from subinterp_guest.packages import distribution_of, record_of
from subinterp_guest.refusals import Refusal, refusals
from subinterp_guest.runner import settings

from .known import REFUSED, REFUSED_LIBRARIES, TESTED

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

    from subinterp_guest.elf import Elf

__all__ = ["permit", "permit_untried"]


def permit(spec: ModuleSpec, elf: Elf) -> None:
    """Refuse a module that is known not to work.

    Raises:
        ImportError: one line says why.
    """
    reason = REFUSED.get(spec.name.partition(".")[0])
    for needed in elf.needed:
        for name, why in REFUSED_LIBRARIES.items():
            if needed.startswith(name):
                reason = why
    if reason is not None:
        _refuse(spec, reason)


def permit_untried(spec: ModuleSpec) -> None:
    """Refuse a module that is not known to work, and does not work when it is tried.

    Raises:
        ImportError: one line says why.
    """
    # The child process in which it is tried.
    if settings.get("untried"):
        return
    path = spec.origin or ""
    record = record_of(spec.name, path)
    name, _, version = distribution_of(spec.name, path).partition(" ")
    whole = bool(record) and _is_as_installed(path, record)
    known = TESTED.get(name.lower().replace("_", "-"), ())
    if whole and version.startswith(known):
        return
    from .trial import failure

    # Of a package that is whole, one trial will do; of a file that is not, or that
    # nobody has installed, there may be another one tomorrow.
    reason = failure(spec.name, record if whole else path)
    if reason:
        _refuse(spec, reason)


def _refuse(spec: ModuleSpec, reason: str) -> None:
    refusal = refusals[spec.name] = Refusal(spec.name, spec.origin or "", reason)
    raise refusal.error()


def _is_as_installed(path: str, record: str) -> bool:
    """Tell whether a file is what the list of installed files says."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    root = os.path.dirname(os.path.dirname(record))
    line = f"\n{os.path.relpath(path, root)},sha256=".replace(os.sep, "/").encode()
    with open(record, "rb") as file:
        _, found, rest = (b"\n" + file.read()).partition(line)
    if not found:
        return False
    with open(path, "rb") as file:
        digest = urlsafe_b64encode(sha256(file.read()).digest()).rstrip(b"=")
    return rest.startswith(digest + b",")
