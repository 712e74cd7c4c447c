"""A registry copied into the store: whole, resumed, rolled back with the chain, and never with something missing."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from attest.canonical import digest
from attest.chain.node import Block
from attest.errors import (
    ChainError,
    RecordUnavailableError,
    ReorgedError,
    ReplayError,
    RpcRefusedError,
    RpcUnavailableError,
    StoreError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.contract import topic
from attest.registry.reader import RegistryReader
from attest.registry.replay import Kind
from attest.registry.sync import FIRST_RANGE, MAX_RANGE, Synced, Synchroniser, place_of, ranges, replayed_history
from attest.store.index import Index, Place
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept, fictional, reader, record_of

Truth = Callable[[], Awaitable[Any]]
ONE, TWO = fictional(1), fictional(2)


async def lives(kept: Kept) -> None:
    """Two filings with seven changes in five blocks."""
    writer, record = kept.writer, record_of(ONE)
    await writer.register([record, record_of(TWO)])
    await writer.amend(record_of(ONE, service={"name": "示例"}), digest(record.canonical()))
    await writer.set_status([ONE, TWO], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
    await writer.set_status([TWO], Status.REVOKED, Reason.VIOLATION)
    await writer.reopen(record_of(TWO))


async def sync(kept: Kept, index: Index, **more: Any) -> Synced:
    return await Synchroniser(kept.reader, index, **more).run()


async def place(kept: Kept) -> Place:
    return place_of((await kept.reader.pin())[1])


def through(kept: Kept, ground: Ground, rules: dict[str, Any]) -> tuple[Between, RegistryReader]:
    """A node between, and a reader that asks it."""
    node = Between(kept.node, rules)
    return node, reader(node, ground.network, kept.address, name=ground.name)


@pytest.fixture
def index(tmp_path: Path) -> Any:
    with Index.in_file(tmp_path / "index.sqlite") as opened:
        yield opened


# --- what a copy holds --------------------------------------------------------------------------------------


def test_a_copy_holds_every_change_and_ends_at_the_registrys_head(ground: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        synced = await sync(kept, index)
        at, basis = await kept.reader.pin()
        assert (synced.basis, synced.head, synced.changes, synced.rolled_back) == (
            basis, await kept.reader.head(at), 7, None,
        )  # fmt: skip
        rows = index.copy(place_of(basis))[1]
        assert [(row.number, row.kind, row.status) for row in rows] == [
            (ONE.key, Kind.REGISTERED, Status.ACTIVE), (TWO.key, Kind.REGISTERED, Status.ACTIVE),
            (ONE.key, Kind.AMENDED, Status.ACTIVE), (ONE.key, Kind.STATUS_CHANGED, Status.SUSPENDED),
            (TWO.key, Kind.STATUS_CHANGED, Status.SUSPENDED), (TWO.key, Kind.STATUS_CHANGED, Status.REVOKED),
            (TWO.key, Kind.REOPENED, Status.ACTIVE),
        ]  # fmt: skip
        for row in rows:
            header = await kept.reader.block(row.block)
            assert row.time == header.timestamp
        newest = index.points(place_of(basis))[0]
        assert (newest.block, newest.hash, newest.proven) == (at.number, at.hash, True)

    ground.run(work)


def test_a_copy_of_an_empty_registry_is_empty_and_proven(ground: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        synced = await sync(kept, index)
        assert (synced.head.filings, synced.changes) == (0, 0)
        assert index.points(await place(kept))[0].proven

    ground.run(work)


def test_a_second_sync_reads_only_what_is_new(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        first = await sync(kept, index)
        await kept.writer.set_status([ONE], Status.ACTIVE, Reason.RECTIFIED)
        asked: list[int] = []

        async def hear(params: Sequence[Any], truth: Truth) -> Any:
            asked.append(int(params[0]["fromBlock"], 16))
            return await truth()

        _, asker = through(kept, on_anvil, {"eth_getLogs": hear})
        second = await Synchroniser(asker, index).run()
        assert (second.changes, asked) == (1, [first.basis.block + 1])
        assert (await sync(kept, index)).changes == 0

    on_anvil.run(work)


def test_two_registries_and_two_chains_share_a_store(on_anvil: Ground, on_embedded: Ground, index: Index) -> None:
    places = []

    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(ONE)])
        assert (await sync(kept, index)).changes == 1
        places.append(await place(kept))

    for ground in (on_anvil, on_anvil, on_embedded):
        ground.run(work)
    assert [len(index.copy(each)[1]) for each in places] == [1, 1, 1]
    assert len(set(places)) == 3


def test_a_record_is_found_in_the_store_though_the_node_has_thrown_events_away(on_anvil: Ground, index: Index) -> None:
    class Stored:
        def find(self, number: Any, wanted: bytes) -> bytes | None:
            return index.record(number.key, wanted)

    async def work(kept: Kept) -> None:
        record = record_of(ONE)
        await kept.writer.register([record])
        await sync(kept, index)

        async def pruned(_params: Sequence[Any], _truth: Truth) -> Any:
            return []

        node, asker = through(kept, on_anvil, {"eth_getLogs": pruned})
        assert (await asker.look_up([ONE])).lookups[ONE].problem is not None
        asker._records = [Stored()]
        assert (await asker.look_up([ONE])).lookups[ONE].record == record
        assert node.asked["eth_getLogs"] == 1

    on_anvil.run(work)


@pytest.mark.parametrize("wrong", [b"", b"{}", b"\xff", None])
def test_a_source_with_another_record_is_passed_over(on_embedded: Ground, wrong: bytes | None) -> None:
    class Wrong:
        def find(self, number: Any, wanted: bytes) -> bytes | None:
            return wrong

    async def work(kept: Kept) -> None:
        record = record_of(ONE)
        await kept.writer.register([record])
        kept.reader._records = [Wrong()]
        assert (await kept.reader.look_up([ONE])).lookups[ONE].record == record

    on_embedded.run(work)


# --- what a node leaves out or alters -----------------------------------------------------------------------


def drop(event: str, nth: int) -> Any:
    def alter(logs: list[Any]) -> list[Any]:
        places = [i for i, log in enumerate(logs) if log["topics"][0] == topic(event)]
        return [log for i, log in enumerate(logs) if i != places[nth]]

    return alter


def altered(event: str, nth: int, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    def alter(logs: list[Any]) -> list[Any]:
        places = [i for i, log in enumerate(logs) if log["topics"][0] == topic(event)]
        return [change(log) if i == places[nth] else log for i, log in enumerate(logs)]

    return alter


def swapped(logs: list[Any]) -> list[Any]:
    """The two registrations tell each other's places."""
    places = [i for i, log in enumerate(logs) if log["topics"][0] == topic("Registered")]
    one, two = places
    said = list(logs)
    said[one] = logs[one] | {"logIndex": logs[two]["logIndex"]}
    said[two] = logs[two] | {"logIndex": logs[one]["logIndex"]}
    return said


