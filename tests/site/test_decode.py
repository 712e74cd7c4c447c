"""A page's bytes become the text that a browser would make of them, and what is no text is refused."""

import codecs
import io
import time
import zlib

import pytest
from PIL import Image

from attest.errors import FetchError
from attest.site.decode import decode

TEXT = "备案编号：京网信备11010819764512340015号"
TRADITIONAL = "備案編號：京網信備11010819764512340015號"
META = '<meta charset="{}">'
NO_DECLARATION = [
    "<meta name=description content='how to set charset=utf-8'>",
    "<meta name=a content=charset=utf-8>",
    '<meta name="keywords" content="text/html; charset=utf-8">',
    "<meta http-equiv=refresh content='9; charset=utf-8'>",
    "<meta data-charset=utf-8>",
    "<meta encoding=utf-8>",
    "<metadata charset=utf-8>",
    "</meta charset=utf-8>",
    "<a title='<meta charset=utf-8>'>",
    "<p>charset=utf-8</p>",
    "<?xml-stylesheet encoding='utf-8'?>",
]


def text_of(body: bytes, content_type: str | None) -> str:
    return decode(body, content_type).text


def in_page(encoding: str, label: str, text: str = TEXT) -> bytes:
    return f"<html><head>{META.format(label)}</head><p>{text}</p>".encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("gb2312", "gb2312"),
        ("gbk", "gb2312"),
        ("gb18030", "gb2312"),
        ("gbk", "GBK"),
        ("gbk", "x-gbk"),
        ("gb18030", "gb18030"),
        ("utf-8", "utf-8"),
        ("utf-8", "UTF8"),
        ("utf-8", "utf-16"),
    ],
)
def test_the_header_and_the_page_may_each_declare_the_encoding(encoding: str, label: str) -> None:
    assert TEXT in text_of(in_page(encoding, label), None)
    if label != "utf-16":
        assert text_of(TEXT.encode(encoding), f"text/html; charset={label}") == TEXT


def test_traditional_pages_are_read_in_big5() -> None:
    assert TRADITIONAL in text_of(in_page("big5", "big5", TRADITIONAL), "text/html")
    assert text_of(TRADITIONAL.encode("big5"), 'text/plain; charset="Big5"') == TRADITIONAL


@pytest.mark.parametrize("character", ["㐀", "𠀀", "€", "镕"])
def test_the_whole_gb_family_is_read_as_its_superset(character: str) -> None:
    assert text_of(character.encode("gb18030"), "text/html; charset=gb2312") == character


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
)
@pytest.mark.parametrize("header", [None, "text/html; charset=big5"])
def test_a_byte_order_mark_outdoes_every_declaration(mark: bytes, encoding: str, header: str | None) -> None:
    assert text_of(mark + TEXT.encode(encoding), header) == TEXT


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "UTF-16BE"])
def test_a_header_may_declare_utf_16_without_a_mark(label: str) -> None:
    encoding = "utf-16-be" if label.endswith("BE") else "utf-16-le"
    assert text_of(TEXT.encode(encoding), f"text/html; charset={label}") == TEXT


def test_the_header_outdoes_the_page() -> None:
    assert TEXT in text_of(in_page("gbk", "utf-8"), "text/html; charset=gbk")
    assert TEXT not in text_of(in_page("utf-8", "utf-8"), "text/html; charset=gbk")


@pytest.mark.parametrize("header", ["text/html; charset=nonsense", "text/html; charset=", "text/html", ""])
def test_a_header_that_declares_nothing_known_leaves_it_to_the_page(header: str) -> None:
    assert TEXT in text_of(in_page("gbk", "gbk"), header)


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">',
        "<META CONTENT='text/html;charset=gb2312' HTTP-EQUIV=content-type>",
        "<meta charset=gbk>",
        "<meta charset = 'gbk' />",
        '<?xml version="1.0" encoding="gbk"?>',
        "<!-- <meta charset=utf-8> --><meta charset=gbk>",
        "<!--><meta charset=gbk>",
        "<meta charset=nonsense><meta charset=gbk>",
        "<meta charset=gbk charset=utf-8>",
        "<a title=it's><meta charset=gbk><p title=it's>",
        "<meta name=a content=' > ' charset=gbk>",
        *(f"{head}<meta charset=gbk>" for head in NO_DECLARATION),
        "<meta name=viewport content='width=device-width'><title>x</title><meta charset=gbk>",
    ],
)
def test_the_page_declares_its_encoding_in_several_ways(head: str) -> None:
    assert TEXT in text_of(f"{head}<p>{TEXT}".encode("gbk"), None)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("head", [b"", b"<meta charset=nonsense>", b"<meta charset=>"])
def test_without_a_declaration_the_bytes_decide(encoding: str, head: bytes) -> None:
    assert text_of(head + TEXT.encode(encoding), None) == head.decode() + TEXT


@pytest.mark.parametrize("head", NO_DECLARATION)
def test_a_page_that_only_mentions_an_encoding_declares_none(head: str) -> None:
    said = head.replace("utf-8", "big5")
    assert TEXT in text_of(f"{said}<p>{TEXT}".encode("gbk"), None)
    assert TEXT not in text_of(f"<meta charset=big5>{said}<p>{TEXT}".encode("gbk"), None)


