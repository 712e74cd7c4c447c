"""Merkle trees as in RFC 9162: SHA-256, leaves and nodes hashed under different prefixes.

>>> tree = Tree([b"a", b"b", b"c"])
>>> verify_inclusion(b"c", 2, 3, tree.proof(2), tree.root)
True
>>> verify_inclusion(b"c", 1, 3, tree.proof(2), tree.root)
False
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
HASH_LENGTH: Final = 32  # bytes


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return sha256(LEAF + leaf).digest()


class Tree:
    """A tree over leaves, or over their hashes.

    Attributes:
        root: 32 bytes; of a tree without leaves, the hash of nothing.
    """

    def __init__(self, leaves: Iterable[bytes] = (), *, hashes: Sequence[bytes] | None = None) -> None:
        level = [leaf_hash(leaf) for leaf in leaves] if hashes is None else list(hashes)
        self._levels = [level]
        while len(level) > 1:
            level = _parents(level)
            self._levels.append(level)
        self.root = level[0] if level else sha256().digest()

    def __len__(self) -> int:
        return len(self._levels[0])

    def proof(self, index: int) -> list[bytes]:
        """The hashes beside the way from leaf `index` to the root, lowest first.

        Raises:
            IndexError: there is no such leaf.
        """
        if not 0 <= index < len(self):
            raise IndexError(index)
        siblings = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                siblings.append(level[beside])
            index >>= 1
        return siblings


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is leaf `index` of the tree of `size` leaves with this root.

    Args:
        leaf: Its bytes, not yet hashed.
        index: 0-based.
        proof: The hashes beside its way to the root, lowest first.

    Source: RFC 9162, section 2.1.3.2. Vectors: tests/vectors/disclosure.
    """
    if not 0 <= index < size:
        return False
    found, last = leaf_hash(leaf), size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            found = _node(sibling, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = _node(found, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and found == root


def _parents(level: list[bytes]) -> list[bytes]:
    """The level above: neighbours joined, an odd last one moved up as it is."""
    joined = [sha256(NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return joined + level[2 * len(joined) :]


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()
