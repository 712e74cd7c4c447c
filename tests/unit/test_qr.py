"""QR codes: size, form, and the self-test that every picture passes before it is handed out."""

import gzip
import io
import re
import xml.etree.ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from attest.errors import InputError, OutputError
from attest.number import FilingNumber
from widgets import qr
from widgets.pointer import MAX_PAGE, pointer
from widgets.qr import qr_png, qr_svg, self_vouching, side_px

NUMBER = FilingNumber("33010619213211320012")
WITH_X = FilingNumber("1101082600000018901X")
PAGE = "https://verify.example/"
LONGEST = "https://" + "a" * 50 + ".example/" + "b" * (MAX_PAGE - 67)


def side(svg: str) -> int:
    """Modules on a side, quiet zone included."""
    return int(ET.fromstring(svg).get("viewBox", "").split()[2])


@pytest.mark.parametrize("number", [NUMBER, WITH_X])
@pytest.mark.parametrize("page", [PAGE, LONGEST, "http://localhost:8000/"])
def test_the_picture_holds_the_pointer_at_level_m(number: FilingNumber, page: str) -> None:
    with Image.open(io.BytesIO(qr_png(number, page))) as picture:
        code = zxingcpp.read_barcodes(picture.convert("L"))[0]
    assert code.text == pointer(page, number)
    assert code.extra["ECLevel"] == "M"


def test_the_default_pointer_is_version_3_and_the_longest_version_6() -> None:
    assert side(qr_svg(WITH_X, PAGE)) == 29 + 8
    assert side(qr_svg(WITH_X, LONGEST)) == 41 + 8
    assert side_px(WITH_X, LONGEST) == 49 * 4


@pytest.mark.parametrize("number", [NUMBER, WITH_X])
def test_the_svg_of_the_default_pointer_is_small(number: FilingNumber) -> None:
    svg = qr_svg(number, PAGE).encode()
    assert len(svg) <= 2048
    assert len(gzip.compress(svg, mtime=0)) <= 600


def test_plate_and_quiet_zone_are_white_and_part_of_the_picture() -> None:
    svg = qr_svg(NUMBER, PAGE)
    assert '<path fill="#fff" d="M0 0h37v37H0z"/>' in svg
    with Image.open(io.BytesIO(qr_png(NUMBER, PAGE))) as picture:
        inverted = picture.convert("L").point(lambda value: 255 - value)
    assert picture.size == (370, 370)
    assert inverted.getbbox() == (40, 40, 330, 330)


def test_the_svg_has_no_script_style_link_or_foreign_resource() -> None:
    svg = qr_svg(NUMBER, PAGE)
    tags = [element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()]
    assert tags == ["svg", "title", "path", "path"]
    assert not re.search(r"href|url\(|<[!?]|style", svg)


def test_a_picture_that_lost_its_modules_is_not_handed_out() -> None:
    svg = qr_svg(NUMBER, PAGE)
    start, run, *rest = re.split("(?=m)", svg.partition(' stroke="#000" d="')[2].partition('"')[0])
    shifted = svg.replace(start + run, f"{start}m9 0h20", 1)
    truncated = svg.replace("".join(rest[60:]), "", 1)
    for broken in (shifted, truncated):
        assert broken != svg
        with pytest.raises(OutputError) as caught:
            qr._check(qr._drawn(broken), pointer(PAGE, NUMBER), "qr.svg")
        assert caught.value.code == "WI120"


def test_a_picture_of_another_number_is_not_handed_out() -> None:
    with pytest.raises(OutputError) as caught:
        qr._check(qr._drawn(qr_svg(NUMBER, PAGE)), pointer(PAGE, WITH_X), "qr.svg")
    assert NUMBER.key in caught.value.params["found"]


def test_a_page_that_cannot_be_in_a_code_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        qr_svg(NUMBER, PAGE + "?from=print")
    assert caught.value.code == "WI104"


@pytest.mark.parametrize(
    ("page", "vouches"),
    [
        ("https://example.cn/filing", True),
        ("https://www.example.cn:8443/", True),
        ("https://EXAMPLE.cn./", True),
        ("https://a.app.example.cn/", True),
        ("https://verify.example.cn/", False),
        ("https://verify.example/", False),
    ],
)
def test_a_page_on_a_filed_domain_is_recognised(page: str, vouches: bool) -> None:
    assert self_vouching(page, ["example.cn", "*.app.example.cn"]) is vouches
    assert not self_vouching(page, [])
