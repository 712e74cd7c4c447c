"""Any life of a registry replays to its head; any one thing left out, altered or moved does not."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attest.canonical import digest
from attest.chain.node import Log
from attest.errors import ReplayError, RpcRefusedError
from attest.ports import Status
from attest.registry import contract
from attest.registry.contract import Event, Head
from attest.registry.replay import Kind, Replay, Step, _is_allowed
from attest.registry.sync import ranges
from tests.amounts import examples
from tests.conftest import fictional
from tests.contract.bench import first_history, next_history, word

relaxed = settings(max_examples=examples(150))
ADDRESS = "0x" + "11" * 20
CHAIN = 5

calls = st.lists(
    st.tuples(
        st.integers(0, 2),  # blocks since the call before
        st.lists(
            st.tuples(
                st.integers(0, 3), st.sampled_from(Kind), st.sampled_from(Status), st.binary(min_size=1, max_size=8)
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=8,
)


def life(plan: Sequence[Any]) -> tuple[list[Event], Head]:
    """The events of the calls of `plan` that the contract would let through, and the head after them.

    The running hash is the contract tests' own.
    """
    history = first_history(CHAIN, bytes.fromhex(ADDRESS[2:]))
    held: dict[int, tuple[int, Status, bytes]] = {}
    events: list[Event] = []
    block, index, filings, changed_at = 1, 0, 0, 0
    for call, (blocks, changes) in enumerate(plan):
        block, index = block + blocks, 0 if blocks else index
        transaction, before, changed = f"0x{call:064x}", changed_at, False
        for serial, kind, wanted, record in changes:
            previous, was, old = held.get(serial, (0, Status.NONE, b""))
            status = wanted if kind is Kind.STATUS_CHANGED else was if kind is Kind.AMENDED else Status.ACTIVE
            if not _is_allowed(kind, was, status):
                continue
            new = old if kind is Kind.STATUS_CHANGED else digest(record)
            reason = len(record) if kind is Kind.STATUS_CHANGED else 0
            key = contract.key(fictional(serial))
            history = next_history(history, key, word(new, block, status), kind, reason)
            held[serial] = (block, status, new)
            fields: dict[str, Any] = {"number": key, "previousChange": previous}
            if kind is Kind.STATUS_CHANGED:
                fields |= {"from": was, "to": status, "reason": reason}
            else:
                fields |= {"digest": new, "record": record}
            filings += kind is Kind.REGISTERED
            events.append(Event(kind.event, fields, Log(ADDRESS, (), b"", block, "0x", index, transaction)))
            index, changed = index + 1, True
        if changed:
            told = {"previousChange": before, "filings": filings, "history": history}
            events.append(Event("Checkpoint", told, Log(ADDRESS, (), b"", block, "0x", index, transaction)))
            index, changed_at = index + 1, block
    return events, Head(filings, changed_at, history)


def follow(events: Sequence[Event]) -> tuple[Head, list[Step]]:
    replay = Replay.start(CHAIN, ADDRESS)
    steps = replay.follow(events)
    return replay.head, steps


def outcome(events: Sequence[Event]) -> Head | int:
    """The head that events lead to, or the block that the error names."""
    try:
        return follow(events)[0]
    except ReplayError as error:
        return int(str(error.params["block"]))


@relaxed
@given(calls)
def test_every_life_replays_to_its_head(plan: Sequence[Any]) -> None:
    events, head = life(plan)
    assert follow(events)[0] == head


@relaxed
@given(calls, st.data())
def test_every_life_replays_to_its_head_in_any_parts(plan: Sequence[Any], data: st.DataObject) -> None:
    events, head = life(plan)
    blocks = sorted({event.log.block for event in events})
    cuts = data.draw(st.sets(st.sampled_from(blocks))) if blocks else set()
    replay, part = Replay.start(CHAIN, ADDRESS), []
    for place, event in enumerate(events):
        part.append(event)
        last_of_block = place + 1 == len(events) or events[place + 1].log.block > event.log.block
        if last_of_block and event.log.block in cuts:
            replay.follow(part)
            part = []
    replay.follow(part)
    assert replay.head == head


@relaxed
@given(calls)
def test_steps_repeated_lead_to_the_same_head(plan: Sequence[Any]) -> None:
    events, head = life(plan)
    again = Replay.start(CHAIN, ADDRESS)
    again.repeat(follow(events)[1])
    assert again.head == head


@relaxed
@given(calls, st.data())
def test_no_event_can_be_left_out_repeated_or_moved(plan: Sequence[Any], data: st.DataObject) -> None:
    events, head = life(plan)
    assume(events)
    place = data.draw(st.integers(0, len(events) - 1))
    first_wrong = events[place].log.block
    match data.draw(st.sampled_from(["drop", "twice", "swap", "drop a call", "drop a block"])):
        case "drop":
            said = events[:place] + events[place + 1 :]
        case "twice":
            said = [*events[: place + 1], *events[place:]]
        case "swap":
            other = data.draw(st.integers(0, len(events) - 1))
            assume(other != place)
            said = list(events)
            said[place] = replace(events[other], log=events[place].log)
            said[other] = replace(events[place], log=events[other].log)
            assume(said != events)
            first_wrong = min(first_wrong, events[other].log.block)
        case "drop a call":
            said = [event for event in events if event.log.transaction != events[place].log.transaction]
        case _:
            said = [event for event in events if event.log.block != events[place].log.block]
    found = outcome(said)
    assert found >= first_wrong if isinstance(found, int) else found != head


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(0, 4).map(lambda serial: contract.key(fictional(serial)))
    | st.binary(min_size=32, max_size=32),
    "previousChange": st.integers(0, 30),
    "digest": st.binary(min_size=26, max_size=26),
    "record": st.binary(max_size=9),
    "from": st.sampled_from(Status),
    "to": st.sampled_from(Status),
    "reason": st.integers(0, 2**16 - 1),
    "filings": st.integers(0, 9),
    "history": st.binary(min_size=32, max_size=32),
}


@relaxed
@given(calls, st.data())
def test_no_field_of_an_event_can_be_altered(plan: Sequence[Any], data: st.DataObject) -> None:
    events, _ = life(plan)
    assume(events)
    place = data.draw(st.integers(0, len(events) - 1))
    name = data.draw(st.sampled_from(sorted(events[place].fields)))
    value = data.draw(FIELDS[name])
    assume(value != events[place].fields[name])
    altered = replace(events[place], fields=events[place].fields | {name: value})
    found = outcome([*events[:place], altered, *events[place + 1 :]])
    assert isinstance(found, int)
    assert found >= events[place].log.block


@relaxed
@given(
    first=st.integers(0, 50),
    count=st.integers(0, 3000),
    size=st.integers(1, 600),
    limit=st.integers(1, 700),
    events=st.sets(st.integers(0, 3050), max_size=40),
    results=st.integers(1, 5),
)
def test_ranges_cover_every_block_once_whatever_is_refused(
    first: int, count: int, size: int, limit: int, events: set[int], results: int
) -> None:
    last = first + count - 1
    asked: list[int] = []

    async def ask(begin: int, end: int) -> list[Any]:
        found = sorted(block for block in events if begin <= block <= end)
        if end - begin + 1 > limit or len(found) > results:
            raise RpcRefusedError(method="eth_getLogs", number=-32005, message="too much")
        asked.extend(range(begin, end + 1))
        return found

    async def work() -> list[Any]:
        return [event async for _, found in ranges(ask, first, last, size) for event in found]

    got = asyncio.run(work())
    assert asked == list(range(first, last + 1))
    assert got == sorted(block for block in events if first <= block <= last)
