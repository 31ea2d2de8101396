"""Looks at extension modules before they are loaded, for a guest with its own GIL.

Whether a module supports such a guest, CPython learns from what its ``PyInit_``
function returns, and calls that in the host. For a module with multi-phase
initialization this is a table, and none of the module's code has been run. Any other
module is run as a whole, in the host, by a guest's thread, and refused then. So those
are told by the names in their file, and refused before they are loaded.
"""

from __future__ import annotations

import sys

from .elf import read_elf, symbol_names

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["check", "explained"]

_CPYTHON_SAYS = "does not support loading in subinterpreters"


def check(spec: ModuleSpec) -> None:
    """Look at an extension module before it is loaded.

    Raises:
        ImportError: its initialization is its code, or its file is damaged; one line
            says what to do.
    """
    try:
        elf = read_elf(spec.origin or "")
    except ValueError as error:
        # To load it could end the process.
        message = f"cannot import {spec.name!r} ({error}); install it again"
        raise ImportError(message, name=spec.name, path=spec.origin) from None
    except OSError:
        return  # which the loader will say better
    if elf is not None and not _come_in_phases(elf.names):
        from .refusals import refused

        raise refused(spec, in_phases=False)


def explained(error: ImportError, spec: ModuleSpec) -> ImportError:
    """Return CPython's refusal in our words, any other error as it is."""
    if _CPYTHON_SAYS not in str(error):
        return error
    from .refusals import refused

    names = symbol_names(spec.origin or "")
    return refused(spec, in_phases=names is None or _come_in_phases(names))


def _come_in_phases(names: bytes) -> bool:
    if b"PyInit" not in names:
        return True  # or it is no module: the loader will say what is wrong with it
    # What PEP 793 has instead is a table as well, and not looked at by older versions.
    table = b"PyModExport" in names and sys.version_info >= (3, 15)
    return table or b"PyModuleDef_Init\0" in names
