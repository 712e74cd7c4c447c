"""The verification page as a reader's browser shows it, asking a real node: outcomes, words, languages, access."""

import gzip
import io
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, BrowserContext, Page

from attest import messages
from attest.number import FilingNumber
from tests.browser.filings import (
    ABSENT,
    ACTIVE,
    CANARY,
    CANCELLED,
    CHANGED,
    HOSTILE,
    PERSON,
    REVOKED,
    SUSPENDED,
    VOID,
    Filings,
    Host,
    of,
    opened,
    reader,
    settle,
    told,
)
from widgets.page import INDEX, page_files

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
MALFORMED: Final = ACTIVE.key[:-1] + ("1" if ACTIVE.check == "0" else "0")
OUTCOMES: Final[dict[str, tuple[FilingNumber | str, str]]] = {
    "active": (ACTIVE, "PG001"),
    "suspended": (SUSPENDED, "PG002"),
    "cancelled": (CANCELLED, "PG003"),
    "revoked": (REVOKED, "PG004"),
    "void": (VOID, "PG005"),
    "unfiled": (ABSENT, "PG006"),
    "malformed": (MALFORMED, "PG008"),
}
LIGHT_ZH: Final = ("light", "zh-CN")
LOOKS: Final = (LIGHT_ZH, ("dark", "zh-TW"), ("dark", "en"))
MAX_GZIP: Final = 30_000  # bytes of all files of one language's path


@pytest.fixture(scope="module")
def url(filings: Filings, host: Host) -> str:
    """A page that asks one authoritative registry."""
    return host.page(filings.entry)


Tab = Callable[..., Page]


@pytest.fixture(scope="module")
def tab(filings: Filings, browser: Browser) -> Iterator[Tab]:
    """Gives a tab of a browser of that language and colour scheme, which remembers nothing of the tests before."""
    contexts: list[BrowserContext] = []

    @cache
    def made(lang: str = "zh-CN", color_scheme: str = "light") -> Page:
        context = reader(browser, lang=lang, color_scheme=color_scheme)
        contexts.append(context)
        context.add_init_script("localStorage.clear()")
        context.add_init_script(path=AXE)
        return context.new_page()

    yield made
    for context in contexts:
        context.close()


