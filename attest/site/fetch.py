"""Fetch a page that may be hostile: guarded addresses, and a limit on everything.

Each hop, the first and every redirect, is one lookup and one new connection: the host is looked up once, every
address found is judged (`attest.site.addresses`), and the connection goes to those addresses without another
lookup, under the real host name for `Host`, SNI and the certificate. Connections are never reused, so none can
carry a request past the guard. No proxy, cookie, login or `Refresh` is followed, and no script is run; where a
browser may therefore show more, `Page.incomplete` says why.

    >>> async def page() -> Page:
    ...     async with Fetcher(limits=Limits(total_s=5)) as fetcher:
    ...         return await fetcher.fetch("https://example.cn/")
"""

import asyncio
import contextlib
import hashlib
import re
import socket
import ssl
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from yarl import URL

from attest import __version__, messages
from attest.errors import (
    BlockedAddressError,
    FetchError,
    TooLargeError,
    TooManyRedirectsError,
    TooSlowError,
    UnreachableError,
)
from attest.messages import Message
from attest.site.addresses import ResolveRule, Target, parse_url, refusal

USER_AGENT: Final = f"filing-attest/{__version__}"
MAX_HEADER_LINES: Final = 256
MAX_GZIP_MEMBERS: Final = 100
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",  # the number stands on the Chinese page
}
# zlib's window settings, in the order to try: many servers send deflate without the zlib frame it should have.
_WBITS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_END: Final = re.compile(rb"</(?:html|body)", re.IGNORECASE)
_TAIL: Final = 1024  # bytes in which a page ends; scripts and comments may follow its last tag
_DELAY: Final = " \t0123456789.,;"
"""What a `Refresh` consists of that loads the same page again."""

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
SocketFactory = Callable[[AddressInfo], socket.socket]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost.

    Attributes:
        total_s: Seconds of wall time, lookups and redirects included.
        raw_bytes: Of the body as sent.
        decoded_bytes: Of the body after decompression.
        header_bytes: Of one answer's header lines.
        redirects: Hops after the first.
    """

    total_s: float = 10.0
    raw_bytes: int = 2_000_000
    decoded_bytes: int = 5_000_000
    header_bytes: int = 64_000
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Page:
    """A whole answer of a site, whatever its status.

    Attributes:
        url: As asked for.
        final_url: That answered, in canonical form.
        redirects: Every URL after the first hop, in order; the last is `final_url`.
        content_type: The header as sent, or an empty string.
        body: Decompressed.
        sha256: Of `body`, hex.
        attachment: Sent to be saved, not to be shown.
        incomplete: Why a browser may show more than `body`, or None.
    """

    url: str
    final_url: str
    redirects: tuple[str, ...]
    status: int
    content_type: str
    body: bytes
    sha256: str
    attachment: bool = False
    incomplete: Message | None = None


async def system_resolver(host: str, port: int) -> list[str]:
    """Every address the machine's resolver gives for `host`.

    A daemon thread a lookup: a name server that never answers holds up neither other lookups nor the exit.

    Raises:
        OSError: no address.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | OSError) -> None:
        if answer.done():  # the time limit was faster
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: list[str] | OSError
        try:  # bytes, since the codec Python would use for text is IDNA 2003
            infos = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
            found = [str(info[4][0]) for info in infos]
        except OSError as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, daemon=True).start()
    return await answer


def open_socket(info: AddressInfo) -> socket.socket:
    """A socket to connect to the address of `info`, an entry as `getaddrinfo` gives them."""
    return socket.socket(info[0], info[1], info[2])


