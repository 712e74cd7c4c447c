"""QR codes: size, form, and the self-test that every picture passes before it is handed out."""

import gzip
import io
import math
import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from attest.errors import InputError, OutputError
from attest.number import FilingNumber
from widgets import qr
from widgets.pointer import MAX_PAGE, pointer
from widgets.qr import LOGO_SHARE, good_width, module_mm, qr_png, qr_svg, self_vouching, side_px

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
def test_a_page_of_38_characters_is_version_4_at_most(number: FilingNumber) -> None:
    page = "https://" + "a" * 21 + ".example/"
    assert len(page) == 38
    assert side(qr_svg(number, page)) <= 33 + 8


@pytest.mark.parametrize("number", [NUMBER, WITH_X])
@pytest.mark.parametrize("page", [PAGE, LONGEST])
def test_a_second_decoder_reads_both_pictures_as_the_pointer(number: FilingNumber, page: str) -> None:
    with Image.open(io.BytesIO(qr_png(number, page))) as picture:
        pictures = [picture.convert("L"), qr._drawn(qr_svg(number, page))]
    read = [cv2.QRCodeDetector().detectAndDecode(np.asarray(each))[0] for each in pictures]
    assert read == [pointer(page, number)] * 2


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


def test_the_png_tells_printers_its_width() -> None:
    with Image.open(io.BytesIO(qr_png(NUMBER, PAGE, print_width=25))) as picture:
        assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(25, abs=0.01)


def test_modules_are_measured_in_print_with_the_quiet_zone() -> None:
    assert module_mm(NUMBER, PAGE, 37) == 1
    assert good_width(NUMBER, PAGE) == 19
    assert module_mm(NUMBER, PAGE, 19) >= 0.5 > module_mm(NUMBER, PAGE, 18)


@pytest.mark.parametrize("width", [14.7, 0, -30, math.nan])
def test_a_print_with_modules_under_0_4_mm_is_refused(width: float) -> None:
    for draw in (module_mm, lambda number, page, width: qr_png(number, page, print_width=width)):
        with pytest.raises(InputError) as caught:
            draw(NUMBER, PAGE, width)
        assert caught.value.code == "WI108"
        assert caught.value.params["enough"] == 19
    assert module_mm(NUMBER, PAGE, 14.8) == 0.4


def a_logo(mode: str = "RGBA", size: tuple[int, int] = (300, 200)) -> bytes:
    picture = Image.new(mode, size)
    ImageDraw.Draw(picture).ellipse((0, 0, size[0] - 1, size[1] - 1), fill="red" if mode.startswith("RGB") else 1)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "P", "1"])
@pytest.mark.parametrize("page", [PAGE, LONGEST])
def test_a_code_with_a_logo_is_read_by_both_decoders(page: str, mode: str) -> None:
    with Image.open(io.BytesIO(qr_png(NUMBER, page, logo=a_logo(mode)))) as picture:
        grey = picture.convert("L")
    assert [code.text for code in zxingcpp.read_barcodes(grey)] == [pointer(page, NUMBER)]
    assert cv2.QRCodeDetector().detectAndDecode(np.asarray(grey))[0] == pointer(page, NUMBER)


@pytest.mark.parametrize("page", [PAGE, LONGEST])
def test_a_logo_with_its_margin_takes_at_most_a_fifth_of_the_edge(page: str) -> None:
    plain = Image.open(io.BytesIO(qr_png(NUMBER, page))).convert("L")
    changed = np.asarray(plain) != np.asarray(
        Image.open(io.BytesIO(qr_png(NUMBER, page, logo=a_logo(size=(200, 200))))).convert("L")
    )
    rows, columns = (np.flatnonzero(changed.any(axis)) for axis in (1, 0))
    edge = plain.width - 80
    for places in (rows, columns):
        assert 0 < places[-1] - places[0] + 1 <= LOGO_SHARE * edge
        assert abs((places[0] + places[-1]) - plain.width) <= 20


@pytest.mark.parametrize(
    "logo", [b"", b"GIF89a", a_logo()[:100], a_logo(size=(2049, 1))], ids=["empty", "no PNG", "cut off", "too large"]
)
def test_a_logo_that_is_no_small_png_is_refused(logo: bytes) -> None:
    with pytest.raises(InputError) as caught:
        qr_png(NUMBER, PAGE, logo=logo)
    assert caught.value.code == "WI122"


def test_a_code_that_a_logo_makes_unreadable_is_not_handed_out() -> None:
    """A fifth of the edge cannot do it, so the check is shown a code whose logo hides a corner too."""
    code = qr._with_logo(qr._drawn(qr_svg(NUMBER, PAGE)).resize((370, 370)), Image.new("RGB", (9, 9), "black"))
    ImageDraw.Draw(code).rectangle((0, 0, 130, 130), fill="white")
    with pytest.raises(OutputError) as caught:
        qr._check(code, pointer(PAGE, NUMBER), "qr.png", has_logo=True)
    assert caught.value.code == "WI121"
