"""A filing on a real chain with a history to be lied about."""

import asyncio
from dataclasses import dataclass

from attest.chain.rpc import HttpNode
from attest.number import FilingNumber
from attest.ports import Lookup, Status
from attest.reasons import Reason
from attest.record import PublicRecord
from tests.chain.anvil import Anvil, rich_key
from tests.conftest import fictional, keep, record_of


@dataclass(frozen=True)
class Filed:
    """A number that was registered, then suspended, then put in force again: three blocks.

    Attributes:
        address: The registry's.
        truth: What a look-up of `number` gives.
        other: The record of another number of the same registry.
    """

    anvil: Anvil
    address: str
    number: FilingNumber
    truth: Lookup
    other: PublicRecord


def file(anvil: Anvil) -> Filed:
    async def work() -> Filed:
        async with HttpNode(anvil.url) as node:
            kept = await keep(node, await rich_key(node), anvil.network(), name="anvil")
            record, other = record_of(fictional(1)), record_of(fictional(2))
            number = record.filing_number
            await kept.writer.register([record, other])
            await kept.writer.set_status([number], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
            await kept.writer.set_status([number], Status.ACTIVE, Reason.RECTIFIED)
            truth = (await kept.reader.look_up([number])).lookups[number]
            assert truth.record == record
            return Filed(anvil, kept.address, number, truth, other)

    return asyncio.run(work())
