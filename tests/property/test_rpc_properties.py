"""Whatever a node answers, what comes out is well typed or one of our errors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attest.chain import node
from attest.chain.keys import LocalKey
from attest.chain.node import Block, Log, Receipt
from attest.errors import AttestError, RpcRefusedError
from attest.number import FilingNumber
from attest.ports import Answer, Entry, Lookup, Status
from attest.record import PublicRecord
from attest.registry import contract
from attest.registry.contract import Event, Head
from attest.registry.signer import Signer
from attest.settings import Network
from attest.store.journal import Journal
from tests.amounts import examples
from tests.conftest import EMBEDDED_NETWORK, Kept, fictional, reader, record_of

relaxed = settings(max_examples=examples(100))

ADDRESS = "0x" + "11" * 20
TRANSACTION = "0x" + "22" * 32
TOPIC = "0x" + "33" * 32
BLOCK = Block(7, "0x" + "44" * 32, 0, None)
FUNCTIONS = sorted({item["name"] for item in contract.artifact()["abi"] if item["type"] == "function"})
TOPICS = [contract.topic(item["name"]) for item in contract.artifact()["abi"] if item["type"] == "event"]
ERRORS = sorted(contract._errors())

# --- what a node may say ------------------------------------------------------------------------------------

hexadecimal = st.integers(0, 2**70).map(hex) | st.binary(max_size=40).map(lambda raw: "0x" + raw.hex())
words = st.sampled_from([TOPIC, *TOPICS]) | st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | hexadecimal | words
    | st.sampled_from([ADDRESS, "0x7", "0x", "latest"])
)  # fmt: skip
anything = st.recursive(
    scalars, lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=8), part, max_size=4)
)


def shaped(**usual: Any) -> st.SearchStrategy[Any]:
    """An object with these fields, each mostly as usual."""
    return st.fixed_dictionaries({name: st.just(value) | st.just(value) | anything for name, value in usual.items()})


blocks = shaped(number="0x7", hash=BLOCK.hash, timestamp="0x5", baseFeePerGas="0x1")
logs = shaped(
    address=ADDRESS,
    topics=[TOPIC],
    data="0x",
    blockNumber="0x7",
    blockHash=BLOCK.hash,
    logIndex="0x0",
    transactionHash=TRANSACTION,
)
receipts = shaped(
    transactionHash=TRANSACTION, blockNumber="0x7", status="0x1", gasUsed="0x5208", contractAddress=ADDRESS
)
results = anything | blocks | receipts | st.lists(logs, max_size=3) | st.lists(anything, max_size=3)


class Saying:
    """A node that says the same to everything."""

    def __init__(self, result: Any) -> None:
        self.result = result

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        return self.result

    async def close(self) -> None:
        pass


def told(error: AttestError) -> None:
    assert error.code in str(error)


def outcome(work: Awaitable[Any]) -> Any:
    """What `work` gives, or None where it ends with one of our errors."""

    async def whole() -> Any:
        try:
            return await work
        except AttestError as error:
            return told(error)

    return asyncio.run(whole())


def is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**64


def is_hex(value: Any, length: int) -> bool:
    return isinstance(value, str) and value.startswith("0x") and len(bytes.fromhex(value[2:])) == length


def is_block(found: Any) -> bool:
    return (
        isinstance(found, Block)
        and is_number(found.number)
        and is_hex(found.hash, 32)
        and is_number(found.timestamp)
        and (found.base_fee is None or is_number(found.base_fee))
    )


def is_receipt(found: Any) -> bool:
    return (
        isinstance(found, Receipt)
        and found.transaction == TRANSACTION
        and is_number(found.block)
        and isinstance(found.succeeded, bool)
        and is_number(found.gas_used)
        and (found.contract is None or is_hex(found.contract, 20))
    )


def are_logs(found: Any) -> bool:
    return isinstance(found, list) and all(
        isinstance(log, Log)
        and (log.address, log.block) == (ADDRESS, 7)
        and log.topics[:1] == (bytes.fromhex(TOPIC[2:]),)
        and isinstance(log.data, bytes)
        and is_number(log.index)
        and is_hex(log.transaction, 32)
        for log in found
    )


READS: dict[str, tuple[Callable[[Any], Awaitable[Any]], Callable[[Any], bool]]] = {
    "chain_id": (node.chain_id, is_number),
    "block by number": (lambda asked: node.block(asked, 7), lambda found: is_block(found) and found.number == 7),
    "block by tag": (lambda asked: node.block(asked, "finalized"), is_block),
    "head": (lambda asked: node.head(asked, "3 confirmations"), is_block),
    "call": (lambda asked: node.call(asked, ADDRESS, b"", BLOCK), lambda found: isinstance(found, bytes)),
    "code": (lambda asked: node.code(asked, ADDRESS, BLOCK), lambda found: isinstance(found, bytes)),
    "logs": (lambda asked: node.logs(asked, ADDRESS, [TOPIC], 7), are_logs),
    "receipt": (lambda asked: node.receipt(asked, TRANSACTION), is_receipt),
}


@pytest.mark.parametrize("name", READS)
@relaxed
@given(result=results)
def test_any_answer_to_a_read_is_well_typed_or_our_error(name: str, result: Any) -> None:
    read, is_right = READS[name]
    found = outcome(read(Saying(result)))
    assert found is None or is_right(found)


@relaxed
@given(result=anything, field=st.sampled_from(["gas", "tip", "nonce", "base_fee"]))
@example(result="0x0", field="gas")
def test_any_answer_before_signing_is_our_error_or_signed(result: Any, field: str) -> None:
    """The node is right but for one number that goes into the transaction."""

    class Signing(Saying):
        async def request(self, method: str, params: Sequence[Any]) -> Any:
            said = {"eth_estimateGas": "0x5208", "eth_maxPriorityFeePerGas": "0x1", "eth_getTransactionCount": "0x0"}
            lies = {"gas": "eth_estimateGas", "tip": "eth_maxPriorityFeePerGas", "nonce": "eth_getTransactionCount"}
            if method == lies.get(field):
                return result
            if method == "eth_getBlockByNumber":
                fee = result if field == "base_fee" else "0x1"
                number = "0x0" if params[0] == "0x0" else "0x7"
                return {"number": number, "hash": BLOCK.hash, "timestamp": "0x5", "baseFeePerGas": fee}
            return (said | {"eth_chainId": "0x5"}).get(method, "0x" + "00" * 32)

    signer = Signer(
        Signing(None),
        LocalKey(Account.from_key(b"\1" * 32)),
        name="n",
        network=Network(chain_id=5),
        journal=Journal(":memory:"),
    )
    assert outcome(signer.send(ADDRESS, b"")) is None


# --- what a contract may say --------------------------------------------------------------------------------

slots = st.integers(0, 2**256 - 1) | st.integers(0, 300) | st.sampled_from([32, 64, 96, 128])
encoded = st.lists(slots, max_size=12).map(lambda found: b"".join(slot.to_bytes(32, "big") for slot in found))
data = encoded | st.binary(max_size=300) | st.tuples(encoded, st.binary(max_size=31)).map(b"".join)


def ours(call: Callable[[], Any]) -> Any:
    """What `call` gives, or None where it ends with one of our errors."""
    try:
        return call()
    except AttestError as error:
        return told(error)


def is_entry(found: Any) -> bool:
    return (
        isinstance(found, Entry)
        and isinstance(found.digest, bytes)
        and len(found.digest) == 26
        and 0 <= found.changed_at < 2**40
        and isinstance(found.status, Status)
    )


@relaxed
@given(answer=data, count=st.integers(0, 3))
def test_any_bytes_are_as_many_entries_as_asked_for_or_our_error(answer: bytes, count: int) -> None:
    found = ours(lambda: contract.entries(answer, count))
    assert found is None or (len(found) == count and all(is_entry(entry) for entry in found))


@relaxed
@given(st.lists(st.tuples(st.binary(min_size=26, max_size=26), st.integers(0, 2**40 - 1), st.integers(0, 255))))
def test_encoded_entries_are_read_back_where_each_has_a_status(entries: list[tuple[bytes, int, int]]) -> None:
    answer = encode(["(bytes26,uint40,uint8)[]"], [entries])
    found = ours(lambda: contract.entries(answer, len(entries)))
    if all(status <= max(Status) for _, _, status in entries):
        assert found == [Entry(digest, block, Status(status)) for digest, block, status in entries]
    else:
        assert found is None


@relaxed
@given(answer=data)
def test_any_bytes_are_a_head_or_our_error(answer: bytes) -> None:
    found = ours(lambda: Head(*contract.decode("head", answer)))
    assert found is None or (isinstance(found, Head) and is_number(found.filings) and len(found.history) == 32)


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=examples(30))
@given(answer=data)
def test_any_bytes_are_what_a_function_returns_or_our_error(function: str, answer: bytes) -> None:
    found = ours(lambda: contract.decode(function, answer))
    assert found is None or isinstance(found, tuple)


@relaxed
@given(topics=st.lists(words.map(lambda text: bytes.fromhex(text[2:]))), payload=data)
def test_any_log_is_an_event_of_the_contract_or_none_or_our_error(topics: list[bytes], payload: bytes) -> None:
    found = ours(lambda: contract.event(Log(ADDRESS, tuple(topics), payload, 7, BLOCK.hash, 0, TRANSACTION)))
    assert found is None or (isinstance(found, Event) and contract.topic(found.name) == "0x" + topics[0].hex())


@relaxed
@given(selector=st.sampled_from(ERRORS) | st.binary(max_size=4), payload=data)
def test_any_revert_is_a_refusal_or_none_or_our_error(selector: bytes, payload: bytes) -> None:
    error = RpcRefusedError(method="eth_call", number=3, message="reverted", data=selector + payload)
    found = ours(lambda: contract.refusal(error))
    assert found is None or str(found)


@relaxed
@given(word=st.binary(max_size=40) | st.from_regex("[0-9]{19}[0-9X]", fullmatch=True).map(str.encode))
def test_any_key_is_a_number_or_our_error(word: bytes) -> None:
    found = ours(lambda: contract.number_of(word))
    assert found is None or (
        isinstance(found, FilingNumber) and contract.key(found).rstrip(b"\0") == word.rstrip(b"\0")
    )


# --- a look-up ----------------------------------------------------------------------------------------------

NUMBER = fictional(1)
LOOKED_UP = ("eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call", "eth_getLogs")


@pytest.mark.parametrize("method", LOOKED_UP)
def test_any_answer_within_a_look_up_is_the_truth_or_a_missing_record_or_our_error(kept: Kept, method: str) -> None:
    """The node is the embedded chain but for what it says to one method."""
    record = record_of(NUMBER)
    asyncio.run(kept.writer.register([record]))

    class Lying(Saying):
        async def request(self, asked: str, params: Sequence[Any]) -> Any:
            true = await kept.node.request(asked, params)
            if asked != method:
                return true
            match true, self.result:
                case dict(), dict():
                    return true | self.result
                case list(), dict():
                    return [log | self.result for log in true]
            return self.result

    @settings(max_examples=examples(60))
    @given(result=results)
    def look(result: Any) -> None:
        answer = outcome(reader(Lying(result), EMBEDDED_NETWORK, kept.address).look_up([NUMBER]))
        assert answer is None or (isinstance(answer, Answer) and is_right(answer.lookups[NUMBER], record))

    look()


def is_right(lookup: Lookup, record: PublicRecord) -> bool:
    if lookup.record is not None:
        return lookup.record == record and lookup.entry.status is Status.ACTIVE and lookup.problem is None
    return isinstance(lookup.problem, AttestError) and lookup.entry.status is Status.ACTIVE
