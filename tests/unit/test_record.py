"""Public records: what may go on chain, and record files as people write them."""

import json
from typing import Any

import pytest

from attest.documents import read_records
from attest.errors import RecordError
from attest.record import build_record, parse_record

NUMBER = "京网信备11010819764512340015号"
LEAST: dict[str, Any] = {
    "schema": "filing-record/1",
    "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
    "number": NUMBER,
    "subject": {"kind": "organisation"},
}
FULL: dict[str, Any] = LEAST | {
    "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司"},
    "service": {
        "name": "示例存证平台",
        "category": "technology-provider",
        "types": ["baas"],
        "chains": ["示例链"],
    },
    "displayed_on": {
        "domains": ["example.cn", "*.app.example.cn"],
        "apps": [{"name": "示例存证", "platform": "android", "id": "cn.example.app"}],
    },
    "filed_on": "2019-03-30",
    "source": {"list": "第一批", "published": "2019-03-30"},
    "private_root": "A" * 43,
}


def refused(document: Any) -> RecordError:
    with pytest.raises(RecordError) as caught:
        build_record(document)
    return caught.value


@pytest.mark.parametrize("document", [LEAST, FULL])
def test_a_record_survives_its_canonical_bytes(document: dict[str, Any]) -> None:
    record = build_record(document)
    assert parse_record(record.canonical()) == record
    assert record.as_json() == document


def test_the_number_and_the_domains_are_stored_in_one_form() -> None:
    record = build_record(
        LEAST | {"number": "京网信备 1101081963896882001x 号", "displayed_on": {"domains": ["WWW.Example.CN"]}}
    )
    assert record.number == "京网信备1101081963896882001X号"
    assert record.domains == ("www.example.cn",)


def test_text_is_stored_in_unicode_normal_form() -> None:
    assert build_record(LEAST | {"service": {"name": "Cafe\u0301"}}).as_json()["service"]["name"] == "Caf\u00e9"


@pytest.mark.parametrize("kind", ["individual", "sole-trader", "sole-proprietorship"])
def test_a_natural_persons_name_is_refused(kind: str) -> None:
    error = refused(LEAST | {"subject": {"kind": kind, "name": "张三"}})
    assert "RE122" in str(error.params["why"])
    assert "张三" not in str(error)


@pytest.mark.parametrize("field", ["phone", "email", "id_number", "address", "server_ips", "contact"])
def test_unknown_fields_are_private_and_refused(field: str) -> None:
    assert refused(LEAST | {field: "x"}).code == "RE102"
    assert refused(LEAST | {"subject": {"kind": "organisation", field: "x"}}).code == "RE102"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "京网信备11010819764512340011号"}, "RE100"),
        ({"number": 5}, "RE103"),
        ({"nonce": "AAAA"}, "RE100"),
        ({"nonce": "A" * 21 + "B"}, "RE100"),
        ({"schema": "filing-record/2"}, "RE103"),
        ({"subject": {"kind": "company"}}, "RE103"),
        ({"subject": {}}, "RE101"),
        ({"subject": "organisation"}, "RE103"),
        ({"filed_on": "30.3.2019"}, "RE100"),
        ({"filed_on": "2019-02-30"}, "RE100"),
        ({"service": {"category": "bank"}}, "RE103"),
        ({"service": {"name": ""}}, "RE104"),
        ({"service": {"name": "长" * 201}}, "RE104"),
        ({"displayed_on": {"domains": ["*.com.cn"]}}, "RE100"),
        ({"displayed_on": {"domains": ["http://example.cn/"]}}, "RE100"),
        ({"private_root": "AA"}, "RE100"),
        ({"service": {"chains": ["链" * 200] * 10}}, "RE124"),
    ],
)
def test_each_broken_rule_is_named_with_its_field(change: dict[str, Any], code: str) -> None:
    error = refused(LEAST | change)
    assert error.code == code
    if code != "RE124":
        assert next(iter(change)) in str(error.params["field"])


@pytest.mark.parametrize("field", ["schema", "nonce", "number", "subject"])
def test_the_four_required_fields_are_required(field: str) -> None:
    assert refused({name: value for name, value in LEAST.items() if name != field}).code == "RE101"


def test_bytes_that_are_not_canonical_are_not_a_registered_record() -> None:
    with pytest.raises(RecordError) as caught:
        parse_record(json.dumps(LEAST).encode())
    assert caught.value.code == "RE123"


YAML = """
number: 京网信备11010819764512340015号
subject: {kind: organisation, name: 示例链科技（北京）有限公司}
service: {name: no}      # text, not false
filed_on: 2019-03-30     # text, not a date
"""


def test_yaml_values_are_text_and_missing_nonces_are_made() -> None:
    first, second = (read_records(YAML.encode(), name="record.yaml")[0] for _ in range(2))
    assert first.service is not None
    assert (first.service.name, first.filed_on) == ("no", "2019-03-30")
    assert first.nonce != second.nonce


def test_a_file_may_hold_a_list_of_records() -> None:
    other = LEAST | {"number": "浙网信备33010619213211320012号"}
    assert len(read_records(json.dumps([LEAST, other]).encode(), name="records.json")) == 2


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.json", b"[]", "RE118"),
        ("a.json", b"[1]", "RE118"),
        ("a.json", b'"text"', "RE118"),
        ("a.json", b"{", "RE111"),
        ("a.json", "号".encode("gbk"), "RE111"),
        ("a.json", b"\x89PNG\r\n\x1a\n\0\0", "RE111"),
        ("a.json", b"{}", "RE101"),
        ("a.json", b"[{},{}]", "RE119"),
        ("a.yaml", b"a: &x [1]\nb: *x", "RE117"),
        ("a.yaml", b"a: 1\na: 2", "RE116"),
        ("a.yaml", b"{", "RE117"),
        ("a.yaml", "号".encode("gbk"), "RE117"),
        ("a.yaml", b"!!python/object/apply:os.system ['true']", "RE117"),
        ("a.yaml", b"[" * 100, "RE112"),
        ("a.yaml", b"\0\1\2", "RE117"),
        ("a.yaml", b"? [a]\n: b", "RE117"),
    ],
)
def test_files_that_are_not_records_are_refused_with_our_error(name: str, data: bytes, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_records(data, name=name)
    assert caught.value.code == code
