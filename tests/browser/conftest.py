"""A real Chromium for the tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from attest.site.browser import find_chromium
from tests.browser.filings import Filings, Host, filled, hosting

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: an open playwright keeps an event loop that other modules' `asyncio.run` would meet."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=find_chromium(playwright.chromium.executable_path), args=ARGUMENTS
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def filings() -> Iterator[Filings]:
    """Made before any browser runs: filling needs an event loop, and playwright keeps one."""
    with filled() as found:
        yield found


@pytest.fixture(scope="module")
def host(filings: Filings) -> Iterator[Host]:
    with hosting() as found:
        yield found
