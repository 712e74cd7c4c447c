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
from collections.abc import Iterable
from functools import cache
from typing import Any

import idna

from attest import messages
from attest.errors import RecordError


def canonical_host(host: str) -> str:
    """A host name as lower-case A-labels, without a trailing dot.

    Raises:
        ValueError: not a host name by IDNA 2008 (UTS 46 mapping).
    """
    name = host.strip().removesuffix(".")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
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
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _public_suffixes() -> Any:
    import tldextract  # costs 0.3 s; only checking a record needs it

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
