"""Block headers as the bytes that are hashed: RLP, with the fields of every fork up to Prague.

The block hash is the Keccak-256 of these bytes; among them is the root of the state that proofs lead to. Chains whose
headers hold other fields, or are hashed in another way, are told by a hash that does not come out.
"""

from dataclasses import dataclass
from typing import Any, Final

import rlp
from eth_hash.auto import keccak

from attest import messages
from attest.chain import node
from attest.chain.node import Block, Node
from attest.errors import ProofError, ReorgedError, RpcProtocolError

MAX_HEADER: Final = 2048  # bytes; Prague's are under 700, a proof-of-authority chain lists its signers in extraData

_NUMBER: Final = 0
_ANY: Final = -1
_FIELDS: Final = {
    "parentHash": 32, "sha3Uncles": 32, "miner": 20, "stateRoot": 32, "transactionsRoot": 32, "receiptsRoot": 32,
    "logsBloom": 256, "difficulty": _NUMBER, "number": _NUMBER, "gasLimit": _NUMBER, "gasUsed": _NUMBER,
    "timestamp": _NUMBER, "extraData": _ANY, "mixHash": 32, "nonce": 8, "baseFeePerGas": _NUMBER,
    "withdrawalsRoot": 32, "blobGasUsed": _NUMBER, "excessBlobGas": _NUMBER, "parentBeaconBlockRoot": 32,
    "requestsHash": 32,
}  # fmt: skip
"""JSON-RPC's names in the order of the bytes; each a number, or so many bytes, or any. Sources: the yellow paper;
EIP-1559, 4895, 4844, 4788 and 7685, each of which added to the end."""

_NAMES: Final = tuple(_FIELDS)
_OLDEST: Final = 15  # fields before EIP-1559


@dataclass(frozen=True, slots=True)
class Header:
    """What a proof needs of a block.

    Attributes:
        encoded: RLP of all fields.
        hash: The block hash, 32 bytes: Keccak-256 of `encoded`.
        state_root: 32 bytes.
        timestamp: Seconds since 1970.
    """

    encoded: bytes
    hash: bytes
    state_root: bytes
    number: int
    timestamp: int


def parse_header(encoded: bytes) -> Header:
    """Read a header's bytes.

    Raises:
        ProofError: not the canonical RLP of 15 to 21 fields in their forms.
    """
    try:
        fields = rlp.decode(encoded) if len(encoded) <= MAX_HEADER else None
    except (rlp.DecodingError, RecursionError) as error:
        raise ProofError("PF111") from error
    if not isinstance(fields, list) or not _OLDEST <= len(fields) <= len(_NAMES):
        raise ProofError("PF111")
    if not all(_fits(field, form) for field, form in zip(fields, _FIELDS.values(), strict=False)):
        raise ProofError("PF111")
    named = dict(zip(_NAMES, fields, strict=False))
    number, timestamp = (int.from_bytes(named[name], "big") for name in ("number", "timestamp"))
    if number > node.MAX_QUANTITY or timestamp > node.MAX_TIME:
        raise ProofError("PF111")
    return Header(encoded, keccak(encoded), named["stateRoot"], number, timestamp)


async def header(asked: Node, at: Block) -> Header:
    """The header of block `at`, rebuilt from what the node tells of it.

    Raises:
        ReorgedError: the node has another block there by now.
        ProofError: the bytes do not have the block's hash: this chain hashes its headers in another way.
        ChainError: the node gave no usable answer.
    """
    method = "eth_getBlockByNumber"
    told = await asked.request(method, [hex(at.number), False])
    if not isinstance(told, dict):
        raise RpcProtocolError("CH104", method=method, expected="an object", found=messages.shown(told))
    if (found := node.data(told.get("hash"), method, 32)) != at.hash:
        raise ReorgedError("PF115", block=at.number, expected=at.hash, found=found)
    encoded = encode_header(told, method)
    if "0x" + keccak(encoded).hex() != at.hash:
        raise ProofError("PF110", block=at.number, expected=at.hash, found="0x" + keccak(encoded).hex())
    return parse_header(encoded)


def encode_header(told: dict[str, Any], method: str) -> bytes:
    """RLP of a block that JSON-RPC tells of; the newer fields as far as they are there.

    Raises:
        RpcProtocolError: a field is missing or not in its form.
    """
    newer = _NAMES[_OLDEST:]
    there = next((place for place, name in enumerate(newer) if told.get(name) is None), len(newer))
    fields = [_bytes(told.get(name), _FIELDS[name], method) for name in _NAMES[: _OLDEST + there]]
    return bytes(rlp.encode(fields))


def _bytes(value: Any, form: int, method: str) -> bytes:
    if form == _NUMBER:
        number = node.quantity(value, method, most=2**256 - 1)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes.fromhex(node.data(value, method, None if form == _ANY else form)[2:])


def _fits(field: Any, form: int) -> bool:
    if not isinstance(field, bytes):
        return False
    if form == _NUMBER:
        return len(field) <= 32 and not field.startswith(b"\0")
    return form == _ANY or len(field) == form
