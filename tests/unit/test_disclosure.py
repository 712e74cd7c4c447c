"""The seal: what is bound to a record, what a disclosure proves, and what it never does."""

import doctest
import json
from typing import Any

import pytest
import rfc8785

from attest import base64url, disclosure
from attest.attestation import MAX_COPY, build_copy, parse_attestation
from attest.disclosure import MAX_PROOF, Field, PrivatePart, Sealed, parse_disclosure, seal
from attest.encryption import MIN_COST, Lock
from attest.errors import RecordError
from attest.merkle import leaf_hash
from attest.number import FilingNumber
from attest.record import PublicRecord, build_form, build_record, parse_record
from tests.fictional import fictional

NUMBER = FilingNumber("11010819764512340015")
FORM: dict[str, Any] = {
    "number": NUMBER.text,
    "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司", "mailing_address": "示例路 1 号"},
    "responsible_person": {"name": "示例某", "mobile": "13800138000", "email": "person@example.cn"},
    "service": {"name": "示例存证平台", "sites": [{"name": "首页", "url": "https://example.cn/"}]},
    "counts": [5, "5", True, "true"],
}
SALT = "A" * 22


def sealed(**more: Any) -> tuple[PublicRecord, PrivatePart]:
    made = seal(build_form(FORM | more))
    return made.record, made.private


def refused(change: dict[str, Any], *, of_field: bool = False) -> RecordError:
    """The error of a disclosure, or of its first field, that was changed."""
    _, private = sealed()
    document = json.loads(private.disclose(NUMBER, ["counts.0"]).canonical())
    (document["fields"][0] if of_field else document).update(change)
    with pytest.raises(RecordError) as caught:
        parse_disclosure(json.dumps(document).encode())
    return caught.value


# --- sealing ------------------------------------------------------------------------------------------------


def test_the_record_has_the_root_and_survives_its_bytes() -> None:
    record, private = sealed()
    assert record.private_root == base64url.encode(private.root)
    assert parse_record(record.canonical()) == record
    assert record.canonical() == rfc8785.dumps(record.as_json())


def test_what_is_public_is_not_private_and_the_other_way_round() -> None:
    record, private = sealed()
    assert {field.path for field in private.fields} == {
        "subject.mailing_address",
        "responsible_person.name",
        "responsible_person.mobile",
        "responsible_person.email",
        "service.sites.0.name",
        "service.sites.0.url",
        "counts.0",
        "counts.1",
        "counts.2",
        "counts.3",
    }
    text = record.canonical().decode()
    assert "示例存证平台" in text
    for value in ("示例路", "示例某", "13800138000", "person@", "首页", "https://"):
        assert value not in text


def test_a_form_without_private_fields_has_no_root() -> None:
    made = seal(build_form({"number": NUMBER.text, "subject": {"kind": "organisation"}}))
    assert (made.record.private_root, made.private.fields) == (None, ())
    assert "private_root" not in made.record.as_json()


def test_a_form_without_a_number_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        seal(build_form({"subject": {"kind": "organisation"}}))
    assert caught.value.code == "AT112"


def test_a_record_that_looks_personal_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        sealed(service={"name": "热线 13800138000"})
    assert caught.value.code == "RE128"
    assert "13800138000" not in str(caught.value)


def test_a_record_that_the_contract_would_not_take_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        sealed(service={"chains": ["链" * 200] * 10})
    assert caught.value.code == "RE124"


def test_fields_that_are_not_known_are_left_out_of_lists_too() -> None:
    record, private = sealed(displayed_on={"apps": [{"name": "示例存证"}, {"secret": "x"}, {"id": "cn.example.app"}]})
    assert record.as_json()["displayed_on"] == {"apps": [{"name": "示例存证"}, {}, {"id": "cn.example.app"}]}
    assert b"null" not in record.canonical()
    assert "displayed_on.apps.1.secret" in {field.path for field in private.fields}
    assert parse_record(record.canonical()) == record


