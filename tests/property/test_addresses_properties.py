"""Reading URLs and `--resolve` rules: any text gives a result or one of our errors, and results are canonical."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from attest.errors import AttestError, SettingsError, UnsupportedUrlError
from attest.site.addresses import ResolveRule, Target, parse_resolve_rule, parse_url, refusal

PIECES = st.sampled_from(
    ["http://", "https://", "//", "/", "\\", "@", ":", "[", "]", "?", "#", "%", "%00", ".", "。", "..", ",", "::1", "1",
     "127.0.0.1", "0x7f", "2130706433", "①", "example", "xn--", "例", "-", "_", "443", "99999", " ", "\t", "\n", "\0",
     "\u200b", "\u202e", "\ud800", "é", "⑴", "٣"]
)  # fmt: skip
TEXT = st.text() | st.lists(PIECES, max_size=12).map("".join)
URLS = TEXT | TEXT.map("http://{}".format)
RULES = TEXT | st.tuples(TEXT, TEXT, TEXT).map(":".join)
IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6)


def result(read: Callable[[], Target | ResolveRule]) -> Target | ResolveRule | AttestError:
    try:
        return read()
    except (SettingsError, UnsupportedUrlError) as error:
        return error


@given(URLS)
def test_any_text_is_a_url_in_canonical_form_or_refused(text: str) -> None:
    target = result(lambda: parse_url(text))

    if isinstance(target, Target):
        assert parse_url(target.url) == target
        assert target.url.isascii()
        assert not set(target.url) & set(' "<>\\^`{|}\t\r\n')
    else:
        assert str(target).isprintable()


@given(URLS, URLS)
def test_any_redirect_leads_to_a_url_or_is_refused(base: str, reference: str) -> None:
    target = result(lambda: parse_url(base).join(reference))

    assert isinstance(target, Target) or str(target).isprintable()


@given(RULES)
def test_any_text_is_a_resolve_rule_or_refused(text: str) -> None:
    rule = result(lambda: parse_resolve_rule(text))

    if isinstance(rule, ResolveRule):
        assert parse_resolve_rule(f"{rule.host}:{rule.port}:{','.join(rule.addresses)}") == rule
    else:
        assert str(rule).isprintable()


@given(st.integers(1, 65535), st.lists(IPV4 | IPV6, min_size=1))
def test_a_resolve_rule_keeps_its_port_and_addresses(port: int, addresses: list[IPv4Address | IPv6Address]) -> None:
    written = [f"[{each}]" if each.version == 6 else str(each) for each in addresses]

    rule = parse_resolve_rule(f"site.example:{port}:{','.join(written)}")

    assert rule == ResolveRule("site.example", port, tuple(str(each) for each in addresses))


@given(IPV4)
def test_an_ipv4_address_is_judged_alike_however_it_is_carried(address: IPv4Address) -> None:
    bits = int(address)
    carried = [0xFFFF << 32 | bits, 0x64FF9B << 96 | bits, 0x2002 << 112 | bits << 80]

    assert {refusal(IPv6Address(number)) for number in carried} == {refusal(address)}


@given(IPV4)
def test_no_ipv4_address_that_python_calls_special_is_allowed(address: IPv4Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert refusal(address) is not None


@given(IPV4 | IPV6)
def test_allowing_private_addresses_never_refuses_more(address: IPv4Address | IPv6Address) -> None:
    if refusal(address) is None:
        assert refusal(address, allow_private=True) is None
    assert refusal(str(address)) is refusal(ip_address(address))
