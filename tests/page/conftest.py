"""A browser for each test process, and a page that has to stay silent: no error, no request, no broken policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from pitstop.data import Report
from pitstop.reports.html import filled, render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parent
HOW = "there is no Chromium: `apt-get install chromium`, or put one on the PATH by another way"

VIEWPORT: ViewportSize = {"width": 1440, "height": 1000}

Shown = Callable[..., Page]
"""Opens a report, or a document as JSON, as a page from disk: at an address `at`, with what a browser's page can be made with besides."""


# Not for longer than a module: as long as Playwright is there, its event loop runs in this thread, and no other test can run one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser. Without any the tests are skipped, but where `CI` is set they fail."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(HOW)
        pytest.skip(HOW)
    with sync_playwright() as playwright:
        # as root, which containers often run as, Chromium starts without its sandbox only
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Page:
    """A page that tests use one after the other: to open one takes longer than what most of them do."""
    return chromium.new_page(viewport=VIEWPORT)


@pytest.fixture
def shown(chromium: Browser, window: Page, tmp_path: Path) -> Iterator[Shown]:
    """Opens a page; in the end it may not have said anything or asked for anything."""
    heard: list[str] = []
    pages: list[Page] = []
    file = tmp_path / "report.html"
    listeners: dict[Any, Callable[[Any], None]] = {
        "console": lambda message: heard.append(f"{message.type}: {message.text}"),
        "pageerror": lambda error: heard.append(f"error: {error}"),
        "request": lambda request: (
            None if request.url.startswith(file.as_uri()) else heard.append(request.url)
        ),
    }

    def show(report: Report | str, at: str = "", **context: Any) -> Page:
        file.write_text(filled(report) if isinstance(report, str) else render(report), "utf-8")
        page = chromium.new_page(**{"viewport": VIEWPORT, **context}) if context else window
        pages.append(page)
        page.set_default_timeout(10_000)
        for event, listener in listeners.items():
            page.on(event, listener)
        page.goto(file.as_uri() + at)
        return page

    yield show
    for page in pages:
        if page is window:
            for event, listener in listeners.items():
                page.remove_listener(event, listener)
        else:
            page.close()
    assert heard == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder share the browser of one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("page"))