@pytest.mark.parametrize("text", ["line\n\u0303accent", "\x1e\u0301", "tab\t\u0302", "\u0301"])
def test_an_accent_never_goes_to_the_escape_before_it(text: str) -> None:
    _, private = sealed(remark=text)
    assert text in [field.value for field in private.fields]


def test_private_text_is_sealed_in_unicode_normal_form() -> None:
    _, private = sealed(remark="line\nCafe\u0301")
    assert "line\nCaf\u00e9" in [field.value for field in private.fields]


def test_leaves_are_in_the_order_of_their_hashes() -> None:
    _, private = sealed(many=[str(position) for position in range(60)])
    hashes = [leaf_hash(field.leaf) for field in private.fields]
    assert hashes == sorted(hashes)


# --- leaves -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["5", 5, -5, 0, 2**53 - 1, True, False, "", " outer ", 'a "quote" \\', "\0\b\t\n\x1f\x7f", "\u2028/号😀", "<&>"],
)
def test_a_leaf_is_the_rfc_8785_form_of_salt_path_and_value(value: Any) -> None:
    field = Field(SALT, "备注.0", value)
    assert field.leaf == rfc8785.dumps([SALT, "备注.0", value])
    assert Field.parse(json.loads(field.leaf)) == field


def test_values_that_look_alike_have_leaves_of_their_own() -> None:
    assert len({Field(SALT, "x", value).leaf for value in (5, "5", True, "true", 1, "1", "", " ", False, 0)}) == 10


def test_salt_path_and_value_cannot_be_moved_into_each_other() -> None:
    assert len({Field(SALT, *parts).leaf for parts in (("a", 'b"'), ('a","b', '"'), ("a.b", ""), ("a", "b"))}) == 4


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [],
        [SALT, "x"],
        [SALT, "x", 1, 2],
        [SALT, "x", None],
        [SALT, "x", 1.0],
        [SALT, "x", []],
        [SALT, 1, "x"],
        [1, "x", "x"],
        [SALT[1:], "x", 1],
        [SALT + "A", "x", 1],
        ["A" * 21 + "B", "x", 1],
        ["A" * 21 + "=", "x", 1],
        [SALT, "x", 2**53],
        [SALT, "x", -(2**53)],
        [SALT, "x", "\ud800"],
        [SALT, "\udfff", "x"],
    ],
)
def test_what_has_no_one_form_is_no_field(document: Any) -> None:
    with pytest.raises(RecordError) as caught:
        Field.parse(document)
    assert caught.value.code == "AT110"


# --- disclosing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["subject.mailing_address"], ["subject.mailing_address"]),
        (["subject"], ["subject.mailing_address"]),
        (["service.sites"], ["service.sites.0.name", "service.sites.0.url"]),
        (["service.sites.0"], ["service.sites.0.name", "service.sites.0.url"]),
        (["counts.1", "counts.1", "counts"], ["counts.0", "counts.1", "counts.2", "counts.3"]),
    ],
)
def test_the_fields_named_and_those_below_them_are_disclosed_once(paths: list[str], expected: list[str]) -> None:
    record, private = sealed()
    told = private.disclose(NUMBER, paths)
    assert [field.path for field in told.fields] == expected
    assert parse_disclosure(told.canonical()) == told
    assert told.unproven(record) == []


@pytest.mark.parametrize(
    "path", ["", ".", "subject.name", "responsible", "counts.4", "counts.", "counts.00", "private_root"]
)
def test_a_path_to_nothing_private_is_refused(path: str) -> None:
    _, private = sealed()
    with pytest.raises(RecordError) as caught:
        private.disclose(NUMBER, ["subject.mailing_address", path])
    assert caught.value.code == "AT111"


def test_a_path_is_not_the_beginning_of_a_name() -> None:
    _, private = sealed(note="a", notes="b", no=["c"])
    assert [field.path for field in private.disclose(NUMBER, ["no", "note"]).fields] == ["no.0", "note"]


