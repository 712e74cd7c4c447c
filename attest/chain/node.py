"""What a node is asked, and what its answers must look like.

`Node` is the one seam between the registry and a chain: `attest.chain.rpc` reaches it over HTTP,
`attest.chain.embedded` in this process. Every answer is bytes from outside until a function here has typed it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from attest import messages
from attest.errors import RpcProtocolError, SettingsError

MAX_QUANTITY: Final = 2**64 - 1
MAX_TIME: Final = 253_402_300_799  # the last second of the year 9999, where dates end
_QUANTITY = re.compile("0x(?:0|[1-9a-f][0-9a-f]{0,63})")
_DATA = re.compile("0x(?:[0-9a-f]{2})*", re.IGNORECASE)


class Node(Protocol):
    """One node of a chain."""

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        """The `result` of one JSON-RPC request, any JSON value.

        Raises:
            RpcUnavailableError: no answer within the budget.
            RpcRefusedError: the node answered with an error object.
            RpcProtocolError: the answer is not JSON-RPC.
        """
        ...

    async def close(self) -> None:
        """Give back sockets and files."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header as far as it is used here; `hash` is 0x-hex, `timestamp` in seconds."""

    number: int
    hash: str
    timestamp: int
    base_fee: int | None


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the contract emitted it, with the place it was mined at."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: str
    index: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    transaction: str
    block: int
    block_hash: str
    succeeded: bool
    gas_used: int
    contract: str | None


async def chain_id(node: Node) -> int:
    """EIP-155 chain id."""
    return quantity(await node.request("eth_chainId", []), "eth_chainId")


async def block(node: Node, which: int | str) -> Block:
    """The block of a number or of a tag (`latest`, `safe`, `finalized`).

    Raises:
        RpcProtocolError: there is none.
    """
    method = "eth_getBlockByNumber"
    fields = _object(await node.request(method, [hex(which) if isinstance(which, int) else which, False]), method)
    number = quantity(fields.get("number"), method)
    if isinstance(which, int) and number != which:
        raise RpcProtocolError("CH104", method=method, expected=f"block {which}", found=f"block {number}")
    fee = fields.get("baseFeePerGas")
    return Block(
        number=number,
        hash=data(fields.get("hash"), method, 32),
        timestamp=quantity(fields.get("timestamp"), method, MAX_TIME),
        base_fee=None if fee is None else quantity(fee, method),
    )


async def head(node: Node, finality: str) -> Block:
    """The newest block that `finality` calls final: a tag, or `N confirmations`."""
    if finality in ("latest", "safe", "finalized"):
        return await block(node, finality)
    if match := re.fullmatch("([0-9]{1,4}) confirmations?", finality):
        latest = await block(node, "latest")
        return await block(node, max(0, latest.number - int(match[1])))
    raise SettingsError("SE106", found=messages.shown(finality))


async def call(node: Node, to: str, calldata: bytes, at: Block) -> bytes:
    """The answer of contract `to` in the state of block `at`."""
    answer = await node.request("eth_call", [{"to": to, "data": "0x" + calldata.hex()}, {"blockHash": at.hash}])
    return raw(answer, "eth_call")


async def code(node: Node, address: str, at: Block) -> bytes:
    """The runtime code at `address` in the state of block `at`; empty where there is no contract."""
    return raw(await node.request("eth_getCode", [address, {"blockHash": at.hash}]), "eth_getCode")


async def logs(
    node: Node, address: str, topics: Sequence[str | None], first: int, last: int | None = None
) -> list[Log]:
    """The events of one contract in block `first`, or from there to block `last`, in the order they happened."""
    method = "eth_getLogs"
    last = first if last is None else last
    where = {"address": address, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}
    answer = await node.request(method, [where])
    if not isinstance(answer, list):
        raise RpcProtocolError("CH104", method=method, expected="a list", found=messages.shown(answer))
    found = sorted((_log(_object(item, method), method) for item in answer), key=lambda log: (log.block, log.index))
    for log in found:
        if not first <= log.block <= last or log.address != address.lower() or not _fits(log, topics):
            where_to = f"block {first}" if first == last else f"blocks {first} to {last}"
            expected = f"events of {address} in {where_to} with the topics asked for"
            raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(log))
    if len({(log.block, log.index) for log in found}) != len(found):
        raise RpcProtocolError("CH104", method=method, expected="each event once", found="one twice")
    return found


async def receipt(node: Node, transaction: str) -> Receipt | None:
    """The receipt of a transaction hash, or None while it is not mined."""
    method = "eth_getTransactionReceipt"
    answer = await node.request(method, [transaction])
    if answer is None:
        return None
    fields = _object(answer, method)
    found = data(fields.get("transactionHash"), method, 32)
    if found != transaction.lower():
        raise RpcProtocolError("CH104", method=method, expected=transaction, found=found)
    contract = fields.get("contractAddress")
    return Receipt(
        transaction=found,
        block=quantity(fields.get("blockNumber"), method),
        block_hash=data(fields.get("blockHash"), method, 32),
        succeeded=quantity(fields.get("status"), method) == 1,
        gas_used=quantity(fields.get("gasUsed"), method),
        contract=None if contract is None else data(contract, method, 20),
    )


def quantity(value: Any, method: str, most: int = MAX_QUANTITY) -> int:
    """A JSON-RPC quantity as a number from 0 to `most`."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value.lower()) or int(value, 16) > most:
        expected = f"a quantity of at most {most:#x}"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(value))
    return int(value, 16)


def data(value: Any, method: str, length: int | None = None) -> str:
    """JSON-RPC data as 0x-hex in lower case, of `length` bytes where one is given."""
    if not isinstance(value, str) or not _DATA.fullmatch(value) or length not in (None, len(value) // 2 - 1):
        expected = "bytes" if length is None else f"{length} bytes"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(value))
    return value.lower()


def raw(value: Any, method: str) -> bytes:
    """JSON-RPC data as bytes."""
    return bytes.fromhex(data(value, method)[2:])


def _object(value: Any, method: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RpcProtocolError("CH104", method=method, expected="an object", found=messages.shown(value))
    return value


def _fits(log: Log, topics: Sequence[str | None]) -> bool:
    return len(log.topics) >= len(topics) and all(
        wanted is None or wanted == "0x" + found.hex() for wanted, found in zip(topics, log.topics, strict=False)
    )


def _log(fields: dict[str, Any], method: str) -> Log:
    topics = fields.get("topics")
    if not isinstance(topics, list):
        raise RpcProtocolError("CH104", method=method, expected="topics", found=messages.shown(topics))
    return Log(
        address=data(fields.get("address"), method, 20),
        topics=tuple(bytes.fromhex(data(topic, method, 32)[2:]) for topic in topics),
        data=raw(fields.get("data"), method),
        block=quantity(fields.get("blockNumber"), method),
        block_hash=data(fields.get("blockHash"), method, 32),
        index=quantity(fields.get("logIndex"), method),
        transaction=data(fields.get("transactionHash"), method, 32),
    )
