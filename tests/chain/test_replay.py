"""The replay of a registry's events against its running hash: what it accepts, and how it names what is wrong."""

import doctest
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from attest.canonical import digest
from attest.chain.node import Log
from attest.errors import ReplayError
from attest.number import FilingNumber
from attest.ports import Status
from attest.reasons import Reason
from attest.registry import contract, replay
from attest.registry.contract import Event, Head
from attest.registry.replay import Kind, Replay, Step
from tests.chain.grounds import Ground
from tests.conftest import Kept, fictional, record_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/history.json").read_text(encoding="utf-8"))["registries"]
ONE, TWO = fictional(1), fictional(2)
Events = list[Event]


@pytest.fixture(scope="module")
def life() -> tuple[Replay, Events]:
    """Five blocks of two filings' lives, and the replay before them."""
    return told(
        [
            [(Kind.REGISTERED, ONE, Status.ACTIVE, b"one", 0), (Kind.REGISTERED, TWO, Status.ACTIVE, b"two", 0)],
            [(Kind.AMENDED, ONE, Status.ACTIVE, b"one again", 0)],
            [
                (Kind.STATUS_CHANGED, ONE, Status.SUSPENDED, None, 101),
                (Kind.STATUS_CHANGED, TWO, Status.CANCELLED, None, 3),
            ],
            [(Kind.REOPENED, TWO, Status.ACTIVE, b"two again", 0)],
            [(Kind.STATUS_CHANGED, TWO, Status.VOID, None, 8)],
        ]
    )


ADDRESS = "0x" + "11" * 20


def told(calls: Sequence[Sequence[tuple[Kind, FilingNumber, Status, bytes | None, int]]]) -> tuple[Replay, Events]:
    """The events of a registry that was changed like this, one call and block each, from block 10 on."""
    begin = Replay.start(5, ADDRESS)
    shadow, events = Replay.start(5, ADDRESS), Events()
    held: dict[FilingNumber, tuple[int, Status, bytes]] = {}
    for block, call in enumerate(calls, start=10):
        before = shadow.head.changed_at
        for index, (kind, number, status, record, reason) in enumerate(call):
            previous, was, old = held.get(number, (0, Status.NONE, b""))
            new = old if record is None else digest(record)
            step = Step(block, index, number.key, kind, status, new, reason, previous, record, f"0x{block:064x}")
            shadow.repeat([step])
            held[number] = (block, status, new)
            fields: dict[str, Any] = {"number": contract.key(number), "previousChange": previous}
            if record is None:
                fields |= {"from": was, "to": status, "reason": reason}
            else:
                fields |= {"digest": new, "record": record}
            events.append(Event(kind.event, fields, log(block, index)))
        head = shadow.head
        checkpoint = {"previousChange": before, "filings": head.filings, "history": head.history}
        events.append(Event("Checkpoint", checkpoint, log(block, len(call))))
    return begin, events


def log(block: int, index: int) -> Log:
    return Log(ADDRESS, (), b"", block, "0x" + "22" * 32, index, f"0x{block:064x}")


def refused(events: Events, code: str, block: int) -> None:
    with pytest.raises(ReplayError) as caught:
        Replay.start(5, ADDRESS).follow(events)
    assert (caught.value.code, caught.value.params["block"], caught.value.exit_code) == (code, block, 3)


def changed(event: Event, **fields: Any) -> Event:
    return replace(event, fields=event.fields | fields)


def moved(event: Event, **place: Any) -> Event:
    return replace(event, log=replace(event.log, **place))


# --- what it accepts ----------------------------------------------------------------------------------------


def test_a_life_is_followed_to_its_head(life: tuple[Replay, Events]) -> None:
    _, events = life
    after = Replay.start(5, ADDRESS)
    steps = after.follow(events)
    assert [(step.block, step.kind, step.status) for step in steps] == [
        (10, Kind.REGISTERED, Status.ACTIVE), (10, Kind.REGISTERED, Status.ACTIVE), (11, Kind.AMENDED, Status.ACTIVE),
        (12, Kind.STATUS_CHANGED, Status.SUSPENDED), (12, Kind.STATUS_CHANGED, Status.CANCELLED),
        (13, Kind.REOPENED, Status.ACTIVE), (14, Kind.STATUS_CHANGED, Status.VOID),
    ]  # fmt: skip
    assert after.head == Head(2, 14, events[-1].fields["history"])
    assert [step.digest for step in steps[-2:]] == [digest(b"two again")] * 2


