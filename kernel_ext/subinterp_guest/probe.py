"""Finds out for ``subinterp.check`` what becomes of a module in this guest.

The guest is one of two in a child process, which may crash or hang at any moment.
"""

from __future__ import annotations

import gc
import importlib
import sys
from contextlib import suppress
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from . import belongings
from .elf import symbol_names
from .exercises import EXERCISES
from .packages import distribution_of, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["found", "load", "use"]

type Report = dict[str, Any]

_TIMES = 3
# Extension modules that were to be loaded, and what came of each.
_native: dict[str, BaseException | None] = {}


def found(module: str) -> Report:
    """Look for a module: whether it is there, and what has installed it."""
    names = module.split(".")
    if names[0] in sys.stdlib_module_names:
        return {"distribution": f"Python {sys.version.partition(' ')[0]}"}
    for end in range(1, len(names) + 1):
        package = ".".join(names[:end])
        try:
            spec = find_spec(package)
        except Exception:
            break  # the import will say more
        if spec is None:
            return {"missing": _providers(module)}
        if spec.origin is not None:
            return {"distribution": distribution_of(package, spec.origin)}
    return {"distribution": ""}


def load(module: str) -> Report:
    """Import a module."""
    _watch()
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        # What there is of it may lack the part that was asked for.
        asked = f"{module}.".startswith(f"{error.name}.")
        return {"missing": _providers(module)} if asked else _failure(error)
    except BaseException as error:
        return _failure(error)
    return {}


def use(module: str) -> Report:
    """Use a module: by a computation if there is one for it, else by a look at it.

    And load its extension modules, if nothing has brought any of them.
    """
    try:
        for _ in range(_TIMES):
            exec(_exercise(module), {"__name__": "exercise"})
            if not _native:
                _load_all(module)
            _look_at_all(module)
            gc.collect()
    except BaseException as error:
        return _failure(error)
    without = {m: _said(m, error) for m, error in _native.items() if error is not None}
    return {"native": len(_native), "without": without}


def _exercise(module: str) -> str:
    names = module.split(".")
    packages = [".".join(names[:end]) for end in range(len(names), 0, -1)]
    return next((EXERCISES[name] for name in packages if name in EXERCISES), "")


def _watch() -> None:
    belongings.watch()
    loader: Any = ExtensionFileLoader
    for name in ("create_module", "exec_module"):
        setattr(loader, name, _recorded(getattr(loader, name)))


def _recorded(method: Any) -> Any:
    def load(self: Any, argument: ModuleSpec | ModuleType) -> Any:
        try:
            outcome = method(self, argument)
        except BaseException as error:
            _record(self.name, error)
            raise
        _record(self.name, None)
        return outcome

    return load


def _record(module: str, error: BaseException | None) -> None:
    if module.partition(".")[0] not in sys.stdlib_module_names:
        _native[module] = error


def _failure(error: BaseException) -> Report:
    refused = {m: e for m, e in _native.items() if isinstance(e, ImportError)}
    if isinstance(error, ImportError) and refused:
        # Packages wrap it, or try others before they give up: the first one tells.
        module, error = next(iter(refused.items()))
        return {"refused": f"{module}: {_said(module, error)}"}
    return {"failed": _described(error)}


def _said(module: str, error: BaseException) -> str:
    refusals: Any = sys.modules.get("subinterp_guest.refusals")
    if refusals is not None and module in refusals.refusals:
        reason: str = refusals.refusals[module].reason
        return reason
    return _described(error)


def _described(error: BaseException) -> str:
    line = (str(error).strip().splitlines() or [""])[0]
    kind = type(error).__name__
    if type(error) is ImportError:
        return line
    return f"{kind}: {line}" if line else kind


def _load_all(module: str) -> None:
    for name in _extension_modules(module, sys.modules[module]):
        try:
            importlib.import_module(name)
        except ImportError as error:
            if _refuses(name, error):
                raise
            _native.pop(name, None)


def _refuses(module: str, error: ImportError) -> bool:
    """Tell whether the module itself does, and nothing is missing that it needs."""
    if "shared object" in str(error):  # "cannot open": a library
        return False
    return module in _native and error.name in {None, module}


def _extension_modules(module: str, imported: ModuleType) -> Iterator[str]:
    path = getattr(imported, "__file__", None)
    if path is None or module.partition(".")[0] in sys.stdlib_module_names:
        return
    file = Path(path)
    record = record_of(module, path)
    if record:
        root = Path(record).parent.parent
        lines = Path(record).read_text("utf-8", "replace").splitlines()
        files = [root / line.partition(",")[0] for line in lines]
    elif file.stem == "__init__":
        root = file.parents[module.count(".") + 1]
        files = list(file.parent.rglob("*"))
    else:
        return
    for one in files:
        suffix = next((s for s in EXTENSION_SUFFIXES if one.name.endswith(s)), None)
        if suffix is None:
            continue
        *folders, last = one.relative_to(root).parts
        name = last.removesuffix(suffix)
        exported = symbol_names(str(one)) or b""
        if any(f"Py{f}_{name}\0".encode() in exported for f in ("Init", "ModExport")):
            yield ".".join((*folders, name))


def _look_at_all(module: str) -> None:
    for name in {module, *_native}:
        loaded = sys.modules.get(name)
        for attribute in dir(loaded):
            with suppress(Exception):  # what it says is not the question
                repr(getattr(loaded, attribute))


def _providers(module: str) -> str:
    """Name the modules of the distribution that has this name."""
    from importlib.metadata import packages_distributions

    wanted = _normal(module)
    modules = packages_distributions().items()
    return " ".join(
        name
        for name, distributions in modules
        if wanted in map(_normal, filter(None, distributions)) and name[0] != "_"
    )


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
