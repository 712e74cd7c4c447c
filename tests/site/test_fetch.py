"""Fetching from sites that misbehave: every limit holds, every fault has its code, and nothing leaves loopback."""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from attest.errors import (
    BlockedAddressError,
    FetchError,
    TooLargeError,
    TooManyRedirectsError,
    TooSlowError,
    UnreachableError,
    UnsupportedUrlError,
)
from attest.messages import LANGUAGES, Message
from attest.site.fetch import Page
from tests.site import servers
from tests.site.servers import LIMITS, Handler, answer, fetch, get, redirecting, refused, saying, serving

MEMORY = 50_000_000  # bytes
LATE_S = 20.0  # for a busy machine; what keeps to no limit goes on for ever


# --- limits ----------------------------------------------------------------------------------------------------

KINDS = {
    "": type(None),
    "FE101": UnsupportedUrlError,
    "FE106": UnsupportedUrlError,
    "FE110": BlockedAddressError,
    "FE120": TooLargeError,
    "FE121": TooLargeError,
    "FE122": TooLargeError,
    "FE130": TooSlowError,
    "FE131": TooManyRedirectsError,
    "FE143": UnreachableError,
    "FE144": UnreachableError,
    "FE145": UnreachableError,
    "FE146": UnreachableError,
    "FE147": UnreachableError,
}


@pytest.mark.parametrize("behaviour", servers.HOSTILE)
def test_a_hostile_site_costs_neither_time_nor_memory_beyond_the_limits(behaviour: str) -> None:
    site = servers.HOSTILE[behaviour]

    cost = asyncio.run(servers.ordeal(site, LIMITS))

    assert cost.code in (site.ends or {""})
    assert type(cost.error) is KINDS[cost.code]
    assert cost.seconds < LIMITS.total_s + LATE_S
    assert cost.growth < MEMORY


@pytest.mark.parametrize("behaviour", servers.HOSTILE)
def test_a_hostile_robots_txt_costs_no_more_than_a_hostile_page(behaviour: str) -> None:
    site = replace(servers.HOSTILE[behaviour], in_robots=True)

    cost = asyncio.run(servers.ordeal(site, LIMITS))

    assert cost.seconds < LIMITS.total_s + LATE_S
    assert cost.growth < MEMORY


def test_without_the_limit_a_bomb_exceeds_the_memory_that_the_test_allows() -> None:
    limits = replace(LIMITS, decoded_bytes=60_000_000, total_s=30)

    cost = asyncio.run(servers.ordeal(servers.HOSTILE["sends a gzip bomb"], limits))

    assert len(servers.bomb()) < 320_000
    assert (cost.code, cost.growth > MEMORY) == ("FE121", True)


@pytest.mark.parametrize(("encoding", "length"), [("identity", True), ("identity", False), ("gzip", True)])
def test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger(encoding: str, length: bool) -> None:
    def handler(size: int) -> Handler:
        body = bytes(size) if encoding == "identity" else gzip.compress(bytes(size))
        return saying(answer(body, headers=(f"Content-Encoding: {encoding}",), length=length))

    limits = replace(LIMITS, raw_bytes=1000, decoded_bytes=1000)

    assert get(handler(1000), limits=limits).body == bytes(1000)
    assert refused(handler(1001), limits).code == ("FE121" if encoding == "gzip" else "FE120")


