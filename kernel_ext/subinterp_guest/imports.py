"""What a guest's imports see: no ``subinterp``, and modules patched as they arrive.

And extension modules only if they can be loaded, see :mod:`extensions`; or private
copies of them, see :mod:`private`.
"""

from __future__ import annotations

import sys

import _subinterp

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["after_import", "install"]

type Hook = Callable[[ModuleType], None]
type Create = Callable[[ModuleSpec, Callable[[], ModuleType]], ModuleType]

_hooks: dict[str, Hook] = {}


class _Finder:
    """Stands first on ``sys.meta_path``; most names pass through untouched."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "subinterp":
            msg = (
                "guests do not nest: subinterp can be imported in the host only,"
                f" not in interpreter {_subinterp.name!r}"
            )
            raise ImportError(msg, name=name)
        if name not in _hooks:
            return None
        for finder in sys.meta_path:
            if finder is _Finder:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, _hooks[name])  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """Loads as the loader it wraps does, then calls the hook."""

    def __init__(self, loader: Any, hook: Hook) -> None:
        self._loader = loader
        self._hook = hook

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Whoever looks later (importlib.reload, inspect) finds the real loader.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._hook(module)


def after_import(name: str, hook: Hook) -> None:
    """Call the hook with the module when it is imported, or now if it has been."""
    _hooks[name] = hook
    module = sys.modules.get(name)
    if module is not None:
        hook(module)


def install(extensions: str | None) -> None:
    """Put the finder first, and a change before the loading of extension modules.

    Args:
        extensions: ``"strict"`` for a check, ``"private"`` for private copies; None for
            neither.
    """
    sys.meta_path.insert(0, _Finder)
    after_import("comm", _bridge_comms)
    if extensions == "strict":
        _load_extensions(_checked)
        after_import("polars", _need_all)
    elif extensions == "private":
        from . import private

        private.stand_in()
        _load_extensions(_private)


def _load_extensions(load: Create) -> None:
    # The class, not the finders: a loader may come from anywhere. Other imports cost
    # nothing. Its public name is importlib's, which need not be there.
    loader: Any = sys.modules["_frozen_importlib_external"]
    create = loader.ExtensionFileLoader.create_module

    def create_module(self: Any, spec: ModuleSpec) -> ModuleType:
        return load(spec, lambda: create(self, spec))

    loader.ExtensionFileLoader.create_module = create_module


def _is_part_of_python(spec: ModuleSpec) -> bool:
    return spec.name in sys.stdlib_module_names


def _checked(spec: ModuleSpec, create: Callable[[], ModuleType]) -> ModuleType:
    # CPython's own, of which a shell needs dozens, refuse without doing harm.
    if not _is_part_of_python(spec):
        from .extensions import check

        check(spec)
    try:
        return create()
    except ImportError as error:
        from .extensions import explained

        raise explained(error, spec) from None


def _private(spec: ModuleSpec, create: Callable[[], ModuleType]) -> ModuleType:
    if _is_part_of_python(spec):
        return create()
    from .private.loader import create_module

    return create_module(spec)


def _need_all(package: ModuleType) -> None:
    # It swallows the refusal, and breaks when it is used.
    from .refusals import refuse

    refuse(package.__name__)


def _bridge_comms(module: ModuleType) -> None:
    # Here and not in the package, whose namespace leads to __main__: patched modules
    # hold on to the hooks longer than the guest's objects should live.
    from . import comms

    comms.install(module)
