"""Badge, QR code and snippet as a visitor's browser draws them, served from loopback under a strict policy."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import astuple
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any, get_args

import pytest
import zxingcpp
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from attest.number import FilingNumber
from widgets.badge import Lang, Look, Size, Style, badge_svg
from widgets.files import write_badge_files
from widgets.pointer import pointer

NUMBER = FilingNumber("33010619213211320012")
WITH_X = FilingNumber("1101082600000018901X")
PAGE = "https://verify.example/"
SCHEMES = ("light", "dark")
FONTS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans Mono, Noto Sans Mono CJK SC")
LOOKS = [Look(*each) for each in product(get_args(Lang), get_args(Style), get_args(Size), ["light"])]
INSET = 8  # px between plate's edge and ink, at least
SCALE = 2
EDGE = 2 * SCALE  # px of a screenshot: the plate's border and its rounded corner's blend


class Handler(SimpleHTTPRequestHandler):
    """A static site whose policy allows nothing but its own files; below `/open/` it has none."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".html": "text/html; charset=utf-8"}

    def end_headers(self) -> None:
        if not self.path.startswith("/open/"):
            self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a page that holds the snippet as it was written, and of the files beside it."""
    folder = tmp_path_factory.mktemp("site")
    write_badge_files(folder, number=NUMBER, page=PAGE, attestation=None)
    write_badge_files(folder / "open", number=NUMBER, page=PAGE, attestation=None)
    write_badge_files(folder / "open" / "x", number=WITH_X, page=PAGE, attestation=None)
    write_badge_files(folder / "element", number=NUMBER, page=PAGE, attestation=None, element=True)
    with_element = (folder / "element" / "snippet.html").read_text(encoding="utf-8")
    (folder / "element" / "index.html").write_text(_page(with_element), encoding="utf-8")
    snippet = (folder / "snippet.html").read_text(encoding="utf-8")
    (folder / "index.html").write_text(_page(snippet), encoding="utf-8")
    (folder / "without.html").write_text(_page(snippet).replace(".svg", ".missing"), encoding="utf-8")
    (folder / "breach.html").write_text(_page(f'<p style="color:red">1</p>{snippet}'), encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _page(body: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>示例</title></head>
<body><main>正文</main><footer>{body}</footer></body></html>
"""


def opened(browser: Browser, address: str, scheme: str = "light", *, scale: int = 1, width: int = 800) -> Page:
    """A page that was loaded with its pictures; violations of its policy gather in `window.violations`."""
    viewport: Any = {"width": width, "height": 600}
    context = browser.new_context(color_scheme=scheme, device_scale_factor=scale, viewport=viewport)  # type: ignore[arg-type]
    context.add_init_script("""
        window.violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective), true);
    """)
    page = context.new_page()
    page.goto(address)
    return page


def drawn(browser: Browser, look: Look, number: FilingNumber, font: str, *, bound: bool = True) -> Page:
    """A badge inside a page, in a font of one's choice; its texts' widths may be left to the font."""
    svg = badge_svg(number, look)
    svg = svg.replace('font-family="sans-serif"', f'font-family="{font}"')
    page = opened(browser, "about:blank", scale=SCALE)
    page.set_content(svg if bound else re.sub(' textLength="[0-9]+"', "", svg))
    return page


