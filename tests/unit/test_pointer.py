"""Addresses of verification pages: what may stand behind a badge and in a QR code."""

import doctest
import sys

import pytest

from attest.errors import InputError
from attest.number import FilingNumber
from widgets.pointer import MAX_PAGE, canonical_page, page_host, pointer

NUMBER = FilingNumber("33010619213211320012")


@pytest.mark.parametrize(
    ("page", "canonical"),
    [
        ("https://verify.example", "https://verify.example/"),
        ("HTTPS://Verify.Example:443/Path/", "https://verify.example/Path/"),
        ("https://verify.example.:8443/a%20b", "https://verify.example:8443/a%20b"),
        ("https://例子.cn/备案", "https://xn--fsqu00a.cn/%E5%A4%87%E6%A1%88"),
        ("https://ｖerify.example/", "https://verify.example/"),
        ("http://localhost:8000", "http://localhost:8000/"),
        ("http://demo.localhost/", "http://demo.localhost/"),
        ("http://127.0.0.1:80/", "http://127.0.0.1/"),
        ("http://[0:0::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_an_address_has_one_form(page: str, canonical: str) -> None:
    assert canonical_page(page) == canonical
    assert canonical_page(canonical) == canonical
    assert pointer(page, NUMBER) == f"{canonical}#33010619213211320012"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("https://verify.example/ ", "WI101"),
        ("https://verify.example/\n", "WI101"),
        ("https://verify\u200b.example/", "WI101"),
        ("https:\\\\verify.example/", "WI101"),
        ('https://verify.example/">', "WI101"),
        ("https://verify.example/\ud800", "WI101"),
        ("https://verify.example/100%", "WI101"),
        ("", "WI102"),
        ("verify.example", "WI102"),
        ("https:verify.example", "WI102"),
        ("//verify.example/", "WI102"),
        ("http://verify.example/", "WI102"),
        ("http://localhost.example/", "WI102"),
        ("ftp://verify.example/", "WI102"),
        ("javascript://verify.example/", "WI102"),
        ("https://user@verify.example/", "WI103"),
        ("https://bank.example@verify.example/", "WI103"),
        ("https://verify.example/?n=1", "WI104"),
        ("https://verify.example/?", "WI104"),
        ("https://verify.example/#a", "WI105"),
        ("https://verify.example/#", "WI105"),
        ("https:///path", "WI106"),
        ("https://a..b/", "WI106"),
        ("https://verify.example:0/", "WI106"),
        ("https://verify.example:65536/", "WI106"),
        ("https://verify.example:/", "WI106"),
        ("https://verify.example:８０/", "WI106"),
        ("https://[::1/", "WI106"),
        ("https://[::2]/", "WI106"),
        ("https://[v1.a]/", "WI106"),
        ("https://203.0.113.7/", "WI106"),
        ("https://0x7f.1/", "WI106"),
        ("https://2130706433/", "WI106"),
        ("https://verify%2eexample/", "WI106"),
        ("https://verify.example/" + "a" * 70, "WI107"),
        ("https://verify.example/" + "备" * 8, "WI107"),
    ],
)
def test_anything_else_is_refused_with_the_reason(page: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical_page(page)
    assert caught.value.code == code
    assert caught.value.hint("zh-CN")


def test_the_length_limit_counts_the_canonical_form() -> None:
    page = "https://verify.example:443/" + "a" * (MAX_PAGE - 23)
    assert len(canonical_page(page)) == MAX_PAGE
    with pytest.raises(InputError) as caught:
        canonical_page(page + "a")
    assert caught.value.code == "WI107"


def test_the_host_is_given_without_port() -> None:
    assert page_host("https://例子.cn:8443/a") == "xn--fsqu00a.cn"


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(sys.modules["widgets.pointer"]).failed == 0
