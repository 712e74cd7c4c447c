"""Several nodes as one: which answer counts, which refusal, and what is raised where none does."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from attest.chain import node, transactions
from attest.chain.embedded import EmbeddedChain
from attest.chain.networks import open_node
from attest.chain.quorum import Quorum
from attest.chain.rpc import HttpNode
from attest.errors import ChainError, ContradictionError, RpcProtocolError, RpcRefusedError, RpcUnavailableError
from attest.ports import Status
from attest.reasons import Reason
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter
from attest.settings import Network
from attest.store.journal import Journal, State
from tests.chain.anvil import Anvil, rich_key
from tests.chain.grounds import Between, Ground
from tests.chain.proxy import closing, hanging, lying, proxied, status
from tests.conftest import Kept, fictional, reader, record_of

Say = Callable[[str, Sequence[Any]], Any]
GONE = RpcUnavailableError("CH101", method="m", why="gone")
NO = RpcRefusedError(method="m", number=-32005, message="limit exceeded")
REVERT = RpcRefusedError(method="eth_call", number=3, message="execution reverted", data=b"\1\2\3\4")
LARGE = RpcProtocolError("CH102", method="m", limit=1)
JUNK = RpcProtocolError("CH103", method="m", why="junk")
HANG = "hang"


@dataclass
class Scripted:
    """A node that says one thing, or what a function gives."""

    says: Any
    asked: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    cancelled: bool = False
    closed: bool = False

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        self.asked.append((method, params))
        said = self.says(method, params) if callable(self.says) else self.says
        if said is HANG:
            try:
                await asyncio.sleep(3600)
            finally:
                self.cancelled = True
        if isinstance(said, BaseException):
            raise said
        return said

    async def close(self) -> None:
        self.closed = True


def saying(said: Any) -> Any:
    """A rule of `Between`: says that whatever the node says."""

    async def rule(_params: Sequence[Any], _truth: Callable[[], Awaitable[Any]]) -> Any:
        return said

    return rule


def ask(method: str, params: Sequence[Any], *says: Any, needed: int = 2) -> Any:
    quorum = Quorum([Scripted(said) for said in says], needed, grace_s=0.02)
    return asyncio.run(quorum.request(method, params))


def refused(method: str, params: Sequence[Any], *says: Any, needed: int = 2) -> ChainError:
    with pytest.raises(ChainError) as caught:
        ask(method, params, *says, needed=needed)
    return caught.value


# --- values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "says", [("0x1", "0x1", "0x2"), ("0x2", "0x1", "0x1"), (GONE, "0x1", "0x1"), ("0x1", NO, "0x1")]
)
def test_what_enough_nodes_say_counts(says: Sequence[Any]) -> None:
    assert ask("eth_chainId", [], *says) == "0x1"


def test_the_case_of_hexadecimal_makes_no_difference() -> None:
    assert ask("eth_call", [{}, "0x1"], "0xAB", "0xab", GONE) in ("0xAB", "0xab")


def test_once_enough_agree_the_rest_is_not_waited_for() -> None:
    nodes = [Scripted(HANG), Scripted("0x1"), Scripted("0x1")]

    async def work() -> Any:
        async with asyncio.timeout(5):
            return await Quorum(nodes, 2).request("eth_chainId", [])

    assert asyncio.run(work()) == "0x1"
    assert nodes[0].cancelled


def test_once_enough_cannot_be_reached_the_rest_is_not_waited_for() -> None:
    nodes = [Scripted(HANG), Scripted(GONE), Scripted(GONE)]

    async def work() -> Any:
        async with asyncio.timeout(5):
            return await Quorum(nodes, 2).request("eth_chainId", [])

    with pytest.raises(RpcUnavailableError):
        asyncio.run(work())
    assert nodes[0].cancelled


@pytest.mark.parametrize("says", [("0x1", "0x2", GONE), ("0x1", "0x2", NO), ("0x1", "0x2", "0x3"), ("0x1", None, JUNK)])
def test_different_answers_none_of_them_often_enough_are_a_contradiction(says: Sequence[Any]) -> None:
    error = refused("eth_chainId", [], *says)
    assert (type(error), error.code, error.exit_code) == (ContradictionError, "CH141", 3)


def test_a_contradiction_tells_how_many_said_what_and_what_was_needed() -> None:
    text = refused("eth_chainId", [], "0x1", "0x1", "0x2", "0x2", "0x3", needed=3).text()
    assert "3 of 5 must agree" in text
    assert "2 : 2 : 1" in text


@pytest.mark.parametrize(
    ("says", "answered"), [(("0x1", GONE, GONE), 1), ((GONE, GONE, GONE), 0), (("0x1", JUNK, GONE), 1)]
)
def test_too_few_answers_tell_how_many_and_why(says: Sequence[Any], answered: int) -> None:
    error = refused("eth_chainId", [], *says)
    assert (type(error), error.code) == (RpcUnavailableError, "CH140")
    assert f"Only {answered} of 3 nodes" in error.text()
    assert "gone" in error.text() or "junk" in error.text()
    assert error.text("zh-CN").endswith(says[-1].text("zh-CN"))


@pytest.mark.parametrize(
    ("says", "refusal"),
    [
        ((NO, NO, GONE), NO),
        ((NO, NO, "0x1"), NO),
        (("0x1", NO, GONE), NO),
        ((REVERT, REVERT, REVERT), REVERT),
        ((LARGE, GONE, "0x1"), LARGE),
        ((NO, NO, GONE, "0x1", "0x2"), NO),
    ],
)
def test_where_refusals_are_what_is_missing_the_refusal_is_told(says: Sequence[Any], refusal: ChainError) -> None:
    needed = len(says) // 2 + 1
    found = refused("eth_getLogs", [{}], *says, needed=min(needed, 2))
    assert found is refusal


def test_a_bug_in_a_node_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        ask("eth_chainId", [], ZeroDivisionError(), "0x1", "0x1")


def test_closing_closes_every_node() -> None:
    nodes = [Scripted("0x1"), Scripted("0x1")]
    asyncio.run(Quorum(nodes, 2).close())
    assert all(each.closed for each in nodes)


# --- what must be equal -------------------------------------------------------------------------------------

BLOCK = {"number": "0x5", "hash": "0xaa", "parentHash": "0xbb", "timestamp": "0x1", "stateRoot": "0xcc"}
LOG = {
    "address": "0x11", "topics": ["0x22"], "data": "0x", "blockNumber": "0x5", "blockHash": "0xaa",
    "transactionHash": "0x33", "logIndex": "0x0",
}  # fmt: skip


def test_fields_of_a_block_that_nobody_uses_may_differ() -> None:
    one, two = BLOCK | {"size": "0x1", "totalDifficulty": "0x0"}, BLOCK | {"size": "0x2"}
    assert ask("eth_getBlockByNumber", ["0x5", False], one, two, needed=2)["hash"] == "0xaa"


@pytest.mark.parametrize("name", ["number", "hash", "parentHash", "timestamp", "stateRoot", "baseFeePerGas"])
def test_fields_of_a_block_that_are_used_must_not_differ(name: str) -> None:
    error = refused("eth_getBlockByNumber", ["0x5", False], BLOCK, BLOCK | {name: "0xdd"})
    assert error.code == "CH141"


def test_the_order_of_events_and_extra_fields_make_no_difference() -> None:
    second = LOG | {"logIndex": "0x1"}
    one, two = [LOG, second], [second | {"removed": False}, LOG | {"transactionIndex": "0x0"}]
    assert ask("eth_getLogs", [{}], one, two, needed=2) in (one, two)


@pytest.mark.parametrize("name", LOG)
def test_no_field_of_an_event_may_differ(name: str) -> None:
    other = LOG | {name: ["0x99"] if name == "topics" else "0x99"}
    assert refused("eth_getLogs", [{}], [LOG], [other]).code == "CH141"


def test_a_missing_event_is_a_contradiction() -> None:
    assert refused("eth_getLogs", [{}], [LOG], []).code == "CH141"


# --- tags ---------------------------------------------------------------------------------------------------


def chain(height: int, fork: str = "") -> Say:
    """A node of that height, whose blocks from 8 on are another chain's where `fork` says so."""

    def say(method: str, params: Sequence[Any]) -> Any:
        where = params[0 if method == "eth_getBlockByNumber" else 1]
        number = height if where in ("latest", "finalized") else int(where, 16)
        if number > height:
            return None
        if method == "eth_getBalance":
            return hex(100 + number)
        return BLOCK | {"number": hex(number), "hash": f"0x{number:02x}{fork if number >= 8 else ''}"}

    return say


