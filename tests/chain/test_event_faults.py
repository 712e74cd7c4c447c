"""A node that lies about events: the entry stands; the record is the right one, or missing with one of our errors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from eth_abi.abi import encode

from attest import canonical
from attest.chain.rpc import HttpNode
from attest.errors import RecordError, RecordUnavailableError, RpcProtocolError, RpcRefusedError
from attest.ports import Lookup
from attest.record import MAX_RECORD
from attest.registry import contract
from attest.registry.reader import MAX_HOPS
from tests.chain.filed import Filed
from tests.chain.grounds import Between
from tests.chain.lies import NOT_HASHES, NOT_QUANTITIES, histories, problem, words
from tests.chain.proxy import Lie, envelope, lying, proxied
from tests.conftest import reader

# --- the events ---------------------------------------------------------------------------------------------


def each(**fields: Any) -> Lie:
    """Every event with these fields."""
    return lambda true: [log | fields for log in true]


@pytest.mark.parametrize("found", [None, {}, "0x", 5, [None], [[]], ["0x"], [{}], [5]])
def test_events_that_are_no_list_of_objects_are_not_believed(filed: Filed, found: Any) -> None:
    assert problem(filed, lambda _: found) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("field", ["blockNumber", "logIndex"])
@pytest.mark.parametrize("found", NOT_QUANTITIES)
def test_an_event_field_that_is_no_quantity_is_not_believed(filed: Filed, field: str, found: Any) -> None:
    assert problem(filed, each(**{field: found})) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize(("field", "found"), [("transactionHash", value) for value in NOT_HASHES])
def test_an_event_of_no_transaction_is_not_believed(filed: Filed, field: str, found: Any) -> None:
    assert problem(filed, each(**{field: found})) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize(
    "lie",
    [
        each(address="0x" + "11" * 20),
        each(address="0x11"),
        each(blockNumber="0x1"),
        each(topics=[]),
        each(topics=None),
        each(topics=["0x" + "00" * 32]),
        each(topics=[5, 5]),
        each(data=None),
        each(data="0x0"),
        each(data="0x"),
        each(data="0x" + "ff" * 128),
        lambda true: [log | {"topics": [log["topics"][0], "0x" + "33" * 32]} for log in true],
        lambda true: [log | {"topics": [*log["topics"], "0x" + "33" * 32]} for log in true],
        lambda true: [log | {"data": log["data"][:-64]} for log in true],
        lambda true: true * 2,
    ],
)
def test_an_event_that_was_not_asked_for_or_is_damaged_is_not_believed(filed: Filed, lie: Lie) -> None:
    assert problem(filed, lie) == (RpcProtocolError, "CH104")
    assert histories(filed, lie) == (RpcProtocolError, "CH104")


def test_an_event_of_another_number_is_not_believed(filed: Filed) -> None:
    """The other number's topic on this number's events: the history would be another filing's."""
    topic = "0x" + contract.key(filed.other.filing_number).hex()
    lie: Lie = lambda true: [log | {"topics": [log["topics"][0], topic]} for log in true]  # noqa: E731
    assert problem(filed, lie) == (RpcProtocolError, "CH104")
    assert histories(filed, lie) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize(
    "event", ["RoleGranted", "RoleRevoked", "RoleAdminChanged", "Checkpoint", "DefaultAdminTransferScheduled"]
)
def test_an_event_that_is_no_change_of_the_number_is_passed_over(filed: Filed, event: str) -> None:
    def lie(true: list[dict[str, Any]]) -> list[dict[str, Any]]:
        third = {"RoleGranted": 2, "RoleRevoked": 2, "RoleAdminChanged": 2}.get(event, 0)
        key = true[0]["topics"][1]
        data = {"Checkpoint": "0x" + "00" * 96, "DefaultAdminTransferScheduled": "0x" + "00" * 32}.get(event, "0x")
        topics = [contract.topic(event), key, *["0x" + "00" * 32] * third]
        return [{**true[0], "topics": topics, "data": data}]

    assert problem(filed, lie)[1] in ("RG120", "CH104")
    assert histories(filed, lie)[1] in ("RG120", "CH104")


def test_an_event_that_is_missing_is_told(filed: Filed) -> None:
    assert problem(filed, lambda _: []) == (RecordUnavailableError, "RG120")
    assert histories(filed, lambda _: []) == (RecordUnavailableError, "RG120")


