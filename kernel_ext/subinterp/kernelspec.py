"""The kernelspec: the stock ipykernel with this extension loaded.

A wheel brings a copy of it along (``resources/kernel.json``), whose argv begins with
``python`` because a wheel cannot know where it will be installed; jupyter_client
starts the Python it runs on for that word. What :func:`install` writes names its
Python in full, so that Jupyter in another environment starts this one.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path

from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager

from .names import check_name

__all__ = ["DISPLAY_NAME", "NAME", "install", "searched", "write"]

NAME = "subinterp"
DISPLAY_NAME = "Python 3 (subinterpreters)"


def __dir__() -> list[str]:
    return __all__


def write(
    directory: Path, *, display_name: str = DISPLAY_NAME, use: str | None = None
) -> None:
    """Write the kernelspec into a directory that does not exist yet."""
    more = [] if use is None else [f"--Subinterp.use={use}"]
    # ipykernel fills in the rest: without its metadata.supported_encryption each start
    # prints a warning, and without metadata.debugger JupyterLab hides its debugger.
    write_kernel_spec(
        directory,
        overrides={"display_name": display_name},
        extra_arguments=["--ext=subinterp", *more],
    )
    for logo in Path(__file__).parent.joinpath("resources").glob("logo-*"):
        shutil.copyfile(logo, directory / logo.name)


def install(
    name: str = NAME,
    *,
    user: bool = False,
    prefix: str | None = None,
    use: str | None = None,
) -> Path:
    """Install the kernelspec where Jupyter looks for it; return its directory.

    Args:
        name: The kernel's name; another one than ``subinterp`` shows in its title too.
        user: For this user only.
        prefix: Under this directory. With neither: for the whole system.
        use: The interpreter that plain cells run in from the start.

    Raises:
        OSError: The place cannot be written to.
        ValueError: Jupyter allows no such name, or no interpreter can have that of
            ``use``.
    """
    manager = KernelSpecManager()
    # It would warn, with the list of all directories that Jupyter searches, about a
    # prefix outside them. The command line says that in a sentence of its own.
    manager.log = logging.getLogger(__name__)
    manager.log.addHandler(logging.NullHandler())
    title = DISPLAY_NAME if name == NAME else f"{DISPLAY_NAME} [{name}]"
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "kernel")
        write(source, display_name=title, use=use and check_name(use))
        return Path(
            manager.install_kernel_spec(
                str(source), kernel_name=name, user=user, prefix=prefix
            )
        )


def searched(directory: Path) -> bool:
    """Tell whether Jupyter looks for kernelspecs beside this one."""
    return str(directory.parent) in KernelSpecManager().kernel_dirs
