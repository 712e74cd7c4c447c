"""No private field reaches the public side: by schema, and by markers looked for wherever something is public."""

import base64
import hashlib
import json
import logging
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from attest.attestation import build_copy
from attest.disclosure import seal
from attest.encryption import MIN_COST, Lock
from attest.record import PublicRecord, build_form, split
from attest.record.form import TYPES, is_public
from attest.record.paths import fields_of
from tests.amounts import examples
from tests.cli.command import attest
from tests.filing_forms import KINDS, Maker

LOCK: Final = Lock.new("correct horse battery staple", cost=MIN_COST)
PLAIN: Final = 8  # characters: what is shorter may be found by chance
KNOWN: Final = {"enterprise", "credit-code", "passport", "id-card", "2019-03-01"}
"""Values that are the same in every form."""
SERIALS: Final = count(1)
PUBLIC_PLACES: Final = {"printed", "copy", "journal.sqlite", "chain.sqlite", "badge/blockchain-filing.json"}
"""Where a public field is found: the signed transaction is in the journal, the event in the chain's file."""


def test_a_public_record_has_these_fields_and_no_others() -> None:
    assert list(fields_of(PublicRecord)) == [
        "schema", "nonce", "number", "subject.kind", "subject.name",
        "service.name", "service.category", "service.types", "service.chains",
        "displayed_on.domains", "displayed_on.apps.name", "displayed_on.apps.platform", "displayed_on.apps.id",
        "filed_on", "source.list", "source.published", "private_root",
    ]  # fmt: skip


def markers_of(form: dict[str, Any]) -> dict[str, str]:
    """Each private value that is like no other, by its path."""
    _, private = split(build_form(form))
    return {path: str(value) for path, value in private if len(str(value)) >= PLAIN and value not in KNOWN}


def leaks(found: bytes, markers: dict[str, str]) -> list[str]:
    """Paths of the markers that `found` holds: as they are, escaped, encoded, or hashed without a salt."""
    lower = found.lower()  # for hexadecimal digits of either case
    return [path for path, marker in markers.items() if any(form in found or form in lower for form in _forms(marker))]


def contents(file: Path) -> bytes:
    """A file's bytes, and of a database also each value in one piece, which its pages may part."""
    data = [file.read_bytes()]
    if file.suffix == ".sqlite":
        with closing(sqlite3.connect(file)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in database.execute(f"SELECT * FROM {table}"):
                    data += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\0".join(data)


def _forms(marker: str) -> list[bytes]:
    raw = marker.encode()
    digest = hashlib.sha256(raw)
    return [
        raw,
        json.dumps(marker)[1:-1].encode(),
        raw.hex().encode(),
        digest.digest(),
        digest.hexdigest().encode(),
        base64.urlsafe_b64encode(digest.digest()).rstrip(b"="),
        *(form for before in range(3) for form in _inside_base64(raw, before)),
    ]


def _inside_base64(raw: bytes, before: int) -> list[bytes]:
    """What every encoding of a text holds that holds `raw` after `before` bytes, or after 3, 6, … more."""
    first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
    padded = bytes(before) + raw
    return [encode(padded)[first:last] for encode in (base64.b64encode, base64.urlsafe_b64encode)]


def _form(seed: int, kind: str, category: str) -> dict[str, Any]:
    """A form like no other: what one company has public may not be a person's in the next form on the same chain."""
    serial = next(SERIALS)
    return Maker(serial << 64 | seed).form(kind, category, serial)


forms = st.builds(_form, st.integers(0, 2**64 - 1), st.sampled_from(KINDS), st.sampled_from(sorted(TYPES)))


@given(form=forms)
@settings(max_examples=examples(50))
def test_public_bytes_and_the_encrypted_copy_hold_no_private_value(form: dict[str, Any]) -> None:
    sealed = seal(build_form(form))
    markers = markers_of(form)
    assert len(markers) > 60
    assert leaks(sealed.public, markers) == []
    assert leaks(build_copy(sealed, LOCK), markers) == []
    assert not [field.path for field in sealed.private.fields if is_public(field.path) and field.path != "subject.name"]
    assert {field.path for field in sealed.private.fields} >= set(markers)


@given(form=forms)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_leaves_the_holder_holds_a_private_value(
    form: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Transaction, events, journal, chain file, printed text, logs, badge files and QR code of a registered filing."""
    monkeypatch.setenv("WORD", "示例口令")
    out = home.parent / "kept"
    path = home.parent / "form.json"
    path.write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    number, public = form["number"], form["service"]["name"]
    with caplog.at_level(logging.DEBUG):
        made = attest("attestation", "make", path, "-o", out, "--passphrase-env", "WORD", "--json", home=home)
        copy = Path(made.json["attestations"][0]["file"])
        said = [
            made,
            attest("record", "check", path, home=home),
            attest("registry", "register", copy, home=home),
            attest("registry", "show", number, home=home),
            attest("registry", "history", number, home=home),
            attest("attestation", "show", copy, home=home),
            attest("check", "attestation", copy, "--ask-node", "--private", "--passphrase-env", "WORD", home=home),
            attest("badge", number, "--page", "https://verify.example/", "--out", home / "badge", home=home),
        ]
    assert [(each.code, each.err) for each in said if each.code] == []
    printed = "".join(each.out + each.err for each in said).encode()
    files = {file.relative_to(home).as_posix(): contents(file) for file in home.rglob("*") if file.is_file()}
    places = files | {"printed": printed, "logged": caplog.text.encode(), "copy": copy.read_bytes()}
    markers = markers_of(form)
    assert {place: found for place, data in places.items() if (found := leaks(data, markers))} == {}
    assert {place for place, data in places.items() if leaks(data, {"service.name": public})} >= PUBLIC_PLACES
    qr = zxingcpp.read_barcodes(Image.open(home / "badge/qr.png"))
    assert [code.text for code in qr] == [f"https://verify.example/#{number[4:24]}"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("private") / "home"
    home.mkdir()
    assert attest("registry", "init", home=home).code == 0
    return home


@given(raw=st.binary(min_size=6, max_size=40), before=st.binary(max_size=9), behind=st.binary(max_size=9))
def test_what_is_inside_base64_is_found(raw: bytes, before: bytes, behind: bytes) -> None:
    plain, urlsafe = _inside_base64(raw, len(before) % 3)
    assert plain in base64.b64encode(before + raw + behind)
    assert urlsafe in base64.urlsafe_b64encode(before + raw + behind)


def test_a_private_value_in_a_public_field_is_found() -> None:
    form = Maker(7).form("organisation", "technology-provider", 7)
    form["service"]["name"] = form["responsible_person"]["name"]
    public = seal(build_form(form)).public
    assert leaks(public, markers_of(form)) == ["responsible_person.name"]


@pytest.mark.parametrize("path", ["responsible_person.mobile", "备注", "service.baas.served.0"])
@pytest.mark.parametrize("form", range(len(_forms("x"))))
def test_the_search_finds_what_leaks_in_any_form(path: str, form: int) -> None:
    markers = markers_of(Maker(7).form("organisation", "technology-provider", 7))
    public = b'{"name":"' + _forms(markers[path])[form] + b'"}'
    assert path in leaks(public, markers)
