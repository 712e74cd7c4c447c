"""What the display rules call displayed, on pages that show or hide a number in one way each; decided by real paint."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date

from attest import messages
from attest.number import FilingNumber
from attest.ports import Level
from attest.site import display
from attest.site.browser import DESKTOP, PHONE, Browser, Window
from attest.site.guard import Guard
from attest.site.proxy import GuardedProxy
from attest.site.render import Look
from tests.amounts import LONG
from tests.browser.pages import HIDDEN, NUMBER, SHOWN

TODAY = date(2026, 11, 24)
NOWHERE = "http://127.0.0.1:9"
NO_PROXY = GuardedProxy(Guard())
EVERY = 1 if LONG else 24
SETTLED = 0.05  # seconds; animations of these pages take a hundredth


class Written(Look):
    """A page that is given as markup instead of an address."""

    async def of(self, markup: str, name: str) -> dict[str, bytes]:
        self._worlds.clear()
        await self._page.set_content(markup)
        self._session = self._session or await self._page.context.new_cdp_session(self._page)
        await asyncio.sleep(SETTLED)
        return await self.take(name)


def whole(body: str) -> str:
    head = "<meta name=viewport content='width=device-width'>"
    return f'<!doctype html><html lang="zh-CN">{head}<body>{body.format(NUMBER)}</body></html>'


async def levels(pages: Sequence[str], *windows: Window) -> list[Level]:
    """The best level of the number on each page, over the windows, or in a desktop's."""
    best = []
    async with Browser() as browser, AsyncExitStack() as stack:
        looks = [
            (Written(await stack.enter_async_context(browser.page(window, NOWHERE)), window, NO_PROXY, TODAY), window)
            for window in windows or (DESKTOP,)
        ]
        for body in pages:
            taken: dict[str, bytes] = {}
            for look, window in looks:
                taken |= await look.of(body, window.name)
            shown = display.displays(display.looks(taken), TODAY)
            found = [
                sight.level for each in shown if each.number == FilingNumber.parse(NUMBER) for sight in each.sights
            ]
            best.append(min(found, key=lambda level: level.rank, default=Level.ABSENT))
    return best


def judged(pages: dict[str, str]) -> dict[str, Level]:
    names = sorted(pages)[::EVERY]
    found = asyncio.run(levels([whole(pages[name]) for name in names], DESKTOP, PHONE))
    return dict(zip(names, found, strict=True))


def test_what_is_painted_is_displayed() -> None:
    assert {name: level for name, level in judged(SHOWN).items() if level.rank > Level.WEAK.rank} == {}


def test_what_is_painted_nowhere_is_not() -> None:
    assert {name: level for name, level in judged(HIDDEN).items() if level.rank <= Level.WEAK.rank} == {}


PLAIN = '<p style="position:relative">{}</p>'
STYLED = {
    "color:#000;font-size:16px": Level.PROMINENT,
    "color:#949494;font-size:14px": Level.DISPLAYED,
    "color:#c8c8c8;font-size:14px": Level.WEAK,
    "color:#f0f0f0;font-size:14px": Level.PRESENT_HIDDEN,
    "color:#000;font-size:10px": Level.DISPLAYED,
    "color:#000;font-size:7px": Level.WEAK,
    "color:#000;filter:blur(4px)": Level.PRESENT_HIDDEN,
    "color:#000;width:150px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis": Level.PRESENT_HIDDEN,
    "color:#000;height:8px;line-height:20px;overflow:hidden": Level.PRESENT_HIDDEN,
    "color:#000;transform:scaleX(-1)": Level.PRESENT_HIDDEN,
    "color:#000;transform:scaleY(-1)": Level.PRESENT_HIDDEN,
    "color:#000;transform:rotate(180deg)": Level.PRESENT_HIDDEN,
    "color:#000;margin:150px 0;width:330px;transform:rotate(90deg)": Level.WEAK,
    "color:#000;direction:rtl;unicode-bidi:bidi-override": Level.PRESENT_HIDDEN,
    "color:#fff;background:#fff;box-shadow:0 0 9px #000": Level.PRESENT_HIDDEN,
    "color:transparent;background:linear-gradient(red,blue) text;font-size:20px": Level.PROMINENT,
}
COVERS = (
    '<div style="position:fixed;inset:0;background:#fff"></div>',
    '<div style="position:fixed;inset:0;background:rgba(255,255,255,.97)"></div>',
    '<div style="position:relative;top:-40px;height:60px;background:#eee"></div>',
)


