"""A node that lies about its chain, the contract or an entry: a look-up gives the right answer or one of our errors."""

import asyncio
from typing import Any

import pytest
from eth_abi.abi import encode

from attest.chain.rpc import HttpNode
from attest.errors import ChainError, RpcProtocolError, WrongChainError
from tests.chain.filed import Filed
from tests.chain.lies import NOT_HASHES, NOT_QUANTITIES, refused, words
from tests.chain.proxy import Lie, Proxy, lying, proxied
from tests.conftest import reader

# --- the chain ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", NOT_QUANTITIES)
def test_a_chain_id_that_is_no_quantity_is_not_believed(filed: Filed, found: Any) -> None:
    assert refused(filed, "eth_chainId", lambda _: found) == (RpcProtocolError, "CH104")


def test_another_chain_id_is_the_wrong_chain(filed: Filed) -> None:
    assert refused(filed, "eth_chainId", lambda true: hex(int(true, 16) + 1)) == (WrongChainError, "CH110")


def test_another_block_zero_is_the_wrong_chain(filed: Filed) -> None:
    other = {"hash": "0x" + "11" * 32}
    lie: Lie = lambda true: true | (other if true["number"] == "0x0" else {})  # noqa: E731
    assert refused(filed, "eth_getBlockByNumber", lie) == (WrongChainError, "CH111")


def every(**fields: Any) -> Lie:
    """A block with these fields."""
    return lambda true: true | fields


@pytest.mark.parametrize("found", [None, [], "0x1", 5, {}, {"number": "0x0"}])
def test_a_block_that_is_none_is_not_believed(filed: Filed, found: Any) -> None:
    assert refused(filed, "eth_getBlockByNumber", lambda _: found) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("field", ["number", "timestamp"])
@pytest.mark.parametrize("found", NOT_QUANTITIES)
def test_a_block_field_that_is_no_quantity_is_not_believed(filed: Filed, field: str, found: Any) -> None:
    assert refused(filed, "eth_getBlockByNumber", every(**{field: found})) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("found", NOT_HASHES)
def test_a_block_hash_that_is_none_is_not_believed(filed: Filed, found: Any) -> None:
    assert refused(filed, "eth_getBlockByNumber", every(hash=found)) == (RpcProtocolError, "CH104")


def test_another_block_than_asked_for_is_not_believed(filed: Filed) -> None:
    assert refused(filed, "eth_getBlockByNumber", every(number="0x1")) == (RpcProtocolError, "CH104")


def test_a_time_after_the_year_9999_is_not_believed(filed: Filed) -> None:
    lie = every(timestamp=hex(253_402_300_800))
    assert refused(filed, "eth_getBlockByNumber", lie) == (RpcProtocolError, "CH104")


# --- the contract -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie", [lambda _: "0x", lambda _: "0x00", lambda true: true[:-2], lambda true: "0x00" + true[4:]]
)
def test_no_code_and_other_code_are_no_registry(filed: Filed, lie: Lie) -> None:
    assert refused(filed, "eth_getCode", lie) == (WrongChainError, "CH112")


@pytest.mark.parametrize("found", [None, 5, "", "60", "0x6", "0xzz", "0x60\n", "0x 60", [], {}])
def test_code_that_is_no_data_is_not_believed(filed: Filed, found: Any) -> None:
    assert refused(filed, "eth_getCode", lambda _: found) == (RpcProtocolError, "CH104")


def test_a_number_asked_at_an_account_without_code_is_no_absence(filed: Filed) -> None:
    """A call to an account answers with nothing, which must not read as no entry."""
    assert refused(filed, "eth_call", lambda _: "0x") == (RpcProtocolError, "CH104")


# --- the entry ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        words(w0=0),
        words(w0=31),
        words(w0=2**255),
        words(w0=2**64),
        words(w1=0),
        words(w1=2),
        words(w1=2**256 - 1),
        words(w1=2**63),
        words(w2="ff" * 32),
        words(w3=2**40),
        words(w4=6),
        words(w4=255),
        words(w4=256),
        words(w4=2**255),
        lambda true: true[:-2],
        lambda true: true[:66],
        lambda true: true[:-1],
        lambda true: true[2:],
        lambda _: None,
        lambda _: [],
        lambda _: {},
        lambda _: 0,
        lambda true: "0x" + f"{32:064x}" + f"{2:064x}" + true[130:] * 2,
    ],
)
def test_an_answer_that_is_not_one_entry_is_not_believed(filed: Filed, lie: Lie) -> None:
    assert refused(filed, "eth_call", lie) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("lie", [words(w3=2**40 - 1), words(w3=0), words(w4=0), words(w2=0, w4=0)])
def test_an_entry_that_contradicts_itself_or_its_block_is_not_believed(filed: Filed, lie: Lie) -> None:
    assert refused(filed, "eth_call", lie) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("size", [0, 1, 257])
def test_fewer_or_more_entries_than_numbers_are_not_believed(filed: Filed, size: int) -> None:
    async def work() -> None:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            wanted = [filed.number, filed.other.filing_number]
            assert len((await asker.look_up(wanted)).lookups) == 2
            answer = encode(["(bytes26,uint40,uint8)[]"], [[(bytes(26), 0, 0)] * size])
            proxy.faults["eth_call"] = lying(lambda _: "0x" + answer.hex())
            await asker.look_up(wanted)

    with pytest.raises(RpcProtocolError) as caught:
        asyncio.run(work())
    assert caught.value.code == "CH104"


def test_a_liar_is_not_remembered_once_it_is_honest_again(filed: Filed) -> None:
    async def work() -> None:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            for method in ("eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call"):
                proxy.faults = {method: lying(lambda _: "0x99")}
                with pytest.raises(ChainError):
                    await asker.look_up([filed.number])
                await honest_again(proxy, asker)

    async def honest_again(proxy: Proxy, asker: Any) -> None:
        proxy.faults = {}
        assert (await asker.look_up([filed.number])).lookups[filed.number] == filed.truth

    asyncio.run(work())
