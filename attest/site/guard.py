"""Where a visit may connect to: one lookup, every address judged, and a connection to nothing else.

The guard stands in three places. It answers aiohttp's lookups, so that aiohttp never hears of an address that did not
pass; it judges the address where a URL names one itself; and it is asked once more before a socket is opened.

A connection may carry a second request to the same scheme, host and port: robots.txt, page and well-known file of one
site cost one TLS handshake. No request gets past the guard by that. A connection is to an address, not to a name, and
that address was judged when it was made; a name server that changes its answer afterwards changes nothing for it, and
a new connection is judged anew. What is reused was made under the same rules, by the same `Fetcher`, and for TLS
under a certificate valid for the same host. Idle connections are few and short-lived, and what a server sends to one
unasked is left unread: it costs no memory here, and nothing but its own answers can be spoilt by it.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from attest import messages
from attest.errors import BlockedAddressError, UnreachableError
from attest.site.addresses import ResolveRule, refusal

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

MAX_IDLE: Final = 64
"""Idle connections kept; the oldest makes room."""

IDLE_S: Final = 2.0
"""Seconds after which an idle connection is not used any more."""

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
SocketFactory = Callable[[AddressInfo], socket.socket]


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


class Guard(AbstractResolver):
    """Gives aiohttp the addresses of a host, none of them unjudged.

    Args:
        allow_private: Also allow loopback and private addresses.
        rules: Addresses the user names for a host and port; of two rules for the same, the later holds.
        resolver: Gives the addresses of a host name.
        socket_factory: Opens the socket for an address that passed.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        rules: Iterable[ResolveRule] = (),
        resolver: Resolver = system_resolver,
        socket_factory: SocketFactory = open_socket,
    ) -> None:
        self._allow_private = allow_private
        self._rules = {(rule.host, rule.port): rule.addresses for rule in rules}
        self._named = {(address, port) for (_, port), addresses in self._rules.items() for address in addresses}
        self._resolver = resolver
        self._socket_factory = socket_factory

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

    def open(self, info: AddressInfo) -> socket.socket:
        """The last gate: whatever led here, no socket for an address that did not pass."""
        self.admit(str(info[4][0]), int(info[4][1]))
        return self._socket_factory(info)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """The addresses of `host`, judged.

        Raises:
            BlockedAddressError: one of them may not be visited.
            UnreachableError: there is none.
        """
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


class Connector(aiohttp.TCPConnector):
    """Connects where `guard` lets it, and keeps a few idle connections for the next request to the same origin.

    Args:
        tls: Trust for certificates, if not the system's.
    """

    def __init__(self, guard: Guard, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(
            resolver=guard,
            use_dns_cache=False,
            keepalive_timeout=IDLE_S,
            limit=0,  # waiting in a queue would count as the site's slowness
            socket_factory=guard.open,
            ssl=tls or True,
        )
        self._idle: dict[asyncio.Transport, None] = {}  # oldest first; some may be closed by now

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> "Connection":
        connection = await super().connect(req, traces, timeout)
        protocol, transport = connection.protocol, connection.transport
        if protocol is not None and transport is not None:
            if transport in self._idle:
                del self._idle[transport]
                transport.resume_reading()
            connection.add_callback(partial(self._rest, protocol, transport))
        return connection

    def hush(self, transport: asyncio.Transport) -> None:
        """Read nothing from a connection if it is idle.

        To be called when a body was read: reading it makes aiohttp listen again, even to a connection it has given up.
        """
        if transport in self._idle:
            transport.pause_reading()

    def _rest(self, protocol: "ResponseHandler", transport: asyncio.Transport) -> None:
        """Before a connection is closed, or kept: keep its server from filling memory or the table of sockets."""
        if protocol.should_close:  # or a server that does not say goodbye would hold the socket for 30 s
            transport.abort()
            return
        self._idle[transport] = None
        self.hush(transport)
        if len(self._idle) > MAX_IDLE:
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.abort()
