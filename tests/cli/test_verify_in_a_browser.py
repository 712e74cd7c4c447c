"""`attest verify` with a browser, the evidence it keeps, and `attest check evidence`."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from attest.verdict import RULES
from tests.cli.command import attest, audit
from tests.cli.sites import GOOD, Sites, host_of, page

FONT = subprocess.run(
    ["fc-match", "--format=%{file}", "Noto Sans CJK SC"], check=True, capture_output=True, text=True
).stdout


def picture(text: str) -> bytes:
    """A footer's picture of a text, PNG."""
    drawn = Image.new("RGB", (460, 120), "white")
    ImageDraw.Draw(drawn).text((12, 50), text, font=ImageFont.truetype(FONT, 16), fill="#333")
    held = io.BytesIO()
    drawn.save(held, "PNG")
    return held.getvalue()


FOOTER = f"<footer><p style='font-size:14px'>区块链信息服务备案编号：{GOOD}</p></footer>"
DRAWN = (
    "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>示例</title><body>"
    f'<script>setTimeout(() => {{ document.body.innerHTML = "{FOOTER}" }}, 200)</script>'
).encode()
COVERED = page(GOOD, extra="<div style='position:fixed;inset:0;background:#fff'></div>")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, _prepared: Path, sites: Sites) -> Path:
    """The evidence of a page that a script draws."""
    folder = tmp_path_factory.mktemp("kept") / "evidence"
    home = Path(shutil.copytree(_prepared, folder.parent / "home"))
    said = attest("verify", *sites.show("/drawn", DRAWN), "--save", str(folder), "--json", home=home)
    assert said.code == 0
    assert said.err == f"Evidence written to {folder}; `attest check evidence` judges it again, offline.\n"
    document = json.loads(said.out)
    assert document["verdict"] == "MATCH"
    assert {check["name"]: check["code"] for check in document["checks"]}["prominence"] == "FA700"
    assert document["rests_on"]["display_rules"]
    return folder


def test_a_page_that_a_script_draws_is_looked_at_in_a_browser_and_judged_again_offline(kept: Path, home: Path) -> None:
    said = attest("check", "evidence", str(kept), "--json", home=home)
    assert said.code == 0
    assert json.loads(said.out) == json.loads((kept / "verdict.json").read_bytes())


def test_without_a_browser_the_same_page_is_undecided(home: Path, sites: Sites) -> None:
    said = attest("verify", *sites.show("/drawn", DRAWN), "--render", "never", home=home)
    assert (said.code, said.out.split(":")[0]) == (3, "UNDECIDED")


def test_a_list_is_looked_at_in_a_browser_where_that_decides_something(home: Path, sites: Sites) -> None:
    asked = sites.show("/drawn", DRAWN)
    assert audit(*asked, home=home).out.split("  ")[1] == "MATCH"
    assert audit(*asked, "--render", "never", home=home).out.split("  ")[1] == "UNDECIDED"


def test_what_is_under_something_else_is_a_mismatch_and_undecided_without_a_browser(home: Path, sites: Sites) -> None:
    asked = sites.show("/covered", COVERED)
    blind = attest("verify", *asked, "--render", "never", home=home)
    assert (blind.code, "FA126" in blind.out) == (3, True)
    said = attest("verify", *asked, home=home)
    assert said.code == 1
    assert "FA106" in said.out
    assert "FA711" in said.out


def test_one_changed_byte_of_any_file_is_found(kept: Path, tmp_path: Path, home: Path) -> None:
    names = sorted(path.name for path in kept.iterdir())
    for name in (names[0], "page.bin", "desktop.json", "verdict.json"):
        folder = tmp_path / name
        shutil.copytree(kept, folder)
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)
        said = attest("check", "evidence", str(folder), home=home)
        assert (said.code, said.out) == (2, ""), name
        assert "EV10" in said.err


