"""A key that is kept elsewhere: any signer that answers `eth_signTransaction` (web3signer, clef, a node)."""

from collections.abc import Callable
from typing import Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from attest import messages
from attest.chain import node, transactions
from attest.chain.node import Node
from attest.chain.transactions import Transaction
from attest.errors import ChainError, SignerError


class RemoteKey:
    """The key of `address` at a remote signer. What comes back is believed only if it is what was asked for.

    Args:
        asked: The signer. The caller closes it.
        address: Checksummed address of the account.
        announce: Gets the digest that will be signed, 0x-hex, for whoever approves it on a device.
    """

    def __init__(self, asked: Node, address: str, announce: Callable[[str], None]) -> None:
        self._node = asked
        self._address = address
        self._announce = announce

    @property
    def address(self) -> str:
        return self._address

    async def sign(self, transaction: Transaction) -> bytes:
        self._announce("0x" + transactions.digest(transaction).hex())
        fields = {name: _json(value) for name, value in transactions.fields(transaction).items()}
        try:
            answer = await self._node.request("eth_signTransaction", [fields | {"from": self._address}])
        except ChainError as error:
            raise SignerError("KE110", why=error) from error
        try:
            raw = node.raw(answer["raw"] if isinstance(answer, dict) else answer, "eth_signTransaction")
            signed, signer = transactions.decode(raw), Account.recover_transaction(raw)
        except (ChainError, BadSignature, ValidationError, ValueError, KeyError, TypeError) as error:
            raise SignerError("KE111", found=messages.shown(answer)) from error
        if signer != self._address:
            raise SignerError("KE112", expected=self._address, found=signer)
        if signed != transaction:
            raise SignerError("KE113")
        return raw


def _json(value: Any) -> str:
    match value:
        case int():
            return hex(value)
        case bytes():
            return "0x" + value.hex()
    return str(value)
