"""The committed proofs: each gives what its file says, and what ends in `_fail` gives nothing at all."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from attest.errors import AttestError
from attest.ports import Entry, Status
from attest.registry import contract
from attest.registry.proof import MAX_FILE, check, parse_proof, slots_position
from attest.settings import Network, Registry
from tests.chain.proof_vectors import FOLDER, failing

SETTINGS = json.loads((FOLDER / "settings.json").read_text(encoding="utf-8"))
NETWORK = Network(rpc="http://127.0.0.1:1/", chain_id=SETTINGS["chain_id"], genesis=SETTINGS["genesis"])
REGISTRY = Registry(network="anvil", address=SETTINGS["contract"])
VECTORS: dict[str, Any] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(FOLDER).glob("*.json"))
    if path.stem != "settings"
}


def read(vector: dict[str, Any]) -> Entry:
    """What a reader learns who trusts the vector's block hash."""
    filing = parse_proof(vector["file"].encode())
    filing.require_block(vector["block_hash"])
    return check(filing, network=NETWORK, registry=REGISTRY)


def named(fail: bool) -> list[str]:
    return [name for name in VECTORS if name.endswith("_fail") is fail]


@pytest.mark.parametrize("name", named(fail=False))
def test_a_true_proof_gives_its_entry(name: str) -> None:
    told = VECTORS[name]["entry"]
    status = Status[told["status"].upper()]
    assert read(VECTORS[name]) == Entry(bytes.fromhex(told["digest"]), told["changed_at"], status)


@pytest.mark.parametrize("name", named(fail=True))
def test_a_proof_that_does_not_hold_gives_nothing(name: str) -> None:
    with pytest.raises(AttestError) as caught:
        read(VECTORS[name])
    assert caught.value.code == VECTORS[name]["error"]
    assert caught.value.exit_code in (2, 3)


def test_the_refused_ones_are_made_from_the_true_ones() -> None:
    true = {name: VECTORS[name] for name in named(fail=False)}
    assert failing(true) == {name: VECTORS[name] for name in named(fail=True)}


def test_most_must_be_refused() -> None:
    assert len(named(fail=True)) >= 0.65 * len(VECTORS)


def test_they_are_of_this_version_of_the_registry() -> None:
    assert SETTINGS["code_hash"] == "0x" + contract.runtime_code_hash().hex()
    assert SETTINGS["slots_position"] == slots_position() == 3


def test_white_space_and_the_order_of_fields_are_free() -> None:
    document = json.loads(VECTORS["active"]["file"])
    loose = json.dumps(dict(reversed(document.items())), indent=4).encode()
    assert parse_proof(loose) == parse_proof(VECTORS["active"]["file"].encode())


def test_a_file_beyond_its_limit_is_not_read() -> None:
    with pytest.raises(AttestError) as caught:
        parse_proof(VECTORS["active"]["file"].encode() + b" " * MAX_FILE)
    assert caught.value.code == "RE110"


@pytest.mark.parametrize("depth", [40, 5000, 100_000])
def test_nesting_is_refused_before_it_is_followed(depth: int) -> None:
    with pytest.raises(AttestError) as caught:
        parse_proof(b"[" * depth + b"]" * depth)
    assert caught.value.code == "RE112"


@pytest.mark.parametrize("name", named(fail=False))
def test_the_program_of_the_documentation_reads_the_same(name: str) -> None:
    text = (Path(__file__).parents[2] / "docs/proofs.md").read_text(encoding="utf-8")
    (program,) = re.findall("```python\n(.*?)```", text, re.DOTALL)
    given: dict[str, Any] = {}
    exec(program, given)
    vector = VECTORS[name]
    word = given["by_hand"](vector["file"], SETTINGS["contract"], vector["block_hash"], SETTINGS["code_hash"])
    entry = read(vector)
    assert word == bytes([entry.status]) + entry.changed_at.to_bytes(5, "big") + entry.digest
