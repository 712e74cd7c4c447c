"""The committed disclosures: each proves what its file says, and what ends in `_fail` proves nothing.

Three programs agree on that: ours, the few lines of Python here, and JavaScript with WebCrypto (`disclosure.mjs`).
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from attest import canonical
from attest.attestation import parse_attestation
from attest.disclosure import parse_disclosure
from attest.errors import InputError, RecordError
from tests.seal_vectors import FOLDER, text_of, vectors

SCRIPT = Path(__file__).parent / "disclosure.mjs"
VECTORS: dict[str, Any] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(FOLDER).glob("*.json"))
}
DRIVER = """
const {check} = await import(process.argv[1]);
let text = "";
for await (const part of process.stdin) text += part;
const told = {};
for (const [name, vector] of Object.entries(JSON.parse(text))) {
  try { told[name] = {fields: await check(vector.attestation, vector.disclosure, vector.digest)}; }
  catch (error) { told[name] = {refused: `${error.name}: ${error.message}`}; }
}
process.stdout.write(JSON.stringify(told));
"""


def named(fail: bool) -> list[str]:
    return [name for name in VECTORS if name.endswith("_fail") is fail]


def read(vector: dict[str, Any]) -> list[list[Any]]:
    """What a reader learns who trusts the vector's digest."""
    found = parse_attestation(vector["attestation"].encode())
    disclosure = parse_disclosure(vector["disclosure"].encode())
    if found.record is None:
        raise RecordError("RE129")
    if disclosure.number != found.number.text:
        raise RecordError("AT123", expected=found.number.text, found=disclosure.number)
    if disclosure.private_root != found.record.private_root:
        raise RecordError("AT124")
    if unproven := disclosure.unproven(found.record):
        raise RecordError("AT125", fields=unproven)
    digest = canonical.digest(found.record.canonical())
    if digest.hex() != vector["digest"]:
        raise RecordError("AT126", expected=vector["digest"], found=digest.hex())
    return [[field.path, field.value] for field in disclosure.fields]


def by_hand(vector: dict[str, Any]) -> list[list[Any]]:
    """The same from the documents alone, with other people's code: RFC 8785 by its package, the tree top down."""

    def raw(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def root(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
        if size == 1:
            assert not proof
            return hashlib.sha256(b"\0" + leaf).digest()
        *below, beside = proof
        left = 1 << (size - 1).bit_length() - 1
        if index < left:
            return hashlib.sha256(b"\1" + root(leaf, index, left, below) + beside).digest()
        return hashlib.sha256(b"\1" + beside + root(leaf, index - left, size - left, below)).digest()

    record = json.loads(vector["attestation"])["record"]
    assert hashlib.sha256(rfc8785.dumps(record)).hexdigest()[:52] == vector["digest"]
    told = json.loads(vector["disclosure"])
    for field in told["fields"]:
        leaf = rfc8785.dumps([field["salt"], field["path"], field["value"]])
        proof = [raw(node) for node in field["proof"]]
        assert root(leaf, field["index"], told["size"], proof) == raw(record["private_root"])
    return [[field["path"], field["value"]] for field in told["fields"]]


@pytest.fixture(scope="module")
def in_javascript() -> dict[str, Any]:
    """What the JavaScript says of every vector."""
    node = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert node is not None
    done = subprocess.run(
        [node, "--input-type=module", "--eval", DRIVER, str(SCRIPT)],
        input=json.dumps(VECTORS),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", named(fail=False))
def test_a_field_that_the_record_holds_is_proven(name: str) -> None:
    vector = VECTORS[name]
    assert identical(read(vector), vector["fields"])
    assert identical(by_hand(vector), vector["fields"])


@pytest.mark.parametrize("name", named(fail=True))
def test_what_the_record_does_not_hold_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read(VECTORS[name])
    assert caught.value.code == VECTORS[name]["error"]


@pytest.mark.parametrize("name", named(fail=False))
def test_javascript_proves_the_same_with_webcrypto(name: str, in_javascript: dict[str, Any]) -> None:
    assert identical(in_javascript[name].get("fields"), VECTORS[name]["fields"])


@pytest.mark.parametrize("name", named(fail=True))
def test_javascript_refuses_the_same(name: str, in_javascript: dict[str, Any]) -> None:
    told = in_javascript[name]
    assert "fields" not in told
    assert told["refused"].startswith(("Refused: ", "SyntaxError: ")), told


def test_the_javascript_needs_nothing_that_only_node_has() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    for word in ("import ", "require(", "process.", "Buffer"):
        assert word not in text


def test_the_files_are_what_the_script_writes() -> None:
    written = {name: text_of(vector) for name, vector in vectors().items()}
    assert written == {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}


def test_most_must_be_refused() -> None:
    assert len(named(fail=True)) >= 0.65 * len(VECTORS)


def identical(found: Any, expected: Any) -> bool:
    """Equality that tells true from 1."""
    return json.dumps(found) == json.dumps(expected)
