"""The badge as a text: what it holds and what it must never hold."""

import doctest
import gzip
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import astuple
from itertools import product
from pathlib import Path
from typing import Literal, get_args

import pytest
from PIL import Image, ImageChops

import widgets
from attest import messages
from attest.number import FilingNumber
from widgets import badge
from widgets.badge import MIN_TEXT, Lang, Look, Size, Style, Theme, badge_png, badge_size, badge_svg
from widgets.embed import snippet_html

NUMBER = FilingNumber("33010619213211320012")
WITH_X = FilingNumber("1101082600000018901X")
SVG = "{http://www.w3.org/2000/svg}"
ENDORSING = re.compile(
    "认证|官方|权威|批准|许可|审批|合格|可信|正品|国家|网信办|保障"
    r"|\b(certif\w*|official\w*|verified|approved?|accredited|authentic\w*|trusted|licen[cs]ed|guarantee\w*|secure)\b",
    re.IGNORECASE,
)


LOOKS = [Look(*each) for each in product(*map(get_args, (Lang, Style, Size, Theme)))]
of_every_look = pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(astuple(look)))


def drawn(look: Look, number: FilingNumber = NUMBER) -> str:
    return badge_svg(number, look)


def pixels(png: bytes) -> Image.Image:
    """On a grey page, whose colour no badge has."""
    with Image.open(io.BytesIO(png)) as picture:
        badge = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", badge.size, "#999"), badge)


@pytest.mark.parametrize("number", [NUMBER, WITH_X])
def test_the_number_and_its_label_are_text_and_nothing_else_is(number: FilingNumber) -> None:
    texts = [element.text for element in ET.fromstring(badge_svg(number)).iter(f"{SVG}text")]
    assert texts == ["区块链信息服务备案编号", number.text]


@of_every_look
def test_every_badge_shows_a_label_and_the_whole_number(look: Look) -> None:
    label, number = [element.text for element in ET.fromstring(drawn(look)).iter(f"{SVG}text")]
    is_short = look.style == "line" or look.size == "small"
    assert label == messages.text("WI005" if is_short else "WI001", look.lang)
    assert number == NUMBER.text


@of_every_look
def test_the_badge_names_itself_to_a_screen_reader(look: Look) -> None:
    root = ET.fromstring(drawn(look))
    title = root[0]
    assert (root.get("role"), root.get("lang")) == ("img", look.lang)
    assert (title.tag, title.text) == (f"{SVG}title", f"{messages.text('WI001', look.lang)} {NUMBER.text}")
    assert root.findtext(f"{SVG}desc") == messages.text("WI006", look.lang)


@of_every_look
def test_the_badge_is_at_most_700_bytes_and_450_of_gzip(look: Look) -> None:
    svg = drawn(look, WITH_X).encode()
    assert len(svg) <= 700
    assert len(gzip.compress(svg, mtime=0)) <= 450


@of_every_look
def test_the_badge_holds_only_plate_and_text(look: Look) -> None:
    """No picture, shape, link, script or foreign resource: nothing that could look like an emblem or a tick."""
    svg = drawn(look)
    tags = [element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()]
    style = ["style"] if look.theme == "auto" else []
    assert tags == ["svg", "title", "desc", *style, "rect", "text", "text"]
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|@import|@font-face|\bon\w+=|<[!?]", svg)


@of_every_look
def test_the_badge_is_grey_and_as_large_as_it_says(look: Look) -> None:
    svg = drawn(look)
    assert all(len(set(colour)) == 1 for colour in re.findall("#([0-9a-f]+)", svg))
    root = ET.fromstring(svg)
    size = badge_size(look)
    assert (int(root.get("width", "")), int(root.get("height", ""))) == size
    assert size[1] >= 24