@pytest.mark.parametrize(
    ("heights", "needed", "expected"),
    [((9, 9, 9), 2, 9), ((9, 8, 7), 2, 8), ((9, 9, 1), 2, 9), ((9, 9, 1), 3, 1), ((9, 8), 1, 9), ((9, 8, 7, 6), 3, 7)],
)
def test_a_tag_names_the_highest_block_that_enough_nodes_have_reached(
    heights: Sequence[int], needed: int, expected: int
) -> None:
    found = ask("eth_getBlockByNumber", ["latest", False], *map(chain, heights), needed=needed)
    assert int(found["number"], 16) == expected


@pytest.mark.parametrize("third", [GONE, NO, "0x9", None, {"number": "x"}, HANG])
def test_a_node_that_tells_no_head_does_not_count(third: Any) -> None:
    assert ask("eth_getBlockByNumber", ["finalized", False], chain(9), chain(8), third)["number"] == "0x8"


def test_junk_does_not_cut_short_the_wait_for_a_slow_node() -> None:
    class Slow(Scripted):
        async def request(self, method: str, params: Sequence[Any]) -> Any:
            await asyncio.sleep(0.05)
            return await super().request(method, params)

    quorum = Quorum([Scripted({"number": "x"}), Scripted(chain(9)), Slow(chain(9))], 2, grace_s=0.001)
    assert asyncio.run(quorum.request("eth_getBlockByNumber", ["latest", False]))["number"] == "0x9"


