"""The only way out of the browser: a forward proxy that judges every address before it connects.

Chromium resolves no name and opens no connection itself; each of its requests, subresources, redirects and WebSockets
included, names a host here, and goes to the judged address or nowhere. One proxy serves one visit and is bounded by
what that visit may cost.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from attest.errors import FetchError
from attest.site.addresses import parse_url
from attest.site.guard import Guard

MAX_HEAD: Final = 64_000  # bytes
MAX_BYTES: Final = 60_000_000  # of all answers together
MAX_CONNECTIONS: Final = 512  # of one visit
MAX_REFUSED: Final = 100  # remembered
CHUNK: Final = 65_536  # bytes

_REQUEST: Final = re.compile(rb"([A-Z]{1,20}) (\S{1,16000}) HTTP/1\.[01]\r\n")
_HOP: Final = re.compile(
    rb"^(?:connection|proxy-connection|keep-alive|upgrade|proxy-authorization):.*\r\n", re.I | re.M
)
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*([0-9]{1,12})[ \t]*\r$", re.I | re.M)


class GuardedProxy:
    """A proxy on a port of the loopback address. Use as an async context manager.

    Args:
        guard: Judges addresses.
        max_bytes: Of all answers together; then every connection ends.

    Attributes:
        refused: Why requests were not made, in order.
        exhausted: A bound was reached, so that the page may not have got all it asked for.
    """

    def __init__(self, guard: Guard, *, max_bytes: int = MAX_BYTES) -> None:
        self._guard = guard
        self._left = max_bytes
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.refused: list[FetchError] = []
        self.exhausted = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MAX_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, EOFError, ValueError):
            self._connections += 1
            self.exhausted = self.exhausted or self._connections > MAX_CONNECTIONS
            head = await reader.readuntil(b"\r\n\r\n")
            request = _REQUEST.match(head)
            if request is None or self.exhausted:
                await _answer(writer, b"400 Bad Request")
                return
            method, target = request[1], request[2].decode("latin-1")
            try:
                upstream = await self._connect(f"https://{target}/" if method == b"CONNECT" else target)
            except FetchError as error:
                self._refuse(error)
                await _answer(writer, b"403 Forbidden")
                return
            except OSError:
                await _answer(writer, b"502 Bad Gateway")
                return
            with contextlib.closing(upstream[1]):
                if method == b"CONNECT":
                    await _answer(writer, b"200 OK", close=False)
                    await self._tunnel((reader, writer), upstream)
                else:
                    await self._forward(method, target, head[request.end() :], (reader, writer), upstream)

    async def _connect(self, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = parse_url(url)
        if target.address is None:
            addresses = [found["host"] for found in await self._guard.resolve(target.host, target.port)]
        else:
            addresses = [target.host]
        fault: OSError = OSError("no address")
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            opened = self._guard.open((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, target.port)))
            try:
                opened.setblocking(False)
                await asyncio.get_running_loop().sock_connect(opened, (address, target.port))
                return await asyncio.open_connection(sock=opened, limit=CHUNK)
            except OSError as error:
                opened.close()
                fault = error
        raise fault

    async def _tunnel(
        self,
        inner: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        outer: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        ways = (self._pour(inner[0], outer[1], lambda _: None), self._pour(outer[0], inner[1], self._spend))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _forward(
        self,
        method: bytes,
        target: str,
        rest: bytes,
        inner: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        outer: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """One request and its answer; the connection then ends, so that none carries a request to another host."""
        parts = urlsplit(target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line = b"%b %b HTTP/1.1\r\n" % (method, path.encode("latin-1"))
        outer[1].write(line + b"Connection: close\r\n" + _HOP.sub(b"", rest))
        length = _LENGTH.search(rest)
        left = int(length[1]) if length else 0
        while left and (data := await inner[0].read(min(left, CHUNK))):
            outer[1].write(data)
            await outer[1].drain()
            left -= len(data)
        await self._pour(outer[0], inner[1], self._spend)

    async def _pour(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, spend: Callable[[int], None]
    ) -> None:
        while data := await source.read(CHUNK):
            spend(len(data))
            sink.write(data)
            await sink.drain()

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            self.exhausted = True
            raise EOFError

    def _refuse(self, error: FetchError) -> None:
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(error)


async def _answer(writer: asyncio.StreamWriter, status: bytes, *, close: bool = True) -> None:
    writer.write(b"HTTP/1.1 %b\r\n%b\r\n" % (status, b"Content-Length: 0\r\nConnection: close\r\n" if close else b""))
    await writer.drain()
