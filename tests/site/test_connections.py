"""Where a fetch connects to, what it says there, and whom it believes."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from attest.errors import BlockedAddressError, TooManyRedirectsError, TooSlowError, UnreachableError
from attest.site.addresses import ResolveRule, parse_resolve_rule
from attest.site.fetch import USER_AGENT, AddressInfo, Fetcher, Page, system_resolver
from tests.site import servers
from tests.site.servers import LIMITS, answer, fetch, get, no_resolver, redirecting, refused, saying, serving

# --- addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "ftp://127.0.0.1/", "about:blank"]
)
def test_a_redirect_to_another_scheme_is_refused(location: str) -> None:
    assert refused(redirecting(location)).code == "FE101"


def test_loopback_is_refused_by_default() -> None:
    async def visit() -> int:
        async with serving(saying(answer())) as server:
            with pytest.raises(BlockedAddressError):
                await fetch(f"http://127.0.0.1:{server.port}/")
            return server.connections

    assert asyncio.run(visit()) == 0


def test_a_resolve_rule_leads_to_its_address_under_the_real_host_name() -> None:
    async def visit() -> tuple[Page, bytes]:
        async with serving(servers.echoing) as server:
            rule = parse_resolve_rule(f"例子.example:{server.port}:127.0.0.1")
            url = f"http://例子.example:{server.port}/"
            page = await fetch(url, limits=LIMITS, resolve_rules=[rule], resolver=no_resolver)
            return page, f"\r\nHost: xn--fsqu00a.example:{server.port}\r\n".encode()

    page, host = asyncio.run(visit())

    assert host in page.body


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/", "http://other.example:{port}/", "http://site.example/"]
)
def test_a_resolve_rule_permits_its_own_host_and_port_only(location: str) -> None:
    async def loopback(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async def visit() -> int:
        async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
            await redirecting(location.format(port=server.port))(head, writer)

        async with serving(handler) as server:
            rule = ResolveRule("site.example", server.port, ("127.0.0.1",))
            with pytest.raises(BlockedAddressError):
                await fetch(f"http://site.example:{server.port}/", resolve_rules=[rule], resolver=loopback)
            return server.connections

    assert asyncio.run(visit()) == 1


def test_a_resolve_rule_for_another_port_is_not_used() -> None:
    with pytest.raises(UnreachableError, match="FE140"):
        asyncio.run(
            fetch(
                "http://site.example:81/",
                allow_private=True,
                resolve_rules=[ResolveRule("site.example", 80, ("127.0.0.1",))],
                resolver=no_resolver,
            )
        )


@pytest.mark.parametrize("port", [80, 81])
def test_no_socket_is_opened_for_an_address_that_did_not_pass_however_it_got_there(port: int) -> None:
    opened: list[AddressInfo] = []

    def open_nothing(info: AddressInfo) -> socket.socket:
        opened.append(info)
        raise OSError("no socket in this test")

    fetcher = Fetcher(resolve_rules=[ResolveRule("site.example", 80, ("127.0.0.1",))], socket_factory=open_nothing)
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))

    with pytest.raises(OSError, match="no socket") if port == 80 else pytest.raises(BlockedAddressError):
        fetcher._open(info)

    assert opened == [info] * (port == 80)


def test_of_two_rules_for_a_host_the_later_holds_and_of_its_addresses_the_first_that_answers() -> None:
    async def visit() -> Page:
        async with serving(saying(answer(b"page"))) as server:
            rules = [
                ResolveRule("site.example", server.port, ("127.0.0.9",)),
                ResolveRule("site.example", server.port, ("127.0.0.8", "127.0.0.1")),
            ]
            return await fetch(f"http://site.example:{server.port}/", resolve_rules=rules, resolver=no_resolver)

    assert asyncio.run(visit()).body == b"page"


def test_each_hop_is_one_look_up_and_one_connection() -> None:
    lookups: list[str] = []

    async def counting(host: str, _port: int) -> Sequence[str]:
        lookups.append(host)
        return ["127.0.0.1"]

    async def visit() -> int:
        async with (
            serving(redirecting("/again")) as server,
            Fetcher(limits=LIMITS, allow_private=True, resolver=counting) as fetcher,
        ):
            for _ in range(2):
                with pytest.raises(TooManyRedirectsError):
                    await fetcher.fetch(f"http://site.example:{server.port}/")
            return server.connections

    assert asyncio.run(visit()) == len(lookups) == 2 * (1 + LIMITS.redirects)


@pytest.mark.parametrize("found", [[], ["localhost"], ["127.1"], [""]])
def test_a_name_server_that_gives_no_address_is_an_unreachable_site(found: list[str]) -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return found

    with pytest.raises(UnreachableError) as raised:
        asyncio.run(fetch("http://site.example/", resolver=resolver))

    assert raised.value.code == "FE140"


def test_the_system_resolver_knows_this_machine() -> None:
    assert set(asyncio.run(system_resolver("localhost", 80))) <= {"127.0.0.1", "::1"}


def test_the_system_resolver_tells_what_no_host_can_be_called() -> None:
    with pytest.raises(socket.gaierror):
        asyncio.run(system_resolver("x" * 64, 80))


def test_a_port_where_nobody_listens_is_an_unreachable_site() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(UnreachableError) as raised:
        asyncio.run(fetch(f"http://127.0.0.1:{port}/", allow_private=True))

    assert raised.value.code == "FE141"


# --- what a site learns ----------------------------------------------------------------------------------------


def test_the_request_names_the_visitor_and_carries_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")

    head = get(servers.echoing, "/a").body.decode().split("\r\n")

    assert head[0] == "GET /a HTTP/1.1"
    names = {line.split(":")[0] for line in head[1:] if line}
    assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection"}
    assert f"User-Agent: {USER_AGENT}" in head
    assert "Accept-Encoding: gzip, deflate" in head


def test_cookies_are_not_kept() -> None:
    heads: list[bytes] = []

    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(answer(status="302 Found", headers=("Location: /", "Set-Cookie: a=b; Path=/")))

    assert refused(handler).code == "FE131"
    assert not any(b"cookie" in head.lower() for head in heads)


# --- TLS -------------------------------------------------------------------------------------------------------


def get_tls(certificate: servers.Certificate, host: str, *, trusted: bool) -> tuple[Page, list[str | None]]:
    async def visit() -> tuple[Page, list[str | None]]:
        async with serving(servers.echoing, tls=certificate.server) as server:
            rule, trust = ResolveRule(host, server.port, ("127.0.0.1",)), certificate.trust if trusted else None
            async with Fetcher(limits=LIMITS, resolve_rules=[rule], resolver=no_resolver, tls=trust) as fetcher:
                return await fetcher.fetch(f"https://{host}:{server.port}/"), server.server_names

    return asyncio.run(visit())


def test_tls_is_spoken_with_the_real_host_name(tmp_path: Path) -> None:
    page, server_names = get_tls(servers.self_signed(tmp_path, "site.example"), "site.example", trusted=True)

    assert server_names == ["site.example"]
    assert b"\r\nHost: site.example:" in page.body


def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"FE142.*self-signed certificate"):
        get_tls(servers.self_signed(tmp_path, "site.example"), "site.example", trusted=False)


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"FE142.*other\.example"):
        get_tls(servers.self_signed(tmp_path, "site.example"), "other.example", trusted=True)


def test_a_plain_server_at_an_https_address_is_told_apart() -> None:
    async def visit() -> None:
        async with serving(saying(answer(status="400 Bad Request")), heard=b"\x16") as server:
            await fetch(f"https://127.0.0.1:{server.port}/", limits=LIMITS, allow_private=True)

    with pytest.raises(UnreachableError, match="FE143"):
        asyncio.run(visit())


def test_a_tls_handshake_that_never_ends_is_cut() -> None:
    async def visit() -> None:
        listener = socket.create_server(("127.0.0.1", 0))  # accepts, by its backlog, and says nothing
        with listener:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
            await fetch(url, limits=replace(LIMITS, total_s=0.3), allow_private=True)

    with pytest.raises(TooSlowError):
        asyncio.run(visit())
