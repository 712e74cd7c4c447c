"""`attest badge`: the files of an operator, and what is said where they would not help."""

import json
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from attest.attestation import parse_attestation
from tests.cli.command import attest, process
from tests.cli.sites import ABSENT, CANCELLED, GOOD, host_of
from widgets.badge import Look, badge_size, badge_svg

PAGE = "https://verify.example/"
PNGS = ["badge.png", "badge@2x.png", "badge@3x.png"]
FILES = ["badge.svg", "qr.svg", "qr.png", *PNGS, "snippet.html", "blockchain-filing.json"]


def test_a_registered_number_gets_every_file_and_the_registered_record(home: Path) -> None:
    said = attest("badge", GOOD, "--page", PAGE, "--out", "out", home=home)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [f"out/{name}" for name in FILES]
    attestation = parse_attestation((home / "out/blockchain-filing.json").read_bytes())
    shown = attest("registry", "show", GOOD, "--json", home=home).json
    assert attestation.record is not None
    assert attestation.record.as_json() == shown["record"]
    (found,) = zxingcpp.read_barcodes(Image.open(home / "out/qr.png"))
    assert found.text == f"{PAGE}#{GOOD.key}"


def test_the_list_of_files_comes_as_json(home: Path) -> None:
    said = attest("badge", GOOD.key, "--page", PAGE, "--out", home / "out", "--json", home=home)
    assert said.json == {
        "schema": "badge/1",
        "number": GOOD.text,
        "files": [str(home / "out" / name) for name in FILES],
    }


def test_the_badge_is_drawn_as_asked_for(home: Path) -> None:
    look = ("--style", "line", "--size", "large", "--theme", "dark", "--badge-lang", "en")
    said = attest("badge", GOOD, "--page", PAGE, "--out", "out", *look, home=home)
    assert (said.code, said.err) == (0, "")
    wanted = Look("en", "line", "large", "dark")
    assert (home / "out/badge.svg").read_text(encoding="utf-8") == badge_svg(GOOD, wanted)
    assert Image.open(home / "out/badge@3x.png").width == 3 * badge_size(wanted)[0]


def test_the_element_knows_the_filed_domains(home: Path) -> None:
    said = attest("badge", GOOD, "--page", PAGE, "--out", "out", "--element", home=home)
    assert (said.code, said.err) == (0, "")
    assert "out/filing-badge-1.js" in said.out.splitlines()
    assert f'domains="{host_of(GOOD)}' in (home / "out/snippet.html").read_text(encoding="utf-8")


def test_a_print_with_small_modules_is_warned_about_and_a_smaller_one_refused(home: Path) -> None:
    said = attest("badge", GOOD, "--page", PAGE, "--out", "out", "--print-width", "18", home=home)
    assert said.code == 0
    assert "19 mm are wide enough" in said.err
    refused = attest("badge", GOOD, "--page", PAGE, "--out", "none", "--print-width", "14", home=home)
    assert refused.code == 2
    assert "[WI108]" in refused.err
    assert not (home / "none").exists()


def test_a_logo_is_drawn_in_the_png_and_one_that_is_no_picture_refused(home: Path) -> None:
    Image.new("RGB", (64, 64), "navy").save(home / "logo.png")
    said = attest("badge", GOOD, "--page", PAGE, "--out", "out", "--logo", "logo.png", home=home)
    assert (said.code, said.err) == (0, "")
    (found,) = zxingcpp.read_barcodes(Image.open(home / "out/qr.png"))
    assert found.text == f"{PAGE}#{GOOD.key}"
    (home / "logo.png").write_text("<svg/>")
    assert "[WI122]" in attest("badge", GOOD, "--page", PAGE, "--out", "out", "--logo", "logo.png", home=home).err


def test_without_a_chinese_font_only_the_pngs_are_left_out(home: Path) -> None:
    """In a process of its own, since fonts are looked for once."""
    fonts, config = home / "fonts", home / "fonts.conf"
    fonts.mkdir()
    latin = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    (fonts / latin.name).write_bytes(latin.read_bytes())
    config.write_text(f'<?xml version="1.0"?><fontconfig><dir>{fonts}</dir></fontconfig>')
    words = ("badge", GOOD, "--page", PAGE, "--out", "out")
    said = process(*words, home=home, cwd=home, env={"FONTCONFIG_FILE": str(config)})
    assert said.code == 0
    assert "[WI123]" in said.err
    assert said.out.splitlines() == [f"out/{name}" for name in FILES if name not in PNGS]


def test_running_it_again_replaces_its_files_and_no_others(home: Path) -> None:
    words = ("badge", GOOD, "--page", PAGE, "--out", home / "out")
    assert attest(*words, home=home).code == 0
    (home / "out/logo.svg").write_text("mine")
    (home / "out/badge.svg").write_text("old")
    assert attest(*words, home=home).code == 0
    assert (home / "out/logo.svg").read_text() == "mine"
    assert (home / "out/badge.svg").read_text() != "old"


def test_without_a_registry_the_well_known_file_holds_the_number_only(tmp_path: Path) -> None:
    said = attest("badge", GOOD, "--page", PAGE, "--out", tmp_path / "out", home=tmp_path)
    assert said.code == 0
    assert "holds the number only" in said.err
    held = json.loads((tmp_path / "out/blockchain-filing.json").read_bytes())
    assert held["number"] == GOOD.text
    assert "record" not in held


@pytest.mark.parametrize(("page", "warned"), [("http://127.0.0.1:8000/", True), (PAGE, False)])
def test_a_page_on_this_machine_is_warned_about(tmp_path: Path, page: str, warned: bool) -> None:
    said = attest("badge", GOOD, "--page", page, "--out", tmp_path / "out", home=tmp_path)
    assert said.code == 0
    assert ("for trying only" in said.err) is warned


def test_a_number_that_is_not_registered_is_noted(home: Path) -> None:
    said = attest("badge", ABSENT, "--page", PAGE, "--out", home / "out", home=home)
    assert said.code == 0
    assert "not in the registry local" in said.err


def test_a_filing_that_is_not_in_force_is_warned_about(home: Path) -> None:
    said = attest("badge", CANCELLED, "--page", PAGE, "--out", home / "out", home=home, lang="zh-CN")
    assert said.code == 0
    assert "未生效：已注销" in said.err


def test_a_page_on_the_filings_own_domain_is_warned_about(home: Path) -> None:
    own = f"https://{host_of(GOOD)}/check"
    said = attest("badge", GOOD, "--page", own, "--out", home / "out", home=home)
    assert said.code == 0
    assert "A site must not vouch for itself" in said.err


def test_a_node_that_cannot_be_asked_leaves_no_half_written_folder(home: Path) -> None:
    (home / "chain.sqlite").unlink()
    said = attest("badge", GOOD, "--page", PAGE, "--out", home / "out", home=home)
    assert (said.code, said.out) == (4, "")
    assert "[CH121]" in said.err
    assert not (home / "out").exists()
