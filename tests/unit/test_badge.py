"""The badge as a text: what it holds and what it must never hold."""

import doctest
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

import widgets
from attest.number import FilingNumber
from widgets.badge import badge_svg
from widgets.embed import snippet_html

NUMBER = FilingNumber("33010619213211320012")
WITH_X = FilingNumber("1101082600000018901X")
SVG = "{http://www.w3.org/2000/svg}"
ENDORSING = re.compile(
    "认证|官方|权威|批准|许可|审批|合格|可信|正品|国家|网信办|保障"
    r"|\b(certif\w*|official\w*|verified|approved?|accredited|authentic\w*|trusted|licen[cs]ed|guarantee\w*|secure)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("number", [NUMBER, WITH_X])
def test_the_number_and_its_label_are_text_and_nothing_else_is(number: FilingNumber) -> None:
    texts = [element.text for element in ET.fromstring(badge_svg(number)).iter(f"{SVG}text")]
    assert texts == ["区块链信息服务备案编号", number.text]


def test_the_badge_names_itself_to_a_screen_reader() -> None:
    root = ET.fromstring(badge_svg(NUMBER))
    title = root[0]
    assert root.get("role") == "img"
    assert (title.tag, title.text) == (f"{SVG}title", f"区块链信息服务备案编号 {NUMBER.text}")
    assert root.findtext(f"{SVG}desc", "").startswith("备案仅为登记")


def test_the_badge_is_at_most_one_kilobyte() -> None:
    assert len(badge_svg(WITH_X).encode()) <= 1024


def test_the_badge_holds_only_plate_and_text() -> None:
    """No picture, shape, link, script or foreign resource: nothing that could look like an emblem or a tick."""
    svg = badge_svg(NUMBER)
    tags = [element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()]
    assert tags == ["svg", "title", "desc", "style", "rect", "text", "text"]
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|@import|@font-face|\bon\w+=|<[!?]", svg)


@pytest.mark.parametrize("text", [badge_svg(NUMBER), snippet_html(NUMBER, "https://page.example/")])
def test_nothing_shown_reads_as_endorsement(text: str) -> None:
    assert not ENDORSING.search(text)


@pytest.mark.parametrize("text", ["已通过官方认证", "Certified service", "officially approved", "Verified by"])
def test_the_list_of_endorsing_words_catches_them(text: str) -> None:
    assert ENDORSING.search(text)


def test_every_text_is_at_least_12_px() -> None:
    assert min(map(int, re.findall(r'font-size="(\d+)"', badge_svg(NUMBER)))) >= 12


def test_importing_widgets_loads_no_encoder_decoder_or_image_library() -> None:
    code = "import sys, widgets; print(*{'qrcode', 'PIL', 'zxingcpp', 'pydantic', 'web3'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(widgets).failed == 0