def test_the_levels_follow_the_thresholds() -> None:
    found = asyncio.run(levels([whole(f'<p style="{style}">{{}}</p>') for style in STYLED]))
    assert dict(zip(STYLED, found, strict=True)) == STYLED


def test_a_number_under_something_is_not_displayed_and_the_control_without_it_is() -> None:
    covered = [whole(PLAIN + cover) for cover in COVERS]
    assert asyncio.run(levels([*covered, whole(PLAIN)])) == [*[Level.PRESENT_HIDDEN] * 3, Level.PROMINENT]


def dialog(button: str, script: str) -> str:
    front = '<div id=m role=dialog style="position:fixed;inset:0;background:#fff">'
    return f"{front}<button {button}>×</button></div><script>{script}</script>"


MODAL = (
    '<dialog id=d style="width:100%;height:100%;max-width:none;max-height:none"></dialog><script>d.showModal()</script>'
)


def test_a_dialog_that_a_reader_closes_leaves_a_number_readable_and_one_that_stays_hides_it() -> None:
    pages = {
        dialog('onclick="m.remove()"', ""): Level.DISPLAYED,
        dialog("", "onkeydown = event => event.key == 'Escape' && m.remove()"): Level.DISPLAYED,
        MODAL: Level.DISPLAYED,
        dialog("", ""): Level.PRESENT_HIDDEN,
    }
    found = asyncio.run(levels([whole(PLAIN + page.replace("{", "{{").replace("}", "}}")) for page in pages]))
    assert dict(zip(pages, found, strict=True)) == pages


LINE = "营业执照 隐私政策 服务条款 关于我们 联系方式 增值电信业务经营许可证"
REACHED = (
    f'<div style="width:300px;overflow-x:auto;white-space:nowrap">{LINE} {{}}</div>',
    "<style>p::after{{content:'" + NUMBER[4:] + "'}}</style><p>" + NUMBER[:4] + "</p>",
    "<style>p{{counter-reset:a 1101081976 b 45123 c 40015}}"
    "p::after{{content:'京网信备' counter(a) counter(b) counter(c) '号'}}</style><p></p>",
    f'<div style="display:flex"><b style="order:2">{NUMBER[4:]}</b><b>{NUMBER[:4]}</b></div>',
    f'<div style="display:flex;width:500px;flex-direction:row-reverse"><b>{NUMBER[9:]}</b><b>{NUMBER[:9]}</b></div>',
    "<style>p::first-letter{{font-size:2em}}</style><p>{}</p>",
    "<p id=p></p><script>p.append(document.createElementNS('urn:x', 'y')); p.firstChild.append('{}')</script>",
    f"<p>{'&#8203;'.join(NUMBER)}</p>",
    f"<p>{'&nbsp;'.join(NUMBER)}</p>",
)


def test_a_number_that_a_reader_scrolls_to_or_a_style_writes_or_puts_in_order_is_displayed() -> None:
    assert asyncio.run(levels([whole(page) for page in REACHED])) == [Level.PROMINENT] * len(REACHED)


def test_text_that_is_no_unicode_is_replaced() -> None:
    page = whole("<p>{}</p><p id=p></p><script>p.append('\\ud83d'); p.id = '\\ud83d'</script>")
    assert asyncio.run(levels([page])) == [Level.PROMINENT]


def test_a_number_that_only_a_dark_scheme_shows_is_not_displayed_and_one_that_it_hides_is_weak() -> None:
    scheme = "<style>p{{{{{}}}}}@media(prefers-color-scheme:dark){{{{p{{{{{}}}}}}}}}</style><p>{{}}</p>"
    only, never = (whole(scheme.format(*sides)) for sides in (("display:none", "display:block"), ("", "display:none")))

    async def work(page: str) -> Level:
        async with Browser() as browser, browser.page(DESKTOP, NOWHERE) as opened:
            look = Written(opened, DESKTOP, NO_PROXY, TODAY)
            taken = await look.of(page, "desktop")
            await opened.emulate_media(color_scheme="dark")
            taken |= await look.take("dark")
        (shown,) = display.displays(display.looks(taken), TODAY)
        return shown.level

    assert [asyncio.run(work(page)) for page in (only, never)] == [Level.PRESENT_HIDDEN, Level.WEAK]


def test_every_rule_says_in_every_language_where_it_comes_from() -> None:
    version, every = display.rules()
    assert version
    assert every
    for rule in every.values():
        assert rule.unit
        assert set(rule.source) == set(messages.LANGUAGES)
        assert all(rule.source.values())
