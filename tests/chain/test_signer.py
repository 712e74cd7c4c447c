"""Transactions from the signature to the final block: whatever happens on the way, each call is done once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from attest.chain import node, transactions
from attest.chain.keys import LocalKey
from attest.chain.remote import RemoteKey
from attest.chain.rpc import HttpNode
from attest.errors import (
    AttestError,
    FeeCapError,
    JournalError,
    RegistryRefusedError,
    RpcRefusedError,
    RpcUnavailableError,
    SignerError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.registry import contract, signer
from attest.registry.sender import DryRun
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter
from attest.settings import Network
from attest.store.journal import Journal, State
from tests.chain.anvil import WEALTH, Anvil, rich_account, running
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept
from tests.fictional import fictional, record_of

NUMBER = fictional(1)
Truth = Callable[[], Awaitable[Any]]


class StoppedError(Exception):
    """The process ended here."""


def stopping(at: str) -> Callable[[str], None]:
    """A process that ends at a step."""

    def step(name: str) -> None:
        if name == at:
            raise StoppedError

    return step


class Desk:
    """Someone who may register, with a journal that stays from one process to the next."""

    def __init__(self, kept: Kept, network: Network, key: LocalKey, asked: Any = None) -> None:
        self.kept = kept
        self.network = network
        self.key = key
        self.node = asked or kept.node
        self.journal = Journal(":memory:")

    def signer(self, **options: Any) -> Signer:
        """The next process."""
        network = options.pop("network", self.network)
        return Signer(self.node, self.key, name="anvil", network=network, journal=self.journal, **options)

    def writer(self, **options: Any) -> RegistryWriter:
        return RegistryWriter(self.signer(**options), self.node, self.kept.address)

    def states(self) -> list[tuple[int, State]]:
        return [(operation.nonce, operation.state) for operation in self.journal.operations()]

    async def sent(self) -> int:
        """Transactions of the account that are mined."""
        return int(await self.kept.node.request("eth_getTransactionCount", [self.key.address, "latest"]), 16)

    async def registered(self, number: Any = NUMBER) -> int:
        """How often a number was registered."""
        last = await node.head(self.kept.node, "latest")
        topics = [contract.topic("Registered"), "0x" + contract.key(number).hex()]
        blocks = range(max(0, last.number - 40), last.number + 1)
        return sum([len(await node.logs(self.kept.node, self.kept.address, topics, block)) for block in blocks])


async def desk(kept: Kept, ground: Ground, asked: Any = None, **network: Any) -> Desk:
    key = await ground.account(kept.node)
    await kept.writer.grant("REGISTRAR", key.address)
    return Desk(kept, ground.network.model_copy(update=network), key, asked)


@asynccontextmanager
async def by_hand(kept: Kept) -> AsyncIterator[None]:
    """Mine nothing by itself meanwhile."""
    await kept.node.request("evm_setAutomine", [False])
    try:
        yield
    finally:
        await kept.node.request("evm_setAutomine", [True])
        await kept.node.request("evm_mine", [])


async def pooled(kept: Kept, count: int = 1) -> None:
    """Wait until that many transactions wait in the pool."""
    async with asyncio.timeout(10):
        while int((await kept.node.request("txpool_status", []))["pending"], 16) < count:
            await asyncio.sleep(0.01)


# --- a process that ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["prepared", "signed", "journalled", "sent", "seen", "marked"])
def test_whatever_step_a_process_ended_at_the_same_call_is_carried_out_once(ground: Ground, step: str) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground)
        before = await at.sent()
        record = record_of(NUMBER)
        with pytest.raises(StoppedError):
            await at.writer(step=stopping(step)).register([record])
        await at.signer().resume()
        again = at.writer()
        await again.register(await again.missing([record]))
        assert await at.sent() == before + 1
        assert await at.registered() == 1
        assert [state for _, state in at.states()] == [State.FINAL]

    ground.run(work)


def test_what_was_signed_is_sent_again_as_the_same_bytes(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        between = Between(kept.node)
        sent: list[Any] = []

        async def watched(params: Sequence[Any], truth: Truth) -> Any:
            sent.append(params[0])
            return await truth()

        at = await desk(kept, ground, between)
        between.rules["eth_sendRawTransaction"] = watched
        with pytest.raises(StoppedError):
            await at.writer(step=stopping("journalled")).register([record_of(NUMBER)])
        assert sent == []
        (journalled,) = at.journal.operations()
        (operation,) = await at.signer().resume()
        assert sent == ["0x" + journalled.attempts[0].hex()]
        assert operation.state is State.FINAL
        assert (await kept.reader.look_up([NUMBER])).lookups[NUMBER].entry.status is Status.ACTIVE

    ground.run(work)


def test_what_the_contract_refused_after_an_interruption_is_told_when_it_is_asked_for_again(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground)
        record = record_of(NUMBER)
        with pytest.raises(StoppedError):
            await at.writer(step=stopping("journalled")).register([record])
        await kept.writer.register([record_of(NUMBER)])
        signer = at.signer()
        (operation,) = await signer.resume()
        assert operation.state is State.REVERTED
        call = contract.encode("register", [(contract.key(NUMBER), record.canonical())])
        with pytest.raises(RegistryRefusedError) as caught:
            await signer.send(kept.address, call)
        assert caught.value.code == "RG111"
        assert await at.sent() == 1

    ground.run(work)


def test_a_call_made_again_before_the_first_is_final_is_made_again(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground, finality="50 confirmations")
        await at.writer().register([record_of(NUMBER)])
        for to in (Status.SUSPENDED, Status.ACTIVE, Status.SUSPENDED):
            await at.writer().set_status([NUMBER], to, Reason.NOT_GIVEN)
            assert (await kept.reader.look_up([NUMBER])).lookups[NUMBER].entry.status is to
        assert await at.sent() == 4
        assert at.states() == [(nonce, State.MINED) for nonce in range(4)]

    ground.run(work)


def test_receipts_that_come_late_are_waited_for(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        asked: dict[str, int] = {}

        async def late(params: Sequence[Any], truth: Truth) -> Any:
            asked[params[0]] = asked.get(params[0], 0) + 1
            return await truth() if asked[params[0]] > 8 else None

        at = await desk(kept, on_anvil, Between(kept.node, rules={"eth_getTransactionReceipt": late}))
        await at.writer().register([record_of(NUMBER)])
        assert at.states() == [(0, State.FINAL)]
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


def test_a_receipt_that_never_comes_is_no_sign_of_another_transaction(on_anvil: Ground) -> None:
    async def never(_params: Sequence[Any], _truth: Truth) -> Any:
        return None

    async def work(kept: Kept) -> None:
        between = Between(kept.node, rules={"eth_getTransactionReceipt": never})
        at = await desk(kept, on_anvil, between)
        with pytest.raises(RpcUnavailableError) as caught:
            await at.writer(wait_s=0.3).register([record_of(NUMBER)])
        assert caught.value.code == "CH130"
        assert at.states() == [(0, State.SIGNED)]
        between.rules.clear()
        assert [operation.state for operation in await at.signer().resume()] == [State.FINAL]
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


@pytest.mark.parametrize("behind", [0, 1, 2, 7, 40])
def test_the_block_that_used_a_nonce_is_found_however_long_ago_it_was(on_anvil: Ground, behind: int) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)
        with pytest.raises(StoppedError):
            await at.writer(step=stopping("sent")).register([record_of(NUMBER)])
        (ours,) = at.journal.operations()
        async with asyncio.timeout(10):
            while await node.receipt(kept.node, ours.hashes[0]) is None:
                await asyncio.sleep(0.01)
        if behind:
            await kept.node.request("anvil_mine", [hex(behind)])
        assert not await at.signer()._is_overtaken(ours)
        strange = Journal(":memory:").begin(ours.chain, ours.account, ours.nonce, b"another")
        assert await at.signer()._is_overtaken(strange)

    on_anvil.run(work)


def test_an_old_copy_of_the_journal_goes_on_with_the_chains_own_count(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground)
        records = [record_of(fictional(serial)) for serial in range(3)]
        for record in records[:2]:
            await at.writer().register([record])
        at.journal = Journal(":memory:")
        assert await at.writer().missing(records) == records[2:]
        await at.writer().register(records[2:])
        assert await at.sent() == 3

    ground.run(work)


# --- on the way to a block ----------------------------------------------------------------------------------


def test_a_response_lost_after_the_node_accepted_is_no_second_transaction(on_anvil: Ground) -> None:
    async def lost(_params: Sequence[Any], truth: Truth) -> Any:
        await truth()
        raise RpcUnavailableError("CH101", method="eth_sendRawTransaction", why="-")

    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil, Between(kept.node, rules={"eth_sendRawTransaction": lost}))
        await at.writer().register([record_of(NUMBER)])
        assert at.states() == [(0, State.FINAL)]
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


def test_a_transaction_that_perhaps_was_sent_stays_in_the_journal(on_anvil: Ground) -> None:
    async def lost(_params: Sequence[Any], _truth: Truth) -> Any:
        raise RpcUnavailableError("CH101", method="eth_sendRawTransaction", why="-")

    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil, Between(kept.node, rules={"eth_sendRawTransaction": lost}))
        record = record_of(NUMBER)
        with pytest.raises(RpcUnavailableError):
            await at.writer().register([record])
        assert at.states() == [(0, State.SIGNED)]
        at.node = kept.node
        assert [operation.state for operation in await at.signer().resume()] == [State.FINAL]
        assert await at.writer().missing([record]) == []
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


def test_a_transaction_no_node_takes_frees_its_nonce(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)
        await kept.node.request("anvil_setBalance", [at.key.address, "0x0"])
        with pytest.raises(RpcRefusedError):
            await at.signer().send(kept.address, contract.encode("head"), gas=100_000)
        assert at.states() == [(0, State.REFUSED)]
        await kept.node.request("anvil_setBalance", [at.key.address, hex(WEALTH)])
        await at.writer().register([record_of(NUMBER)])
        assert at.states() == [(0, State.REFUSED), (0, State.FINAL)]

    on_anvil.run(work)


def test_a_transaction_said_to_be_refused_but_mined_is_found_when_its_nonce_is_used(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        lies = [True]

        async def refuse(_params: Sequence[Any], truth: Truth) -> Any:
            await truth()
            raise RpcRefusedError(method="eth_sendRawTransaction", number=-32000, message="no")

        async def deny(_params: Sequence[Any], truth: Truth) -> Any:
            return None if lies else await truth()

        between = Between(kept.node, rules={"eth_sendRawTransaction": refuse, "eth_getTransactionByHash": deny})
        at = await desk(kept, on_anvil, between)
        async with by_hand(kept):
            with pytest.raises(RpcRefusedError):
                await at.writer().register([record_of(NUMBER)])
            assert at.states() == [(0, State.REFUSED)]
            del between.rules["eth_sendRawTransaction"]
            lies.clear()
            await pooled(kept)
            with pytest.raises(JournalError) as caught:
                await at.writer().register([record_of(fictional(2))])
            assert caught.value.code == "JR105"
        await at.writer().register([record_of(fictional(2))])
        assert await at.registered() == 1
        assert await at.registered(fictional(2)) == 1

    on_anvil.run(work)


def test_a_call_said_to_be_refused_but_mined_is_not_made_twice(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        lies = [True]

        async def refuse(_params: Sequence[Any], truth: Truth) -> Any:
            if lies:
                await truth()
                raise RpcRefusedError(method="eth_sendRawTransaction", number=-32005, message="limit exceeded")
            raise RpcRefusedError(method="eth_sendRawTransaction", number=-32000, message="underpriced")

        async def deny(_params: Sequence[Any], truth: Truth) -> Any:
            return None if lies else {"hash": "known"}

        async def unseen(params: Sequence[Any], truth: Truth) -> Any:
            """A node that does not see what waits in the other one's pool."""
            where = "latest" if params[1] == "pending" else params[1]
            return await kept.node.request("eth_getTransactionCount", [params[0], where])

        async def dearer(_params: Sequence[Any], truth: Truth) -> Any:
            return hex(int(await truth(), 16) + (0 if lies else 12_345))

        rules = {
            "eth_sendRawTransaction": refuse, "eth_getTransactionByHash": deny, "eth_getTransactionCount": unseen,
            "eth_maxPriorityFeePerGas": dearer,
        }  # fmt: skip
        at = await desk(kept, on_anvil, Between(kept.node, rules=rules))
        call = contract.deployment("twin", at.key.address, 0)
        async with by_hand(kept):
            with pytest.raises(RpcRefusedError):
                await at.signer().send(None, call)
            assert at.states() == [(0, State.REFUSED)]
            lies.clear()
            async with asyncio.TaskGroup() as tasks:
                again = tasks.create_task(at.signer().send(None, call))
                async with asyncio.timeout(10):
                    while len(at.states()) < 2:
                        await asyncio.sleep(0.01)
                await kept.node.request("evm_mine", [])
        assert at.states() == [(0, State.FINAL), (0, State.DISPLACED)]
        assert again.result().transaction == at.journal.operations()[0].hashes[0]
        assert await at.sent() == 1

    on_anvil.run(work)