def test_a_head_that_only_one_node_tells_is_too_few() -> None:
    error = refused("eth_getBlockByNumber", ["latest", False], chain(9), GONE, JUNK)
    assert error.code == "CH140"


def test_nodes_on_two_forks_contradict_each_other() -> None:
    assert refused("eth_getBlockByNumber", ["latest", False], chain(9), chain(9, "f")).code == "CH141"
    assert ask("eth_getBlockByNumber", ["latest", False], chain(9), chain(9, "f"), chain(9))["hash"] == "0x09"


def test_a_state_read_at_a_tag_is_read_at_one_block_by_all() -> None:
    assert ask("eth_getBalance", ["0xa", "latest"], chain(9), chain(8), chain(9)) == hex(109)


@pytest.mark.parametrize("says", [("0x5", "0x5", "0x7"), ("0x7", "0x5", "0x5"), ("0x7", GONE, "0x5")])
def test_a_transaction_that_waits_is_counted_if_any_node_knows_it(says: Sequence[Any]) -> None:
    """Of another program with the same key, perhaps: its nonce must not be taken."""
    assert ask("eth_getTransactionCount", ["0xa", "pending"], *says) == "0x7"


def test_transactions_that_wait_are_not_counted_by_too_few_nodes() -> None:
    assert refused("eth_getTransactionCount", ["0xa", "pending"], "0x5", GONE, GONE).code == "CH140"


# --- transactions -------------------------------------------------------------------------------------------

RAW = "0x02aa"
SENT = "0x" + keccak(bytes.fromhex("02aa")).hex()


@pytest.mark.parametrize("says", [(SENT, NO, NO), (NO, SENT, GONE), (GONE, HANG, SENT), ("0x" + "00" * 32, SENT, NO)])
def test_a_transaction_counts_as_sent_once_a_node_takes_it(says: Sequence[Any]) -> None:
    assert ask("eth_sendRawTransaction", [RAW], *says) == SENT


