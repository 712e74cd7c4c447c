"""`attest record`: check, new, attach, schema."""

import hashlib
import json
import os
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from attest.documents import read_forms
from attest.number import FilingNumber, check_character
from attest.record.review import missing
from tests.cli.command import ROOT, Said, attest, started

EXAMPLE: Final = ROOT / "docs/example-form.yaml"
LEAST: Final[dict[str, Any]] = {"subject": {"kind": "organisation"}}


def write(home: Path, document: object, name: str = "form.json") -> Path:
    path = home / name
    path.write_text(document if isinstance(document, str) else json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def answered(home: Path, *answers: str, to: Path | None = None, lang: str = "en") -> Said:
    """`attest record new` with these answers, then as many empty ones as it wants."""
    words = ["record", "new", *(["-o", str(to)] if to else [])]
    return attest(*words, home=home, lang=lang, stdin="\n".join([*answers, *[""] * 200]).encode())


# --- check -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh-CN", "zh-TW"])
def test_a_complete_form_is_said_to_be_complete_and_shows_only_what_would_be_public(lang: str, tmp_path: Path) -> None:
    said = attest("record", "check", EXAMPLE, home=tmp_path, lang=lang)
    assert said.code == 0
    assert {"en": "complete", "zh-CN": "内容完整", "zh-TW": "內容完整"}[lang] in said.out
    assert "示例链科技（北京）有限公司" in said.out
    assert "内部编号" in said.out
    assert not {
        word for word in ("张三", "13800138000", "zhangsan", "示例-7", "110101199001010015") if word in said.out
    }


def test_how_much_is_private_and_public_is_told(tmp_path: Path) -> None:
    assert "50 values stay private. 16 would be public" in attest("record", "check", EXAMPLE, home=tmp_path).out


def test_the_result_as_json(tmp_path: Path) -> None:
    (form,) = attest("record", "check", EXAMPLE, "--json", home=tmp_path).json["forms"]
    assert (form["well_formed"], form["problems"], form["missing"]) == (True, [], [])
    assert form["unknown"] == ["内部编号"]
    assert form["public"]["subject"] == {"kind": "organisation", "name": "示例链科技（北京）有限公司"}
    assert len(form["private"]) == 50


def test_broken_rules_are_all_told_with_exit_1(tmp_path: Path) -> None:
    path = write(tmp_path, LEAST | {"filed_on": "soon", "responsible_person": {"mobile": "1"}})
    said = attest("record", "check", path, home=tmp_path, lang="zh-CN")
    assert said.code == 1
    assert "[RE132] 字段 responsible_person.mobile（手机号码）" in said.out
    assert "[RE126] 字段 filed_on（备案日期）" in said.out
    found = attest("record", "check", path, "--json", home=tmp_path).json["forms"][0]
    assert [(each["field"], each["code"]) for each in found["problems"]] == [
        ("responsible_person.mobile", "RE132"),
        ("filed_on", "RE126"),
    ]


def test_personal_data_in_public_text_is_a_broken_rule(tmp_path: Path) -> None:
    said = attest("record", "check", write(tmp_path, LEAST | {"service": {"name": "致电13800138000"}}), home=tmp_path)
    assert said.code == 1
    assert "[RE128]" in said.out
    assert "13800138000" not in said.out


def test_each_form_of_a_list_is_checked(tmp_path: Path) -> None:
    said = attest("record", "check", write(tmp_path, [LEAST, {}]), home=tmp_path)
    assert said.code == 1
    assert "Form 1" in said.out
    assert "Form 2" in said.out
    assert "[RE101] Field subject (Who files) is missing" in said.out


def test_what_a_registrar_should_look_at_again_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    digits = "1101089976451234001"  # of the year 2099
    number = FilingNumber(digits + check_character(digits)).text
    document = LEAST | {"number": number, "service": {"chains": ["CHAINMAKER"]}}
    said = attest("record", "check", write(tmp_path, document), "--json", home=tmp_path)
    assert said.code == 0
    assert [(each["field"], each["code"]) for each in said.json["forms"][0]["oddities"]] == [
        ("service.chains.0", "RE171"),
        ("number", "NU202"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "IN104"),
        ("[]", "IN104"),
        ('{"a": 1.5}', "IN104"),
        ('{"a": 1, "a": 2}', "IN104"),
        ('{"subject": {"kind": "organisation"}, "a.b": 1}', "IN104"),
        ("[" * 40 + "]" * 40, "IN104"),
    ],
)
def test_what_is_no_form_at_all_is_exit_2_and_names_the_file(text: str, code: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    said = attest("record", "check", path, home=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"attest: [{code}] {path}: ")


def test_a_yaml_file_that_cannot_be_read_is_told_by_its_place_not_its_text(tmp_path: Path) -> None:
    path = write(tmp_path, "subject:\n  kind: organisation\n  name: [张三 13800138000\nx: y", "form.yaml")
    said = attest("record", "check", path, home=tmp_path)
    assert said.code == 2
    assert "line 4" in said.err
    assert not {word for word in ("张三", "13800138000") if word in said.err}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert attest("record", "check", tmp_path / "no.yaml", home=tmp_path).code == 2


# --- new ---------------------------------------------------------------------------------------------------


def test_the_template_is_written_to_a_file_of_its_owners_and_is_in_order(tmp_path: Path) -> None:
    path = tmp_path / "form.yaml"
    assert attest("record", "new", "--template", "-o", path, home=tmp_path).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert attest("record", "check", path, home=tmp_path).code == 0
    assert path.read_text("utf-8").rstrip("\n") == attest("record", "new", "--template", home=tmp_path).out.rstrip("\n")


def test_answers_make_a_form_and_only_what_applies_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "form.yaml"
    said = answered(tmp_path, "京网信备11010819764512340015号", "2", "张三", to=path)
    assert said.code == 0
    (form,) = read_forms(path.read_bytes(), name="form.yaml")
    assert form.as_json() == {
        "schema": "filing-form/1",
        "number": "京网信备11010819764512340015号",
        "subject": {"kind": "individual", "name": "张三"},
    }
    assert "Nature of an organisation" not in said.err
    assert "BaaS platform only" not in said.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_answer_that_breaks_a_rule_is_told_and_asked_again(tmp_path: Path) -> None:
    said = answered(tmp_path, "12", "京网信备11010819764512340015号", "nobody", "organisation", "示例")
    assert said.code == 0
    assert said.err.count("Filing number, once issued") == 3  # asked twice, and named by the error
    assert "[NU1" in said.err or "[RE100]" in said.err
    assert "number: 京网信备11010819764512340015号" in said.out


def test_the_whole_guide_leads_to_a_complete_form(tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"a scan")
    path = tmp_path / "form.json"
    answers = [
        "", "1", "示例公司", "1", "北京", "91110108MA00AAAA16", "地址", str(scan), "邮寄地址", "",
        "张三", "id-card", "110101199001010015", "住址", str(scan), "010-55500100", "13800138000", "a@example.cn",
        str(scan), "示例服务", "2", "2", "", "4", "自有链", "", "", "简介", "领域", "北京机房",
        "y", "示例站", "https://example.cn/", "", "", "", "", "制度", "", str(scan), "", "", "", "",
        "https://scan.example.cn/", "1000", "3", "192.0.2.1", "北京", "", "",
        "example.cn", "*.example.cn", "", "", "", "", "2026-01-05",
    ]  # fmt: skip
    said = answered(tmp_path, *answers, to=path)
    assert said.code == 0, said.err
    (form,) = read_forms(path.read_bytes(), name="form.json")
    assert missing(form) == ()
    found = form.as_json()
    assert found["service"]["chains"] == ["FISCO BCOS", "自有链"]
    assert found["service"]["explorer"]["servers"] == [{"ip": "192.0.2.1", "place": "北京"}]
    assert found["statement"] == {
        "sha256": hashlib.sha256(b"a scan").hexdigest(),
        "media_type": "application/pdf",
        "size": 6,
    }


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "主体类型（公开"), ("zh-TW", "主體類型"), ("en", "Kind of subject")]
)
def test_questions_are_in_the_users_language(lang: str, words: str, tmp_path: Path) -> None:
    assert words.split("（")[0] in answered(tmp_path, "", "1", lang=lang).err


