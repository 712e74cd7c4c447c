"""Every fault in every method that a look-up uses: never a wrong answer, the right one if only one node of three fails.

One node alone gives the right answer or none; two of three that fail or contradict each other leave the number
undecided. Without a fault all three ways give the truth.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Any

import pytest
from aiohttp import web

from attest.chain import rpc
from attest.chain.quorum import Quorum
from attest.chain.rpc import HttpNode
from attest.errors import ChainError
from attest.ports import Answer, Entry, Lookup, Status
from tests.chain.filed import Filed
from tests.chain.lies import words
from tests.chain.proxy import (
    Fault,
    Lie,
    breaking,
    closing,
    dripping,
    envelope,
    flooding,
    hanging,
    honest,
    lying,
    proxied,
    saying,
    status,
    times,
)
from tests.conftest import reader

METHODS = ["eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call", "eth_getLogs"]
BUDGET_S = 2.0
OTHER_HASH = "0x" + "5a" * 32


async def slow(request: web.Request, true: dict[str, Any]) -> web.StreamResponse:
    await asyncio.sleep(BUDGET_S / 6)
    return await honest(request, true)


def refusing(code: int, message: str) -> Fault:
    return envelope(lambda true: {"jsonrpc": "2.0", "id": true["id"], "error": {"code": code, "message": message}})


WIRE: dict[str, Fault] = {
    "latency": slow,
    "429": status(429),
    "503": status(503),
    "404": status(404),
    "reset": closing,
    "truncated": breaking,
    "hang": hanging,
    "drip": dripping,
    "huge": flooding,
    "bad json": saying(b'{"jsonrpc":"2.0","id":1,"result":'),
    "no utf-8": saying(b"\xff\xfe"),
    "empty": saying(b""),
    "wrong id": envelope(lambda true: true | {"id": true["id"] + 1}),
    "no result": envelope(lambda true: {"jsonrpc": "2.0", "id": true["id"]}),
    "a list": envelope(lambda true: [true]),
    "null": lying(lambda _: None),
    "wrong type": lying(lambda _: [{"a": 1}]),
    "refusal": refusing(-32005, "limit exceeded"),
    "pruned": refusing(-32000, "missing trie node"),
}
PASSING: dict[str, Callable[[], Fault]] = {
    "503 once": lambda: times(1, status(503)),
    "reset twice": lambda: times(2, closing),
    "truncated once": lambda: times(1, breaking),
}


def block(**fields: str) -> Lie:
    return lambda true: true | fields


PLACES = cycle(["0x1", None])


def oscillating(true: Any) -> Any:
    """A head that is old every other time."""
    place = next(PLACES)
    return true | {"number": place} if place else true


def altered_record(true: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [log | {"data": log["data"][:-2] + "ff"} for log in true]


LIES: dict[str, list[tuple[str, Lie]]] = {
    "eth_chainId": [("another", lambda _: "0x5")],
    "eth_getBlockByNumber": [
        ("another chain", block(hash=OTHER_HASH)),
        ("a head far ahead", lambda true: true if true["number"] == "0x0" else true | {"number": "0xffffff"}),
        ("an old head", lambda true: true | {"number": "0x1"}),
        ("an oscillating head", oscillating),
        ("another time", block(timestamp="0x1")),
    ],
    "eth_getCode": [("none", lambda _: "0x"), ("another", lambda true: true[:-2] + "00")],
    "eth_call": [
        ("never filed", words(w2=0, w3=0, w4=0)),
        ("suspended", words(w4=2)),
        ("another digest", words(w2="ab" * 26 + "00" * 6)),
        ("changed earlier", words(w3=1)),
    ],
    "eth_getLogs": [("none", lambda _: []), ("half", lambda true: true[1:]), ("another record", altered_record)],
}
ALL_LIES = [pytest.param(method, lie, id=f"{method}-{name}") for method, lies in LIES.items() for name, lie in lies]
TWO_LIES = [
    pytest.param(method, one, two, id=f"{method}-{first}-{second}")
    for method, lies in LIES.items()
    for first, one in lies
    for second, two in [*lies, ("a second kind", lambda true: second_kind(true))]
    if first < second
]
DETECTED_ALONE = {"eth_chainId", "eth_getCode", "eth_getLogs"}


def second_kind(true: Any) -> Any:
    """A lie of the right shape that is like no other of `LIES`."""
    if isinstance(true, dict):
        return true | {"hash": "0x" + "77" * 32}
    return true[:1] * 2 if isinstance(true, list) else "0x77"


def asked(filed: Filed, faults: Sequence[dict[str, Fault]], needed: int) -> Answer:
    """What nodes with these faults tell of the number, after they told the truth without them."""

    async def work() -> Answer:
        async with AsyncExitStack() as stack:
            proxies = [await stack.enter_async_context(proxied(filed.anvil.url)) for _ in faults]
            nodes = [await stack.enter_async_context(HttpNode(proxy.url, budget_s=BUDGET_S)) for proxy in proxies]
            node = nodes[0] if len(nodes) == 1 else Quorum(nodes, needed, grace_s=BUDGET_S / 6)
            network = filed.anvil.network(url=[proxy.url for proxy in proxies])
            for proxy, broken in zip(proxies, faults, strict=True):
                proxy.faults = broken
            return await reader(node, network, filed.address, name="anvil").look_up([filed.number])

    return asyncio.run(work())


def told(filed: Filed, faults: Sequence[dict[str, Fault]], needed: int = 2) -> Lookup | ChainError:
    """What comes of it; an answer about a block is held against an honest node's about that block."""
    try:
        answer = asked(filed, faults, needed)
    except ChainError as error:
        return error
    assert answer.basis.nodes == (needed if len(faults) > 1 else 1)
    found = answer.lookups[filed.number]
    if found != filed.truth:
        assert found.entry == true_entry(filed, answer)
    return found


