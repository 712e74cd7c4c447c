"""Storage proofs (EIP-1186): what one slot of one contract held in one block, shown to who trusts the block's hash.

Two proofs in a row: the header's state root leads to the contract's account, the storage root in the account to the
slot. A slot that holds nothing is in no trie, so its absence is shown the same way; a contract that is absent is not.
No node is needed to check one.
"""

from dataclasses import dataclass
from typing import Any, Final

import rlp
from eth_hash.auto import keccak

from attest import messages
from attest.chain import headers, node, trie
from attest.chain.headers import Header
from attest.chain.node import Block, Node
from attest.errors import ProofError, RpcProtocolError
from attest.messages import Message

MAX_NODES: Final = 64  # of one proof: a key has 64 nibbles; a chain with a billion accounts needs eleven
MAX_NODE: Final = 1024  # bytes; a full branch has 532

WORD: Final = 32  # bytes of a slot, a key or a hash
ACCOUNT: Final = Message("PF001")
STORAGE: Final = Message("PF002")


@dataclass(frozen=True, slots=True)
class StorageProof:
    """What `storage_word` reads a slot from; nothing in it is trusted.

    Attributes:
        header: The block's.
        account: Nodes from the state root to the contract's account, each RLP.
        storage: Nodes from the account's storage root to the slot.
    """

    header: Header
    account: tuple[bytes, ...]
    storage: tuple[bytes, ...]


def storage_word(proof: StorageProof, *, address: bytes, code_hash: bytes, slot: bytes) -> bytes:
    """The 32 bytes that `slot` held in the proof's block; zeros where it held nothing.

    True of the chain if the header is: compare its hash with one from elsewhere, or see `confirm`.

    Args:
        address: The contract's, 20 bytes.
        code_hash: Keccak-256 of the runtime code that must be there.
        slot: Position in the contract's storage, 32 bytes.

    Raises:
        ProofError: the nodes do not lead there, or there is no contract, or another.
    """
    header = proof.header
    found = trie.value_at(header.state_root, keccak(address), proof.account, part=ACCOUNT)
    if found is None:
        raise ProofError("PF123", address="0x" + address.hex(), block=header.number)
    storage_root, found_hash = _account(found)
    if found_hash != code_hash:
        raise ProofError(
            "PF124", address="0x" + address.hex(), expected="0x" + code_hash.hex(), found="0x" + found_hash.hex()
        )
    value = trie.value_at(storage_root, keccak(slot), proof.storage, part=STORAGE)
    return bytes(WORD) if value is None else _word(value)


async def storage_proof(asked: Node, address: str, slot: bytes, at: Block) -> StorageProof:
    """A node's proof of one slot in block `at`; its nodes are not checked here.

    Raises:
        ProofError: the block's hash cannot be reproduced.
        ChainError: the node gave no usable answer.
    """
    method = "eth_getProof"
    header = await headers.header(asked, at)
    told = await asked.request(method, [address, ["0x" + slot.hex()], hex(at.number)])
    try:
        account, storage = told["accountProof"], told["storageProof"][0]["proof"]
    except (TypeError, LookupError) as error:
        expected = "accountProof and one storageProof"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(told)) from error
    return StorageProof(header, _nodes(account, method), _nodes(storage, method))


async def confirm(asked: Node, header: Header, finality: str) -> None:
    """Let a node vouch for a block: it is the chain's at its height, and final by the rule.

    Raises:
        ProofError: it is not final yet, or the chain has another block there.
        ChainError: the node gave no usable answer.
    """
    head = await node.head(asked, finality)
    if header.number > head.number:
        raise ProofError("PF114", block=header.number, finality=finality, head=head.number)
    found = (await node.block(asked, header.number)).hash
    if found != (given := "0x" + header.hash.hex()):
        raise ProofError("PF116", block=header.number, expected=found, found=given)


def mapping_slot(key: bytes, position: int) -> bytes:
    """The slot of a Solidity mapping's value.

    Args:
        key: 32 bytes.
        position: The mapping's own slot.

    Source: Solidity documentation, "Layout of State Variables in Storage", mappings and dynamic arrays.
    """
    return keccak(key + position.to_bytes(WORD, "big"))


def _nodes(told: Any, method: str) -> tuple[bytes, ...]:
    """The nodes that stand for themselves: some clients repeat those that stand inside another."""
    if not isinstance(told, list) or len(told) > MAX_NODES:
        expected = f"a list of at most {MAX_NODES} nodes"
        raise RpcProtocolError("CH104", method=method, expected=expected, found=messages.shown(told))
    nodes = [node.raw(item, method) for item in told]
    return tuple(item for place, item in enumerate(nodes) if place == 0 or len(item) >= trie.HASH_LENGTH)


def _account(value: bytes) -> tuple[bytes, bytes]:
    """Storage root and code hash of an account: RLP of nonce, balance, storage root, code hash."""
    fields = _decoded(value, ACCOUNT)
    if not isinstance(fields, list) or len(fields) != 4:
        raise ProofError("PF122", part=ACCOUNT)
    if not all(isinstance(field, bytes) for field in fields) or {len(field) for field in fields[2:]} != {WORD}:
        raise ProofError("PF122", part=ACCOUNT)
    return fields[2], fields[3]


def _word(value: bytes) -> bytes:
    """A slot's 32 bytes; stored as RLP without the zeros in front, and never as all zeros."""
    stored = _decoded(value, STORAGE)
    if not isinstance(stored, bytes) or not 0 < len(stored) <= WORD or stored[0] == 0:
        raise ProofError("PF122", part=STORAGE)
    return stored.rjust(WORD, b"\0")


def _decoded(value: bytes, part: Message) -> Any:
    try:
        return rlp.decode(value)
    except (rlp.DecodingError, RecursionError) as error:
        raise ProofError("PF122", part=part) from error