def test_what_was_refused_once_while_others_build_on_it_stays_to_be_done() -> None:
    async def work(kept: Kept) -> None:
        busy = [True]

        async def refuse(_params: Sequence[Any], truth: Truth) -> Any:
            if busy:
                raise RpcRefusedError(method="eth_sendRawTransaction", number=-32005, message="limit exceeded")
            return await truth()

        at = await desk(kept, ground, Between(kept.node), finality="20 confirmations")
        for serial in (1, 2):
            await at.writer().register([record_of(fictional(serial))])
        await kept.node.request("anvil_reorg", [2, []])
        at.node.rules["eth_sendRawTransaction"] = refuse
        with pytest.raises(RpcRefusedError):
            await at.signer().resume()
        assert at.states() == [(0, State.MINED), (1, State.MINED)]
        busy.clear()
        await at.signer().resume()
        assert at.states() == [(0, State.MINED), (1, State.MINED)]
        assert [await at.registered(fictional(serial)) for serial in (1, 2)] == [1, 1]

    with running() as anvil:
        ground = Ground("anvil", anvil.network(), lambda: HttpNode(anvil.url), _rich)
        ground.run(work)


def test_a_node_that_lags_does_not_undo_what_was_final(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        async def nothing(_params: Sequence[Any], _truth: Truth) -> Any:
            return None

        async def none_sent(_params: Sequence[Any], _truth: Truth) -> Any:
            return "0x0"

        async def poor(_params: Sequence[Any], _truth: Truth) -> Any:
            raise RpcRefusedError(method="eth_sendRawTransaction", number=-32000, message="insufficient funds")

        at = await desk(kept, on_anvil, Between(kept.node))
        await at.writer().register([record_of(NUMBER)])
        at.node.rules = {
            "eth_getTransactionReceipt": nothing, "eth_getTransactionByHash": nothing,
            "eth_getTransactionCount": none_sent, "eth_sendRawTransaction": poor,
        }  # fmt: skip
        with pytest.raises(RpcRefusedError):
            await at.signer().resume()
        assert at.states() == [(0, State.FINAL)]

    on_anvil.run(work)


def test_a_failed_call_that_the_chain_lost_is_not_made_later() -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground, finality="20 confirmations")
        with pytest.raises(StoppedError):
            await at.writer(step=stopping("journalled")).register([record_of(NUMBER)])
        rival = await kept.writer.register([record_of(NUMBER)])
        assert [operation.state for operation in await at.signer().resume()] == [State.REVERTED]
        await kept.node.request("anvil_reorg", [2, []])
        assert (await at.sent(), await at.registered()) == (0, 0)
        await at.writer().register([record_of(fictional(2))])
        assert at.states() == [(0, State.REVERTED), (0, State.MINED)]
        assert (await at.registered(), await at.registered(fictional(2))) == (0, 1)
        assert rival

    with running() as anvil:
        ground = Ground("anvil", anvil.network(), lambda: HttpNode(anvil.url), _rich)
        ground.run(work)


