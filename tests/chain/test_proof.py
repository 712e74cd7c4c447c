"""Proofs of presence and absence from each kind of chain, and all that is never read as absence."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from attest.chain import headers, node, quorum
from attest.chain.headers import Header
from attest.chain.node import Block, Node
from attest.chain.proof import MAX_NODES, StorageProof, confirm
from attest.errors import AttestError, ProofError, ReorgedError, RpcProtocolError
from attest.number import FilingNumber
from attest.ports import Basis, Entry, Status
from attest.reasons import Reason
from attest.registry import contract
from attest.registry.proof import FilingProof, check, fetch_proof, parse_proof, slot_of
from attest.settings import Registry
from tests.chain.anvil import Anvil
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept, fictional, record_of

NUMBER, ABSENT = fictional(1), fictional(2)
NOTHING = Entry(bytes(26), 0, Status.NONE)
EMPTY_ROOT = keccak(rlp.encode(b""))

Ask = Callable[[], Awaitable[Any]]


def registry(kept: Kept, address: str | None = None) -> Registry:
    return Registry(network="test", address=address or kept.address)


async def prove(
    kept: Kept,
    ground: Ground,
    number: FilingNumber,
    *,
    asked: Node | None = None,
    pinned: tuple[Block, Basis] | None = None,
) -> FilingProof:
    """A proof at the newest block, or at another that was pinned."""
    at, basis = pinned or await kept.reader.pin()
    return await fetch_proof(
        asked or kept.node, number, network=ground.network, registry=registry(kept), at=at, basis=basis
    )


def read(kept: Kept, ground: Ground, filing: FilingProof, address: str | None = None) -> Entry:
    """What a reader of the file learns."""
    return check(parse_proof(filing.canonical()), network=ground.network, registry=registry(kept, address))


def reread(kept: Kept, ground: Ground, filing: FilingProof, **changes: Any) -> str:
    """The code of the error that a reader of an altered file gets."""
    altered = replace(filing, proof=replace(filing.proof, **changes))
    with pytest.raises(ProofError) as caught:
        read(kept, ground, altered)
    return caught.value.code


def saying(change: Callable[[Any], Any]) -> Any:
    """A rule that alters what a node says."""

    async def rule(_: Sequence[Any], ask: Ask) -> Any:
        return change(await ask())

    return rule


async def refused(kept: Kept, ground: Ground, method: str, change: Callable[[Any], Any]) -> AttestError:
    """Why no proof is made where a node lies in answers to `method`; it is made without that."""
    assert read(kept, ground, await prove(kept, ground, NUMBER)).status is Status.ACTIVE
    pinned = await kept.reader.pin()
    liar = Between(kept.node, {method: saying(change)})
    with pytest.raises(AttestError) as caught:
        await prove(kept, ground, NUMBER, asked=liar, pinned=pinned)
    return caught.value


# --- what is proven -----------------------------------------------------------------------------------------


def test_presence_is_proven_with_the_entry_that_the_registry_tells(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(fictional(serial)) for serial in (1, *range(3, 40))])
        told = (await kept.reader.look_up([NUMBER])).lookups[NUMBER].entry
        assert read(kept, ground, await prove(kept, ground, NUMBER)) == told
        assert told.status is Status.ACTIVE

    ground.run(work)


@pytest.mark.parametrize("others", [0, 1, 2, 40])
def test_absence_is_proven_beside_any_count_of_others(ground: Ground, others: int) -> None:
    async def work(kept: Kept) -> None:
        if others:
            await kept.writer.register([record_of(fictional(serial)) for serial in range(3, 3 + others)])
        assert read(kept, ground, await prove(kept, ground, ABSENT)) == NOTHING

    ground.run(work)


def test_each_status_is_proven(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        seen = [read(kept, ground, await prove(kept, ground, NUMBER))]
        for to in (Status.SUSPENDED, Status.CANCELLED):
            await kept.writer.set_status([NUMBER], to, Reason.SERVICE_ENDED)
            seen.append(read(kept, ground, await prove(kept, ground, NUMBER)))
        await kept.writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)
        seen.append(read(kept, ground, await prove(kept, ground, NUMBER)))
        assert [entry.status for entry in seen] == [Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.VOID]
        assert len({entry.changed_at for entry in seen}) == 4

    ground.run(work)


def test_a_proof_speaks_of_its_own_block_and_no_other(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        before = await kept.reader.pin()
        await kept.writer.register([record_of(NUMBER)])
        old, new = await prove(kept, ground, NUMBER, pinned=before), await prove(kept, ground, NUMBER)
        assert (read(kept, ground, old), read(kept, ground, new).status) == (NOTHING, Status.ACTIVE)
        assert (old.block_hash, old.proof.header.number) == (before[0].hash, before[0].number)
        assert old.block_hash != new.block_hash
        assert reread(kept, ground, old, header=new.proof.header) == "PF120"
        assert reread(kept, ground, new, storage=old.proof.storage) == "PF120"

    ground.run(work)


def test_the_header_of_every_block_is_reproduced(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        head = await node.head(kept.node, "latest")
        for number in range(head.number + 1):
            at = await node.block(kept.node, number)
            found = await headers.header(kept.node, at)
            assert ("0x" + found.hash.hex(), found.number, found.timestamp) == (at.hash, number, at.timestamp)

    ground.run(work)


def test_a_second_implementation_reads_the_same_from_the_same_nodes(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(fictional(serial)) for serial in (1, *range(3, 20))])
        for number in (NUMBER, ABSENT):
            filing = await prove(kept, ground, number)
            key, address = keccak(slot_of(number)), keccak(bytes.fromhex(kept.address[2:]))
            nodes = [[rlp.decode(item) for item in part] for part in (filing.proof.account, filing.proof.storage)]
            account = rlp.decode(HexaryTrie.get_from_proof(filing.proof.header.state_root, address, nodes[0]))
            value = HexaryTrie.get_from_proof(account[2], key, nodes[1])
            entry = read(kept, ground, filing)
            word = bytes([entry.status]) + entry.changed_at.to_bytes(5, "big") + entry.digest
            assert (rlp.decode(value) if value else b"").rjust(32, b"\0") == word

    ground.run(work)


def test_two_nodes_of_one_network_give_one_proof(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        both = quorum.Quorum([on_anvil.open(), on_anvil.open()], 2)
        try:
            assert read(kept, on_anvil, await prove(kept, on_anvil, NUMBER, asked=both)).status is Status.ACTIVE
        finally:
            await both.close()

    on_anvil.run(work)


def test_what_is_told_beside_the_nodes_is_the_state(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        at = await node.head(kept.node, "latest")
        slots = ["0x" + slot_of(number).hex() for number in (NUMBER, ABSENT)]
        told = await kept.node.request("eth_getProof", [kept.address, slots, hex(at.number)])
        assert told["codeHash"] == "0x" + contract.runtime_code_hash().hex()
        assert (int(told["balance"], 16), int(told["nonce"], 16)) == (0, 1)
        words = [await kept.node.request("eth_getStorageAt", [kept.address, slot, hex(at.number)]) for slot in slots]
        assert [int(item["value"], 16) for item in told["storageProof"]] == [int(word, 16) for word in words]
        assert [int(item["key"], 16) for item in told["storageProof"]] == [int(slot, 16) for slot in slots]
        empty = await kept.node.request("eth_getProof", ["0x" + "77" * 20, [slots[0]], hex(at.number)])
        assert int(empty["nonce"], 16) == 0
        assert empty["storageProof"][0]["proof"] in ([], ["0x80"])

    ground.run(work)


def test_a_block_is_told_by_its_hash(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await node.head(kept.node, "latest")
        by_number = await kept.node.request("eth_getBlockByNumber", [hex(at.number), False])
        assert await kept.node.request("eth_getBlockByHash", [at.hash, False]) == by_number
        assert await kept.node.request("eth_getBlockByHash", ["0x" + "11" * 32, False]) is None

    ground.run(work)


# --- what is never read as absence --------------------------------------------------------------------------


def test_a_proof_without_nodes_proves_nothing(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        filing = await prove(kept, ground, ABSENT)
        assert read(kept, ground, filing) == NOTHING
        assert reread(kept, ground, filing, storage=()) == "PF120"
        assert reread(kept, ground, filing, account=()) == "PF120"
        assert reread(kept, ground, filing, storage=(rlp.encode(b""),)) == "PF120"
        assert reread(kept, ground, filing, account=(), storage=()) == "PF120"

    ground.run(work)


def test_no_contract_at_the_address_is_not_an_absent_number(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        empty = "0x" + "77" * 20
        at, _ = await kept.reader.pin()
        told = await kept.node.request("eth_getProof", [empty, ["0x" + slot_of(ABSENT).hex()], hex(at.number)])
        nodes = tuple(bytes.fromhex(item[2:]) for item in told["accountProof"])
        filing = await prove(kept, ground, ABSENT)
        with pytest.raises(ProofError) as caught:
            read(
                kept,
                ground,
                replace(
                    filing,
                    registry=replace(filing.registry, contract=empty),
                    proof=replace(filing.proof, account=nodes),
                ),
                empty,
            )
        assert caught.value.code == "PF123"

    ground.run(work)


def test_other_code_at_the_address_is_not_an_absent_number(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        for code in ("", "00"):
            address = kept.signer.address
            if code:
                receipt = await kept.signer.send(None, bytes.fromhex("600160005360016000f3"))
                address = str(receipt.contract)
            at, basis = await kept.reader.pin()
            with pytest.raises(ProofError) as caught:
                await fetch_proof(
                    kept.node, ABSENT, network=ground.network, registry=registry(kept, address), at=at,
                    basis=replace(basis, contract=address),
                )  # fmt: skip
            assert caught.value.code == "PF124"

    ground.run(work)


def test_a_block_before_the_registry_proves_nothing(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        _, basis = await kept.reader.pin()
        genesis = await node.block(kept.node, 0)
        with pytest.raises(ProofError) as caught:
            await prove(kept, ground, ABSENT, pinned=(genesis, basis))
        assert caught.value.code in ("PF120", "PF123")

    ground.run(work)


def test_superfluous_nodes_are_refused(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        filing = await prove(kept, ground, ABSENT)
        account, storage = filing.proof.account, filing.proof.storage
        assert reread(kept, ground, filing, storage=(*storage, storage[-1])) == "PF121"
        assert reread(kept, ground, filing, storage=(*storage, account[-1])) == "PF121"
        assert reread(kept, ground, filing, account=(*account, b"")) == "PF121"
        assert reread(kept, ground, filing, storage=(storage[0], *storage)) in ("PF120", "PF121")

    ground.run(work)


def test_the_proof_of_another_number_proves_nothing_of_this_one(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(fictional(serial)) for serial in (1, *range(3, 40))])
        filing = await prove(kept, ground, fictional(3))
        with pytest.raises(ProofError):
            read(kept, ground, replace(filing, number=NUMBER))

    ground.run(work)


# --- what a node may say ------------------------------------------------------------------------------------


def field(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda block: {**block, name: value}


WRONG_FIELDS: dict[str, Any] = {
    "stateRoot": "0x" + "11" * 32, "number": "0x1", "timestamp": "0x1", "extraData": "0x00", "gasUsed": "0x0",
    "miner": "0x" + "11" * 20, "baseFeePerGas": None, "requestsHash": None, "nonce": "0x" + "11" * 8,
    "difficulty": "0x1", "withdrawalsRoot": None, "logsBloom": "0x" + "ff" * 256,
}  # fmt: skip


def test_a_block_whose_hash_is_not_reproduced_gives_no_proof(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        for name, value in WRONG_FIELDS.items():
            error = await refused(kept, ground, "eth_getBlockByNumber", field(name, value))
            assert (name, type(error), error.code) == (name, ProofError, "PF110")

    ground.run(work)


def test_a_chain_that_hashes_other_fields_is_refused(on_anvil: Ground) -> None:
    """Such a chain's blocks look like Ethereum's; only their hash is made of more."""

    async def work(kept: Kept) -> None:
        def other(block: Any) -> Any:
            more = [*rlp.decode(headers.encode_header(block, "")), b"\1" * 32]
            return {**block, "hash": "0x" + keccak(rlp.encode(more)).hex()}

        strange = Between(kept.node, {"eth_getBlockByNumber": saying(other)})
        at = await node.head(strange, "latest")
        with pytest.raises(ProofError) as caught:
            await prove(kept, on_anvil, NUMBER, asked=strange, pinned=(at, (await kept.reader.pin())[1]))
        assert caught.value.code == "PF110"

    on_anvil.run(work)


@pytest.mark.parametrize("told", [None, [], "0x", 7, {"hash": None}, {"hash": "0x11"}])
def test_a_block_that_is_none_gives_no_proof(on_embedded: Ground, told: Any) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        error = await refused(kept, on_embedded, "eth_getBlockByNumber", lambda _: told)
        assert (type(error), error.code) == (RpcProtocolError, "CH104")

    on_embedded.run(work)


def test_a_field_in_another_form_gives_no_proof(on_embedded: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        for name in ("stateRoot", "logsBloom", "nonce", "timestamp", "parentHash"):
            for value in (None, 1, "0x", "x", [], "0x" + "11" * 31):
                error = await refused(kept, on_embedded, "eth_getBlockByNumber", field(name, value))
                assert error.code == ("PF110" if (name, value) == ("timestamp", "0x" + "11" * 31) else "CH104")

    on_embedded.run(work)


def test_a_block_replaced_in_between_is_told(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        pinned = await kept.reader.pin()
        await kept.node.request("anvil_reorg", [1, []])
        with pytest.raises(ReorgedError) as caught:
            await prove(kept, on_anvil, NUMBER, pinned=pinned)
        assert caught.value.code == "PF115"

    on_anvil.run(work)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda told: None, "CH104"),
        (lambda told: [], "CH104"),
        (lambda told: {**told, "storageProof": []}, "CH104"),
        (lambda told: {**told, "storageProof": [{"proof": "0x"}]}, "CH104"),
        (lambda told: {**told, "accountProof": ["0x1"]}, "CH104"),
        (lambda told: {**told, "accountProof": ["0x"] * (MAX_NODES + 1)}, "CH104"),
        (lambda told: {**told, "accountProof": []}, "PF120"),
        (lambda told: {**told, "accountProof": told["accountProof"][:-1]}, "PF120"),
        (lambda told: {**told, "accountProof": ["0x" + "11" * 40, *told["accountProof"]]}, "PF120"),
        (lambda told: {**told, "storageProof": [{"proof": told["accountProof"]}]}, "PF120"),
        (lambda told: {**told, "storageProof": [{"proof": []}]}, "PF120"),
    ],
)
def test_a_proof_that_does_not_hold_is_not_written(
    on_embedded: Ground, change: Callable[[Any], Any], code: str
) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        assert (await refused(kept, on_embedded, "eth_getProof", change)).code == code

    on_embedded.run(work)


def test_what_a_node_says_beside_the_nodes_of_a_proof_counts_for_nothing(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        true = await prove(kept, ground, NUMBER)

        def lie(told: Any) -> Any:
            slots = [{"key": "0x1", "value": "0x0", "proof": told["storageProof"][0]["proof"]}]
            return {**told, "codeHash": "0x" + "11" * 32, "storageHash": "0x" + EMPTY_ROOT.hex(), "storageProof": slots}

        liar = Between(kept.node, {"eth_getProof": saying(lie)})
        assert await prove(kept, ground, NUMBER, asked=liar) == true

    ground.run(work)


# --- who vouches for the block ------------------------------------------------------------------------------


async def confirmed(asked: Node, header: Header, finality: str = "latest") -> str | None:
    """The code of the error that a node's word for a block ends with."""
    try:
        await confirm(asked, header, finality)
    except ProofError as error:
        return error.code
    return None


