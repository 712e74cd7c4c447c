"""The web element on two sites, one of them not its own, under a policy that allows nothing but a site's own files."""

import base64
import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from attest import messages
from attest.number import FilingNumber
from tests.browser.filings import Host, hosting, reader
from widgets.web import element

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
NUMBER: Final = FilingNumber("33010619213211320012")
PAGE: Final = "https://verify.example/"
MAX_GZIP: Final = 2_500
POLICY: Final = "default-src 'self'"


@pytest.fixture(scope="module")
def own() -> Iterator[Host]:
    with hosting() as found:
        yield found


@pytest.fixture(scope="module")
def foreign() -> Iterator[Host]:
    with hosting("127.0.0.2") as found:
        yield found


def document(attributes: str, *, lang: str = "en", integrity: str = "", script: bool = True) -> bytes:
    name, _, right = element()
    load = f'<script type="module" src="{name}" integrity="{integrity or right}" crossorigin></script>'
    return f"""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Site</title>
{load if script else ""}</head><body><main><h1>Site</h1></main>
<footer><filing-badge {attributes}><a href="{PAGE}#{NUMBER.key}">{NUMBER.text}</a></filing-badge></footer></body></html>
""".encode()


def shown(browser: Browser, host: Host, html: bytes, **more: Any) -> Page:
    name, module, _ = element()
    context = reader(browser, **more)
    context.add_init_script(path=AXE)
    page = context.new_page()
    page.goto(host.site({"index.html": html, name: module}, POLICY))
    page.wait_for_load_state()
    return page


def attributes(domains: str = "", **more: str) -> str:
    fields = {"number": NUMBER.text, "page": PAGE, "domains": domains} | more
    return " ".join(f'{name}="{value}"' for name, value in fields.items() if value)


def status(page: Page) -> list[str]:
    return page.locator("filing-badge [part=status]").all_inner_texts()


@pytest.mark.sampled
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_it_links_the_number_to_the_page(browser: Browser, own: Host, lang: str) -> None:
    page = shown(browser, own, document(attributes("127.0.0.1"), lang=lang))
    link = page.locator("filing-badge [part=link]")
    assert link.get_attribute("href") == f"{PAGE}#{NUMBER.key}"
    assert link.inner_text().split("\n") == [messages.text("WI001", lang), NUMBER.text]
    assert link.evaluate("(node) => node.getBoundingClientRect().height") >= 24
    assert status(page) == []
    page.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_on_a_site_it_was_not_filed_for_it_says_so(browser: Browser, foreign: Host, lang: str) -> None:
    page = shown(browser, foreign, document(attributes("example.cn *.app.example.cn"), lang=lang))
    assert status(page) == [messages.text("PG401", lang, domains="example.cn, *.app.example.cn")]
    page.context.close()


@pytest.mark.parametrize(("domains", "silent"), [("127.0.0.2", True), ("127.0.0.1", False), ("", True)])
def test_the_same_element_speaks_up_on_the_other_origin_only(
    browser: Browser, foreign: Host, domains: str, silent: bool
) -> None:
    page = shown(browser, foreign, document(attributes(domains)))
    assert (status(page) == []) is silent
    page.context.close()


def test_its_own_language_beats_the_pages(browser: Browser, foreign: Host) -> None:
    page = shown(browser, foreign, document(attributes("example.cn", lang="zh-TW")))
    assert status(page) == [messages.text("PG401", "zh-TW", domains="example.cn")]
    page.context.close()


def test_it_asks_nobody_and_breaks_no_policy(browser: Browser, own: Host) -> None:
    context = reader(browser)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    name, module, _ = element()
    url = own.site({"index.html": document(attributes("127.0.0.1")), name: module}, POLICY)
    page.goto(url)
    page.wait_for_load_state()
    assert [each for each in asked if not each.startswith(own.origin)] == []
    assert page.evaluate("violations") == []
    assert page.locator("filing-badge [part=link]").evaluate("(node) => getComputedStyle(node).borderTopWidth") == "1px"
    context.close()


def test_a_module_that_was_altered_does_not_run(browser: Browser, own: Host) -> None:
    wrong = "sha384-" + base64.b64encode(hashlib.sha384(b"x").digest()).decode()
    page = shown(browser, own, document(attributes("127.0.0.1"), integrity=wrong))
    assert page.evaluate("customElements.get('filing-badge')") is None
    assert page.locator("filing-badge > a").is_visible()
    page.context.close()


WRONG: Final = ({"number": "浙网信备1号"}, {"page": "javascript:alert(1)"}, {"page": ""})


@pytest.mark.sampled
@pytest.mark.parametrize(("wrong", "script"), [({}, False), *((each, True) for each in WRONG)])
def test_the_link_inside_stands_where_the_element_cannot(
    browser: Browser, own: Host, wrong: dict[str, str], script: bool
) -> None:
    page = shown(browser, own, document(attributes("127.0.0.1", **wrong), script=script))
    assert page.locator("filing-badge > a").is_visible()
    assert page.locator("filing-badge [part=link]").count() == 0
    page.context.close()


def test_attributes_may_change_and_are_never_markup(browser: Browser, own: Host) -> None:
    page = shown(browser, own, document(attributes("127.0.0.1")))
    page.evaluate("document.querySelector('filing-badge').setAttribute('domains', '<img/src=x>')")
    assert status(page) == [messages.text("PG401", "en", domains="<img/src=x>")]
    assert page.locator("filing-badge img").count() == 0
    assert page.evaluate("violations") == []
    page.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("more", [{}, {"theme": "dark"}, {"theme": "light"}, {"size": "small"}, {"size": "large"}])
def test_axe_finds_nothing(browser: Browser, foreign: Host, scheme: str, more: dict[str, str]) -> None:
    page = shown(browser, foreign, document(attributes("example.cn", **more)), color_scheme=scheme)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [each["id"] for each in found["violations"]] == []
    page.context.close()


@pytest.mark.sampled
@pytest.mark.parametrize(("size", "pixels"), [("small", "12px"), ("", "14px"), ("large", "18px")])
def test_it_comes_in_three_sizes_and_takes_the_sites_colours(
    browser: Browser, own: Host, size: str, pixels: str
) -> None:
    page = shown(browser, own, document(attributes("127.0.0.1", size=size)))
    page.evaluate("document.querySelector('filing-badge').style.setProperty('--filing-badge-ink', 'rgb(1, 2, 3)')")
    look = page.locator("filing-badge [part=number]").evaluate(
        "(node) => [getComputedStyle(node).fontSize, getComputedStyle(node).color]"
    )
    assert look == [pixels, "rgb(1, 2, 3)"]
    page.context.close()


def test_it_is_small_and_its_hash_is_its_own() -> None:
    name, module, integrity = element()
    assert name == "filing-badge-1.js"
    assert len(gzip.compress(module)) <= MAX_GZIP
    assert integrity == "sha384-" + base64.b64encode(hashlib.sha384(module).digest()).decode()
    assert b"import " not in module
