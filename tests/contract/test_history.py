"""The running hash and the links between changes: no log can be left out, invented or altered unnoticed."""

import json
from itertools import groupby
from typing import Any

import pytest

from tests.contract.bench import (
    ROOT,
    Bench,
    Call,
    Event,
    Kind,
    Status,
    digest,
    first_history,
    key,
    next_history,
    word,
)

VECTORS = json.loads((ROOT / "tests" / "vectors" / "history.json").read_text(encoding="utf-8"))["registries"]
KIND_OF = {"Registered": Kind.REGISTERED, "Amended": Kind.AMENDED, "Reopened": Kind.REOPENED}


def bench_of(vector: dict[str, Any]) -> Bench:
    """The registry a vector was made with, before its first change."""
    bench = Bench.start(vector["chain_id"])
    for _ in range(vector["deployments"]):
        bench.deploy()
    return bench.grant_all()


def call_of(changes: list[dict[str, Any]]) -> Call:
    """The one call that makes all of `changes`."""
    kind, to, reason = changes[0]["kind"], changes[0]["status"], changes[0]["reason"]
    numbers = [change["number"].encode().ljust(32, b"\0") for change in changes]
    records = [change.get("record", "").encode() for change in changes]
    if kind == Kind.REGISTERED:
        return Call("register", (list(zip(numbers, records, strict=True)),), "REGISTRAR")
    if kind == Kind.AMENDED:
        replaced = [bytes.fromhex(change["replaces"][2:]) for change in changes]
        return Call("amend", (list(zip(numbers, replaced, records, strict=True)),), "REGISTRAR")
    if kind == Kind.REOPENED:
        return Call("reopen", (numbers[0], records[0]), "CORRECTOR")
    if to == Status.VOID:
        return Call("correct", (numbers[0], reason), "CORRECTOR")
    return Call("setStatus", (numbers, to, reason), "REGISTRAR")


def replayed(bench: Bench, blocks: list[int]) -> list[tuple[Kind, dict[str, Any], bytes]]:
    """Every change as its event tells it: kind, fields with the status after, running hash after."""
    history, statuses, changes = first_history(bench.chain_id, bench.address), {}, []
    digests: dict[bytes, bytes] = {}
    for block in blocks:
        for event in bench.events_in(block):
            if event.name == "Checkpoint":
                assert event.fields["history"] == history
                continue
            fields = event.fields
            kind = KIND_OF.get(event.name, Kind.STATUS_CHANGED)
            number = fields["number"]
            digests[number] = fields["digest"] if "digest" in fields else digests[number]
            if event.name != "Amended":
                statuses[number] = Status(fields.get("to", Status.ACTIVE))
            slot = word(digests[number], block, statuses[number])
            history = next_history(history, number, slot, kind, fields.get("reason", 0))
            changes.append((kind, {**fields, "slot": slot}, history))
    return changes


@pytest.fixture(scope="module")
def eventful(origin: Bench) -> tuple[Bench, list[int]]:
    """A registry after a mixed life of three numbers, only to be read, and the blocks something changed in."""
    registry = origin.copy()
    one, three = digest(b"one"), digest(b"three")
    blocks = [
        [Call("register", ([(key(1), b"one"), (key(2), b"two")],), "REGISTRAR")],
        [
            Call("amend", ([(key(1), one, b"three"), (key(1), three, b"one")],), "REGISTRAR"),
            Call("setStatus", ([key(1), key(2)], Status.SUSPENDED, 101), "INSPECTOR"),
            Call("setStatus", ([key(1)], Status.ACTIVE, 102), "REGISTRAR"),
        ],
        [Call("setStatus", ([key(2)], Status.REVOKED, 65_535), "REGISTRAR")],
        [Call("register", ([(key(3), b"three")],), "REGISTRAR"), Call("correct", (key(3), 1), "CORRECTOR")],
        [Call("reopen", (key(2), b"two again"), "CORRECTOR"), Call("reopen", (key(3), b"3"), "CORRECTOR")],
        [Call("amend", ([(key(1), one, b"two")],), "REGISTRAR")],
    ]
    mined = []
    for calls in blocks:
        mined.append(registry.block(*calls)[0].block)
        registry.send("grantRole", bytes(31) + b"\1", bytes(20), by="ADMIN")  # a block in which no filing changes
    return registry, mined


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["chain_id"]))
def test_vectors_hold_in_python(vector: dict[str, Any]) -> None:
    history = first_history(vector["chain_id"], bytes.fromhex(vector["address"][2:]))
    assert "0x" + history.hex() == vector["start"]
    for change in vector["changes"]:
        number, slot = change["number"].encode().ljust(32, b"\0"), bytes.fromhex(change["word"][2:])
        assert slot[:6] == bytes([change["status"]]) + change["block"].to_bytes(5, "big")
        if "record" in change:
            assert slot[6:] == digest(change["record"].encode())
        history = next_history(history, number, slot, change["kind"], change["reason"])
        assert "0x" + history.hex() == change["history"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["chain_id"]))
