"""Changes to a registry: how they are split, what is refused and why, and that a refusal changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from attest.canonical import digest
from attest.chain import node
from attest.errors import (
    AttestError,
    InputError,
    RegistryRefusedError,
    RpcProtocolError,
    RpcUnavailableError,
    WrongChainError,
)
from attest.ports import Status
from attest.reasons import Reason
from attest.record import PublicRecord
from attest.registry import contract
from attest.registry.contract import Head
from attest.registry.reader import MAX_BATCH
from attest.registry.signer import Signer
from attest.registry.writer import MAX_CALLDATA, RegistryWriter, batches, deploy
from attest.store.journal import Journal
from tests.chain.anvil import Anvil
from tests.chain.grounds import Between, Ground
from tests.conftest import Kept, fictional, record_of

NUMBER = fictional(1)
OTHER = fictional(2)
Change = Callable[[RegistryWriter], Awaitable[Any]]


def sized(serial: int, size: int) -> PublicRecord:
    """A record of `size` canonical bytes, or a few less."""
    types: list[str] = []
    record = record_of(fictional(serial))
    while (room := size - len(record.canonical())) > 30:
        types.append("x" * min(room - 25, 200))
        record = record_of(fictional(serial), service={"types": types})
    return record


def call_data(records: Sequence[PublicRecord]) -> int:
    return len(contract.encode("register", [(contract.key(r.filing_number), r.canonical()) for r in records]))


async def state(kept: Kept) -> Head:
    """The registry as a whole: it differs after any change."""
    return await kept.reader.head(await node.head(kept.node, "latest"))


async def sent(kept: Kept) -> int:
    """Transactions that the keeper has sent."""
    return int(await kept.node.request("eth_getTransactionCount", [kept.signer.address, "latest"]), 16)


async def refused(kept: Kept, change: Awaitable[Any]) -> AttestError:
    """Why `change` was refused, after a look that it changed nothing."""
    before = await state(kept)
    with pytest.raises(AttestError) as caught:
        await change
    assert await state(kept) == before
    return caught.value


# --- splitting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "size"), [(1, 300), (256, 300), (257, 300), (600, 180), (300, 1000), (130, 2000), (90, 2048)]
)
def test_a_split_keeps_every_record_in_order_and_each_part_within_both_bounds(count: int, size: int) -> None:
    records = [sized(serial, size) for serial in range(count)]
    parts = list(batches(records))
    assert [record for part in parts for record in part] == records
    assert all(len(part) <= MAX_BATCH and call_data(part) <= MAX_CALLDATA for part in parts)


@pytest.mark.parametrize("sizes", [(180,), (300,), (700,), (2048,), (160, 2048, 500, 999, 333)])
def test_a_part_is_closed_only_where_the_next_record_would_break_a_bound(sizes: tuple[int, ...]) -> None:
    parts = list(batches([sized(serial, sizes[serial % len(sizes)]) for serial in range(600)]))
    for part, following in pairwise(parts):
        assert len(part) == MAX_BATCH or call_data([*part, following[0]]) > MAX_CALLDATA
        assert call_data(part) <= MAX_CALLDATA


def test_nothing_to_register_is_no_transaction(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        before = await sent(kept)
        assert await kept.writer.register([]) == []
        assert await kept.writer.set_status([], Status.SUSPENDED, Reason.NOT_GIVEN) == []
        assert await sent(kept) == before

    ground.run(work)


def test_many_filings_go_in_as_few_transactions_as_the_bounds_allow(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        small = [record_of(fictional(serial)) for serial in range(260)]
        large = [sized(serial, 2048) for serial in range(1000, 1060)]
        assert len(await kept.writer.register(small)) == 2
        assert len(await kept.writer.register(large)) == 2
        assert (await state(kept)).filings == 320

    ground.run(work)


def test_a_batch_that_costs_too_much_gas_is_halved(ground: Ground) -> None:
    """On a chain where gas is seventy times dearer than on ours."""

    async def dear(_params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
        return hex(70 * int(await truth(), 16))

    async def work(kept: Kept) -> None:
        between = Between(kept.node, rules={"eth_estimateGas": dear})
        account = await ground.account(kept.node)
        signer = Signer(between, account, name=ground.name, network=ground.network, journal=Journal(":memory:"))
        await kept.writer.grant("REGISTRAR", signer.address)
        records = [record_of(fictional(serial)) for serial in range(5)]
        receipts = await RegistryWriter(signer, between, kept.address).register(records)
        assert len(receipts) == 2
        answer = await kept.reader.look_up([record.filing_number for record in records])
        assert [lookup.record for lookup in answer.lookups.values()] == records

    ground.run(work)


def test_the_status_of_many_filings_is_changed_in_parts_of_the_largest_batch(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        records = [record_of(fictional(serial)) for serial in range(257)]
        numbers = [record.filing_number for record in records]
        await kept.writer.register(records)
        receipts = await kept.writer.set_status(numbers, Status.SUSPENDED, Reason.VIOLATION)
        entries = await kept.reader.entries(numbers, await node.head(kept.node, "latest"))
        assert len(receipts) == 2
        assert {entry.status for entry in entries.values()} == {Status.SUSPENDED}

    ground.run(work)


# --- refused before anything is sent ------------------------------------------------------------------------


def test_a_number_twice_in_the_list_is_refused_before_sending(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        before = await sent(kept)
        again = [record_of(NUMBER), record_of(OTHER), record_of(NUMBER)]
        error = await refused(kept, kept.writer.register(again))
        assert (type(error), error.code, error.params) == (InputError, "RG110", {"numbers": NUMBER.text})
        assert await sent(kept) == before

    ground.run(work)


@pytest.mark.sampled
@pytest.mark.parametrize("status", [Status.ACTIVE, Status.CANCELLED])
def test_a_number_of_any_status_is_refused_again_before_sending(ground: Ground, status: Status) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        if status is not Status.ACTIVE:
            await kept.writer.set_status([NUMBER], status, Reason.SERVICE_ENDED)
        before = await sent(kept)
        error = await refused(kept, kept.writer.register([record_of(OTHER), record_of(NUMBER)]))
        assert (type(error), error.code, error.params) == (InputError, "RG111", {"numbers": NUMBER.text})
        assert await sent(kept) == before

    ground.run(work)


def test_a_number_that_is_there_is_found_behind_a_full_batch_of_new_ones(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        many = [record_of(fictional(serial)) for serial in range(100, 100 + MAX_BATCH)]
        error = await refused(kept, kept.writer.register([*many, record_of(NUMBER)]))
        assert (error.code, error.params) == ("RG111", {"numbers": NUMBER.text})

    ground.run(work)


@pytest.mark.parametrize(("field", "code"), [("chain_id", "CH110"), ("genesis", "CH111")])
def test_nothing_is_signed_for_another_chain(ground: Ground, field: str, code: str) -> None:
    async def work(kept: Kept) -> None:
        wrong: Any = {"chain_id": 1, "genesis": "0x" + "11" * 32}[field]
        network = ground.network.model_copy(update={field: wrong})
        between = Between(kept.node)
        signer = Signer(
            between, await ground.account(kept.node), name="other", network=network, journal=Journal(":memory:")
        )
        with pytest.raises(WrongChainError) as caught:
            await deploy(signer, between, name="test", delay_s=0)
        assert (caught.value.code, caught.value.params["expected"]) == (code, wrong)
        assert "eth_sendRawTransaction" not in between.asked

    ground.run(work)


# --- refused by the contract --------------------------------------------------------------------------------


def test_an_amendment_of_a_stale_digest_is_refused_and_changes_nothing(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        old, first, second = (record_of(NUMBER) for _ in range(3))
        await kept.writer.register([old])
        await kept.writer.amend(first, digest(old.canonical()))
        error = await refused(kept, kept.writer.amend(second, digest(old.canonical())))
        assert (type(error), error.code) == (RegistryRefusedError, "RG145")
        assert digest(first.canonical()).hex() in str(error)
        assert (await kept.reader.look_up([NUMBER])).lookups[NUMBER].record == first

    ground.run(work)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("roles", "role", "change"),
    [
        ((), "REGISTRAR", lambda writer: writer.register([record_of(OTHER)])),
        ((), "REGISTRAR", lambda writer: writer.amend(record_of(NUMBER), bytes(26))),
        ((), "INSPECTOR", lambda writer: writer.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)),
        ((), "CORRECTOR", lambda writer: writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)),
        ((), "CORRECTOR", lambda writer: writer.reopen(record_of(NUMBER))),
        (("INSPECTOR", "CORRECTOR"), "REGISTRAR", lambda writer: writer.register([record_of(OTHER)])),
        (("REGISTRAR",), "CORRECTOR", lambda writer: writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)),
        (("REGISTRAR", "INSPECTOR"), "CORRECTOR", lambda writer: writer.reopen(record_of(NUMBER))),
    ],
)
def test_an_account_without_the_role_is_refused(
    ground: Ground, roles: tuple[str, ...], role: str, change: Change
) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        signer = Signer(
            kept.node,
            await ground.account(kept.node),
            name=ground.name,
            network=ground.network,
            journal=Journal(":memory:"),
        )
        for held in roles:
            await kept.writer.grant(held, signer.address)
        error = await refused(kept, change(RegistryWriter(signer, kept.node, kept.address)))
        assert (type(error), error.code) == (RegistryRefusedError, "RG146")
        assert (error.params["account"], error.params["role"]) == (signer.address, role)

    ground.run(work)


def test_a_role_allows_until_it_is_taken(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        account = await ground.account(kept.node)
        signer = Signer(kept.node, account, name=ground.name, network=ground.network, journal=Journal(":memory:"))
        writer = RegistryWriter(signer, kept.node, kept.address)
        await kept.writer.grant("REGISTRAR", signer.address)
        await writer.register([record_of(NUMBER)])
        await kept.writer.revoke("REGISTRAR", signer.address)
        error = await refused(kept, writer.register([record_of(OTHER)]))
        assert error.code == "RG146"

    ground.run(work)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("start", "code", "change"),
    [
        (Status.NONE, "RG141", lambda writer: writer.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)),
        (Status.NONE, "RG141", lambda writer: writer.correct(NUMBER, Reason.ENTERED_IN_ERROR)),
        (Status.ACTIVE, "RG142", lambda writer: writer.set_status([NUMBER], Status.ACTIVE, Reason.RECTIFIED)),
        (Status.ACTIVE, "RG143", lambda writer: writer.set_status([NUMBER], Status.VOID, Reason.ENTERED_IN_ERROR)),
        (Status.ACTIVE, "RG142", lambda writer: writer.reopen(record_of(NUMBER))),
        (Status.CANCELLED, "RG143", lambda writer: writer.set_status([NUMBER], Status.ACTIVE, Reason.RECTIFIED)),
        (Status.REVOKED, "RG143", lambda writer: writer.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)),
    ],
)
def test_a_change_that_the_status_does_not_allow_is_refused(
    ground: Ground, start: Status, code: str, change: Change
) -> None:
    async def work(kept: Kept) -> None:
        if start is not Status.NONE:
            await kept.writer.register([record_of(NUMBER)])
        if start not in (Status.NONE, Status.ACTIVE):
            await kept.writer.set_status([NUMBER], start, Reason.NOT_GIVEN)
        error = await refused(kept, change(kept.writer))
        assert (type(error), error.code) == (RegistryRefusedError, code)
        assert NUMBER.text in str(error)

    ground.run(work)


def test_an_inspector_suspends_and_nothing_else(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        inspector = await ground.stranger(kept, "INSPECTOR")
        await kept.writer.register([record_of(NUMBER)])
        await inspector.set_status([NUMBER], Status.SUSPENDED, Reason.VIOLATION)
        error = await refused(kept, inspector.set_status([NUMBER], Status.ACTIVE, Reason.RECTIFIED))
        assert error.code == "RG143"

    ground.run(work)


def test_one_refused_filing_refuses_its_whole_transaction(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        await kept.writer.register([record_of(NUMBER)])
        change = kept.writer.set_status([NUMBER, OTHER], Status.SUSPENDED, Reason.VIOLATION)
        assert (await refused(kept, change)).code == "RG141"

    ground.run(work)


@pytest.mark.parametrize("name", ["", "x" * (contract.NAME_LENGTH + 1)])
def test_a_registry_without_a_name_of_allowed_length_is_not_made(ground: Ground, name: str) -> None:
    async def work(kept: Kept) -> None:
        error = await refused(kept, deploy(kept.signer, kept.node, name=name, delay_s=0))
        assert (error.code, error.params["name"]) == ("RG199", "NameOutOfBounds")

    ground.run(work)


# --- on the way ---------------------------------------------------------------------------------------------


def test_a_registry_whose_block_numbers_are_not_the_chains_is_given_up(ground: Ground) -> None:
    async def another_height(_params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
        return "0x" + (int(await truth(), 16) + 7).to_bytes(32, "big").hex()

    async def work(kept: Kept) -> None:
        between = Between(kept.node, rules={"eth_call": another_height})
        with pytest.raises(WrongChainError) as caught:
            await deploy(kept.signer, between, name="test", delay_s=0)
        assert caught.value.code == "CH113"

    ground.run(work)


def test_another_hash_for_a_sent_transaction_is_not_believed(ground: Ground) -> None:
    async def another(_params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
        await truth()
        return "0x" + "11" * 32

    async def work(kept: Kept) -> None:
        between = Between(kept.node, rules={"eth_sendRawTransaction": another})
        signer = Signer(
            between,
            await ground.account(kept.node),
            name=ground.name,
            network=ground.network,
            journal=Journal(":memory:"),
        )
        with pytest.raises(RpcProtocolError) as caught:
            await deploy(signer, between, name="test", delay_s=0)
        assert caught.value.code == "CH131"

    ground.run(work)


def test_the_receipt_of_another_transaction_is_not_believed(ground: Ground) -> None:
    async def work(kept: Kept) -> None:
        (first,) = await kept.writer.register([record_of(NUMBER)])

        async def of_first(_params: Sequence[Any], _truth: Callable[[], Awaitable[Any]]) -> Any:
            return await kept.node.request("eth_getTransactionReceipt", [first.transaction])

        between = Between(kept.node, rules={"eth_getTransactionReceipt": of_first})
        signer = Signer(
            between,
            await ground.account(kept.node),
            name=ground.name,
            network=ground.network,
            journal=Journal(":memory:"),
        )
        with pytest.raises(RpcProtocolError) as caught:
            await deploy(signer, between, name="test", delay_s=0)
        assert caught.value.code == "CH104"

    ground.run(work)


def test_a_change_that_another_one_overtook_is_told_as_failed(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        rival = await on_anvil.stranger(kept, "REGISTRAR")
        async with anvil.one_block(kept.node, 2) as together:
            tasks = [together.create_task(outcome(writer)) for writer in (kept.writer, rival)]
        assert sorted(task.result() for task in tasks) == ["RG198", "registered"]
        assert (await state(kept)).filings == 1

    async def outcome(writer: RegistryWriter) -> str:
        try:
            await writer.register([record_of(NUMBER)])
        except RegistryRefusedError as error:
            return error.code
        return "registered"

    on_anvil.run(work)


def test_a_transaction_that_is_not_mined_in_time_is_said_to_be_still_possible(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        account = await on_anvil.account(kept.node)
        await kept.writer.grant("REGISTRAR", account.address)
        signer = Signer(
            kept.node, account, name="anvil", network=on_anvil.network, journal=Journal(":memory:"), wait_s=0.2
        )
        await kept.node.request("evm_setAutomine", [False])
        try:
            with pytest.raises(RpcUnavailableError) as caught:
                await RegistryWriter(signer, kept.node, kept.address).register([record_of(NUMBER)])
            await kept.node.request("evm_mine", [])
        finally:
            await kept.node.request("evm_setAutomine", [True])
        assert caught.value.code == "CH130"
        assert (await kept.reader.look_up([NUMBER])).lookups[NUMBER].entry.status is Status.ACTIVE

    on_anvil.run(work)


def test_duplicates_among_ten_thousand_records_are_found_within_seconds(on_embedded: Ground) -> None:
    async def work(kept: Kept) -> None:
        records = [record_of(fictional(serial)) for serial in range(10_000)]
        async with asyncio.timeout(10):
            error = await refused(kept, kept.writer.register([*records, records[-1]]))
        assert error.code == "RG110"

    on_embedded.run(work)
