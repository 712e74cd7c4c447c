"""robots.txt is asked before a page, and what it forbids is not asked for; no fault of it becomes a verdict."""

import asyncio
import contextlib
import doctest
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from protego import Protego

from attest.errors import BlockedAddressError, FetchError, RobotsError, TooSlowError, UnreachableError
from attest.messages import LANGUAGES
from attest.site import robots
from attest.site.addresses import ResolveRule
from attest.site.fetch import WELL_KNOWN, Fetcher, Page, WellKnown
from attest.site.robots import AGENT, MAX_ROBOTS, MAX_RULES, MAX_STEPS, Decision, Robots, Rules
from tests.site import servers
from tests.site.servers import LIMITS, Handler, Server, answer, by_path, no_resolver, redirecting, saying, serving

PAGE = saying(answer(b"page"))
NOTHING = "User-agent: *\nDisallow: /"


def text(rules: str) -> Handler:
    return saying(answer(rules.encode(), headers=("Content-Type: text/plain",)))


@contextlib.asynccontextmanager
async def visiting(handler: Handler, **options: Any) -> AsyncIterator[tuple[Fetcher, Server]]:
    options = {"limits": LIMITS, "allow_private": True, "resolver": no_resolver, **options}
    async with serving(handler) as server, Fetcher(**options) as fetcher:
        yield fetcher, server


def visit(handler: Handler, path: str = "/", **options: Any) -> tuple[Page | FetchError, Server]:
    """Fetch `path` of a site that behaves as `handler` does, robots.txt included."""

    async def look() -> tuple[Page | FetchError, Server]:
        async with visiting(handler, **options) as (fetcher, server):
            try:
                return await fetcher.fetch(f"http://127.0.0.1:{server.port}{path}"), server
            except FetchError as error:
                return error, server

    return asyncio.run(look())


def site(robots_txt: Handler, page: Handler = PAGE) -> Handler:
    return by_path({robots.PATH: robots_txt}, page)


def paths(server: Server) -> list[str]:
    return [head.split()[1].decode() for head in server.heads]


# --- the rules -------------------------------------------------------------------------------------------------------


def test_the_example_of_the_module_runs() -> None:
    assert doctest.testmod(robots).failed == 0


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/", True),
        (NOTHING, "/", False),
        ("User-agent: *\nDisallow:", "/", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /\nDisallow: /a", "/a", False),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.php$", "/x.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/x.php?a", True),
        ("User-agent: *\nDisallow: /*?s=", "/x?s=1", False),
        ("User-agent: *\nDisallow: /备案", "/%E5%A4%87%E6%A1%88", False),
        ("User-agent: *\nDisallow: /%e5%a4%87", "/%E5%A4%87%E6%A1%88", False),
        ("User-agent: *\nDisallow: /A", "/a", True),
        (f"{NOTHING}\n\nUser-agent: {AGENT}\nAllow: /", "/", True),
        (f"{NOTHING}\n\nUser-agent: {AGENT}\nDisallow: /a", "/", True),
        (f"{NOTHING}\n\nUser-agent: {AGENT}", "/", True),
        (f"User-agent: {AGENT}\nDisallow: /\n\nUser-agent: *\nAllow: /", "/", False),
        ("user-AGENT :  Filing-Attest/9.9 # us\ndisallow:/", "/", False),
        (f"User-agent: {AGENT}\nUser-agent: other\nDisallow: /", "/", False),
        (f"User-agent: other\nUser-agent: {AGENT}\nDisallow: /", "/", False),
        (f"User-agent: {AGENT}\nDisallow: /a\n\nUser-agent: {AGENT}\nDisallow: /b", "/a", False),
        (f"User-agent: {AGENT}\nDisallow: /a\n\nUser-agent: {AGENT}\nDisallow: /b", "/b", False),
        ("User-agent: other\nDisallow: /", "/", True),
        ("User-agent: filing\nDisallow: /", "/", True),
        ("User-agent: f\nDisallow: /", "/", True),
        (f"User-agent: {AGENT}-pro\nDisallow: /", "/", True),
        ("User-agent:\nDisallow: /", "/", True),
        ("Disallow: /", "/", True),
        ("User-agent: *\nSitemap: https://x.example/s.xml\nDisallow: /", "/", False),
        ("User-agent: *\nCrawl-delay: 5\nDisallow: /", "/", False),
        ("User-agent: *\r\n\r\nDisallow: /\r\n", "/", False),
        ("User-agent: *\rDisallow: /", "/", False),
        ("<!doctype html><title>User-agent: *</title>\nDisallow: /", "/", True),
    ],
)
def test_rules_are_read_as_rfc_9309_asks(rules: str, path: str, allowed: bool) -> None:
    assert Rules(rules).allow(f"https://site.example{path}") is allowed


