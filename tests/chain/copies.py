"""A registry with a history, and a copy of it: what the tests of syncing share."""

from collections.abc import Awaitable, Callable
from typing import Any

from attest.canonical import digest
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.reader import RegistryReader
from attest.registry.sync import Synced, Synchroniser, place_of
from attest.store.index import Index, Place
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept, fictional, reader, record_of

Truth = Callable[[], Awaitable[Any]]
ONE, TWO = fictional(1), fictional(2)


class KilledError(Exception):
    """Stands for the end of the process."""


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


async def reorganise(kept: Kept, depth: int) -> None:
    """Replace the newest blocks by empty ones: what was in them is undone."""
    await kept.node.request("anvil_reorg", [depth, []])
