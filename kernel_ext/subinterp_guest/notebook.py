"""What libraries look for when they want to know whether they are in a notebook.

ipykernel itself cannot be imported in a guest: pyzmq refuses. So its name stands for
modules that have what code asks about, and nothing else.
"""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from traitlets.config import Config

from .shell import GuestShell

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["ZMQInteractiveShell"]


class ZMQInteractiveShell(GuestShell):
    """The shell of a guest whose cells are a notebook's.

    The name is that of ipykernel's class: rich and others know a notebook by it, others
    by ``kernel``, by a module or by a section of the configuration.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(config=Config({"IPKernelApp": {}}), **options)
        self.kernel = _Kernel(self)
        for name, find in _MODULES.items():
            sys.modules.setdefault(name, _module(name, find))


class _Kernel:
    """What code asks of a shell's kernel."""

    def __init__(self, shell: GuestShell) -> None:
        self._shell = shell

    @property
    def comm_manager(self) -> Any:
        """The manager of this guest's comms."""
        import comm

        return comm.get_comm_manager()

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        """Return the request that the calling code works for, if any."""
        del channel  # a guest's code works for the shell channel only
        return self._shell.get_parent()


def _in_package(attribute: str) -> Any:
    if attribute not in {"__version__", "version_info"}:
        raise KeyError(attribute)
    from importlib.metadata import version

    text = version("ipykernel")
    if attribute == "__version__":
        return text
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


def _in_comm(attribute: str) -> Any:
    # inspect looks at every module there is, which must cost nothing.
    if attribute not in {"Comm", "CommManager"}:
        raise KeyError(attribute)
    import comm  # noqa: F401 - for these to be its own

    from . import comms

    return {"Comm": comms.GuestComm, "CommManager": comms.GuestCommManager}[attribute]


def _in_zmqshell(attribute: str) -> Any:
    return {"ZMQInteractiveShell": ZMQInteractiveShell}[attribute]


_MODULES = {
    "ipykernel": _in_package,
    "ipykernel.comm": _in_comm,
    "ipykernel.zmqshell": _in_zmqshell,
}


def _module(name: str, find: Callable[[str], Any]) -> ModuleType:
    module: Any = ModuleType(name, __doc__)
    package = "." not in name
    module.__spec__ = ModuleSpec(name, None, is_package=package)
    if package:
        module.__path__ = []  # no other part of it can be found

    def find_attribute(attribute: str) -> Any:
        try:
            return find(attribute)
        except KeyError:
            msg = f"module {name!r} has no attribute {attribute!r} in a guest"
            raise AttributeError(msg) from None

    module.__getattr__ = find_attribute
    return module  # type: ignore[no-any-return]
