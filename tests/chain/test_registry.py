"""A registry read back: entries, records, histories and what is not final yet, on both kinds of chain."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from attest.canonical import digest
from attest.chain import node
from attest.chain.node import Block
from attest.errors import WrongChainError
from attest.number import FilingNumber
from attest.ports import Entry, Lookup, Status
from attest.reasons import Reason
from attest.record import PublicRecord
from attest.registry import contract
from attest.registry.reader import Change
from tests.chain.anvil import Anvil
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept, fictional, reader, record_of

NUMBER = fictional(1)


async def look(kept: Kept, number: FilingNumber = NUMBER) -> Lookup:
    return (await kept.reader.look_up([number])).lookups[number]


async def latest(kept: Kept) -> Block:
    return await node.head(kept.node, "latest")


def renewed(number: FilingNumber = NUMBER) -> PublicRecord:
    return record_of(number, service={"name": "示例存证平台"})


def told(changes: Sequence[Change]) -> list[tuple[str, Any, Any]]:
    """Name, new status and reason of each change."""
    return [(c.event.name, c.event.fields.get("to"), c.event.fields.get("reason")) for c in changes]


# --- entry and record ---------------------------------------------------------------------------------------


def test_a_registered_number_has_its_entry_and_its_record(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        record = record_of(NUMBER)
        (receipt,) = await kept.writer.register([record])
        entry = Entry(digest(record.canonical()), receipt.block, Status.ACTIVE)
        assert await look(kept) == Lookup(entry, record)

    ground.run(work)


def test_an_answer_names_the_head_and_the_chain_that_it_rests_on(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        head, genesis = await latest(kept), await node.block(kept.node, 0)
        basis = (await kept.reader.look_up([NUMBER])).basis
        assert (basis.block, basis.block_hash) == (head.number, head.hash)
        assert (basis.chain_id, basis.genesis) == (ground.network.chain_id, genesis.hash)
        assert basis.contract.lower() == kept.address
        assert (basis.registry, basis.operator, basis.authority) == ("test", "the tests", "authoritative")
        assert (basis.finality, basis.nodes) == ("latest", 1)

    ground.run(work)


def test_only_the_embedded_chain_is_called_local(on_embedded: Ground, on_anvil: Ground) -> None:
    found = []

    async def work(kept: Kept) -> None:
        found.append((await kept.reader.look_up([])).basis.local)

    on_embedded.run(work)
    on_anvil.run(work)
    assert found == [True, False]


def test_an_absent_number_has_no_entry_and_that_is_no_problem(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(fictional(2))])
        assert await look(kept) == Lookup(Entry(bytes(26), 0, Status.NONE))
        assert await kept.reader.history(NUMBER) == []

    ground.run(work)


def test_many_numbers_are_looked_up_at_one_head(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        records = [record_of(fictional(serial)) for serial in range(300)]
        await kept.writer.register(records)
        wanted = [fictional(serial) for serial in range(302)]
        between = Between(kept.node)
        entries = await reader(between, ground.network, kept.address).entries(wanted, await latest(kept))
        assert [entries[record.filing_number].digest for record in records] == [digest(r.canonical()) for r in records]
        assert [entries[number].status for number in wanted[300:]] == [Status.NONE, Status.NONE]
        assert between.asked == {"eth_call": 2}

    ground.run(work)


def test_every_read_is_of_the_pinned_head_though_the_chain_moves_on(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        before = await look(kept)

        async def then_suspend(_params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
            await kept.writer.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)
            return await truth()

        moving = Between(kept.node, rules={"eth_getCode": then_suspend})
        answer = await reader(moving, ground.network, kept.address, name=ground.name).look_up([NUMBER])
        assert answer.lookups[NUMBER] == before
        assert (await look(kept)).entry.status is Status.SUSPENDED

    ground.run(work)


# --- a filing's life ----------------------------------------------------------------------------------------


def test_an_amended_filing_keeps_its_status_and_has_the_new_record(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        old, new = record_of(NUMBER), renewed()
        await kept.writer.register([old])
        await kept.writer.set_status([NUMBER], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
        receipt = await kept.writer.amend(new, digest(old.canonical()))
        assert await look(kept) == Lookup(Entry(digest(new.canonical()), receipt.block, Status.SUSPENDED), new)

    ground.run(work)


def test_the_record_before_later_changes_of_status_is_found_by_walking_back(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        old, new = record_of(NUMBER), renewed()
        await kept.writer.register([old])
        await kept.writer.amend(new, digest(old.canonical()))
        for status in (Status.SUSPENDED, Status.ACTIVE, Status.SUSPENDED, Status.REVOKED):
            (receipt,) = await kept.writer.set_status([NUMBER], status, Reason.NOT_GIVEN)
        assert await look(kept) == Lookup(Entry(digest(new.canonical()), receipt.block, Status.REVOKED), new)

    ground.run(work)


def test_a_void_entry_still_shows_what_was_entered(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        record = record_of(NUMBER)
        await kept.writer.register([record])
        await kept.writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)
        found = await look(kept)
        assert (found.entry.status, found.record) == (Status.VOID, record)

    ground.run(work)


def test_a_history_tells_every_change_oldest_first(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        old, new = record_of(NUMBER), renewed()
        sent = await kept.writer.register([old, record_of(fictional(2))])
        sent += await kept.writer.set_status([NUMBER], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
        sent.append(await kept.writer.amend(new, digest(old.canonical())))
        sent += await kept.writer.set_status([NUMBER], Status.ACTIVE, Reason.RECTIFIED)
        sent += await kept.writer.set_status([NUMBER], Status.CANCELLED, Reason.SERVICE_ENDED)
        sent.append(await kept.writer.reopen(record_of(NUMBER)))
        sent += await kept.writer.set_status([NUMBER], Status.REVOKED, Reason.VIOLATION)
        sent.append(await kept.writer.correct(NUMBER, Reason.ENTERED_IN_ERROR))
        await kept.writer.set_status([fictional(2)], Status.SUSPENDED, Reason.VIOLATION)

        changes = await kept.reader.history(NUMBER)
        assert told(changes) == [
            ("Registered", None, None),
            ("StatusChanged", Status.SUSPENDED, Reason.RECTIFICATION_ORDERED),
            ("Amended", None, None),
            ("StatusChanged", Status.ACTIVE, Reason.RECTIFIED),
            ("StatusChanged", Status.CANCELLED, Reason.SERVICE_ENDED),
            ("Reopened", None, None),
            ("StatusChanged", Status.REVOKED, Reason.VIOLATION),
            ("StatusChanged", Status.VOID, Reason.ENTERED_IN_ERROR),
        ]
        assert [(c.event.log.block, c.event.log.transaction) for c in changes] == [
            (r.block, r.transaction) for r in sent
        ]
        assert [c.timestamp for c in changes] == [(await node.block(kept.node, r.block)).timestamp for r in sent]

    ground.run(work)


def test_changes_of_one_block_are_told_in_the_order_they_happened(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        records = [record_of(NUMBER), renewed(), record_of(NUMBER)]
        data = [record.canonical() for record in records]
        await kept.writer.register(records[:1])
        steps = [(contract.key(NUMBER), digest(data[step]), data[step + 1]) for step in range(2)]
        receipt = await kept.signer.send(kept.address, contract.encode("amend", steps))

        changes = await kept.reader.history(NUMBER)
        assert [change.event.fields["record"] for change in changes] == data
        assert [change.event.log.block for change in changes[1:]] == [receipt.block] * 2
        assert (await look(kept)).record == records[2]

    ground.run(work)


def test_transactions_of_one_block_are_told_in_the_order_they_happened(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        old, new = record_of(NUMBER), renewed()
        inspector = await on_anvil.stranger(kept, "INSPECTOR")
        await kept.writer.register([old])
        async with anvil.one_block(kept.node, 2) as together:
            together.create_task(kept.writer.amend(new, digest(old.canonical())))
            together.create_task(inspector.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION))

        _, first, second = await kept.reader.history(NUMBER)
        assert {first.event.name, second.event.name} == {"Amended", "StatusChanged"}
        assert first.event.log.block == second.event.log.block == second.event.fields["previousChange"]
        assert first.event.log.index < second.event.log.index
        found = await look(kept)
        assert (found.entry.status, found.record) == (Status.SUSPENDED, new)

    on_anvil.run(work)


# --- what is not final yet ----------------------------------------------------------------------------------


async def pass_a_block(kept: Kept) -> None:
    await kept.writer.grant("INSPECTOR", kept.address)


def test_a_number_in_a_block_that_is_not_final_is_pending_and_then_an_entry(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        assert not (await look(kept)).pending
        record = record_of(NUMBER)
        (receipt,) = await kept.writer.register([record])
        for _ in range(3):
            found = await kept.reader.look_up([NUMBER])
            assert found.lookups[NUMBER] == Lookup(Entry(bytes(26), 0, Status.NONE), pending=True)
            assert found.basis.block < receipt.block
            await pass_a_block(kept)
        found = await kept.reader.look_up([NUMBER])
        assert found.lookups[NUMBER] == Lookup(Entry(digest(record.canonical()), receipt.block, Status.ACTIVE), record)
        assert (found.basis.block, found.basis.finality) == (receipt.block, "3 confirmations")

    ground.run(work, finality="3 confirmations")


def test_a_void_number_is_pending_once_it_is_reopened_and_not_before(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        entered, again = record_of(NUMBER), renewed()
        await kept.writer.register([entered])
        await kept.writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)
        for pending, status in ((False, Status.NONE), (False, Status.ACTIVE), (False, Status.VOID)):
            found = await look(kept)
            assert (found.pending, found.entry.status) == (pending, status)
            await pass_a_block(kept)
        await kept.writer.reopen(again)
        for state in (kept.reader.states, kept.reader.look_up):
            found = (await state([NUMBER])).lookups[NUMBER]
            assert (found.pending, found.entry.status) == (True, Status.VOID)
        assert found.record == entered
        await pass_a_block(kept)
        await pass_a_block(kept)
        found = await look(kept)
        assert (found.pending, found.entry.status, found.record) == (False, Status.ACTIVE, again)

    ground.run(work, finality="2 confirmations")


def test_a_change_that_is_not_final_does_not_show(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        await pass_a_block(kept)
        await kept.writer.set_status([NUMBER], Status.REVOKED, Reason.VIOLATION)
        assert (await look(kept)).entry.status is Status.ACTIVE
        await pass_a_block(kept)
        assert (await look(kept)).entry.status is Status.REVOKED

    ground.run(work, finality="1 confirmation")


def test_a_registry_in_no_final_block_is_said_to_be_not_final_yet(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        with pytest.raises(WrongChainError) as caught:
            await kept.reader.look_up([NUMBER])
        assert caught.value.code == "CH114"

    ground.run(work, finality="50 confirmations")
