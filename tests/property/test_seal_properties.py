"""The seal over any form: nothing is lost, nothing else shows, nothing is proven that was not filed."""

import json
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from attest import base64url
from attest.attestation import MAX_COPY, build_copy, parse_attestation
from attest.canonical import canonical_bytes
from attest.disclosure import Disclosure, Field, PrivatePart, parse_disclosure, seal
from attest.encryption import MIN_COST, Lock
from attest.errors import InputError, RecordError
from attest.record import PublicRecord, build_form, parse_record, split
from tests.fictional import fictional

NUMBER = fictional(501)
LOCK = Lock.new("correct horse battery staple", cost=MIN_COST)

few = settings(max_examples=25)

texts = st.text(st.characters(codec="utf-8"), max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
scalars = texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.sampled_from(["5", 5, "true", " x ", ""])
names = st.sampled_from(
    ["a", "b", "备注", "nonce", "private_root", "schema_", "model_dump", "copy", "_0", "x-1", "__class__"]
)
unforeseen = st.recursive(
    scalars,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(names, inner, min_size=1, max_size=4),
    max_leaves=12,
)
"""Values of fields that the form does not know, none of them empty."""
words = st.text("示例链科技ab1 ", min_size=1, max_size=6).map(str.strip).filter(bool)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these fields, and some that nobody foresaw."""
    known = st.fixed_dictionaries({}, optional=fields)
    return st.builds(lambda more, some: more | some, st.dictionaries(names, unforeseen, max_size=2), known)


apps = st.lists(optional(name=words, id=words).filter(bool), min_size=1, max_size=3)
people = optional(name=words, mobile=st.just("13800138000"), email=st.just("person@example.cn"))
sites = st.lists(optional(name=words, url=st.just("https://example.cn/")).filter(bool), min_size=1, max_size=3)
services = optional(name=words, description=words, chains=st.lists(words, min_size=1, max_size=3), sites=sites)
kinds = st.sampled_from(["organisation", "individual", "sole-trader", "sole-proprietorship"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Filing forms with a number."""
    subject = draw(optional(name=words, mailing_address=words)) | {"kind": draw(kinds)}
    more = draw(
        optional(
            responsible_person=people,
            service=services,
            displayed_on=optional(apps=apps),
            filed_on=st.just("2019-03-30"),
        )
    )
    return more | {"number": NUMBER.text, "subject": subject}


def sealed(document: dict[str, Any]) -> tuple[PublicRecord, PrivatePart]:
    made = seal(build_form(document))
    return made.record, made.private


def leaves_of(value: Any, path: str = "") -> dict[str, Any]:
    """The scalars of a JSON value by their paths."""
    if isinstance(value, dict | list):
        named = value.items() if isinstance(value, dict) else enumerate(value)
        return {
            inner: found
            for name, item in named
            for inner, found in leaves_of(item, f"{path}.{name}" if path else str(name)).items()
        }
    return {path: value}


def same(found: Any, expected: Any) -> bool:
    """Equality that tells true from 1, whatever the order of fields."""
    return json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def told_by(private: PrivatePart, paths: list[str]) -> Disclosure:
    return parse_disclosure(private.disclose(NUMBER, paths).canonical())


# --- nothing is lost ----------------------------------------------------------------------------------------


@few
@given(documents())
def test_public_and_private_fields_together_are_the_form(document: dict[str, Any]) -> None:
    record, private = sealed(document)
    public = {
        name: value for name, value in record.as_json().items() if name not in ("schema", "nonce", "private_root")
    }
    on_chain, off_chain = leaves_of(public), {field.path: field.value for field in private.fields}
    assert len(off_chain) == len(private.fields)
    assert on_chain.keys().isdisjoint(off_chain)
    assert same(on_chain | off_chain, leaves_of(document))


@few
@given(documents())
def test_the_public_part_is_a_record_in_the_one_form_that_is_hashed(document: dict[str, Any]) -> None:
    record, private = sealed(document)
    assert record.canonical() == rfc8785.dumps(record.as_json())
    assert parse_record(record.canonical()) == record
    assert record.private_root == (base64url.encode(private.root) if private.fields else None)


@few
@given(documents())
def test_the_holders_copy_gives_everything_back(document: dict[str, Any]) -> None:
    made = seal(build_form(document))
    found = parse_attestation(build_copy(made, LOCK), limit=MAX_COPY)
    assert found.record == made.record
    if found.private is None:
        assert not made.private.fields
        return
    opened = LOCK.decrypt(found.private, bound_to=made.public)
    assert opened == rfc8785.dumps([list(field) for field in made.private.fields])
    assert PrivatePart.of([Field.parse(item) for item in json.loads(opened)]).root == made.private.root


# --- what is proven -----------------------------------------------------------------------------------------


@few
@given(documents())
def test_every_private_field_can_be_disclosed_and_is_proven_as_it_was_filed(document: dict[str, Any]) -> None:
    record, private = sealed(document)
    if private.fields:
        told = told_by(private, [field.path for field in private.fields])
        assert same({field.path: field.value for field in told.fields}, dict(split_leaves(document)))
        assert told.unproven(record) == []


@few
@given(documents(), st.data())
def test_a_disclosure_holds_the_chosen_fields_and_nothing_of_the_others(
    document: dict[str, Any], data: st.DataObject
) -> None:
    record, private = sealed(document)
    if not private.fields:
        return
    chosen = data.draw(st.sampled_from(private.fields))
    told = told_by(private, [chosen.path])
    assert [Field(field.salt, field.path, field.value) for field in told.fields] == [chosen]
    assert told.unproven(record) == []
    text = told.canonical().decode()
    for field in private.fields:
        assert field == chosen or field.salt not in text


@few
@given(documents(), st.data())
def test_no_other_value_path_salt_or_place_is_proven(document: dict[str, Any], data: st.DataObject) -> None:
    record, private = sealed(document)
    if not private.fields:
        return
    told = private.disclose(NUMBER, [data.draw(st.sampled_from(private.fields)).path])
    true = told.fields[0]
    name = data.draw(st.sampled_from(["value", "path", "salt", "index"]))
    other = data.draw(
        {
            "value": scalars,
            "path": st.sampled_from([field.path for field in private.fields]) | texts.filter(bool),
            "salt": st.sampled_from([field.salt for field in private.fields])
            | st.binary(min_size=16, max_size=16).map(base64url.encode),
            "index": st.integers(0, told.size + 2),
        }[name]
    )
    changed = true.model_copy(update={name: other})
    unproven = told.model_copy(update={"fields": (changed,)}).unproven(record)
    assert bool(unproven) is not same(other, getattr(true, name))


@few
@given(documents(), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_of_a_disclosure_is_found_or_changes_no_field(
    document: dict[str, Any], place: int, turn: int
) -> None:
    record, private = sealed(document)
    if not private.fields:
        return
    data = bytearray(private.disclose(NUMBER, [private.fields[0].path]).canonical())
    data[place % len(data)] ^= turn
    try:
        told = parse_disclosure(bytes(data))
    except RecordError:
        return
    filed = {Field(*field).leaf for field in private.fields}
    unproven = told.unproven(record)
    for field in told.fields:
        assert field.path in unproven or Field(field.salt, field.path, field.value).leaf in filed


@few
@given(documents(), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_of_a_record_is_another_digest_or_no_record(
    document: dict[str, Any], place: int, turn: int
) -> None:
    record, _ = sealed(document)
    data = bytearray(record.canonical())
    data[place % len(data)] ^= turn
    with suppress(InputError):
        assert parse_record(bytes(data)).canonical() != record.canonical()


# --- salts --------------------------------------------------------------------------------------------------


@few
@given(documents())
def test_two_seals_of_one_form_share_no_salt_no_nonce_and_no_root(document: dict[str, Any]) -> None:
    (record, private), (other, others) = sealed(document), sealed(document)
    assert record.nonce != other.nonce
    salts = [field.salt for field in (*private.fields, *others.fields)]
    assert len(set(salts)) == len(salts)
    assert not private.fields or private.root != others.root
    assert sorted((field.path, repr(field.value)) for field in private.fields) == sorted(
        (field.path, repr(field.value)) for field in others.fields
    )


@few
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_a_forms_fields_changes_neither_side(document: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            random.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    public, leaves = split(build_form(document))
    others_public, others = split(build_form(shuffled(document)))
    assert canonical_bytes(public) == canonical_bytes(others_public)
    assert sorted(map(repr, leaves)) == sorted(map(repr, others))
    assert root_of(leaves) == root_of(others)


def root_of(leaves: list[tuple[str, Any]]) -> bytes:
    """The root with a salt for each path instead of random ones."""
    fields = [Field(base64url.encode(path.encode()[:16].ljust(16)), path, value) for path, value in leaves]
    return PrivatePart.of(sorted(fields, key=lambda field: field.leaf)).root


def split_leaves(document: dict[str, Any]) -> list[tuple[str, Any]]:
    return split(build_form(document))[1]


# --- leaves -------------------------------------------------------------------------------------------------


@given(st.binary(min_size=16, max_size=16), st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), scalars)
def test_a_leaf_is_rfc_8785_and_reads_back(salt: bytes, path: str, value: Any) -> None:
    field = Field(base64url.encode(salt), path, value)
    assert field.leaf == rfc8785.dumps([field.salt, path, value])
    assert same(list(Field.parse(json.loads(field.leaf))), list(field))


@given(scalars, scalars)
def test_only_the_same_value_has_the_same_leaf(one: Any, other: Any) -> None:
    leaves = {Field("A" * 22, "x", value).leaf for value in (one, other)}
    assert (len(leaves) == 1) is (type(one) is type(other) and one == other)


@given(unforeseen, unforeseen)
def test_two_structures_never_give_the_same_leaves(one: Any, other: Any) -> None:
    def leaves(value: Any) -> list[tuple[str, str]]:
        least = {"number": NUMBER.text, "subject": {"kind": "organisation"}, "x": value}
        return sorted((path, repr(found)) for path, found in split_leaves(least))

    assert (leaves(one) == leaves(other)) is same(one, other)


@pytest.mark.parametrize("name", ["0", "1", "0x", "٣", "²", "a.b", ".", ""])
def test_a_name_that_could_be_a_position_or_a_path_is_refused(name: str) -> None:
    with pytest.raises(RecordError) as caught:
        build_form({"number": NUMBER.text, "subject": {"kind": "organisation"}, "x": {name: "y"}})
    assert caught.value.code == "RE155"


# --- arbitrary bytes ----------------------------------------------------------------------------------------

anything = st.recursive(
    scalars | st.none() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["schema", "number", "record", "private", "fields", "size", "cost", "method", "salt"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
files = st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode())


@given(files)
def test_nothing_but_our_error_leaves_the_parsers(data: bytes) -> None:
    for parse in (parse_disclosure, parse_attestation, parse_record):
        with pytest.raises(InputError):
            parse(data)


@given(
    anything,
    st.sampled_from(["number", "private_root", "size", "fields", "schema", "index", "salt", "path", "value", "proof"]),
)
def test_a_disclosure_with_any_value_in_a_field_is_refused_or_proves_nothing_else(value: Any, name: str) -> None:
    record, private = sealed({"number": NUMBER.text, "subject": {"kind": "organisation"}, "x": [5, "5", True]})
    file = json.loads(private.disclose(NUMBER, ["x.0"]).canonical())
    (file if name in file else file["fields"][0])[name] = value
    try:
        told = parse_disclosure(json.dumps(file).encode())
    except RecordError:
        return
    if told.unproven(record) == []:
        assert [(field.path, field.value, type(field.value)) for field in told.fields] == [("x.0", 5, int)]
