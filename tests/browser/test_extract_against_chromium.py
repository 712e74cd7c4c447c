"""What extract() calls shown and hidden, judged by a real Chromium: a number is seen if the picture depends on it."""

import io
from datetime import date
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from attest.number import FilingNumber
from attest.site.extract import extract
from attest.site.styles import VIEWPORTS
from tests.browser.pages import BACK, DOUBTFUL, FRONT, HIDDEN, NUMBER, SHOWN

TODAY = date(2026, 11, 24)
LEAST_DIFFERENCE = 24  # of a channel, of 255: less is not seen as ink
LOW = 300  # pixels: pages are pictured whole, so a low window is only faster
LEAST_INK = 30  # pixels


@pytest.fixture(scope="module")
def windows(browser: Browser) -> list[Page]:
    """A desktop's window with a mouse and a phone's that is touched."""
    sizes: list[Any] = [{"width": width, "height": LOW} for width, _ in VIEWPORTS]
    return [
        browser.new_page(viewport=size, has_touch=touched) for size, touched in zip(sizes, (False, True), strict=True)
    ]


def picture(window: Page, page: str) -> Image.Image:
    window.set_content(page)
    shot = window.screenshot(full_page=True, animations="disabled", type="jpeg", quality=90)
    return Image.open(io.BytesIO(shot)).convert("RGB")


def painted(window: Page, page: str) -> bool:
    """Whether another number in the same place makes another picture."""
    other = page.replace(FRONT, "8" * len(FRONT)).replace(BACK, "9" * len(BACK))
    assert other != page
    first, second = picture(window, page), picture(window, other)
    size = (max(first.width, second.width), max(first.height, second.height))
    difference = ImageChops.difference(*(ImageChops.offset(shot, 0).crop((0, 0, *size)) for shot in (first, second)))
    strongest = difference.convert("L").point(lambda value: 255 * (value > LEAST_DIFFERENCE))
    return sum(strongest.histogram()[255:]) >= LEAST_INK


def found(page: str) -> tuple[bool, bool]:
    """Whether extract() lists the number as shown, and whether as hidden."""
    findings = extract(page.encode(), content_type="text/html; charset=utf-8", base_url="", today=TODAY)
    number = FilingNumber.parse(NUMBER)
    return (
        number in [shown.number for shown in findings.numbers],
        number in [hidden.number for hidden in findings.hidden],
    )


def whole(body: str) -> str:
    return f'<!doctype html><html lang="zh-CN"><body>{body.format(NUMBER)}</body></html>'


@pytest.mark.sampled
@pytest.mark.parametrize("name", SHOWN)
def test_what_chromium_paints_is_shown(windows: list[Page], name: str) -> None:
    page = whole(SHOWN[name])
    assert any(painted(window, page) for window in windows)
    assert found(page) == (True, False)


@pytest.mark.sampled
@pytest.mark.parametrize("name", HIDDEN)
def test_what_chromium_paints_nowhere_is_hidden(windows: list[Page], name: str) -> None:
    page = whole(HIDDEN[name])
    assert not any(painted(window, page) for window in windows)
    assert found(page) == (False, True)


@pytest.mark.sampled
@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_only_chromium_can_tell_to_be_hidden_is_doubted(windows: list[Page], name: str) -> None:
    page = whole(DOUBTFUL[name])
    assert not any(painted(window, page) for window in windows)
    findings = extract(page.encode(), content_type="text/html; charset=utf-8", base_url="", today=TODAY)
    assert [bool(shown.doubt) for shown in findings.numbers] == [True]
