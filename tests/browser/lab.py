"""JupyterLab's page as a person uses it: by mouse, keyboard and eyes.

Whatever waits here waits for the page to show something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

__all__ = ["Cell", "Notebook", "close_notebooks"]

expect.set_options(timeout=30_000)

_OPEN = """async path => {
  const notebook = await jupyterapp.commands.execute('docmanager:open', {path});
  await notebook.context.ready;
  await notebook.sessionContext.ready;
}"""
# Without the question whether to save.
_CLOSE = """async () => {
  for (const shown of [...jupyterapp.shell.widgets('main')]) {
    if (shown.sessionContext) {
      await shown.sessionContext.shutdown();
      shown.dispose();
    }
  }
}"""


class Cell:
    """A code cell of the page."""

    def __init__(self, root: Locator) -> None:
        self.editor = root.locator(".jp-InputArea .cm-content")
        self._root = root
        self._prompt = root.locator(".jp-InputPrompt")
        self._outputs = root.locator(".jp-OutputArea-output")

    def send(self) -> Cell:
        """Run it with Shift+Enter."""
        self.editor.click()
        self._root.page.keyboard.press("Shift+Enter")
        return self

    def run(self) -> Cell:
        """Run it, and wait for its end."""
        return self.send().prompts(re.compile(r"^\[\d+\]:$"))

    def prompts(self, text: str | re.Pattern[str]) -> Cell:
        """Wait until this stands before it: its number, or a sign."""
        expect(self._prompt).to_have_text(text)
        return self

    def shows(
        self, text: str | re.Pattern[str], selector: str = ".jp-OutputArea-output"
    ) -> Locator:
        """Wait for the one part of its output that has this text."""
        found = self._root.locator(".jp-OutputArea").locator(selector)
        found = found.filter(has_text=text)
        expect(found).to_be_visible()
        return found

    def answer(self, prompt: str, text: str) -> Cell:
        """Wait for the box with this prompt, and type a line."""
        self.shows(prompt, ".jp-Stdin-prompt")
        box = self._outputs.locator("input.jp-Stdin-input")
        box.fill(text)
        box.press("Enter")
        return self

    def complete(self) -> list[str]:
        """Press Tab at its end, and read what the list offers."""
        page = self._root.page
        self.editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.press("Tab")
        page.locator(".jp-Completer").wait_for()
        items = page.locator(".jp-Completer-item .jp-Completer-match")
        return items.all_inner_texts()

    def texts(self) -> list[str]:
        """What its outputs show now."""
        return self._outputs.all_inner_texts()


class Notebook:
    """The one open notebook of the page, with a kernel of its own."""

    def __init__(self, page: Page, path: Path, *sources: str) -> None:
        self.page = page
        self._write(path, sources)
        page.evaluate(_OPEN, path.name)
        self.root = page.locator(".jp-NotebookPanel")
        found = self.root.locator(".jp-CodeCell")
        expect(found).to_have_count(len(sources))
        self.cells = [Cell(found.nth(index)) for index in range(len(sources))]

    @staticmethod
    def _write(path: Path, sources: tuple[str, ...]) -> None:
        new = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        new.metadata.kernelspec = {"name": "subinterp", "display_name": "subinterp"}
        new.cells = [
            nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
            for source in sources
        ]
        nbformat.write(new, path)  # type: ignore[no-untyped-call]

    def run_all(self) -> None:
        """Choose Run All Cells, which queues them all."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def stop(self) -> None:
        """Press the Stop button."""
        self.root.get_by_role("button", name="Interrupt the kernel").click()

    def wear(self, *, light: bool) -> None:
        """Give the page a light or a dark theme."""
        self.page.emulate_media(color_scheme="light" if light else "dark")
        body = self.page.locator(f"body[data-jp-theme-light={str(light).lower()}]")
        body.wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")


def close_notebooks(page: Page) -> None:
    """Close what is open without saving, end the kernels, and take off a dark theme."""
    page.evaluate(_CLOSE)
    page.emulate_media(color_scheme="no-preference")
