"""QR codes: whatever the number and the page, what is drawn reads back as it was meant."""

import io
import string
import xml.etree.ElementTree as ET

import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from attest.errors import InputError
from attest.number import PROVINCES, FilingNumber, check_character
from tests.amounts import examples
from widgets.pointer import MAX_PAGE, canonical_page, pointer
from widgets.qr import MAX_VERSION, _drawn, qr_png, qr_svg


def _number(province: str, rest: int) -> FilingNumber:
    digits = f"{province}{rest:017}"
    return FilingNumber(digits + check_character(digits))


numbers = st.builds(_number, st.sampled_from(sorted(PROVINCES.values())), st.integers(0, 10**17 - 1))
labels = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20).map(lambda text: f"a{text}z")
paths = st.text(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/备案", max_size=40)
pages = st.builds(
    lambda label, suffix, port, path: f"https://{label}.{suffix}{port}/{path}",
    labels,
    st.sampled_from(["example", "Example.CN", "例子.cn"]),
    st.sampled_from(["", ":443", ":8443"]),
    paths,
)


def _canonical(text: str) -> str | None:
    """The one form of a page's address, or None where it was refused with one of our own reasons."""
    try:
        return canonical_page(text)
    except InputError as error:
        if not error.code.startswith("WI10"):
            raise
        return None


@settings(max_examples=examples(100))
@given(numbers, pages.filter(_canonical))
def test_both_pictures_read_back_as_the_pointer(number: FilingNumber, page: str) -> None:
    expected = pointer(page, number)
    with Image.open(io.BytesIO(qr_png(number, page))) as picture:
        assert [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))] == [expected]
    svg = qr_svg(number, page)
    assert [code.text for code in zxingcpp.read_barcodes(_drawn(svg))] == [expected]
    modules = int(ET.fromstring(svg).get("viewBox", "").split()[2]) - 8
    assert (modules - 17) // 4 <= MAX_VERSION
    assert expected.startswith("https://")
    assert expected.endswith(f"#{number.key}")


@settings(max_examples=examples(200))
@given(
    st.text(max_size=60)
    | st.text("ahtps:/.?#@[]%1x\\ ", max_size=30)
    | st.text("ahtps:/.?#@[]%1x\\ 例子０。", max_size=20).map(lambda text: f"https://{text}")
    | pages
)
def test_any_text_is_a_page_in_one_form_or_refused_with_our_error(text: str) -> None:
    canonical = _canonical(text)
    if canonical is not None:
        assert canonical.isascii()
        assert len(canonical) <= MAX_PAGE
        assert canonical_page(canonical) == canonical