def test_a_transaction_is_sent_to_every_node() -> None:
    nodes = [Scripted(SENT) for _ in range(3)]
    asyncio.run(Quorum(nodes, 2).request("eth_sendRawTransaction", [RAW]))
    assert [each.asked for each in nodes] == [[("eth_sendRawTransaction", [RAW])]] * 3


def test_a_transaction_is_refused_only_if_all_refuse() -> None:
    assert refused("eth_sendRawTransaction", [RAW], NO, NO, NO) is NO
    assert refused("eth_sendRawTransaction", [RAW], NO, NO, GONE) is GONE
    assert refused("eth_sendRawTransaction", [RAW], "0x" + "00" * 32, NO, NO).code == "CH131"


GUESSED = ["eth_estimateGas", "eth_maxPriorityFeePerGas"]


@pytest.mark.parametrize("method", GUESSED)
@pytest.mark.parametrize("lie", ["0x0", "0xffffff"])
def test_of_guesses_the_middle_one_counts_whoever_answers_first(method: str, lie: str) -> None:
    for says in ((lie, "0x5", "0x5"), ("0x5", lie, "0x5"), ("0x5", "0x5", lie)):
        assert ask(method, [{}], *says) == "0x5"
    assert ask(method, [{}], lie, "0x4", "0x5", "0x6", GONE, needed=3) in ("0x4", "0x5", "0x6")


def test_of_two_guesses_the_one_counts_that_costs_less_if_it_is_wrong() -> None:
    """Gas that is not used is not paid, but too little loses the fee; a tip is paid, but one too small is raised."""
    assert ask("eth_estimateGas", [{}], "0x5", "0x9", GONE) == "0x9"
    assert ask("eth_maxPriorityFeePerGas", [], "0x5", "0x9", "junk") == "0x5"


@pytest.mark.parametrize("method", GUESSED)
def test_a_guess_of_too_few_nodes_does_not_count(method: str) -> None:
    assert refused(method, [{}], GONE, "junk", "0x5").code == "CH140"
    assert refused(method, [{}], GONE, GONE, GONE).code == "CH140"


def test_one_node_cannot_make_a_call_revert() -> None:
    assert ask("eth_estimateGas", [{}], REVERT, "0x5", "0x5") == "0x5"
    assert refused("eth_estimateGas", [{}], REVERT, "0x5", REVERT) is REVERT
    assert refused("eth_estimateGas", [{}], REVERT, GONE, GONE).code == "CH140"


RECEIPT = {"transactionHash": SENT, "blockNumber": "0x5", "blockHash": "0xaa", "status": "0x1", "gasUsed": "0x1"}


NODES = ["0xf8" + "aa" * 40, "0xf8" + "bb" * 40]


def proof(account: Any = NODES, storage: Any = NODES) -> dict[str, Any]:
    return {"accountProof": account, "storageProof": [{"proof": storage}]}


def test_a_proof_counts_if_enough_nodes_give_it() -> None:
    lie = proof(storage=[NODES[0], "0xf8" + "cc" * 40])
    for says in ((lie, proof(), proof()), (proof(), lie, proof()), (GONE, proof(), proof())):
        assert ask("eth_getProof", ["0xa", ["0x1"], "0x5"], *says) == proof()
    assert refused("eth_getProof", [], lie, proof(), GONE).code == "CH141"
    assert refused("eth_getProof", [], GONE, NO, NO) is NO


@pytest.mark.parametrize(
    "other",
    [
        proof(storage=["0x80"]),
        proof(storage=["0xc0"]),
        proof([each.replace("a", "A") for each in NODES], []),
        proof([*NODES, "0xc22001"], []),
        proof(storage=[]) | {"balance": "0x1", "storageProof": [{"key": "0x1", "value": "0x2", "proof": []}]},
    ],
)
def test_nodes_write_one_proof_differently(other: Any) -> None:
    """An empty trie as nothing or as a node; and some repeat the small nodes that stand inside another."""
    for says in ((proof(storage=[]), other, GONE), (other, proof(storage=[]), GONE)):
        found = ask("eth_getProof", [], *says)
        assert json.loads(json.dumps(found).lower()) == json.loads(json.dumps(proof(storage=[])).lower())


