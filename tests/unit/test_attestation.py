"""The attestation file: an exact round trip, and everything else refused."""

import doctest
import json
from typing import Any

import pytest

from attest import attestation
from attest.attestation import (
    MAX_ATTESTATION,
    MAX_COPY,
    Attestation,
    RegistryReference,
    build_attestation,
    parse_attestation,
)
from attest.canonical import digest
from attest.errors import RecordError
from attest.number import FilingNumber
from attest.ports import Basis
from attest.record import build_record

NUMBER = FilingNumber("11010819764512340015")
OTHER = FilingNumber("33010619213211320012")
RECORD = build_record(
    {
        "schema": "filing-record/1",
        "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
        "number": NUMBER.text,
        "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司"},
        "displayed_on": {"domains": ["example.cn", "*.app.example.cn"]},
    }
)
BASIS = Basis(
    registry="demo",
    operator="-",
    authority="self-declared",
    chain_id=31337,
    genesis="0x" + "ab" * 32,
    contract="0x5FbDB2315678afecb367f032d93F642f64180aa3",
    block=12,
    block_hash="0x" + "cd" * 32,
    finality="latest",
    nodes=1,
    local=True,
)
FILE: dict[str, Any] = json.loads(build_attestation(NUMBER, RECORD, BASIS))


def refused(document: Any) -> RecordError:
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    with pytest.raises(RecordError) as caught:
        parse_attestation(data)
    return caught.value


def test_what_was_built_reads_back_and_gives_the_same_bytes() -> None:
    data = build_attestation(NUMBER, RECORD, BASIS)
    parsed = parse_attestation(data)
    assert parsed == Attestation(NUMBER, RegistryReference.of(BASIS), RECORD)
    assert parsed.canonical() == data


def test_the_record_that_reads_back_has_the_registered_digest() -> None:
    parsed = parse_attestation(json.dumps(FILE, indent=4).encode())
    assert parsed.record is not None
    assert digest(parsed.record.canonical()) == digest(RECORD.canonical())


def test_the_file_holds_what_names_the_registry_and_nothing_that_changes() -> None:
    assert FILE.keys() == {"schema", "registry", "number", "record"}
    assert FILE["registry"] == {"chain_id": 31337, "genesis": BASIS.genesis, "contract": BASIS.contract}


def test_where_no_registry_was_asked_the_file_holds_the_number_only() -> None:
    data = build_attestation(NUMBER, None, None)
    assert json.loads(data) == {"schema": "filing-attestation/1", "number": NUMBER.text}
    assert parse_attestation(data) == Attestation(NUMBER)


def test_a_registry_is_named_beside_a_record_only() -> None:
    with pytest.raises(RecordError) as caught:
        build_attestation(NUMBER, None, BASIS)
    assert caught.value.code == "AT104"


def test_another_numbers_record_is_refused() -> None:
    with pytest.raises(RecordError) as caught:
        build_attestation(OTHER, RECORD, BASIS)
    assert caught.value.code == "AT106"
    assert refused(FILE | {"number": OTHER.text}).code == "AT106"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"schema": "filing-attestation/2"}, "AT103", "schema"),
        ({"schema": ["filing-attestation/1"]}, "AT103", "schema"),
        ({"phone": "1"}, "AT102", "phone"),
        ({"disclosures": []}, "AT102", "disclosures"),
        ({"registry": None}, "AT103", "registry"),
        ({"registry": []}, "AT103", "registry"),
        ({"record": None}, "RE103", "-"),
    ],
)
def test_each_broken_rule_is_named_with_its_field(change: dict[str, Any], code: str, field: str) -> None:
    error = refused(FILE | change)
    assert error.code == code
    assert field in str(error.params["field"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain_id": 0}, "AT103"),
        ({"chain_id": True}, "AT103"),
        ({"chain_id": "1"}, "AT103"),
        ({"chain_id": 2**53}, "RE115"),
        ({"chain_id": 1.0}, "RE115"),
        ({"genesis": "0x" + "AB" * 32}, "AT103"),
        ({"genesis": "0x" + "ab" * 31}, "AT103"),
        ({"genesis": "0x" + "ab" * 32 + "\n"}, "AT103"),
        ({"genesis": 1}, "AT103"),
        ({"contract": "0x" + "ab" * 19}, "AT103"),
        ({"contract": "ab" * 20}, "AT103"),
        ({"contract": None}, "AT103"),
        ({"rpc": "https://node.example"}, "AT102"),
    ],
)
def test_a_registry_is_named_in_one_form_only(change: dict[str, Any], code: str) -> None:
    assert refused(FILE | {"registry": FILE["registry"] | change}).code == code


