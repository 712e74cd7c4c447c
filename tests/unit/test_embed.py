"""The snippet, and the folder of files that goes with it."""

import errno
import os
import re
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Literal

import pytest
import zxingcpp
from PIL import Image
from selectolax.lexbor import LexborHTMLParser, LexborNode

from attest import messages
from attest.errors import InputError, OutputError
from attest.number import FilingNumber
from widgets import web
from widgets.badge import Look, badge_size
from widgets.embed import Element, snippet_html
from widgets.files import write_badge_files, write_files
from widgets.pointer import pointer

NUMBER = FilingNumber("33010619213211320012")
OTHER = FilingNumber("1101082600000018901X")
PAGE = "https://verify.example/"
NAMES = ["badge.svg", "qr.svg", "qr.png", "snippet.html", "blockchain-filing.json"]


def one(tree: LexborHTMLParser, selector: str) -> LexborNode:
    (node,) = tree.css(selector)
    return node


@pytest.fixture
def snippet() -> LexborHTMLParser:
    return LexborHTMLParser(snippet_html(NUMBER, PAGE))


def test_the_number_is_text_of_the_page_once(snippet: LexborHTMLParser) -> None:
    assert snippet.text().count(NUMBER.text) == 1
    assert snippet_html(NUMBER, PAGE).count(NUMBER.text) == 1


def test_the_number_links_to_its_own_answer(snippet: LexborHTMLParser) -> None:
    link = one(snippet, "a")
    assert link.text(strip=True) == NUMBER.text
    assert link.attributes["href"] == pointer(PAGE, NUMBER)
    assert link.attributes["rel"] == "noopener"


def test_the_badges_alternative_is_its_label_so_that_the_number_is_read_once(snippet: LexborHTMLParser) -> None:
    assert one(snippet, "a img").attributes["alt"] == "区块链信息服务备案编号"
    assert all(image.attributes["alt"] for image in snippet.css("img"))


def test_filing_is_called_registration_in_both_languages(snippet: LexborHTMLParser) -> None:
    small = one(snippet, "small")
    assert small.text().startswith("备案仅为登记，不代表对主体、产品或服务的认可。")
    assert one(snippet, 'span[lang="en"]').text() == "Filing is registration, not endorsement."
    assert one(snippet, "body > div").attributes["lang"] == "zh-CN"


def test_the_host_that_the_code_leads_to_is_readable_beside_it(snippet: LexborHTMLParser) -> None:
    assert one(snippet, "bdi").text() == PAGE


def test_there_is_no_script_style_or_foreign_resource(snippet: LexborHTMLParser) -> None:
    for node in snippet.css("body *"):
        assert node.tag in {"div", "p", "a", "img", "br", "bdi", "small", "span"}
        assert not {name for name in node.attributes if name == "style" or name.startswith("on")}
    assert [image.attributes["src"] for image in snippet.css("img")] == ["badge.svg", "qr.svg"]


def test_a_page_cannot_break_out_of_its_attribute() -> None:
    tree = LexborHTMLParser(snippet_html(NUMBER, "https://verify.example/&lt;'&amp;"))
    assert one(tree, "a").attributes["href"] == f"https://verify.example/&lt;'&amp;#{NUMBER.key}"


ELEMENT = Element("filing-badge-1.js", "sha384-abc")


def test_the_element_stands_around_the_link_so_that_code_and_disclaimer_stay() -> None:
    tree = LexborHTMLParser(snippet_html(NUMBER, PAGE, element=ELEMENT, domains=["a.example", "*.b.example"]))
    element = one(tree, "filing-badge")
    assert element.attributes == {
        "number": NUMBER.text,
        "page": PAGE,
        "theme": "auto",
        "size": "medium",
        "domains": "a.example *.b.example",
    }
    assert one(tree, "filing-badge a").attributes["href"] == pointer(PAGE, NUMBER)
    assert not tree.css('filing-badge img[src="qr.svg"], filing-badge small')
    assert len(tree.css('div > p img[src="qr.svg"], div > p small')) == 2


def test_the_elements_script_is_held_to_its_hash() -> None:
    script = one(LexborHTMLParser(snippet_html(NUMBER, PAGE, element=ELEMENT)), "script")
    assert script.attributes == {
        "type": "module",
        "src": "filing-badge-1.js",
        "integrity": "sha384-abc",
        "crossorigin": None,
    }
    assert script.text() == ""


def test_with_the_element_taken_out_the_snippet_is_the_plain_one() -> None:
    html = snippet_html(NUMBER, PAGE, element=ELEMENT)
    plain = re.sub("<script.*</script>\n|<filing-badge.*>\n|</filing-badge>\n", "", html)
    assert plain == snippet_html(NUMBER, PAGE)


def test_without_filed_domains_the_element_has_nothing_to_compare() -> None:
    tree = LexborHTMLParser(snippet_html(NUMBER, PAGE, element=ELEMENT))
    assert "domains" not in one(tree, "filing-badge").attributes


def test_a_domain_cannot_break_out_of_its_attribute() -> None:
    tree = LexborHTMLParser(snippet_html(NUMBER, PAGE, element=ELEMENT, domains=['a"><b>']))
    assert one(tree, "filing-badge").attributes["domains"] == 'a"><b>'
    assert not tree.css("b")