@pytest.mark.parametrize(
    ("rules", "group"),
    [
        (NOTHING, "*"),
        (f"{NOTHING}\nUser-agent: {AGENT.upper()}\nAllow: /", AGENT),
        ("User-agent: x\nDisallow: /", ""),
        ("", ""),
    ],
)
def test_the_group_that_holds_is_told(rules: str, group: str) -> None:
    assert Rules(rules).group == group


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert not robots.read(b"\xef\xbb\xbf" + NOTHING.encode(), "").allow("https://site.example/")


@hypothesis_settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["User-agent: ", "Disallow: ", "Allow: ", "Sitemap: ", "Useragent ", ""]), st.text()),
        max_size=20,
    ),
    st.sampled_from(["/", "/a%zz?b", "/robots.txt", "//x", "/%F0%9F%98%80"]),
)
def test_no_text_makes_the_reading_fail(lines: list[tuple[str, str]], path: str) -> None:
    rules = robots.read("\n".join(field + value for field, value in lines).encode("utf-8", "surrogatepass"), "")

    assert rules.allow(f"https://site.example{path}") in (True, False)


def held(act: Callable[[], object]) -> int:
    """Bytes that Python held at most while `act` ran."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def crowd(agents: int, rules: int) -> str:
    names = "\n".join(f"User-agent: a{each}" for each in range(agents))
    return names + "\n" + "\n".join(f"Allow: /{each}" for each in range(rules))


def test_a_file_of_many_agents_with_many_rules_costs_what_it_weighs() -> None:
    bomb = crowd(15_000, 15_000)

    assert len(bomb) < MAX_ROBOTS
    assert held(lambda: Rules(bomb)) < 10_000_000


def test_without_the_selection_a_thirtieth_of_it_costs_more() -> None:
    assert held(lambda: Protego.parse(crowd(400, 400))) > 10_000_000


@pytest.mark.parametrize("rule", ["Allow: /{}", "Disallow: /*a{}", "Allow: $/{}", "x"])
def test_more_rules_than_can_be_compared_in_time_leave_it_undecided(rule: str) -> None:
    few = Rules("User-agent: *\n" + "\n".join(rule.format(each) for each in range(MAX_RULES)))
    assert few.allow("https://site.example/")

    with pytest.raises(RobotsError) as raised:
        Rules("User-agent: *\n" + "\n".join(rule.format(each) for each in range(MAX_RULES + 1)))
    assert (raised.value.code, raised.value.params["found"]) == ("FE162", MAX_RULES + 1)


def test_the_longer_the_address_the_fewer_wildcards_can_be_compared_with_it() -> None:
    rules = Rules("User-agent: *\n" + "\n".join(f"Disallow: /*a{each}" for each in range(1000)))
    assert rules.allow("https://site.example/".ljust(MAX_STEPS // 1000, "x"))

    with pytest.raises(RobotsError) as raised:
        rules.allow("https://site.example/".ljust(MAX_STEPS // 1000 + 1, "x"))
    assert raised.value.code == "FE162"


# --- asking for it ---------------------------------------------------------------------------------------------------


def test_a_page_that_is_allowed_tells_by_what() -> None:
    page, server = visit(site(text("User-agent: *\nDisallow: /private")), "/a?b")

    assert isinstance(page, Page)
    assert page.body == b"page"
    assert page.robots == Robots(f"http://127.0.0.1:{server.port}/robots.txt", 200, Decision.ALLOWED, "*")
    assert paths(server) == ["/robots.txt", "/a?b"]


def test_a_page_that_is_disallowed_is_not_asked_for() -> None:
    error, server = visit(site(text(NOTHING)))

    assert isinstance(error, RobotsError)
    assert error.code == "FE160"
    assert paths(server) == ["/robots.txt"]
    for lang in LANGUAGES:
        assert "/robots.txt" in error.text(lang)
        assert "--ignore-robots" in error.hint(lang)
        assert f"User-agent: {AGENT}" in error.hint(lang)


def test_whoever_ignores_robots_txt_does_not_ask_for_it_and_says_so() -> None:
    page, server = visit(site(text(NOTHING)), obey_robots=False)

    assert isinstance(page, Page)
    assert page.robots == Robots(f"http://127.0.0.1:{server.port}/robots.txt", None, Decision.IGNORED)
    assert paths(server) == ["/"]


@pytest.mark.parametrize(
    "status", ["400 Bad", "401 Who", "403 Forbidden", "404 Not Found", "410 Gone", "429 Many", "304 Same"]
)
def test_a_robots_txt_that_is_not_there_forbids_nothing(status: str) -> None:
    page, _ = visit(site(saying(answer(status=status))))

    assert isinstance(page, Page)
    assert page.robots is not None
    assert (page.robots.status, page.robots.decision) == (int(status[:3]), Decision.NONE)


@pytest.mark.parametrize("status", ["500 Broken", "502 Bad Gateway", "503 Busy", "599 ?"])
def test_a_robots_txt_that_a_server_fails_to_give_forbids_everything(status: str) -> None:
    error, server = visit(site(saying(answer(b"", status=status))))

    assert isinstance(error, RobotsError)
    assert (error.code, error.params["found"]) == ("FE161", f"HTTP {status[:3]}")
    assert paths(server) == ["/robots.txt"]


@pytest.mark.parametrize(
    "robots_txt",
    [
        saying(answer(NOTHING.encode(), headers=("Content-Length: 999",), length=False)),
        saying(answer(b"\x1f\x8bxxx", headers=("Content-Encoding: gzip",))),
        saying(answer(b"x", headers=("Content-Encoding: br",))),
        saying(b"no HTTP\r\n\r\n"),
        saying(answer(headers=("X: " + "x" * 100_000,))),
        saying(),
    ],
    ids=["cut", "damaged", "in another coding", "no HTTP", "long headers", "closed"],
)
def test_a_robots_txt_that_cannot_be_read_forbids_everything_and_tells_why(robots_txt: Handler) -> None:
    error, server = visit(site(robots_txt))

    assert isinstance(error, RobotsError)
    assert error.code == "FE161"
    assert isinstance(error.params["found"], FetchError)
    assert "--ignore-robots" in error.hint()
    assert set(paths(server)) == {"/robots.txt"}


def test_a_host_that_cannot_be_reached_is_told_as_such() -> None:
    async def look() -> None:
        async with Fetcher(resolver=no_resolver) as fetcher:
            await fetcher.fetch("http://site.example/")

    with pytest.raises(UnreachableError) as raised:
        asyncio.run(look())

    assert raised.value.code == "FE140"


def test_a_robots_txt_that_never_ends_uses_up_the_time_of_the_page() -> None:
    error, _ = visit(site(servers.silent), limits=replace(LIMITS, total_s=0.3))

    assert isinstance(error, TooSlowError)
    assert "/robots.txt" in error.text()


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_of_a_huge_robots_txt_the_beginning_is_read(coding: str) -> None:
    def huge(start: str) -> Handler:
        body = start.encode() + b"\n#" + b"x" * 3_000_000
        packed = gzip.compress(body) if coding == "gzip" else body
        return saying(answer(packed, headers=(f"Content-Encoding: {coding}",)))

    error, _ = visit(site(huge(NOTHING)))
    page, _ = visit(site(huge("# all welcome")))
    assert isinstance(error, RobotsError)
    assert error.code == "FE160"
    assert isinstance(page, Page)


def test_what_stands_beyond_the_part_that_is_read_is_not_obeyed() -> None:
    page, _ = visit(site(text("#" * MAX_ROBOTS + f"\n{NOTHING}")))

    assert isinstance(page, Page)


# --- redirects -------------------------------------------------------------------------------------------------------


def test_redirects_of_robots_txt_are_followed_and_their_answer_holds_for_the_first_origin() -> None:
    handler = by_path({robots.PATH: redirecting("/r?1"), "/r?1": redirecting("/r?2"), "/r?2": text(NOTHING)}, PAGE)
    error, server = visit(handler)

    assert isinstance(error, RobotsError)
    assert paths(server) == ["/robots.txt", "/r?1", "/r?2"]


@pytest.mark.parametrize("location", ["/robots.txt", "file:///etc/passwd", "http://user@site.example/"])
def test_redirects_that_lead_to_no_robots_txt_forbid_nothing(location: str) -> None:
    page, server = visit(site(redirecting(location)))

    assert isinstance(page, Page)
    assert page.robots is not None
    assert page.robots.decision is Decision.NONE
    assert len(paths(server)) <= 1 + 5 + 1


def test_a_robots_txt_on_an_internal_machine_is_not_asked_for() -> None:
    async def look() -> None:
        async with serving(site(redirecting("http://10.0.0.1/robots.txt"))) as server:
            rule = ResolveRule("site.example", server.port, ("127.0.0.1",))
            async with Fetcher(limits=LIMITS, resolve_rules=[rule], resolver=no_resolver) as fetcher:
                await fetcher.fetch(f"http://site.example:{server.port}/")

    with pytest.raises(BlockedAddressError):
        asyncio.run(look())


def two_sites(first: Handler, second: Handler) -> tuple[Page | FetchError, Server, Server]:
    """Fetch / of the first site; `{second}` in its redirects is the second one's address."""

    async def look() -> tuple[Page | FetchError, Server, Server]:
        async with serving(second) as other:

            async def leading(head: bytes, writer: asyncio.StreamWriter) -> None:
                if head.startswith(b"GET /robots.txt "):
                    await first(head, writer)
                else:
                    await redirecting(f"http://127.0.0.1:{other.port}/there")(head, writer)

            async with serving(leading) as server, Fetcher(limits=LIMITS, allow_private=True) as fetcher:
                try:
                    return await fetcher.fetch(f"http://127.0.0.1:{server.port}/"), server, other
                except FetchError as error:
                    return error, server, other

    return asyncio.run(look())