@pytest.mark.parametrize(
    "part",
    ["<", "<!--", "<meta ", "<meta charset", "<meta a=' b=\" ", "<meta =", "<meta " + " " * 99, "<a ='", "=", "<?xml "],
)
def test_looking_for_a_declaration_takes_no_longer_than_the_page(part: str) -> None:
    body = (part * 9000)[:8000].encode()
    start = time.process_time()
    for _ in range(20):
        text_of(body + b"<meta" + b" " * 9000, None)
    assert time.process_time() - start < 2


SPEAKING = ["粵網信備44010619213211320012號", "備案 9 號", "版權所有"]


@pytest.mark.parametrize("text", SPEAKING)
def test_without_a_declaration_a_page_is_read_in_the_encoding_in_which_it_speaks(text: str) -> None:
    for encoding in ("big5", "gbk"):
        assert text_of(text.encode(encoding), None) == text


def test_what_speaks_of_a_number_outdoes_what_speaks_of_rights() -> None:
    body = "網信備".encode("big5") + " 版权 ".encode("gbk") + "備案".encode("gbk")
    assert "網信備" in text_of(body, None)
    assert "版权" in text_of(body[6:], None)


def test_control_the_same_bytes_fit_the_other_encoding_and_a_text_that_says_nothing_keeps_it() -> None:
    assert all(text.encode("big5").decode("gb18030") != text for text in SPEAKING)
    silent = "今天天氣很好".encode("big5")
    assert text_of(silent, None) == silent.decode("gb18030")


def test_one_broken_character_does_not_hide_what_a_page_in_another_encoding_says() -> None:
    assert TEXT in text_of(TEXT.encode("gbk") + b"\xff<p>", None)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_page_cut_inside_its_last_character_is_still_utf_8(cut: int) -> None:
    assert text_of(f"{TEXT}备".encode()[:-cut], None) == TEXT


def test_one_broken_character_does_not_make_another_encoding_of_a_page() -> None:
    assert TEXT in text_of((TEXT * 9).encode() + b"\xff" + TEXT.encode(), None)


def test_a_broken_byte_does_not_swallow_the_markup_after_it() -> None:
    assert text_of(b"\x81<p>" + TEXT.encode("gbk"), "text/html; charset=gbk") == f"\ufffd<p>{TEXT}"


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 99).save(file, "png")
    return file.getvalue()


BINARY = {
    "picture": picture(),
    "archive": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + zlib.compress(bytes(range(256)) * 9),
    "compressed": zlib.compress(TEXT.encode() * 9),
    "zeros": bytes(1000),
    "portable document": b"%PDF-1.7\n" + b"1 0 obj << /Type /Catalog >> endobj\n" * 20,
    "program": b"\x7fELF\x02\x01\x01" + bytes(9) + b"text" * 9,
    "utf-16 that nothing declares": TEXT.encode("utf-16-le"),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8"])
def test_what_is_no_text_is_refused(name: str, header: str | None) -> None:
    with pytest.raises(FetchError) as caught:
        text_of(BINARY[name], header)
    assert caught.value.code == "EX101"


@pytest.mark.parametrize(
    "kind",
    ["image/png", "application/pdf", "Application/ZIP; x=y", "text/css", "text/javascript", "application/json",
     "application/rss+xml", "text/xml", "application/octet-stream", "x-foo", "text/htmlx"],
)  # fmt: skip
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_header_that_says_it_is_no_page_is_believed(kind: str, mark: bytes) -> None:
    with pytest.raises(FetchError) as caught:
        text_of(mark + b"<p>text</p>", kind)
    assert caught.value.code == "EX101"
    assert kind.partition(";")[0] in str(caught.value)


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/html",
        "TEXT/HTML;charset=utf-8",
        "text/html charset=utf-8",
        "application/xhtml+xml",
        "text/plain",
    ],
)
def test_html_plain_text_and_what_says_nothing_may_be_a_page(kind: str | None) -> None:
    assert text_of(TEXT.encode(), kind) == TEXT


@pytest.mark.parametrize("body", [b"", b"\x00", b"a\x00b\x01", b"<p>\x0c\x1b\t\r\n</p>", TEXT.encode()])
def test_a_stray_control_character_is_still_text(body: bytes) -> None:
    assert text_of(body, "text/html") == body.decode()


@pytest.mark.parametrize("header", ["", "text/html", "text/plain"])
def test_utf_8_that_nobody_names_is_what_browsers_misread(header: str) -> None:
    assert decode(TEXT.encode(), header) == (TEXT, True)
    assert decode((9 * TEXT).encode() + b"\xff", header).misread


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (TEXT.encode(), None),
        (b"ASCII", "text/html"),
        (TEXT.encode(), "text/html; charset=utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "text/html"),
        (in_page("utf-8", "utf-8"), "text/html"),
        (b"<style>" + b"a{b:c}" * 3000 + b"</style>" + in_page("utf-8", "utf-8"), "text/html"),
        (TEXT.encode("gb18030"), "text/html"),
    ],
)
def test_control_what_is_named_or_guessed_by_browsers_is_not(body: bytes, header: str | None) -> None:
    assert not decode(body, header).misread
