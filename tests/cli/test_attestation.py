"""`attest attestation`: forms in, the holder's copies out, and fields disclosed one by one."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attest.attestation import MAX_COPY, parse_attestation
from attest.canonical import digest
from attest.disclosure import parse_disclosure
from tests.cli.command import Said, attest, process, started
from tests.cli.keeping import PASSPHRASE, piped
from tests.fictional import fictional

NUMBER, OTHER, PUBLIC = fictional(601), fictional(602), fictional(603)
MOBILE = "13800138000"


def form(number: Any = NUMBER, **more: Any) -> dict[str, Any]:
    return {
        "number": str(number),
        "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司", "mailing_address": "示例路 1 号"},
        "responsible_person": {"name": "示例某", "mobile": "138 0013 8000"},
        "备注": " 两端有空格 ",
        "lines": "first\nThe registry holds this record.\u202e",
        **more,
    }


def written(home: Path, name: str, content: Any) -> Path:
    path = home / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def held(*arguments: object, home: Path, passphrase: str = PASSPHRASE, **how: Any) -> Said:
    """`attest attestation …`, with the passphrase through a pipe."""
    with piped(passphrase) as descriptor:
        return attest("attestation", *arguments, "--passphrase-fd", descriptor, home=home, **how)


@dataclass(frozen=True)
class Made:
    home: Path
    said: Said
    copy: Path
    other: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A list of two forms, and one with nothing private, made into attestations by one command."""
    home = tmp_path_factory.mktemp("holder")
    forms = written(home, "forms.json", [form(), form(OTHER, lines="x")])
    public = written(home, "public.yaml", f"number: {PUBLIC}\nsubject: {{kind: organisation}}\n")
    said = held("make", forms, public, "-o", home / "new/out", "--json", home=home)
    copy, other, _ = (Path(item["file"]) for item in said.json["attestations"])
    return Made(home, said, copy, other)


def nothing_was_written(home: Path) -> bool:
    return not (home / "out").exists() or not list((home / "out").iterdir())


# --- make ---------------------------------------------------------------------------------------------------


def test_each_form_becomes_the_holders_attestation(made: Made) -> None:
    assert (made.said.code, made.said.err, made.said.json["schema"]) == (0, "", "attestation-made/1")
    items = made.said.json["attestations"]
    assert [(item["number"], item["private_fields"]) for item in items] == [
        (NUMBER.text, 5), (OTHER.text, 5), (PUBLIC.text, 0),
    ]  # fmt: skip
    assert [item["unknown"] for item in items] == [["备注", "lines"], ["备注", "lines"], []]
    for item in items:
        found = parse_attestation(Path(item["file"]).read_bytes(), limit=MAX_COPY)
        assert found.record is not None
        assert digest(found.record.canonical()).hex() == item["digest"]
        assert (found.private is None) is (item["private_fields"] == 0)


def test_a_copy_is_its_owners_only_and_leaves_no_draft_beside_it(made: Made) -> None:
    assert made.copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in made.copy.parent.iterdir()) == sorted(
        f"{number.key}.attestation.json" for number in (NUMBER, OTHER, PUBLIC)
    )


def test_a_copy_holds_nothing_private_in_clear(made: Made) -> None:
    text = made.copy.read_text(encoding="utf-8")
    for secret in (MOBILE, "示例某", "示例路", "responsible_person", "备注", PASSPHRASE):
        assert secret not in text
    for secret in (MOBILE, "示例某", "示例路", PASSPHRASE):
        assert secret not in made.said.out


def test_one_passphrase_gives_each_file_its_own_nonce(made: Made) -> None:
    one, two = (json.loads(path.read_text(encoding="utf-8"))["private"] for path in (made.copy, made.other))
    assert one["cost"] == two["cost"] == 2**17
    assert one["nonce"] != two["nonce"]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_people_are_told_what_to_keep_and_which_fields_are_not_the_forms(tmp_path: Path, lang: str) -> None:
    said = held("make", written(tmp_path, "f.json", form()), "-o", tmp_path / "out", home=tmp_path, lang=lang)
    assert said.code == 0
    assert said.out.startswith(str(tmp_path / f"out/{NUMBER.key}.attestation.json"))
    assert {"en": "and the passphrase.", "zh-CN": "请妥善保管"}[lang] in said.out
    assert {"en": "Field 备注", "zh-CN": "字段 备注"}[lang] in said.err.replace("'", "")
    assert MOBILE not in said.out + said.err


