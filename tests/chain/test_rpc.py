"""A node that misbehaves on the wire: every answer is the right one or one of our errors, in time.

The node is real; a proxy in front of it spoils its answers. Each test first asks it unspoilt.
"""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from attest.chain import node
from attest.chain.rpc import MAX_ANSWER, MAX_DEPTH, TRIES, HttpNode
from attest.errors import ChainError, RpcProtocolError, RpcRefusedError, RpcUnavailableError
from attest.ports import Lookup
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter
from attest.store.journal import Journal
from tests.chain.anvil import Anvil, rich_key
from tests.chain.filed import Filed
from tests.chain.grounds import Ground
from tests.chain.proxy import (
    Fault,
    Proxy,
    breaking,
    closing,
    dripping,
    envelope,
    flooding,
    hanging,
    proxied,
    saying,
    status,
    times,
)
from tests.conftest import Kept, fictional, reader, record_of
from tests.site.servers import self_signed

BUDGET_S = 1.0  # where no answer is expected
LATE_S = 20.0  # for a busy machine; the faults go on for longer
PATIENT_S = 10.0  # where one is
METHODS = ("eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call", "eth_getLogs")
"""All that a look-up asks; only the last is about one number alone."""

FAULTS: dict[str, tuple[Fault, type[ChainError], str]] = {
    "503": (status(503), RpcUnavailableError, "CH101"),
    "429": (status(429), RpcUnavailableError, "CH101"),
    "closed": (closing, RpcUnavailableError, "CH101"),
    "broken off": (breaking, RpcUnavailableError, "CH101"),
    "hangs": (hanging, RpcUnavailableError, "CH101"),
    "drips": (dripping, RpcUnavailableError, "CH101"),
    "enormous": (flooding, RpcProtocolError, "CH102"),
    "a page": (status(200), RpcProtocolError, "CH103"),
    "a redirect": (status(302, Location="/elsewhere"), RpcProtocolError, "CH103"),
    "an array": (envelope(lambda true: [true]), RpcProtocolError, "CH104"),
    "another id": (envelope(lambda true: true | {"id": true["id"] + 1}), RpcProtocolError, "CH104"),
    "an error": (envelope(lambda true: {**true, "error": {"code": -32000, "message": "no"}}), RpcRefusedError, "CH105"),
}


def budget(kind: type[ChainError]) -> float:
    return BUDGET_S if kind is RpcUnavailableError else PATIENT_S


def ask(anvil: Anvil, work: Callable[[HttpNode, Proxy], Awaitable[None]], budget_s: float = PATIENT_S) -> None:
    """Do `work` with a node behind a proxy that is honest so far."""

    async def whole() -> None:
        async with proxied(anvil.url) as proxy, HttpNode(proxy.url, budget_s=budget_s) as asked:
            assert await node.chain_id(asked) == anvil.chain_id
            await work(asked, proxy)

    asyncio.run(whole())


