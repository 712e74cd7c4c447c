"""Changing one registry: what each change calls, how long lists are split, and what is refused before it is sent."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.canonical import digest
from attest.chain import node
from attest.chain.node import Node, Receipt
from attest.errors import InputError, RpcProtocolError, WrongChainError
from attest.number import FilingNumber
from attest.ports import Entry, Status
from attest.reasons import Reason
from attest.record import PublicRecord
from attest.registry import contract
from attest.registry.reader import MAX_BATCH, entries
from attest.registry.sender import Sender

MAX_CALLDATA: Final = 120_000  # bytes; public pools refuse transactions of 128 kB
MAX_GAS: Final = 12_000_000  # of one call; well under the 16.7M a transaction may use (EIP-7825)
MOST_NAMED: Final = 5  # numbers in one message
_AROUND_ALL: Final = 4 + 2 * 32  # bytes of call data: selector, offset, length
_AROUND_EACH: Final = 4 * 32  # bytes beside each record: offset, number, offset, length


async def deploy(sender: Sender, asked: Node, *, name: str, delay_s: int) -> Receipt:
    """Create a registry whose admin is the sender, and make sure that its block numbers can be followed.

    Args:
        name: What the registry calls itself, 1 to `contract.NAME_LENGTH` bytes; no claim of authority.
        delay_s: Seconds that a change of admin waits.

    Raises:
        WrongChainError: as `check_deployment`.
    """
    receipt = await sender.send(None, contract.deployment(name, sender.address, delay_s))
    await check_deployment(asked, receipt)
    return receipt


async def check_deployment(asked: Node, receipt: Receipt) -> None:
    """Make sure that a transaction created a registry.

    Raises:
        WrongChainError: the node shows other code than was sent, or the chain's `block.number` is not its own height.
    """
    if receipt.contract is None:
        raise RpcProtocolError("CH104", method="eth_getTransactionReceipt", expected="an address", found="none")
    at = await node.block(asked, receipt.block)
    if not contract.is_registry(await node.code(asked, receipt.contract, at)):
        raise WrongChainError("CH112", address=receipt.contract, block=at.number, found="-")
    answer = await node.call(asked, receipt.contract, contract.encode("deployedAt"), at)
    (deployed_at,) = contract.decode("deployedAt", answer)
    if deployed_at != receipt.block:
        raise WrongChainError("CH113", address=receipt.contract, expected=receipt.block, found=deployed_at)


class RegistryWriter:
    """Changes one registry in the name of the sender's account. Errors of each change as of `Sender.send`.

    Args:
        address: The registry contract.
        progress: Told how many more of a list's filings are done, after each transaction.
    """

    def __init__(
        self, sender: Sender, asked: Node, address: str, *, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._sender = sender
        self._node = asked
        self._address = address
        self._progress = progress

    async def missing(self, records: Sequence[PublicRecord]) -> list[PublicRecord]:
        """Those of `records` that are not in force in the registry already, as they are.

        Raises:
            InputError: a number stands twice in `records`.
        """
        _refuse_twice([record.filing_number for record in records])
        found = await self._entries([record.filing_number for record in records])
        return [
            record
            for record, entry in zip(records, found.values(), strict=True)
            if (entry.status, entry.digest) != (Status.ACTIVE, digest(record.canonical()))
        ]

    async def register(self, records: Sequence[PublicRecord]) -> list[Receipt]:
        """Register filings, in as few transactions as the bounds allow; each transaction is all or nothing.

        Raises:
            InputError: a number stands twice in `records`, or in the registry already; nothing was sent.
        """
        _refuse_twice([record.filing_number for record in records])
        await self._refuse_taken([record.filing_number for record in records])
        receipts = []
        for batch in batches(records):
            receipts += await self._register(batch)
        return receipts

    async def amend(self, record: PublicRecord, expected_digest: bytes) -> Receipt:
        """Replace the record of a filing, if it is still the one of `expected_digest`."""
        amendment = (contract.key(record.filing_number), expected_digest, record.canonical())
        return await self._call("amend", [amendment])

    async def set_status(self, numbers: Sequence[FilingNumber], to: Status, reason: Reason) -> list[Receipt]:
        """Change the status of filings; each transaction is all or nothing.

        Raises:
            InputError: a number stands twice in `numbers`; nothing was sent.
        """
        _refuse_twice(numbers)
        keys = [contract.key(number) for number in numbers]
        receipts = []
        for start in range(0, len(keys), MAX_BATCH):
            part = keys[start : start + MAX_BATCH]
            receipts.append(await self._call("setStatus", part, to, reason))
            self._progress(len(part))
        return receipts

    async def correct(self, number: FilingNumber, reason: Reason) -> Receipt:
        """Mark an entry as made in error: it says nothing about the number any more."""
        return await self._call("correct", contract.key(number), reason)

    async def reopen(self, record: PublicRecord) -> Receipt:
        """Put a cancelled, revoked or void number in force again, with a new record."""
        return await self._call("reopen", contract.key(record.filing_number), record.canonical())

    async def grant(self, role: str, account: str) -> Receipt:
        """Give a role of `contract.ROLES` to an account."""
        return await self._call("grantRole", keccak(text=role), to_checksum_address(account))

    async def revoke(self, role: str, account: str) -> Receipt:
        """Take a role from an account."""
        return await self._call("revokeRole", keccak(text=role), to_checksum_address(account))

    async def begin_transfer(self, account: str) -> Receipt:
        """Name the next admin, who accepts once the registry's delay is over; until then nothing changes."""
        return await self._call("beginDefaultAdminTransfer", to_checksum_address(account))

    async def accept_transfer(self) -> Receipt:
        """Become the admin, as the account that a transfer names."""
        return await self._call("acceptDefaultAdminTransfer")

    async def cancel_transfer(self) -> Receipt:
        """Take back a transfer that is not accepted yet."""
        return await self._call("cancelDefaultAdminTransfer")

    async def _call(self, function: str, *arguments: Any) -> Receipt:
        return await self._sender.send(self._address, contract.encode(function, *arguments))

    async def _register(self, batch: Sequence[PublicRecord]) -> list[Receipt]:
        items = [(contract.key(record.filing_number), record.canonical()) for record in batch]
        data = contract.encode("register", items)
        gas = await self._sender.estimate(self._address, data)
        if len(batch) > 1 and gas > MAX_GAS:
            half = len(batch) // 2
            return [*await self._register(batch[:half]), *await self._register(batch[half:])]
        receipt = await self._sender.send(self._address, data, gas)
        self._progress(len(batch))
        return [receipt]

    async def _refuse_taken(self, numbers: Sequence[FilingNumber]) -> None:
        found = await self._entries(numbers)
        if taken := [number for number, entry in found.items() if entry.status is not Status.NONE]:
            raise InputError("RG111", numbers=_named(taken))

    async def _entries(self, numbers: Sequence[FilingNumber]) -> dict[FilingNumber, Entry]:
        """The newest entry of each number."""
        return await entries(self._node, self._address, numbers, await node.head(self._node, "latest"))


def _refuse_twice(numbers: Sequence[FilingNumber]) -> None:
    if twice := sorted(number for number, times in Counter(numbers).items() if times > 1):
        raise InputError("RG110", numbers=_named(twice))


def _named(numbers: Sequence[FilingNumber]) -> str:
    """The numbers for a message: a few, and how many there are."""
    named = ", ".join(number.text for number in numbers[:MOST_NAMED])
    return named if len(numbers) <= MOST_NAMED else f"{named} … ({len(numbers)})"


def batches(records: Sequence[PublicRecord]) -> Iterator[list[PublicRecord]]:
    """Split records so that each part fits one transaction's call data and the contract's bound."""
    part: list[PublicRecord] = []
    size = _AROUND_ALL
    for record in records:
        padded = -(-len(record.canonical()) // 32) * 32
        length = _AROUND_EACH + padded
        if part and (size + length > MAX_CALLDATA or len(part) == MAX_BATCH):
            yield part
            part, size = [], _AROUND_ALL
        part.append(record)
        size += length
    if part:
        yield part