def earlier(quantity: str) -> str:
    return hex(int(quantity, 16) - 1)


def whole_block_dropped(logs: list[Any]) -> list[Any]:
    block = next(log["blockNumber"] for log in logs if log["topics"][0] == topic("Amended"))
    return [log for log in logs if log["blockNumber"] != block]


def tail_dropped(logs: list[Any]) -> list[Any]:
    return [log for log in logs if log["blockNumber"] != logs[-1]["blockNumber"]]


ALTERED = {
    "registration dropped": drop("Registered", 1),
    "amendment dropped": drop("Amended", 0),
    "status dropped": drop("StatusChanged", 2),
    "checkpoint dropped": drop("Checkpoint", 1),
    "block dropped": whole_block_dropped,
    "last block dropped": tail_dropped,
    "all dropped": lambda _: [],
    "one twice": lambda logs: [*logs, logs[-2]],
    "one twice elsewhere": lambda logs: [*logs, logs[-2] | {"logIndex": "0x63"}],
    "relabelled": altered("Amended", 0, lambda log: log | {"topics": [topic("Reopened"), log["topics"][1]]}),
    "another number": altered("StatusChanged", 0, lambda log: log | {"topics": [log["topics"][0], "0x" + "33" * 32]}),
    "another reason": altered("StatusChanged", 0, lambda log: log | {"data": log["data"][:-2] + "ff"}),
    "another transaction": altered("Registered", 0, lambda log: log | {"transactionHash": "0x" + "77" * 32}),
    "another block": altered("StatusChanged", 2, lambda log: log | {"blockNumber": earlier(log["blockNumber"])}),
    "another block hash": altered("Amended", 0, lambda log: log | {"blockHash": "0x" + "77" * 32}),
    "reordered": swapped,
    "without a history": altered("Checkpoint", -1, lambda log: log | {"data": log["data"][:-2] + "00"}),
}  # fmt: skip