class Fetcher:
    """Fetches pages from many sites at once. Use as an async context manager.

    Args:
        limits: For each fetch.
        allow_private: Also visit loopback and private addresses.
        resolve_rules: Addresses the user names for a host and port; of two rules for the same, the later holds.
        resolver: Gives the addresses of a host name.
        socket_factory: Opens the socket for an address that passed.
        tls: Trust for certificates, if not the system's.
    """

    def __init__(
        self,
        *,
        limits: Limits = Limits(),
        allow_private: bool = False,
        resolve_rules: Iterable[ResolveRule] = (),
        resolver: Resolver = system_resolver,
        socket_factory: SocketFactory = open_socket,
        tls: ssl.SSLContext | None = None,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._limits = limits
        self._guard = _Guard(allow_private, resolve_rules, resolver)
        self._socket_factory = socket_factory
        self._tls = tls
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=self._guard,
            use_dns_cache=False,
            force_close=True,
            limit=0,  # waiting in a queue would count as the site's slowness
            socket_factory=self._open,
            ssl=self._tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=_HEADERS | {"User-Agent": self._user_agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            max_field_size=self._limits.header_bytes,
            max_headers=MAX_HEADER_LINES,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str) -> Page:
        """Get `url`, following redirects.

        Raises:
            FetchError: no whole answer. An HTTP error status is an answer.
        """
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._follow(url)
        except TimeoutError as error:
            raise TooSlowError("FE130", url=messages.shown(url), seconds=self._limits.total_s) from error

    async def _follow(self, url: str) -> Page:
        target = parse_url(url)
        redirects: list[str] = []
        while True:
            answer = await self._ask(target)
            if isinstance(answer, Page):
                return replace(answer, url=url, redirects=tuple(redirects))
            if len(redirects) == self._limits.redirects:
                found = messages.shown(answer.url)
                raise TooManyRedirectsError("FE131", url=messages.shown(url), limit=len(redirects), found=found)
            target = answer
            redirects.append(target.url)

    async def _ask(self, target: Target) -> Target | Page:
        """One hop: where it redirects to, or what it answers."""
        if self._session is None:
            raise RuntimeError("a Fetcher is used inside `async with`")
        if target.address is not None:  # aiohttp asks no resolver about an address
            self._guard.judge(target.host, [target.host])
        try:
            async with self._session.get(URL(target.url, encoded=True), allow_redirects=False) as response:
                self._refuse_long_headers(response, target)
                location = response.headers.get("Location")
                if response.status in REDIRECTS and location is not None:
                    return target.join(_readable(location))
                body = await self._body(response, target)
                disposition = response.headers.get("Content-Disposition", "").partition(";")[0]
                return Page(
                    url=target.url,
                    final_url=target.url,
                    redirects=(),
                    status=response.status,
                    content_type=response.headers.get("Content-Type", "").encode("ascii", "replace").decode("ascii"),
                    body=body,
                    sha256=hashlib.sha256(body).hexdigest(),
                    attachment=disposition.strip().lower() == "attachment",
                    incomplete=_incomplete(response, body),
                )
        except aiohttp.ClientError as error:
            raise self._fault(error, target) from error

    def _refuse_long_headers(self, response: aiohttp.ClientResponse, target: Target) -> None:
        size = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
        if size > self._limits.header_bytes:
            raise self._long_headers(target)

    def _long_headers(self, target: Target) -> TooLargeError:
        url = messages.shown(target.url)
        return TooLargeError("FE122", url=url, limit=self._limits.header_bytes, lines=MAX_HEADER_LINES)

    async def _body(self, response: aiohttp.ClientResponse, target: Target) -> bytes:
        url, limit = messages.shown(target.url), self._limits.raw_bytes
        encoding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
        if encoding != "identity" and encoding not in _WBITS:
            raise UnreachableError("FE147", url=url, found=messages.shown(encoding))
        if response.content_length is not None and response.content_length > limit:
            raise TooLargeError("FE120", url=url, limit=limit, found=response.content_length)
        raw = bytearray()
        try:
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > limit:
                    raise TooLargeError("FE120", url=url, limit=limit, found=f"> {limit}")
        except aiohttp.ClientError as error:
            raise UnreachableError("FE146", url=url, found=len(raw)) from error
        if encoding == "identity" or not raw:
            return bytes(raw)
        return _inflated(bytes(raw), encoding, limit=self._limits.decoded_bytes, url=url)

    def _open(self, info: AddressInfo) -> socket.socket:
        """The last gate: whatever led here, no socket for an address that did not pass."""
        self._guard.admit(str(info[4][0]), int(info[4][1]))
        return self._socket_factory(info)

    def _fault(self, error: aiohttp.ClientError, target: Target) -> FetchError:
        url, host, port = messages.shown(target.url), messages.shown(target.host), target.port
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            why = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
            return UnreachableError("FE142", host=host, why=messages.shown(why))
        if isinstance(error, aiohttp.ClientConnectorSSLError):
            return UnreachableError("FE143", host=host, port=port, why=_reason(error))
        if isinstance(error, aiohttp.ClientConnectorError):
            return UnreachableError("FE141", host=host, port=port, why=_reason(error))
        if isinstance(error, aiohttp.ClientConnectionError):
            why = _reason(error) if isinstance(error, OSError) else type(error).__name__
            return UnreachableError("FE145", url=url, why=why)
        if _headers_too_long(error):
            return self._long_headers(target)
        found = error.message if isinstance(error, aiohttp.ClientResponseError) else type(error).__name__
        return UnreachableError("FE144", url=url, found=messages.shown(found))


class _Guard(AbstractResolver):
    """Gives aiohttp the addresses of a host, none of them unjudged."""

    def __init__(self, allow_private: bool, rules: Iterable[ResolveRule], resolver: Resolver) -> None:
        self._allow_private = allow_private
        self._rules = {(rule.host, rule.port): rule.addresses for rule in rules}
        self._named = {(address, port) for (_, port), addresses in self._rules.items() for address in addresses}
        self._resolver = resolver

    def judge(self, host: str, addresses: Iterable[str]) -> None:
        """Raise BlockedAddressError unless every address may be visited."""
        for address in addresses:
            kind = refusal(address, allow_private=self._allow_private)
            if kind is not None:
                raise BlockedAddressError("FE110", host=messages.shown(host), address=address, kind=kind)

    def admit(self, address: str, port: int) -> None:
        """Raise BlockedAddressError unless the address may be visited or a rule names it for some host."""
        if (address, port) not in self._named:
            self.judge(address, [address])

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002
    ) -> list[ResolveResult]:
        addresses = self._rules.get((host, port))
        if addresses is None:
            addresses = await self._look_up(host, port)
            self.judge(host, addresses)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def _look_up(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = await self._resolver(host, port)
            addresses = tuple(dict.fromkeys(str(ip_address(each)) for each in found))
        except (OSError, ValueError) as error:
            why = messages.shown(getattr(error, "strerror", None) or error)
            raise UnreachableError("FE140", host=messages.shown(host), why=why) from error
        if not addresses:
            raise UnreachableError("FE140", host=messages.shown(host), why="no address")
        return addresses

    async def close(self) -> None:
        """Nothing to close."""


def _incomplete(response: aiohttp.ClientResponse, body: bytes) -> Message | None:
    """Why a browser may show more than `body`: it would go on, or the body ends where the connection broke."""
    if any(value.strip(_DELAY) for value in response.headers.getall("Refresh", ())):
        return Message("EX202")
    chunked = response.headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")
    measured = chunked or response.content_length is not None
    return None if measured or _END.search(body[-_TAIL:]) else Message("EX207")


def _inflated(raw: bytes, encoding: str, *, limit: int, url: str) -> bytes:
    """`raw` decompressed, never holding more than `limit` bytes and one.

    What follows the last gzip member is ignored, as browsers do.
    """
    damage: zlib.error | None = None
    for wbits in _WBITS[encoding]:
        body, rest = bytearray(), raw
        try:
            for _ in range(MAX_GZIP_MEMBERS):
                stream = zlib.decompressobj(wbits)
                body += stream.decompress(rest, limit + 1 - len(body))
                if len(body) > limit:
                    raise TooLargeError("FE121", url=url, limit=limit)
                if not stream.eof:
                    raise UnreachableError("FE146", url=url, found=len(raw))
                rest = stream.unused_data
                if not (wbits == 31 and rest.startswith(b"\x1f\x8b")):
                    return bytes(body)
            raise UnreachableError("FE147", url=url, found=f"> {MAX_GZIP_MEMBERS} gzip members")
        except zlib.error as error:
            damage = error
    raise UnreachableError("FE147", url=url, found=messages.shown(damage)) from damage


def _readable(location: str) -> str:
    """A `Location` as text: UTF-8 where it is, else its bytes percent-encoded."""
    raw = location.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return quote(raw, safe=bytes(range(0x21, 0x7F)))


def _reason(error: OSError) -> str:
    inner = getattr(error, "os_error", error)
    return messages.shown(getattr(inner, "reason", None) or inner.strerror or type(inner).__name__)


def _headers_too_long(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, LineTooLong) or (isinstance(error, BadHttpMessage) and "Too many" in error.message):
            return True
        error = error.__cause__
    return False
