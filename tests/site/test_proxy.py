"""The browser's only way out: what it may reach, and that nothing else gets a connection."""

import asyncio
import socket

import pytest

from attest.site.addresses import parse_resolve_rule
from attest.site.guard import AddressInfo, Guard
from attest.site.proxy import GuardedProxy


def through(request: bytes, *, guard: Guard, max_bytes: int = 1_000_000) -> tuple[bytes, GuardedProxy]:
    """What the proxy answers to one request."""

    async def work() -> tuple[bytes, GuardedProxy]:
        async with GuardedProxy(guard, max_bytes=max_bytes) as proxy:
            port = int(proxy.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            await writer.drain()
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return answer, proxy

    return asyncio.run(work())


class Connections(list[str]):
    """A connector that opens nothing, and remembers what for."""

    def __call__(self, info: AddressInfo) -> socket.socket:
        self.append(str(info[4][0]))
        raise OSError("not in a test")


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def public(host: str, port: int) -> list[str]:
    return ["93.184.216.34"]


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1:80", "localhost:443", "0x7f000001:80", "2130706433:80", "127.1:443", "[::1]:443", "10.0.0.1:443",
        "169.254.169.254:80", "[::ffff:127.0.0.1]:443", "[64:ff9b::7f00:1]:443", "rebound.example:443",
    ],
)  # fmt: skip
def test_a_private_address_gets_no_connection_however_it_is_asked_for(target: str) -> None:
    opened = Connections()
    guard = Guard(resolver=loopback, socket_factory=opened)
    for request in (f"CONNECT {target} HTTP/1.1\r\n\r\n", f"GET http://{target}/ HTTP/1.1\r\n\r\n"):
        answer, proxy = through(request.encode(), guard=guard)
        assert answer.startswith(b"HTTP/1.1 403")
        assert [error.code for error in proxy.refused] == ["FE110"]
    assert opened == []


def test_control_a_public_address_gets_one() -> None:
    opened = Connections()
    through(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", guard=Guard(resolver=public, socket_factory=opened))
    assert opened == ["93.184.216.34"]


@pytest.mark.parametrize(
    "request_",
    [b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET file:///etc/passwd HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n"],
)
def test_what_is_no_request_to_a_site_is_refused(request_: bytes) -> None:
    opened = Connections()
    answer, _ = through(request_, guard=Guard(resolver=public, socket_factory=opened))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert opened == []


def served(answer: bytes, request: bytes, *, max_bytes: int = 1_000_000) -> tuple[bytes, bytes, GuardedProxy]:
    """What a server behind the proxy was sent, what came back, and the proxy."""
    seen = bytearray()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def work() -> tuple[bytes, GuardedProxy]:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        guard = Guard(rules=[parse_resolve_rule(f"a.example:{port}:127.0.0.1")])
        async with server, GuardedProxy(guard, max_bytes=max_bytes) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
            writer.write(request.replace(b"PORT", str(port).encode()))
            found = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return found, proxy

    found, proxy = asyncio.run(work())
    return bytes(seen), found, proxy


def test_a_plain_request_goes_on_as_its_server_expects_it_and_ends_its_connection() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    seen, found, _ = served(
        answer, b"GET http://a.example:PORT/x?y=1 HTTP/1.1\r\nHost: a.example\r\nProxy-Connection: keep-alive\r\n\r\n"
    )
    assert seen.startswith(b"GET /x?y=1 HTTP/1.1\r\nConnection: close\r\nHost: a.example\r\n")
    assert b"Proxy-Connection" not in seen
    assert found == answer


def test_a_second_request_on_the_same_connection_reaches_nobody() -> None:
    first = b"GET http://a.example:PORT/ HTTP/1.1\r\nHost: a.example\r\n\r\n"
    seen, _, _ = served(b"HTTP/1.1 200 OK\r\n\r\n", first + first.replace(b"a.example", b"b.example"))
    assert seen.count(b"GET") == 1


def test_more_than_a_visit_may_load_is_cut_off_and_told() -> None:
    request = b"GET http://a.example:PORT/ HTTP/1.1\r\nHost: a.example\r\n\r\n"
    _, found, proxy = served(b"x" * 300_000, request, max_bytes=100_000)
    assert len(found) <= 100_000
    assert proxy.exhausted