@pytest.mark.sampled
@pytest.mark.parametrize("first_range", [1, 500])
@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_an_altered_event_is_an_error_and_an_honest_node_mends_the_copy(
    on_anvil: Ground, index: Index, alter: Any, first_range: int
) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        at, basis = await kept.reader.pin()
        everything = await kept.node.request(
            "eth_getLogs", [{"address": kept.address, "fromBlock": "0x0", "toBlock": hex(at.number)}]
        )
        said = alter(everything)
        assert said != everything

        async def lie(params: Sequence[Any], truth: Truth) -> Any:
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            return [log for log in said if first <= int(log["blockNumber"], 16) <= last]

        _, asker = through(kept, on_anvil, {"eth_getLogs": lie})
        with pytest.raises(ChainError) as caught:
            await Synchroniser(asker, index, first_range=first_range).run()
        assert caught.value.exit_code == 3
        assert isinstance(caught.value, ReplayError | ReorgedError) or caught.value.code == "CH104"
        assert not any(point.proven for point in index.points(place_of(basis)))
        assert (await sync(kept, index)).head == await kept.reader.head(at)
        assert len(index.copy(place_of(basis))[1]) == 7

    on_anvil.run(work)


def test_a_record_with_another_byte_is_an_error_naming_the_block(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        (receipt,) = await kept.writer.register([record_of(ONE)])

        async def lie(_params: Sequence[Any], truth: Truth) -> Any:
            return [
                log | {"data": log["data"].replace(b"organisation".hex(), b"organizatiom".hex())}
                for log in await truth()
            ]

        _, asker = through(kept, on_anvil, {"eth_getLogs": lie})
        with pytest.raises(ReplayError) as caught:
            await Synchroniser(asker, index).run()
        assert (caught.value.code, caught.value.params["block"]) == ("RG153", receipt.block)
        assert str(receipt.block) in caught.value.text("zh-CN")

    on_anvil.run(work)


def test_a_node_that_lags_behind_its_own_head_makes_no_gap(on_anvil: Ground, index: Index) -> None:
    """It knows the head, but its index of events does not reach there yet: the events are missing, no error told."""

    async def work(kept: Kept) -> None:
        await lives(kept)
        _, basis = await kept.reader.pin()
        known = basis.block - 2

        async def lag(params: Sequence[Any], truth: Truth) -> Any:
            return [log for log in await truth() if int(log["blockNumber"], 16) <= known]

        _, asker = through(kept, on_anvil, {"eth_getLogs": lag})
        with pytest.raises(ReplayError) as caught:
            await Synchroniser(asker, index, first_range=1).run()
        assert caught.value.code == "RG156"
        assert index.points(place_of(basis))[0].block <= known
        assert (await sync(kept, index)).head.changed_at == basis.block

    on_anvil.run(work)


# --- limits of providers ------------------------------------------------------------------------------------


@pytest.mark.sampled
@pytest.mark.parametrize("first_range", [1, 500])
@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("kind", ["blocks", "results"])
def test_no_limit_of_a_provider_makes_a_gap(
    on_anvil: Ground, index: Index, kind: str, limit: int, first_range: int
) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)

        async def limited(params: Sequence[Any], truth: Truth) -> Any:
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            found = await truth()
            if (last - first + 1 if kind == "blocks" else len(found) - 2) > limit:
                raise RpcRefusedError(method="eth_getLogs", number=-32005, message=f"more than {limit}")
            return found

        node, asker = through(kept, on_anvil, {"eth_getLogs": limited})
        synced = await Synchroniser(asker, index, first_range=first_range).run()
        assert synced.changes == 7
        assert node.asked["eth_getLogs"] > 1

    on_anvil.run(work)


@pytest.mark.parametrize("limit", [500, 1000, 1024, 2000, 10_000, 10**9])
def test_ranges_cover_every_block_once_under_each_providers_limit(limit: int) -> None:
    spans: list[tuple[int, int]] = []
    refused = 0

    async def ask(first: int, last: int) -> list[Any]:
        nonlocal refused
        if last - first + 1 > limit:
            refused += 1
            raise RpcRefusedError(method="eth_getLogs", number=-32602, message="range too large")
        spans.append((first, last))
        return []

    async def work() -> list[int]:
        return [last async for last, _ in ranges(ask, 17, 1_000_000)]

    ends = asyncio.run(work())
    assert spans[0][0] == 17
    assert [last for _, last in spans] == ends
    assert [first for first, _ in spans[1:]] == [last + 1 for last in ends[:-1]]
    assert ends[-1] == 1_000_000
    assert max(last - first + 1 for first, last in spans) <= min(limit, MAX_RANGE)
    assert len(spans) + refused < 2 * (1_000_000 / min(limit, MAX_RANGE)) + 40
    assert spans[0][1] - spans[0][0] + 1 == FIRST_RANGE