def test_a_nonce_used_by_another_transaction_of_the_account_is_left_for_the_next(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)

        async def elsewhere() -> None:
            """The same key on another machine."""
            transaction = transactions.decode(at.journal.operations()[0].attempts[0])
            other = transactions.Transaction(transaction.chain_id, 0, 21_000, transaction.fees, at.key.address, 0, b"")
            raw = await at.key.sign(other)
            await kept.node.request("eth_sendRawTransaction", ["0x" + raw.hex()])

        with pytest.raises(StoppedError):
            await at.writer(step=stopping("journalled")).register([record_of(NUMBER)])
        await elsewhere()
        writer = at.writer()
        await writer.register([record_of(NUMBER)])
        assert at.states() == [(0, State.DISPLACED), (1, State.FINAL)]
        assert await at.registered() == 1

    on_anvil.run(work)


def test_a_waiting_transaction_is_replaced_at_higher_fees_under_the_same_nonce(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)
        async with by_hand(kept), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(at.writer(bump_s=0.1).register([record_of(NUMBER)]))
            async with asyncio.timeout(20):
                while not at.journal.operations() or len(at.journal.operations()[0].attempts) < 3:
                    await asyncio.sleep(0.02)
            await kept.node.request("evm_mine", [])
        (receipt,) = task.result()
        (operation,) = at.journal.operations()
        found = [transactions.decode(raw) for raw in operation.attempts]
        assert {attempt.nonce for attempt in found} == {0}
        assert all(8 * b.fees.most >= 9 * a.fees.most for a, b in pairwise(found))
        assert receipt.transaction in operation.hashes
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


