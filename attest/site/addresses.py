"""Which URLs and addresses a visit may use. Pure judgement: nothing is looked up and nothing is sent.

A listed site, its redirects and its name server are all in foreign hands, so a visit could be led to the machines
behind the visitor's firewall. Addresses are judged, never spellings: `127.1`, `0x7f000001` and a name that
resolves to loopback all end at 127.0.0.1, and that is what is refused. Only an address that the whole internet can
reach passes; an IPv6 address that carries an IPv4 address is judged by what it carries. Every port is allowed: the
address decides whose machine it is.

Not recognised: the NAT64 prefix that a network chose for itself, which looks like any other public address.

    >>> parse_url("HTTP://例子.cn/备案?x=1#top").url
    'http://xn--fsqu00a.cn/%E5%A4%87%E6%A1%88?x=1'
    >>> refusal("93.184.216.34") is None, refusal("64:ff9b::7f00:1")
    (True, <AddressKind.LOOPBACK: 'FE201'>)
"""

import re
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self
from urllib.parse import quote, urljoin, urlsplit

from attest import messages
from attest.domains import canonical_host
from attest.errors import SettingsError, UnsupportedUrlError

MAX_URL: Final = 8192  # characters
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_PORT: Final = 65535

Address = IPv4Address | IPv6Address

_HOST_AND_PORT: Final = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{0,5}))?")
_RULE: Final = re.compile(r"([^:]+):([0-9]{1,5}):(.+)", re.DOTALL)
_ORDINARY: Final = re.compile(r"[!-\[\]-~]*")
_KEPT: Final = "/%:@!$&'()*+,;=~[]"  # what a path may hold beside letters and digits, RFC 3986


class AddressKind(Enum):
    """Why an address is not a public one. The value is the code of its name in the message catalogue."""

    LOOPBACK = "FE201"
    PRIVATE = "FE202"
    LINK_LOCAL = "FE203"
    MULTICAST = "FE204"
    UNSPECIFIED = "FE205"
    RESERVED = "FE206"

    def text(self, lang: str) -> str:
        return messages.text(self.value, lang)


# 198.18.0.0/15 is for bench tests; local proxies (Clash, Surge) answer every DNS question out of it.
# 100.64.0.0/10 and link-local stay refused under `allow_private`: clouds serve credentials there.
LIFTED: Final = frozenset({AddressKind.LOOPBACK, AddressKind.PRIVATE})


def _networks(
    rows: Iterable[tuple[AddressKind, str]],
) -> tuple[tuple[IPv4Network | IPv6Network, AddressKind], ...]:
    return tuple((ip_network(network), kind) for kind, row in rows for network in row.split())


