"""Writes `tests/vectors/disclosure/`: disclosed fields that a record holds, and what must be refused, made from them.

Each vector is a JSON file: `attestation` and `disclosure`, the texts of the two files; `digest`, the record's digest in
the registry, 52 hexadecimal digits; and what must come of it, `fields` (path and value of each) or `error` (a code of
the catalogue). Names of the latter end in `_fail`. Nothing in them is random. Run it again only for a new schema:

    python -m tests.seal_vectors
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from attest.attestation import Attestation
from attest.canonical import digest
from attest.disclosure import MAX_PROOF, Disclosure, PrivatePart, seal
from attest.record import PublicRecord, build_form
from tests.fictional import fictional

FOLDER: Final = Path(__file__).parent / "vectors/disclosure"
NUMBER, OTHER = fictional(401), fictional(402)

Vector = dict[str, Any]
Change = Callable[[dict[str, Any]], object]
"""Of a file, in place."""

KINDS: Final[dict[str, Any]] = {
    "numbers": [5, 0, -7, 2**53 - 1, -(2**53) + 1],
    "texts": ["5", "true", "", " outer spaces ", "\u3000全角\u3000", 'quote " backslash \\', "\0\b\t\n\f\r\x1f\x7f"],
    "unicode": ["é", "\u2028\u2029", "😀𠮷", "<script>&amp;", "\ufeff", "\ufffd", "/"],
    "truths": [True, False],
    "备注": {"嵌套": {"更深": "值"}},
}
PERSON: Final = {"name": "示例某", "mobile": "13800138000", "email": "person@example.cn"}
FORMS: Final[dict[str, tuple[dict[str, Any], list[str]]]] = {
    "one_leaf": ({"responsible_person": {"mobile": "13800138000"}}, ["responsible_person.mobile"]),
    "two_leaves": ({"responsible_person": {"name": "示例某", "mobile": "13800138000"}}, ["responsible_person.name"]),
    "three_leaves": ({"responsible_person": PERSON}, ["responsible_person"]),
    "values_of_every_kind": (KINDS, list(KINDS)),
    "name_of_an_individual": (
        {"subject": {"kind": "individual", "name": "示例某", "mailing_address": "示例路 1 号"}},
        ["subject.name"],
    ),
    "servers": (
        {
            "service": {
                "name": "示例浏览器",
                "category": "application-operator",
                "types": ["explorer"],
                "explorer": {"servers": [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1", "place": "示例机房"}]},
            },
            "displayed_on": {"domains": ["example.cn", "*.app.example.cn"], "apps": [{"name": "示例"}, {"note": "x"}]},
        },
        ["service.explorer.servers.1", "displayed_on.apps.1.note"],
    ),
    "all_of_seventy": ({"notes": [f"note {position}" for position in range(70)]}, ["notes"]),
    "one_of_a_thousand": ({"notes": [f"note {position}" for position in range(1000)]}, ["notes.777"]),
}


def sealed(name: str, number: Any = NUMBER) -> tuple[PublicRecord, PrivatePart]:
    """A form sealed with salts and a nonce that follow from the vector's name."""
    drawn = 0

    def bytes_of_name(length: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{name} {drawn}".encode()).digest(length)

    form = {"number": number.text, "subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司"}}
    with patch("secrets.token_bytes", bytes_of_name):
        made = seal(build_form(form | FORMS[name][0]))
    return made.record, made.private


def _vector(record: PublicRecord, disclosure: Disclosure) -> Vector:
    return {
        "attestation": Attestation(record.filing_number, record=record).canonical().decode(),
        "disclosure": disclosure.canonical().decode(),
        "digest": digest(record.canonical()).hex(),
        "fields": [[field.path, field.value] for field in disclosure.fields],
    }


def _holding() -> dict[str, Vector]:
    """What records hold, by name."""
    found = {}
    for name, (_, paths) in FORMS.items():
        record, private = sealed(name)
        found[name] = _vector(record, private.disclose(record.filing_number, paths))
    found["field_twice"] = _changed(found["two_leaves"], lambda file: file["fields"].append(file["fields"][0]))
    found["field_twice"]["fields"] = found["two_leaves"]["fields"] * 2
    loose = json.dumps(dict(reversed(json.loads(found["two_leaves"]["disclosure"]).items())), indent=2)
    found["white_space_and_order"] = found["two_leaves"] | {"disclosure": loose}
    return found


