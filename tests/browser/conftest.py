"""A real Chromium for the tests of this folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium(playwright: Playwright) -> str:
    """Path of the browser: ATTEST_CHROMIUM, one on PATH, or playwright's own."""
    named = os.environ.get("ATTEST_CHROMIUM")
    known = [named] if named else [*map(shutil.which, NAMES), playwright.chromium.executable_path]
    for path in known:
        if path and Path(path).is_file():
            return path
    pytest.fail("No Chromium found. Run `make setup-test`, or name one in ATTEST_CHROMIUM.", pytrace=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: an open playwright keeps an event loop that other modules' `asyncio.run` would meet."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(playwright), args=ARGUMENTS)
        yield running
        running.close()