def test_a_refusal_of_one_block_is_an_error_and_not_an_empty_block() -> None:
    async def ask(first: int, last: int) -> list[Any]:
        if first <= 700 <= last:
            raise RpcRefusedError(method="eth_getLogs", number=-32000, message="pruned")
        return []

    async def work() -> list[int]:
        return [last async for last, _ in ranges(ask, 1, 1000)]

    with pytest.raises(ChainError) as caught:
        asyncio.run(work())
    assert (caught.value.code, caught.value.params["block"], caught.value.exit_code) == ("RG131", 700, 3)
    assert "pruned" in caught.value.text()


# --- interrupted --------------------------------------------------------------------------------------------


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_sync_that_is_interrupted_after_any_range_goes_on_from_there(on_anvil: Ground, tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        for stop in range(1, 5):
            with Index.in_file(tmp_path / f"{stop}.sqlite") as index:
                left = [stop]

                def told(done: int, _target: int, _filings: int, left: list[int] = left) -> None:
                    left[0] -= 1
                    if not left[0]:
                        raise KilledError

                with pytest.raises(KilledError):
                    await sync(kept, index, told=told, first_range=1)
                stored = index.points(await place(kept))
                assert len(stored) == stop
                assert not stored[0].proven
                synced = await sync(kept, index)
                assert len(index.copy(await place(kept))[1]) == 7
                assert synced.head == await kept.reader.head((await kept.reader.pin())[0])

    on_anvil.run(work)


def test_a_sync_whose_process_is_killed_after_any_range_goes_on_from_there(on_anvil: Ground, tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        for stop in range(1, 5):
            path = tmp_path / f"{stop}.sqlite"
            child = multiprocessing.get_context("fork").Process(
                target=sync_and_die, args=(on_anvil, kept.address, path, stop)
            )
            child.start()
            await asyncio.to_thread(child.join)
            assert child.exitcode == -signal.SIGKILL
            with Index.in_file(path) as index:
                assert len(index.points(await place(kept))) == stop
                synced = await sync(kept, index)
                assert synced.head == await kept.reader.head((await kept.reader.pin())[0])
                assert len(index.copy(await place(kept))[1]) == 7

    on_anvil.run(work)


def sync_and_die(ground: Ground, address: str, path: Path, stop: int) -> None:
    """Sync in this process until `stop` ranges are stored, then kill it."""
    stored = count(1)

    def told(_done: int, _target: int, _filings: int) -> None:
        if next(stored) == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        node = ground.open()
        with Index.in_file(path) as index:
            await Synchroniser(reader(node, ground.network, address), index, told=told, first_range=1).run()

    asyncio.run(work())


def test_two_syncs_at_once_store_nothing_twice(on_anvil: Ground, index: Index, tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        with Index.in_file(tmp_path / "index.sqlite") as other:
            outcomes = await asyncio.gather(
                sync(kept, index, first_range=1), sync(kept, other, first_range=1), return_exceptions=True
            )
        errors = [each for each in outcomes if isinstance(each, BaseException)]
        assert all(isinstance(error, StoreError) and error.code == "SY104" for error in errors)
        assert len(errors) == 1
        await sync(kept, index)
        assert len(index.copy(await place(kept))[1]) == 7

    on_anvil.run(work)


# --- reorganised --------------------------------------------------------------------------------------------


async def reorganise(kept: Kept, depth: int) -> None:
    """Replace the newest blocks by empty ones: what was in them is undone."""
    await kept.node.request("anvil_reorg", [depth, []])


@pytest.mark.sampled
@pytest.mark.parametrize("first_range", [1, 500])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_reorg_rolls_the_store_back_to_what_the_chain_still_has(
    on_anvil: Ground, index: Index, depth: int, first_range: int
) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        before = await sync(kept, index, first_range=first_range)
        await reorganise(kept, depth)
        after = await sync(kept, index, first_range=first_range)
        at, basis = await kept.reader.pin()
        assert after.head == await kept.reader.head(at) != before.head
        assert after.rolled_back is not None
        assert after.rolled_back <= basis.block - depth
        assert (after.rolled_back > 0) is (first_range == 1)
        assert index.copy(place_of(basis))[1][-1].block <= basis.block - depth
        assert index.points(place_of(basis))[0].hash == at.hash

    on_anvil.run(work)


@pytest.mark.parametrize("when", [1, 2, 3])
def test_a_reorg_in_the_middle_of_a_sync_ends_with_the_new_chain(on_anvil: Ground, index: Index, when: int) -> None:
    async def work(kept: Kept) -> None:
        stranger = await on_anvil.stranger(kept, "REGISTRAR")
        await lives(kept)
        left = [when]

        async def shaken(_params: Sequence[Any], truth: Truth) -> Any:
            left[0] -= 1
            found = await truth()
            if left[0] == 0:
                await reorganise(kept, 3)
                await stranger.set_status([ONE], Status.CANCELLED, Reason.SERVICE_ENDED)
            return found

        _, asker = through(kept, on_anvil, {"eth_getLogs": shaken})
        synced = await Synchroniser(asker, index, first_range=2).run()
        at, basis = await kept.reader.pin()
        assert synced.basis.block_hash == basis.block_hash
        assert synced.head == await kept.reader.head(at)
        changes = [row for row in index.copy(place_of(basis))[1] if row.number == ONE.key]
        assert changes[-1].status == Status.CANCELLED

    on_anvil.run(work)


def test_a_chain_that_is_reorganised_again_and_again_is_given_up(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)

        depths = count(1)

        async def shaken(_params: Sequence[Any], truth: Truth) -> Any:
            found = await truth()
            await reorganise(kept, next(depths))
            return found

        _, asker = through(kept, on_anvil, {"eth_getLogs": shaken})
        with pytest.raises(ReorgedError) as caught:
            await Synchroniser(asker, index).run()
        assert (caught.value.code, caught.value.exit_code) == ("RG130", 3)
        await sync(kept, index)

    on_anvil.run(work)


def test_a_history_is_not_told_if_the_chain_is_reorganised_under_it(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        shaken = False

        async def shake(_params: Sequence[Any], truth: Truth) -> Any:
            nonlocal shaken
            found = await truth()
            if not shaken:
                shaken = True
                await kept.node.request("anvil_mine", ["0x1"])
                await reorganise(kept, 2)
            return found

        _, asker = through(kept, on_anvil, {"eth_call": shake})
        with pytest.raises((ReorgedError, RecordUnavailableError)):
            await asker.history(ONE)
        assert len(await asker.history(ONE)) == 3

    on_anvil.run(work)


def test_events_of_a_block_that_was_replaced_are_no_history(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)

        async def elsewhere(_params: Sequence[Any], truth: Truth) -> Any:
            return [log | {"blockHash": "0x" + "77" * 32} for log in await truth()]

        _, asker = through(kept, on_anvil, {"eth_getLogs": elsewhere})
        with pytest.raises(ReorgedError) as caught:
            await asker.history(ONE)
        assert caught.value.code == "RG130"

    on_anvil.run(work)


# --- the history of one number ------------------------------------------------------------------------------


def test_a_synced_history_is_the_walked_one(ground: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        await sync(kept, index)
        for number in (ONE, TWO):
            replayed = await replayed_history(kept.reader, index, number)
            assert replayed is not None
            walked = await kept.reader.history(number)
            assert [
                (row.block, Kind(row.kind).event, row.transaction, row.time, row.record) for row in replayed.rows
            ] == [
                (c.event.log.block, c.event.name, c.event.log.transaction, c.timestamp, c.event.fields.get("record"))
                for c in walked
            ]
        absent = await replayed_history(kept.reader, index, fictional(3))
        assert absent is not None
        assert absent.rows == []

    ground.run(work)


def test_a_sync_of_another_process_in_between_is_no_damage(on_anvil: Ground, index: Index, tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        known: list[str] = []

        async def meanwhile(params: Sequence[Any], truth: Truth) -> Any:
            """Whether the chain still has the copy's newest block is asked between reading the copy and using it."""
            if params[0] in known:
                known.clear()
                with Index.in_file(tmp_path / "index.sqlite") as other:
                    assert (await sync(kept, other)).changes == 1
            return await truth()

        _, asker = through(kept, on_anvil, {"eth_getBlockByNumber": meanwhile})
        await lives(kept)
        known.append(hex((await sync(kept, index)).basis.block))
        await kept.writer.set_status([ONE], Status.ACTIVE, Reason.RECTIFIED)
        replayed = await replayed_history(asker, index, TWO)
        assert (known, replayed and len(replayed.rows)) == ([], 4)

        known.append(hex((await sync(kept, index)).basis.block))
        await kept.writer.set_status([ONE], Status.SUSPENDED, Reason.VIOLATION)
        with pytest.raises(StoreError) as caught:
            await Synchroniser(asker, index).run()
        assert (known, caught.value.code) == ([], "SY104")
        assert (await sync(kept, index)).changes == 0
        assert len(index.copy(await place(kept))[1]) == 9

    on_anvil.run(work)


def test_a_copy_that_does_not_reach_the_last_change_gives_no_history(ground: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        assert await replayed_history(kept.reader, index, ONE) is None
        await lives(kept)
        await sync(kept, index)
        await kept.writer.set_status([ONE], Status.ACTIVE, Reason.RECTIFIED)
        assert await replayed_history(kept.reader, index, ONE) is None
        other = await replayed_history(kept.reader, index, TWO)
        assert other is not None
        assert len(other.rows) == 4

    ground.run(work)


def test_a_copy_of_a_chain_that_was_reorganised_gives_no_history(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        await sync(kept, index)
        await reorganise(kept, 1)
        assert await replayed_history(kept.reader, index, ONE) is None

    on_anvil.run(work)


def test_an_unproven_copy_gives_no_history(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)

        async def broken(at: Block) -> Any:
            raise KilledError

        kept.reader.head = broken  # type: ignore[method-assign]
        with pytest.raises(KilledError):
            await sync(kept, index)
        assert len(index.copy(await place(kept))[1]) == 7
        assert await replayed_history(kept.reader, index, ONE) is None

    on_anvil.run(work)


def test_a_node_that_contradicts_the_copy_is_not_believed(on_anvil: Ground, index: Index) -> None:
    async def work(kept: Kept) -> None:
        await lives(kept)
        await sync(kept, index)

        async def void(params: Sequence[Any], truth: Truth) -> Any:
            answer = await truth()
            return answer[:-64] + f"{Status.VOID:064x}"

        _, asker = through(kept, on_anvil, {"eth_call": void})
        with pytest.raises(RecordUnavailableError) as caught:
            await replayed_history(asker, index, ONE)
        assert caught.value.code == "RG125"

    on_anvil.run(work)


# --- how old a head may be ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("finality", "refuses"), [("0 confirmations", True), ("safe", True), ("latest", False)])
def test_a_head_that_is_too_old_rests_no_verdict(on_anvil: Ground, finality: str, refuses: bool) -> None:
    """A node that is stuck would hide every filing since; only a chain that makes blocks on demand may be quiet."""

    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(ONE)])
        await kept.node.request("anvil_mine", ["0x60"])
        network = on_anvil.network.model_copy(update={"finality": finality, "max_head_age_s": 600})
        registry, trust = kept.reader._registry, kept.reader.trust
        now = (await kept.reader.pin())[0].timestamp

        def asker(ahead_s: int) -> RegistryReader:
            return RegistryReader(
                kept.node, network=network, registry=registry, trust=trust, clock=lambda: now + ahead_s
            )

        assert (await asker(300).look_up([ONE])).basis.finality == finality
        late = asker(2000)
        if not refuses:
            await late.look_up([ONE])
            return
        with pytest.raises(RpcUnavailableError) as caught:
            await late.look_up([ONE])
        assert (caught.value.code, caught.value.exit_code) == ("CH142", 3)

    on_anvil.run(work)


# --- deployment ---------------------------------------------------------------------------------------------


def test_a_registry_that_names_another_block_of_deployment_than_the_settings_is_refused(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at, _ = await kept.reader.pin()
        deployed_at = await kept.reader.deployed_at(at)
        for expected, code in ((deployed_at, None), (deployed_at + 1, "CH113")):
            known = kept.reader._registry.model_copy(update={"deployed_at": expected})
            asker = RegistryReader(kept.node, network=ground.network, registry=known, trust=kept.reader.trust)
            if code is None:
                await asker.look_up([ONE])
                continue
            with pytest.raises(ChainError) as caught:
                await asker.look_up([ONE])
            assert caught.value.code == code

    ground.run(work)