# IANA special-purpose registries, also the entries called globally reachable there (AS112, AMT, TURN and PCP
# anycast): no web site lives on them. `ipaddress.is_global` differs by Python release and calls 64:ff9b::7f00:1,
# 2002:7f00:1::, fec0::1, 224.0.0.1 and 5f00::1 global.
_SPECIAL: Final = _networks(
    (
        (AddressKind.UNSPECIFIED, "0.0.0.0/8 ::/128"),
        (AddressKind.LOOPBACK, "127.0.0.0/8 ::1/128"),
        (AddressKind.PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 fc00::/7"),
        (AddressKind.LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
        (AddressKind.MULTICAST, "224.0.0.0/4 ff00::/8"),
        (
            AddressKind.RESERVED,
            "100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24"
            " 192.175.48.0/24 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4"
            " 2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20",
        ),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291: all that was ever handed out
_CARRIES_IPV4_LAST: Final = tuple(IPv6Network(text) for text in ("::ffff:0:0/96", "::/96", "64:ff9b::/96"))
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")


def refusal(address: Address | str, *, allow_private: bool = False) -> AddressKind | None:
    """Why `address` may not be visited, or None where it may.

    Mapped, compatible, NAT64 (64:ff9b::/96), 6to4 and Teredo addresses are judged by every IPv4 address they
    carry. 64:ff9b:1::/48 is refused whole: where its IPv4 address sits is its operator's choice (RFC 8215).

    Args:
        allow_private: Also allow loopback and private addresses. Link-local, multicast, unspecified and reserved
            ones stay refused.

    Raises:
        ValueError: not an IP address.
    """
    address = ip_address(address)
    for carried in _carried(address):
        kind = _kind(carried)
        if kind is not None and not (allow_private and kind in LIFTED):
            return kind
    return None


def _carried(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that traffic to `address` ends at, or `address` itself."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return (address,)
    bits = int(address)
    if any(address in network for network in _CARRIES_IPV4_LAST):
        return (_ipv4(bits),)
    if address in _SIX_TO_FOUR:
        return (_ipv4(bits >> 80),)
    if address in _TEREDO:
        return (_ipv4(bits >> 64), _ipv4(~bits))  # server; client, every bit flipped (RFC 4380)
    return (address,)


def _ipv4(bits: int) -> IPv4Address:
    return IPv4Address(bits & 0xFFFFFFFF)


def _kind(address: Address) -> AddressKind | None:
    for network, kind in _SPECIAL:
        if address in network:
            return kind
    return AddressKind.RESERVED if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST else None


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked for, if its address may.

    Attributes:
        scheme: `http` or `https`.
        host: A-labels in lower case, or an IP address without brackets.
        port: 1 .. 65535.
        path: Path and query as they go into the request line, ASCII.
        address: The host's address where the URL names it, whatever the spelling, else None.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def join(self, reference: str) -> Self:
        """Where a redirect to `reference` leads.

        Raises:
            UnsupportedUrlError: as `parse_url`.
        """
        _refuse_characters(reference)
        try:
            joined = urljoin(self.url, reference)
        except ValueError as error:
            raise UnsupportedUrlError("FE104", url=messages.shown(reference)) from error
        return type(self)(*_parts(joined))


def parse_url(url: str) -> Target:
    """Read a plain http or https URL.

    What two readers could understand differently is refused rather than repaired: user-info, backslashes, white
    space, control and invisible characters. The fragment is dropped.

    Raises:
        UnsupportedUrlError: anything else than such a URL.
    """
    return Target(*_parts(url))


def _parts(url: str) -> tuple[str, str, int, str, Address | None]:
    _refuse_characters(url)
    shown = messages.shown(url)
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise UnsupportedUrlError("FE104", url=shown) from error
    if split.scheme not in DEFAULT_PORTS:
        raise UnsupportedUrlError("FE101", found=messages.shown(split.scheme), url=shown)
    if "@" in split.netloc:
        raise UnsupportedUrlError("FE102", url=shown)
    match = _HOST_AND_PORT.fullmatch(split.netloc)
    if match is None or not match[1]:
        raise UnsupportedUrlError("FE104", url=shown)
    port = int(match[2]) if match[2] else DEFAULT_PORTS[split.scheme]
    if not 1 <= port <= MAX_PORT:
        raise UnsupportedUrlError("FE105", found=port, url=shown)
    try:
        host, address = _host(match[1])
    except ValueError as error:
        raise UnsupportedUrlError("FE104", url=shown) from error
    path = quote(split.path, safe=_KEPT) or "/"
    query = f"?{quote(split.query, safe=_KEPT + '?')}" if split.query else ""
    return split.scheme, host, port, path + query, address


def _host(text: str) -> tuple[str, Address | None]:
    address: Address
    if text.startswith("["):
        address = IPv6Address(text[1:-1])
        if address.scope_id is not None:
            raise ValueError("a zone has a meaning on this machine only")
        return str(address), address
    name = canonical_host(text).removesuffix(".")  # what is left of an ideographic full stop at the end
    try:  # `127.1`, `2130706433`, `0x7f.1`: an address to every browser and to getaddrinfo
        address = IPv4Address(socket.inet_aton(name))
    except OSError:
        return name, None
    return str(address), address


def _refuse_characters(url: str) -> None:
    if len(url) > MAX_URL:
        raise UnsupportedUrlError("FE106", limit=MAX_URL, found=len(url))
    if _ORDINARY.fullmatch(url):
        return
    for position, character in enumerate(url, 1):
        if character == "\\" or character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            raise UnsupportedUrlError(
                "FE103", found=f"U+{ord(character):04X}", position=position, url=messages.shown(url)
            )


@dataclass(frozen=True, slots=True)
class ResolveRule:
    """The user's word on where a host is, in place of DNS.

    The rule is the user's own permission: its addresses are not judged, so that a page served on loopback can be
    seen under its real host name. It holds for this host and port only.
    """

    host: str
    port: int
    addresses: tuple[str, ...]


def parse_resolve_rule(text: str) -> ResolveRule:
    """Read `HOST:PORT:ADDRESS[,ADDRESS]...` as curl's `--resolve` does, IPv6 in brackets or bare.

    curl's `*` for any host and its `+` and `-` before the host are not supported.

    Raises:
        SettingsError: anything else, or a host that is an address already.
    """
    match = _RULE.fullmatch(text)
    try:
        if match is None:
            raise ValueError("three parts")
        (host, address), port = _host(match[1]), int(match[2])
        if address is not None or not 1 <= port <= MAX_PORT:
            raise ValueError("a name and a port")
        addresses = tuple(str(ip_address(_unbracketed(part))) for part in match[3].split(","))
    except ValueError as error:
        raise SettingsError("FE301", found=messages.shown(text)) from error
    return ResolveRule(host, port, addresses)


def _unbracketed(text: str) -> str:
    return str(IPv6Address(text[1:-1])) if text.startswith("[") and text.endswith("]") else text
