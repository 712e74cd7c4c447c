"""Sites on loopback that misbehave on the wire, each in one way.

A handler gets the request's head and a writer, and says bytes. `serving` puts it on a port or, so that a test can
stand in for any address of the internet without a packet leaving the process, on a Unix socket. `get` and `refused`
visit it. `HOSTILE` lists what a site can do to a visitor, and `ordeal` measures what it costs.
"""

import asyncio
import contextlib
import datetime as dt
import ssl
import struct
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from attest.errors import FetchError
from attest.site.addresses import ResolveRule
from attest.site.fetch import Fetcher, Limits, Page

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Attributes:
    open: Connections that neither side has closed.
    """

    port: int = 0
    connections: int = 0
    open: int = 0
    heads: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serving(
    handler: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    path: Path | None = None,
    heard: bytes = b"\r\n\r\n",
    requests: int = 1,
) -> AsyncIterator[Server]:
    """Serve on a free port of loopback, or at `path`, calling `handler` once `heard` has been heard.

    A connection is closed after `requests` of them.
    """
    server = Server()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        server.connections += 1
        server.open += 1
        try:
            for _ in range(requests):
                head = await reader.readuntil(heard)
                server.heads.append(head)
                await handler(head, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            server.open -= 1
            writer.close()

    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: server.server_names.append(name)
    if path is not None:
        listener: asyncio.Server = await asyncio.start_unix_server(connected, path)
    else:
        listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
        server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def answer(body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = (), length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def saying(*parts: bytes) -> Handler:
    """Say `parts`, then close."""

    async def handler(_head: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handler


def repeating(start: bytes, part: bytes, *, pause_s: float = 0, times: int | None = None) -> Handler:
    """Say `start`, then `part` again and again, for ever unless `times` is given."""

    async def handler(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        said = 0
        while times is None or said < times:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
            said += 1

    return handler


def redirecting(location: str, *, status: str = "302 Found") -> Handler:
    return saying(answer(status=status, headers=(f"Location: {location}",)))


def resetting(start: bytes) -> Handler:
    """Say `start`, then break the connection off with a reset."""

    async def handler(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    return handler


async def silent(_head: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def echoing(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer with the request's own head."""
    writer.write(answer(head))


def by_path(handlers: Mapping[str, Handler], other: Handler) -> Handler:
    """Behave as `handlers` say for a path, else as `other`."""

    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        await handlers.get(head.split(b" ", 2)[1].decode("ascii"), other)(head, writer)

    return handler


@cache
def bomb(coding: str = "gzip") -> bytes:
    """Some 300 kB that hold 300 MB of zeros."""
    megabyte = bytes(1_000_000)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)  # can follow itself
    blocks = block * 300 + packer.flush()
    if coding == "deflate":
        return blocks
    check = 0
    for _ in range(300):
        check = zlib.crc32(megabyte, check)
    return b"\x1f\x8b\x08" + bytes(7) + blocks + struct.pack("<II", check, 300_000_000)


def bombing(coding: str, *, layers: int = 1) -> Handler:
    async def handler(head: bytes, writer: asyncio.StreamWriter) -> None:
        body = bomb(coding)
        for _ in range(1, layers):
            body = zlib.compress(body, wbits=31)
        await saying(answer(body, headers=(f"Content-Encoding: {', '.join([coding] * layers)}",)))(head, writer)

    return handler


@dataclass(frozen=True)
class Trap:
    """A hostile site that is up: what to visit, and where it is."""

    url: str
    rule: ResolveRule


@dataclass(frozen=True)
class Hostile:
    """Something that a site can do to a visitor.

    Attributes:
        handler: Of the page; robots.txt is not there.
        ends: Codes of the errors that it may end in, more than one where it depends on what arrives in one packet or
            on how fast this machine is; empty where it ends in a page.
        handshake: The handler begins where TLS should.
        in_robots: The handler is that of robots.txt; the page is harmless.
    """

    handler: Handler
    ends: frozenset[str]
    handshake: bool = False
    in_robots: bool = False

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[Trap]:
        """Serve it on loopback, under a name that only the rule resolves."""
        robots, page = saying(answer(status="404 Not Found", headers=("Connection: close",))), self.handler
        if self.in_robots:
            robots, page = page, saying(answer(b"page"))
        handler = self.handler if self.handshake else by_path({"/robots.txt": robots}, page)
        async with serving(handler, heard=b"\x16" if self.handshake else b"\r\n\r\n") as server:
            scheme = "https" if self.handshake else "http"
            rule = ResolveRule("hostile.example", server.port, ("127.0.0.1",))
            yield Trap(f"{scheme}://{rule.host}:{rule.port}/", rule)


