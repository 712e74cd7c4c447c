"""The address guard: no spelling, redirect or name server leads a visit to an address that is not public."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from attest.errors import BlockedAddressError, FetchError, SettingsError, UnsupportedUrlError
from attest.site.addresses import AddressKind, ResolveRule, parse_resolve_rule, parse_url, refusal
from attest.site.fetch import Fetcher
from attest.site.guard import AddressInfo
from tests.site.servers import answer, fetch, redirecting, saying, serving

Way = Callable[[str, Fetcher, "Site"], Awaitable[None]]

PUBLIC = "93.184.216.34"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")

INTERNAL_V4 = {
    "127.0.0.1": AddressKind.LOOPBACK,
    "127.255.3.4": AddressKind.LOOPBACK,
    "10.0.0.1": AddressKind.PRIVATE,
    "172.16.0.1": AddressKind.PRIVATE,
    "172.31.255.254": AddressKind.PRIVATE,
    "192.168.1.1": AddressKind.PRIVATE,
    "198.18.0.1": AddressKind.PRIVATE,
    "169.254.169.254": AddressKind.LINK_LOCAL,
    "100.100.100.200": AddressKind.RESERVED,
    "192.0.0.8": AddressKind.RESERVED,
    "192.88.99.1": AddressKind.RESERVED,
    "203.0.113.9": AddressKind.RESERVED,
    "240.0.0.1": AddressKind.RESERVED,
    "255.255.255.255": AddressKind.RESERVED,
    "224.0.0.1": AddressKind.MULTICAST,
    "0.0.0.0": AddressKind.UNSPECIFIED,
}
INTERNAL_V6 = {
    "::1": AddressKind.LOOPBACK,
    "::": AddressKind.UNSPECIFIED,
    "fc00::1": AddressKind.PRIVATE,
    "fd00:ec2::254": AddressKind.PRIVATE,
    "fe80::1": AddressKind.LINK_LOCAL,
    "ff02::1": AddressKind.MULTICAST,
    "fec0::1": AddressKind.RESERVED,
    "5f00::1": AddressKind.RESERVED,
    "100::1": AddressKind.RESERVED,
    "4000::1": AddressKind.RESERVED,
    "2001:2::1": AddressKind.RESERVED,
    "2001:db8::1": AddressKind.RESERVED,
    "3fff::1": AddressKind.RESERVED,
    "64:ff9b:1::808:808": AddressKind.RESERVED,
    "::ffff:0:7f00:1": AddressKind.RESERVED,
}


def carriers(address: IPv4Address) -> list[str]:
    """IPv6 addresses that carry `address`."""
    bits, public = int(address), int(IPv4Address(PUBLIC))
    inverse, inverse_public = bits ^ 0xFFFFFFFF, public ^ 0xFFFFFFFF
    numbers = [
        0xFFFF << 32 | bits,
        0x64FF9B << 96 | bits,
        0x2002 << 112 | bits << 80 | 1,
        0x20010000 << 96 | bits << 64 | inverse_public,
        0x20010000 << 96 | public << 64 | inverse,
    ]
    if bits > 1:  # ::0.0.0.0 is the unspecified address itself
        numbers.append(bits)
    return [str(IPv6Address(number)) for number in numbers]


def spellings() -> list[str]:
    """Hosts as they can stand in a URL, all of them internal addresses."""
    found = [f"[{each}]" for each in INTERNAL_V6]
    for text in INTERNAL_V4:
        address = IPv4Address(text)
        bits = int(address)
        a, b, c, d = address.packed
        found += [
            text,
            f"{text}.",
            str(bits),
            f"0x{bits:08x}",
            f"0X{bits:X}",
            f"0{bits:o}",
            f"{a}.{bits & 0xFFFFFF}",
            f"{a}.{b}.{bits & 0xFFFF}",
            f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
            f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
            f"0x{a:x}.{b}.0{bits & 0xFFFF:o}",
            text.translate(FULL_WIDTH),
            text.translate(CIRCLED),
            text.translate(BOLD),
            text.replace(".", "。"),
            text.replace(".", "．"),
            f"[::ffff:{text}]",
            *(f"[{each}]" for each in carriers(address)),
        ]
    return found


class Wire(socket.socket):
    """Connects to its own end, whatever address it is told.

    A Unix socket, so that even a broken guard sends no packet anywhere.
    """

    def __init__(self, end: Path) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.end = str(end)

    def connect(self, _address: object) -> None:
        super().connect(self.end)


async def direct(host: str, fetcher: Fetcher, _site: "Site") -> None:
    await fetcher.fetch(f"http://{host}:8080/")


async def redirected(host: str, fetcher: Fetcher, site: "Site") -> None:
    site.location = f"http://{host}:8080/"
    await fetcher.fetch("http://site.example/")


async def rebound(host: str, fetcher: Fetcher, site: "Site") -> None:
    """The name is public at the first look-up and internal at the second, which a redirect to itself causes."""
    site.location = "/again"
    site.lookups = [[PUBLIC], [str(parse_url(f"http://{host}/").address)]]
    await fetcher.fetch("http://site.example/")


async def mixed(host: str, fetcher: Fetcher, site: "Site") -> None:
    """The name has a public and an internal address."""
    site.lookups = [[PUBLIC, str(parse_url(f"http://{host}/").address)]]
    await fetcher.fetch("http://site.example/")


class Site:
    """An internet of one public site; a canary is behind every other address.

    Attributes:
        location: Where the site redirects to.
        lookups: What the name server will say, in order; the public address when it is used up.
    """

    def __init__(self, folder: Path) -> None:
        self.public, self.canary = folder / "public", folder / "canary"
        self.location = ""
        self.lookups: list[list[str]] = []

    def open(self, info: AddressInfo) -> socket.socket:
        return Wire(self.public if info[4][0] == PUBLIC else self.canary)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        """`getaddrinfo` without a network: the site's name, and numbers as the C library reads them."""
        if host != "site.example":
            return [socket.inet_ntoa(socket.inet_aton(host))]
        return self.lookups.pop(0) if self.lookups else [PUBLIC]

    async def serve(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        await redirecting(self.location)(head, writer)


def visits(way: Way, folder: Path) -> dict[str, tuple[FetchError | None, bool]]:
    """How a visit in this way to each spelling ended, and whether the canary saw it."""

    async def visit_all() -> dict[str, tuple[FetchError | None, bool]]:
        site, seen = Site(folder), {}
        async with (
            serving(site.serve, path=site.public),
            serving(saying(answer(b"secret")), path=site.canary) as canary,
            Fetcher(resolver=site.resolve, socket_factory=site.open) as fetcher,
        ):
            for host in spellings():
                before, error = canary.connections, None
                try:
                    await way(host, fetcher, site)
                except FetchError as raised:
                    error = raised
                seen[host] = error, canary.connections > before
        return seen

    return asyncio.run(visit_all())


@pytest.mark.parametrize("way", [direct, redirected, rebound, mixed])
def test_no_spelling_of_an_internal_address_is_visited(way: Way, tmp_path: Path) -> None:
    ends = visits(way, tmp_path)

    assert len(ends) >= 200
    assert [host for host, (_, reached) in ends.items() if reached] == []
    assert {host for host, (error, _) in ends.items() if not isinstance(error, BlockedAddressError)} == set()
    assert {error.code for error, _ in ends.values() if error} == {"FE110"}


@pytest.mark.parametrize("way", [direct, redirected, rebound])
def test_without_the_guard_every_spelling_is_visited(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.site.guard.refusal", lambda *_args, **_options: None)

    assert [host for host, (_, reached) in visits(way, tmp_path).items() if not reached] == []


@pytest.mark.parametrize(
    ("lang", "named"), [("en", "a loopback address"), ("zh-CN", "本机回环地址"), ("zh-TW", "本機回送位址")]
)
def test_a_refusal_names_host_address_and_kind_in_each_language(lang: str, named: str) -> None:
    with pytest.raises(BlockedAddressError) as refused:
        asyncio.run(fetch("http://0x7f.1/"))

    assert refused.value.text(lang).count("127.0.0.1") == 2
    assert named in refused.value.text(lang)
    assert "--allow-private" in refused.value.hint(lang)


@pytest.mark.parametrize(("address", "kind"), [*INTERNAL_V4.items(), *INTERNAL_V6.items()])
def test_internal_addresses_are_refused_by_kind(address: str, kind: AddressKind) -> None:
    assert refusal(address) is kind


@pytest.mark.parametrize("address", INTERNAL_V4)
def test_an_ipv6_address_is_as_internal_as_the_ipv4_address_it_carries(address: str) -> None:
    assert {refusal(carrier) for carrier in carriers(IPv4Address(address))} == {INTERNAL_V4[address]}


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "8.8.8.8", "223.5.5.5", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111",
     "2400:3200::1", *carriers(IPv4Address(PUBLIC))],
)  # fmt: skip
def test_public_addresses_are_allowed(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(("address", "kind"), [*INTERNAL_V4.items(), *INTERNAL_V6.items()])
def test_allow_private_lifts_loopback_and_private_addresses_only(address: str, kind: AddressKind) -> None:
    lifted = refusal(address, allow_private=True) is None

    assert lifted == (kind in {AddressKind.LOOPBACK, AddressKind.PRIVATE})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "FE101"),
        ("example.cn", "FE101"),
        ("//example.cn/", "FE101"),
        ("file:///etc/passwd", "FE101"),
        ("ftp://example.cn/", "FE101"),
        ("javascript:alert(1)", "FE101"),
        ("data:text/html,x", "FE101"),
        ("gopher://127.0.0.1:6379/_x", "FE101"),
        ("http://good@127.0.0.1/", "FE102"),
        ("http://good:secret@example.cn/", "FE102"),
        ("http://@example.cn/", "FE102"),
        ("http://127.0.0.1\\@good/", "FE103"),
        ("http:\\\\example.cn/", "FE103"),
        ("http://exam\tple.cn/", "FE103"),
        ("http://example.cn/\r\nHost: evil", "FE103"),
        (" http://example.cn/", "FE103"),
        ("http://example.cn/a b", "FE103"),
        ("http://example.cn\u3000/", "FE103"),
        ("http://exam\u200bple.cn/", "FE103"),
        ("http://example.cn/\u202egro", "FE103"),
        ("http://example.cn/\udcff", "FE103"),
        ("http://example.cn/\0", "FE103"),
        ("http://", "FE104"),
        ("http:///path", "FE104"),
        ("http://:80/", "FE104"),
        ("http://..../", "FE104"),
        ("http://%31%32%37.0.0.1/", "FE104"),
        ("http://[::1", "FE104"),
        ("http://[::1]evil/", "FE104"),
        ("http://evil[::1]/", "FE104"),
        ("http://[fe80::1%25eth0]/", "FE104"),
        ("http://[fe80::1%eth0]/", "FE104"),
        ("http://[v1.x]/", "FE104"),
        ("http://[127.0.0.1]/", "FE104"),
        ("http://::1/", "FE104"),
        ("http://example.cn:80:80/", "FE104"),
        ("http://example.cn:８０/", "FE104"),
        ("http://example.cn:-1/", "FE104"),
        ("http://example.cn:0x50/", "FE104"),
        ("http://example.cn\uff0fevil/", "FE104"),
        ("http://example.cn:0/", "FE105"),
        ("http://example.cn:65536/", "FE105"),
        ("http://example.cn/" + "x" * 8192, "FE106"),
    ],
)
def test_a_url_that_readers_could_understand_differently_is_refused(url: str, code: str) -> None:
    with pytest.raises(UnsupportedUrlError) as refused:
        parse_url(url)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Example.CN", "https://example.cn/"),
        ("https://example.cn.:443/#top", "https://example.cn/"),
        ("https://example.cn。/", "https://example.cn/"),
        ("http://example.cn:443/", "http://example.cn:443/"),
        ("http://例子.测试/备案?号=１", "http://xn--fsqu00a.xn--0zwm56d/%E5%A4%87%E6%A1%88?%E5%8F%B7=%EF%BC%91"),
        ("http://example.cn/%E5%A4/%2F?a=%zz&b=[/?]", "http://example.cn/%E5%A4/%2F?a=%zz&b=[/?]"),
        ("http://example.cn?q", "http://example.cn/?q"),
        ("http://example.cn/@user", "http://example.cn/@user"),
        ("http://[2606:4700:0::1]:8080/", "http://[2606:4700::1]:8080/"),
        ("http://0x5db8d822/", f"http://{PUBLIC}/"),
    ],
)
def test_a_url_has_one_canonical_form(url: str, canonical: str) -> None:
    assert parse_url(url).url == canonical
    assert parse_url(canonical).url == canonical


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("/b", "https://example.cn/b"),
        ("c?d#e", "https://example.cn/a/c?d"),
        ("../../../up", "https://example.cn/up"),
        ("//other.cn", "https://other.cn/"),
        ("http://example.cn/", "http://example.cn/"),
        ("", "https://example.cn/a/b?q"),
    ],
)
def test_a_redirect_is_joined_to_the_address_it_came_from(reference: str, joined: str) -> None:
    assert parse_url("https://example.cn/a/b?q").join(reference).url == joined


