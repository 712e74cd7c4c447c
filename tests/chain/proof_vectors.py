"""Writes `tests/vectors/proof/`: proofs from a chain of anvil's, and what must be refused, made from them.

Each vector is a JSON file: `file`, the proof file's text; `block_hash`, the hash that the reader trusts; and what
must come of it, `entry` (status, digest, changed_at) or `error` (a code of the catalogue). Names of the latter end in
`_fail`. `settings.json` is the reader's configuration. Run it again only for a new schema:

    python -m tests.chain.proof_vectors
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attest.canonical import canonical_bytes
from attest.chain.rpc import HttpNode
from attest.ports import Status
from attest.reasons import Reason
from attest.registry import contract
from attest.registry.proof import check, fetch_proof, slots_position
from attest.settings import Network, Registry
from tests.chain.anvil import Anvil, rich_key, running
from tests.conftest import fictional, keep, record_of

FOLDER: Final = Path(__file__).parents[1] / "vectors/proof"
FILINGS: Final = 300
ACTIVE, SUSPENDED, VOID, ABSENT, OTHER = (fictional(serial) for serial in (1, 2, 3, 9001, 9002))

Vector = dict[str, Any]
Change = Callable[[dict[str, Any]], None]


def _altered(true: Vector, error: str, change: Change, **more: str) -> Vector:
    """A vector made from a true one by a change of its file."""
    document = json.loads(true["file"])
    change(document)
    return {"file": canonical_bytes(document).decode(), "block_hash": true["block_hash"], "error": error} | more


def _turned(text: str, place: int = -1) -> str:
    """`text` with the lowest bit of one hexadecimal digit turned."""
    digits = list(text)
    digits[place] = f"{int(digits[place], 16) ^ 1:x}"
    return "".join(digits)


def failing(true: dict[str, Vector]) -> dict[str, Vector]:
    """What must be refused, by name."""
    absent, active, older = true["absent"], true["active"], true["absent_before"]
    found: dict[str, Vector] = {}

    def of(vector: Vector, name: str, error: str, change: Change) -> None:
        found[f"{name}_fail"] = _altered(vector, error, change)

    def put(field: str, value: Any) -> Change:
        return lambda document: document.update({field: value})

    def part(field: str, change: Callable[[list[str]], list[str]]) -> Change:
        return lambda document: document.update({field: change(document[field])})

    nodes = json.loads(active["file"])
    for field, name in (("accountProof", "account"), ("storageProof", "storage")):
        of(absent, f"{name}_empty", "PF120", put(field, []))
        of(absent, f"{name}_empty_trie", "PF120", put(field, ["0x80"]))
        of(absent, f"{name}_root_missing", "PF120", part(field, lambda items: items[1:]))
        of(absent, f"{name}_end_missing", "PF120", part(field, lambda items: items[:-1]))
        of(absent, f"{name}_node_twice", "PF121", part(field, lambda items: [*items, items[-1]]))
        of(absent, f"{name}_node_foreign", "PF121", part(field, lambda items: [*items, nodes["storageProof"][-1]]))
        of(absent, f"{name}_reversed", "PF120", part(field, lambda items: items[::-1]))
        of(absent, f"{name}_bit_turned", "PF120", part(field, lambda items: [*items[:-1], _turned(items[-1])]))
        of(absent, f"{name}_node_empty", "PF120", part(field, lambda items: [*items[:-1], "0x"]))
        of(active, f"{name}_of_other_block", "PF120", put(field, json.loads(older["file"])[field]))
        of(absent, f"{name}_too_many", "PF103", put(field, ["0x80"] * 65))
        of(absent, f"{name}_node_too_large", "PF103", part(field, lambda items: ["0x" + "80" * 1025, *items[1:]]))
        of(absent, f"{name}_not_hex", "PF103", part(field, lambda items: [items[0][:-1] + "g", *items[1:]]))
        of(absent, f"{name}_half_a_byte", "PF103", part(field, lambda items: [items[0][:-1], *items[1:]]))
        of(absent, f"{name}_upper_case", "PF103", part(field, lambda items: ["0x" + items[0][2:].upper()]))
        of(absent, f"{name}_not_a_list", "PF103", put(field, "0x80"))
        of(absent, f"{name}_missing", "PF101", lambda document, field=field: document.pop(field))
    of(active, "number_of_another", "PF120", put("number", ABSENT.text))
    of(active, "number_not_canonical", "PF104", put("number", f" {ACTIVE.text}"))
    of(active, "number_malformed", "PF104", put("number", ACTIVE.text.replace("1号", "2号").replace("0号", "1号")))
    of(absent, "header_empty", "PF111", put("header", "0x"))
    of(absent, "header_is_no_rlp", "PF111", put("header", "0x80"))
    of(absent, "header_shortened", "PF111", part("header", lambda text: text[:-2]))
    of(absent, "header_lengthened", "PF111", part("header", lambda text: text + "00"))
    of(absent, "header_bit_turned", "PF112", part("header", _turned))
    of(absent, "header_of_other_block", "PF112", put("header", json.loads(older["file"])["header"]))
    of(absent, "chain_other", "PF130", lambda document: document["registry"].update(chain_id=1))
    of(absent, "contract_other", "PF130", lambda document: document["registry"].update(contract="0x" + "11" * 20))
    of(absent, "genesis_other", "PF130", lambda document: document["registry"].update(genesis="0x" + "11" * 32))
    of(absent, "registry_missing", "PF101", lambda document: document.pop("registry"))
    of(absent, "schema_other", "PF103", put("schema", "filing-proof/2"))
    of(absent, "field_unknown", "PF102", put("status", "active"))
    found["json_key_twice_fail"] = {
        **absent,
        "error": "RE116",
        "file": '{"schema":"filing-proof/1",' + absent["file"][1:],
    }
    found["json_cut_fail"] = {**absent, "error": "RE111", "file": absent["file"][:-1]}
    found["json_list_fail"] = {**absent, "error": "PF103", "file": f"[{absent['file']}]"}
    found["block_hash_other_fail"] = {**absent, "error": "PF112", "block_hash": _turned(absent["block_hash"])}
    return {name: {key: value for key, value in vector.items() if key != "entry"} for name, vector in found.items()}


async def _true(anvil: Anvil) -> tuple[dict[str, Any], dict[str, Vector]]:
    """The reader's configuration, and proofs that hold."""
    network = anvil.network()
    vectors: dict[str, Vector] = {}
    async with HttpNode(anvil.url) as node:
        kept = await keep(node, await rich_key(node), network, name="anvil")
        registry = Registry(network="anvil", address=contract.checksummed(kept.address))

        async def prove(name: str, number: Any) -> None:
            at, basis = await kept.reader.pin()
            filing = await fetch_proof(node, number, network=network, registry=registry, at=at, basis=basis)
            entry = check(filing, network=network, registry=registry)
            told = {"status": entry.status.name.lower(), "digest": entry.digest.hex(), "changed_at": entry.changed_at}
            vectors[name] = {"file": filing.canonical().decode(), "block_hash": at.hash, "entry": told}

        await prove("absent_before", ACTIVE)
        await kept.writer.register([record_of(fictional(serial)) for serial in range(1, FILINGS + 1)])
        await kept.writer.set_status([SUSPENDED], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
        await kept.writer.correct(VOID, Reason.ENTERED_IN_ERROR)
        for name, number in (
            ("active", ACTIVE), ("suspended", SUSPENDED), ("void", VOID), ("absent", ABSENT), ("absent_too", OTHER),
        ):  # fmt: skip
            await prove(name, number)
    return _settings(network, registry), vectors


def _settings(network: Network, registry: Registry) -> dict[str, Any]:
    return {
        "chain_id": network.chain_id,
        "genesis": network.genesis,
        "contract": registry.address,
        "code_hash": "0x" + contract.runtime_code_hash().hex(),
        "slots_position": slots_position(),
    }


def main() -> None:
    with running() as anvil:
        configured, true = asyncio.run(_true(anvil))
    FOLDER.mkdir(exist_ok=True)
    for name, document in {"settings": configured, **true, **failing(true)}.items():
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