def true_entry(filed: Filed, answer: Answer) -> Entry:
    """What the registry held at the block that an answer names."""

    async def work() -> Entry:
        async with HttpNode(filed.anvil.url) as node:
            asker = reader(node, filed.anvil.network(), filed.address, name="anvil")
            at = await asker.block(answer.basis.block)
            assert at.hash == answer.basis.block_hash
            return (await asker.entries([filed.number], at))[filed.number]

    return asyncio.run(work())


def is_undecided(filed: Filed, found: Lookup | ChainError) -> bool:
    """Nothing is said of the number, or its true entry is told with the reason why the record is missing."""
    if isinstance(found, ChainError):
        return found.exit_code == 3
    return found == Lookup(filed.truth.entry, problem=found.problem) and isinstance(found.problem, ChainError)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests be repeated at once."""
    monkeypatch.setattr(rpc, "FIRST_PAUSE_S", 0.001)


@pytest.mark.parametrize("nodes", [1, 3])
def test_without_a_fault_the_answer_is_the_truth(filed: Filed, nodes: int) -> None:
    assert told(filed, [{}] * nodes) == filed.truth


@pytest.mark.sampled
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", WIRE.values(), ids=WIRE)
def test_one_node_alone_is_never_wrong(filed: Filed, fault: Fault, method: str) -> None:
    found = told(filed, [{method: fault}])
    assert found == filed.truth if fault is slow else is_undecided(filed, found)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_one_node_alone_is_right_once_a_passing_fault_has_passed(
    filed: Filed, fault: Callable[[], Fault], method: str
) -> None:
    assert told(filed, [{method: fault()}]) == filed.truth


@pytest.mark.sampled
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", WIRE.values(), ids=WIRE)
def test_one_faulty_node_of_three_changes_nothing(filed: Filed, fault: Fault, method: str) -> None:
    assert told(filed, [{method: fault}, {}, {}]) == filed.truth


@pytest.mark.parametrize(("method", "lie"), ALL_LIES)
def test_one_lying_node_of_three_changes_nothing(filed: Filed, method: str, lie: Lie) -> None:
    for place in range(3):
        faults: list[dict[str, Fault]] = [{}, {}, {}]
        faults[place] = {method: lying(lie)}
        assert told(filed, faults) == filed.truth


@pytest.mark.parametrize(("method", "lie"), [case for case in ALL_LIES if case.values[0] in DETECTED_ALONE])
def test_a_lie_that_the_digest_or_the_settings_betray_is_found_by_one_node_alone(
    filed: Filed, method: str, lie: Lie
) -> None:
    assert is_undecided(filed, told(filed, [{method: lying(lie)}]))


@pytest.mark.sampled
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", [fault for fault in WIRE.values() if fault is not slow], ids=list(WIRE)[1:])
def test_two_faulty_nodes_of_three_leave_it_undecided(filed: Filed, fault: Fault, method: str) -> None:
    assert is_undecided(filed, told(filed, [{method: fault}, {}, {method: fault}]))


@pytest.mark.parametrize(("method", "one", "two"), TWO_LIES)
def test_two_nodes_of_three_that_lie_differently_leave_it_undecided(
    filed: Filed, method: str, one: Lie, two: Lie
) -> None:
    found = told(filed, [{method: lying(one)}, {}, {method: lying(two)}])
    assert isinstance(found, Lookup) or is_undecided(filed, found)


@pytest.mark.parametrize(("method", "lie"), ALL_LIES)
def test_a_dead_node_and_a_lying_one_of_three_say_nothing_wrong(filed: Filed, method: str, lie: Lie) -> None:
    """Undecided, or the truth about the block that both others know: an old one, where one of them lags."""
    found = told(filed, [{"": status(503)}, {method: lying(lie)}, {}])
    assert isinstance(found, Lookup) or is_undecided(filed, found)


@pytest.mark.parametrize("dead", [status(503), hanging, closing], ids=["503", "hang", "reset"])
def test_a_verdict_is_there_though_one_node_of_three_is_dead(filed: Filed, dead: Fault) -> None:
    assert told(filed, [{"": dead}, {}, {}]) == filed.truth
    assert is_undecided(filed, told(filed, [{"": dead}, {"": dead}, {}]))


def test_one_node_that_lies_about_its_head_tells_the_state_of_that_block(filed: Filed) -> None:
    """A head that lags is no lie about the past: the answer names the block it is true for."""

    async def work() -> None:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            old = await node.request("eth_getBlockByNumber", [hex(filed.truth.entry.changed_at - 1), False])
            proxy.faults["eth_getBlockByNumber"] = lying(lambda true: true if true["number"] == "0x0" else old)
            answer = await reader(node, filed.anvil.network(), filed.address, name="anvil").look_up([filed.number])
            assert (answer.basis.block, answer.basis.block_hash) == (int(old["number"], 16), old["hash"])
            assert answer.lookups[filed.number].entry.status is Status.SUSPENDED

    asyncio.run(work())


def test_the_matrix_covers_every_method_that_a_look_up_uses(filed: Filed) -> None:
    async def work() -> None:
        async with proxied(filed.anvil.url) as proxy, HttpNode(proxy.url) as node:
            await reader(node, filed.anvil.network(), filed.address, name="anvil").look_up([filed.number])
            assert set(proxy.asked) == set(METHODS) == set(LIES)

    asyncio.run(work())