def test_a_node_vouches_for_the_blocks_of_its_chain(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        pinned = await kept.reader.pin()
        await kept.writer.register([record_of(NUMBER)])
        old, new = await prove(kept, ground, ABSENT, pinned=pinned), await prove(kept, ground, ABSENT)
        assert await confirmed(kept.node, new.proof.header) is None
        assert await confirmed(kept.node, old.proof.header) is None
        assert await confirmed(kept.node, old.proof.header, "1 confirmation") is None

    ground.run(work)


def test_a_block_that_is_not_final_yet_is_not_vouched_for(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        filing = await prove(kept, ground, ABSENT)
        assert await confirmed(kept.node, filing.proof.header, "1 confirmation") == "PF114"

    ground.run(work)


def test_a_block_of_another_chain_is_not_vouched_for(on_embedded: Ground, anvil: Anvil, on_anvil: Ground) -> None:
    made: list[Header] = []

    async def there(kept: Kept) -> None:
        made.append((await prove(kept, on_embedded, ABSENT)).proof.header)

    async def here(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        assert await confirmed(kept.node, made[0]) == "PF116"

    on_embedded.run(there)
    on_anvil.run(here)


def test_a_block_that_was_replaced_is_not_vouched_for(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        filing = await prove(kept, on_anvil, ABSENT)
        await kept.node.request("anvil_reorg", [1, []])
        assert await confirmed(kept.node, filing.proof.header) == "PF116"

    on_anvil.run(work)


# --- another registry ---------------------------------------------------------------------------------------


def test_a_proof_made_for_another_registry_says_so(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        filing = await prove(kept, on_anvil, ABSENT)
        for change in ({"chain_id": 1}, {"genesis": "0x" + "11" * 32}, {"contract": "0x" + "11" * 20}):
            with pytest.raises(ProofError) as caught:
                read(kept, on_anvil, replace(filing, registry=replace(filing.registry, **change)))
            assert (caught.value.code, caught.value.params["field"]) == ("PF130", *change)

    on_anvil.run(work)


def test_a_file_cannot_choose_the_registry_it_is_checked_against(ground: Ground) -> None:
    """The file names the contract it proves, and all its nodes are true; the reader's settings name another."""

    async def work(kept: Kept) -> None:
        filing = await prove(kept, ground, ABSENT)
        assert filing.registry.contract == contract.checksummed(kept.address)
        elsewhere = "0x" + "77" * 20
        relabelled = replace(filing, registry=replace(filing.registry, contract=elsewhere))
        with pytest.raises(ProofError) as caught:
            read(kept, ground, relabelled, elsewhere)
        assert caught.value.code in ("PF120", "PF121", "PF123")

    ground.run(work)


def test_the_parts_of_a_proof_survive_the_file(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        filing = await prove(kept, ground, ABSENT)
        assert parse_proof(filing.canonical()) == filing
        assert isinstance(filing.proof, StorageProof)

    ground.run(work)
