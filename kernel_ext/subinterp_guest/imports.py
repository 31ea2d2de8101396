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
    if extensions is not None:
        _explain_refusals()
    if extensions == "strict":
        _check_extensions()
        after_import("polars", _need_all)
    elif extensions == "private":
        from . import private

        private.stand_in()
        _copy_extensions()


def _explain_refusals() -> None:
    def explaining(create: Any) -> Any:
        def create_module(*arguments: Any) -> Any:
            try:
                return create(*arguments)
            except ImportError as error:
                from .extensions import explained

                raise explained(error, arguments[-1]) from None

        return create_module

    loader = _extension_loader()
    loader.create_module = explaining(loader.create_module)
    importer: Any = sys.modules["_frozen_importlib"].BuiltinImporter
    importer.create_module = staticmethod(explaining(importer.create_module))


def _check_extensions() -> None:
    create = _extension_loader().create_module

    def create_module(self: Any, spec: ModuleSpec) -> ModuleType:
        # CPython's own, of which a shell needs dozens, refuse without doing harm.
        if spec.name not in sys.stdlib_module_names:
            from .extensions import check

            check(spec)
        module: ModuleType = create(self, spec)
        return module

    _extension_loader().create_module = create_module


def _copy_extensions() -> None:
    loader = _extension_loader()
    create, execute = loader.create_module, loader.exec_module

    def create_module(self: Any, spec: ModuleSpec) -> ModuleType:
        if spec.name in sys.stdlib_module_names:
            module: ModuleType = create(self, spec)
            return module
        from .private.loader import create_module

        return create_module(spec)

    def exec_module(self: Any, module: ModuleType) -> None:
        if module.__name__ in sys.stdlib_module_names:
            execute(self, module)
        else:
            _subinterp.execute_extension(module)

    loader.create_module = create_module
    loader.exec_module = exec_module


def _extension_loader() -> Any:
    # The class, not the finders: a loader may come from anywhere. Other imports cost
    # nothing. Its public name is importlib's, which need not be there.
    return sys.modules["_frozen_importlib_external"].ExtensionFileLoader


def _need_all(package: ModuleType) -> None:
    # It swallows the refusal, and breaks when it is used.
    from .refusals import refuse

    refuse(package.__name__)


def _bridge_comms(module: ModuleType) -> None:
    # Here and not in the package, whose namespace leads to __main__: patched modules
    # hold on to the hooks longer than the guest's objects should live.
    from . import comms

    comms.install(module)
