"""What a guest displays becomes messages to the host, under the run's id."""

# mypy: allow-untyped-calls
# Much of IPython has no annotations.

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from IPython.core.display_functions import display
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.payload import PayloadManager

from _subinterp import MESSAGE, emit

from .context import current
from .plain import plain

if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import ExecutionResult

__all__ = [
    "GuestDisplayHook",
    "GuestDisplayPublisher",
    "GuestPayloads",
    "send",
    "show_page",
]


def send(msg_type: str, content: dict[str, Any]) -> None:
    """Send a message to the host, as one of the present run."""
    emit(current(), MESSAGE, marshal.dumps((msg_type, plain(content))))


def show_page(page: str | dict[str, Any], *_: object, **__: object) -> None:
    """Display text, or a MIME bundle, in whole: there is no pager that can go back."""
    data = page if isinstance(page, dict) else {"text/plain": page}
    display(data, raw=True)


class GuestDisplayPublisher(DisplayPublisher):
    """Sends ``display()``, updates of it, and ``clear_output()`` to the host."""

    def publish(  # type: ignore[override]  # the base has a deprecated "source" too
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Send a MIME bundle."""
        self._validate_data(data, metadata)
        send(
            "update_display_data" if update else "display_data",
            {"data": data, "metadata": metadata or {}, "transient": transient or {}},
        )

    def clear_output(self, wait: bool = False) -> None:
        """Clear the run's output, at once or with what comes next."""
        send("clear_output", {"wait": bool(wait)})


class GuestPayloads(PayloadManager):
    """Sends what is for the front end itself, as the text of the next cell."""

    def write_payload(self, data: dict[str, Any], single: bool = True) -> None:
        """Send a payload; the host keeps one of each source."""
        del single
        send("payload", data)


class GuestDisplayHook(DisplayHook):
    """Sends the value of a cell's last expression to the host.

    The result being filled in and the cell's source belong to the run, not to the
    hook: cells of several threads display at once.
    """

    shell: Any  # the guest's, with its cells

    @property
    def exec_result(self) -> ExecutionResult | None:
        """The result of the cell that the caller runs."""
        cell = self.shell.cells.running()
        return None if cell is None else cell.result

    @exec_result.setter
    def exec_result(self, result: ExecutionResult | None) -> None:
        cell = self.shell.cells.running()
        if cell is not None:
            cell.result = result

    def quiet(self) -> bool:
        """Return whether the value stays unseen: asked for, or by a final ``;``."""
        cell = self.shell.cells.current()
        return cell.quiet or bool(self.semicolon_at_end_of_expression(cell.source))

    def compute_format_data(
        self, result: object
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Format the value; a failure in there is the cell's."""
        cell = self.shell.cells.current()
        cell.formatting = True
        try:
            bundle: tuple[dict[str, Any], dict[str, Any]]
            bundle = super().compute_format_data(result)
            return bundle
        finally:
            cell.formatting = False

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        """Send the value under the number of its cell."""
        send(
            "execute_result",
            {
                "data": format_dict,
                "metadata": md_dict or {},
                "execution_count": self.prompt_count,
            },
        )

    def start_displayhook(self) -> None:
        """Do nothing: the host writes the prompt."""

    def write_output_prompt(self) -> None:
        """Do nothing: the host writes the prompt."""

    def finish_displayhook(self) -> None:
        """Do nothing: all has been sent."""