@pytest.mark.parametrize("lang", ["en", "zh-CN", "zh-TW"])
def test_what_a_complete_filing_still_lacks_is_told_when_all_is_answered(lang: str, tmp_path: Path) -> None:
    said = answered(tmp_path, "", "1", "示例公司", lang=lang)
    (form,) = read_forms(said.out.encode(), name="form.yaml")
    told = said.err.splitlines()[-len(missing(form)) :]
    assert [line.strip().split("（")[0].split(" (")[0] for line in told] == list(missing(form))
    assert "subject.registered_in" in missing(form)
    assert "subject.name" not in missing(form)


def test_an_interrupt_leaves_no_file(tmp_path: Path) -> None:
    running = started("record", "new", "-o", tmp_path / "form.yaml", home=tmp_path, stdin=subprocess.PIPE)
    assert running.stdin
    assert running.stderr
    running.stdin.write(b"\n1\n")
    running.stdin.flush()
    asked = b""
    while b"Name, as on the document" not in asked and (part := os.read(running.stderr.fileno(), 65_536)):
        asked += part
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_answers_that_end_too_soon_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "form.yaml"
    said = attest("record", "new", "-o", path, home=tmp_path, stdin=b"\n1\n")
    assert said.code == 2
    assert "[RE172]" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [[], ["--template"]])
