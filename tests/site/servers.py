"""Sites on loopback that misbehave on the wire, each in one way.

A handler gets the request's head and a writer, and says bytes. `serving` puts it on a port or, so that a test can
stand in for any address of the internet without a packet leaving the process, on a Unix socket. `get` and `refused`
visit it.
"""

import asyncio
import contextlib
import datetime as dt
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from attest.errors import FetchError
from attest.site.fetch import Fetcher, Limits, Page

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    port: int = 0
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serving(
    handler: Handler,
    *,
    tls: ssl.SSLContext | None = None,
    path: Path | None = None,
    heard: bytes = b"\r\n\r\n",
) -> AsyncIterator[Server]:
    """Serve on a free port of loopback, or at `path`, calling `handler` once `heard` has been heard."""
    server = Server()
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        server.connections += 1
        try:
            head = await reader.readuntil(heard)
            server.heads.append(head)
            await handler(head, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
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


def gzip_of_zeros(megabytes: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(megabytes):
        yield packer.compress(bytes(1_000_000))
    yield packer.flush()


@cache
def bomb() -> bytes:
    """292 kB of gzip that hold 300 MB."""
    return b"".join(gzip_of_zeros(300))


# One hostile behaviour a name. Each must end as a FetchError within the time limit and 50 MB.
HOSTILE: dict[str, Handler] = {
    "drips the body": repeating(answer(length=False), b"x", pause_s=0.02),
    "drips the headers": repeating(b"HTTP/1.1 200 OK\r\nX-", b"x", pause_s=0.02),
    "says nothing": silent,
    "stops in the headers": repeating(b"HTTP/1.1 200 OK\r\nX: y\r\n", b"", pause_s=3600),
    "never ends the body": repeating(answer(length=False), bytes(65_536)),
    "never ends the chunks": repeating(
        answer(headers=("Transfer-Encoding: chunked",), length=False), b"2000\r\n" + bytes(0x2000) + b"\r\n"
    ),
    "never ends the chunks of one byte": repeating(
        answer(headers=("Transfer-Encoding: chunked",), length=False), b"1\r\nx\r\n" * 5000
    ),
    "never ends a chunk extension": repeating(
        answer(headers=("Transfer-Encoding: chunked",), length=False) + b"1;", b"x" * 65_536
    ),
    "never ends the trailers": repeating(
        answer(headers=("Transfer-Encoding: chunked",), length=False) + b"0\r\n", b"a: b\r\n" * 5000
    ),
    "never ends the interim answers": repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "never ends the status line": repeating(b"HTTP/1.1 200 ", b"x" * 65_536),
    "never ends a header": repeating(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536),
    "declares a huge body": saying(answer(headers=("Content-Length: 999999999999",), length=False)),
    "sends a million headers": repeating(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 1000, times=1000),
    "sends one header of 1 MB": saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"),
    "sends 100 headers of 1 kB": saying(answer(headers=("X: " + "x" * 1000,) * 100)),
    "closes without a word": saying(),
    "resets in the body": resetting(answer(bytes(10), headers=("Content-Length: 100",), length=False)),
    "cuts the body": saying(answer(bytes(10), headers=("Content-Length: 100",), length=False)),
    "cuts the chunks": saying(answer(b"a\r\nxxxxxxxxxx\r\n", headers=("Transfer-Encoding: chunked",), length=False)),
    "contradicts its length": saying(answer(b"x", headers=("Content-Length: 2", "Content-Length: 1"), length=False)),
    "sends a negative length": saying(answer(b"x", headers=("Content-Length: -1",), length=False)),
    "sends a chunk size that is none": saying(
        answer(b"zz\r\nx\r\n0\r\n\r\n", headers=("Transfer-Encoding: chunked",), length=False)
    ),
    "speaks no HTTP": saying(b"220 mail.example.cn ESMTP\r\n"),
    "sends noise": saying(bytes(range(256)) * 20),
    "answers in TLS": saying(b"\x15\x03\x03\x00\x02\x02\x46"),
    "cuts the gzip": saying(answer(zlib.compress(bytes(100), wbits=31)[:-9], headers=("Content-Encoding: gzip",))),
    "damages the gzip": saying(answer(b"\x1f\x8b" + b"x" * 100, headers=("Content-Encoding: gzip",))),
    "chains gzip members": saying(answer(zlib.compress(b"", wbits=31) * 90_000, headers=("Content-Encoding: gzip",))),
    "sends a coding nobody asked for": saying(answer(b"x", headers=("Content-Encoding: br",))),
    "redirects to itself": redirecting("/"),
    "redirects to ever longer addresses": redirecting("x" * 3000 + "/"),
}


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate on disk, and a client's trust in nothing else."""

    server: ssl.SSLContext
    trust: ssl.SSLContext


def self_signed(folder: Path, host: str) -> Certificate:
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
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
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
    """Get one page with a `Fetcher` of its own."""
    async with Fetcher(**options) as fetcher:
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