def test_a_redirect_to_another_origin_asks_that_origin_too() -> None:
    page, first, second = two_sites(text(""), site(text("User-agent: *\nDisallow: /x")))

    assert isinstance(page, Page)
    assert page.robots is not None
    assert page.robots.url == f"http://127.0.0.1:{second.port}/robots.txt"
    assert (paths(first), paths(second)) == (["/robots.txt", "/"], ["/robots.txt", "/there"])


def test_a_redirect_to_where_another_origin_forbids_is_not_followed() -> None:
    error, _, second = two_sites(text(""), site(text("User-agent: *\nDisallow: /there")))

    assert isinstance(error, RobotsError)
    assert paths(second) == ["/robots.txt"]


def test_a_redirect_within_an_origin_is_held_to_the_rules_it_gave() -> None:
    error, server = visit(site(text("User-agent: *\nDisallow: /private"), redirecting("/private/x")))

    assert isinstance(error, RobotsError)
    assert "/private/x" in error.text()
    assert paths(server) == ["/robots.txt", "/"]


# --- remembering -----------------------------------------------------------------------------------------------------


def asked(handler: Handler, pages: int) -> list[str]:
    """What is asked for by so many fetches of one site, one after the other, and then its well-known file."""

    async def look() -> list[str]:
        async with visiting(handler) as (fetcher, server):
            for _ in range(pages):
                with contextlib.suppress(RobotsError):
                    await fetcher.fetch(f"http://127.0.0.1:{server.port}/")
            await fetcher.fetch_well_known(f"http://127.0.0.1:{server.port}/")
            return paths(server)

    return asyncio.run(look())


