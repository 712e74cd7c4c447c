"""amend: a new record for a filing in force or suspended, and only over the record the registrar saw."""

import pytest

from tests.contract.bench import WHO, Bench, Event, Status, digest, key, unauthorised

OPEN = (Status.ACTIVE, Status.SUSPENDED)


def held(status: int) -> bytes:
    """Digest of what `populated` holds under `key(status)`."""
    return digest(b"record %d" % status)


@pytest.mark.parametrize("status", OPEN)
def test_an_open_filing_gets_the_new_digest_and_keeps_its_status(populated: Bench, status: Status) -> None:
    before = populated.entry(key(status))
    receipt = populated.send("amend", [(key(status), held(status), b"new")], by="REGISTRAR")
    assert populated.entry(key(status)) == (digest(b"new"), receipt.block, status)
    fields = {"number": key(status), "previousChange": before[1], "digest": digest(b"new"), "record": b"new"}
    assert receipt.events[0] == Event("Amended", fields)
    assert [event.name for event in receipt.events] == ["Amended", "Checkpoint"]


@pytest.mark.parametrize("status", [status for status in Status if status not in OPEN])
def test_any_other_filing_is_refused(populated: Bench, status: Status) -> None:
    expected = held(status) if status else bytes(26)
    refusal = populated.refusal("amend", [(key(status), expected, b"new")], by="REGISTRAR")
    assert refusal == ("NotAmendable", key(status), status)


def test_the_slower_of_two_registrars_is_told_so(populated: Bench) -> None:
    populated.send("amend", [(key(1), held(1), b"first")], by="REGISTRAR")
    refusal = populated.refusal("amend", [(key(1), held(1), b"second")], by="REGISTRAR")
    assert refusal == ("StaleRecord", key(1), held(1), digest(b"first"))


@pytest.mark.parametrize("position", [0, 25])
def test_every_byte_of_the_expected_digest_counts(populated: Bench, position: int) -> None:
    wrong = bytearray(held(1))
    wrong[position] ^= 1
    refusal = populated.refusal("amend", [(key(1), bytes(wrong), b"new")], by="REGISTRAR")
    assert refusal == ("StaleRecord", key(1), bytes(wrong), held(1))


def test_a_number_may_be_amended_twice_in_one_batch_if_the_second_expects_the_first(populated: Bench) -> None:
    batch = [(key(1), held(1), b"one"), (key(1), digest(b"one"), b"two")]
    receipt = populated.send("amend", batch, by="REGISTRAR")
    assert populated.entry(key(1))[0] == digest(b"two")
    assert receipt.named("Amended")[1]["previousChange"] == receipt.block


def test_one_stale_record_keeps_the_whole_batch_out(populated: Bench) -> None:
    batch = [(key(1), held(1), b"new"), (key(2), held(1), b"new")]
    assert populated.refusal("amend", batch, by="REGISTRAR")[0] == "StaleRecord"
    assert populated.entry(key(1))[0] == held(1)


def test_amending_does_not_count_as_a_filing(populated: Bench) -> None:
    receipt = populated.send("amend", [(key(1), held(1), b"new")], by="REGISTRAR")
    assert populated.call("head") == (5, receipt.block, populated.history())
    assert receipt.named("Checkpoint")[0]["filings"] == 5


@pytest.mark.parametrize("by", [who for who in WHO if who != "REGISTRAR"])
def test_only_a_registrar_amends(populated: Bench, by: str) -> None:
    assert populated.refusal("amend", [(key(1), held(1), b"new")], by=by) == unauthorised(by, "REGISTRAR")


@pytest.mark.parametrize("length", [0, 2049])
def test_a_record_outside_1_to_2048_bytes_is_refused(populated: Bench, length: int) -> None:
    refusal = populated.refusal("amend", [(key(1), held(1), b"{" * length)], by="REGISTRAR")
    assert refusal == ("RecordOutOfBounds", key(1), length, 2048)


def test_a_record_of_2048_bytes_is_accepted(populated: Bench) -> None:
    populated.send("amend", [(key(1), held(1), b"{" * 2048)], by="REGISTRAR")
    assert populated.entry(key(1))[0] == digest(b"{" * 2048)


@pytest.mark.parametrize("size", [0, 257])
def test_a_batch_outside_1_to_256_is_refused(populated: Bench, size: int) -> None:
    batch = [(key(1), held(1), b"{}")] * size
    assert populated.refusal("amend", batch, by="REGISTRAR") == ("BatchOutOfBounds", size, 256)