@of_every_look
def test_every_text_is_at_least_12_px_and_within_the_plate(look: Look) -> None:
    root = ET.fromstring(drawn(look))
    width, height = int(root.get("width", "")), int(root.get("height", ""))
    end = 0
    for text in root.iter(f"{SVG}text"):
        x, y, px, length = (int(text.get(name, "")) for name in ("x", "y", "font-size", "textLength"))
        assert px >= MIN_TEXT == 12
        assert 12 <= x <= x + length <= width - 12
        assert px <= y <= height - px // 4
        assert look.style == "plate" or x > end
        end = x + length


@of_every_look
def test_nothing_drawn_reads_as_endorsement(look: Look) -> None:
    assert not ENDORSING.search(drawn(look))


@pytest.mark.sampled
@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize(("style", "size"), list(product(get_args(Style), get_args(Size))))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_png_is_the_svg_at_its_scale(
    scale: Literal[1, 2, 3], style: Style, size: Size, theme: Literal["light", "dark"]
) -> None:
    look = Look("zh-CN", style, size, theme)
    picture = pixels(badge_png(NUMBER, look, scale=scale))
    width, height = badge_size(look)
    assert picture.size == (width * scale, height * scale)
    plate, ink = ((255,) * 3, (34,) * 3) if theme == "light" else ((17,) * 3, (238,) * 3)
    assert picture.getpixel((5 * scale, 5 * scale)) == (*plate, 255)
    extremes = picture.crop((4 * scale, 4 * scale, (width - 4) * scale, (height - 4) * scale)).convert("L").getextrema()
    assert extremes == tuple(sorted((plate[0], ink[0])))


@pytest.mark.parametrize("lang", get_args(Lang))
def test_the_png_shows_each_character_and_not_the_same_box(lang: Lang) -> None:
    one, other = (pixels(badge_png(number, Look(lang), scale=2)) for number in (NUMBER, WITH_X))
    difference = ImageChops.difference(one.convert("L"), other.convert("L")).getbbox()
    assert difference is not None
    assert difference[0] <= 30  # 浙 and 京, the first character of the number


def test_where_no_font_is_chinese_no_png_is_drawn(tmp_path: Path) -> None:
    """The machine's fonts are those that fontconfig's file names, as for any program that draws text."""
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    latin = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    (fonts / "latin.ttf").write_bytes(Path(latin).read_bytes())
    config = tmp_path / "fonts.conf"
    config.write_text(f'<?xml version="1.0"?><fontconfig><dir>{fonts}</dir></fontconfig>')
    code = f"""
from attest.errors import OutputError
from attest.number import FilingNumber
from widgets.badge import badge_png
try:
    badge_png(FilingNumber("{NUMBER.key}"))
except OutputError as error:
    print(error.code, error.params["found"], error.hint("en"))
"""
    said = subprocess.run(
        [sys.executable, "-c", code],
        check=True, capture_output=True, text=True, env=os.environ | {"FONTCONFIG_FILE": str(config)},
    ).stdout  # fmt: skip
    assert said.startswith("WI123 区块链信息服务备案编号浙网 Install a Chinese font")


def test_a_private_character_is_never_taken_for_a_drawn_one() -> None:
    assert badge._lacking("浙\U000f1234号", "zh-CN") == "\U000f1234"


@pytest.mark.parametrize("text", [badge_svg(NUMBER), snippet_html(NUMBER, "https://page.example/")])
def test_nothing_shown_reads_as_endorsement(text: str) -> None:
    assert not ENDORSING.search(text)


@pytest.mark.parametrize("text", ["已通过官方认证", "Certified service", "officially approved", "Verified by"])
def test_the_list_of_endorsing_words_catches_them(text: str) -> None:
    assert ENDORSING.search(text)


def test_importing_widgets_loads_no_encoder_decoder_or_image_library() -> None:
    heavy = {"qrcode", "PIL", "resvg_py", "zxingcpp", "pydantic", "web3"}
    code = f"import sys, widgets; print(*{heavy} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(widgets).failed == 0
