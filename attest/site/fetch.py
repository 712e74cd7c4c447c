"""Fetch a page that may be hostile: guarded addresses, and a limit on everything.

Each hop, the first and every redirect, goes to an address that was judged before the connection was made
(`attest.site.guard`), under the real host name for `Host`, SNI and the certificate. Before the first request to an
origin its robots.txt is asked and obeyed, within the same limits and the same time. No proxy, cookie, login or
`Refresh` is followed, and no script is run; where a browser may therefore show more, `Page.incomplete` says why.

    >>> async def page() -> Page:
    ...     async with Fetcher(limits=Limits(total_s=5)) as fetcher:
    ...         return await fetcher.fetch("https://example.cn/")
"""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar
from urllib.parse import quote

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from yarl import URL

from attest import __version__, messages
from attest.errors import (
    FetchError,
    RobotsError,
    TooLargeError,
    TooManyRedirectsError,
    TooSlowError,
    UnreachableError,
    UnsupportedUrlError,
)
from attest.messages import Message
from attest.site import robots
from attest.site.addresses import ResolveRule, Target, parse_url
from attest.site.body import incomplete, read_body
from attest.site.guard import Connector, Guard, Resolver, SocketFactory, open_socket, system_resolver
from attest.site.robots import Decision, Robots, Rules
from attest.site.tls import TlsFacts, TlsSession, tls_facts, tls_session

if TYPE_CHECKING:
    from aiohttp.connector import Connection

USER_AGENT: Final = f"{robots.AGENT}/{__version__}"
MAX_HEADER_LINES: Final = 256
MAX_WELL_KNOWN: Final = 65_536  # bytes
WELL_KNOWN: Final = "/.well-known/blockchain-filing.json"
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_ROBOTS_REDIRECTS: Final = 5  # RFC 9309, 2.3.1.2
MAX_REMEMBERED: Final = 128  # robots.txt files
MAX_REMEMBERED_SIZE: Final = 4096  # characters of each
REMEMBERED_S: Final = 600.0  # RFC 9309, 2.4 allows a day

_HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",  # the number stands on the Chinese page
}
_SECRETS: Final = frozenset({"set-cookie", "set-cookie2"})
_UNCONNECTED: Final = frozenset({"FE140", "FE141", "FE142", "FE143"})
"""Faults of the host itself, whichever of its files is asked for."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost.

    Attributes:
        total_s: Seconds of wall time; lookups, redirects and robots.txt included.
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
        headers: As sent, in order, within `Limits.header_bytes`; cookies without their values.
        tls: Of the connection that the page came over, or None for http.
        robots: Why `final_url` could be asked for; every hop before it could, too.
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
    headers: tuple[tuple[str, str], ...] = ()
    tls: TlsFacts | None = None
    robots: Robots | None = None


@dataclass(frozen=True, slots=True)
class WellKnown:
    """What an origin answers at `WELL_KNOWN`: its own word, worth nothing until a digest agrees.

    Attributes:
        url: Asked for; no redirect is followed, since another address is not this origin's word.
        status: Of the answer, or None where there was none.
        body: Decompressed, where the status is 200.
        problem: Why there is no answer, or None.
    """

    url: str
    status: int | None = None
    body: bytes = b""
    problem: FetchError | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """The robots.txt of an origin. `rules` is None where there is no such file."""

    url: str
    status: int
    rules: Rules | None
    until: float = 0.0

    def decide(self, url: str) -> Robots:
        if self.rules is None:
            return Robots(self.url, self.status, Decision.NONE)
        decision = Decision.ALLOWED if self.rules.allow(url) else Decision.DISALLOWED
        return Robots(self.url, self.status, decision, self.rules.group)


class Fetcher:
    """Fetches pages from many sites at once. Use as an async context manager.

    Args:
        limits: For each fetch.
        allow_private: Also visit loopback and private addresses.
        resolve_rules: Addresses the user names for a host and port; of two rules for the same, the later holds.
        resolver: Gives the addresses of a host name.
        socket_factory: Opens the socket for an address that passed.
        tls: Trust for certificates, if not the system's.
        user_agent: Rules of robots.txt are those for `attest.site.robots.AGENT` all the same.
        obey_robots: Ask for nothing that robots.txt disallows.

    Attributes:
        guard: Judges addresses; for others who visit the same sites.
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
        obey_robots: bool = True,
    ) -> None:
        self.guard = Guard(
            allow_private=allow_private, rules=resolve_rules, resolver=resolver, socket_factory=socket_factory
        )
        self._limits = limits
        self._tls = tls
        self._user_agent = user_agent
        self._obey_robots = obey_robots
        self._known: dict[str, _Known] = {}  # by origin, oldest first
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._connector = Connector(self.guard, tls=self._tls)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            headers=_HEADERS | {"User-Agent": self._user_agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_Response,
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
        asked = [url]
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._follow(url, asked)
        except TimeoutError as error:
            raise self._slow(asked) from error

    async def fetch_well_known(self, final_url: str) -> WellKnown:
        """Get the attestation that the origin of `final_url`, a page's, may publish. Every fault is told, not raised.

        The time limit is counted anew.
        """
        asked = [final_url]
        try:
            target = replace(parse_url(final_url), path=WELL_KNOWN)
            async with asyncio.timeout(self._limits.total_s):
                await self._ask_robots(target, asked)
                return await self._request(target, self._well_known, asked)
        except TimeoutError:
            return WellKnown(asked[-1], problem=self._slow(asked))
        except FetchError as error:
            return WellKnown(asked[-1], problem=error)

    # --- pages ------------------------------------------------------------------------------------------------------

    async def _follow(self, url: str, asked: list[str]) -> Page:
        target = parse_url(url)
        redirects: list[str] = []
        while True:
            decided = await self._ask_robots(target, asked)
            answer = await self._request(target, self._page, asked)
            if isinstance(answer, Page):
                return replace(answer, url=url, redirects=tuple(redirects), robots=decided)
            if len(redirects) == self._limits.redirects:
                found = messages.shown(answer.url)
                raise TooManyRedirectsError("FE131", url=messages.shown(url), limit=len(redirects), found=found)
            target = answer
            redirects.append(target.url)

    async def _page(self, response: "_Response", target: Target) -> Target | Page:
        """Where an answer redirects to, or what it is."""
        location = _location(response)
        if location is not None:
            return target.join(location)
        body = await read_body(
            response,
            raw_bytes=self._limits.raw_bytes,
            decoded_bytes=self._limits.decoded_bytes,
            url=messages.shown(target.url),
        )
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
            incomplete=incomplete(response, body),
            headers=_headers(response),
            tls=None if response.tls is None else tls_facts(response.tls),
        )

    async def _well_known(self, response: "_Response", target: Target) -> WellKnown:
        if response.status != 200:
            return WellKnown(target.url, response.status)
        shown = messages.shown(target.url)
        body = await read_body(response, raw_bytes=MAX_WELL_KNOWN, decoded_bytes=MAX_WELL_KNOWN, url=shown)
        return WellKnown(target.url, response.status, body)

    # --- robots.txt -------------------------------------------------------------------------------------------------

    async def _ask_robots(self, target: Target, asked: list[str]) -> Robots:
        """Why `target` may be asked for.

        Raises:
            RobotsError: it may not, or nobody knows.
            FetchError: the origin cannot be reached, or robots.txt leads where no visit may go.
        """
        origin = replace(target, path=robots.PATH)
        if not self._obey_robots:
            return Robots(origin.url, None, Decision.IGNORED)
        known = self._known.get(origin.url)
        if known is None or known.until < asyncio.get_running_loop().time():
            known = await self._learn(origin, asked)
        decided = known.decide(target.url)
        if decided.decision is Decision.DISALLOWED:
            url, file = messages.shown(target.url), messages.shown(origin.url)
            raise RobotsError("FE160", url=url, robots=file, group=messages.shown(decided.group), agent=robots.AGENT)
        return decided

    async def _learn(self, origin: Target, asked: list[str]) -> _Known:
        try:
            status, body = await self._robots_file(origin, asked)
        except (TooLargeError, UnreachableError) as error:
            if asked[-1] == origin.url and error.code in _UNCONNECTED:
                raise
            raise RobotsError("FE161", robots=messages.shown(origin.url), found=error) from error
        if status >= 500:
            raise RobotsError("FE161", robots=messages.shown(origin.url), found=f"HTTP {status}")
        rules = robots.read(body, origin.url) if 200 <= status < 300 else None
        known = _Known(origin.url, status, rules, asyncio.get_running_loop().time() + REMEMBERED_S)
        self._known.pop(origin.url, None)
        if rules is None or rules.size <= MAX_REMEMBERED_SIZE:
            self._known[origin.url] = known
            if len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]
        return known

    async def _robots_file(self, origin: Target, asked: list[str]) -> tuple[int, bytes]:
        """Status and beginning of a robots.txt; 404 where redirects lead to none."""
        target = origin
        for _ in range(1 + MAX_ROBOTS_REDIRECTS):
            answer = await self._request(target, self._robots_answer, asked)
            if not isinstance(answer, Target):
                return answer
            target = answer
        return 404, b""

    async def _robots_answer(self, response: "_Response", target: Target) -> Target | tuple[int, bytes]:
        location = _location(response)
        if location is not None:
            try:
                return target.join(location)
            except UnsupportedUrlError:
                return 404, b""
        if not 200 <= response.status < 300:
            return response.status, b""
        limit, shown = robots.MAX_ROBOTS, messages.shown(target.url)
        return response.status, await read_body(response, raw_bytes=limit, decoded_bytes=limit, url=shown, cut=True)

    # --- one request ------------------------------------------------------------------------------------------------

    async def _request(
        self, target: Target, read: Callable[["_Response", Target], Awaitable[Answer]], asked: list[str]
    ) -> Answer:
        """What `read` makes of the answer to one request, which is noted in `asked` before it is sent."""
        if self._session is None:
            raise RuntimeError("a Fetcher is used inside `async with`")
        asked.append(target.url)
        if target.address is not None:  # aiohttp asks no resolver about an address
            self.guard.judge(target.host, [target.host])
        try:
            async with self._session.get(URL(target.url, encoded=True), allow_redirects=False) as response:
                assert isinstance(response, _Response)
                self._refuse_long_headers(response, target)
                answer = await read(response, target)
                if not response.closed:  # its body is not wanted
                    response.close()
                if response.transport is not None:
                    self._connector.hush(response.transport)
                return answer
        except aiohttp.ClientError as error:
            raise self._fault(error, target) from error
        except UnicodeDecodeError as error:  # names in a certificate, which nobody can check then
            raise UnreachableError("FE142", host=messages.shown(target.host), why=messages.shown(error)) from error

    def _slow(self, asked: list[str]) -> TooSlowError:
        return TooSlowError("FE130", url=messages.shown(asked[-1]), seconds=self._limits.total_s)

    def _refuse_long_headers(self, response: aiohttp.ClientResponse, target: Target) -> None:
        size = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
        if size > self._limits.header_bytes:
            raise self._long_headers(target)

    def _long_headers(self, target: Target) -> TooLargeError:
        url = messages.shown(target.url)
        return TooLargeError("FE122", url=url, limit=self._limits.header_bytes, lines=MAX_HEADER_LINES)

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


class _Response(aiohttp.ClientResponse):
    """An answer that remembers the connection it came over, which aiohttp may let go of before the headers are read."""

    transport: asyncio.Transport | None = None
    tls: TlsSession | None = None

    async def start(self, connection: "Connection") -> aiohttp.ClientResponse:
        if connection.transport is not None:
            self.transport, self.tls = connection.transport, tls_session(connection.transport)
        return await super().start(connection)


def _location(response: aiohttp.ClientResponse) -> str | None:
    """Where an answer redirects to: UTF-8 where it is, else its bytes percent-encoded."""
    location = response.headers.get("Location")
    if response.status not in REDIRECTS or location is None:
        return None
    raw = location.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return quote(raw, safe=bytes(range(0x21, 0x7F)))


def _headers(response: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    found = (
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in response.raw_headers
    )
    return tuple((name, "" if name.lower() in _SECRETS else value) for name, value in found)


def _reason(error: OSError) -> str:
    inner = getattr(error, "os_error", error)
    return messages.shown(getattr(inner, "reason", None) or inner.strerror or type(inner).__name__)


def _headers_too_long(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, LineTooLong) or (isinstance(error, BadHttpMessage) and "Too many" in error.message):
            return True
        error = error.__cause__
    return False
