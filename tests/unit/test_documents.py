"""Record files as people write them: what is read, what is filled in, what is refused and where."""

import json
from typing import Any

import pytest

from attest import canonical
from attest.attestation import build_copy
from attest.disclosure import seal
from attest.documents import MAX_FILE, read_records
from attest.encryption import MIN_COST, Lock
from attest.errors import RecordError
from attest.record import PublicRecord, build_form
from tests.conftest import fictional

NUMBER, OTHER = fictional(201).text, fictional(202).text
LEAST: dict[str, Any] = {"number": NUMBER, "subject": {"kind": "organisation"}}
YAML = f"number: {NUMBER}\nsubject:\n  kind: organisation\n"


def read(text: str | bytes, name: str = "file.yaml") -> list[PublicRecord]:
    return read_records(text.encode() if isinstance(text, str) else text, name=name)


def refused(text: str | bytes, name: str = "file.yaml") -> RecordError:
    with pytest.raises(RecordError) as caught:
        read(text, name)
    assert caught.value.exit_code == 2
    assert str(caught.value)
    return caught.value


def test_json_and_yaml_of_one_record_are_the_same_record() -> None:
    (from_json,) = read(json.dumps(LEAST), "a.json")
    (from_yaml,) = read(YAML)
    assert from_json.model_copy(update={"nonce": from_yaml.nonce}) == from_yaml


def test_a_list_is_read_in_its_order() -> None:
    records = read(json.dumps([LEAST, LEAST | {"number": OTHER}]), "a.json")
    assert [record.number for record in records] == [NUMBER, OTHER]


def test_schema_and_nonce_are_filled_in_only_where_they_are_missing() -> None:
    first, second = read(json.dumps([LEAST, LEAST]), "a.json")
    assert first.schema_ == "filing-record/1"
    assert first.nonce != second.nonce
    (kept,) = read(json.dumps(LEAST | {"nonce": "A" * 22}), "a.json")
    assert kept.nonce == "A" * 22
    assert refused(json.dumps(LEAST | {"schema": "filing-record/2"}), "a.json").code == "RE103"


def test_nothing_else_is_filled_in() -> None:
    (record,) = read(json.dumps(LEAST), "a.json")
    assert set(record.as_json()) == {"schema", "nonce", "number", "subject"}


@pytest.mark.parametrize(("name", "is_yaml"), [("a.yml", True), ("A.YAML", True), ("a.json", False), ("-", False)])
def test_the_name_tells_the_format(name: str, is_yaml: bool) -> None:
    if is_yaml:
        assert read(YAML, name)[0].number == NUMBER
    else:
        assert refused(YAML, name).code == "RE111"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbf" + YAML.encode())[0].number == NUMBER
    assert read(b"\xef\xbb\xbf" + json.dumps(LEAST).encode(), "a.json")[0].number == NUMBER


@pytest.mark.parametrize("value", ["2019-03-30", '"2019-03-30"', "'2019-03-30'"])
def test_a_day_in_yaml_stays_text(value: str) -> None:
    assert read(f"{YAML}filed_on: {value}\n")[0].filed_on == "2019-03-30"


@pytest.mark.parametrize("value", ["no", "on", "12", "1.50", "0x10", "1_000", "12:30:00", "=", "true"])
def test_a_plain_value_in_yaml_is_the_text_that_stands_there(value: str) -> None:
    (record,) = read(f"{YAML}service: {{name: {value}}}\n")
    assert record.service is not None
    assert record.service.name == value


@pytest.mark.parametrize("value", ["null", "~", ""])
def test_null_in_yaml_leaves_a_field_out(value: str) -> None:
    assert "filed_on" not in read(f"{YAML}filed_on: {value}\n")[0].as_json()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "RE118"),
        ("just text", "RE118"),
        ("12", "RE118"),
        ("null", "RE118"),
        ("[]", "RE118"),
        ("- just text", "RE118"),
        (f"{YAML}---\n{YAML}", "RE117"),
        ("a: [1, 2", "RE117"),
        ("a: b: c", "RE117"),
        ("\tnumber: 1", "RE117"),
        ("number: \x00", "RE117"),
        (f"{YAML}number: {OTHER}\n", "RE116"),
        ("a: &x 1\nb: *x\n", "RE117"),
        ("a: &x [*x]\n", "RE117"),
        (f"<<: {{a: 1}}\n{YAML}", "RE102"),
        ("!!python/object/apply:os.system ['true']", "RE117"),
        ("!!binary aGk=", "RE117"),
        ("!!set {a, b}", "RE117"),
        (f"{YAML}filed_on: !!timestamp x\n", "RE117"),
        (f"{YAML}filed_on: !!int x\n", "RE117"),
        (f"{YAML}filed_on: ! 2019-03-30\n", "RE117"),
        ("? [1, 2]\n: 3\n", "RE117"),
        ("? {a: 1}\n: 3\n", "RE117"),
        ("名称: x\n", "RE113"),
        (f"{'[' * 100}{']' * 100}", "RE112"),
        ("- " * 100 + "x", "RE112"),
        (f"{YAML}filed_on: 30.3.2019\n", "RE100"),
        (f"{YAML}phone: 13800000000\n", "RE102"),
        (f"number: {NUMBER}\n", "RE101"),
        (f"number: {NUMBER}\nsubject: {{kind: individual, name: 张三}}\n", "RE100"),
    ],
)
def test_yaml_that_is_no_record_is_refused(text: str, code: str) -> None:
    assert refused(text).code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "RE111"),
        (b"{", "RE111"),
        (b"{} {}", "RE111"),
        (b"\xff\xfe{\x00}\x00", "RE111"),
        ('{"number":"京"}'.encode("gbk"), "RE111"),
        (b"[]", "RE118"),
        (b"[1]", "RE118"),
        (b'["\\u001b[31m"]', "RE118"),
        (b'"text"', "RE118"),
        (b"null", "RE118"),
        (b"{}", "RE101"),
        (b'{"number":1,"number":2}', "RE116"),
        (b'{"number":1.5}', "RE115"),
        (b'{"number":NaN}', "RE115"),
        (b'{"number":9007199254740993}', "RE115"),
        (b'{"number":"\\ud800"}', "RE114"),
        (b"[" * 50_000 + b"]" * 50_000, "RE112"),
        (b'{"a":' * 50_000, "RE112"),
    ],
)
def test_json_that_is_no_record_is_refused(data: bytes, code: str) -> None:
    assert refused(data, "a.json").code == code


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_bytes_that_are_no_utf_8_are_refused(name: str) -> None:
    assert refused("number: 京".encode("gbk"), name).code in {"RE111", "RE117"}


