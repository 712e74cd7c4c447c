"""Rehearsing a batch on a fork: what the real network would do with it, unsigned, and with no effect on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from attest.chain import node
from attest.chain.fork import Fork
from attest.chain.node import Node, Receipt
from attest.errors import RegistryRefusedError, RpcProtocolError
from attest.ports import Answer, TrustEntry
from attest.record import PublicRecord
from attest.registry import sender
from attest.registry.reader import RegistryReader
from attest.registry.writer import RegistryWriter
from attest.settings import Network, Registry

WEALTH: Final = 10**27  # wei that the account has on the fork, so that what it lacks can be told afterwards
MAX_BALANCE: Final = 2**256 - 1  # wei


@dataclass(frozen=True, slots=True)
class Sent:
    """One transaction of a rehearsal.

    Attributes:
        base_fee: Wei per unit of gas that its block burned; `tip` went to the block's maker.
    """

    receipt: Receipt
    base_fee: int
    tip: int

    @property
    def fee(self) -> int:
        """Wei."""
        return self.receipt.gas_used * (self.base_fee + self.tip)


class Impersonator:
    """Sends transactions as an account whose key nobody opens; implements `Sender`. Only a fork lets it.

    Attributes:
        sent: What it has sent so far.
    """

    def __init__(self, fork: Node, address: str, *, network: Network, tip: int) -> None:
        self._node = fork
        self._network = network
        self._tip = tip
        self.address = address
        self.sent: list[Sent] = []

    @classmethod
    async def begin(cls, fork: Node, address: str, *, network: Network, tip: int) -> Self:
        """Let `address` act on the fork, with money enough.

        Args:
            network: The real one, whose cap on fees holds here too.
            tip: Wei per unit of gas, as a node of the real network recommends.
        """
        await fork.request("hardhat_impersonateAccount", [address])
        await fork.request("hardhat_setBalance", [address, hex(WEALTH)])
        return cls(fork, address, network=network, tip=tip)

    async def estimate(self, to: str | None, data: bytes) -> int:
        return await sender.estimate(self._node, self.address, to, data)

    async def send(self, to: str | None, data: bytes, gas: int | None = None) -> Receipt:
        """Have the fork mine one call; errors as `Sender.send`, and FeeCapError as the real sender."""
        expected = await self.estimate(to, data) if gas is None else gas
        limit = sender.with_reserve(expected)
        _, fees = await sender.quote(self._node, limit, self._network, self._tip)
        call = {
            "from": self.address,
            "data": "0x" + data.hex(),
            "gas": hex(limit),
            "maxFeePerGas": hex(fees.most),
            "maxPriorityFeePerGas": hex(fees.tip),
        }
        if to is not None:
            call["to"] = to
        method = "eth_sendTransaction"
        transaction = node.data(await self._node.request(method, [call]), method, 32)
        receipt = await node.receipt(self._node, transaction)
        if receipt is None:
            raise RpcProtocolError("CH104", method="eth_getTransactionReceipt", expected="a receipt", found="none")
        if not receipt.succeeded:
            raise RegistryRefusedError("RG198", transaction=transaction, block=receipt.block)
        base_fee = (await node.block(self._node, receipt.block)).base_fee or 0
        self.sent.append(Sent(receipt, base_fee, min(fees.tip, fees.most - base_fee)))
        return receipt


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a batch on a fork.

    Attributes:
        registered_already: How many of the filings stood in the registry just as they are, and were left alone.
        filings: How many of them each transaction registered.
        answer: The entries afterwards.
        balance: Wei that the account has on the real network.
    """

    registered_already: int
    sent: Sequence[Sent]
    filings: Sequence[int]
    answer: Answer
    balance: int

    @property
    def cost(self) -> int:
        """Wei."""
        return sum(sent.fee for sent in self.sent)


async def rehearse(
    records: Sequence[PublicRecord],
    account: str,
    fork: Fork,
    upstream: Node,
    *,
    network: Network,
    registry: Registry,
    trust: TrustEntry,
) -> Rehearsal:
    """Register filings on a fork as `account` would on the network, batched and refused alike.

    Args:
        upstream: A node of the network; only read.

    Raises:
        InputError, RegistryRefusedError, FeeCapError: as registering on the network would.
        ChainError: a node gave no usable answer, or there is no registry at the address.
    """
    newest = network.model_copy(update={"rpc": (fork.url,), "quorum": None, "finality": "latest"})
    reader = RegistryReader(fork.node, network=newest, registry=registry, trust=trust)
    await reader.pin()
    method = "eth_getBalance"
    balance = node.quantity(await upstream.request(method, [account, hex(fork.at.number)]), method, MAX_BALANCE)
    tip = await sender.recommended_tip(upstream)
    impersonator = await Impersonator.begin(fork.node, account, network=network, tip=tip)
    filings: list[int] = []
    writer = RegistryWriter(impersonator, fork.node, registry.address, progress=filings.append)
    missing = await writer.missing(records)
    await writer.register(missing)
    answer = await reader.states([record.filing_number for record in records])
    return Rehearsal(len(records) - len(missing), impersonator.sent, filings, answer, balance)
