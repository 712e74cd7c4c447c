"""`attest number check`: the form of one number, told to people and to programs."""

import json
from pathlib import Path

import pytest

from tests.cli.command import attest, process
from tests.cli.sites import GOOD


def test_a_well_formed_number_exits_0_and_says_what_that_does_not_mean(tmp_path: Path) -> None:
    said = attest("number", "check", GOOD, home=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{GOOD}  北京市海淀区  2026\n")
    assert "says nothing about who it was issued to" in said.out


def test_the_json_form_is_the_documented_one(tmp_path: Path) -> None:
    assert attest("number", "check", GOOD, "--json", home=tmp_path).json == {
        "schema": "number/1",
        "well_formed": True,
        "number": GOOD.text,
        "key": GOOD.key,
        "province": "京",
        "county": GOOD.county,
        "year": GOOD.year,
        "check": GOOD.check,
        "errors": [],
        "warnings": [],
    }


def test_every_defect_is_told_with_what_was_expected_and_found(tmp_path: Path) -> None:
    wrong = "浙" + GOOD.text[1:-2] + ("0" if GOOD.check != "0" else "1") + "号"
    said = attest("number", "check", wrong, home=tmp_path)
    assert (said.code, said.err) == (1, "")
    assert "error NU104: Check character" in said.out
    assert "error NU105: Province character" in said.out
    assert said.out.endswith("Not well formed.\n")
    errors = attest("number", "check", wrong, "--json", home=tmp_path).json["errors"]
    assert [error["code"] for error in errors] == ["NU104", "NU105"]
    assert all(error["expected"] and error["found"] and error["text"] for error in errors)


@pytest.mark.parametrize("text", ["", " ", "x", "备案", "0" * 5000, GOOD.text * 2, "号" + GOOD.text, "\x1b[31m"])
def test_what_is_no_number_exits_1_and_prints_no_control_character(text: str, tmp_path: Path) -> None:
    said = attest("number", "check", text, home=tmp_path)
    assert (said.code, said.err) == (1, "")
    assert "\x1b" not in said.out


def test_a_number_is_not_cut_out_of_a_longer_text(tmp_path: Path) -> None:
    assert attest("number", "check", GOOD.text + " " * 2000, home=tmp_path).code == 0
    assert attest("number", "check", GOOD.text + " " * 2000 + "伪造", home=tmp_path).code == 1


def test_a_variant_spelling_is_well_formed_with_a_warning(tmp_path: Path) -> None:
    said = attest("number", "check", f"{GOOD.text[:10]} {GOOD.text[10:]}", home=tmp_path)
    assert said.code == 0
    assert "warning NU208" in said.out


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "格式不正确。"), ("zh-TW", "格式不正確。")])
def test_it_speaks_chinese(lang: str, words: str, tmp_path: Path) -> None:
    assert words in attest("number", "check", "1", home=tmp_path, lang=lang).out


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_locale_without_chinese_changes_neither_the_answer_nor_the_json(encoding: str, tmp_path: Path) -> None:
    poor = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": encoding,
        "ATTEST_LANG": "zh-CN",
    }
    running = process("number", "check", GOOD, "--json", home=tmp_path, env=poor)
    assert (running.code, running.err) == (0, "")
    assert json.loads(running.out)["number"] == GOOD.text


def test_a_locale_without_chinese_still_gets_the_words(tmp_path: Path) -> None:
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    right = process("number", "check", GOOD, home=tmp_path, env=poor)
    wrong = process("number", "check", "备案", home=tmp_path, env=poor)
    assert (right.code, wrong.code) == (0, 1)
    assert GOOD.key in right.out
    assert (right.err, wrong.err) == ("", "")
