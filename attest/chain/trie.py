"""Ethereum's state trie, read from a proof: the nodes on the way from a root to a key, and nothing else.

Each node is named by its Keccak-256 in the node before it, the first one by the root. So whoever trusts the root can
take the nodes from anybody: any other node, in any other place, has another hash. A node of fewer than 32 bytes
stands inside its parent instead. `trie.HexaryTrie.get_from_proof` is not used: it takes superfluous nodes and lets
errors of its own out on malformed ones.

Source: the yellow paper, appendices B to D; EIP-1186.
"""

from collections.abc import Sequence
from typing import Any, Final

import rlp
from eth_hash.auto import keccak

from attest.errors import ProofError
from attest.messages import Localised

HASH_LENGTH: Final = 32
BRANCHES: Final = 16
_ODD: Final = 1  # flags of a path's first nibble
_LEAF: Final = 2


def value_at(root: bytes, key: bytes, nodes: Sequence[bytes], *, part: Localised) -> bytes | None:
    """The value under `key` in the trie of `root`, or None where the nodes show that there is none.

    Args:
        root: 32 bytes, trusted by the caller.
        key: 32 bytes, hashed by the caller: all keys of a trie have one length.
        nodes: From the root down. An empty trie has no proof: its root names no node.
        part: What this proof is called in errors.

    Raises:
        ProofError: a node is missing, is not the one called for, is malformed, or is not on the way.
    """
    left = list(reversed(nodes))
    value = _walk(root, key.hex(), left, part)
    if left:
        raise ProofError("PF121", part=part, found=len(left))
    return value


def _walk(wanted: Any, rest: str, left: list[bytes], part: Localised) -> bytes | None:
    """The value under the nibbles `rest` below one node; takes the nodes it passes from the end of `left`."""
    node = _node(wanted, left, part)
    if len(node) == BRANCHES + 1:
        if not rest or node[BRANCHES] != b"":
            raise ProofError("PF122", part=part)
        child = node[int(rest[0], 16)]
        return None if child == b"" else _walk(child, rest[1:], left, part)
    path, is_leaf = _path(node[0], part)
    child = node[1]
    if is_leaf:
        if len(path) != len(rest) or not isinstance(child, bytes) or child == b"":
            raise ProofError("PF122", part=part)
        return child if path == rest else None
    if not 0 < len(path) < len(rest) or child == b"":
        raise ProofError("PF122", part=part)
    return _walk(child, rest[len(path) :], left, part) if rest.startswith(path) else None


def _node(wanted: Any, left: list[bytes], part: Localised) -> list[Any]:
    """The node that a parent names by its hash, or holds."""
    if isinstance(wanted, bytes):
        encoded = left.pop() if left else b""
        if len(wanted) != HASH_LENGTH or keccak(encoded) != wanted:
            raise ProofError("PF120", part=part)
        try:
            wanted = rlp.decode(encoded)
        except (rlp.DecodingError, RecursionError) as error:
            raise ProofError("PF122", part=part) from error
    elif len(rlp.encode(wanted)) >= HASH_LENGTH:
        raise ProofError("PF122", part=part)
    if not isinstance(wanted, list) or len(wanted) not in (2, BRANCHES + 1):
        raise ProofError("PF122", part=part)
    return wanted


def _path(encoded: Any, part: Localised) -> tuple[str, bool]:
    """The nibbles of a leaf or an extension, and whether it is a leaf (hex-prefix encoding)."""
    nibbles = encoded.hex() if isinstance(encoded, bytes) else ""
    flags = int(nibbles[:1] or "f", 16)
    skipped = 1 if flags & _ODD else 2
    if flags > _LEAF + _ODD or nibbles[1:skipped] not in ("", "0"):
        raise ProofError("PF122", part=part)
    return nibbles[skipped:], bool(flags & _LEAF)