def test_nothing_is_ever_overwritten(made: Made) -> None:
    before = made.copy.read_bytes()
    again = held("make", written(made.home, "again.json", form()), "-o", made.copy.parent, home=made.home)
    assert (again.code, again.out, "[IN119]" in again.err) == (2, "", True)
    told = held("disclose", made.copy, "备注", "-o", made.copy, home=made.home)
    assert (told.code, "[IN119]" in told.err) == (2, True)
    assert made.copy.read_bytes() == before


@pytest.mark.parametrize(
    ("forms", "told"),
    [
        ([form(), form(OTHER, filed_on="30.3.2019")], "RE119"),
        ([form(), form("1")], "RE119"),
        ([form(), {name: value for name, value in form().items() if name != "number"}], "AT112"),
        ([form(), form()], "AT131"),
        ([form(), form(OTHER, service={"name": f"热线 {MOBILE}"})], "RE128"),
        ([form(), form(OTHER, service={"chains": ["链" * 200] * 10})], "RE124"),
        ([form(), form(OTHER, responsible_person={"mobile": "1380013800"})], "RE119"),
        ([form(), form(OTHER, schema="filing-record/1")], "RE119"),
        ([], "RE118"),
        ("{", "RE111"),
        ("number: x", "RE111"),
    ],
)
def test_nothing_is_written_where_one_of_the_forms_is_not_in_order(tmp_path: Path, forms: Any, told: str) -> None:
    said = held("make", written(tmp_path, "forms.json", forms), "-o", tmp_path / "out", home=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("attest: [IN104]" if told != "AT131" else "attest: [AT131]")
    assert MOBILE not in said.err
    assert "1380013800" not in said.err
    assert nothing_was_written(tmp_path)


def test_nothing_is_written_where_one_copy_would_be_too_large(tmp_path: Path) -> None:
    forms = written(tmp_path, "forms.json", [form(), form(OTHER, long="x" * MAX_COPY)])
    said = held("make", forms, "-o", tmp_path / "out", home=tmp_path)
    assert (said.code, str(forms) in said.err, "too large" in said.err) == (2, True, True)
    assert nothing_was_written(tmp_path)


def test_nothing_is_written_where_one_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    taken = written(tmp_path / "out", f"{OTHER.key}.attestation.json", "mine")
    said = held("make", written(tmp_path, "f.json", [form(), form(OTHER)]), "-o", tmp_path / "out", home=tmp_path)
    assert (said.code, "[IN119]" in said.err) == (2, True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [taken.name]
    assert taken.read_text() == "mine"


def test_a_place_that_takes_no_file_is_a_local_fault(tmp_path: Path) -> None:
    written(tmp_path, "out", "a file")
    said = held("make", written(tmp_path, "f.json", form()), "-o", tmp_path / "out", home=tmp_path)
    assert (said.code, "[IN110]" in said.err) == (4, True)


# --- the passphrase -----------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path) -> Sequence[object]:
    path = written(tmp_path, "f.json", form())
    return ("attestation", "make", path, "-o", tmp_path / "out")


def test_an_empty_passphrase_is_refused(tmp_path: Path, command: Sequence[object]) -> None:
    with piped("") as descriptor:
        said = attest(*command, "--passphrase-fd", descriptor, home=tmp_path)
    assert (said.code, "[AT119]" in said.err) == (2, True)
    assert nothing_was_written(tmp_path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--passphrase-fd", 987), "KE105"),
        (("--passphrase-env", "NOT_SET_HERE"), "KE114"),
        (("--passphrase-fd", 0, "--passphrase-env", "SECRET"), "KE117"),
        (("--passphrase-env", "NOT_UTF_8"), "KE119"),
        (("--passphrase-fd", "x"), "IN120"),
    ],
)
def test_a_passphrase_that_cannot_be_had_is_told(
    tmp_path: Path, command: Sequence[object], given: Sequence[object], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", PASSPHRASE)
    monkeypatch.setenv("NOT_UTF_8", os.fsdecode("口令".encode("gbk")))
    said = attest(*command, *given, home=tmp_path)
    assert (said.code, f"[{told}]" in said.err) == (2, True)
    assert nothing_was_written(tmp_path)


def test_without_a_terminal_none_can_be_asked_for(tmp_path: Path, command: Sequence[object]) -> None:
    said = process(*command, home=tmp_path, start_new_session=True)
    assert (said.code, "[KE106]" in said.err) == (2, True)
    assert nothing_was_written(tmp_path)


def test_a_passphrase_of_other_bytes_than_utf_8_is_refused(tmp_path: Path, command: Sequence[object]) -> None:
    reading, writing = os.pipe()
    os.write(writing, "口令".encode("gbk"))
    os.close(writing)
    said = attest(*command, "--passphrase-fd", reading, home=tmp_path)
    os.close(reading)
    assert (said.code, "[KE105]" in said.err) == (2, True)


def test_the_environment_and_a_descriptor_give_the_same_passphrase(
    tmp_path: Path, command: Sequence[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", PASSPHRASE)
    assert attest(*command, "--passphrase-env", "SECRET", home=tmp_path).code == 0
    (copy,) = (tmp_path / "out").iterdir()
    shown = held("show", copy, "--private", "--json", home=tmp_path)
    assert (shown.code, shown.json["private"]["responsible_person.mobile"]) == (0, MOBILE)


def at_terminal(*arguments: object, home: Path, answers: Sequence[bytes]) -> tuple[int, bytes]:
    """Run a command at a terminal and answer its prompts; what the terminal showed."""
    ours, theirs = pty.openpty()
    running = started(
        *arguments, home=home, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL, start_new_session=True
    )
    os.close(theirs)
    drawn = b""
    left: Iterator[bytes] = iter(answers)
    prompts = 0
    with suppress(OSError):  # the terminal is gone with its last user
        while part := os.read(ours, 65_536):
            drawn += part
            for _ in range(prompts, drawn.count(b": ")):
                prompts += 1
                os.write(ours, next(left, b"\n"))
    os.close(ours)
    return running.wait(100), drawn


def test_at_the_terminal_it_is_typed_twice_and_never_shown(tmp_path: Path, command: Sequence[object]) -> None:
    code, drawn = at_terminal(*command, home=tmp_path, answers=[b"typed here\n", b"typed here\n"])
    assert (code, b"New passphrase" in drawn, b"The same again" in drawn) == (0, True, True)
    assert b"typed here" not in drawn
    (copy,) = (tmp_path / "out").iterdir()
    assert held("show", copy, "--private", home=tmp_path, passphrase="typed here").code == 0


def test_two_that_differ_make_nothing(tmp_path: Path, command: Sequence[object]) -> None:
    code, drawn = at_terminal(*command, home=tmp_path, answers=[b"typed here\n", b"typed hree\n"])
    assert (code, b"[KE118]" in drawn) == (2, True)
    assert nothing_was_written(tmp_path)


# --- show ---------------------------------------------------------------------------------------------------


def test_the_public_part_is_shown_without_a_passphrase(made: Made) -> None:
    said = attest("attestation", "show", made.copy, home=made.home)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{NUMBER}\n")
    assert made.said.json["attestations"][0]["digest"] in said.out
    assert "--private" in said.out
    as_json = attest("attestation", "show", made.copy, "--json", home=made.home).json
    assert (as_json["schema"], as_json["has_private_part"], as_json["private"]) == ("attestation-show/1", True, None)
    assert as_json["digest"] == made.said.json["attestations"][0]["digest"]


def test_private_fields_are_shown_one_a_line_whatever_is_in_them(made: Made) -> None:
    said = held("show", made.copy, "--private", home=made.home)
    assert said.code == 0
    assert said.out.splitlines()[3:] == [
        "lines: first The registry holds this record.\N{REPLACEMENT CHARACTER}",
        "responsible_person.mobile: 13800138000",
        "responsible_person.name: 示例某",
        "subject.mailing_address: 示例路 1 号",
        "备注:  两端有空格 ",
    ]


def test_a_wrong_passphrase_shows_nothing(made: Made) -> None:
    said = held("show", made.copy, "--private", home=made.home, passphrase="wrong")
    assert (said.code, said.out, "[IN104]" in said.err, str(made.copy) in said.err) == (2, "", True, True)
    assert "passphrase does not open" in said.err
    empty = held("show", made.copy, "--private", home=made.home, passphrase="")
    assert (empty.code, empty.out) == (2, "")


def test_where_nothing_is_private_no_passphrase_is_asked_for(made: Made) -> None:
    public = made.copy.with_name(f"{PUBLIC.key}.attestation.json")
    said = attest("attestation", "show", public, "--private", home=made.home)
    assert (said.code, "no private part" in said.err) == (2, True)
    assert attest("attestation", "show", public, home=made.home, lang="zh-CN").code == 0


# --- disclose -----------------------------------------------------------------------------------------------


def test_disclosed_fields_are_written_in_clear_for_the_holder_to_hand_on(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "new/told.json"
    said = held("disclose", made.copy, "备注", "responsible_person", "-o", out, "--json", home=made.home)
    assert (said.code, said.json["schema"], said.json["file"]) == (0, "attestation-disclosed/1", str(out))
    assert said.json["fields"] == ["responsible_person.mobile", "responsible_person.name", "备注"]
    told, record = parse_disclosure(out.read_bytes()), parse_attestation(made.copy.read_bytes()).record
    assert record is not None
    assert told.unproven(record) == []
    assert {field.path: field.value for field in told.fields}["备注"] == " 两端有空格 "
    assert out.stat().st_mode & 0o777 == 0o600
    assert "示例路" not in out.read_text(encoding="utf-8")


def test_the_holder_is_told_that_a_disclosure_can_be_handed_on(made: Made, tmp_path: Path) -> None:
    said = held("disclose", made.copy, "备注", "-o", tmp_path / "told.json", home=made.home, lang="zh-CN")
    assert (said.code, "出示给他人" in said.out) == (0, True)


def test_a_field_that_is_not_there_discloses_nothing(made: Made, tmp_path: Path) -> None:
    said = held("disclose", made.copy, "备注", "subject.name", "-o", tmp_path / "told.json", home=made.home)
    assert (said.code, said.out, "[AT111]" in said.err) == (2, "", True)
    assert not list(tmp_path.iterdir())


# --- what is no attestation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[:-1], "Expected JSON"),
        (lambda text: "", "Expected JSON"),
        (lambda text: "[]", "expected {…}"),
        (lambda text: "{}", "field schema is missing"),
        (lambda text: text.replace("filing-attestation/1", "filing-attestation/2"), "field schema"),
        (lambda text: text.replace('"cost":131072', '"cost":1073741824'), "cost between"),
        (lambda text: text.replace('"cost":131072', '"cost":1'), "cost between"),
        (lambda text: text.replace('"private":', '"disclosures":'), "does not belong"),
        (lambda text: text.replace(NUMBER.text, OTHER.text, 1), "found that of"),
        (lambda text: text.replace('"kind":"organisation"', '"kind": "organisation","phone":"1"'), "phone"),
        (lambda text: text + " " * MAX_COPY, "bytes"),
    ],
)
def test_a_file_that_is_none_is_told_by_its_name_before_a_passphrase_is_asked_for(
    made: Made, tmp_path: Path, change: Any, told: str
) -> None:
    path = written(tmp_path, "copy.json", change(made.copy.read_text(encoding="utf-8")))
    for command in (("show",), ("show", "--private"), ("disclose", "备注", "-o", tmp_path / "told.json")):
        said = attest("attestation", command[0], path, *command[1:], home=made.home)
        assert (said.code, said.out) == (2, "")
        assert f"{path}" in said.err
        assert told in said.err
    assert not (tmp_path / "told.json").exists()


def test_a_changed_record_or_ciphertext_does_not_open(made: Made, tmp_path: Path) -> None:
    other = json.loads(made.other.read_text(encoding="utf-8"))
    moved = json.loads(made.copy.read_text(encoding="utf-8")) | {"private": other["private"]}
    said = held("show", written(tmp_path, "moved.json", moved), "--private", home=made.home)
    assert (said.code, said.out, "passphrase does not open" in said.err) == (2, "", True)


def test_the_groups_help_is_shown_alone_and_arguments_are_required(tmp_path: Path) -> None:
    assert attest("attestation", home=tmp_path).code == 2
    for command in (("make",), ("show",), ("disclose", "x"), ("make", "x.json"), ("show", "none.json")):
        said = attest("attestation", *command, home=tmp_path)
        assert (said.code, said.out) == (2, "")
