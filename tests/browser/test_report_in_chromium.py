"""One site's report as a reader's browser shows and prints it, opened from a file."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from attest import messages
from attest.report.site import site_report
from tests.looks import PAGES, look

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: Final = ("light", "dark")
A4: Final = 680  # CSS px between the margins of a printed page
REPORTS: Final = {(page, lang): site_report(*look(page), lang) for page in PAGES for lang in messages.LANGUAGES}
"""Made before any browser runs: judging needs an event loop, and playwright keeps one."""

SCRIPT: Final = "<script>alert(1)</script><img src=x onerror=alert(1)><p style='color:red'>"


def opened(
    browser: Browser, folder: Path, html: str, *, script: Path | None = None, width: int = 1100, **more: Any
) -> Page:
    """The report in a browser of its own; violations of its policy gather in `window.violations`."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    context.add_init_script("""
        window.violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective), true);
    """)
    if script:
        context.add_init_script(path=script)
    page = context.new_page()
    page.goto(file.as_uri())
    return page


def found_by_axe(page: Page) -> list[str]:
    """Each violation of an accessibility rule, with the place of it."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.sampled
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("page", ["match", "mismatch", "undecided"])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, page: str, lang: str, scheme: str) -> None:
    shown = opened(browser, tmp_path, REPORTS[page, lang], script=AXE, color_scheme=scheme)
    assert found_by_axe(shown) == []
    shown.context.close()


def test_axe_finds_nothing_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, REPORTS["match", "en"], script=AXE, width=390)
    assert found_by_axe(shown) == []
    shown.context.close()


@pytest.mark.parametrize(
    ("whole", "broken", "rule"),
    [
        ('<html lang="en">', "<html>", "html-has-lang"),
        (' alt="Picture', ' data-alt="Picture', "image-alt"),
        ("<h1>", "<h1 hidden>", "page-has-heading-one"),
    ],
)
def test_axe_finds_what_was_broken_on_purpose(
    browser: Browser, tmp_path: Path, whole: str, broken: str, rule: str
) -> None:
    html = REPORTS["match", "en"]
    assert whole in html
    shown = opened(browser, tmp_path, html.replace(whole, broken), script=AXE)
    assert rule in {each.split(":")[0] for each in found_by_axe(shown)}
    shown.context.close()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_asked_for_and_the_console_stays_empty(browser: Browser, tmp_path: Path, page: str) -> None:
    asked, said = [], []
    shown = opened(browser, tmp_path, "<!doctype html><title>x</title>")
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    (tmp_path / "report.html").write_text(REPORTS[page, "en"], encoding="utf-8")
    shown.reload()
    assert [url for url in asked if not url.startswith("data:image/png;base64,")] == [
        (tmp_path / "report.html").as_uri()
    ]
    assert said == []
    assert shown.evaluate("violations") == []
    pictures = shown.evaluate("[...document.images].map((picture) => picture.naturalWidth)")
    assert all(pictures)
    assert len(pictures) == (page != "undecided")
    shown.context.close()


def test_its_policy_stops_whatever_might_be_smuggled_in(browser: Browser, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, REPORTS["match", "en"].replace("</main>", f"{SCRIPT}</main>"))
    shown.on("dialog", lambda dialog: pytest.fail(dialog.message))
    shown.wait_for_function("violations.length >= 3")
    assert {"script-src-elem", "img-src", "style-src-attr"} <= set(shown.evaluate("violations"))
    shown.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_it_fits_every_window(browser: Browser, tmp_path: Path, page: str, lang: str) -> None:
    shown = opened(browser, tmp_path, REPORTS[page, lang])
    for width in (320, 390, 768):
        shown.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize(("page", "most"), [("match", 7), ("mismatch", 6), ("undecided", 4)])
def test_it_prints_on_few_pages_with_nothing_cut_off(
    browser: Browser, tmp_path: Path, page: str, most: int, lang: str
) -> None:
    shown = opened(browser, tmp_path, REPORTS[page, lang], width=A4, color_scheme="dark")
    printed = shown.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox\s*\[0 0 ([0-9.]+) ([0-9.]+)\]", printed)
    assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= most
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("document.documentElement.scrollWidth") <= A4
    cut = shown.evaluate("""[...document.querySelectorAll("table, dl, img")]
        .filter((box) => box.scrollWidth > box.clientWidth + 2 || box.getBoundingClientRect().right > innerWidth + 1)
        .map((box) => box.outerHTML)""")
    assert cut == []
    shown.context.close()


def test_it_prints_dark_on_white_whatever_the_scheme(browser: Browser, tmp_path: Path) -> None:
    shown = opened(browser, tmp_path, REPORTS["mismatch", "zh-CN"], color_scheme="dark")
    look_of = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    on_screen = shown.evaluate(look_of)
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate(look_of) == ["rgb(255, 255, 255)", "rgb(31, 35, 40)"] != on_screen
    shown.context.close()


def test_states_and_verdicts_differ_in_words_and_lines_not_by_colour_alone(browser: Browser, tmp_path: Path) -> None:
    drawn = """(selector) => [...document.querySelectorAll(selector)].map((node) => {
        const style = getComputedStyle(node);
        return [node.className, style.borderLeftStyle, style.backgroundColor !== "rgba(0, 0, 0, 0)"].join(" ");
    })"""
    states, verdicts = set(), set()
    for page in ("match", "mismatch", "undecided"):
        shown = opened(browser, tmp_path, REPORTS[page, "en"])
        states |= set(shown.evaluate(drawn, ".checks .state"))
        verdicts |= set(shown.evaluate(drawn, "header"))
        shown.context.close()
    assert {"state pass solid false", "state fail solid true", "state undecided dashed false"} <= states
    assert verdicts == {"match solid false", "mismatch double false", "undecided dotted false"}