def test_the_record_of_a_list_that_is_wrong_is_named_by_its_position() -> None:
    error = refused(json.dumps([LEAST, LEAST, {"number": "1"}]), "a.json")
    assert (error.code, error.params["position"]) == ("RE119", 3)
    assert "Record 3 of the file: Field" in error.text()
    assert error.text("zh-CN").startswith("文件中第 3 条记录：")


def test_a_list_of_something_else_is_named_by_its_position_too() -> None:
    assert refused(json.dumps([LEAST, "text"]), "a.json").params["position"] == 2


def test_a_file_of_one_record_needs_no_position() -> None:
    assert refused(json.dumps([LEAST | {"x": 1}]), "a.json").code == "RE102"


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    error = refused(b" " * (MAX_FILE + 1), "a.json")
    assert (error.code, error.params["limit"], error.params["found"]) == ("RE110", MAX_FILE, MAX_FILE + 1)


def test_the_bounds_are_those_of_the_canonical_form() -> None:
    deep = "[" * canonical.MAX_DEPTH + "]" * canonical.MAX_DEPTH
    assert refused(deep).code == "RE118"
    assert refused(f"[{deep}]").code == "RE112"


def test_a_thousand_records_are_read() -> None:
    assert len(read(json.dumps([LEAST] * 1000), "a.json")) == 1000


# --- attestations, forms, and what looks personal -----------------------------------------------------------


def attestation(number: str = NUMBER, **more: Any) -> dict[str, Any]:
    record = {"schema": "filing-record/1", "nonce": "A" * 22} | LEAST | {"number": number}
    return {"schema": "filing-attestation/1", "number": number, "record": record | more}


def test_of_an_attestation_its_record_is_read() -> None:
    (record,) = read(json.dumps(attestation(private_root="A" * 43)), "a.json")
    assert (record.number, record.nonce, record.private_root) == (NUMBER, "A" * 22, "A" * 43)


def test_attestations_and_records_may_stand_in_one_list() -> None:
    records = read(json.dumps([attestation(), LEAST | {"number": OTHER}]), "a.json")
    assert [record.number for record in records] == [NUMBER, OTHER]
    (from_yaml,) = read(json.dumps(attestation()))
    assert from_yaml == records[0]


def test_a_holders_copy_is_read_as_well_as_a_public_one() -> None:
    form = build_form(LEAST | {"responsible_person": {"mobile": "13800138000"}})
    sealed = seal(form)
    copy = build_copy(sealed, Lock.new("passphrase", cost=MIN_COST))
    assert read(copy, "a.json") == [sealed.record]


def test_an_attestation_gets_no_new_nonce() -> None:
    file = attestation()
    del file["record"]["nonce"]
    assert refused(json.dumps(file), "a.json").code == "RE101"


def test_an_attestation_of_a_number_only_has_nothing_to_register() -> None:
    file = {name: value for name, value in attestation().items() if name != "record"}
    assert refused(json.dumps(file), "a.json").code == "RE129"


def test_a_form_is_no_record_and_says_what_to_do() -> None:
    error = refused(json.dumps(LEAST | {"schema": "filing-form/1"}), "a.json")
    assert (error.code, "attest attestation make" in error.hint("en")) == ("RE127", True)


PERSONAL = ["热线13800138000", "person@example.cn", "11010519491231002X"]


@pytest.mark.parametrize("text", PERSONAL)
@pytest.mark.parametrize("build", [lambda more: LEAST | more, lambda more: attestation(**more)])
def test_text_that_looks_personal_is_not_registered(text: str, build: Any) -> None:
    for more in (
        {"service": {"name": text}},
        {"displayed_on": {"apps": [{"id": text}]}},
        {"source": {"list": text}},
    ):
        error = refused(json.dumps(build(more)), "a.json")
        assert error.code == "RE128"
        assert text not in str(error)


@pytest.mark.parametrize(
    "text",
    ["示例 12345678901", "110105194912310021", "0138001380001", "cn.example.app@1", "京网信备11010819764512340015号"],
)
def test_other_numbers_are_registered(text: str) -> None:
    (record,) = read(json.dumps(LEAST | {"service": {"name": text}}), "a.json")
    assert record.service is not None
    assert record.service.name == text


@pytest.mark.parametrize("escape", ["\\UFFFFFFFF", "\\U00110000"])
def test_an_escape_that_is_no_character_is_refused(escape: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_records(f'number: "{escape}"'.encode(), name="r.yaml")
    assert caught.value.code == "RE117"


def test_nothing_far_larger_than_a_record_is_checked_value_by_value() -> None:
    domains = {"displayed_on": {"domains": ["not..a..host"] * 2_000}}
    assert refused(json.dumps(LEAST | domains), "a.json").code == "RE124"
