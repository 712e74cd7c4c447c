"""`attest extract`: saved pages from files and pipes, in whatever bytes they come."""

import os
from pathlib import Path

import pytest

from tests.cli.command import Said, attest, started
from tests.cli.sites import ABSENT, GOOD, page

LICENCE = "京ICP证010001号"
PAGE = page(GOOD, f"京ICP备19000001号-1 {LICENCE}", "京网信备123号", extra=f"<!-- {ABSENT} -->")


def extract(home: Path, name: str, body: bytes, *more: str) -> Said:
    (home / name).write_bytes(body)
    return attest("extract", name, *more, home=home)


def test_the_json_form_is_the_documented_one(tmp_path: Path) -> None:
    said = extract(tmp_path, "page.html", PAGE, "--json")
    assert (said.code, said.err) == (0, "")
    document = said.json
    assert set(document) == {"numbers", "doubts", "malformed", "hidden", "others"}
    assert document["numbers"] == [GOOD.text]
    assert [set(item) for item in document["malformed"]] == [{"text", "reason"}]
    assert document["hidden"] == [{"text": ABSENT.text, "where": "comment"}]
    assert {item["kind"] for item in document["others"]} == {"icp", "icp-licence"}


def test_people_get_a_table(tmp_path: Path) -> None:
    said = extract(tmp_path, "page.html", PAGE)
    assert said.code == 0
    for word in ("displayed", GOOD.text, "malformed", "hidden", ABSENT.text, "icp"):
        assert word in said.out


def test_what_may_hide_a_number_is_told(tmp_path: Path) -> None:
    body = f'<div style="overflow:hidden;height:40px">{GOOD}</div>'.encode()
    (told,) = extract(tmp_path, "page.html", body, "--json").json["doubts"]
    assert told == {"text": GOOD.text, "by": "overflow:hidden;height:40px"}
    assert "unless overflow:hidden;height:40px hides it" in extract(tmp_path, "page.html", body).out


def test_a_pipe_gives_what_the_file_gives(tmp_path: Path) -> None:
    from_file = extract(tmp_path, "page.html", PAGE, "--json")
    assert attest("extract", "-", "--json", home=tmp_path, stdin=PAGE) == from_file


def test_plain_text_is_not_read_as_html(tmp_path: Path) -> None:
    text = f"<!-- {GOOD} -->".encode()
    assert extract(tmp_path, "page.txt", text, "--json").json["numbers"] == [GOOD.text]
    assert extract(tmp_path, "page.html", text, "--json").json["numbers"] == []


def test_the_declared_encoding_is_read(tmp_path: Path) -> None:
    body = PAGE.decode().replace("utf-8", "gbk").encode("gbk")
    assert extract(tmp_path, "page.html", body, "--json").json["numbers"] == [GOOD.text]


def test_a_page_without_numbers_is_no_error(tmp_path: Path) -> None:
    said = extract(tmp_path, "page.html", page())
    assert (said.code, said.out) == (0, "No filing number found.\n")
    others = extract(tmp_path, "page.html", page(f"京ICP备19000001号-1 {LICENCE}"))
    assert others.out.endswith("No filing number found.\n")


def test_a_page_drawn_by_scripts_is_told_in_the_users_language(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b'<div id="app"></div><script>app()</script>')
    said = attest("extract", "page.html", home=tmp_path, lang="zh-CN")
    assert said.code == 0
    assert "页面由脚本绘制" in said.err


def test_a_page_of_50_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.html").open("wb") as file:
        file.write(PAGE)
        file.truncate(50_000_000)
    said = attest("extract", "huge.html", home=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("attest: [IN102] huge.html is too large: expected at most 10000000 bytes, found more.\n")


def test_a_pipe_without_end_is_refused(tmp_path: Path) -> None:
    with Path("/dev/zero").open("rb") as endless, started("extract", "-", home=tmp_path, stdin=endless) as running:
        _, err = running.communicate()
    assert running.returncode == 2
    assert b"[IN102]" in err


@pytest.mark.parametrize(
    "body",
    [b"\x89PNG\r\n\x1a\n" + bytes(500), b"%PDF-1.7\n" + os.urandom(500), b"\x7fELF" + bytes(99)],
    ids=["png", "pdf", "elf"],
)
def test_a_binary_file_is_an_error_and_never_a_finding(body: bytes, tmp_path: Path) -> None:
    said = extract(tmp_path, "page.html", body)
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("attest: [EX101] The page is not text")


@pytest.mark.parametrize("name", ["missing.html", ".", "page.html/x"])
def test_what_is_no_file_is_named_in_the_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    said = attest("extract", name, home=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"attest: [IN101] The file {name} cannot be read: ")


def test_an_empty_pipe_is_an_empty_page(tmp_path: Path) -> None:
    said = attest("extract", "-", home=tmp_path)
    assert (said.code, said.out) == (0, "No filing number found.\n")
