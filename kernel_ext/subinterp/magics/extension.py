"""Everything that loading puts into a shell, and how to take it out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from IPython.core.error import UsageError
from traitlets import TraitError

from subinterp import lifecycle, registry, settings
from subinterp.display.terminal import TerminalFrontEnd
from subinterp.errors import InterpreterBusyError
from subinterp.preferences import Preferences, preferences
from subinterp.ready import ready
from subinterp.route import set_route_factory

from .assistant import Assistant
from .kernel_assist import KernelAssist
from .line_completion import LineCompletion
from .magic import SubinterpMagics
from .side_requests import SideRequests
from .stop_button import IdleInterrupt
from .terminal_assist import TerminalAssist
from .transformer import ENTRY, CellTransformer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from subinterp.display.front_end import FrontEnd

__all__ = ["Extension"]

_PREFERENCES = tuple(vars(preferences))


class _Part(Protocol):
    """Something of ours that stands in the place of the shell's or the kernel's."""

    def install(self) -> None: ...
    def remove(self) -> None: ...


def _front_end(shell: InteractiveShell) -> FrontEnd:
    if getattr(shell, "kernel", None) is None:
        return TerminalFrontEnd(shell)
    # Not above: terminal IPython must not need ipykernel's modules loaded.
    from subinterp.display.kernel import KernelFrontEnd  # noqa: PLC0415

    return KernelFrontEnd(shell)


def _configured(shell: InteractiveShell, front_end: FrontEnd) -> SubinterpMagics:
    try:
        return SubinterpMagics(shell, front_end)
    except TraitError as error:
        configurables: list[Any] = shell.configurables
        configurables[:] = [c for c in configurables if type(c) is not SubinterpMagics]
        message = f"cannot load subinterp ({error}); correct the configuration"
        raise UsageError(message) from None


def _parts_of_kernel(
    kernel: Any, front_end: FrontEnd, assistant: Assistant
) -> list[_Part]:
    # Not above, for the reason that _front_end() gives.
    from subinterp.display.kernel_comms import KernelComms  # noqa: PLC0415

    return [
        IdleInterrupt(kernel),
        KernelAssist(kernel, assistant),
        KernelComms(kernel, front_end),
        SideRequests(kernel),
    ]


class Extension:
    """The extension as loaded into one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._front_end = _front_end(shell)
        self._magics = _configured(shell, self._front_end)
        self._transformer = CellTransformer(self._front_end)
        kernel = getattr(shell, "kernel", None)
        self._parts: list[_Part] = [LineCompletion(shell, self._magics.parser)]
        assistant = Assistant(self._front_end, self._magics.options)
        if kernel is None:
            self._parts.append(TerminalAssist(shell, assistant))
        else:
            self._parts += _parts_of_kernel(kernel, self._front_end, assistant)

    def load(self) -> None:
        """Put everything in its place."""
        shell = self._shell
        shell.register_magics(self._magics)
        setattr(shell, ENTRY, self._magics.run_cell)
        shell.input_transformers_cleanup.append(self._transformer)
        shell.events.register("pre_run_cell", self._front_end.cell_begins)
        shell.events.register("post_run_cell", self._front_end.cell_ends)
        set_route_factory(self._front_end.current_route)
        shell.observe(self._use_colors, "colors")
        self._use_colors()
        settings.guest_options["notebook"] = hasattr(shell, "kernel")
        settings.guest_options["ipython_dir"] = shell.ipython_dir
        if shell.profile_dir is not None:
            settings.guest_options["profile_dir"] = shell.profile_dir.location
        self._magics.observe(self._use_preferences, [*_PREFERENCES, "pool_size"])
        self._use_preferences()
        self._magics.observe(self._use_guest, "use")
        self._use_guest()
        shell.events.register("post_run_cell", self._refill)
        ready.fill()
        for part in self._parts:
            part.install()

    def unload(self) -> None:
        """Leave nothing behind, and close all guests."""
        shell = self._shell
        self._front_end.use("")
        for part in self._parts:
            part.remove()
        set_route_factory(None)
        shell.unobserve(self._use_colors, "colors")
        settings.guest_options.clear()
        shell.events.unregister("pre_run_cell", self._front_end.cell_begins)
        shell.events.unregister("post_run_cell", self._front_end.cell_ends)
        shell.events.unregister("post_run_cell", self._refill)
        if self._transformer in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.remove(self._transformer)
        delattr(shell, ENTRY)
        manager = shell.magics_manager
        for kind in ("line", "cell"):
            manager.magics[kind].pop("subinterp", None)
        manager.registry.pop(type(self._magics).__name__, None)
        configurables: list[Any] = shell.configurables
        if self._magics in configurables:
            configurables.remove(self._magics)
        for name, default in vars(Preferences()).items():
            setattr(preferences, name, default)
        ready.close()
        _close_guests()

    def _use_guest(self, change: object = None) -> None:
        """Send plain cells where the user has configured."""
        del change
        self._front_end.use(self._magics.use)

    def _use_preferences(self, change: object = None) -> None:
        """Pass on what the user has configured."""
        del change
        for name in _PREFERENCES:
            setattr(preferences, name, getattr(self._magics, name))
        registry.keep_ready(self._magics.pool_size)

    def _refill(self, result: object = None) -> None:
        """Replace guests that were taken, not before the cell that did has ended."""
        del result
        if self._front_end.cell_now() is None:
            ready.fill()

    def _use_colors(self, change: object = None) -> None:
        """Have guests show code and tracebacks in the host's colours."""
        del change
        settings.guest_options["colors"] = self._shell.colors


def _close_guests() -> None:
    try:
        registry.close_all()
    except InterpreterBusyError as error:
        # An exception here would have IPython believe that we are still loaded.
        print(f"subinterp is unloaded, but {error}", file=sys.stderr)  # noqa: T201
    else:
        lifecycle.undo()