def told(anvil: Anvil, fault: Fault, budget_s: float = PATIENT_S) -> ChainError:
    """What a node with `fault` makes of a question about the chain id."""
    caught: list[ChainError] = []

    async def work(asked: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = fault
        with pytest.raises(ChainError) as info:
            await node.chain_id(asked)
        caught.append(info.value)

    ask(anvil, work, budget_s)
    return caught[0]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_the_wire_is_one_error_with_a_stable_code(anvil: Anvil, name: str) -> None:
    fault, kind, code = FAULTS[name]
    error = told(anvil, fault, budget(kind))
    assert (type(error), error.code) == (kind, code)


@pytest.mark.sampled
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_on_the_wire_gives_a_wrong_entry(filed: Filed, name: str, method: str) -> None:
    fault, kind, code = FAULTS[name]

    async def work(asked: HttpNode, proxy: Proxy) -> None:
        asker = reader(asked, filed.anvil.network(), filed.address, name="anvil")
        assert (await asker.look_up([filed.number])).lookups == {filed.number: filed.truth}
        asker = reader(asked, filed.anvil.network(), filed.address, name="anvil")
        proxy.faults[method] = fault
        if method == "eth_getLogs":
            lookup = (await asker.look_up([filed.number])).lookups[filed.number]
            problem = lookup.problem
            assert lookup == Lookup(filed.truth.entry, problem=problem)
        else:
            with pytest.raises(ChainError) as caught:
                await asker.look_up([filed.number])
            problem = caught.value
        assert problem is not None
        assert (type(problem), problem.code) == (kind, code)

    ask(filed.anvil, work, budget(kind))


# --- answers that are not JSON-RPC --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"jsonrpc":"2.0","id":2,"result":"0x',
        b"\xff\xfe\xfd",
        '{"id":2,"result":"0x1"}'.encode("utf-16"),
        b'{"id":' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_not_json_is_not_an_answer(anvil: Anvil, body: bytes) -> None:
    error = told(anvil, saying(body))
    assert (type(error), error.code) == (RpcProtocolError, "CH103")


@pytest.mark.parametrize("depth", [MAX_DEPTH, 900, 985, 990, 995, 1000, 200_000])
def test_json_nested_too_deep_is_not_an_answer(anvil: Anvil, depth: int) -> None:
    for opening, end in ((b"[", b"]"), (b'{"a":', b"}")):
        for closed in (b"1" + end * depth + b"}", b""):
            error = told(anvil, saying(b'{"id":2,"result":' + opening * depth + closed))
            assert (type(error), error.code) == (RpcProtocolError, "CH103")


def test_brackets_in_text_are_not_depth(anvil: Anvil) -> None:
    """A node's message may quote anything."""
    quoted = 'x"' + "[" * 500 + "\\" + '"{' * 500
    error = told(anvil, envelope(lambda true: {"id": true["id"], "error": {"message": quoted}}))
    assert error.code == "CH105"


@pytest.mark.parametrize("answer", [None, 5, "0x1", [], {}, True, [None], {"id": 2}, {"result": "0x1"}])
def test_json_of_the_wrong_shape_is_not_an_answer(anvil: Anvil, answer: Any) -> None:
    error = told(anvil, envelope(lambda _: answer))
    assert (type(error), error.code) == (RpcProtocolError, "CH104")


@pytest.mark.parametrize("number", [1, 3, 0, -2, None, "2", "0x2", 2.5, True, [2], {}])
def test_an_answer_with_another_id_is_not_believed(anvil: Anvil, number: Any) -> None:
    error = told(anvil, envelope(lambda true: true | {"id": number}))
    assert (type(error), error.code) == (RpcProtocolError, "CH104")


def test_true_is_not_the_id_of_the_first_request(anvil: Anvil) -> None:
    async def work() -> None:
        async with proxied(anvil.url) as proxy, HttpNode(proxy.url, budget_s=BUDGET_S) as asked:
            proxy.faults["eth_chainId"] = times(1, envelope(lambda true: true | {"id": True}))
            with pytest.raises(RpcProtocolError):
                await node.chain_id(asked)
            assert await node.chain_id(asked) == anvil.chain_id

    asyncio.run(work())


@pytest.mark.parametrize("size", [MAX_ANSWER + 1, 4 * MAX_ANSWER])
def test_an_answer_over_the_bound_is_not_read_to_its_end(anvil: Anvil, size: int) -> None:
    body = b'{"id":2,"result":"0x1"' + b" " * size + b"}"
    assert told(anvil, saying(body)).code == "CH102"
    assert told(anvil, saying(gzip.compress(body), **{"Content-Encoding": "gzip"})).code == "CH102"


@pytest.mark.parametrize(
    ("error", "number", "message", "data"),
    [
        ({"code": 3, "message": "reverted", "data": "0xdeadbeef"}, 3, "'reverted'", bytes.fromhex("deadbeef")),
        ({"code": 3, "message": "reverted", "data": {"data": "0xdead"}}, 3, "'reverted'", bytes.fromhex("dead")),
        ({"code": "3", "message": None, "data": "0xzz"}, 0, "'None'", b""),
        ({"code": -32000, "message": ["a\x1b"], "data": 5}, -32000, "\"['a\\\\x1b']\"", b""),
        ({}, 0, "'None'", b""),
        ("boom", 0, "'boom'", b""),
        (False, 0, "'False'", b""),
    ],
)
def test_an_error_object_of_any_shape_is_a_refusal(
    anvil: Anvil, error: Any, number: int, message: str, data: bytes
) -> None:
    found = told(anvil, envelope(lambda true: {"id": true["id"], "error": error}))
    assert isinstance(found, RpcRefusedError)
    assert (found.code, found.params["number"], found.params["message"], found.data) == (
        "CH105", number, message, data,
    )  # fmt: skip


# --- no answer ----------------------------------------------------------------------------------------------


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def unreachable(url: str) -> RpcUnavailableError:
    async def work() -> None:
        async with HttpNode(url, budget_s=BUDGET_S) as asked:
            await node.chain_id(asked)

    with pytest.raises(RpcUnavailableError) as caught:
        asyncio.run(work())
    return caught.value


def test_a_refused_connection_is_told_with_its_reason() -> None:
    error = unreachable(f"http://127.0.0.1:{unused_port()}")
    assert error.code == "CH101"
    assert "refused" in str(error.params["why"]) or "Connect call failed" in str(error.params["why"])


def test_an_address_never_shows_in_an_error_for_it_may_hold_a_token(anvil: Anvil) -> None:
    shown = [str(unreachable(f"http://127.0.0.1:{unused_port()}/v3/s3cret")), str(unreachable("http://[s3cret/"))]

    async def work(_: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = status(503)
        async with HttpNode(f"{proxy.url}/v3/s3cret", budget_s=BUDGET_S) as asked:
            with pytest.raises(RpcUnavailableError) as caught:
                await node.chain_id(asked)
        shown.append(str(caught.value))

    ask(anvil, work)
    assert not any("s3cret" in text for text in shown)


def test_a_certificate_that_is_not_trusted_is_no_answer(tmp_path: Any) -> None:
    async def work() -> str:
        server = await asyncio.start_server(
            lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=self_signed(tmp_path, "localhost").server
        )
        async with server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with HttpNode(url, budget_s=BUDGET_S) as asked:
                with pytest.raises(RpcUnavailableError) as caught:
                    await node.chain_id(asked)
        return str(caught.value.params["why"])

    assert "CERTIFICATE" in asyncio.run(work()).upper()


@pytest.mark.parametrize("name", ["hangs", "drips", "503", "closed"])
def test_a_request_ends_within_its_budget(anvil: Anvil, name: str) -> None:
    async def work(asked: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = FAULTS[name][0]
        started = time.monotonic()
        with pytest.raises(RpcUnavailableError):
            await node.chain_id(asked)
        assert time.monotonic() - started < BUDGET_S + LATE_S

    ask(anvil, work, BUDGET_S)


@pytest.mark.parametrize("name", ["503", "429", "closed", "broken off"])
def test_a_busy_node_is_asked_again_until_it_answers(anvil: Anvil, name: str) -> None:
    async def work(asked: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = times(2, FAULTS[name][0])
        assert await node.chain_id(asked) == anvil.chain_id
        assert proxy.asked["eth_chainId"] == 1 + 3

    ask(anvil, work)


def test_a_node_that_stays_busy_is_given_up(anvil: Anvil) -> None:
    async def work(asked: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = status(503)
        with pytest.raises(RpcUnavailableError) as caught:
            await node.chain_id(asked)
        assert caught.value.params["why"] == "HTTP 503"
        assert proxy.asked["eth_chainId"] == 1 + TRIES

    ask(anvil, work)


@pytest.mark.parametrize("name", ["a page", "an array", "another id", "an error", "enormous"])
def test_an_answer_that_cannot_be_used_is_not_asked_for_again(anvil: Anvil, name: str) -> None:
    async def work(asked: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = FAULTS[name][0]
        with pytest.raises(ChainError):
            await node.chain_id(asked)
        assert proxy.asked["eth_chainId"] == 1 + 1

    ask(anvil, work)


@pytest.mark.parametrize("fault", [status(503), closing], ids=["503", "closed"])
def test_a_node_that_may_be_asked_once_is_asked_once(anvil: Anvil, fault: Fault) -> None:
    async def work(_: HttpNode, proxy: Proxy) -> None:
        proxy.faults[""] = fault
        async with HttpNode(proxy.url, tries=1) as asked:
            with pytest.raises(RpcUnavailableError):
                await node.chain_id(asked)
        assert proxy.asked["eth_chainId"] == 1 + 1

    ask(anvil, work)


# --- writing over a bad wire --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("fault", [closing, breaking], ids=["closed", "broken off"])
def test_a_filing_is_registered_once_though_the_answer_to_sending_is_lost(
    on_anvil: Ground, fault: Fault, count: int
) -> None:
    async def work(kept: Kept) -> None:
        account = await rich_key(kept.node)
        await kept.writer.grant("REGISTRAR", account.address)
        async with proxied(on_anvil.network.rpc[0]) as proxy, HttpNode(proxy.url) as asked:
            proxy.faults["eth_sendRawTransaction"] = times(count, fault)
            writer = RegistryWriter(
                Signer(asked, account, name="anvil", network=on_anvil.network, journal=Journal(":memory:")),
                asked,
                kept.address,
            )
            (receipt,) = await writer.register([record_of(fictional(1))])
            assert proxy.asked["eth_sendRawTransaction"] == count + 1
        (change,) = await kept.reader.history(fictional(1))
        assert change.event.log.transaction == receipt.transaction
        assert await kept.node.request("eth_getTransactionCount", [account.address, "latest"]) == "0x1"

    on_anvil.run(work)


def test_a_refused_transaction_that_the_node_does_not_know_stays_refused(on_anvil: Ground) -> None:
    async def work(kept: Kept) -> None:
        account = await rich_key(kept.node)
        await kept.writer.grant("REGISTRAR", account.address)
        await kept.node.request("anvil_setBalance", [account.address, "0x1"])
        signer = Signer(kept.node, account, name="anvil", network=on_anvil.network, journal=Journal(":memory:"))
        with pytest.raises(RpcRefusedError) as caught:
            await RegistryWriter(signer, kept.node, kept.address).register([record_of(fictional(1))])
        assert caught.value.code == "CH105"

    on_anvil.run(work)


def test_the_request_is_json_rpc_with_a_fresh_id_each_time(anvil: Anvil) -> None:
    heard: list[Any] = []

    async def work(asked: HttpNode, proxy: Proxy) -> None:
        async def hear(request: Any, true: dict[str, Any]) -> Any:
            heard.append(json.loads(await request.text()))
            return await times(0, closing)(request, true)

        proxy.faults[""] = hear
        await node.chain_id(asked)
        await node.block(asked, 0)

    ask(anvil, work)
    assert heard == [
        {"jsonrpc": "2.0", "id": 2, "method": "eth_chainId", "params": []},
        {"jsonrpc": "2.0", "id": 3, "method": "eth_getBlockByNumber", "params": ["0x0", False]},
    ]
