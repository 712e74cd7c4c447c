"""Does a visited host fall under the domains a filing names?

A listed host covers itself, with and without a leading `www.`; `*.host` covers every subdomain of `host` and not
`host` itself; ports are ignored; hosts are compared as IDNA A-labels. Python and JavaScript share the vectors in
`tests/vectors/domains.json`.

    >>> covers(["example.cn", "*.app.example.cn"], "www.example.cn")
    True
    >>> covers(["example.cn"], "shop.example.cn")
    False
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import idna

from attest import messages
from attest.errors import RecordError

MAX_HOST: Final = 253  # characters
_ASCII_LABEL: Final = "(?!xn--)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ASCII_HOST: Final = re.compile(rf"{_ASCII_LABEL}(?:\.{_ASCII_LABEL})*", re.ASCII)


def canonical_host(host: str) -> str:
    """A host name as lower-case A-labels, without a trailing dot.

    ASCII labels that name servers know and IDNA does not, such as `_dmarc` or `r3--sn`, stay as they are.

    Raises:
        ValueError: not a host name by IDNA 2008 (UTS 46 mapping).
    """
    plain = host.strip().lower().removesuffix(".")
    if _ASCII_HOST.fullmatch(plain) and len(plain) <= MAX_HOST:
        return plain
    try:
        return idna.encode(host.strip(), uts46=True).decode("ascii").lower().removesuffix(".")
    except idna.IDNAError as error:
        raise ValueError(f"{messages.shown(host)} is not a host name: {error}") from error


def canonical_pattern(pattern: str) -> str:
    """An entry of a record's `domains` in the one form it is stored in.

    Raises:
        RecordError: not a host name or `*.` and a host name, an IP address, or a suffix under which anybody can
            register (Public Suffix List).
    """
    wildcard, host = ("*.", pattern[2:]) if pattern.startswith("*.") else ("", pattern)
    try:
        name = canonical_host(host)
    except ValueError as error:
        raise RecordError("RE120", found=messages.shown(pattern)) from error
    if "." not in name or _is_address(name):
        raise RecordError("RE120", found=messages.shown(pattern))
    if not _public_suffixes()(name).domain:
        raise RecordError("RE121", found=messages.shown(pattern))
    return wildcard + name


def covers(patterns: Iterable[str], host: str) -> bool:
    """Whether one of `patterns` (as `canonical_pattern` writes them) covers the visited `host`."""
    try:
        visited = canonical_host(host)
    except ValueError:
        return False
    return any(
        visited.endswith(pattern[1:])
        if pattern.startswith("*.")
        else visited.removeprefix("www.") == pattern.removeprefix("www.")
        for pattern in patterns
    )


def _is_address(host: str) -> bool:
    if ":" not in host and not host[-1].isdigit():
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _public_suffixes() -> Any:
    import tldextract  # costs 0.3 s; only checking a record needs it

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