def hostile(handler: Handler, *ends: str, handshake: bool = False) -> Hostile:
    return Hostile(handler, frozenset(ends), handshake)


CHUNKED = ("Transfer-Encoding: chunked",)
GZIP = ("Content-Encoding: gzip",)
GB18030 = "<p>京网信备11010819764512340015号</p>".encode("gb18030")

HOSTILE: dict[str, Hostile] = {
    "drips the body": hostile(repeating(answer(length=False), b"x", pause_s=0.02), "FE130"),
    "drips the headers": hostile(repeating(b"HTTP/1.1 200 OK\r\nX-", b"x", pause_s=0.02), "FE130"),
    "says nothing": hostile(silent, "FE130"),
    "stops in the headers": hostile(repeating(b"HTTP/1.1 200 OK\r\nX: y\r\n", b"", pause_s=3600), "FE130"),
    "hangs in the TLS handshake": hostile(silent, "FE130", handshake=True),
    "drips the TLS handshake": hostile(
        repeating(b"\x16\x03\x03\x40\x00", b"\x02", pause_s=0.02), "FE130", "FE143", handshake=True
    ),
    "never ends the body": hostile(repeating(answer(length=False), bytes(65_536)), "FE120"),
    "never ends the chunks": hostile(
        repeating(answer(headers=CHUNKED, length=False), b"2000\r\n" + bytes(0x2000) + b"\r\n"), "FE120"
    ),
    "never ends the chunks of one byte": hostile(
        repeating(answer(headers=CHUNKED, length=False), b"1\r\nx\r\n" * 5000), "FE120", "FE130"
    ),
    "never ends a chunk extension": hostile(
        repeating(answer(headers=CHUNKED, length=False) + b"1;", b"x" * 65_536), "FE130"
    ),
    "never ends the trailers": hostile(
        repeating(answer(headers=CHUNKED, length=False) + b"0\r\n", b"a: b\r\n" * 5000), "FE122", "FE146"
    ),
    "never ends the interim answers": hostile(repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "FE130"),
    "never ends the status line": hostile(repeating(b"HTTP/1.1 200 ", b"x" * 65_536), "FE122"),
    "never ends a header": hostile(repeating(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536), "FE122"),
    "declares a huge body": hostile(saying(answer(headers=("Content-Length: 999999999999",), length=False)), "FE120"),
    "sends a million headers": hostile(repeating(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 1000, times=1000), "FE122"),
    "sends one header of 1 MB": hostile(saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"), "FE122"),
    "sends 100 headers of 1 kB": hostile(saying(answer(headers=("X: " + "x" * 1000,) * 100)), "FE122"),
    "closes without a word": hostile(saying(), "FE145"),
    "resets in the body": hostile(
        resetting(answer(bytes(10), headers=("Content-Length: 100",), length=False)), "FE146"
    ),
    "cuts the body": hostile(saying(answer(bytes(10), headers=("Content-Length: 100",), length=False)), "FE146"),
    "cuts the chunks": hostile(saying(answer(b"a\r\nxxxxxxxxxx\r\n", headers=CHUNKED, length=False)), "FE146"),
    "contradicts its length": hostile(
        saying(answer(b"x", headers=("Content-Length: 2", "Content-Length: 1"), length=False)), "FE144"
    ),
    "sends a negative length": hostile(saying(answer(b"x", headers=("Content-Length: -1",), length=False)), "FE144"),
    "sends a chunk size that is none": hostile(
        saying(answer(b"zz\r\nx\r\n0\r\n\r\n", headers=CHUNKED, length=False)), "FE144", "FE146"
    ),
    "speaks no HTTP": hostile(saying(b"220 mail.example.cn ESMTP\r\n"), "FE144"),
    "sends noise": hostile(saying(bytes(range(256)) * 20), "FE144"),
    "answers in TLS": hostile(saying(b"\x15\x03\x03\x00\x02\x02\x46"), "FE144"),
    "cuts the gzip": hostile(saying(answer(zlib.compress(bytes(100), wbits=31)[:-9], headers=GZIP)), "FE146"),
    "damages the gzip": hostile(saying(answer(b"\x1f\x8b" + b"x" * 100, headers=GZIP)), "FE147"),
    "chains gzip members": hostile(saying(answer(zlib.compress(b"", wbits=31) * 90_000, headers=GZIP)), "FE147"),
    "sends a gzip bomb": hostile(bombing("gzip"), "FE121"),
    "sends a deflate bomb": hostile(bombing("deflate"), "FE121"),
    "sends a bomb in a bomb": hostile(bombing("gzip", layers=2), "FE147"),
    "sends a coding nobody asked for": hostile(saying(answer(b"x", headers=("Content-Encoding: br",))), "FE147"),
    "redirects to itself": hostile(redirecting("/"), "FE131"),
    "redirects to ever longer addresses": hostile(redirecting("x" * 3000 + "/"), "FE106"),
    "redirects to a file": hostile(redirecting("file:///etc/passwd"), "FE101"),
    "redirects to data": hostile(redirecting("data:text/html,<p>x"), "FE101"),
    "redirects to this machine": hostile(redirecting("http://127.0.0.1:9/"), "FE110"),
    "redirects to the metadata of a cloud": hostile(redirecting("http://[::ffff:a9fe:a9fe]/"), "FE110"),
    "names the wrong charset": hostile(saying(answer(GB18030, headers=("Content-Type: text/html; charset=utf-8",)))),
}


@dataclass(frozen=True)
class Cost:
    """How a visit to a hostile site ended, and what it cost.

    Attributes:
        error: None where a page was read.
        growth: Bytes of resident memory at most, beyond what there was before; the site's own share included.
    """

    error: FetchError | None
    seconds: float
    growth: int

    @property
    def code(self) -> str:
        return self.error.code if self.error else ""


async def ordeal(site: Hostile, limits: Limits) -> Cost:
    """Visit a hostile site with limits. Linux only."""
    async with site.serve() as trap, Fetcher(limits=limits, resolve_rules=[trap.rule], resolver=no_resolver) as fetcher:
        found: FetchError | None = None
        before, start = _resident(reset=True), time.perf_counter()
        try:
            await fetcher.fetch(trap.url)
        except FetchError as error:
            found = error
        return Cost(found, time.perf_counter() - start, _resident() - before)


def _resident(*, reset: bool = False) -> int:
    """The highest resident memory of this process since the last reset, in bytes."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate on disk, and a client's trust in nothing else."""

    server: ssl.SSLContext
    trust: ssl.SSLContext


def self_signed(folder: Path, host: str, *more: str, alternative_names: bytes | None = None) -> Certificate:
    """A certificate for these hosts, or with DER of the caller's in place of their names."""
    names: x509.ExtensionType = x509.SubjectAlternativeName([x509.DNSName(each) for each in (host, *more)])
    if alternative_names is not None:
        names = x509.UnrecognizedExtension(x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, alternative_names)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + pem
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return Certificate(server, ssl.create_default_context(cadata=pem.decode("ascii")))


# --- a visitor to them ------------------------------------------------------------------------------------------

LIMITS = Limits(total_s=1.0, raw_bytes=2_000_000, decoded_bytes=5_000_000)


async def no_resolver(host: str, port: int) -> Sequence[str]:
    raise OSError(f"{host}:{port} must not be looked up")


async def fetch(url: str, **options: Any) -> Page:
    """Get one page with a `Fetcher` of its own, and nothing else."""
    async with Fetcher(**{"obey_robots": False, **options}) as fetcher:
        return await fetcher.fetch(url)


def get(handler: Handler, path: str = "/", limits: Limits = LIMITS) -> Page:
    """Fetch `path` from a site on loopback that behaves as `handler` does."""

    async def visit() -> Page:
        async with serving(handler) as server:
            url = f"http://127.0.0.1:{server.port}{path}"
            return await fetch(url, limits=limits, allow_private=True, resolver=no_resolver)

    return asyncio.run(visit())


def refused(handler: Handler, limits: Limits = LIMITS) -> FetchError:
    with pytest.raises(FetchError) as raised:
        get(handler, limits=limits)
    return raised.value