def pixels(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2 of a computed colour such as `rgb(1, 2, 3)`."""
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.sampled
@pytest.mark.parametrize("number", [NUMBER, WITH_X], ids=["digits", "with X"])
@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(astuple(look)))
def test_no_ink_of_the_text_leaves_the_plate(browser: Browser, look: Look, font: str, number: FilingNumber) -> None:
    page = drawn(browser, look, number, font)
    plate = pixels(page.locator("rect").screenshot())
    inside = plate.crop((EDGE, EDGE, plate.width - EDGE, plate.height - EDGE))
    ink = ImageChops.difference(inside, Image.new("RGB", inside.size, inside.getpixel((0, 0)))).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert min(left, inside.width - right) + EDGE >= INSET * SCALE
    assert min(top, inside.height - bottom) + EDGE >= 4 * SCALE
    page.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(astuple(look)))
def test_binding_the_width_distorts_no_line_by_more_than_a_fifth(browser: Browser, look: Look, font: str) -> None:
    """The same badge without bound widths gives the font's own: a width that was unbound later is not measured anew."""
    bound = drawn(browser, look, NUMBER, font)
    free = drawn(browser, look, NUMBER, font, bound=False)
    measured = "[...document.querySelectorAll('text')].map((text) => text.getBBox().width)"
    for own, given, asked in zip(
        free.evaluate(measured),
        bound.evaluate(measured),
        bound.evaluate("[...document.querySelectorAll('text')].map((text) => text.textLength.baseVal.value)"),
        strict=True,
    ):
        assert abs(given - asked) <= 2
        assert 0.8 <= asked / own <= 1.2
    for page in (bound, free):
        page.context.close()


@pytest.mark.parametrize(
    ("path", "scheme", "is_dark"),
    [("open/badge.svg", "light", False), ("open/badge.svg", "dark", True), ("badge.svg", "dark", False)],
    ids=["light", "dark", "dark, but the site's policy refuses the style element"],
)
def test_both_lines_have_a_contrast_of_at_least_4_5(
    browser: Browser, site: str, path: str, scheme: str, is_dark: bool
) -> None:
    page = opened(browser, f"{site}/{path}", scheme)
    plate, *lines = page.evaluate("[...document.querySelectorAll('rect, text')].map((e) => getComputedStyle(e).fill)")
    assert len(lines) == 2
    assert (luminance(plate) < 0.1) is is_dark
    assert all(contrast(line, plate) >= 4.5 for line in lines), (lines, plate)
    page.context.close()


def test_the_number_can_be_selected_in_the_badge(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/badge.svg")
    page.locator("text").nth(1).click(click_count=3)
    assert NUMBER.text in page.evaluate("getSelection().toString()")
    page.context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_snippet_shows_pictures_and_text_under_a_strict_policy(browser: Browser, site: str, scheme: str) -> None:
    page = opened(browser, f"{site}/", scheme)
    assert page.evaluate("violations") == []
    assert page.evaluate("[...document.images].map((i) => [i.naturalWidth, i.width])") == [[264, 264], [148, 148]]
    link = page.get_by_role("link", name=NUMBER.text)
    assert link.is_visible()
    assert link.get_attribute("href") == pointer(PAGE, NUMBER)
    page.context.close()


def test_the_snippet_with_the_element_keeps_code_and_disclaimer_under_a_strict_policy(
    browser: Browser, site: str
) -> None:
    page = opened(browser, f"{site}/element/")
    assert page.evaluate("violations") == []
    assert page.evaluate("document.querySelector('filing-badge').shadowRoot !== null")
    link = page.get_by_role("link", name=NUMBER.text)
    assert link.get_attribute("href") == pointer(PAGE, NUMBER)
    assert page.get_by_text("备案仅为登记").is_visible()
    assert [code.text for code in zxingcpp.read_barcodes(pixels(page.screenshot()))] == [pointer(PAGE, NUMBER)]
    page.context.close()


def test_a_breach_of_the_policy_is_noticed(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/breach.html")
    page.wait_for_function("violations.length > 0")
    assert page.evaluate("violations") == ["style-src-attr"]
    page.context.close()


def test_the_snippet_is_used_without_any_request_to_others(browser: Browser, site: str) -> None:
    page = opened(browser, "about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/")
    assert sorted(asked) == [f"{site}/", f"{site}/badge.svg", f"{site}/qr.svg"]
    page.context.close()


def test_a_screen_reader_says_label_and_number_once(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/")
    heard = page.locator("footer p").first.aria_snapshot().splitlines()
    assert [line.strip() for line in heard] == [
        "- paragraph:",
        f'- link "区块链信息服务备案编号 {NUMBER.text}":',
        f"- /url: {pointer(PAGE, NUMBER)}",
        '- img "区块链信息服务备案编号"',
        f"- text: {NUMBER.text}",
    ]
    assert NUMBER.text not in "".join(page.locator("footer p + p").all_inner_texts())
    page.context.close()


def test_with_pictures_missing_label_and_number_stand_as_text(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/without.html")
    assert page.get_by_text(NUMBER.text).is_visible()
    assert page.get_by_role("img", name="区块链信息服务备案编号").is_visible()
    page.context.close()


def test_the_snippet_fits_a_phone(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("scale", [1, 3])
def test_the_code_on_the_screen_reads_as_the_pointer(browser: Browser, site: str, scheme: str, scale: int) -> None:
    page = opened(browser, f"{site}/", scheme, scale=scale)
    found = zxingcpp.read_barcodes(pixels(page.screenshot(full_page=True)))
    assert [code.text for code in found] == [pointer(PAGE, NUMBER)]
    page.context.close()


@pytest.mark.parametrize("file", ["qr.svg", "qr.png"])
def test_each_code_file_opened_by_itself_reads_as_the_pointer(browser: Browser, site: str, file: str) -> None:
    page = opened(browser, f"{site}/open/x/{file}", "dark")
    found = zxingcpp.read_barcodes(pixels(page.screenshot()))
    assert [code.text for code in found] == [pointer(PAGE, WITH_X)]
    page.context.close()
