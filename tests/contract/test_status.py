"""Every step between statuses, by every role: what is not in the tables here is refused."""

from itertools import product

import pytest

from tests.contract.bench import WHO, Bench, Event, Status, digest, key, unauthorised

NONE, ACTIVE, SUSPENDED, CANCELLED, REVOKED, VOID = Status

MAY_SET = {
    "REGISTRAR": {
        (ACTIVE, SUSPENDED), (SUSPENDED, ACTIVE),
        (ACTIVE, CANCELLED), (SUSPENDED, CANCELLED),
        (ACTIVE, REVOKED), (SUSPENDED, REVOKED),
    },
    "INSPECTOR": {(ACTIVE, SUSPENDED)},
}  # fmt: skip
MAY_CORRECT = {ACTIVE, SUSPENDED, CANCELLED, REVOKED}
MAY_REOPEN = {CANCELLED, REVOKED, VOID}
REASON = 65_535


def record(status: int) -> bytes:
    """What `populated` holds under `key(status)`."""
    return b"record %d" % status


@pytest.mark.sampled
@pytest.mark.parametrize(("by", "start", "to"), list(product(WHO, Status, Status)))
def test_set_status_does_what_the_table_says(populated: Bench, by: str, start: Status, to: Status) -> None:
    if by not in MAY_SET:
        assert populated.refusal("setStatus", [key(start)], to, REASON, by=by) == unauthorised(by, "INSPECTOR")
    elif (start, to) not in MAY_SET[by]:
        refusal = populated.refusal("setStatus", [key(start)], to, REASON, by=by)
        assert refusal == ("TransitionNotAllowed", key(start), start, to)
    else:
        before = populated.entry(key(start))
        receipt = populated.send("setStatus", [key(start)], to, REASON, by=by)
        assert populated.entry(key(start)) == (digest(record(start)), receipt.block, to)
        fields = {"number": key(start), "previousChange": before[1], "from": start, "to": to, "reason": REASON}
        assert receipt.events[0] == Event("StatusChanged", fields)
        assert [event.name for event in receipt.events] == ["StatusChanged", "Checkpoint"]


@pytest.mark.parametrize(("by", "start"), list(product(WHO, Status)))
def test_correct_does_what_the_table_says(populated: Bench, by: str, start: Status) -> None:
    if by != "CORRECTOR":
        assert populated.refusal("correct", key(start), REASON, by=by) == unauthorised(by, "CORRECTOR")
    elif start not in MAY_CORRECT:
        refusal = populated.refusal("correct", key(start), REASON, by=by)
        assert refusal == ("TransitionNotAllowed", key(start), start, VOID)
    else:
        before = populated.entry(key(start))
        receipt = populated.send("correct", key(start), REASON, by=by)
        assert populated.entry(key(start)) == (digest(record(start)), receipt.block, VOID)
        fields = {"number": key(start), "previousChange": before[1], "from": start, "to": VOID, "reason": REASON}
        assert receipt.events[0] == Event("StatusChanged", fields)
        assert [event.name for event in receipt.events] == ["StatusChanged", "Checkpoint"]


@pytest.mark.parametrize(("by", "start"), list(product(WHO, Status)))
def test_reopen_does_what_the_table_says(populated: Bench, by: str, start: Status) -> None:
    if by != "CORRECTOR":
        assert populated.refusal("reopen", key(start), b"new", by=by) == unauthorised(by, "CORRECTOR")
    elif start not in MAY_REOPEN:
        refusal = populated.refusal("reopen", key(start), b"new", by=by)
        assert refusal == ("TransitionNotAllowed", key(start), start, ACTIVE)
    else:
        before = populated.entry(key(start))
        receipt = populated.send("reopen", key(start), b"new", by=by)
        assert populated.entry(key(start)) == (digest(b"new"), receipt.block, ACTIVE)
        fields = {"number": key(start), "previousChange": before[1], "digest": digest(b"new"), "record": b"new"}
        assert receipt.events[0] == Event("Reopened", fields)
        assert [event.name for event in receipt.events] == ["Reopened", "Checkpoint"]


def test_the_same_record_may_come_back_when_a_number_is_reopened(populated: Bench) -> None:
    populated.send("reopen", key(VOID), record(VOID), by="CORRECTOR")
    assert populated.entry(key(VOID))[0] == digest(record(VOID))


@pytest.mark.parametrize("length", [0, 2049])
def test_reopening_with_a_record_outside_1_to_2048_bytes_is_refused(populated: Bench, length: int) -> None:
    refusal = populated.refusal("reopen", key(VOID), b"{" * length, by="CORRECTOR")
    assert refusal == ("RecordOutOfBounds", key(VOID), length, 2048)


def test_reopening_with_a_record_of_2048_bytes_is_accepted(populated: Bench) -> None:
    populated.send("reopen", key(VOID), b"{" * 2048, by="CORRECTOR")
    assert populated.status(key(VOID)) is ACTIVE


def test_correcting_and_reopening_do_not_count_as_filings(populated: Bench) -> None:
    for receipt in (
        populated.send("correct", key(ACTIVE), 0, by="CORRECTOR"),
        populated.send("reopen", key(ACTIVE), b"new", by="CORRECTOR"),
        populated.send("setStatus", [key(ACTIVE)], SUSPENDED, 0, by="INSPECTOR"),
    ):
        assert receipt.named("Checkpoint")[0]["filings"] == 5


@pytest.mark.parametrize("by", ["REGISTRAR", "INSPECTOR"])
def test_a_number_twice_in_one_batch_is_a_change_to_what_it_already_is(populated: Bench, by: str) -> None:
    refusal = populated.refusal("setStatus", [key(ACTIVE), key(ACTIVE)], SUSPENDED, 0, by=by)
    assert refusal == ("TransitionNotAllowed", key(ACTIVE), SUSPENDED, SUSPENDED)


def test_one_forbidden_step_keeps_the_whole_batch_out(populated: Bench) -> None:
    refusal = populated.refusal("setStatus", [key(ACTIVE), key(REVOKED)], SUSPENDED, 0, by="REGISTRAR")
    assert refusal == ("TransitionNotAllowed", key(REVOKED), REVOKED, SUSPENDED)
    assert populated.status(key(ACTIVE)) is ACTIVE


def test_an_account_with_both_roles_may_do_what_either_may(populated: Bench) -> None:
    populated.grant("INSPECTOR", "REGISTRAR")
    populated.send("setStatus", [key(ACTIVE)], REVOKED, 0, by="REGISTRAR")
    assert populated.status(key(ACTIVE)) is REVOKED


@pytest.mark.parametrize("by", ["REGISTRAR", "INSPECTOR"])
@pytest.mark.parametrize("size", [0, 257])
def test_a_batch_outside_1_to_256_is_refused(populated: Bench, size: int, by: str) -> None:
    refusal = populated.refusal("setStatus", [key(ACTIVE)] * size, SUSPENDED, 0, by=by)
    assert refusal == ("BatchOutOfBounds", size, 256)


def test_a_batch_of_256_is_accepted(registry: Bench) -> None:
    numbers = [key(serial) for serial in range(256)]
    registry.send("register", [(number, b"{}") for number in numbers], by="REGISTRAR")
    receipt = registry.send("setStatus", numbers, SUSPENDED, 0, by="INSPECTOR")
    assert len(receipt.named("StatusChanged")) == 256


def test_a_status_the_contract_does_not_know_is_refused(populated: Bench) -> None:
    assert populated.refusal("setStatus", [key(ACTIVE)], 6, 0, by="REGISTRAR") == ("Revert", b"")
