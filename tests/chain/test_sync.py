"""A registry copied into the store: whole, resumed, and never with something missing."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from attest.errors import (
    ChainError,
    RpcUnavailableError,
    StoreError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.reader import RegistryReader
from attest.registry.replay import Kind
from attest.registry.sync import Synchroniser, place_of
from attest.store.index import Index
from tests.chain.copies import ONE, TWO, KilledError, Truth, lives, place, sync, through
from tests.chain.grounds import Ground
from tests.conftest import Kept, reader, record_of

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


# --- interrupted --------------------------------------------------------------------------------------------


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