def test_a_life_may_be_followed_in_parts(life: tuple[Replay, Events]) -> None:
    _, events = life
    parts = Replay.start(5, ADDRESS)
    for _, block in groupby(events, key=lambda event: event.log.block):
        parts.follow(block)
        parts.follow([])
    assert parts.head == Head(2, 14, events[-1].fields["history"])


def test_steps_repeated_lead_where_their_events_led(life: tuple[Replay, Events]) -> None:
    _, events = life
    steps = Replay.start(5, ADDRESS).follow(events[:-2])
    again = Replay.start(5, ADDRESS)
    again.repeat(steps)
    again.follow(events[-2:])
    assert again.head == Head(2, 14, events[-1].fields["history"])


def test_other_events_of_the_contract_are_passed_over(life: tuple[Replay, Events]) -> None:
    _, events = life
    granted = Event("RoleGranted", {}, moved(events[2], index=3).log)
    assert Replay.start(5, ADDRESS).follow([*events[:3], granted, *events[3:]])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["chain_id"]))
def test_the_vectors_that_the_contract_was_tested_with_hold(vector: dict[str, Any]) -> None:
    again = Replay.start(vector["chain_id"], vector["address"])
    assert "0x" + again.head.history.hex() == vector["start"]
    blocks: dict[str, int] = {}
    for change in vector["changes"]:
        word = bytes.fromhex(change["word"][2:])
        again.repeat(
            [
                Step(
                    block=change["block"],
                    index=0,
                    number=change["number"],
                    kind=Kind(change["kind"]),
                    status=Status(change["status"]),
                    digest=word[6:],
                    reason=change["reason"],
                    previous=blocks.get(change["number"], 0),
                    record=None,
                    transaction="",
                )
            ]
        )
        blocks[change["number"]] = change["block"]
        assert "0x" + again.head.history.hex() == change["history"]