def test_a_node_that_refuses_events_leaves_the_entry_standing(filed: Filed) -> None:
    async def work() -> Lookup:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            pruned = {"code": -32000, "message": "history has been pruned"}
            proxy.faults["eth_getLogs"] = envelope(lambda true: {"id": true["id"], "error": pruned})
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            return (await asker.look_up([filed.number])).lookups[filed.number]

    lookup = asyncio.run(work())
    assert lookup.entry == filed.truth.entry
    assert isinstance(lookup.problem, RpcRefusedError)


# --- the record ---------------------------------------------------------------------------------------------


def registered(filed: Filed, record: bytes, digest: bytes | None = None) -> Lie:
    """The event of registration with another record in it."""
    held = digest or filed.truth.entry.digest

    def lie(true: list[dict[str, Any]]) -> list[dict[str, Any]]:
        data = "0x" + encode(["uint40", "bytes26", "bytes"], [0, held, record]).hex()
        return [log | {"data": data} if log["topics"][0] == contract.topic("Registered") else log for log in true]

    return lie


def test_a_record_with_another_digest_is_not_believed(filed: Filed) -> None:
    assert filed.truth.record is not None
    true = filed.truth.record.canonical()
    for record in (b"", true[:-1], true + b" ", true.replace(b"organisation", b"individual"), filed.other.canonical()):
        assert problem(filed, registered(filed, record)) == (RecordUnavailableError, "RG123")
        own_digest = registered(filed, record, canonical.digest(record))
        assert problem(filed, own_digest) == (RecordUnavailableError, "RG123")
        assert histories(filed, registered(filed, record)) == (RecordUnavailableError, "RG123")


def both(filed: Filed, record: bytes) -> Lookup:
    """A look-up where entry and event agree on another record."""
    digest = canonical.digest(record)

    async def work() -> Lookup:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            proxy.faults["eth_getLogs"] = lying(registered(filed, record, digest))
            proxy.faults["eth_call"] = lying(words(w2=digest.hex().ljust(64, "0")))
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            return (await asker.look_up([filed.number])).lookups[filed.number]

    return asyncio.run(work())


def test_a_record_of_another_number_is_not_believed(filed: Filed) -> None:
    lookup = both(filed, filed.other.canonical())
    assert lookup.record is None
    assert isinstance(lookup.problem, RecordUnavailableError)
    assert lookup.problem.code == "RG124"


@pytest.mark.parametrize(
    "record", [b"", b"{}", b"not json", b"\xff\xfe", b"[" * MAX_RECORD, b'{"a":' * 300 + b"1" + b"}" * 300]
)
def test_bytes_that_are_no_record_are_a_problem_and_no_crash(filed: Filed, record: bytes) -> None:
    lookup = both(filed, record)
    assert lookup.record is None
    assert isinstance(lookup.problem, RecordError)


@pytest.mark.parametrize("size", [MAX_RECORD + 1, 200_000])
def test_bytes_longer_than_the_contract_takes_are_no_record(filed: Filed, size: int) -> None:
    lookup = both(filed, b"[" * size)
    assert lookup.record is None
    assert isinstance(lookup.problem, RecordUnavailableError)
    assert lookup.problem.code == "RG123"


def test_a_record_that_is_not_canonical_is_a_problem(filed: Filed) -> None:
    assert filed.truth.record is not None
    lookup = both(filed, filed.truth.record.canonical().replace(b":", b": ", 1))
    assert isinstance(lookup.problem, RecordError)
    assert lookup.problem.code == "RE123"


# --- the walk back ------------------------------------------------------------------------------------------


def previous(change: Callable[[int, int], int]) -> Lie:
    """Changes of status that name another block before them: gets their own block and the true one before."""

    def lie(true: list[dict[str, Any]]) -> list[dict[str, Any]]:
        altered = []
        for log in true:
            block, named = int(log["blockNumber"], 16), int(log["data"][2:66], 16)
            data = f"0x{change(block, named):064x}" + log["data"][66:]
            altered.append(log | {"data": data} if log["topics"][0] == contract.topic("StatusChanged") else log)
        return altered

    return lie