def test_fees_are_raised_a_few_times_and_never_beyond_the_cap(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil, fee_cap=Decimal("0.0005"))
        async with by_hand(kept):
            with pytest.raises(RpcUnavailableError) as caught:
                await at.writer(bump_s=0.02, wait_s=2).register([record_of(NUMBER)])
        assert caught.value.code == "CH130"
        (operation,) = at.journal.operations()
        costs = [t.gas * t.fees.most for t in map(transactions.decode, operation.attempts)]
        assert len(costs) <= 1 + signer.MAX_BUMPS
        assert max(costs) <= 5 * 10**14

    on_anvil.run(work)


def test_a_transaction_dearer_than_the_cap_is_not_signed(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil, fee_cap=Decimal("0.000000000001"))
        with pytest.raises(FeeCapError) as caught:
            await at.writer().register([record_of(NUMBER)])
        assert caught.value.params["cap"] == "0.000000000001"
        assert at.states() == []
        assert await at.sent() == 0

    on_anvil.run(work)


def test_a_transaction_dropped_from_the_pool_is_sent_again(on_anvil: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "REPEAT_S", 0.1)

    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)
        async with by_hand(kept), asyncio.TaskGroup() as tasks:
            tasks.create_task(at.writer().register([record_of(NUMBER)]))
            await pooled(kept)
            (operation,) = at.journal.operations()
            assert await kept.node.request("anvil_dropTransaction", [operation.hashes[0]])
            await pooled(kept)
            await kept.node.request("evm_mine", [])
        assert (await at.sent(), await at.registered()) == (1, 1)

    on_anvil.run(work)