def test_a_disclosure_says_nothing_of_other_fields() -> None:
    _, private = sealed()
    data = private.disclose(NUMBER, ["counts.0"]).canonical()
    for field in private.fields:
        if field.path != "counts.0":
            assert field.salt.encode() not in data
            assert field.path.encode() not in data
    assert "示例".encode() not in data
    assert b"13800138000" not in data


def test_outer_spaces_survive_disclosing_and_reading() -> None:
    text = "  两端有空格 \u3000\t"
    record, private = sealed(remark=text, remarks=[text, {"inner": text}])
    told = parse_disclosure(private.disclose(NUMBER, ["remark", "remarks"]).canonical())
    assert [field.value for field in told.fields] == [text] * 3
    assert told.unproven(record) == []


# --- proving ------------------------------------------------------------------------------------------------


def test_nothing_is_proven_by_another_version_of_the_filing() -> None:
    (older, _), (_, private) = sealed(), sealed()
    told = private.disclose(NUMBER, ["counts"])
    assert told.unproven(older) == ["counts.0", "counts.1", "counts.2", "counts.3"]


def test_nothing_is_proven_by_a_record_without_a_root() -> None:
    _, private = sealed()
    record = seal(build_form({"number": NUMBER.text, "subject": {"kind": "organisation"}})).record
    assert private.disclose(NUMBER, ["counts.0"]).unproven(record) == ["counts.0"]


def test_what_a_disclosure_says_of_its_root_and_number_counts_nothing() -> None:
    record, private = sealed()
    told = private.disclose(NUMBER, ["counts.0"])
    other = told.model_copy(update={"private_root": "A" * 43})
    assert other.unproven(record) == []
    _, forged = sealed()
    claimed = forged.disclose(NUMBER, ["counts.0"]).model_copy(update={"private_root": record.private_root})
    assert claimed.unproven(record) == ["counts.0"]


@pytest.mark.parametrize("other", ["5", 6, True, "true", 0, ""])
def test_another_value_is_not_proven(other: Any) -> None:
    record, private = sealed()
    told = private.disclose(NUMBER, ["counts.0"])
    assert told.fields[0].value == 5
    changed = told.fields[0].model_copy(update={"value": other})
    assert told.model_copy(update={"fields": (changed,)}).unproven(record) == ["counts.0"]


def test_only_the_field_that_was_changed_is_named() -> None:
    record, private = sealed()
    told = private.disclose(NUMBER, ["counts"])
    swapped = [told.fields[1].model_copy(update={"path": "counts.0"}), *told.fields[1:]]
    assert told.model_copy(update={"fields": tuple(swapped)}).unproven(record) == ["counts.0"]


# --- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema": "filing-disclosure/2"}, "RE103"),
        ({"number": NUMBER.text.replace("5号", "4号")}, "RE100"),
        ({"number": 1}, "RE103"),
        ({"private_root": "A" * 42}, "RE100"),
        ({"private_root": None}, "RE103"),
        ({"size": 0}, "RE103"),
        ({"size": True}, "RE103"),
        ({"size": "1"}, "RE103"),
        ({"size": 2**53}, "RE115"),
        ({"size": 1.0}, "RE115"),
        ({"fields": []}, "RE103"),
        ({"fields": {}}, "RE105"),
        ({"fields": [1]}, "RE103"),
        ({"record": {}}, "RE102"),
    ],
)
def test_a_file_that_is_no_disclosure_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused(change).code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"index": -1}, "RE103"),
        ({"index": True}, "RE103"),
        ({"salt": "A" * 21}, "RE100"),
        ({"salt": "A" * 21 + "B"}, "RE100"),
        ({"path": ""}, "RE104"),
        ({"path": 1}, "RE103"),
        ({"path": "\ud800"}, "RE114"),
        ({"value": None}, "RE103"),
        ({"value": []}, "RE103"),
        ({"value": {}}, "RE103"),
        ({"value": 5.5}, "RE115"),
        ({"value": 2**53}, "RE115"),
        ({"value": "\udfff"}, "RE114"),
        ({"proof": None}, "RE105"),
        ({"proof": ["A" * 42]}, "RE100"),
        ({"proof": ["A" * 43 + "="]}, "RE100"),
        ({"proof": [1]}, "RE103"),
        ({"proof": ["A" * 43] * (MAX_PROOF + 1)}, "RE103"),
        ({"leaf": "x"}, "RE102"),
    ],
)
def test_a_field_that_is_none_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused(change, of_field=True).code == code