@pytest.mark.parametrize("field", ["chain_id", "genesis", "contract"])
def test_a_registry_lacks_nothing(field: str) -> None:
    registry = {name: value for name, value in FILE["registry"].items() if name != field}
    error = refused(FILE | {"registry": registry})
    assert (error.code, error.params["field"]) == ("AT101", f"registry.{field}")


@pytest.mark.parametrize("field", ["schema", "number"])
def test_schema_and_number_are_required(field: str) -> None:
    assert refused({name: value for name, value in FILE.items() if name != field}).code == "AT101"


def test_a_registry_without_a_record_is_refused() -> None:
    assert refused({name: value for name, value in FILE.items() if name != "record"}).code == "AT104"


def test_a_record_whose_registry_is_not_known_yet_is_read() -> None:
    file = {name: value for name, value in FILE.items() if name != "registry"}
    assert parse_attestation(json.dumps(file).encode()) == Attestation(NUMBER, record=RECORD)


@pytest.mark.parametrize(
    "number", ["京网信备11010819764512340011号", f" {NUMBER.text}", NUMBER.key, 11010819764512340015, None, ""]
)
def test_the_number_has_its_canonical_spelling(number: Any) -> None:
    assert refused(FILE | {"number": number}).code in {"AT105", "RE115"}


@pytest.mark.parametrize(
    "change",
    [
        {"number": f"{NUMBER.text[:4]} {NUMBER.text[4:]}"},
        {"displayed_on": {"domains": ["EXAMPLE.cn"]}},
        {"service": None},
        {"service": {}},
    ],
)
def test_a_record_in_another_spelling_is_not_the_one_that_was_hashed(change: dict[str, Any]) -> None:
    assert refused(FILE | {"record": FILE["record"] | change}).code == "RE123"


@pytest.mark.parametrize("field", ["phone", "email", "address", "id_number"])
def test_a_private_field_in_the_record_is_refused(field: str) -> None:
    assert refused(FILE | {"record": FILE["record"] | {field: "x"}}).code == "RE102"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "RE111"),
        (b"<!doctype html>", "RE111"),
        (b"[]", "AT103"),
        (b"null", "AT103"),
        (b'{"schema":"filing-attestation/1","schema":"filing-attestation/1"}', "RE116"),
        (b" " * 20_000, "RE110"),
        (b"[" * 100 + b"]" * 100, "RE112"),
        (b"\xff\xfe{\0}\0", "RE111"),
        (b'{"schema":"\\ud800"}', "RE114"),
    ],
)
def test_bytes_that_are_no_such_file_are_refused_with_our_error(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_public_file_has_no_room_for_the_holders_copy() -> None:
    data = json.dumps(FILE).encode()
    assert parse_attestation(data.ljust(MAX_ATTESTATION)) == parse_attestation(data.ljust(MAX_COPY), limit=MAX_COPY)
    assert refused(data.ljust(MAX_ATTESTATION + 1)).code == "RE110"
    with pytest.raises(RecordError) as caught:
        parse_attestation(data.ljust(MAX_COPY + 1), limit=MAX_COPY)
    assert caught.value.code == "RE110"


@pytest.mark.parametrize("private", [None, [], {}, "x", {"responsible_person": {"mobile": "13800138000"}}])
def test_a_private_part_in_clear_is_refused(private: Any) -> None:
    error = refused(FILE | {"private": private})
    assert error.code == "AT114"
    assert "13800138000" not in str(error)


def test_a_file_without_a_private_part_opens_with_no_passphrase() -> None:
    with pytest.raises(RecordError) as caught:
        parse_attestation(json.dumps(FILE).encode()).open("x")
    assert caught.value.code == "AT121"


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(attestation).failed == 0