@pytest.mark.parametrize(
    "junk",
    [
        None, "0x", [], {}, {"accountProof": 5}, proof() | {"storageProof": None}, proof() | {"storageProof": [5]},
        proof("0x12"), proof(storage=[*NODES, "0xzz"]), proof(storage=[5]), proof(storage=5),
    ],
)  # fmt: skip
def test_what_is_no_proof_does_not_pass_for_one(junk: Any) -> None:
    assert ask("eth_getProof", [], junk, proof(), proof()) == proof()
    assert refused("eth_getProof", [], junk, proof(), GONE).code == "CH140"


def test_a_receipt_is_none_only_if_enough_nodes_say_so() -> None:
    assert ask("eth_getTransactionReceipt", [SENT], None, None, RECEIPT) is None
    assert ask("eth_getTransactionReceipt", [SENT], RECEIPT, None, RECEIPT) == RECEIPT
    assert refused("eth_getTransactionReceipt", [SENT], RECEIPT, None, GONE).code == "CH141"
    assert refused("eth_getTransactionReceipt", [SENT], None, GONE, GONE).code == "CH140"
    assert refused("eth_getTransactionReceipt", [SENT], RECEIPT, RECEIPT | {"status": "0x0"}).code == "CH141"


def test_a_transaction_that_any_node_knows_is_known() -> None:
    known = {"hash": SENT, "blockNumber": None}
    assert ask("eth_getTransactionByHash", [SENT], None, known, GONE) == known
    assert ask("eth_getTransactionByHash", [SENT], None, None, GONE) is None
    assert refused("eth_getTransactionByHash", [SENT], None, GONE, GONE).code == "CH140"


# --- real nodes ---------------------------------------------------------------------------------------------


def test_a_network_with_one_address_is_one_node_and_with_several_a_quorum(tmp_path: Path) -> None:
    one = Network(rpc="http://127.0.0.1:1", chain_id=5)
    three = Network(rpc=["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"], chain_id=5)
    assert isinstance(open_node(one, tmp_path), HttpNode)
    assert isinstance(open_node(three, tmp_path), Quorum)
    assert isinstance(open_node(Network(), tmp_path), EmbeddedChain)


def test_no_address_is_told_where_nodes_fail(tmp_path: Path) -> None:
    urls = [f"http://127.0.0.1:{port}/secret-token" for port in (1, 2, 3)]

    async def work() -> None:
        asked = open_node(Network(rpc=urls, chain_id=5), tmp_path)
        try:
            await node.chain_id(asked)
        finally:
            await asked.close()

    with pytest.raises(RpcUnavailableError) as caught:
        asyncio.run(work())
    assert caught.value.code == "CH140"
    assert "secret-token" not in f"{caught.value} {caught.value.__cause__}"


def between(anvil: Anvil, work: Callable[[Quorum, list[Any], Network], Awaitable[None]]) -> None:
    """Do `work` with a quorum of two of three proxies in front of one real node."""

    async def whole() -> None:
        async with proxied(anvil.url) as one, proxied(anvil.url) as two, proxied(anvil.url) as three:
            proxies = [one, two, three]
            quorum = Quorum([HttpNode(proxy.url, budget_s=5) for proxy in proxies], 2, grace_s=0.1)
            try:
                await work(quorum, proxies, anvil.network(url=[proxy.url for proxy in proxies]))
            finally:
                await quorum.close()

    asyncio.run(whole())


