"""Whatever is done to a proof, it says what it said or nothing: nothing else, and never that a number is absent."""

import json
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from attest.chain import headers, trie
from attest.chain.headers import Header, parse_header
from attest.chain.proof import MAX_NODE, StorageProof
from attest.errors import AttestError, ProofError
from attest.messages import Message
from attest.number import FilingNumber
from attest.ports import Entry, Status
from attest.registry import contract
from attest.registry.proof import FilingProof, check, parse_proof, slot_of
from tests.amounts import examples
from tests.chain.test_proof_vectors import NETWORK, REGISTRY, VECTORS, named
from tests.conftest import fictional

relaxed = settings(max_examples=examples(80))
thorough = settings(max_examples=examples(150))

PART = Message("PF002")
ADDRESS = bytes.fromhex(REGISTRY.address[2:])
NUMBER = fictional(1)

# --- tries --------------------------------------------------------------------------------------------------

nibbles = st.sampled_from("0123456789abcdef")
keys = st.builds(
    lambda start, middle, end: bytes.fromhex((start + middle * 64)[: 64 - len(end)] + end),
    st.text(nibbles, max_size=3), st.sampled_from("05f"), st.text(nibbles, max_size=3),
)  # fmt: skip
"""Of 32 bytes, many with long beginnings or endings in common: extensions, and nodes inside others."""

tries = st.dictionaries(keys, st.binary(min_size=1, max_size=40), min_size=1, max_size=20)
Trie = dict[bytes, bytes]


def built(content: Trie) -> HexaryTrie:
    made = HexaryTrie({})
    for key, value in content.items():
        made[key] = value
    return made


def way(made: Any, key: bytes) -> list[bytes]:
    """The nodes from the root to a key that stand for themselves."""
    nodes = [rlp.encode(node) for node in made.get_proof(key)]
    return [node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]


def read(root: bytes, key: bytes, nodes: list[bytes]) -> bytes | str | None:
    """The value, None for absence, or the code of the error."""
    try:
        return trie.value_at(root, key, nodes, part=PART)
    except ProofError as error:
        return error.code


@given(tries, keys)
@thorough
def test_a_trie_is_read_as_by_the_library_that_wrote_it(content: Trie, key: bytes) -> None:
    made = built(content)
    for asked in (key, *content):
        assert read(made.root_hash, asked, way(made, asked)) == content.get(asked)


@given(st.data(), tries, keys)
@thorough
def test_an_altered_proof_is_refused(data: st.DataObject, content: Trie, key: bytes) -> None:
    made = built(content)
    key = data.draw(st.sampled_from([key, *content]))
    true = way(made, key)
    altered = data.draw(alterations(true, [node for other in content for node in way(made, other)]))
    assume(altered != true)
    assert read(made.root_hash, key, altered) in ("PF120", "PF121")


