"""A visit tells what was seen or why nothing was, and raises nothing."""

import asyncio
import hashlib
from datetime import UTC, datetime

from attest.ports import Visit
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor
from tests.site import servers
from tests.site.servers import LIMITS, Handler, answer, no_resolver, saying, serving

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def visit(handler: Handler) -> Visit:
    async def look() -> Visit:
        async with (
            serving(handler) as server,
            SiteVisitor(Fetcher(limits=LIMITS, allow_private=True, resolver=no_resolver), now=lambda: NOW) as site,
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
    seen = visit(servers.HOSTILE["cuts the body"])

    assert (seen.status, seen.sha256, seen.findings, seen.final_url) == (None, None, None, seen.url)
    assert seen.problem is not None
    assert seen.problem.code == "FE146"
