"""register: new filings only, all or none, each with the digest of its record."""

import pytest

from tests.contract.bench import WHO, Bench, Event, Status, digest, key, unauthorised

RECORD = '{"schema":"filing-record/1","number":"京网信备11010800000001001号"}'.encode()


def test_a_registered_number_is_active_with_the_digest_of_its_record(registry: Bench) -> None:
    receipt = registry.send("register", [(key(1), RECORD)], by="REGISTRAR")
    assert registry.entry(key(1)) == (digest(RECORD), receipt.block, Status.ACTIVE)


def test_a_number_never_registered_has_an_entry_of_zeros(registry: Bench) -> None:
    registry.send("register", [(key(1), RECORD)], by="REGISTRAR")
    assert registry.entry(key(2)) == (bytes(26), 0, Status.NONE)
    assert registry.entry(bytes(32)) == (bytes(26), 0, Status.NONE)


def test_each_registration_emits_its_record_and_the_call_one_checkpoint(registry: Bench) -> None:
    receipt = registry.send("register", [(key(1), RECORD), (key(2), b"x")], by="REGISTRAR")
    first = {"number": key(1), "previousChange": 0, "digest": digest(RECORD), "record": RECORD}
    second = {"number": key(2), "previousChange": 0, "digest": digest(b"x"), "record": b"x"}
    checkpoint = {"previousChange": 0, "filings": 2, "history": registry.history()}
    assert receipt.events == [
        Event("Registered", first),
        Event("Registered", second),
        Event("Checkpoint", checkpoint),
    ]


def test_head_counts_filings_ever_registered_and_names_the_last_changed_block(registry: Bench) -> None:
    assert registry.call("head")[:2] == (0, 0)
    registry.send("register", [(key(1), RECORD), (key(2), RECORD)], by="REGISTRAR")
    registry.send("correct", key(1), 0, by="CORRECTOR")
    receipt = registry.send("register", [(key(3), RECORD)], by="REGISTRAR")
    assert registry.call("head") == (3, receipt.block, registry.history())
    assert receipt.named("Checkpoint")[0]["previousChange"] == receipt.block - 1


def test_entries_of_several_numbers_come_in_the_order_asked(populated: Bench) -> None:
    wanted = [key(status) for status in (5, 0, 1, 1, 4)]
    entries = populated.call("entriesOf", wanted)
    assert [entry[2] for entry in entries] == [5, 0, 1, 1, 4]
    assert [populated.entry(number) for number in wanted] == [tuple(entry) for entry in entries]
    assert populated.call("entriesOf", []) == ()


def test_a_number_twice_in_one_batch_is_refused(registry: Bench) -> None:
    batch = [(key(1), RECORD), (key(2), RECORD), (key(1), b"x")]
    assert registry.refusal("register", batch, by="REGISTRAR") == ("AlreadyRegistered", key(1), Status.ACTIVE)


def test_one_bad_filing_keeps_the_whole_batch_out(registry: Bench) -> None:
    registry.send("register", [(key(3), RECORD)], by="REGISTRAR")
    batch = [(key(1), RECORD), (key(2), RECORD), (key(3), RECORD)]
    assert registry.refusal("register", batch, by="REGISTRAR") == ("AlreadyRegistered", key(3), Status.ACTIVE)
    assert registry.status(key(1)) is Status.NONE


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.NONE])
def test_a_number_with_an_entry_in_any_status_is_refused(populated: Bench, status: Status) -> None:
    refusal = populated.refusal("register", [(key(status), RECORD)], by="REGISTRAR")
    assert refusal == ("AlreadyRegistered", key(status), status)


@pytest.mark.parametrize("by", [who for who in WHO if who != "REGISTRAR"])
def test_only_a_registrar_registers(registry: Bench, by: str) -> None:
    assert registry.refusal("register", [(key(1), RECORD)], by=by) == unauthorised(by, "REGISTRAR")


@pytest.mark.parametrize("length", [1, 31, 32, 33, 2047, 2048])
def test_a_record_of_1_to_2048_bytes_is_accepted(registry: Bench, length: int) -> None:
    record = bytes(range(256)) * 8
    registry.send("register", [(key(1), record[:length])], by="REGISTRAR")
    assert registry.entry(key(1))[0] == digest(record[:length])


@pytest.mark.parametrize("length", [0, 2049, 5000])
def test_a_record_outside_1_to_2048_bytes_is_refused(registry: Bench, length: int) -> None:
    refusal = registry.refusal("register", [(key(1), b"{" * length)], by="REGISTRAR")
    assert refusal == ("RecordOutOfBounds", key(1), length, 2048)


def test_a_batch_of_256_is_accepted(registry: Bench) -> None:
    registry.send("register", [(key(serial), b"{}") for serial in range(256)], by="REGISTRAR")
    assert registry.call("head")[0] == 256
    assert registry.status(key(255)) is Status.ACTIVE


@pytest.mark.parametrize("size", [0, 257])
def test_a_batch_outside_1_to_256_is_refused(registry: Bench, size: int) -> None:
    batch = [(key(serial), b"{}") for serial in range(size)]
    assert registry.refusal("register", batch, by="REGISTRAR") == ("BatchOutOfBounds", size, 256)


def test_the_bounds_can_be_read(registry: Bench) -> None:
    assert [registry.call(name) for name in ("MAX_BATCH", "MAX_RECORD", "MAX_NAME")] == [256, 2048, 64]
