"""Whatever a page holds: only our errors, no number that is not there, none missed, and no explosion of time."""

import contextlib
import html
import string
import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.credentials import HARD_BREAK, scan
from attest.errors import AttestError
from attest.number import PROVINCES, FilingNumber, check_character, is_unseen
from attest.ports import Findings
from attest.site.extract import as_json, extract
from tests.amounts import examples

TODAY = date(2026, 11, 24)
NUMBER = "京网信备11010819764512340015号"
NUMBER = "京网信备11010819764512340015号"
KEY = "0123456789X"


def _number(province: str, rest: int) -> FilingNumber:
    digits = f"{province}{rest:017}"
    return FilingNumber(digits + check_character(digits))


def read(page: str, kind: str = "text/html; charset=utf-8") -> Findings:
    return extract(page.encode("utf-8", "replace"), content_type=kind, base_url="https://a.example/", today=TODAY)


def keys(text: str) -> list[str]:
    found = (attempt.reading.number for attempt in scan(text, today=TODAY).attempts)
    return [number.key for number in found if number]


numbers = st.builds(_number, st.sampled_from(sorted(PROVINCES.values())), st.integers(0, 10**17 - 1))
pieces = st.sampled_from(
    [
        *"京沪网信备案号公安算金文ICPB证0123456789X.-|｜·、 \n\0\u200b\u3000０１①Ｘx×*〔〕()",
        "网信备", "京网信备", "ICP备", "公网安备", "网信算备", "12345678", "11010819764512340015", NUMBER,
    ]
)  # fmt: skip
footers = st.lists(pieces, max_size=40).map("".join)
TAGS = """\
<p> </p> <div_hidden> </div> <br> <b> </b> <!-- --> <script> </script> <style> </style> <template> </template>
<noscript> <svg> <text> </svg> <select> <option> <details> <iframe_srcdoc=' '> <a_href=' <input_value=' <textarea>
</textarea> <table> <tr> <td> <title> <p_style='display:none'> <p_style=' p{ } @media_ content:' &# ; \\u %u \\
<template_shadowrootmode=open> <slot> <meta_charset= <base_href= </html>"""
tags = st.sampled_from([tag.replace("_", " ") for tag in TAGS.split()])
markup = st.lists(tags | pieces, max_size=40).map("".join)
kinds = st.sampled_from([None, "text/html", "text/plain", "text/html; charset=gbk", "text/html; charset=utf-16", "x"])


@settings(max_examples=examples(500))
@given(st.binary(max_size=300) | markup.map(str.encode) | footers.map(str.encode), kinds)
def test_any_bytes_are_read_or_refused_with_our_error(body: bytes, kind: str | None) -> None:
    with contextlib.suppress(AttestError):
        findings = extract(body, content_type=kind, base_url="", today=TODAY)
        assert set(as_json(findings)) == {"numbers", "doubts", "malformed", "hidden", "others"}
        assert all(wrong.errors for wrong in findings.malformed)
        assert not {shown.number for shown in findings.numbers} & {found.number for found in findings.hidden}


surroundings = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Mn", "Me")), max_size=40) | footers.map(
    lambda text: text.replace("\0", "")
)


@settings(max_examples=examples(500))
@given(surroundings, numbers, surroundings, st.sampled_from("，。；|｜、·（）"))
def test_a_number_between_punctuation_is_always_found(before: str, number: FilingNumber, after: str, mark: str) -> None:
    text = f"{before}{mark}{number.text}{mark}{after}"
    assert number.key in keys(text)
    page = (
        f"<p>{html.escape(before)}{mark}<span>{number.text[:9]}</span>{number.text[9:]}{mark}{html.escape(after)}</p>"
    )
    assert number in [shown.number for shown in read(page).numbers]


@settings(max_examples=examples(300))
@given(numbers, st.sampled_from("0123456789ABCXx①٣零O-*"), st.integers(0, 19))
def test_no_change_of_one_character_leaves_a_number(number: FilingNumber, other: str, place: int) -> None:
    key = number.key
    text = f"{number.province}网信备{{}}号"
    changed = key[:place] + other + key[place + 1 :]
    if changed.upper() != key:
        assert keys(text.format(changed)) == []
    assert keys(text.format(key[:place] + key[place + 1 :])) == []
    for longer in (key[:place] + other + key[place:], key + other):
        assert keys(text.format(longer)) == []


@settings(max_examples=examples(300))
@given(numbers, st.sampled_from(sorted(PROVINCES)), st.sampled_from(["", " ", "\u200b", "\u3000"]))
def test_a_number_under_another_province_is_no_number(number: FilingNumber, province: str, gap: str) -> None:
    found = keys(f"{province}{gap}网信备{number.key}号")
    assert found == ([number.key] if PROVINCES[province] == number.key[:2] else [])


def plain(text: str) -> str:
    """The letters and digits that a reader makes out, without anything between them."""
    kept = "".join(character for character in text if not is_unseen(character))
    return "".join(unicodedata.normalize("NFKC", kept).replace(HARD_BREAK, "").split()).upper()


