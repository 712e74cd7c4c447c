"""The holder's copy: what opens it, what does not, and what is refused before a key is derived."""

import doctest
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from Crypto.Cipher import AES

from attest import base64url, encryption
from attest.attestation import MAX_COPY, Attestation, build_copy, parse_attestation
from attest.canonical import canonical_bytes
from attest.disclosure import Sealed, seal
from attest.encryption import COST, MAX_COST, METHOD, MIN_COST, Encrypted, Lock
from attest.errors import InputError, PassphraseError, RecordError
from attest.record import build_form, build_record
from tests.fictional import fictional

PASSPHRASE = "示例口令 with spaces"
NUMBER = fictional(301)
DATA, BOUND = b"private", b"public"


@pytest.fixture(scope="module")
def lock() -> Lock:
    return Lock.new(PASSPHRASE, cost=MIN_COST)


@pytest.fixture(scope="module")
def kept(lock: Lock) -> Encrypted:
    return lock.encrypt(DATA, bound_to=BOUND)


def sealed(mobile: str = "13800138000", *, number: Any = NUMBER) -> Sealed:
    person = {"name": "示例某", "mobile": mobile}
    subject = {"kind": "organisation", "name": "示例链科技（北京）有限公司"}
    return seal(build_form({"number": number.text, "subject": subject, "responsible_person": person}))


@pytest.fixture(scope="module")
def copy(lock: Lock) -> bytes:
    return build_copy(sealed(), lock)


# --- the lock -----------------------------------------------------------------------------------------------


def test_what_was_written_is_opened_by_others_programs(kept: Encrypted) -> None:
    """scrypt from the standard library, AES-GCM from pycryptodome: a holder needs no program of ours."""
    key = hashlib.scrypt(PASSPHRASE.encode(), salt=kept.salt, n=kept.cost, r=8, p=1, dklen=32, maxmem=2**26)
    cipher = AES.new(key, AES.MODE_GCM, nonce=kept.nonce)
    cipher.update(BOUND)
    assert cipher.decrypt_and_verify(kept.ciphertext[:-16], kept.ciphertext[-16:]) == DATA


def test_it_survives_its_json(kept: Encrypted) -> None:
    assert Encrypted.parse(json.loads(json.dumps(kept.as_json()))) == kept


def test_nothing_is_used_twice(lock: Lock) -> None:
    first, second = (lock.encrypt(DATA, bound_to=BOUND) for _ in range(2))
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext
    assert Lock.new(PASSPHRASE, cost=MIN_COST).encrypt(DATA, bound_to=BOUND).salt != first.salt


@pytest.mark.parametrize("wrong", [PASSPHRASE + " ", PASSPHRASE[:-1], "示例", PASSPHRASE.upper()])
def test_another_passphrase_does_not_open_it(kept: Encrypted, wrong: str) -> None:
    with pytest.raises(PassphraseError) as caught:
        Lock.of(kept, wrong).decrypt(kept, bound_to=BOUND)
    assert caught.value.code == "AT120"
    assert wrong not in str(caught.value)


def test_an_empty_passphrase_is_refused(kept: Encrypted) -> None:
    with pytest.raises(PassphraseError) as made:
        Lock.new("", cost=MIN_COST)
    with pytest.raises(PassphraseError) as opened:
        Lock.of(kept, "")
    assert made.value.code == opened.value.code == "AT119"


@pytest.mark.parametrize("bound_to", [b"", b"public ", b"other"])
def test_it_opens_only_beside_what_it_is_bound_to(lock: Lock, kept: Encrypted, bound_to: bytes) -> None:
    with pytest.raises(PassphraseError):
        lock.decrypt(kept, bound_to=bound_to)


def test_no_changed_byte_goes_unnoticed(lock: Lock, kept: Encrypted) -> None:
    for place in range(len(kept.ciphertext)):
        changed = bytearray(kept.ciphertext)
        changed[place] ^= 1
        with pytest.raises(PassphraseError):
            lock.decrypt(replace(kept, ciphertext=bytes(changed)), bound_to=BOUND)
    with pytest.raises(PassphraseError):
        lock.decrypt(replace(kept, ciphertext=kept.ciphertext[:-1]), bound_to=BOUND)
    with pytest.raises(PassphraseError):
        lock.decrypt(replace(kept, nonce=bytes(12)), bound_to=BOUND)


def test_the_default_cost_is_the_recommended_one() -> None:
    assert COST == 2**17
    assert MIN_COST < COST < MAX_COST


