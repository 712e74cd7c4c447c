"""The address a badge links to and a QR code carries: a verification page, `#`, and the number's twenty characters.

A fragment never reaches the page's server, so nobody's log learns who asked about which filing. The page's address
is written in one form, is short enough for a code that a phone reads from a 3 cm print, and has no room for
anything else: no user name, query or fragment of its own.

    >>> canonical_page("HTTPS://例子.cn:443/查验")
    'https://xn--fsqu00a.cn/%E6%9F%A5%E9%AA%8C'
"""

import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

from attest import messages
from attest.domains import canonical_host
from attest.errors import InputError
from attest.number import FilingNumber

MAX_PAGE: Final = 90
"""Characters of a page's address: `widgets.qr.MAX_VERSION` has room for no more."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(?::(?P<port>[0-9]{1,5}))?")
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_KEPT_IN_PATH: Final = "/:@!$&'()*+,;=~%"  # RFC 3986 pchar; an existing %XX stays as it is
_BROKEN_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")


def pointer(page: str, number: FilingNumber) -> str:
    """The address of `number` on a verification page.

    Raises:
        InputError: see `canonical_page`.
    """
    return f"{canonical_page(page)}#{number.key}"


def canonical_page(page: str) -> str:
    """The one form of a verification page's address, ASCII.

    https is required, because whoever can change the page in transit can make it say anything; plain http is
    allowed on this machine only, for trying. A host is a name: an address in digits tells its reader nothing.

    Raises:
        InputError: not such an address; the message says which part.
    """
    if position := next((i for i, character in enumerate(page, 1) if not _is_plain(character)), 0):
        raise InputError("WI101", found=messages.shown(page[position - 1]), position=position)
    try:
        parts = urlsplit(page)
    except ValueError as error:
        raise InputError("WI106", found=messages.shown(page)) from error
    if parts.scheme not in _DEFAULT_PORTS or not page.lower().startswith(f"{parts.scheme}://"):
        raise InputError("WI102", found=messages.shown(page))
    for sign, code in (("@", "WI103"), ("?", "WI104"), ("#", "WI105")):
        if sign in (parts.netloc if sign == "@" else page):
            raise InputError(code, found=messages.shown(page))
    host, port = _host_and_port(parts.netloc, parts.scheme)
    if parts.scheme == "http" and not is_loopback(host):
        raise InputError("WI102", found=messages.shown(page))
    if _BROKEN_ESCAPE.search(parts.path):
        raise InputError("WI101", found="'%'", position=page.index("%") + 1)
    canonical = f"{parts.scheme}://{host}{port}{quote(parts.path, safe=_KEPT_IN_PATH) or '/'}"
    if len(canonical) > MAX_PAGE:
        raise InputError("WI107", limit=MAX_PAGE, found=len(canonical))
    return canonical


def page_host(page: str) -> str:
    """The host of a page's address in canonical form.

    Raises:
        InputError: see `canonical_page`.
    """
    return urlsplit(canonical_page(page)).hostname or ""


def is_loopback(host: str) -> bool:
    """Whether a canonical host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_plain(character: str) -> bool:
    """Neither white space, control nor invisible, nor one that readers of URLs take for another."""
    return unicodedata.category(character)[0] not in "CZ" and character not in '\\"<>^`{|}'


def _host_and_port(netloc: str, scheme: str) -> tuple[str, str]:
    match = _AUTHORITY.fullmatch(netloc)
    if not match:
        raise InputError("WI106", found=messages.shown(netloc))
    try:
        host = _canonical(match["host"])
        port = int(match["port"] or _DEFAULT_PORTS[scheme])
    except ValueError as error:
        raise InputError("WI106", found=messages.shown(netloc)) from error
    if not 1 <= port <= 65535:
        raise InputError("WI106", found=messages.shown(netloc))
    return host, "" if port == _DEFAULT_PORTS[scheme] else f":{port}"


def _canonical(host: str) -> str:
    """A host in canonical form, in brackets where it is an IPv6 address."""
    if host.startswith("["):
        name = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        if not is_loopback(name):
            raise ValueError(host)
        return name
    name = canonical_host(host)
    # Browsers read any host that ends in a number as an IPv4 address: 0x7f.1 and 2130706433 are 127.0.0.1.
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]) and not is_loopback(name):
        raise ValueError(host)
    return name