@settings(max_examples=examples(1000))
@given(footers | st.text(max_size=60))
def test_text_gives_only_numbers_whose_key_it_holds(text: str) -> None:
    for key in keys(text):
        assert key in plain(text)
        assert f"网信备{key}" in plain(text).replace(":", "").translate(str.maketrans("網備", "网备"))


@settings(max_examples=examples(300))
@given(numbers, st.sampled_from(["gbk", "gb2312", "gb18030", "utf-8", "utf-16"]), st.booleans())
def test_the_encoding_of_a_page_does_not_matter(number: FilingNumber, encoding: str, in_header: bool) -> None:
    page = f"<meta charset={encoding}><p>备案编号 {number.text}</p>"
    header = f"text/html; charset={encoding}" if in_header and encoding != "utf-16" else "text/html"
    findings = extract(page.encode(encoding), content_type=header, base_url="", today=TODAY)
    assert [shown.number for shown in findings.numbers] == [number]


@settings(max_examples=examples(300))
@given(numbers, st.data())
def test_a_number_may_be_split_over_elements_and_written_in_full_width(
    number: FilingNumber, data: st.DataObject
) -> None:
    wide = str.maketrans(KEY, "０１２３４５６７８９Ｘ")
    pieces = []
    for character in number.text:
        form = data.draw(
            st.sampled_from(["{}", "<b>{}</b>", "<i><u>{}</u></i>", "{}\u200b", "{}<!-- 1 -->", "{}<wbr>"])
        )
        pieces.append(form.format(character.translate(wide) if data.draw(st.booleans()) else character))
    assert [shown.number for shown in read("".join(pieces)).numbers] == [number]


REPEATED = """\
1 京 网 信 备 号 X < > & \\ % ' " [ ( { - | ９ A 字 _ \u200b \u3000 京网信备 网信备1 网信备案 京网信备X- 1- (京) 京ICP备
京公网安备1 视听 B2-2 A1. Beijing-a 信用代码1 分局备案 京网信备1101081976451234001 新闻信息服务许可证 1_
京网信备1_ 视听_ 网信算备_ 备_+_ &#1 \\u5907 %E5%A4%87 备'+' 备QUJD 備\\ <b> <p> <br> <!-- <!--备 <script>备
<style> <style>p{ <template> <select> <option> <svg> <noscript> <details> <p_style='display:none'> <p_style='color:
<p_title='备 <i_hidden>京网信备</i> <meta_charset= <a_href= <input_value=1> <iframe_srcdoc='"""
"""Words parted by white space; `_` stands for a space."""


@pytest.mark.sampled
@pytest.mark.parametrize("unit", [unit.replace("_", " ") for unit in REPEATED.replace("\n", " ").split(" ")])
def test_time_does_not_explode_on_repetition(unit: str) -> None:
    size = 50_000 if "<" in unit else 200_000
    begun = time.process_time()
    read((unit * size)[:size])
    assert time.process_time() - begun < 5


def test_every_printable_character_may_stand_beside_a_number() -> None:
    for mark in string.punctuation:
        assert [shown.number.text for shown in read(f"{mark}{NUMBER}{mark}", "text/plain").numbers] == [NUMBER], mark


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=30))
def test_the_text_is_in_nfkc_whatever_stands_beside_what(text: str) -> None:
    assert read(text, "text/plain; charset=utf-8").text == " ".join(unicodedata.normalize("NFKC", text).split())


@given(
    st.lists(st.sampled_from("中A=，\u0338\u0301\u0323\u3099カﾞ각\u1100\u1161\u11a8\u2f00ﷺ "), max_size=9).map("".join)
)
def test_nfkc_composes_what_a_page_writes_apart(text: str) -> None:
    assert read(text, "text/plain; charset=utf-8").text == " ".join(unicodedata.normalize("NFKC", text).split())


PROPERTIES = (
    "transform translate scale rotate zoom opacity filter mask clip-path z-index width height min-width top left"
)
VALUES = st.text("0123456789.%-+,() pxvwhdegcalrtsnumioty", max_size=16)
FUNCTIONS = st.sampled_from(["", "calc", "rotate", "scale", "translateX", "matrix", "blur", "inset", "url"])
declared = st.builds(
    "{}:{}({});{}:{}".format,
    st.sampled_from(PROPERTIES.split()),
    FUNCTIONS,
    VALUES,
    st.sampled_from(["position:fixed;bottom", *PROPERTIES.split()]),
    VALUES,
)


@settings(max_examples=examples(500))
@given(st.lists(declared, max_size=4).map(";".join), st.sampled_from(["p", "i"]))
def test_no_value_of_a_style_ends_the_reading(style: str, tag: str) -> None:
    page = f"<p>{NUMBER}</p>" if tag == "i" else ""
    page += f"<{tag} style='{style}'>{NUMBER}</{tag}>"
    findings = extract(page.encode(), content_type="text/html; charset=utf-8", base_url="", today=TODAY)
    assert [found.number.text for found in (*findings.numbers, *findings.hidden)] == [NUMBER]