@pytest.mark.parametrize(("lang", "other"), [("zh-TW", "en"), ("en", "zh-CN")])
def test_the_snippet_speaks_its_badges_language_and_says_the_disclaimer_in_another(
    lang: Literal["zh-TW", "en"], other: str
) -> None:
    look = Look(lang, "line", "large")
    tree = LexborHTMLParser(snippet_html(NUMBER, PAGE, look=look))
    assert one(tree, "body > div").attributes["lang"] == lang
    badge = one(tree, "a img").attributes
    assert (int(badge["width"] or 0), int(badge["height"] or 0)) == badge_size(look)
    assert badge["alt"] == messages.text("WI001", lang)
    assert one(tree, "small").text().startswith(messages.text("WI002", lang))
    assert one(tree, f'small span[lang="{other}"]').text() == messages.text("WI002", other)


def test_the_folder_is_made_and_holds_every_file(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    written = write_badge_files(out, number=NUMBER, page=PAGE, attestation=b'{"a":1}')
    assert written == [out / name for name in NAMES]
    assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)
    assert (out / "blockchain-filing.json").read_bytes() == b'{"a":1}'
    for encoding in ("utf-8", "gb18030", "latin-1"):  # in whatever a page is read
        assert unescape((out / "snippet.html").read_text(encoding=encoding)) == unescape(snippet_html(NUMBER, PAGE))
    with Image.open(out / "qr.png") as picture:
        assert zxingcpp.read_barcodes(picture.convert("L"))[0].text == pointer(PAGE, NUMBER)


def test_running_again_replaces_these_files_and_no_others(tmp_path: Path) -> None:
    write_badge_files(tmp_path, number=NUMBER, page=PAGE, attestation=b"old")
    (tmp_path / "index.html").write_text("mine")
    write_badge_files(tmp_path, number=OTHER, page=PAGE, attestation=b"new")
    assert OTHER.text in (tmp_path / "badge.svg").read_text(encoding="utf-8")
    assert (tmp_path / "index.html").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NAMES, "index.html"])


def test_without_an_attestation_no_well_known_file_is_written(tmp_path: Path) -> None:
    assert [p.name for p in write_badge_files(tmp_path, number=NUMBER, page=PAGE, attestation=None)] == NAMES[:-1]


def test_the_element_and_the_pngs_are_written_when_asked_for(tmp_path: Path) -> None:
    look = Look("en", "line", "small", "dark")
    written = write_badge_files(
        tmp_path, number=NUMBER, page=PAGE, attestation=None, look=look, png=True, element=True, domains=["a.example"]
    )
    name, module, integrity = web.element()
    pngs = ["badge.png", "badge@2x.png", "badge@3x.png"]
    assert [path.name for path in written] == [*NAMES[:3], *pngs, name, NAMES[3]]
    assert (tmp_path / name).read_bytes() == module
    written = (tmp_path / "snippet.html").read_text(encoding="ascii")
    html = snippet_html(NUMBER, PAGE, look=look, element=Element(name, integrity), domains=["a.example"])
    assert unescape(written) == unescape(html)
    widths = [Image.open(tmp_path / png).width for png in pngs]
    assert widths == [scale * badge_size(look)[0] for scale in (1, 2, 3)]


def test_any_files_are_written_whole(tmp_path: Path) -> None:
    written = write_files(tmp_path / "new", {"a": b"1", "b": b""})
    assert {path.name: path.read_bytes() for path in written} == {"a": b"1", "b": b""}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o000, 0o644), (0o077, 0o600)])
def test_files_are_readable_by_others_unless_the_umask_forbids_it(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        written = write_badge_files(tmp_path, number=NUMBER, page=PAGE, attestation=b"{}")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in written} == {mode}


def test_a_page_that_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_badge_files(tmp_path / "out", number=NUMBER, page="http://verify.example/", attestation=None)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("below", ["file", "file/below"])
def test_a_file_in_the_folders_place_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        write_badge_files(tmp_path / below, number=NUMBER, page=PAGE, attestation=None)
    assert caught.value.code == "WI110"
    assert str(tmp_path / below) in str(caught.value)


def test_a_folder_in_a_files_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "qr.svg").mkdir()
    with pytest.raises(OutputError) as caught:
        write_badge_files(tmp_path, number=NUMBER, page=PAGE, attestation=None)
    assert caught.value.code == "WI113"
    assert "qr.svg" in str(caught.value)
    assert not list(tmp_path.glob(".*"))


@contextmanager
def nobody() -> Iterator[None]:
    """Run as a user without rights, if this is root, whom no permission stops."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    snippet_html(NUMBER, PAGE)  # loads the encoder, which the other user may not be able to read
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        with nobody(), pytest.raises(OutputError) as caught:
            write_badge_files(folder, number=NUMBER, page=PAGE, attestation=None)
        assert caught.value.code == "WI111"
        assert not list(folder.iterdir())


def test_a_full_disk_leaves_the_files_from_before_as_they_were(tmp_path: Path) -> None:
    """The limit on a file's size stands in for the disk's: `write` fails in the same place, with EFBIG."""
    write_badge_files(tmp_path, number=NUMBER, page=PAGE, attestation=b"old")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # the badge fits, qr.svg does not
    try:
        with pytest.raises(OutputError) as caught:
            write_badge_files(tmp_path, number=OTHER, page=PAGE, attestation=b"new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "WI112"
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