def test_nothing_is_signed_while_transactions_wait_that_the_journal_does_not_know(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil)
        async with by_hand(kept):
            async with asyncio.TaskGroup() as tasks:
                first = tasks.create_task(at.writer().register([record_of(NUMBER)]))
                await pooled(kept)
                known, at.journal = at.journal, Journal(":memory:")
                with pytest.raises(JournalError) as caught:
                    await at.writer().register([record_of(fictional(2))])
                assert (caught.value.code, caught.value.params["count"]) == ("JR105", 1)
                assert at.states() == []
                await kept.node.request("evm_mine", [])
            assert len(first.result()) == 1
        assert known.operations()[0].state is State.FINAL
        await at.writer().register([record_of(fictional(2))])
        assert await at.sent() == 2

    on_anvil.run(work)


# --- on the way to finality ---------------------------------------------------------------------------------


def test_a_mined_transaction_is_final_only_when_the_networks_rule_says_so(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, on_anvil, finality="2 confirmations")
        await at.writer().register([record_of(NUMBER)])
        assert at.states() == [(0, State.MINED)]
        await kept.node.request("evm_mine", [])
        await at.signer().resume()
        assert at.states() == [(0, State.MINED)]
        await kept.node.request("evm_mine", [])
        await at.signer().resume()
        assert at.states() == [(0, State.FINAL)]
        assert await at.sent() == 1

    on_anvil.run(work)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_transaction_lost_in_a_reorganisation_is_sent_again(depth: int) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground, finality="8 confirmations")
        await at.writer().register([record_of(NUMBER)])
        (before,) = at.journal.operations()
        for _ in range(depth - 1):
            await kept.node.request("evm_mine", [])
        await kept.node.request("anvil_reorg", [depth, []])
        assert await node.receipt(kept.node, before.hashes[0]) is None
        await at.signer().resume()
        (after,) = at.journal.operations()
        assert (after.state, after.attempts) == (State.MINED, before.attempts)
        assert (after.block, after.block_hash) != (before.block, before.block_hash)
        assert await at.registered() == 1

    with running() as anvil:
        ground = Ground("anvil", anvil.network(), lambda: HttpNode(anvil.url), _rich)
        ground.run(work)


