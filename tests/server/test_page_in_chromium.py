"""The page as a server gives it, over an embedded registry and its gateway, in a real browser."""

import pytest
from playwright.sync_api import Browser

from attest.number import FilingNumber
from tests.browser.conftest import browser
from tests.browser.filings import settle
from tests.server.conftest import ABSENT, ENDED, FILED, Served

__all__ = ["browser"]


@pytest.mark.parametrize(("number", "outcome"), [(FILED, "active"), (ENDED, "revoked"), (ABSENT, "absent")])
def test_the_page_says_what_the_registry_holds(
    browser: Browser, served: Served, number: FilingNumber, outcome: str
) -> None:
    page = browser.new_page()
    page.goto(f"{served.url}#{number.key}")
    assert settle(page) == outcome
    page.close()


def test_the_page_without_its_server_says_that_it_cannot_verify(browser: Browser, served: Served) -> None:
    page = browser.new_page()
    page.route("**/rpc", lambda route: route.abort())
    page.goto(f"{served.url}#{FILED.key}")
    assert settle(page) == "unsure"
    page.close()