def test_what_a_real_registry_says_is_followed_to_its_head(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        writer, record = kept.writer, record_of(ONE)
        await writer.register([record, record_of(TWO)])
        await writer.amend(record_of(ONE, service={"name": "示例"}), digest(record.canonical()))
        await writer.set_status([ONE, TWO], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
        await writer.set_status([ONE], Status.ACTIVE, Reason.RECTIFIED)
        await writer.set_status([TWO], Status.REVOKED, Reason.VIOLATION)
        await writer.reopen(record_of(TWO))
        await writer.correct(TWO, Reason.ENTERED_IN_ERROR)
        at, basis = await kept.reader.pin()
        again = Replay.start(basis.chain_id, basis.contract)
        steps = again.follow(await kept.reader.events(await kept.reader.deployed_at(at), at.number))
        assert again.head == await kept.reader.head(at)
        assert len(steps) == 9

    ground.run(work)


# --- what it refuses ----------------------------------------------------------------------------------------


def test_every_event_that_is_dropped_is_found_where_it_is_missed(life: tuple[Replay, Events]) -> None:
    _, events = life
    for place, event in enumerate(events):
        less = events[:place] + events[place + 1 :]
        if event is events[-1]:
            refused(less, "RG155", 14)
            continue
        with pytest.raises(ReplayError) as caught:
            Replay.start(5, ADDRESS).follow(less)
        assert event.log.block <= caught.value.params["block"] <= event.log.block + 1


def test_a_whole_block_that_is_dropped_is_found_at_the_next_checkpoint(life: tuple[Replay, Events]) -> None:
    _, events = life
    for block in (10, 11, 12, 13):
        with pytest.raises(ReplayError) as caught:
            Replay.start(5, ADDRESS).follow(event for event in events if event.log.block != block)
        assert caught.value.params["block"] == block + 1


def test_an_event_twice_is_refused(life: tuple[Replay, Events]) -> None:
    _, events = life
    for place, event in enumerate(events):
        refused([*events[: place + 1], event, *events[place + 1 :]], "RG150", event.log.block)


def test_events_out_of_order_are_refused(life: tuple[Replay, Events]) -> None:
    _, events = life
    refused([events[1], events[0], *events[2:]], "RG150", 10)
    refused([*events[3:], *events[:3]], "RG151", 11)


def test_events_that_swap_their_places_are_refused(life: tuple[Replay, Events]) -> None:
    _, events = life
    refused([moved(events[1], index=0), moved(events[0], index=1), *events[2:]], "RG154", 10)


@pytest.mark.parametrize(
    ("place", "fields", "code"),
    [
        (0, {"previousChange": 1}, "RG151"),
        (3, {"previousChange": 9}, "RG151"),
        (0, {"record": b"another"}, "RG153"),
        (0, {"record": b""}, "RG153"),
        (0, {"digest": digest(b"another")}, "RG153"),
        (0, {"digest": digest(b"x" * 2049), "record": b"x" * 2049}, "RG153"),
        (0, {"digest": digest(b"another"), "record": b"another"}, "RG154"),
        (0, {"number": contract.key(fictional(3))}, "RG154"),
        (0, {"number": contract.key(TWO)}, "RG151"),
        (0, {"number": b"x" * 32}, "RG157"),
        (5, {"from": Status.CANCELLED}, "RG152"),
        (5, {"to": Status.ACTIVE}, "RG152"),
        (5, {"to": Status.REVOKED}, "RG154"),
        (5, {"to": Status.NONE}, "RG152"),
        (5, {"reason": 102}, "RG154"),
        (2, {"filings": 3}, "RG154"),
        (2, {"previousChange": 9}, "RG154"),
        (2, {"history": bytes(32)}, "RG154"),
    ],
)
def test_an_event_with_one_thing_altered_is_refused_in_its_block(
    life: tuple[Replay, Events], place: int, fields: dict[str, Any], code: str
) -> None:
    _, events = life
    altered = [*events[:place], changed(events[place], **fields), *events[place + 1 :]]
    with pytest.raises(ReplayError) as caught:
        Replay.start(5, ADDRESS).follow(altered)
    assert caught.value.code == code
    assert caught.value.params["block"] in (events[place].log.block, events[place].log.block + 1)


@pytest.mark.parametrize(("place", "name"), [(3, "Reopened"), (3, "Registered"), (8, "Amended"), (8, "Registered")])
def test_an_event_that_is_relabelled_is_refused(life: tuple[Replay, Events], place: int, name: str) -> None:
    _, events = life
    refused(
        [*events[:place], replace(events[place], name=name), *events[place + 1 :]], "RG152", events[place].log.block
    )


def test_a_change_of_another_transaction_than_its_checkpoint_is_refused(life: tuple[Replay, Events]) -> None:
    _, events = life
    refused([moved(events[0], transaction="0x" + "77" * 32), *events[1:]], "RG155", 10)
    refused([*events[:2], moved(events[2], transaction="0x" + "77" * 32), *events[3:]], "RG155", 10)


def test_a_checkpoint_without_a_change_is_refused(life: tuple[Replay, Events]) -> None:
    _, events = life
    refused([*events[:3], moved(events[2], index=9), *events[3:]], "RG155", 10)


def test_another_registry_or_chain_begins_elsewhere(life: tuple[Replay, Events]) -> None:
    _, events = life
    for other in (Replay.start(6, ADDRESS), Replay.start(5, "0x" + "12" * 20)):
        with pytest.raises(ReplayError) as caught:
            other.follow(events)
        assert caught.value.code == "RG154"


OPEN = {Status.ACTIVE, Status.SUSPENDED}
ALLOWED: dict[Kind, Callable[[Status, Status], bool]] = {
    Kind.REGISTERED: lambda a, b: (a, b) == (Status.NONE, Status.ACTIVE),
    Kind.AMENDED: lambda a, b: a is b and a in OPEN,
    Kind.REOPENED: lambda a, b: a in (Status.CANCELLED, Status.REVOKED, Status.VOID) and b is Status.ACTIVE,
    Kind.STATUS_CHANGED: lambda a, b: (
        a is not b
        and (
            (b is Status.VOID and a is not Status.NONE)
            or (a in OPEN and b in (Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.REVOKED))
        )
    ),
}


@pytest.mark.parametrize("after", Status)
@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("kind", Kind)
def test_only_what_the_contract_allows_is_a_transition(kind: Kind, before: Status, after: Status) -> None:
    assert replay._is_allowed(kind, before, after) is ALLOWED[kind](before, after)


def test_the_example_of_the_module_holds() -> None:
    assert doctest.testmod(replay).failed == 0
