"""Another environment's packages first; for the rest, the guest is the host's.

What it then is to packages and programs: ``sys.prefix`` and ``sys.executable``, and the
variables that ``activate`` sets, so ``%pip`` and ``!python`` mean that environment.
"""

from __future__ import annotations

import os
import site
import sys

from . import imports
from .patches import disguise

TYPE_CHECKING = False  # importing typing would cost more than the rest of boot
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["enter"]

# The guest's side and the host's speak through these, or rely on their inner parts.
_OF_THE_HOST = frozenset({"IPython", "cloudpickle", "subinterp_values", "traitlets"})
_BEFORE_ENV = 10  # how many arguments of Popen come before "env"


def enter(venv: dict[str, Any]) -> None:
    """Use a virtual environment from now on; before any code of the user.

    Its ``.pth`` files are read, and their ``import`` lines run, as when its own Python
    starts: editable installs and namespace packages need them.

    Args:
        venv: ``prefix``, ``packages`` (directories), ``scripts``, ``executable``; and
            ``place``, before which entry of ``sys.path`` the packages go.
    """
    sys.meta_path.insert(1, _HostsOwn(sys.path.copy()))  # behind that of "imports"
    sys.prefix = sys.exec_prefix = venv["prefix"]
    sys.executable = venv["executable"]
    site.PREFIXES.insert(0, venv["prefix"])
    _activate(venv["prefix"], venv["scripts"])
    _add_packages(venv["packages"], venv["place"])


class _HostsOwn:
    """Finds a few modules where the host does, whatever the environment has."""

    def __init__(self, path: list[str]) -> None:
        self._path = path

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        if name not in _OF_THE_HOST:
            return None
        # Its public name is importlib's, which need not be there.
        external: Any = sys.modules["_frozen_importlib_external"]
        spec: ModuleSpec | None = external.PathFinder.find_spec(name, self._path)
        return spec


def _activate(prefix: str, scripts: str) -> None:
    # Not through os.environ, which would set the variables of the whole process.
    environment: Any = os.environ
    path = os.pathsep.join([scripts, *filter(None, [environment.get("PATH")])])
    for name, value in (("VIRTUAL_ENV", prefix), ("PATH", path)):
        key = environment.encodekey(name)
        environment._data[key] = environment.encodevalue(value)
    environment._data.pop(environment.encodekey("PYTHONHOME"), None)
    imports.after_import("subprocess", _pass_on)


def _pass_on(subprocess: ModuleType) -> None:
    # What is started without "env" would get the variables of the process. "python"
    # looks for itself in its own PATH, and would be the host's.
    popen: Any = vars(subprocess)["Popen"]
    start = popen.__init__

    def __init__(self: object, *args: object, **options: object) -> None:  # noqa: N807
        if len(args) <= _BEFORE_ENV and options.get("env") is None:
            options["env"] = os.environ
        start(self, *args, **options)

    __init__.__wrapped__ = start  # type: ignore[attr-defined]
    popen.__init__ = disguise(__init__, start)


def _add_packages(directories: Sequence[str], place: int) -> None:
    first, rest = sys.path[:place], sys.path[place:]
    # What .pth files import has to be found there at once.
    before = sys.path[:] = list(dict.fromkeys([*first, *directories, *rest]))
    for directory in directories:
        site.addsitedir(directory)
    added = [entry for entry in sys.path if entry not in before]
    sys.path[:] = dict.fromkeys([*first, *directories, *added, *rest])