@st.composite
def alterations(draw: st.DrawFn, nodes: list[bytes], foreign: list[bytes]) -> list[bytes]:
    """Nodes with one thing done to them."""
    items, place = list(nodes), draw(st.integers(0, len(nodes) - 1))
    match draw(
        st.sampled_from(["turn", "drop", "twice", "foreign", "replace", "swap", "cut", "more", "reverse", "none"])
    ):
        case "turn":
            at = draw(st.integers(0, 8 * len(items[place]) - 1))
            item = bytearray(items[place])
            item[at // 8] ^= 1 << at % 8
            items[place] = bytes(item)
        case "drop":
            del items[place]
        case "twice":
            items.insert(place, items[place])
        case "foreign":
            items.insert(draw(st.integers(0, len(items))), draw(st.sampled_from(foreign)))
        case "replace":
            items[place] = draw(st.sampled_from(foreign))
        case "swap":
            other = draw(st.integers(0, len(items) - 1))
            items[place], items[other] = items[other], items[place]
        case "cut":
            items[place] = items[place][: draw(st.integers(0, len(items[place]) - 1))]
        case "more":
            items[place] += draw(st.binary(min_size=1, max_size=3))
        case "reverse":
            items.reverse()
        case "none":
            items = []
    return items


class _Anything:
    """Equal to all."""

    def __ne__(self, _: object) -> bool:
        return False


def test_without_the_comparison_of_hashes_an_altered_proof_would_be_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = built({bytes(32): b"value", b"\1" * 32: b"other"})
    nodes = way(made, bytes(32))
    altered = [*nodes[:-1], nodes[-1].replace(b"value", b"false")]
    assert read(made.root_hash, bytes(32), altered) == "PF120"
    monkeypatch.setattr(trie, "keccak", lambda _: _Anything())
    assert read(made.root_hash, bytes(32), altered) == b"false"


def test_the_librarys_own_reader_takes_nodes_that_are_not_on_the_way() -> None:
    made: Any = built({bytes(32): b"value", b"\1" * 32: b"other"})
    nodes = [*way(made, bytes(32)), way(made, b"\1" * 32)[-1]]
    reader: Any = HexaryTrie.get_from_proof
    assert reader(made.root_hash, bytes(32), [rlp.decode(node) for node in nodes]) == b"value"
    assert read(made.root_hash, bytes(32), nodes) == "PF121"


# --- nodes that no chain wrote, under a root that nobody should trust ----------------------------------------

items = st.recursive(
    st.binary(max_size=34) | st.just(b"") | st.sampled_from([b"\x20", b"\x00", b"\x16", b"\x3f"]),
    lambda part: st.one_of(st.lists(part, min_size=size, max_size=size) for size in (1, 2, 2, 17)),
    max_leaves=24,
)  # fmt: skip


@given(st.lists(items, min_size=1, max_size=4), keys)
@example([[b"\x20" + bytes(32), b""]], bytes(32))
@example([[b"\x20" + bytes(32), [b"\1"]]], bytes(32))
@example([[b"\x20", b"value"]], bytes(32))
@example([[b"\x00", [b"\x20", b"\1"]]], bytes(32))
@example([[b"\x00" + bytes(32), b"\1" * 32]], bytes(32))
@example([[b"\x10", b""]], bytes(32))
@example([[b"\x40" + bytes(32), b"value"]], bytes(32))
@example([[b"\x21" + bytes(32), b"value"]], bytes(32))
@example([[b""] * 16 + [b"value"]], bytes(32))
@example([[b"", *[b"\1"] * 16]], bytes(32))
@example([b""], bytes(32))
@example([[]], bytes(32))
@thorough
def test_made_up_nodes_give_a_value_or_our_error(made_up: list[Any], key: bytes) -> None:
    nodes = [rlp.encode(item) for item in made_up]
    told = read(keccak(nodes[0]), key, nodes)
    if told is None or isinstance(told, bytes):
        assert isinstance(made_up[0], list)
        assert len(made_up[0]) in (2, 17)
    else:
        assert told in ("PF120", "PF121", "PF122")


MALFORMED: list[tuple[str, Any]] = [
    ("leaf without a value", [b"\x20" + bytes(32), b""]),
    ("leaf that holds a list", [b"\x20" + bytes(32), [b"\1"]]),
    ("leaf of a shorter key", [b"\x20" + bytes(31), b"value"]),
    ("leaf of a longer key", [b"\x20" + bytes(33), b"value"]),
    ("extension that leads nowhere", [b"\x00\x00", b""]),
    ("extension without a path", [b"\x00", [b"\x20" + b"\1" * 8, b"\1"]]),
    ("extension as long as the key", [b"\x00" + bytes(32), b"\1" * 32]),
    ("path with flags that are none", [b"\x40" + bytes(32), b"value"]),
    ("path with something in its padding", [b"\x21" + bytes(32), b"value"]),
    ("path that is a list", [[], b"value"]),
    ("path that is empty", [b"", b"value"]),
    ("branch with a value of its own", [b""] * 16 + [b"value"]),
    ("child of 32 bytes or more inside its parent", [[b"\x20" + b"\1" * 31, b"\1"], *[b""] * 16]),
    ("text", b"value"),
    ("nothing", b""),
    ("list of three", [b"", b"", b""]),
    ("child that is no hash", [b"\1" * 31, *[b""] * 16]),
]


@pytest.mark.parametrize(("_", "item"), MALFORMED)
def test_a_node_that_no_chain_writes_never_shows_absence(_: str, item: Any) -> None:
    node = rlp.encode(item)
    assert read(keccak(node), bytes(32), [node]) in ("PF120", "PF122")


@pytest.mark.parametrize(
    "node", [b"", b"\xc1", b"\xf8", b"\x81\x01", b"\xf8\x01\xc0", b"\xc0\xc0", b"\xff" * 9, b"\xc1" * 900]
)
def test_bytes_that_are_no_rlp_are_refused(node: bytes) -> None:
    assert read(keccak(node), bytes(32), [node]) == "PF122"


def test_nesting_as_deep_as_a_node_can_hold_is_refused() -> None:
    item: Any = []
    while len(rlp.encode([item])) <= MAX_NODE:
        item = [item]
    node = rlp.encode(item)
    assert read(keccak(node), bytes(32), [node]) in ("PF120", "PF122")


# --- headers ------------------------------------------------------------------------------------------------


@given(
    st.binary(max_size=40)
    | items.map(rlp.encode)
    | st.lists(st.binary(max_size=40), min_size=13, max_size=23).map(rlp.encode)
)
@relaxed
def test_bytes_are_a_header_or_our_error(encoded: bytes) -> None:
    try:
        found = parse_header(encoded)
    except ProofError as error:
        assert error.code == "PF111"  # noqa: PT017 - either is right
    else:
        assert found.hash == keccak(encoded)


@given(st.data())
@relaxed
def test_an_altered_header_has_another_hash_or_is_none(data: st.DataObject) -> None:
    true = parse_proof(VECTORS["absent"]["file"].encode()).proof.header
    (altered,) = data.draw(alterations([true.encoded], [b"\xc0"]).filter(lambda made: len(made) == 1))
    assume(altered != true.encoded)
    try:
        assert parse_header(altered).hash != true.hash
    except ProofError as error:
        assert error.code == "PF111"  # noqa: PT017 - either is right


# --- whole files --------------------------------------------------------------------------------------------

Told = tuple[FilingNumber, Entry]


def told(data: bytes, block_hash: str) -> Told:
    """What a reader learns who trusts that block."""
    filing = parse_proof(data)
    filing.require_block(block_hash)
    return filing.number, check(filing, network=NETWORK, registry=REGISTRY)


TRUE = {name: VECTORS[name]["file"].encode() for name in named(fail=False)}
TRUSTED = {name: VECTORS[name]["block_hash"] for name in TRUE}
TRUTHS = {name: told(TRUE[name], TRUSTED[name]) for name in TRUE}


@given(st.data(), st.sampled_from(sorted(TRUE)))
@thorough
def test_a_file_with_a_bit_turned_says_the_same_or_nothing(data: st.DataObject, name: str) -> None:
    file = bytearray(TRUE[name])
    at = data.draw(st.integers(0, 8 * len(file) - 1))
    file[at // 8] ^= 1 << at % 8
    assert_same_or_nothing(bytes(file), name)


@given(st.data(), st.sampled_from(sorted(TRUE)), st.sampled_from(sorted(TRUE)))
@thorough
def test_files_mixed_together_say_the_same_or_nothing(data: st.DataObject, name: str, other: str) -> None:
    document, foreign = json.loads(TRUE[name]), json.loads(TRUE[other])
    for field in data.draw(st.sets(st.sampled_from(sorted(document)))):
        document[field] = foreign[field]
    assert_same_or_nothing(json.dumps(document).encode(), name, other)


@given(st.data(), st.sampled_from(sorted(TRUE)), st.sampled_from(["account", "storage"]))
@thorough
def test_a_file_with_nodes_altered_says_nothing(data: st.DataObject, name: str, part: str) -> None:
    filing = parse_proof(TRUE[name])
    foreign = [node for other in TRUE.values() for node in parse_proof(other).proof.storage]
    true = list(getattr(filing.proof, part))
    altered = data.draw(alterations(true, foreign))
    assume(altered != true)
    made = replace(filing, proof=replace(filing.proof, **{part: tuple(altered)}))
    with pytest.raises(AttestError) as caught:
        told(made.canonical(), TRUSTED[name])
    assert caught.value.exit_code in (2, 3)


def assert_same_or_nothing(file: bytes, name: str, *others: str) -> None:
    """The same as a true one; of the block in which the registry was empty, that any number is absent is true."""
    try:
        found = told(file, TRUSTED[name])
    except AttestError as error:
        assert error.exit_code in (2, 3)  # noqa: PT017 - either is right, a third is not
    else:
        empty = TRUSTED[name] == TRUSTED["absent_before"] and found[1].status is Status.NONE
        assert empty or found in [TRUTHS[truth] for truth in (name, *others)]


# --- worlds that nobody vouches for -------------------------------------------------------------------------


def world(slot: bytes | None, *, block: int = 100, account: Any = None, code_hash: bytes | None = None) -> FilingProof:
    """A proof that holds, in a state of our own making where the registry's slot holds `slot`."""
    storage: HexaryTrie = HexaryTrie({})
    storage[keccak(b"other")] = rlp.encode(b"\1")
    if slot is not None:
        storage[keccak(slot_of(NUMBER))] = slot
    state: HexaryTrie = HexaryTrie({})
    fields = [b"", b"", storage.root_hash, contract.runtime_code_hash() if code_hash is None else code_hash]
    state[keccak(ADDRESS)] = rlp.encode(fields) if account is None else account
    true = parse_proof(VECTORS["absent"]["file"].encode())
    header = rlp.decode(true.proof.header.encoded)
    header[3], header[8] = state.root_hash, block.to_bytes(5, "big").lstrip(b"\0")
    made = StorageProof(
        parse_header(rlp.encode(header)),
        tuple(way(state, keccak(ADDRESS))),
        tuple(way(storage, keccak(slot_of(NUMBER)))),
    )
    return FilingProof(NUMBER, true.registry, made)


def outcome(filing: FilingProof) -> Entry | str:
    try:
        return check(parse_proof(filing.canonical()), network=NETWORK, registry=REGISTRY)
    except ProofError as error:
        return error.code


def word(status: int, changed_at: int, digest: bytes = b"\7" * 26) -> bytes:
    return rlp.encode((bytes([status]) + changed_at.to_bytes(5, "big") + digest).lstrip(b"\0"))


def test_an_entry_is_read_from_its_word() -> None:
    assert outcome(world(word(2, 100))) == Entry(b"\7" * 26, 100, Status.SUSPENDED)
    assert outcome(world(None)) == Entry(bytes(26), 0, Status.NONE)


@pytest.mark.parametrize(
    "slot",
    [
        word(0, 5), word(1, 0), word(1, 101), word(6, 5), word(255, 5), word(0, 0), rlp.encode(b"\1"),
        rlp.encode(b""), rlp.encode(b"\0" * 32), rlp.encode(b"\0\1"), rlp.encode(b"\1" * 33), rlp.encode([]),
        rlp.encode([b"\1"]), b"\1\1", b"\x81\1",
    ],
)  # fmt: skip
def test_a_word_that_the_registry_cannot_have_written_is_no_entry_and_no_absence(slot: bytes) -> None:
    assert outcome(world(slot)) in ("PF122", "PF125")


@pytest.mark.parametrize(
    "account",
    [
        rlp.encode(b""), rlp.encode([]), rlp.encode([b"", b"", b"\1" * 32]), rlp.encode([b""] * 4), b"\xc1",
        rlp.encode([b"", b"", b"\1" * 32, b"\1" * 31]), rlp.encode([b"", b"", b"\1" * 31, b"\1" * 32]),
        rlp.encode([b"", b"", [b"\1"] * 32, b"\1" * 32]), rlp.encode([b"", [], b"\1" * 32, b"\1" * 32]),
        rlp.encode([b"", b"", b"\1" * 32, b"\1" * 32, b""]),
    ],
)  # fmt: skip
def test_an_account_that_is_none_is_no_registry(account: bytes) -> None:
    assert outcome(world(None, account=account)) == "PF122"


@given(st.binary(min_size=32, max_size=32))
@relaxed
def test_an_account_with_other_code_is_no_registry(code_hash: bytes) -> None:
    assert outcome(world(None, code_hash=code_hash)) == "PF124"


def test_a_registry_without_storage_is_none() -> None:
    empty = keccak(rlp.encode(b""))
    filing = world(None, account=rlp.encode([b"", b"", empty, contract.runtime_code_hash()]))
    for nodes in ((), (rlp.encode(b""),), filing.proof.storage):
        assert outcome(replace(filing, proof=replace(filing.proof, storage=nodes))) in ("PF120", "PF122")


@given(st.integers(0, 2**256 - 1))
@relaxed
def test_any_word_is_an_entry_of_its_block_or_refused(value: int) -> None:
    found = outcome(world(rlp.encode(value.to_bytes(32, "big").lstrip(b"\0")) if value else None, block=2**39))
    if isinstance(found, Entry):
        assert bytes([found.status]) + found.changed_at.to_bytes(5, "big") + found.digest == value.to_bytes(32, "big")
        assert found.changed_at <= 2**39
    else:
        assert found == "PF125"


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.just("0x1") | st.none() | st.integers() | st.text(max_size=5) for name in headers._FIELDS},
    )
)
@relaxed
def test_whatever_a_node_tells_of_a_block_is_bytes_or_our_error(block: dict[str, Any]) -> None:
    try:
        encoded = headers.encode_header(block, "eth_getBlockByNumber")
    except AttestError as error:
        assert error.code == "CH104"  # noqa: PT017 - bytes would be right too
    else:
        assert isinstance(parse_header(encoded), Header)
