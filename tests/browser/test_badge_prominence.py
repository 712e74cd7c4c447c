"""The loop closed: what `attest badge` draws, on a page, passes the project's own judgement of prominence."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from attest.number import FilingNumber
from attest.ports import Visit
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor
from tests.fictional import fictional
from tests.site.corpus.sample import READABLE, Reading, Sample
from tests.site.corpus.served import level, served, to_loopback
from widgets.badge import Lang, Look, Size, Style, Theme, badge_svg
from widgets.files import write_badge_files

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PAGE = "https://verify.example/"
WINDOWS = ("desktop", "phone", "dark")
LOOKS = [Look(*each) for each in product(*map(get_args, (Lang, Style, Size, Theme)))]
NUMBERS = {look: fictional(serial) for serial, look in enumerate(LOOKS)}


def page(body: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>示例链科技</title></head>
<body><main><h1>示例存证平台</h1><p>为合同与票据提供存证服务。</p></main><footer>{body}</footer></body></html>
"""


def visited(body: str, number: FilingNumber, files: Mapping[str, bytes]) -> Visit:
    sample = Sample("a badge", page(body), Reading.MARKUP, number, files={f"/{k}": v for k, v in files.items()})

    async def look() -> Visit:
        async with served([sample]) as site:
            fetcher = Fetcher(allow_private=True, resolver=to_loopback)
            async with SiteVisitor(fetcher, now=lambda: NOW, rendering="always", prominence=True) as visitor:
                return await visitor.visit(site.url(sample))

    return asyncio.run(look())


def less_than_displayed(visit: Visit, numbers: Mapping[Look, FilingNumber]) -> dict[tuple[Look, str], str]:
    """The level of each number, by look and window, that a reader would not find displayed."""
    assert visit.problem is None
    judged = {(look, window): level(visit, number, window) for look, number in numbers.items() for window in WINDOWS}
    return {each: found.name for each, found in judged.items() if found not in READABLE}


@pytest.mark.long
@pytest.mark.parametrize(("lang", "theme"), list(product(get_args(Lang), get_args(Theme))))
def test_every_badge_in_a_page_is_displayed_in_every_window(lang: Lang, theme: Theme) -> None:
    shown = {look: number for look, number in NUMBERS.items() if (look.lang, look.theme) == (lang, theme)}
    body = "".join(f"<p>{badge_svg(number, look)}</p>" for look, number in shown.items())
    assert less_than_displayed(visited(body, next(iter(shown.values())), {}), shown) == {}


@pytest.mark.parametrize(
    ("style", "size", "element"),
    [
        pytest.param(
            style, size, element, marks=[] if (style, size, element) == ("line", "small", True) else [pytest.mark.long]
        )
        for style, size, element in product(get_args(Style), get_args(Size), (False, True))
    ],
)
def test_the_snippet_displays_the_number_in_every_window(
    tmp_path: Path, style: Style, size: Size, element: bool
) -> None:
    look, number = Look(style=style, size=size), fictional(7)
    written = write_badge_files(
        tmp_path, number=number, page=PAGE, attestation=None, look=look, element=element, domains=["corpus.example"]
    )
    files = {path.name: path.read_bytes() for path in written}
    visit = visited(files["snippet.html"].decode(), number, files)
    assert less_than_displayed(visit, {look: number}) == {}