@pytest.mark.parametrize("ahead", [0, 1, 10**6])
def test_a_change_that_names_no_earlier_block_ends_the_walk(filed: Filed, ahead: int) -> None:
    lie = previous(lambda block, _: block + ahead)
    assert problem(filed, lie) == (RecordUnavailableError, "RG122")
    assert histories(filed, lie) == (RecordUnavailableError, "RG122")


def test_a_change_that_names_a_block_without_one_ends_the_walk(filed: Filed) -> None:
    lie = previous(lambda _, named: named - 2)
    assert problem(filed, lie) == (RecordUnavailableError, "RG120")
    assert histories(filed, lie) == (RecordUnavailableError, "RG120")


def test_a_change_that_says_it_is_the_first_leaves_no_record(filed: Filed) -> None:
    assert problem(filed, previous(lambda *_: 0)) == (RecordUnavailableError, "RG120")


def test_a_history_without_end_is_given_up(filed: Filed) -> None:
    """The node makes up a head far ahead and a change of status in every block."""
    head = 10 * MAX_HOPS

    async def block(params: Sequence[Any], truth: Callable[[], Awaitable[Any]]) -> Any:
        number = head if params[0] == "latest" else int(params[0], 16)
        if number == 0:
            return await truth()
        return {"number": hex(number), "hash": "0x" + "11" * 32, "timestamp": "0x1"}

    async def code(params: Sequence[Any], _: Any) -> Any:
        return await http.request("eth_getCode", [params[0], "latest"])

    async def entry(_params: Sequence[Any], _: Any) -> str:
        return "0x" + encode(["(bytes26,uint40,uint8)[]"], [[(b"1" * 26, head, 1)]]).hex()

    async def change(params: Sequence[Any], _: Any) -> Any:
        number = int(params[0]["fromBlock"], 16)
        place = {"blockNumber": hex(number), "blockHash": "0x" + "11" * 32, "logIndex": "0x0"}
        made_up = {"address": filed.address, **place}
        topics = [contract.topic("StatusChanged"), "0x" + contract.key(filed.number).hex()]
        data = "0x" + encode(["uint40", "uint8", "uint8", "uint16"], [number - 1, 1, 2, 0]).hex()
        return [{**made_up, "topics": topics, "data": data, "transactionHash": "0x" + "22" * 32}]

    async def work() -> None:
        liar = Between(
            http,
            {"eth_getBlockByNumber": block, "eth_getCode": code, "eth_call": entry, "eth_getLogs": change},
        )
        asker = reader(liar, filed.anvil.network(), filed.address, name="anvil")
        lookup = (await asker.look_up([filed.number])).lookups[filed.number]
        assert isinstance(lookup.problem, RecordUnavailableError)
        assert lookup.problem.code == "RG120"
        with pytest.raises(RecordUnavailableError) as caught:
            await asker.history(filed.number)
        assert caught.value.code == "RG121"
        assert liar.asked["eth_getLogs"] == 2 * MAX_HOPS
        await http.close()

    http = HttpNode(filed.anvil.url)
    asyncio.run(work())


def status_changes(**changed: int) -> Lie:
    """Changes of status with other values, by word: `w1=` the status before, `w2=` the one after."""
    alter = words(**changed)
    topic = contract.topic("StatusChanged")
    return lambda true: [log | {"data": alter(log["data"])} if log["topics"][0] == topic else log for log in true]


@pytest.mark.parametrize(
    "lie",
    [
        status_changes(w1=2),
        status_changes(w2=1),
        status_changes(w2=4),
        previous(lambda _, named: named - 1),
    ],
)
def test_a_history_that_does_not_lead_to_the_entry_is_not_believed(filed: Filed, lie: Lie) -> None:
    assert histories(filed, lie) == (RecordUnavailableError, "RG125")


@pytest.mark.parametrize("lie", [status_changes(w1=6), status_changes(w2=255), status_changes(w2=2**255)])
def test_a_change_to_a_status_that_there_is_not_is_not_believed(filed: Filed, lie: Lie) -> None:
    assert histories(filed, lie) == (RpcProtocolError, "CH104")


def test_a_history_that_begins_late_is_not_believed(filed: Filed) -> None:
    assert histories(filed, previous(lambda *_: 0)) == (RecordUnavailableError, "RG125")