def text(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


def found_by_axe(page: Page) -> list[str]:
    """Each violation of an accessibility rule, with the place of it."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_is_said_in_words(tab: Tab, url: str, outcome: str) -> None:
    number, code = OUTCOMES[outcome]
    page = opened(tab(), url, number)
    assert page.get_attribute("#verdict", "data-outcome") == outcome
    assert text(page, "h1") == messages.text(code, "zh-CN")
    assert page.locator("#verdict[role=status]").aria_snapshot().startswith("- status:")
    assert page.title().endswith(f"{messages.text(code, 'zh-CN')} · {messages.text('PG301', 'zh-CN')}")
    assert page.evaluate("violations") == []


def test_a_filing_in_force_is_shown_whole(tab: Tab, url: str, filings: Filings) -> None:
    page = opened(tab(), url, ACTIVE)
    told(page)
    shown = text(page, "body")
    for expected in (
        ACTIVE.text,
        "示例链科技（北京）有限公司",
        "示例存证平台",
        "2019-03-30",
        "示例存证 · android · cn.example.app",
        "示例登记簿，运营方：示例登记方",
        messages.text("TR001", "zh-CN"),
        "（latest）",
        filings.entry.contract.lower(),
        messages.text("PG202", "zh-CN"),
        messages.text("PG231", "zh-CN"),
        messages.text("PG304", "zh-CN"),
        "https://bcbeian.ifcert.cn/",
        messages.text("PG307", "zh-CN"),
    ):
        assert expected in shown
    assert page.locator(".domains li").all_inner_texts() == [
        "example.cn",
        "*.app.example.cn",
        "例.example xn--fsq.example",
    ]
    sizes = page.evaluate(
        "[...document.querySelectorAll('.domains li, h1, dd')].map((n) => parseFloat(getComputedStyle(n).fontSize))"
    )
    assert max(sizes) == 28  # the domains
    assert page.locator("a").count() == 0


def test_the_history_names_each_change_and_its_reason(tab: Tab, url: str) -> None:
    page = opened(tab(lang="en"), url, SUSPENDED)
    told(page)
    newest, oldest = page.locator("#details > ul li").all_inner_texts()
    assert newest.startswith("active → suspended (rectification ordered)")
    assert oldest.startswith("registered")


def test_a_long_history_is_cut_and_says_so_but_the_record_is_found(tab: Tab, url: str) -> None:
    page = opened(tab(lang="en"), url, CHANGED)
    told(page)
    assert "example.cn" in text(page, ".domains")
    assert page.locator("#details > ul li").count() == 15


def test_a_natural_persons_name_is_not_looked_for_and_no_domain_is_said(tab: Tab, url: str) -> None:
    page = opened(tab(lang="en"), url, PERSON)
    told(page)
    assert messages.text("PG221", "en") in text(page, "dl")
    assert text(page, ".domains") == messages.text("PG205", "en")


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"authority": "authoritative", "provinces": frozenset("京沪")}, "unfiled"),
        ({"authority": "authoritative", "provinces": frozenset("浙沪")}, "absent"),
        ({"authority": "mirror", "complete_to": "第一批, 2019-03-30"}, "absent"),
        ({"authority": "self-declared"}, "absent"),
    ],
)
def test_absence_means_not_filed_only_where_the_registry_is_authoritative(
    tab: Tab, host: Host, filings: Filings, changed: Any, outcome: str
) -> None:
    page = opened(tab(lang="en"), host.page(of(filings.entry, **changed)), ABSENT)
    assert page.get_attribute("#verdict", "data-outcome") == outcome
    if outcome == "absent":
        assert messages.text("PG027", "en") in text(page, "#verdict")
        for word in ("not filed", "fake", "invalid"):
            assert word not in text(page, "#verdict").lower()


def test_what_was_entered_in_error_is_not_shown_as_a_filing(tab: Tab, url: str) -> None:
    page = opened(tab(), url, VOID)
    page.wait_for_selector("#details > ul li")
    assert page.locator(".domains").count() == 0
    assert "示例链科技" not in text(page, "body")


def test_a_local_registry_says_that_it_proves_nothing(tab: Tab, host: Host, filings: Filings) -> None:
    page = opened(tab(lang="en"), host.page(of(filings.entry, local=True)), ACTIVE)
    assert messages.text("PG314", "en") in text(page, "#verdict")


def test_of_several_registries_the_one_that_decides_is_believed(tab: Tab, host: Host, filings: Filings) -> None:
    weak = of(filings.entry, name="weak", authority="self-declared")
    empty = of(filings.entry, name="lacks it", contract="0x" + "11" * 20, deployed_at=None)
    page = opened(tab(lang="en"), host.page(weak, empty), ACTIVE)
    assert page.get_attribute("#verdict", "data-outcome") == "unsure"  # the one that decides cannot be asked
    assert "weak, run by" in text(page, "#details > ul")
    page = opened(tab(lang="en"), host.page(weak, of(filings.entry, name="strong")), ACTIVE)
    assert "strong, run by" in text(page, "dl")


@pytest.mark.sampled
@pytest.mark.parametrize("text_typed", ["京网信备{key}号", " {key} ", "京 网信备 {wide}"])
def test_a_typed_number_is_looked_up_and_the_answer_gets_the_focus(tab: Tab, url: str, text_typed: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in ACTIVE.key)
    page = opened(tab(), url, "")
    assert page.get_attribute("#verdict", "data-outcome") == "ready"
    page.fill("#number", text_typed.format(key=ACTIVE.key, wide=wide))
    page.press("#number", "Enter")
    page.wait_for_selector("#verdict[data-outcome=active]")
    assert page.evaluate("location.hash") == f"#{ACTIVE.key}"
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_a_malformed_number_asks_nobody(browser: Browser, url: str, filings: Filings) -> None:
    context = reader(browser, lang="en")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}#{MALFORMED}")
    assert settle(page) == "malformed"
    assert f"expected '{ACTIVE.check}', found '{MALFORMED[-1]}'" in text(page, "#verdict")
    assert [each for each in asked if each.startswith(filings.anvil.url)] == []
    context.close()


def test_only_its_own_files_and_the_node_are_asked_and_the_console_stays_empty(
    browser: Browser, url: str, filings: Filings
) -> None:
    context = reader(browser, workers=True)
    page = context.new_page()
    asked: set[str] = set()
    said: list[str] = []
    context.on("request", lambda request: asked.add(request.url.split("#")[0]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{url}#{ACTIVE.key}")
    settle(page)
    told(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    assert {each for each in asked if not each.startswith(url)} == {filings.anvil.url + "/"}
    assert not any(ACTIVE.key in each for each in asked)
    assert said == []
    assert page.evaluate("violations") == []
    context.close()


def test_texts_of_a_record_are_never_markup(tab: Tab, url: str) -> None:
    page = opened(tab(), url, HOSTILE)
    told(page)
    assert text(page, "dl").count(CANARY) == 5
    assert page.locator("#details img, #details script, #details a").count() == 0
    assert page.evaluate("violations") == []


@pytest.mark.parametrize(
    "fragment", ["<img src=x onerror=alert(1)>", "%3Cscript%3Ealert(1)%3C/script%3E", "%E0%A4%A", "%"]
)
def test_what_stands_in_the_fragment_is_never_markup(tab: Tab, url: str, fragment: str) -> None:
    page = opened(tab(), url, fragment)
    assert page.get_attribute("#verdict", "data-outcome") == "malformed"
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("violations") == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("came_from", "code"),
    [("http://www.example.cn/", "PG203"), ("http://example.cn.evil.example/", "PG204"), (None, None)],
)
def test_the_site_that_the_reader_came_from_is_compared(
    browser: Browser, url: str, came_from: str | None, code: str | None
) -> None:
    context = reader(browser, lang="en")
    more = {"referer": came_from} if came_from else {}
    page = opened(context, url, ACTIVE, **more)
    told(page)
    said = page.locator(".came").all_inner_texts()
    hostname = (came_from or "").removeprefix("http://").rstrip("/")
    assert said == ([messages.text(code, "en", host=hostname)] if code else [])
    if code:  # another number was not shown by that site
        page.goto(f"{url}#{SUSPENDED.key}")
        page.wait_for_selector("#verdict[data-outcome=suspended]")
        told(page)
        assert page.locator(".came").count() == 0
    context.close()


def test_an_app_that_the_reader_came_from_is_no_site(browser: Browser, url: str) -> None:
    """As Chrome on Android names the app that a scanned code was opened from."""
    context = reader(browser, lang="en")
    context.add_init_script(
        "Object.defineProperty(document, 'referrer', {value: 'android-app://com.example.scanner/'})"
    )
    page = opened(context, url, ACTIVE)
    told(page)
    assert page.locator(".came").count() == 0
    context.close()


@pytest.mark.parametrize("held", ["{}", "[null, 1]", '"x"', "{"])
def test_what_the_browser_holds_under_the_pages_names_does_not_stop_it(browser: Browser, url: str, held: str) -> None:
    context = reader(browser, lang="en")
    context.add_init_script(
        f"for (const name of ['answers', 'settings']) localStorage['filing-attest:' + name] = {held!r}"
    )
    page = opened(context, url, ACTIVE)
    told(page)
    assert page.get_attribute("#verdict", "data-outcome") == "active"
    context.close()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("wanted", "lang"),
    [("zh-CN", "zh-CN"), ("zh-HK", "zh-TW"), ("zh-Hant", "zh-TW"), ("en-GB", "en"), ("fr", "zh-CN")],
)
def test_the_browsers_language_is_spoken(browser: Browser, url: str, wanted: str, lang: str) -> None:
    context = reader(browser, lang=wanted)
    page = opened(context, url, "")
    assert page.get_attribute("html", "lang") == lang
    assert text(page, "h1") == messages.text("PG011", lang)
    context.close()


def test_the_language_can_be_switched_and_is_remembered(browser: Browser, url: str) -> None:
    context = reader(browser)
    page = opened(context, url, ACTIVE)
    told(page)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert text(page, "h1") == messages.text("PG001", "en")
    assert "示例存证平台" in text(page, "dl")
    again = opened(context, url, ABSENT)
    assert text(again, "h1") == messages.text("PG006", "en")
    context.close()


@pytest.mark.sampled
@pytest.mark.parametrize("lang", messages.LANGUAGES)
def test_no_text_of_any_language_is_left_with_a_gap(tab: Tab, url: str, lang: str) -> None:
    for number in (SUSPENDED, ABSENT, MALFORMED):
        page = opened(tab(lang=lang), url, number)
        if number is SUSPENDED:
            told(page)
        shown = text(page, "body")
        assert not {"undefined", "null", "{", "NaN"} & set(shown.replace("{", " { ").split())


@pytest.mark.sampled
@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_axe_finds_nothing(tab: Tab, url: str, outcome: str, scheme: str, lang: str) -> None:
    page = opened(tab(lang=lang, color_scheme=scheme), url, OUTCOMES[outcome][0])
    if outcome not in ("void", "unfiled", "malformed"):
        told(page)
    assert found_by_axe(page) == []


def test_outcomes_are_told_apart_without_colour(tab: Tab, url: str) -> None:
    pictures: dict[str, Image.Image] = {}
    icons: dict[str, Image.Image] = {}
    for outcome, (number, _) in OUTCOMES.items():
        page = opened(tab(), url, number)
        for drawn, selector in ((pictures, "#verdict"), (icons, "#verdict svg")):
            drawn[outcome] = (
                Image.open(io.BytesIO(page.locator(selector).screenshot()))
                .convert("L")
                .point(lambda light: 255 if light > 160 else 0)
            )
    for drawn in (pictures, icons):
        for one, other in combinations(drawn.values(), 2):
            least = other.resize(one.size)
            assert ImageStat.Stat(ImageChops.difference(one, least)).mean[0] > 4


@pytest.mark.sampled
@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_fits_every_window(browser: Browser, url: str, width: int) -> None:
    context = reader(browser, lang="en", viewport={"width": width, "height": 844})
    page = opened(context, url, ACTIVE)
    told(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate("""[...document.querySelectorAll("button, input")]
        .map((node) => node.getBoundingClientRect()).filter((box) => box.height < 24 || box.width < 24).length""")
    assert small == 0
    context.close()


def test_it_prints_black_on_white_without_the_form(tab: Tab, url: str) -> None:
    page = opened(tab(color_scheme="dark"), url, ACTIVE)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    ) == [
        "rgb(255, 255, 255)",
        "rgb(0, 0, 0)",
    ]
    assert not page.locator("form").is_visible()
    page.emulate_media(media="screen")


def test_without_scripts_it_says_what_it_needs(browser: Browser, url: str) -> None:
    context = reader(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert messages.text("PG308", "zh-CN") in text(page, "body")
    context.close()


def test_the_whole_page_weighs_little(filings: Filings) -> None:
    files = page_files([filings.entry])
    others = [f"texts-{lang}.js" for lang in messages.LANGUAGES if lang != "zh-CN"]
    path = {name: len(gzip.compress(data)) for name, data in files.items() if name not in others}
    assert INDEX in path
    assert sum(path.values()) <= MAX_GZIP


def test_offline_the_page_opens_and_shows_the_last_answer_as_old(browser: Browser, url: str) -> None:
    context = reader(browser, lang="en", workers=True)
    page = opened(context, url, ACTIVE)
    told(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    context.set_offline(True)
    again = opened(context, url, ACTIVE)
    assert again.get_attribute("#verdict", "data-outcome") == "unsure"
    kept = text(again, ".kept")
    assert "Earlier answer kept on this device" in kept
    assert "ago: In force in this registry" in kept
    assert "example.cn" in kept
    unknown = opened(context, url, SUSPENDED)
    assert unknown.get_attribute("#verdict", "data-outcome") == "unsure"
    assert unknown.locator(".kept").count() == 0
    context.close()