@pytest.mark.parametrize(
    "reference", ["\\\\127.0.0.1", "ht\ttp://127.0.0.1/", "//user@example.cn", "//[", "mailto:a@b.cn"]
)
def test_a_redirect_is_refused_like_a_url(reference: str) -> None:
    with pytest.raises(UnsupportedUrlError):
        parse_url("https://example.cn/").join(reference)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("example.cn:443:127.0.0.1", ResolveRule("example.cn", 443, ("127.0.0.1",))),
        ("Example.CN.:80:::1", ResolveRule("example.cn", 80, ("::1",))),
        ("例子.cn:8080:[::1]", ResolveRule("xn--fsqu00a.cn", 8080, ("::1",))),
        (
            "example.cn:1:10.0.0.1,[2001:DB8::1],::2",
            ResolveRule("example.cn", 1, ("10.0.0.1", "2001:db8::1", "::2")),
        ),
    ],
)
def test_a_resolve_rule_is_read_as_curl_reads_it(text: str, rule: ResolveRule) -> None:
    assert parse_resolve_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    ["", "example.cn", "example.cn:443", "example.cn:443:", ":443:127.0.0.1", "example.cn::127.0.0.1",
     "example.cn:0:127.0.0.1", "example.cn:65536:127.0.0.1", "example.cn:443:127.1", "example.cn:443:localhost",
     "example.cn:443:127.0.0.1,", "example.cn:443:[127.0.0.1]", "example.cn:443:[::1", "+example.cn:443:127.0.0.1",
     "-example.cn:443", "*:443:127.0.0.1", "127.0.0.1:443:127.0.0.1", "2130706433:443:127.0.0.1",
     "[::1]:443:127.0.0.1", "example.cn:４４３:127.0.0.1", "example.cn:443:127.0.0.1\n"],
)  # fmt: skip
def test_a_resolve_rule_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_resolve_rule(text)

    assert refused.value.code == "FE301"
