"""The tree of RFC 9162: agreement with others' trees, and proofs that were changed.

The eight leaves and their roots are the ones that certificate-transparency implementations share.
"""

import doctest
import hashlib
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from pymerkle import InmemoryTree

from attest import merkle
from attest.merkle import LEAF, NODE, Tree, leaf_hash, verify_inclusion

LARGEST = 70
LEAVES = [bytes([index]) * (index % 5) + b"leaf" for index in range(LARGEST)]

SHARED_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
SHARED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

SIZES = range(1, LARGEST + 1)
PROBED = [(index, size) for size in (1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 33) for index in range(size)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def plain_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162, section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*plain_proof(index, leaves[:k]), plain_root(leaves[k:])]
    return [*plain_proof(index - k, leaves[k:]), plain_root(leaves[:k])]


def turns(index: int, size: int) -> str:
    """On which side the proof's hashes stand, lowest first."""
    if size == 1:
        return ""
    k = 1 << (size - 1).bit_length() - 1
    return turns(index, k) + "r" if index < k else turns(index - k, size - k) + "l"


@cache
def tree_of(size: int) -> Tree:
    return Tree(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_shared_trees_have_their_known_roots(size: int) -> None:
    assert Tree(SHARED_LEAVES[:size]).root.hex() == SHARED_ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert Tree().root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert len(Tree()) == 0


def test_a_shared_proof_is_the_known_one() -> None:
    assert [node.hex() for node in Tree(SHARED_LEAVES).proof(5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_proofs_are_pymerkles_and_the_rfcs(size: int) -> None:
    theirs, ours = InmemoryTree(algorithm="sha256"), tree_of(size)
    for leaf in LEAVES[:size]:
        theirs.append_entry(leaf)
    assert ours.root == theirs.get_root() == plain_root(LEAVES[:size])
    for index in range(size):
        known = theirs.prove_inclusion(index + 1, size).serialize()["path"]
        assert known[0] == leaf_hash(LEAVES[index]).hex()
        assert [node.hex() for node in ours.proof(index)] == known[1:]
        assert ours.proof(index) == plain_proof(index, LEAVES[:size])


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proven_at_its_place_and_at_no_other(size: int) -> None:
    root = tree_of(size).root
    for index in range(size):
        proof = tree_of(size).proof(index)
        proven = [place for place in range(-1, size + 2) if verify_inclusion(LEAVES[index], place, size, proof, root)]
        assert proven == [index]


def test_a_tree_may_be_made_of_hashes() -> None:
    made = Tree(hashes=[leaf_hash(leaf) for leaf in LEAVES])
    assert (made.root, made.proof(33)) == (tree_of(LARGEST).root, tree_of(LARGEST).proof(33))


@pytest.mark.parametrize("index", [-1, 8, 100])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        tree_of(8).proof(index)


# --- probes -------------------------------------------------------------------------------------------------

Change = Callable[[list[bytes]], list[bytes]]

CHANGES: dict[str, Change] = {
    "a bit of the first": lambda proof: [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]],
    "a bit of the last": lambda proof: [*proof[:-1], proof[-1][:-1] + bytes([proof[-1][-1] ^ 0x80])],
    "first dropped": lambda proof: proof[1:],
    "last dropped": lambda proof: proof[:-1],
    "all dropped": lambda proof: [],
    "first twice": lambda proof: [proof[0], *proof],
    "last twice": lambda proof: [*proof, proof[-1]],
    "zeros added": lambda proof: [*proof, bytes(32)],
    "zeros put first": lambda proof: [bytes(32), *proof],
    "an empty one added": lambda proof: [*proof, b""],
    "one cut": lambda proof: [*proof[:-1], proof[-1][:-1]],
    "one lengthened": lambda proof: [*proof[:-1], proof[-1] + b"\0"],
    "the border of two moved": lambda proof: (
        [proof[0] + proof[1][:1], proof[1][1:], *proof[2:]] if proof[1:] else [b""]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_proof_is_rejected(change: Change) -> None:
    for index, size in PROBED:
        tree = tree_of(size)
        proof = tree.proof(index)
        changed = change(proof) if proof else [bytes(32)]
        assert changed != proof
        assert not verify_inclusion(LEAVES[index], index, size, changed, tree.root)


def test_a_proof_in_another_order_is_rejected() -> None:
    for index, size in PROBED:
        proof = tree_of(size).proof(index)
        if len(proof) > 1:
            assert not verify_inclusion(LEAVES[index], index, size, proof[::-1], tree_of(size).root)


def test_another_leaf_and_another_root_are_rejected() -> None:
    for index, size in PROBED:
        tree = tree_of(size)
        assert not verify_inclusion(LEAVES[index] + b"\0", index, size, tree.proof(index), tree.root)
        assert not verify_inclusion(LEAVES[index], index, size, tree.proof(index), tree_of(size + 1).root)
        assert not verify_inclusion(LEAVES[index], index, size, tree.proof(index), b"")


def test_a_proof_of_another_leaf_is_rejected() -> None:
    for index, size in PROBED:
        for other in range(size):
            if other != index:
                assert not verify_inclusion(LEAVES[index], index, size, tree_of(size).proof(other), tree_of(size).root)


def test_another_size_proves_at_most_the_same_leaf_by_the_same_turns() -> None:
    """RFC 9162 takes the size from whoever signs the root; without that it is bound to the turns of the way only."""
    others = [(place, claimed, turns(place, claimed)) for claimed in range(1, 36) for place in range(claimed)]
    for index, size in PROBED[:80]:
        tree = tree_of(size)
        for place, claimed, way in others:
            found = verify_inclusion(LEAVES[index], place, claimed, tree.proof(index), tree.root)
            assert found is (way == turns(index, size))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 4), (4, 4), (0, -1), (2**70, 2**70)])
def test_a_place_outside_the_tree_is_rejected(index: int, size: int) -> None:
    assert not verify_inclusion(LEAVES[0], index, size, tree_of(4).proof(0), tree_of(4).root)


def test_second_preimage_node_as_leaf_is_rejected() -> None:
    """What would be proven if leaves and nodes were hashed alike: two nodes as one leaf of a tree half as high."""
    tree = tree_of(8)
    left, right = (leaf_hash(leaf) for leaf in LEAVES[:2])
    forged, proof = left + right, tree.proof(0)[1:]
    assert hashlib.sha256(NODE + forged).digest() == tree_of(2).root
    for disguised in (forged, NODE + forged, LEAF + forged):
        assert not verify_inclusion(disguised, 0, 4, proof, tree.root)
        assert not verify_inclusion(disguised, 0, 8, proof, tree.root)
    assert verify_inclusion(LEAVES[0], 0, 8, tree.proof(0), tree.root)


def test_the_root_of_a_tree_is_no_leaf_of_it() -> None:
    tree = tree_of(2)
    assert not verify_inclusion(leaf_hash(LEAVES[0]) + leaf_hash(LEAVES[1]), 0, 1, [], tree.root)
    assert tree.root != Tree([leaf_hash(LEAVES[0]) + leaf_hash(LEAVES[1])]).root


def test_a_last_leaf_twice_is_another_tree() -> None:
    """Trees that fill up a level with its last node (CVE-2012-2459) give both the same root."""
    for size in SIZES:
        assert Tree([*LEAVES[:size], LEAVES[size - 1]]).root != tree_of(size).root


def test_examples_in_the_docstring_hold() -> None:
    assert doctest.testmod(merkle).failed == 0
