"""One JupyterLab, one browser and one page for all tests; a notebook for each."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from .lab import Notebook

_SWITCHES = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # it needs one to be another user than root
]


# The browser: not each machine has one, so who wants these tests names it.
_CHROMIUM = os.environ.get("CHROMIUM")
# The first test starts all that the others use.
_SECONDS = 180
_WAIT_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(_SECONDS))
            if _CHROMIUM is None:
                reason = "`make browser` runs these, and needs Chromium"
                item.add_marker(pytest.mark.skip(reason))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    path = shutil.which(str(_CHROMIUM))
    assert path is not None, f"there is no {_CHROMIUM}: apt-get install chromium"
    return path


# Not for the whole session: while Playwright is there, this thread has an event loop
# that runs, and nobody else's test could run one.
@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.close()


@pytest.fixture(scope="package")
def page(chromium: str, server: Server) -> Iterator[Page]:
    """JupyterLab without an open notebook."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_SWITCHES)
        page = browser.new_page(viewport={"width": 1000, "height": 1200})
        page.set_default_timeout(_WAIT_MS)
        page.goto(server.url)
        page.locator(".jp-Launcher").wait_for()
        yield page
        browser.close()


@pytest.fixture
def open_notebook(
    page: Page, server: Server, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with these cells, and close it after the test."""
    from .lab import Notebook, close_notebooks

    yield partial(Notebook, page, server.notebooks / f"{request.node.name}.ipynb")
    close_notebooks(page)
