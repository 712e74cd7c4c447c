"""Storage, read raw as `eth_getStorageAt` and `eth_getProof` give it: one slot a filing, laid out as committed."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contract.bench import ARTIFACT, Bench, Status, digest, key, word

LAYOUT = {item["label"]: (int(item["slot"]), item["offset"]) for item in ARTIFACT["storageLayout"]["storage"]}


def slot_of(number: bytes) -> int:
    return int.from_bytes(keccak(encode(["bytes32", "uint256"], [number, LAYOUT["_slots"][0]])), "big")


def test_the_layout_is_the_one_that_proofs_are_checked_against() -> None:
    assert LAYOUT == {
        "_roles": (0, 0),
        "_pendingDefaultAdmin": (1, 0), "_pendingDefaultAdminSchedule": (1, 20), "_currentDelay": (1, 26),
        "_currentDefaultAdmin": (2, 0), "_pendingDelay": (2, 20), "_pendingDelaySchedule": (2, 26),
        "_slots": (3, 0),
        "_filings": (4, 0), "_changedAt": (4, 8), "_deployedAt": (4, 13),
        "_history": (5, 0),
        "_name": (6, 0),
    }  # fmt: skip


def test_a_filing_is_one_word_of_status_block_and_digest(populated: Bench) -> None:
    for status in Status:
        if status is not Status.NONE:
            held, changed_at, now = populated.entry(key(status))
            assert populated.storage(slot_of(key(status))) == word(held, changed_at, now)
            assert held == digest(b"record %d" % status)


def test_a_number_that_is_not_registered_has_an_empty_slot(populated: Bench) -> None:
    assert populated.storage(slot_of(key(Status.NONE))) == bytes(32)


def test_a_filing_takes_no_second_slot(populated: Bench) -> None:
    beside = [populated.storage(slot_of(key(status)) + step) for status in Status for step in (-1, 1, 2)]
    assert beside == [bytes(32)] * len(beside)


def test_the_head_is_two_words(populated: Bench) -> None:
    filings, changed_at, history = populated.call("head")
    head = bytes(14) + populated.call("deployedAt").to_bytes(5, "big") + changed_at.to_bytes(5, "big")
    assert populated.storage(LAYOUT["_filings"][0]) == head + filings.to_bytes(8, "big")
    assert populated.storage(LAYOUT["_history"][0]) == history
