"""A copy of a registry whose chain is reorganised: rolled back with it."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from attest.errors import (
    RecordUnavailableError,
    ReorgedError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.sync import Synchroniser, place_of
from attest.store.index import Index
from tests.chain.copies import ONE, Truth, lives, reorganise, sync, through
from tests.chain.grounds import Ground
from tests.conftest import Kept


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