def test_a_form_that_is_there_is_never_overwritten(more: list[str], tmp_path: Path) -> None:
    path = write(tmp_path, LEAST)
    before = path.read_bytes()
    said = attest("record", "new", *more, "-o", path, home=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "[IN119]" in said.err
    assert path.read_bytes() == before


def test_a_place_for_the_file_is_made_or_missed_before_anything_is_asked(tmp_path: Path) -> None:
    assert attest("record", "new", "--template", "-o", tmp_path / "new" / "form.yaml", home=tmp_path).code == 0
    said = answered(tmp_path, to=write(tmp_path, "a file", "taken") / "form.yaml")
    assert (said.code, "Kind of subject" in said.err) == (4, False)


@pytest.mark.parametrize("number", ["110101199001010015", "13800138000.0", '"\\ud800110101199001010015"'])
def test_a_number_without_its_quotes_is_not_quoted_by_the_message(number: str, tmp_path: Path) -> None:
    said = attest("record", "check", write(tmp_path, f'{{"subject": {{"x": {number}}}}}'), home=tmp_path)
    assert said.code == 2
    assert not {word for word in ("110101", "138001") if word in said.err}


# --- attach, schema ----------------------------------------------------------------------------------------


def test_what_attach_prints_is_an_attachment_of_a_form(tmp_path: Path) -> None:
    scan = tmp_path / "扫描.png"
    scan.write_bytes(b"x" * 7)
    said = attest("record", "attach", scan, home=tmp_path)
    lines = "".join(f"  {line}\n" for line in said.out.splitlines())
    path = write(tmp_path, f"subject: {{kind: organisation}}\nstatement:\n{lines}", "form.yaml")
    (form,) = read_forms(path.read_bytes(), name="form.yaml")
    assert form.statement
    assert (form.statement.size, form.statement.media_type) == (7, "image/png")
    found = attest("record", "attach", scan, "--json", home=tmp_path).json["attachments"][str(scan)]
    assert found == form.statement.model_dump()


@pytest.mark.parametrize(
    "text", ["致电+8613800138000", "138 0013 8000", "１３８００１３８０００", "SFZ110101199001010015", "a＠b.cn"]
)
def test_personal_data_is_seen_in_its_usual_spellings(text: str, tmp_path: Path) -> None:
    said = attest("record", "check", write(tmp_path, LEAST | {"service": {"name": text}}), home=tmp_path)
    assert (said.code, "[RE128]" in said.out) == (1, True)


def test_a_file_of_no_known_type_is_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert "media_type: application/octet-stream" in attest("record", "attach", tmp_path / "x", home=tmp_path).out


def test_the_schemas_are_printed(tmp_path: Path) -> None:
    assert attest("record", "schema", home=tmp_path).json["$id"] == "urn:filing-attest:filing-form:1"
    public = attest("record", "schema", "--public", home=tmp_path).json
    assert public["additionalProperties"] is False


@pytest.mark.parametrize(
    "words", [["check"], ["attach"], ["attach", "no-such-file"], ["new", "-o", "-"], ["schema", "x"], ["nothing"], []]
)
def test_wrong_words_are_exit_2(words: list[str], tmp_path: Path) -> None:
    assert attest("record", *words, home=tmp_path).code == 2