def with_file(kept: Path, tmp_path: Path, name: str, data: bytes) -> Path:
    """The evidence with another file, of which its manifest knows."""
    folder = tmp_path / "evidence"
    shutil.copytree(kept, folder)
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize("change", ["missing", "added", "no manifest"])
def test_a_folder_that_is_not_as_its_manifest_says_is_no_evidence(
    kept: Path, tmp_path: Path, home: Path, change: str
) -> None:
    folder = tmp_path / "evidence"
    shutil.copytree(kept, folder)
    match change:
        case "missing":
            (folder / "page.bin").unlink()
        case "added":
            (folder / "more.txt").write_text("x")
        case _:
            (folder / "manifest.json").unlink()
    assert attest("check", "evidence", str(folder), home=home).code == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("visit.json", b"{}"),
        ("visit.json", b"[" * 100_000),
        ("desktop.json", b'{"glimpses": [{}]}'),
        ("desktop-0-shown.png", b"no picture"),
        ("answer.json", b"null"),
        ("verdict.json", b"{}"),
        ("verdict.json", b"[]"),
        ("verdict.json", b'{"checks": [1], "rests_on": {}}'),
    ],
)
def test_files_that_another_hand_wrote_are_refused_with_our_error(
    kept: Path, tmp_path: Path, home: Path, name: str, data: bytes
) -> None:
    said = attest("check", "evidence", str(with_file(kept, tmp_path, name, data)), home=home)
    assert (said.code, said.out) == (2, "")
    assert "EV102" in said.err


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"text": "', '"text": "In other words: ', 0),
        (f'"rules": "{RULES}"', '"rules": "2020-01"', 0),
        ('"code": "FA300"', '"code": "FA310"', 2),
        ('"verdict": "MATCH"', '"verdict": "MISMATCH"', 2),
    ],
)
def test_another_release_may_change_the_words_of_a_verdict_but_not_what_it_decides(
    kept: Path, tmp_path: Path, home: Path, old: str, new: str, code: int
) -> None:
    then = (kept / "verdict.json").read_text(encoding="utf-8")
    assert old in then
    folder = with_file(kept, tmp_path, "verdict.json", then.replace(old, new).encode())
    said = attest("check", "evidence", str(folder), home=home)
    assert (said.code, "EV106" in said.err) == (code, code == 2)


def test_evidence_is_never_written_over_other_files(kept: Path, home: Path, sites: Sites) -> None:
    said = attest("verify", *sites.show("/good", page(GOOD)), "--save", str(kept), home=home)
    assert said.code == 2
    assert "EV105" in said.err


def test_a_report_goes_where_it_was_asked_to_and_the_user_is_told(kept: Path, home: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "new" / "report.html"
    said = attest("check", "evidence", str(kept), "--report", str(wanted), home=home)
    assert f"Report written to {wanted}." in said.err
    assert GOOD.text in wanted.read_text(encoding="utf-8")


def test_a_word_that_is_no_way_of_looking_is_told(home: Path, sites: Sites) -> None:
    said = attest("verify", *sites.show("/good", page(GOOD)), "--render", "sometimes", home=home)
    assert said.code == 2
    assert "auto, always, never" in said.err


def test_another_visitor_who_is_shown_another_number_is_told(home: Path, sites: Sites) -> None:
    def cloaking(handler: BaseHTTPRequestHandler) -> None:
        shown = page(GOOD) if "filing-attest" in handler.headers["User-Agent"] else page()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(shown)))
        handler.end_headers()
        handler.wfile.write(shown)

    said = attest("verify", *sites.show("/cloaked", cloaking), "--second-look", home=home)
    assert said.code == 0
    assert "FA931" in said.out


@pytest.mark.parametrize(
    "shown",
    [
        "<img src='{}'>",
        "<style>p::before{{content:url({})}}</style><p></p>",
        f"<p style='overflow:hidden;text-indent:-9999px;background:url({{}});width:600px;height:80px'>{GOOD}</p>",
    ],
    ids=["picture", "drawn by a style", "instead of text"],
)
def test_a_number_that_only_a_picture_shows_is_read_and_called_weak(home: Path, sites: Sites, shown: str) -> None:
    source = base64.b64encode(picture(GOOD.text)).decode()
    body = page(extra=shown.format(f"data:image/png;base64,{source}"))
    said = attest("verify", *sites.show("/pictured", body), home=home)
    assert said.code == 0
    assert "FA712" in said.out


@pytest.mark.parametrize(
    ("shown", "host", "code"),
    [(GOOD.text, host_of(GOOD), 0), (GOOD.text, "else.example", 3), ("京ICP备19000001号-1", host_of(GOOD), 3)],
)
def test_a_screenshot_is_judged_and_what_it_does_not_show_is_undecided(
    home: Path, tmp_path: Path, shown: str, host: str, code: int
) -> None:
    taken = tmp_path / "screen.png"
    taken.write_bytes(picture(shown))
    said = attest("verify", "--screenshot", str(taken), "--host", host, home=home)
    assert said.code == code, said.out


@pytest.mark.parametrize("more", [[], ["--host", "a.cn", "--app", "x"], ["https://a.cn/", "--host", "a.cn"]])
def test_a_screenshot_is_of_one_app_or_one_site(home: Path, tmp_path: Path, more: list[str]) -> None:
    taken = tmp_path / "screen.png"
    taken.write_bytes(picture(GOOD.text))
    said = attest("verify", "--screenshot", str(taken), *more, home=home)
    assert (said.code, said.out) == (2, "")
    assert "IN131" in said.err
