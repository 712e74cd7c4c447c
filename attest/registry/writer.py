"""Writing to one registry: every change is tried on the node first, then signed here, sent, and waited for."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.chain import networks, node
from attest.chain.node import Node, Receipt
from attest.errors import (
    InputError,
    RegistryRefusedError,
    RpcProtocolError,
    RpcRefusedError,
    RpcUnavailableError,
    WrongChainError,
)
from attest.number import FilingNumber
from attest.ports import Status
from attest.reasons import Reason
from attest.record import PublicRecord
from attest.registry import contract
from attest.settings import Network

MAX_CALLDATA: Final = 120_000  # bytes; public pools refuse transactions of 128 kB
MAX_GAS: Final = 12_000_000  # of one call; well under the 16.7M a transaction may use (EIP-7825)
MAX_BATCH: Final = 256  # filings, the contract's bound
WAIT_S: Final = 120.0
FIRST_POLL_S: Final = 0.02  # doubled after each look, up to POLL_S
POLL_S: Final = 0.5
_AROUND_ALL: Final = 4 + 2 * 32  # bytes of call data: selector, offset, length
_AROUND_EACH: Final = 4 * 32  # bytes beside each record: offset, number, offset, length


class Signer:
    """Sends transactions of one account to one network.

    Args:
        asked: A node of the network. It is checked before anything is signed.
        name: The network's name, for messages.
    """

    def __init__(
        self, asked: Node, account: LocalAccount, *, name: str, network: Network, wait_s: float = WAIT_S
    ) -> None:
        self._node = asked
        self._account = account
        self._name = name
        self._network = network
        self._wait_s = wait_s

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        return str(self._account.address)

    async def estimate(self, to: str | None, data: bytes) -> int:
        """Gas the node expects for a transaction.

        Raises:
            RegistryRefusedError: the contract would revert.
        """
        fields = {"from": self.address, "data": "0x" + data.hex()} | ({"to": to} if to else {})
        try:
            return node.quantity(await self._node.request("eth_estimateGas", [fields]), "eth_estimateGas")
        except RpcRefusedError as error:
            if refusal := contract.refusal(error):
                raise refusal from error
            raise

    async def send(self, to: str | None, data: bytes) -> Receipt:
        """Sign a transaction, send it, and wait until it is mined.

        Raises:
            RegistryRefusedError: the contract reverted; nothing was changed.
            RpcUnavailableError: not mined in time; it may be mined later.
            ChainError: the node gave no usable answer.
        """
        chain_id, _ = await networks.check_chain(self._node, self._name, self._network)
        gas = await self.estimate(to, data)
        latest = await node.head(self._node, "latest")
        tip = node.quantity(await self._node.request("eth_maxPriorityFeePerGas", []), "eth_maxPriorityFeePerGas")
        nonce = await self._node.request("eth_getTransactionCount", [self.address, "pending"])
        fields: dict[str, Any] = {
            "type": 2,
            "chainId": chain_id,
            "nonce": node.quantity(nonce, "eth_getTransactionCount"),
            "gas": gas + gas // 10,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": 2 * (latest.base_fee or 0) + tip,
            "value": 0,
            "data": data,
        }
        if to:
            fields["to"] = to_checksum_address(to)
        signed = self._account.sign_transaction(fields)
        expected = "0x" + signed.hash.hex()
        method = "eth_sendRawTransaction"
        try:
            found = node.data(await self._node.request(method, ["0x" + signed.raw_transaction.hex()]), method, 32)
        except RpcRefusedError:  # also said of a transaction sent again because the first answer was lost
            if await self._node.request("eth_getTransactionByHash", [expected]) is None:
                raise
            found = expected
        if found != expected:
            raise RpcProtocolError("CH131", expected=expected, found=found)
        return await self._mined(expected)

    async def _mined(self, transaction: str) -> Receipt:
        try:
            pause_s = FIRST_POLL_S
            async with asyncio.timeout(self._wait_s):
                while (receipt := await node.receipt(self._node, transaction)) is None:
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, POLL_S)
        except TimeoutError as error:
            raise RpcUnavailableError("CH130", transaction=transaction, seconds=int(self._wait_s)) from error
        if not receipt.succeeded:
            raise RegistryRefusedError("RG198", transaction=transaction, block=receipt.block)
        return receipt


async def deploy(signer: Signer, asked: Node, *, name: str, delay_s: int) -> Receipt:
    """Create a registry whose admin is the signer, and make sure that its block numbers can be followed.

    Args:
        name: What the registry calls itself, 1 to `contract.NAME_LENGTH` bytes; no claim of authority.
        delay_s: Seconds that a change of admin waits.

    Raises:
        WrongChainError: the chain's `block.number` is not its own height.
    """
    receipt = await signer.send(None, contract.deployment(name, signer.address, delay_s))
    if receipt.contract is None:
        raise RpcProtocolError("CH104", method="eth_getTransactionReceipt", expected="an address", found="none")
    at = await node.block(asked, receipt.block)
    answer = await node.call(asked, receipt.contract, contract.encode("deployedAt"), at)
    (deployed_at,) = contract.decode("deployedAt", answer)
    if deployed_at != receipt.block:
        raise WrongChainError("CH113", address=receipt.contract, expected=receipt.block, found=deployed_at)
    return receipt


class RegistryWriter:
    """Changes one registry in the name of the signer's account.

    Args:
        address: The registry contract.
    """

    def __init__(self, signer: Signer, asked: Node, address: str) -> None:
        self._signer = signer
        self._node = asked
        self._address = address

    async def register(self, records: Sequence[PublicRecord]) -> list[Receipt]:
        """Register filings, in as few transactions as the bounds allow; each transaction is all or nothing.

        Raises:
            InputError: a number stands twice in `records`, or in the registry already; nothing was sent.
            RegistryRefusedError: see `Signer.send`; earlier transactions stand.
        """
        await self._refuse_duplicates([record.filing_number for record in records])
        receipts = []
        for batch in batches(records):
            receipts += await self._register(batch)
        return receipts

    async def amend(self, record: PublicRecord, expected_digest: bytes) -> Receipt:
        """Replace the record of a filing, if it is still the one of `expected_digest`."""
        amendment = (contract.key(record.filing_number), expected_digest, record.canonical())
        return await self._call("amend", [amendment])

    async def set_status(self, numbers: Sequence[FilingNumber], to: Status, reason: Reason) -> list[Receipt]:
        """Change the status of filings; each transaction is all or nothing."""
        keys = [contract.key(number) for number in numbers]
        starts = range(0, len(keys), MAX_BATCH)
        return [await self._call("setStatus", keys[start : start + MAX_BATCH], to, reason) for start in starts]

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

    async def _call(self, function: str, *arguments: Any) -> Receipt:
        return await self._signer.send(self._address, contract.encode(function, *arguments))

    async def _register(self, batch: Sequence[PublicRecord]) -> list[Receipt]:
        items = [(contract.key(record.filing_number), record.canonical()) for record in batch]
        data = contract.encode("register", items)
        if len(batch) > 1 and await self._signer.estimate(self._address, data) > MAX_GAS:
            half = len(batch) // 2
            return [*await self._register(batch[:half]), *await self._register(batch[half:])]
        return [await self._signer.send(self._address, data)]

    async def _refuse_duplicates(self, numbers: Sequence[FilingNumber]) -> None:
        if twice := sorted(number for number, times in Counter(numbers).items() if times > 1):
            raise InputError("RG110", numbers=", ".join(number.text for number in twice))
        latest = await node.head(self._node, "latest")
        for start in range(0, len(numbers), MAX_BATCH):
            batch = numbers[start : start + MAX_BATCH]
            keys = [contract.key(number) for number in batch]
            answer = await node.call(self._node, self._address, contract.encode("entriesOf", keys), latest)
            entries = contract.entries(answer, len(batch))
            taken = [n.text for n, entry in zip(batch, entries, strict=True) if entry.status is not Status.NONE]
            if taken:
                raise InputError("RG111", numbers=", ".join(taken))


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
