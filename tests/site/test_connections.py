"""Where a fetch connects to, what it says there, and whom it believes."""

import asyncio
import hashlib
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from attest.errors import BlockedAddressError, FetchError, TooManyRedirectsError, TooSlowError, UnreachableError
from attest.site.addresses import ResolveRule, parse_resolve_rule, refusal
from attest.site.fetch import USER_AGENT, WELL_KNOWN, Fetcher, Page, WellKnown
from attest.site.guard import AddressInfo, open_socket, system_resolver
from attest.site.tls import MAX_NAMES
from tests.site import servers
from tests.site.servers import LIMITS, Server, answer, fetch, get, no_resolver, redirecting, refused, saying, serving

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
        fetcher.guard.open(info)

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


def test_each_hop_to_a_server_that_closes_is_one_look_up_and_one_connection() -> None:
    lookups: list[str] = []

    async def counting(host: str, _port: int) -> Sequence[str]:
        lookups.append(host)
        return ["127.0.0.1"]

    async def visit() -> int:
        async with (
            serving(redirecting("/again")) as server,
            Fetcher(limits=LIMITS, allow_private=True, resolver=counting, obey_robots=False) as fetcher,
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


# --- one connection for several requests -----------------------------------------------------------------------


class Internet:
    """A name server whose answers change, and what was connected to."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.connected: list[str] = []

    async def resolve(self, _host: str, _port: int) -> Sequence[str]:
        return [self.answers.pop(0)]

    def open(self, info: AddressInfo) -> socket.socket:
        self.connected.append(str(info[4][0]))
        return open_socket(info)


def test_robots_txt_page_and_well_known_file_come_over_one_tls_connection(tmp_path: Path) -> None:
    certificate = servers.self_signed(tmp_path, "site.example")

    async def visit() -> tuple[Server, WellKnown]:
        async with serving(servers.echoing, tls=certificate.server, requests=3) as server:
            rule = ResolveRule("site.example", server.port, ("127.0.0.1",))
            async with Fetcher(limits=LIMITS, resolve_rules=[rule], tls=certificate.trust) as fetcher:
                page = await fetcher.fetch(f"https://site.example:{server.port}/a")
                return server, await fetcher.fetch_well_known(page.final_url)

    server, well_known = asyncio.run(visit())

    assert [head.split()[1] for head in server.heads] == [b"/robots.txt", b"/a", WELL_KNOWN.encode()]
    assert (server.connections, len(server.server_names), well_known.status) == (1, 1, 200)


def test_a_name_that_turns_internal_changes_nothing_for_a_connection_and_is_refused_for_the_next() -> None:
    internet = Internet("127.0.0.1", "10.0.0.1")

    async def visit() -> Server:
        async with (
            serving(servers.echoing, requests=2) as server,
            Fetcher(limits=LIMITS, resolver=internet.resolve, socket_factory=internet.open) as fetcher,
        ):
            await fetcher.fetch(f"http://site.example:{server.port}/")  # robots.txt and page
            with pytest.raises(BlockedAddressError):
                await fetcher.fetch(f"http://site.example:{server.port}/")
            return server

    with pytest.MonkeyPatch.context() as patch:  # loopback stands in for the internet, and for nothing internal
        patch.setattr(
            "attest.site.guard.refusal", lambda address, **_: refusal(address, allow_private=address != "10.0.0.1")
        )
        server = asyncio.run(visit())

    assert (internet.connected, server.connections, len(server.heads)) == (["127.0.0.1"], 1, 2)


@pytest.mark.parametrize(
    "other", ["http://other.example:{port}/", "http://127.0.0.1:{port}/", "https://site.example:{port}/"]
)
def test_a_connection_serves_its_own_scheme_host_and_port_only(other: str) -> None:
    async def visit() -> int:
        async with serving(servers.echoing, requests=9) as server:
            rule = ResolveRule("site.example", server.port, ("127.0.0.1",))
            async with Fetcher(
                limits=replace(LIMITS, total_s=0.3), resolve_rules=[rule], resolver=no_resolver, obey_robots=False
            ) as fetcher:
                await fetcher.fetch(f"http://site.example:{server.port}/")
                with pytest.raises(FetchError):
                    await fetcher.fetch(other.format(port=server.port))
            return len(server.heads)

    assert asyncio.run(visit()) == 1


def test_few_connections_are_kept_idle_and_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.site.guard.MAX_IDLE", 3)

    async def visit() -> tuple[int, list[int]]:
        async with serving(servers.echoing, requests=9) as server:
            rules = [ResolveRule(f"site{each}.example", server.port, ("127.0.0.1",)) for each in range(8)]
            connections = []
            async with Fetcher(limits=LIMITS, resolve_rules=rules, obey_robots=False) as fetcher:
                for rule in (*rules, rules[-1], rules[0]):
                    await fetcher.fetch(f"http://{rule.host}:{rule.port}/")
                    connections.append(server.connections)
                while server.open > 3:  # what the visitor closed is on its way
                    await asyncio.sleep(0.01)
                return server.open, connections

    kept, connections = asyncio.run(visit())

    assert kept == 3
    assert connections == [1, 2, 3, 4, 5, 6, 7, 8, 8, 9]


FLOOD = answer(status="204 No Content", headers=("X: " + "x" * 500,), length=False) * 100
ENOUGH = 3_000_000  # bytes; several times what sockets and TLS hold below


def small(info: AddressInfo) -> socket.socket:
    opened = open_socket(info)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    return opened


def flooded(certificate: servers.Certificate | None) -> int:
    """Bytes of answers nobody asked for that a server got rid of on an idle connection, until it is stuck."""
    said = 0

    async def flooding(_head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal said
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        writer.write(answer(b"page"))
        await asyncio.sleep(0.1)  # the page arrives alone
        while said < ENOUGH:
            writer.write(FLOOD)
            await writer.drain()
            said += len(FLOOD)

    async def visit() -> None:
        async with serving(flooding, tls=certificate and certificate.server) as server:
            rule = ResolveRule("site.example", server.port, ("127.0.0.1",))
            trust = certificate and certificate.trust
            async with Fetcher(
                limits=LIMITS, resolve_rules=[rule], socket_factory=small, tls=trust, obey_robots=False
            ) as fetcher:
                await fetcher.fetch(f"http{'s' if certificate else ''}://site.example:{server.port}/")
                before, still = 0, 0
                while not said or (still < 50 and said < ENOUGH):  # rounds of the loop that both share
                    await asyncio.sleep(0.005)
                    before, still = said, still + 1 if said == before else 0

    asyncio.run(visit())
    return said


@pytest.fixture(params=["http", "https"])
def certificate(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> servers.Certificate | None:
    monkeypatch.setattr("attest.site.guard.IDLE_S", 60.0)
    return servers.self_signed(tmp_path, "site.example") if request.param == "https" else None


def test_what_a_server_sends_to_an_idle_connection_is_left_unread(certificate: servers.Certificate | None) -> None:
    assert 0 < flooded(certificate) < ENOUGH


def test_without_that_a_server_could_fill_the_memory(
    certificate: servers.Certificate | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attest.site.guard.Connector.hush", lambda *_: None)

    assert flooded(certificate) >= ENOUGH


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
    assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language"}
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


def get_tls(
    certificate: servers.Certificate, host: str, *, trusted: bool, handler: servers.Handler = servers.echoing
) -> tuple[Page, list[str | None]]:
    async def visit() -> tuple[Page, list[str | None]]:
        async with serving(handler, tls=certificate.server) as server:
            rule, trust = ResolveRule(host, server.port, ("127.0.0.1",)), certificate.trust if trusted else None
            page = await fetch(
                f"https://{host}:{server.port}/", limits=LIMITS, resolve_rules=[rule], resolver=no_resolver, tls=trust
            )
            return page, server.server_names

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


def test_a_page_tells_over_what_tls_it_came(tmp_path: Path) -> None:
    certificate = servers.self_signed(tmp_path, "site.example")
    page, _ = get_tls(certificate, "site.example", trusted=True)
    (der,) = certificate.trust.get_ca_certs(binary_form=True)

    assert page.tls is not None
    assert (page.tls.subject, page.tls.names, page.tls.issuer) == ("site.example", ("site.example",), "site.example")
    assert (page.tls.protocol, page.tls.cipher[:4]) == ("TLSv1.3", "TLS_")
    assert page.tls.sha256 == hashlib.sha256(der).hexdigest()
    assert page.tls.not_before is not None
    assert page.tls.not_after is not None
    assert page.tls.not_after - page.tls.not_before == timedelta(days=2)


@pytest.mark.parametrize(
    ("headers", "body", "length"),
    [
        (("Connection: close",), b"page", True),
        (("Connection: close",), b"", True),
        ((), b"page</html>", False),
        (("Transfer-Encoding: chunked",), b"4\r\npage\r\n0\r\n\r\n", False),
        (("Connection: close",), b"x" * 1_000_000, True),
    ],
    ids=["closed", "empty", "unmeasured", "chunked", "long"],
)
def test_the_tls_is_told_also_of_a_connection_that_was_closed(
    tmp_path: Path, headers: tuple[str, ...], body: bytes, length: bool
) -> None:
    handler = saying(answer(body, headers=headers, length=length))
    page, _ = get_tls(servers.self_signed(tmp_path, "site.example"), "site.example", trusted=True, handler=handler)

    assert page.tls is not None
    assert (page.tls.protocol, page.tls.subject, page.status) == ("TLSv1.3", "site.example", 200)


def test_a_page_over_http_tells_of_no_tls() -> None:
    assert get(saying(answer())).tls is None


def test_of_thousands_of_names_in_a_certificate_the_first_are_told(tmp_path: Path) -> None:
    names = ("site.example", *(f"{each}.example" for each in range(1000)))
    page, _ = get_tls(servers.self_signed(tmp_path, *names), "site.example", trusted=True)

    assert page.tls is not None
    assert page.tls.names == names[:MAX_NAMES]


def test_a_certificate_whose_names_are_no_text_is_a_site_that_cannot_be_reached(tmp_path: Path) -> None:
    names = b"\x30\x12\x82\x0csite.example\x82\x02\xff\xfe"
    certificate = servers.self_signed(tmp_path, "site.example", alternative_names=names)

    with pytest.raises(UnreachableError, match="FE142"):
        get_tls(certificate, "site.example", trusted=True)