@pytest.mark.parametrize(
    "change",
    [
        {"method": "scrypt-aes-128-gcm"},
        {"method": None},
        {"cost": 1},
        {"cost": MIN_COST // 2},
        {"cost": MAX_COST * 2},
        {"cost": 2**50},
        {"cost": COST + 1},
        {"cost": -COST},
        {"cost": True},
        {"cost": str(COST)},
        {"salt": base64url.encode(bytes(15))},
        {"salt": base64url.encode(bytes(17))},
        {"salt": base64url.encode(bytes(16)) + "=="},
        {"nonce": base64url.encode(bytes(11))},
        {"nonce": base64url.encode(bytes(16))},
        {"nonce": 0},
        {"ciphertext": base64url.encode(bytes(15))},
        {"ciphertext": ""},
        {"ciphertext": "A" * 25 + "!"},
        {"ciphertext": []},
        {"hint": "x"},
    ],
)
def test_what_is_out_of_bounds_is_refused_before_a_key_is_derived(
    kept: Encrypted, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lock, "__init__", lambda *_, **__: pytest.fail("a key was derived"))
    with pytest.raises(RecordError) as caught:
        Encrypted.parse(kept.as_json() | change)
    assert caught.value.code == "AT114"
    assert (caught.value.params["least"], caught.value.params["most"]) == (MIN_COST, MAX_COST)


@pytest.mark.parametrize("missing", ["method", "cost", "salt", "nonce", "ciphertext"])
def test_nothing_of_it_may_be_missing(kept: Encrypted, missing: str) -> None:
    with pytest.raises(RecordError):
        Encrypted.parse({name: value for name, value in kept.as_json().items() if name != missing})


@pytest.mark.parametrize("document", [None, [], "", 1, {}])
def test_what_is_nothing_of_the_kind_is_refused(document: Any) -> None:
    with pytest.raises(RecordError):
        Encrypted.parse(document)


# --- the copy -----------------------------------------------------------------------------------------------


def test_a_copy_gives_back_record_and_private_fields(lock: Lock) -> None:
    made = sealed()
    found = parse_attestation(build_copy(made, lock), limit=MAX_COPY)
    assert (found.number, found.record, found.registry) == (NUMBER, made.record, None)
    assert found.open(PASSPHRASE).fields == made.private.fields
    assert found.open(PASSPHRASE).root == made.private.root


def test_a_copy_holds_no_private_value_and_no_salt_in_clear(lock: Lock) -> None:
    made = sealed()
    data = build_copy(made, lock)
    for field in made.private.fields:
        for secret in (field.salt, field.path, str(field.value)):
            assert secret.encode() not in data
            assert base64url.encode(secret.encode()).encode() not in data


def test_a_copy_without_private_fields_holds_nothing_encrypted(lock: Lock) -> None:
    made = seal(build_form({"number": NUMBER.text, "subject": {"kind": "organisation"}}))
    found = parse_attestation(build_copy(made, lock))
    assert found.private is None
    with pytest.raises(RecordError) as caught:
        found.open(PASSPHRASE)
    assert caught.value.code == "AT121"


def test_a_ciphertext_in_another_record_is_refused(lock: Lock) -> None:
    made, other = sealed(), sealed().record
    stolen = parse_attestation(build_copy(made, lock)).private
    for moved in (
        other,
        sealed(number=fictional(302)).record,
        build_record(made.record.as_json() | {"filed_on": "2019-03-30"}),
    ):
        with pytest.raises(PassphraseError) as caught:
            Attestation(moved.filing_number, record=moved, private=stolen).open(PASSPHRASE)
        assert caught.value.code == "AT120"


def test_a_ciphertext_in_the_same_record_in_other_spelling_is_opened(lock: Lock) -> None:
    made = sealed()
    file = json.loads(build_copy(made, lock))
    loose = json.dumps(dict(reversed(file.items())), indent=3).encode()
    assert parse_attestation(loose).open(PASSPHRASE).fields == made.private.fields


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b'[["' + b"A" * 22 + b'","x",1]]'])
def test_private_fields_that_are_not_the_records_are_told(lock: Lock, content: bytes) -> None:
    record = sealed().record
    with pytest.raises(RecordError) as caught:
        Attestation(NUMBER, record=record, private=lock.encrypt(content, bound_to=record.canonical())).open(PASSPHRASE)
    assert caught.value.code == "AT122"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "RE111"), (b"[1]", "AT110"), (b'[["x","y",null]]', "AT110"), (b"[" * 99, "RE112"), (b"[1.5]", "RE115")],
)
def test_an_opened_part_that_is_no_list_of_fields_is_refused(lock: Lock, content: bytes, code: str) -> None:
    record = sealed().record
    with pytest.raises(RecordError) as caught:
        Attestation(NUMBER, record=record, private=lock.encrypt(content, bound_to=record.canonical())).open(PASSPHRASE)
    assert caught.value.code == code


def test_fields_in_another_order_are_not_the_records(lock: Lock) -> None:
    made = sealed()
    data = canonical_bytes([list(field) for field in reversed(made.private.fields)])
    with pytest.raises(RecordError) as caught:
        Attestation(NUMBER, record=made.record, private=lock.encrypt(data, bound_to=made.public)).open(PASSPHRASE)
    assert caught.value.code == "AT122"


def test_a_private_part_without_a_record_is_refused(kept: Encrypted) -> None:
    with pytest.raises(RecordError) as caught:
        Attestation(NUMBER, private=kept)
    assert caught.value.code == "AT104"


def test_a_copy_that_is_too_large_to_be_read_is_not_made(lock: Lock) -> None:
    subject, names = {"kind": "organisation"}, [f"n{number}" for number in range(20_000)]
    made = seal(build_form({"number": NUMBER.text, "subject": subject, "parts": dict.fromkeys(names, 1)}))
    with pytest.raises(RecordError) as caught:
        build_copy(made, lock)
    assert caught.value.code == "AT113"
    assert caught.value.params["limit"] == MAX_COPY


def test_no_changed_byte_of_a_copy_gives_other_fields(copy: bytes, lock: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte turned: our own error, or the same fields of the same record, whatever key is tried."""
    true = parse_attestation(copy).open(PASSPHRASE)
    monkeypatch.setattr(Lock, "of", lambda encrypted, passphrase: lock)  # the key is known: no derivation for each
    opened = 0
    for place in range(len(copy)):
        for turn in (1, 0x20):
            changed = bytearray(copy)
            changed[place] ^= turn
            try:
                found = parse_attestation(bytes(changed)).open(PASSPHRASE)
            except InputError:
                continue
            assert found.fields == true.fields
            opened += 1
    assert opened < 80  # bytes of the file's own salt and cost, which the key that is known does without


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(encryption).failed == 0
    assert METHOD == "scrypt-aes-256-gcm"
