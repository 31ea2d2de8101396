"""Loads extension modules from private copies."""

from __future__ import annotations

from warnings import filterwarnings

from _subinterp import load_extension
from subinterp_guest.elf import read_elf

from . import copies, libraries, policy
from .image import private_image

TYPE_CHECKING = False  # importing typing would cost more than the rest
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["create_module"]

# NumPy would say in each guest that it does not support guests (numpy#24755); what that
# means is in docs/private.md.
filterwarnings(
    "ignore", "NumPy was imported from a Python sub-interpreter", UserWarning
)

# Those without multi-phase initialization. Their function makes the module, in this
# copy once: who forgets one and imports it again gets the same, as in CPython.
_single_phase: dict[str, ModuleType] = {}


def create_module(spec: ModuleSpec) -> ModuleType:
    """Make a module from a private copy of its file; CPython executes it then.

    Raises:
        ImportError: it may not or cannot be loaded; one line says why.
    """
    known = _single_phase.get(spec.name)
    if known is not None:
        return known
    path = spec.origin or ""
    try:
        elf = read_elf(path)
        if elf is None:
            raise _failure(spec, "it is no 64-bit ELF file")
        policy.permit(spec, elf)
        renamed = libraries.provide(elf, path)

        def content() -> bytearray:
            policy.permit_untried(spec)
            return private_image(path, elf, renamed)

        with copies.Copy(path, content) as copy:
            module = load_extension(spec, copy, _suffix(spec.name))
    except (OSError, ValueError) as error:
        raise _failure(spec, error) from None
    except ImportError as error:
        raise error if error.name else _failure(spec, error) from None
    if _is_complete(module):
        _single_phase[spec.name] = module
        _correct_name(module, spec.name)
    return module


def _suffix(name: str) -> str:
    """Return what stands behind ``PyInit`` for a module (PEP 489)."""
    last = name.rpartition(".")[2]
    if last.isascii():
        return f"_{last}"
    return f"U_{last.encode('punycode').decode().replace('-', '_')}"


def _failure(spec: ModuleSpec, error: Exception | str) -> ImportError:
    message = f"cannot load a private copy of {spec.name!r} ({error})"
    return ImportError(message, name=spec.name, path=spec.origin)


def _is_complete(module: ModuleType) -> bool:
    # CPython has set the names of those that are still to be executed from the spec.
    return getattr(module, "__spec__", None) is None and bool(vars(module))


def _correct_name(module: ModuleType, name: str) -> None:
    # CPython tells its own loader's modules the name of their package.
    short = module.__name__
    if short == name:
        return
    module.__name__ = name
    for value in vars(module).values():
        if type(value) is type(len) and value.__module__ == short:
            value.__module__ = name