def test_a_robots_txt_is_asked_for_once() -> None:
    assert asked(site(text("")), 2) == ["/robots.txt", "/", "/", WELL_KNOWN]


def test_a_robots_txt_that_is_not_there_is_remembered_too() -> None:
    assert asked(site(saying(answer(status="404 Not Found"))), 2) == ["/robots.txt", "/", "/", WELL_KNOWN]


def test_a_fault_is_not_remembered() -> None:
    assert asked(site(saying(answer(status="503 Busy"))), 2) == ["/robots.txt"] * 3


def test_what_was_remembered_for_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.site.fetch.REMEMBERED_S", -1.0)

    assert asked(site(text("")), 1) == ["/robots.txt", "/", "/robots.txt", WELL_KNOWN]


def test_a_long_robots_txt_is_not_remembered() -> None:
    rules = "User-agent: *\n" + "".join(f"Disallow: /private/{each}\n" for each in range(1000))

    assert asked(site(text(rules)), 1) == ["/robots.txt", "/", "/robots.txt", WELL_KNOWN]


def test_of_many_robots_txt_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.site.fetch.MAX_REMEMBERED", 2)

    async def look() -> list[str]:
        async with serving(site(text(""))) as server:
            rules = [ResolveRule(f"site{each}.example", server.port, ("127.0.0.1",)) for each in range(3)]
            async with Fetcher(limits=LIMITS, resolve_rules=rules) as fetcher:
                for rule in (*rules, rules[2], rules[0]):
                    await fetcher.fetch(f"http://{rule.host}:{rule.port}/")
            return paths(server)

    assert asyncio.run(look()).count("/robots.txt") == 4