def test_the_longest_proof_is_read() -> None:
    _, private = sealed()
    document = json.loads(private.disclose(NUMBER, ["counts.0"]).canonical())
    document["fields"][0]["proof"] = ["A" * 43] * MAX_PROOF
    assert parse_disclosure(json.dumps(document).encode()).fields[0].path == "counts.0"


@pytest.mark.parametrize("field", ["number", "private_root", "size", "fields"])
def test_nothing_may_be_missing(field: str) -> None:
    _, private = sealed()
    document = json.loads(private.disclose(NUMBER, ["counts.0"]).canonical())
    del document[field]
    with pytest.raises(RecordError) as caught:
        parse_disclosure(json.dumps(document).encode())
    assert caught.value.code == "RE101"


def test_a_value_is_never_quoted_where_it_is_refused() -> None:
    assert "13800138000" not in str(refused({"value": {"mobile": "13800138000"}}, of_field=True))
    assert "13800138000" not in str(refused({"value": ["13800138000"]}, of_field=True))


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(disclosure).failed == 0


def _by_other_software(*leaves: tuple[str, str]) -> tuple[PublicRecord, PrivatePart]:
    """A record over fields that `seal` would not have sealed together."""
    private = PrivatePart.of([Field(base64url.encode(bytes([n]) * 16), *leaf) for n, leaf in enumerate(leaves)])
    document = {"schema": "filing-record/1", "nonce": "A" * 22, "number": fictional(77).text}
    subject = {"kind": "organisation", "name": "示例"}
    return build_record(document | {"subject": subject, "private_root": base64url.encode(private.root)}), private


@pytest.mark.parametrize(
    ("leaves", "refused"),
    [
        ([("responsible_person.name", "张三"), ("responsible_person.name", "李四")], "responsible_person.name"),
        ([("subject.name", "另一家"), ("备注", "x")], "subject.name"),
        ([("filed_on", "1999-01-01"), ("备注", "x")], "filed_on"),
    ],
)
def test_a_field_sealed_twice_or_beside_a_public_one_proves_nothing(
    leaves: list[tuple[str, str]], refused: str
) -> None:
    record, private = _by_other_software(*leaves)
    told = private.disclose(record.filing_number, [path for path, _ in leaves])
    assert set(told.unproven(record)) == {refused}
    lock = Lock.new("correct horse battery staple", cost=MIN_COST)
    copy = parse_attestation(build_copy(Sealed(record.canonical(), private), lock), limit=MAX_COPY)
    with pytest.raises(RecordError) as caught:
        copy.open("correct horse battery staple")
    assert caught.value.code == "AT122"


@pytest.mark.parametrize(
    "fields", [{"mobile": "13800138000"}, ["13800138000"], "13800138000", [{"value": ["13800138000"]}]]
)
def test_a_misshapen_disclosure_is_refused_without_quoting_it(fields: object) -> None:
    document = {"schema": "filing-disclosure/1", "number": fictional(77).text, "private_root": "A" * 43, "size": 1}
    with pytest.raises(RecordError) as caught:
        parse_disclosure(json.dumps(document | {"fields": fields}).encode())
    assert "13800138000" not in f"{caught.value} {caught.value.text('zh-CN')}"