def _changed(true: Vector, change: Change, *, of: str = "disclosure") -> Vector:
    document = json.loads(true[of])
    change(document)
    return true | {of: json.dumps(document, ensure_ascii=True, separators=(",", ":"), sort_keys=True)}


def _turned(text: str) -> str:
    """base64url text with another first character."""
    return ("B" if text[0] == "A" else "A") + text[1:]


def failing(true: dict[str, Vector]) -> dict[str, Vector]:
    """What must be refused, by name."""
    found: dict[str, Vector] = {}

    def of(vector: str, name: str, error: str, change: Change, part: str = "disclosure") -> None:
        found[f"{name}_fail"] = _changed(true[vector], change, of=part) | {"error": error}

    def first(**change: Any) -> Change:
        return lambda file: file["fields"][0].update(change)

    def proof(change: Callable[[list[str]], list[str]]) -> Change:
        return lambda file: file["fields"][0].update(proof=change(file["fields"][0]["proof"]))

    def with_fields(change: Callable[[list[dict[str, Any]]], object]) -> Change:
        return lambda file: change(file["fields"])

    def swap(name: str) -> Change:
        def change(file: dict[str, Any]) -> None:
            one, two = file["fields"][:2]
            one[name], two[name] = two[name], one[name]

        return change

    deep, few, kinds = "one_of_a_thousand", "three_leaves", "values_of_every_kind"
    kind_of = [path for path, _ in true[kinds]["fields"]]

    def kind(path: str, value: Any) -> Change:
        return lambda file: file["fields"][kind_of.index(path)].update(value=value)

    # what is disclosed
    of(deep, "value_changed", "AT125", first(value="note 778"))
    of(deep, "value_with_a_space", "AT125", first(value="note 777 "))
    of(deep, "path_changed", "AT125", first(path="notes.778"))
    of(deep, "path_with_a_zero", "AT125", first(path="notes.0777"))
    of(deep, "salt_changed", "AT125", lambda file: file["fields"][0].update(salt=_turned(file["fields"][0]["salt"])))
    of(kinds, "number_as_text", "AT125", kind("numbers.0", "5"))
    of(kinds, "text_as_number", "AT125", kind("texts.0", 5))
    of(kinds, "truth_as_text", "AT125", kind("truths.0", "true"))
    of(kinds, "text_as_truth", "AT125", kind("texts.1", True))
    of(kinds, "truth_as_number", "AT125", kind("truths.0", 1))
    of(kinds, "number_as_truth", "AT125", kind("numbers.1", False))
    of(kinds, "letter_decomposed", "AT125", kind("unicode.0", "e\u0301"))
    of(kinds, "spaces_stripped", "AT125", kind("texts.3", "outer spaces"))
    of(kinds, "object_as_list", "AT125", lambda file: file["fields"][-1].update(path="备注.0.更深"))
    for name in ("value", "path", "salt", "index", "proof"):
        of(few, f"{name}s_swapped", "AT125", swap(name))
    # where it is
    of(deep, "index_next", "AT125", lambda file: file["fields"][0].update(index=file["fields"][0]["index"] ^ 1))
    of(deep, "index_first", "AT125", first(index=0))
    of(deep, "index_beyond", "AT125", first(index=1000))
    of(deep, "size_smaller", "AT125", lambda file: file.update(size=500))
    of(deep, "size_larger", "AT125", lambda file: file.update(size=2000))
    of(deep, "size_one", "AT125", lambda file: file.update(size=1))
    of(deep, "proof_first_changed", "AT125", proof(lambda nodes: [_turned(nodes[0]), *nodes[1:]]))
    of(deep, "proof_last_changed", "AT125", proof(lambda nodes: [*nodes[:-1], _turned(nodes[-1])]))
    of(deep, "proof_first_missing", "AT125", proof(lambda nodes: nodes[1:]))
    of(deep, "proof_last_missing", "AT125", proof(lambda nodes: nodes[:-1]))
    of(deep, "proof_one_more", "AT125", proof(lambda nodes: [*nodes, nodes[-1]]))
    of(deep, "proof_zeros_first", "AT125", proof(lambda nodes: ["A" * 43, *nodes]))
    of(deep, "proof_reversed", "AT125", proof(lambda nodes: nodes[::-1]))
    of(deep, "proof_empty", "AT125", proof(lambda nodes: []))
    of("one_leaf", "proof_of_a_single_leaf", "AT125", proof(lambda nodes: ["A" * 43]))
    of(deep, "proof_too_long", "RE103", proof(lambda nodes: ["A" * 43] * (MAX_PROOF + 1)))
    of(few, "one_of_several_wrong", "AT125", lambda file: file["fields"][2].update(value="示例人"))
    # of which record
    root = json.loads(true[few]["disclosure"])["private_root"]
    other_root = json.loads(true["two_leaves"]["disclosure"])["private_root"]
    of(few, "number_of_another", "AT123", lambda file: file.update(number=OTHER.text))
    of(few, "root_of_another", "AT124", lambda file: file.update(private_root=other_root))
    of(few, "record_changed", "AT126", lambda file: file["record"].update(filed_on="2019-03-30"), "attestation")
    of(few, "record_nonce_changed", "AT126", lambda file: file["record"].update(nonce="A" * 22), "attestation")
    of(few, "record_without_root", "AT124", lambda file: file["record"].pop("private_root"), "attestation")
    found["other_version_fail"] = true[few] | {"disclosure": true["two_leaves"]["disclosure"], "error": "AT124"}
    found["forged_with_its_record_fail"] = true["two_leaves"] | {"digest": true[few]["digest"], "error": "AT126"}
    borrowed = _changed(true["two_leaves"], lambda file: file.update(private_root=root))
    found["forged_under_the_root_fail"] = true[few] | {"disclosure": borrowed["disclosure"], "error": "AT125"}
    # what is no such file
    of(few, "schema_other", "RE103", lambda file: file.update(schema="filing-disclosure/2"))
    of(few, "number_malformed", "RE100", lambda file: file.update(number=OTHER.text.replace(OTHER.key[:6], "110105")))
    of(few, "size_zero", "RE103", lambda file: file.update(size=0))
    of(few, "size_as_text", "RE103", lambda file: file.update(size="3"))
    of(few, "index_negative", "RE103", first(index=-1))
    of(few, "salt_short", "RE100", first(salt="A" * 21))
    of(few, "salt_padded", "RE100", first(salt="A" * 22 + "=="))
    of(few, "salt_in_another_spelling", "RE100", first(salt="A" * 21 + "B"))
    of(few, "hash_short", "RE100", proof(lambda nodes: ["A" * 42, *nodes[1:]]))
    of(few, "hash_of_plain_base64", "RE100", proof(lambda nodes: ["+" + "A" * 42, *nodes[1:]]))
    of(few, "proof_no_list", "RE105", first(proof="A" * 43))
    of(few, "value_null", "RE103", first(value=None))
    of(few, "value_list", "RE103", first(value=["示例某"]))
    of(few, "value_object", "RE103", first(value={"text": "示例某"}))
    of(few, "value_fraction", "RE115", first(value=5.5))
    of(few, "value_too_large", "RE115", first(value=2**53))
    of(kinds, "value_half_a_character", "RE114", kind("unicode.5", "\ud800"))
    of(few, "path_empty", "RE104", first(path=""))
    of(few, "no_fields", "RE103", lambda file: file.update(fields=[]))
    of(few, "field_unknown", "RE102", lambda file: file.update(proven=True))
    of(few, "field_of_field_unknown", "RE102", first(proven=True))
    of(few, "field_missing", "RE101", with_fields(lambda fields: fields[0].pop("index")))
    of(few, "record_unknown_field", "RE102", lambda file: file["record"].update(phone="1"), "attestation")
    of(few, "record_missing", "RE129", lambda file: file.pop("record"), "attestation")
    text = true[few]["disclosure"]
    found["json_cut_fail"] = true[few] | {"disclosure": text[:-1], "error": "RE111"}
    found["json_list_fail"] = true[few] | {"disclosure": f"[{text}]", "error": "RE103"}
    twice = text.replace('"number":', '"number":"' + NUMBER.text + '","number":').replace(
        f'{NUMBER.text}","private', f'{OTHER.text}","private'
    )
    found["json_key_twice_fail"] = true[few] | {"disclosure": twice, "error": "RE116"}
    return {name: {key: value for key, value in vector.items() if key != "fields"} for name, vector in found.items()}


def vectors() -> dict[str, Vector]:
    """All of them, by name."""
    true = _holding()
    return true | failing(true)


def text_of(vector: Vector) -> str:
    """A vector as its file's text."""
    return json.dumps(vector, ensure_ascii=True, indent=1, sort_keys=True) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, vector in vectors().items():
        (FOLDER / f"{name}.json").write_text(text_of(vector), encoding="utf-8")


if __name__ == "__main__":
    main()
