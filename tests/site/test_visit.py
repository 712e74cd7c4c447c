"""A visit tells what was seen or why nothing was, and raises nothing."""

import asyncio
import hashlib
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from attest.messages import Message
from attest.ports import Visit
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor
from tests.site import servers
from tests.site.servers import LIMITS, Handler, answer, no_resolver, saying, serving

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def visit(handler: Handler, **more: Any) -> Visit:
    async def look() -> Visit:
        async with (
            serving(handler) as server,
            SiteVisitor(
                Fetcher(limits=LIMITS, allow_private=True, resolver=no_resolver, obey_robots=False),
                now=lambda: NOW,
                **more,
            ) as site,
        ):
            return await site.visit(f"http://127.0.0.1:{server.port}/")

    return asyncio.run(look())


def test_a_visit_reads_what_the_page_shows() -> None:
    body = "<p>浙网信备33010619213211320012号</p>".encode()
    seen = visit(saying(answer(body, headers=("Content-Type: text/html; charset=utf-8",))))

    assert seen.problem is None
    assert seen.findings is not None
    assert [shown.number.key for shown in seen.findings.numbers] == ["33010619213211320012"]
    assert (seen.status, seen.time, seen.sha256) == (200, NOW, hashlib.sha256(body).hexdigest())


def test_a_visit_that_ends_in_an_error_status_has_no_findings() -> None:
    seen = visit(saying(answer("浙网信备33010619213211320012号".encode(), status="404 Not Found")))

    assert (seen.status, seen.findings) == (404, None)
    assert seen.problem is not None
    assert seen.problem.code == "FE150"


def test_a_visit_tells_why_nothing_was_seen() -> None:
    seen = visit(servers.HOSTILE["cuts the body"].handler)

    assert (seen.status, seen.sha256, seen.findings, seen.final_url) == (None, None, None, seen.url)
    assert seen.problem is not None
    assert seen.problem.code == "FE146"


# --- what is no page, and what is half of one ------------------------------------------------------------------

HTML = "Content-Type: text/html; charset=utf-8"
PLAIN = "<p>本站未展示编号，谢谢。</p>".encode()
NUMBERED = "<p>浙网信备33010619213211320012号</p>".encode()


@pytest.mark.parametrize("status", ["200 OK", "203 Non-Authoritative Information"])
def test_a_whole_answer_is_a_page(status: str) -> None:
    seen = visit(saying(answer(NUMBERED, status=status, headers=(HTML,))))

    assert (seen.problem, seen.findings and len(seen.findings.numbers)) == (None, 1)


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "206 Partial Content", "226 IM Used", "299 ?"])
def test_an_answer_that_need_not_be_the_page_is_none(status: str) -> None:
    seen = visit(saying(answer(NUMBERED, status=status, headers=(HTML,))))

    assert (seen.status, seen.findings) == (int(status[:3]), None)
    assert seen.problem is not None
    assert seen.problem.code == "FE150"


def test_an_answer_without_content_is_no_page() -> None:
    seen = visit(saying(answer(status="204 No Content", headers=(HTML,), length=False)))

    assert seen.problem is not None
    assert (seen.problem.code, seen.findings) == ("FE150", None)


@pytest.mark.parametrize(
    "headers",
    [("Content-Type: text/css",), ("Content-Type: application/json",), (HTML, "Content-Disposition: attachment")],
)
def test_an_answer_that_a_browser_shows_as_no_page_is_not_read(headers: tuple[str, ...]) -> None:
    seen = visit(saying(answer(NUMBERED, headers=headers)))

    assert (seen.status, seen.findings) == (200, None)
    assert seen.problem is not None
    assert seen.problem.code == "EX101"


@pytest.mark.parametrize(
    ("headers", "length", "why"),
    [((HTML,), True, None), ((HTML,), False, Message("EX207")), ((HTML, "Refresh: 0;url=/x"), True, Message("EX202"))],
    ids=["whole", "maybe cut", "leads on"],
)
def test_a_page_that_may_go_on_is_incomplete_and_a_number_it_shows_stays_shown(
    headers: tuple[str, ...], length: bool, why: Message | None
) -> None:
    without = visit(saying(answer(PLAIN, headers=headers, length=length))).findings
    showing = visit(saying(answer(NUMBERED, headers=headers, length=length))).findings

    assert without is not None
    assert showing is not None
    assert (without.incomplete, showing.incomplete) == (why, why)
    assert (len(without.numbers), len(showing.numbers)) == (0, 1)


def test_without_its_extra_a_browser_is_asked_for_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    seen = visit(saying(answer(PLAIN, headers=(HTML,))), rendering="auto")

    assert seen.problem is not None
    assert (seen.problem.code, seen.status) == ("BR100", 200)
    assert seen.findings is not None


def test_what_the_page_itself_leaves_open_is_told_first() -> None:
    body = PLAIN + b"<iframe src=/footer></iframe>"
    seen = visit(saying(answer(body, headers=(HTML,), length=False))).findings

    assert seen is not None
    assert seen.incomplete == Message("EX201")


@pytest.mark.parametrize(("style", "looked"), [("", False), ("overflow:hidden;height:1.5em;display:block", True)])
def test_a_browser_looks_where_the_style_may_hide_the_number(style: str, looked: bool) -> None:
    body = f'<p style="{style}">浙网信备33010619213211320012号</p>'.encode()
    seen = visit(saying(answer(body, headers=("Content-Type: text/html; charset=utf-8",))), rendering="auto")

    assert seen.findings is not None
    assert [(shown.number.key, shown.doubt) for shown in seen.findings.numbers] == [("33010619213211320012", "")]
    assert bool(seen.displays) is looked
