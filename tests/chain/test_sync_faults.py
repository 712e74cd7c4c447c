"""A copy of a registry over nodes that leave out, alter or refuse: with nothing missing, or an error."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from attest.errors import (
    ChainError,
    ReorgedError,
    ReplayError,
    RpcRefusedError,
)
from attest.registry.contract import topic
from attest.registry.sync import FIRST_RANGE, MAX_RANGE, Synchroniser, place_of, ranges
from attest.store.index import Index
from tests.chain.copies import ONE, Truth, lives, sync, through
from tests.chain.grounds import Ground
from tests.conftest import Kept, record_of

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
    "without a history": altered("Checkpoint", -1, lambda log: log | {"data": log["data"][:-64] + 64 * "0"}),
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
