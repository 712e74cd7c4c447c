"""Whoever carries out an account's calls, and what they cost.

`Signer` (`attest.registry.signer`) signs and sends them; `DryRun` only asks what they would cost; a rehearsal
(`attest.registry.rehearsal`) makes them on a fork.
"""

from typing import TYPE_CHECKING, Any, Protocol

from attest.chain import fees, node
from attest.chain.fees import COIN, Fees
from attest.chain.node import Node, Receipt
from attest.errors import RpcProtocolError, RpcRefusedError
from attest.registry import contract
from attest.settings import Network

if TYPE_CHECKING:
    from attest.store.journal import Operation


class Sender(Protocol):
    """Carries out calls in the name of one account."""

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        ...

    async def estimate(self, to: str | None, data: bytes) -> int:
        """Gas the node expects for a transaction.

        Raises:
            RegistryRefusedError: the contract would revert.
        """
        ...

    async def send(self, to: str | None, data: bytes, gas: int | None = None) -> Receipt:
        """Carry out one call, and return what came of it.

        Args:
            to: Address called, or None to create a contract.
            gas: As `estimate` told, if it was asked.

        Raises:
            RegistryRefusedError: the contract reverted; nothing was changed.
            ChainError: the node gave no usable answer.
        """
        ...


class DryRun:
    """Estimates what an account's calls would cost, and sends nothing; implements `Sender`, and has no journal.

    Each receipt says the gas that is expected, and neither block nor transaction.

    Attributes:
        cost: Wei that all calls so far would cost at the present fees; `most` if these doubled.
    """

    def __init__(self, asked: Node, address: str, *, network: Network) -> None:
        self._node = asked
        self._network = network
        self.address = address
        self.cost = 0
        self.most = 0
        self.unfinal = False

    async def resume(self) -> list["Operation"]:
        return []

    async def done_before(self, _to: str | None, _data: bytes) -> Receipt | None:
        return None

    async def estimate(self, to: str | None, data: bytes) -> int:
        return await estimate(self._node, self.address, to, data)

    async def send(self, to: str | None, data: bytes, gas: int | None = None) -> Receipt:
        expected = await self.estimate(to, data) if gas is None else gas
        gas_limit = with_reserve(expected)
        newest, quoted = await quote(self._node, gas_limit, self._network)
        self.cost += expected * (newest + quoted.tip)
        self.most += gas_limit * quoted.most
        return Receipt(transaction="", block=0, block_hash="", succeeded=True, gas_used=expected, contract=None)


async def quote(asked: Node, gas: int, network: Network, tip: int | None = None) -> tuple[int, Fees]:
    """The newest block's base fee, and the fees that a transaction of that much gas would be sent with.

    Args:
        tip: Wei per unit of gas for the block's maker; as the node recommends if left out.
    """
    base_fee = (await node.head(asked, "latest")).base_fee or 0
    if tip is None:
        tip = await recommended_tip(asked)
    return base_fee, fees.quote(base_fee, tip, gas, cap(network))


async def recommended_tip(asked: Node) -> int:
    """Wei per unit of gas that a node recommends for the block's maker."""
    method = "eth_maxPriorityFeePerGas"
    return node.quantity(await asked.request(method, []), method)


async def estimate(asked: Node, sender: str, to: str | None, data: bytes) -> int:
    """Gas that a node expects for a call, more than none; errors as `Sender.estimate`."""
    method = "eth_estimateGas"
    call: dict[str, Any] = {"from": sender, "data": "0x" + data.hex()} | ({"to": to} if to else {})
    try:
        gas = node.quantity(await asked.request(method, [call]), method)
    except RpcRefusedError as error:
        if refusal := contract.refusal(error):
            raise refusal from error
        raise
    if gas == 0:
        raise RpcProtocolError("CH104", method=method, expected="a quantity above 0", found="'0x0'")
    return gas


def cap(network: Network) -> int:
    """Most wei that a transaction may cost."""
    return int(network.fee_cap * COIN)


def with_reserve(gas: int) -> int:
    """A gas limit a tenth above what is expected: other changes may come first."""
    return gas + gas // 10