# --- the well-known file ---------------------------------------------------------------------------------------------


def well_known(handler: Handler, **options: Any) -> tuple[WellKnown, Server]:
    async def look() -> tuple[WellKnown, Server]:
        async with visiting(handler, **options) as (fetcher, server):
            return await fetcher.fetch_well_known(f"http://127.0.0.1:{server.port}/a/b?c"), server

    return asyncio.run(look())


def publishing(file: Handler, robots_txt: Handler = PAGE) -> Handler:
    return by_path({robots.PATH: robots_txt, WELL_KNOWN: file}, PAGE)


def test_the_well_known_file_is_that_of_the_pages_origin() -> None:
    found, server = well_known(publishing(saying(answer(b"{}"))))

    assert found == WellKnown(f"http://127.0.0.1:{server.port}{WELL_KNOWN}", 200, b"{}")


@pytest.mark.parametrize("file", [saying(answer(b"none", status="404 Not Found")), redirecting("/elsewhere")])
def test_an_origin_that_does_not_publish_it_itself_publishes_nothing(file: Handler) -> None:
    found, server = well_known(publishing(file))

    assert (found.body, found.problem, found.status in (302, 404)) == (b"", None, True)
    assert paths(server) == ["/robots.txt", WELL_KNOWN]


def test_a_well_known_file_may_be_64_kib_and_not_a_byte_larger() -> None:
    assert len(well_known(publishing(saying(answer(bytes(65_536)))))[0].body) == 65_536

    found, _ = well_known(publishing(saying(answer(bytes(65_537)))))
    assert found.problem is not None
    assert (found.problem.code, found.body) == ("FE120", b"")


def test_a_well_known_file_that_robots_txt_forbids_is_not_asked_for() -> None:
    found, server = well_known(publishing(PAGE, text("User-agent: *\nDisallow: /.well-known/")))

    assert found.problem is not None
    assert (found.status, found.problem.code, paths(server)) == (None, "FE160", ["/robots.txt"])


@pytest.mark.parametrize("behaviour", servers.HOSTILE)
def test_no_fault_of_the_well_known_file_is_raised(behaviour: str) -> None:
    hostile = servers.HOSTILE[behaviour]
    if hostile.handshake:
        return
    found, _ = well_known(publishing(hostile.handler), limits=replace(LIMITS, total_s=0.5))

    assert found.problem is None or isinstance(found.problem, FetchError)
    assert (found.problem is None) == (found.status is not None)


def test_an_address_that_is_none_is_told_too() -> None:
    async def look() -> WellKnown:
        async with Fetcher() as fetcher:
            return await fetcher.fetch_well_known("file:///etc/passwd")

    found = asyncio.run(look())
    assert found.problem is not None
    assert found.problem.code == "FE101"