def test_the_time_limit_covers_a_name_server_that_never_answers() -> None:
    async def hanging(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(3600)
        return []

    with pytest.raises(TooSlowError):
        asyncio.run(fetch("http://site.example/", limits=replace(LIMITS, total_s=0.2), resolver=hanging))


def test_the_time_limit_covers_all_redirects_together() -> None:
    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await redirecting("/next")(head, writer)

    assert refused(handler, replace(LIMITS, total_s=0.5)).code == "FE130"


def test_redirects_are_counted_from_the_first_answer_on() -> None:
    async def visit() -> int:
        async with serving(redirecting("/again")) as server:
            with pytest.raises(TooManyRedirectsError):
                await fetch(f"http://127.0.0.1:{server.port}/", limits=LIMITS, allow_private=True)
            return len(server.heads)

    assert asyncio.run(visit()) == 1 + LIMITS.redirects


@hypothesis_settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", answer(b"x", length=False)]))
@example(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nx", b"")
@example(b"HTTP/1.1 999 ?\r\n\r\n", b"")
@example(b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello", b"")
@example(b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n", b"")
@example(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", b"")
@example(b"Transfer-Encoding: gzip\r\n\r\nx", b"HTTP/1.1 200 OK\r\n")
@example(b"Content-Type: \xff\r\n\r\nx", b"HTTP/1.1 200 OK\r\n")
def test_whatever_a_server_says_ends_as_a_page_or_a_fetch_error(said: bytes, start: bytes) -> None:
    try:
        end: Page | FetchError = get(saying(start + said), limits=replace(LIMITS, total_s=0.3))
    except FetchError as error:
        end = error

    if isinstance(end, Page):
        assert end.content_type.isascii()
    else:
        assert all(end.text(lang) and end.hint(lang) for lang in LANGUAGES)


# --- answers ---------------------------------------------------------------------------------------------------


def test_a_page_tells_what_was_seen() -> None:
    page = get(saying(answer("备案".encode(), headers=("Content-Type: text/html; charset=utf-8",))), "/a?b#c")

    assert page.body.decode() == "备案"
    assert page.sha256 == hashlib.sha256(page.body).hexdigest()
    assert (page.status, page.content_type, page.redirects) == (200, "text/html; charset=utf-8", ())
    assert page.url.endswith("/a?b#c")
    assert page.final_url == page.url.removesuffix("#c")


def test_a_page_keeps_its_headers_in_order_and_no_cookie() -> None:
    headers = ("Server: x", "set-cookie: id=secret; Path=/", "X: a", "X: \xe5", "Set-Cookie2: id=secret")
    page = get(saying(answer(b"", headers=headers)))

    assert page.headers == (
        ("Server", "x"),
        ("set-cookie", ""),
        ("X", "a"),
        ("X", "å"),
        ("Set-Cookie2", ""),
        ("Content-Length", "0"),
    )
    assert "secret" not in repr(page)


def test_a_header_that_is_no_text_is_kept_as_what_can_be_written_down() -> None:
    page = get(saying(b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\nContent-Length: 0\r\n\r\n"))

    assert dict(page.headers)["X"] == "\ufffd\ufffd"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "304 Not Modified", "302 Found"])
def test_an_error_status_or_a_redirect_to_nowhere_is_an_answer(status: str) -> None:
    assert get(saying(answer(status=status))).status == int(status[:3])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"page")),
        ("X-GZIP", gzip.compress(b"page")),
        ("gzip", gzip.compress(b"pa") + gzip.compress(b"ge")),
        ("gzip", gzip.compress(b"page") + b"trailing noise"),
        ("deflate", zlib.compress(b"page")),
        ("deflate", zlib.compress(b"page", wbits=-15)),
        ("identity", b"page"),
        ("", b"page"),
    ],
    ids=["gzip", "another name", "members", "noise after it", "deflate", "deflate without frame", "plain", "empty"],
)
def test_the_codings_asked_for_are_decoded(coding: str, body: bytes) -> None:
    assert get(saying(answer(body, headers=(f"Content-Encoding: {coding}",)))).body == b"page"


def test_an_empty_body_needs_no_decoding() -> None:
    assert get(saying(answer(headers=("Content-Encoding: gzip",)))).body == b""


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    assert get(saying(answer(b"page", headers=("Connection: close",), length=False))).body == b"page"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_told(status: int) -> None:
    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        if head.startswith(b"GET /end"):
            await saying(answer(b"end"))(head, writer)
        else:
            await redirecting("/end?q", status=f"{status} Moved")(head, writer)

    page = get(handler)

    assert page.body == b"end"
    assert page.final_url.endswith("/end?q")
    assert page.redirects == (page.final_url,)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/备案", b"/%E5%A4%87%E6%A1%88"),
        ("/备案".encode("gbk").decode("utf-8", "surrogateescape"), b"/%B1%B8%B0%B8"),
        ("/%B1%b8?x=%zz", b"/%B1%b8?x=%zz"),
    ],
)
def test_a_redirect_keeps_the_bytes_of_its_path(location: str, path: bytes) -> None:
    heads: list[bytes] = []

    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await (redirecting(location) if len(heads) == 1 else saying(answer()))(head, writer)

    get(handler)

    assert heads[1].split()[1] == path


def test_refresh_is_not_followed() -> None:
    page = get(saying(answer(b'<meta http-equiv="refresh" content="0;url=/x">', headers=("Refresh: 0; url=/x",))))

    assert page.redirects == ()


# --- what a browser might show beyond the answer ---------------------------------------------------------------

CUT = b"<html><body><p>\xe5\xa4\x87"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CUT), CUT)
UNMEASURED = {
    "cut": CUT,
    "empty": b"",
    "ended long before the end": b"</html>" + b"x" * 2000,
}


@pytest.mark.parametrize("name", UNMEASURED)
def test_a_page_that_nothing_measures_and_no_tag_ends_may_be_cut_off(name: str) -> None:
    assert get(saying(answer(UNMEASURED[name], length=False))).incomplete == Message("EX207")


@pytest.mark.parametrize("end", [b"</html>", b"</BODY ></HTML>\r\n<!-- 3 ms -->", b"</body>"])
def test_a_page_that_nothing_measures_ends_with_its_last_tag(end: bytes) -> None:
    packed = gzip.compress(CUT + end)

    assert get(saying(answer(CUT + end, length=False))).incomplete is None
    assert get(saying(answer(packed, headers=("Content-Encoding: gzip",), length=False))).incomplete is None


def test_a_page_that_is_measured_is_whole_without_a_last_tag() -> None:
    assert get(saying(answer(CUT))).incomplete is None
    chunked = saying(answer(CHUNKS, headers=("Transfer-Encoding: chunked",), length=False))
    assert (get(chunked).body, get(chunked).incomplete) == (CUT, None)


@pytest.mark.parametrize("value", ["0; url=/x", "5;URL='/x'", "0;/x", "0, x", "1.5 ;url = //other.example/"])
def test_a_refresh_that_leads_elsewhere_is_noticed(value: str) -> None:
    assert get(saying(answer(b"x", headers=("Refresh: 300", f"Refresh: {value}")))).incomplete == Message("EX202")


@pytest.mark.parametrize("value", ["", "0", "300", "300;", "1.5 "])
def test_a_refresh_of_the_same_page_leads_nowhere(value: str) -> None:
    assert get(saying(answer(b"x", headers=(f"Refresh: {value}",)))).incomplete is None


@pytest.mark.parametrize(
    ("value", "saved"),
    [("attachment", True), ("Attachment ; filename=x.html", True), ("inline; filename=attachment", False), ("", False)],
)
def test_an_attachment_is_told_from_a_page(value: str, saved: bool) -> None:
    assert get(saying(answer(b"x", headers=(f"Content-Disposition: {value}",)))).attachment is saved
