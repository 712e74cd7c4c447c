"""`attest demo`: what a newcomer runs first, in a process of its own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from attest.attestation import parse_attestation
from attest.cli.demo import sites
from attest.verdict import CODES
from tests.cli.command import Said, attest, process

EVERY_ROW = [
    ("compliant, with our snippet", "MATCH", "FA600"),
    ("own number beside the provider's", "MATCH", "FA600"),
    ("no number", "MISMATCH", "FA101"),
    ("only in a comment", "MISMATCH", "FA102"),
    ("another company's", "MISMATCH", "FA610"),
    ("malformed", "MISMATCH", "FA210"),
    ("unregistered, authoritative registry", "MISMATCH", "FA310"),
    ("unregistered, self-declared registry", "UNDECIDED", "FA320"),
    ("cancelled", "MISMATCH", "FA411"),
    ("suspended", "MISMATCH", "FA410"),
    ("the registry's node is down", "UNDECIDED", "FA323"),
    ("drawn by scripts", "UNDECIDED", "FA120"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> Said:
    return process("demo", home=folder / "untouched", cwd=folder)


@pytest.fixture(scope="module")
def rows(first: Said, folder: Path) -> dict[str, dict[str, Any]]:
    """By the English part of their titles."""
    assert first.code == 0
    found = json.loads((folder / "build/demo/verdicts.json").read_text(encoding="utf-8"))
    return {re.sub(r"^[^ -~]+ ", "", row["site"]): row for row in found}


def test_it_ends_well_and_says_where_the_files_are(first: Said) -> None:
    assert (first.code, first.err) == (0, "")
    assert "20 of 20 verdicts are the expected ones. Files are in build/demo." in first.out
    assert "Filing is registration, not endorsement" in first.out


def test_the_verdicts_are_a_list_of_what_was_expected_and_found(rows: dict[str, dict[str, Any]]) -> None:
    for row in rows.values():
        assert row["verdict"] == row["expected"]
        assert row["codes"]
        assert set(row["codes"]) <= set(CODES)


@pytest.mark.parametrize(("site", "verdict", "code"), EVERY_ROW)
def test_every_kind_of_site_is_there(site: str, verdict: str, code: str, rows: dict[str, dict[str, Any]]) -> None:
    assert (rows[site]["verdict"], code in rows[site]["codes"]) == (verdict, True)


def test_real_numbers_are_shown_by_their_own_sites_only_and_play_no_bad_part(rows: dict[str, dict[str, Any]]) -> None:
    real = [row for name, row in rows.items() if name not in {site for site, _, _ in EVERY_ROW}]
    assert len(real) == len(sites.seen_filings())
    assert {row["verdict"] for row in real} <= {"MATCH", "UNDECIDED"}
    assert {row["registry"] for row in real} == {sites.SEEN}


def test_the_badge_is_the_good_companys(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    badge = folder / "build/demo/badge"
    assert sites.GOOD.number.text in (badge / "badge.svg").read_text(encoding="utf-8")
    (code,) = zxingcpp.read_barcodes(Image.open(badge / "qr.png"))
    assert code.text.endswith(f"#{sites.GOOD.number.key}")
    attestation = parse_attestation((badge / "blockchain-filing.json").read_bytes())
    assert attestation.number == sites.GOOD.number


def test_its_registries_answer_afterwards(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    home = folder / "build/demo/home"
    shown = attest("registry", "show", sites.GOOD.number, "--registry", sites.AUTHORITY, "--json", home=home)
    assert (shown.code, shown.json["status"]) == (0, "active")


def test_it_touches_nothing_outside_its_folder(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    assert not (folder / "untouched").exists()
    assert {path.name for path in (folder / "build").iterdir()} == {"demo"}


@pytest.mark.long
def test_a_second_run_works_and_deletes_nothing_of_the_users(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    out = folder / "build/demo"
    (out / "home/notes.txt").write_text("mine")
    again = attest("demo", "--out", out, home=folder / "later", lang="zh-CN")
    assert (again.code, again.err) == (0, "")
    assert "20 项结论中 20 项符合预期" in again.out
    assert (out / "home/notes.txt").read_text() == "mine"


def test_an_unexpected_verdict_is_no_success_and_no_mismatch(
    folder: Path, monkeypatch: pytest.MonkeyPatch, rows: dict[str, dict[str, Any]]
) -> None:
    from dataclasses import replace

    from attest.verdict import Outcome

    def wrong(snippet: str) -> list[sites.Site]:
        return [replace(right(snippet)[0], expected=Outcome.MISMATCH, code="")]

    right = sites.sites
    monkeypatch.setattr(sites, "sites", wrong)
    said = attest("demo", "--out", folder / "build/demo", home=folder / "later")
    assert said.code == 4
    assert "0 of 1 verdicts" in said.out
