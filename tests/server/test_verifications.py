"""Verifying sites for whoever asks: off, guarded, bounded and polite."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from attest.number import FilingNumber
from attest.ports import SitePort, Visit
from attest.server.problems import ProblemError
from attest.server.verifications import HOST_S, KEPT_S, MAX_WAITING, Verifications
from attest.site.addresses import parse_resolve_rule
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor
from tests.cli.sites import Sites, page
from tests.cli.sites import serving as sites_serving
from tests.server.conftest import FILED, START_S, Served, serving

JOBS = "v1/verifications"


@pytest.fixture(scope="module")
def shop() -> Iterator[Sites]:
    with sites_serving() as sites:
        sites.answers["/"] = page(FILED)
        yield sites


@pytest.fixture(scope="module")
def verifying(lasting: Path, shop: Sites) -> Iterator[Served]:
    """A server that verifies, with `shop.example` on this machine."""

    @asynccontextmanager
    async def visitor() -> AsyncIterator[SitePort]:
        rules = [parse_resolve_rule(f"shop.example:{shop.port}:127.0.0.1")]
        async with SiteVisitor(Fetcher(resolve_rules=rules), now=lambda: datetime.now(UTC)) as site:
            yield site

    with serving(lasting, verifications=True, sites=visitor) as server:
        yield server


def outcome(server: Served, location: str) -> Any:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        told = server.get(location.lstrip("/")).json()
        if told["state"] in ("done", "failed"):
            return told
        time.sleep(0.05)
    raise TimeoutError(location)


def test_it_is_off_and_says_how_it_is_switched_on(served: Served) -> None:
    for answer in (served.ask("POST", JOBS, json={"url": "https://example.cn/"}), served.get(f"{JOBS}/x")):
        assert (answer.status_code, answer.json()["code"]) == (404, "SV140")
        assert "--verifications" in answer.json()["hint"]


def test_a_site_is_verified_and_its_verdict_is_kept(verifying: Served, shop: Sites) -> None:
    asked = {"url": f"http://shop.example:{shop.port}/", "expect": FILED.text}
    begun = verifying.ask("POST", JOBS, json=asked)
    assert begun.status_code == 202
    assert begun.headers["ratelimit-policy"] == '"visits";q=10;w=60'
    told = outcome(verifying, begun.headers["location"])
    assert (told["state"], told["verdict"]["verdict"]) == ("done", "MATCH")
    again = verifying.ask("POST", JOBS, json=asked)
    assert again.headers["location"] == begun.headers["location"]
    other = verifying.ask("POST", JOBS, json={"url": f"http://shop.example:{shop.port}/other"})
    assert (other.status_code, other.json()["code"]) == (429, "SV143")
    assert 0 < int(other.headers["retry-after"]) <= HOST_S


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "2130706433"])
def test_addresses_of_this_machine_and_its_network_are_not_visited(verifying: Served, shop: Sites, host: str) -> None:
    before = len(shop.asked)
    begun = verifying.ask("POST", JOBS, json={"url": f"http://{host}:{shop.port}/"})
    if begun.status_code == 202:
        told = outcome(verifying, begun.headers["location"])
        assert told["verdict"]["verdict"] == "UNDECIDED"
        assert "expected public addresses only" in told["verdict"]["checks"][0]["found"]
    else:
        assert begun.status_code == 422
    assert len(shop.asked) == before


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://example.cn/"},
        {"url": "file:///etc/passwd"},
        {"url": "https:///"},
        {"url": "https://example.cn/", "expect": "1"},
        {"url": "https://example.cn/", "allow_private": True},
        {},
    ],
)
def test_what_is_no_address_of_a_site_is_refused(verifying: Served, body: Any) -> None:
    assert verifying.ask("POST", JOBS, json=body).status_code == 422


def test_a_bug_in_a_visit_is_no_verdict_and_is_logged_by_its_place(lasting: Path) -> None:
    class Broken:
        async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
            raise ZeroDivisionError(url)

    @asynccontextmanager
    async def visitor() -> AsyncIterator[SitePort]:
        yield Broken()

    with serving(lasting, verifications=True, sites=visitor) as server:
        begun = server.ask("POST", JOBS, json={"url": "https://secret.example/"})
        told = outcome(server, begun.headers["location"])
        assert (told["state"], told["verdict"], told["problem"]["code"]) == ("failed", None, "SV190")
    assert "ZeroDivisionError" in server.log.getvalue()
    assert "test_verifications.py:" in server.log.getvalue()
    assert "secret" not in server.log.getvalue()


def test_a_verification_that_nobody_began_is_unknown(verifying: Served) -> None:
    answer = verifying.get(f"{JOBS}/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "SV142")


def test_the_queue_and_what_is_kept_are_bounded() -> None:
    now, nobody = [0.0], cast("Any", None)

    async def work() -> None:
        jobs = Verifications(nobody, nobody, bug=nobody, clock=lambda: now[0])
        first, *_ = [jobs.ask(f"https://s{number}.example/", None) for number in range(MAX_WAITING)]
        with pytest.raises(ProblemError) as refused:
            jobs.ask("https://late.example/", None)
        assert refused.value.code == "SV144"
        first.state = "done"
        now[0] = KEPT_S + 1
        with pytest.raises(ProblemError) as forgotten:
            jobs.find(first.id)
        assert forgotten.value.code == "SV142"

    asyncio.run(work())