def test_a_filing_is_kept_and_read_over_three_nodes_of_which_one_is_dead(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        async with proxied(anvil.url) as one, proxied(anvil.url) as two, proxied(anvil.url) as three:
            proxies = [one, two, three]
            quorum = Quorum([HttpNode(proxy.url, budget_s=5) for proxy in proxies], 2, grace_s=0.1)
            network = anvil.network(url=[proxy.url for proxy in proxies])
            key = await rich_key(kept.node)
            await kept.writer.grant("REGISTRAR", key.address)
            signer = Signer(quorum, key, name="anvil", network=network, journal=Journal(":memory:"))
            writer, asker = RegistryWriter(signer, quorum, kept.address), reader(quorum, network, kept.address)
            number = fictional(1)
            for place, dead in enumerate((closing, status(503), hanging)):
                proxies[place].faults = {"": dead}
                if place == 0:
                    await writer.register([record_of(number)])
                else:
                    await writer.set_status(
                        [number], Status.SUSPENDED if place == 1 else Status.ACTIVE, Reason.NOT_GIVEN
                    )
                answer = await asker.look_up([number])
                assert answer.basis.nodes == 2
                assert answer.lookups[number].record is not None
                assert len(await asker.history(number)) == place + 1
                proxies[place].faults = {}
            await quorum.close()

    on_anvil.run(work)


def test_one_node_cannot_set_the_fee(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        tip = int(await kept.node.request("eth_maxPriorityFeePerGas", []), 16)
        liar = Between(
            kept.node, {"eth_maxPriorityFeePerGas": saying(hex(10**12)), "eth_estimateGas": saying("0x5208")}
        )
        journal = Journal(":memory:")
        await registered(kept, Quorum([liar, kept.node, kept.node], 2, grace_s=5), on_anvil.network, journal)
        (operation,) = journal.operations()
        assert transactions.decode(operation.attempts[0]).fees.tip == tip

    on_anvil.run(work)


def test_a_receipt_that_enough_nodes_do_not_know_yet_is_waited_for(on_anvil: Ground) -> None:
    """The nonce is used, but not by another transaction: nothing may be signed anew."""
    late = [12]

    async def dead(_params: Sequence[Any], _truth: Callable[[], Awaitable[Any]]) -> Any:
        raise GONE

    async def behind(_params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
        late[0] -= 1
        return None if late[0] >= 0 else await truth()

    async def work(kept: Kept) -> None:
        rules = [{"eth_getTransactionReceipt": rule} for rule in (dead, behind)]
        nodes = [kept.node, *(Between(kept.node, rule) for rule in rules)]
        journal = Journal(":memory:")
        await registered(kept, Quorum(nodes, 2, grace_s=5), on_anvil.network, journal)
        assert late[0] < 0
        assert [operation.state for operation in journal.operations()] == [State.FINAL]

    on_anvil.run(work)


async def registered(kept: Kept, quorum: Quorum, network: Network, journal: Journal) -> None:
    """Register a filing through `quorum`, in the name of a fresh account."""
    key = await rich_key(kept.node)
    await kept.writer.grant("REGISTRAR", key.address)
    signer = Signer(quorum, key, name="anvil", network=network, journal=journal)
    (receipt,) = await RegistryWriter(signer, quorum, kept.address).register([record_of(fictional(1))])
    assert receipt.succeeded


def test_a_revert_is_explained_over_a_quorum(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        async with proxied(anvil.url) as one, proxied(anvil.url) as two:
            quorum = Quorum([HttpNode(one.url), HttpNode(two.url)], 2)
            call = {"to": kept.address, "data": "0x12345678"}
            with pytest.raises(RpcRefusedError):
                await quorum.request("eth_call", [call, "latest"])
            await quorum.close()

    on_anvil.run(work)


def test_three_nodes_answer_as_one_does(anvil: Anvil) -> None:
    async def work(quorum: Quorum, proxies: list[Any], network: Network) -> None:
        async with HttpNode(anvil.url) as single:
            for method, params in (
                ("eth_chainId", []),
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_getBlockByNumber", ["0x0", False]),
                ("eth_getBalance", ["0x" + "00" * 20, "latest"]),
                ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}]),
                ("eth_getTransactionReceipt", ["0x" + "11" * 32]),
            ):
                assert await quorum.request(method, params) == await single.request(method, params)
            proxies[1].faults["eth_chainId"] = lying(lambda _: "0x99")
            assert await node.chain_id(quorum) == anvil.chain_id

    between(anvil, work)