def test_what_was_final_by_a_weak_rule_is_sent_again_when_the_chain_loses_it() -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground)
        await at.writer().register([record_of(NUMBER)])
        assert at.states() == [(0, State.FINAL)]
        await kept.node.request("anvil_reorg", [1, []])
        await at.writer().register([record_of(fictional(2))])
        assert at.states() == [(0, State.FINAL), (1, State.FINAL)]
        assert (await at.registered(), await at.registered(fictional(2))) == (1, 1)

    with running() as anvil:
        ground = Ground("anvil", anvil.network(), lambda: HttpNode(anvil.url), _rich)
        ground.run(work)


async def _rich(asked: Any) -> LocalKey:
    return LocalKey(await rich_account(asked))


# --- two writers --------------------------------------------------------------------------------------------


def test_two_machines_with_one_key_register_every_filing_once(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        first = await desk(kept, on_anvil)
        second = Desk(kept, first.network, first.key)
        records = [record_of(fictional(serial)) for serial in range(24)]

        async def file(at: Desk, order: Sequence[Any]) -> None:
            for record in order:
                while await at.writer().missing([record]):
                    with suppress(AttestError):  # the other one was faster
                        await at.writer().register([record])

        async with asyncio.timeout(60):
            await asyncio.gather(file(first, records), file(second, records[::-1]))
        answer = await kept.reader.look_up([record.filing_number for record in records])
        assert [lookup.record for lookup in answer.lookups.values()] == records
        assert [await first.registered(record.filing_number) for record in records] == [1] * len(records)

    on_anvil.run(work)


# --- without sending ----------------------------------------------------------------------------------------


def test_a_dry_run_tells_the_gas_of_the_real_one_and_sends_nothing(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        at = await desk(kept, ground)
        records = [record_of(fictional(serial)) for serial in range(300)]
        dry = DryRun(kept.node, at.key.address, network=at.network)
        before = await node.head(kept.node, "latest")
        expected = await RegistryWriter(dry, kept.node, kept.address).register(records)
        assert await node.head(kept.node, "latest") == before
        receipts = await at.writer().register(records)
        assert [receipt.block for receipt in expected] == [0] * len(receipts)
        for told, real in zip(expected, receipts, strict=True):
            assert real.gas_used <= told.gas_used <= 1.05 * real.gas_used
        assert dry.cost <= dry.most

    ground.run(work)


def test_a_dry_run_is_refused_as_the_change_would_be(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        dry = RegistryWriter(DryRun(kept.node, kept.signer.address, network=ground.network), kept.node, kept.address)
        with pytest.raises(RegistryRefusedError) as caught:
            await dry.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)
        assert caught.value.code == "RG141"

    ground.run(work)


# --- keys that are elsewhere --------------------------------------------------------------------------------


def _remote(kept: Kept, anvil: Anvil, address: str, digests: list[str], asked: Any = None) -> Signer:
    key = RemoteKey(asked or kept.node, address, digests.append)
    return Signer(kept.node, key, name="anvil", network=anvil.network(), journal=Journal(":memory:"))


def test_a_remote_signer_signs_what_it_was_shown(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        address = contract.checksummed((await kept.node.request("eth_accounts", []))[0])
        await kept.writer.grant("REGISTRAR", address)
        digests: list[str] = []
        signer = _remote(kept, anvil, address, digests)
        (receipt,) = await RegistryWriter(signer, kept.node, kept.address).register([record_of(NUMBER)])
        raw = signer._journal.operations()[0].attempts[0]
        assert digests == ["0x" + transactions.digest(transactions.decode(raw)).hex()]
        assert receipt.succeeded

    on_anvil.run(work)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "0x63"}, "KE113"),
        ({"to": "0x" + "55" * 20}, "KE113"),
        ({"value": "0x1"}, "KE113"),
        ({"maxFeePerGas": "0xffffffffffff"}, "KE113"),
        ({"data": "0x00"}, "KE113"),
    ],
)
def test_a_remote_signer_that_signs_something_else_is_not_believed(
    on_anvil: Ground, anvil: Anvil, change: dict[str, str], code: str
) -> None:
    async def work(kept: Kept) -> None:
        async def altered(params: Sequence[Any], _truth: Truth) -> Any:
            return await kept.node.request("eth_signTransaction", [params[0] | change])

        address = contract.checksummed((await kept.node.request("eth_accounts", []))[0])
        await kept.writer.grant("REGISTRAR", address)
        between = Between(kept.node, rules={"eth_signTransaction": altered})
        signer = _remote(kept, anvil, address, [], between)
        with pytest.raises(SignerError) as caught:
            await RegistryWriter(signer, kept.node, kept.address).register([record_of(NUMBER)])
        assert caught.value.code == code
        assert signer._journal.operations() == []

    on_anvil.run(work)