def test_vectors_hold_against_the_contract(vector: dict[str, Any]) -> None:
    bench = bench_of(vector)
    assert ("0x" + bench.address.hex(), "0x" + bench.history().hex()) == (vector["address"], vector["start"])
    for block, group in groupby(vector["changes"], key=lambda change: change["block"]):
        changes = list(group)
        receipt = bench.block(call_of(changes))[0]
        assert receipt.block == block
        assert "0x" + bench.history().hex() == changes[-1]["history"]


def test_vectors_cover_every_kind_of_change() -> None:
    assert {change["kind"] for vector in VECTORS for change in vector["changes"]} == set(Kind)


def test_the_running_hash_begins_with_chain_and_address(registry: Bench) -> None:
    elsewhere = Bench.start(chain_id=1)
    elsewhere.deploy()
    again = registry.copy()
    again.deploy()
    histories = {bench.history() for bench in (registry, elsewhere, again)}
    assert histories == {first_history(bench.chain_id, bench.address) for bench in (registry, elsewhere, again)}
    assert len(histories) == 3


def test_a_replay_of_all_events_ends_at_the_head(eventful: tuple[Bench, list[int]]) -> None:
    registry, blocks = eventful
    assert replayed(registry, blocks)[-1][2] == registry.history()


def test_each_call_emits_one_checkpoint_with_the_hash_after_it(eventful: tuple[Bench, list[int]]) -> None:
    registry, blocks = eventful
    checkpoints = [event for block in blocks for event in registry.events_in(block) if event.name == "Checkpoint"]
    assert len(checkpoints) == 10
    assert checkpoints[-1].fields["history"] == registry.history()


@pytest.mark.parametrize("field", ["number", "slot", "kind", "reason", "order", "missing"])
def test_a_replay_with_one_thing_altered_does_not_end_at_the_head(
    eventful: tuple[Bench, list[int]], field: str
) -> None:
    registry, blocks = eventful
    changes = [
        {"number": fields["number"], "slot": fields["slot"], "kind": kind, "reason": fields.get("reason", 0)}
        for kind, fields, _ in replayed(registry, blocks)
    ]

    def end(of: list[dict[str, Any]]) -> bytes:
        history = first_history(registry.chain_id, registry.address)
        for change in of:
            history = next_history(history, change["number"], change["slot"], change["kind"], change["reason"])
        return history

    assert end(changes) == registry.history()
    altered = [dict(change) for change in changes]
    match field:
        case "order":
            altered[3], altered[4] = altered[4], altered[3]
        case "missing":
            del altered[3]
        case "kind" | "reason":
            altered[3][field] += 1
        case _:
            altered[3][field] = bytes([altered[3][field][0] ^ 1]) + altered[3][field][1:]
    assert end(altered) != registry.history()


@pytest.mark.parametrize("serial", [1, 2, 3])
def test_the_history_of_one_number_is_a_walk_of_single_blocks(eventful: tuple[Bench, list[int]], serial: int) -> None:
    registry, blocks = eventful
    walked: list[Event] = []
    block = registry.entry(key(serial))[1]
    while block:
        here = [event for event in registry.events_in(block) if event.fields.get("number") == key(serial)]
        assert all(event.fields["previousChange"] == block for event in here[1:])
        walked = here + walked
        assert here[0].fields["previousChange"] < block
        block = here[0].fields["previousChange"]
    every = [event for block in blocks for event in registry.events_in(block)]
    assert walked == [event for event in every if event.fields.get("number") == key(serial)]
    assert walked[0].name == "Registered"


def test_checkpoints_link_every_block_in_which_something_changed(eventful: tuple[Bench, list[int]]) -> None:
    registry, blocks = eventful
    walked, block = [], registry.call("head")[1]
    while block:
        walked.append(block)
        here = [event.fields for event in registry.events_in(block) if event.name == "Checkpoint"]
        assert all(fields["previousChange"] == block for fields in here[1:])
        block = here[0]["previousChange"]
    assert walked == blocks[::-1]


def test_changing_roles_is_no_change_of_the_registry(registry: Bench) -> None:
    before = registry.call("head")
    registry.grant("REGISTRAR", "NOBODY")
    assert registry.call("head") == before
