"""Signed transactions as bytes (EIP-1559, type 2)."""

from dataclasses import dataclass
from typing import Any, Final

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.chain.fees import Fees

TYPE: Final = 2
_FIELDS: Final = 12  # nine that are signed, three of the signature


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a signed transaction asks for.

    Attributes:
        to: Checksummed address called, or None to create a contract.
        data: Call data, or the code that creates the contract.
    """

    chain_id: int
    nonce: int
    gas: int
    fees: Fees
    to: str | None
    value: int
    data: bytes


def decode(raw: bytes) -> Transaction:
    """Read signed bytes.

    Raises:
        ValueError: not a signed transaction of type 2 without an access list.
    """
    try:
        fields = rlp.decode(raw[1:])
    except rlp.DecodingError as error:
        raise ValueError("not a transaction") from error
    if raw[:1] != bytes([TYPE]) or not isinstance(fields, list) or len(fields) != _FIELDS or fields[8] != []:
        raise ValueError("not a transaction of type 2")
    chain_id, nonce, tip, most, gas, to, value, data = fields[:8]
    return Transaction(
        chain_id=_number(chain_id),
        nonce=_number(nonce),
        gas=_number(gas),
        fees=Fees(_number(tip), _number(most)),
        to=to_checksum_address(to) if to else None,
        value=_number(value),
        data=data,
    )


def fields(transaction: Transaction) -> dict[str, Any]:
    """What is signed, by the names of JSON-RPC."""
    to = {"to": transaction.to} if transaction.to else {}
    return to | {
        "type": TYPE,
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "gas": transaction.gas,
        "maxPriorityFeePerGas": transaction.fees.tip,
        "maxFeePerGas": transaction.fees.most,
        "value": transaction.value,
        "data": transaction.data,
    }


def digest(transaction: Transaction) -> bytes:
    """What the signature is over: 32 bytes."""
    to = bytes.fromhex(transaction.to[2:]) if transaction.to else b""
    fees = transaction.fees
    values = [transaction.chain_id, transaction.nonce, fees.tip, fees.most, transaction.gas, to, transaction.value]
    return keccak(bytes([TYPE]) + rlp.encode([*values, transaction.data, []]))


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")
