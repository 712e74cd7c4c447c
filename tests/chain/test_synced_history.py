"""The history of one number from a copy: the walked one, or none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from attest.chain.node import Block
from attest.errors import (
    RecordUnavailableError,
    StoreError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.replay import Kind
from attest.registry.sync import Synchroniser, replayed_history
from attest.store.index import Index
from tests.chain.copies import ONE, TWO, KilledError, Truth, lives, place, reorganise, sync, through
from tests.chain.grounds import Ground
from tests.conftest import Kept, fictional


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