def test_a_remote_signer_that_signs_with_another_key_is_not_believed(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        stranger = LocalKey(Account.create())

        async def another(params: Sequence[Any], _truth: Truth) -> Any:
            fields = params[0]
            asked = transactions.Transaction(
                chain_id=int(fields["chainId"], 16), nonce=int(fields["nonce"], 16), gas=int(fields["gas"], 16),
                fees=transactions.Fees(int(fields["maxPriorityFeePerGas"], 16), int(fields["maxFeePerGas"], 16)),
                to=fields["to"], value=0, data=bytes.fromhex(fields["data"][2:]),
            )  # fmt: skip
            return "0x" + (await stranger.sign(asked)).hex()

        own = await on_anvil.account(kept.node)
        await kept.writer.grant("REGISTRAR", own.address)
        between = Between(kept.node, rules={"eth_signTransaction": another})
        signer = _remote(kept, anvil, own.address, [], between)
        with pytest.raises(SignerError) as caught:
            await RegistryWriter(signer, kept.node, kept.address).register([record_of(NUMBER)])
        assert caught.value.code == "KE112"

    on_anvil.run(work)


@pytest.mark.parametrize("answer", [None, "0x", "0x02", "0x02c0", {"raw": "0x" + "ff" * 40}, {}, [], 7])
def test_what_is_no_signed_transaction_is_not_sent(on_anvil: Ground, anvil: Anvil, answer: Any) -> None:
    async def work(kept: Kept) -> None:
        async def nonsense(_params: Sequence[Any], _truth: Truth) -> Any:
            return answer

        between = Between(kept.node, rules={"eth_signTransaction": nonsense})
        signer = _remote(kept, anvil, kept.signer.address, [], between)
        with pytest.raises(SignerError) as caught:
            await RegistryWriter(signer, kept.node, kept.address).register([record_of(NUMBER)])
        assert caught.value.code == "KE111"

    on_anvil.run(work)


def test_a_signer_that_does_not_answer_is_told(on_anvil: Ground, anvil: Anvil, tmp_path: Path) -> None:
    async def work(kept: Kept) -> None:
        async def gone(_params: Sequence[Any], _truth: Truth) -> Any:
            raise RpcUnavailableError("CH101", method="eth_signTransaction", why="-")

        between = Between(kept.node, rules={"eth_signTransaction": gone})
        with pytest.raises(SignerError) as caught:
            await _remote(kept, anvil, kept.signer.address, [], between).send(kept.address, contract.encode("head"))
        assert caught.value.code == "KE110"

    on_anvil.run(work)
