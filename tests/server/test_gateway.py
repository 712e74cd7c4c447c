"""The JSON-RPC gateway: what it serves is the node's answer, and everything else is refused."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from attest.cli.context import Context
from attest.errors import RpcRefusedError
from attest.registry import contract
from attest.server import gateway
from attest.server.bodies import MAX_BODY
from tests.server.conftest import FILED, Served

ELSEWHERE = "0x" + "11" * 20
KEY = "0x" + contract.key(FILED).hex()


@pytest.fixture(scope="session")
def address(served: Served) -> str:
    return Context.of(served.home, "en").settings.registry("open").address


def refusal(answer: Any) -> int:
    assert "result" not in answer
    return int(answer["error"]["code"])


def test_the_registry_is_read_as_from_its_node(served: Served, address: str) -> None:
    head = served.rpc("eth_getBlockByNumber", "latest", False)["result"]
    at = {"blockHash": head["hash"]}
    call = {"to": address, "data": "0x" + contract.encode("entriesOf", [contract.key(FILED)]).hex()}
    (entry,) = contract.entries(bytes.fromhex(served.rpc("eth_call", call, at)["result"][2:]), 1)
    assert entry.status.name == "ACTIVE"
    assert served.rpc("eth_blockNumber")["result"] == head["number"]
    assert served.rpc("eth_getBlockByHash", head["hash"], False)["result"] == head
    assert contract.is_registry(bytes.fromhex(served.rpc("eth_getCode", address, "latest")["result"][2:]))
    assert served.rpc("eth_getProof", address, ["0x0"], at)["result"]["storageProof"]
    block = hex(entry.changed_at)
    logs = served.rpc("eth_getLogs", {"address": address, "topics": [None, KEY], "fromBlock": block, "toBlock": block})
    assert len(logs["result"]) == 1
    by_hash = {"address": [address], "topics": [], "blockHash": logs["result"][0]["blockHash"]}
    assert served.rpc("eth_getLogs", by_hash)["result"]


@pytest.mark.parametrize(
    "method",
    [
        "eth_sendRawTransaction",
        "eth_sendTransaction",
        "eth_sign",
        "eth_signTransaction",
        "eth_accounts",
        "eth_estimateGas",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_newFilter",
        "eth_subscribe",
        "debug_traceCall",
        "admin_peers",
        "personal_unlockAccount",
        "anvil_setBalance",
        "evm_mine",
        "net_version",
        "web3_clientVersion",
        "",
        "ETH_CALL",
    ],
)
def test_a_method_that_is_not_listed_is_refused(served: Served, method: str) -> None:
    assert refusal(served.rpc(method, "0x00")) == gateway.METHOD_NOT_FOUND


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", [{"to": ELSEWHERE, "data": "0x"}, "latest"]),
        ("eth_call", [{"data": "0x6000"}, "latest"]),
        ("eth_call", [{"to": "OWN", "data": "0x", "gas": "0xffffffffffff"}, "latest"]),
        ("eth_call", [{"to": "OWN", "data": "0x"}, "latest", {ELSEWHERE: {"code": "0x00"}}]),
        ("eth_call", [{"to": "OWN", "data": "0x" + "00" * (gateway.MAX_CALL + 1)}, "latest"]),
        ("eth_call", [{"to": "OWN", "data": "nonsense"}, "latest"]),
        ("eth_call", [{"to": "OWN", "data": "0x"}, "pending"]),
        ("eth_call", [{"to": "OWN", "data": "0x"}, {"blockHash": "0x1"}]),
        ("eth_call", [["OWN"], "latest"]),
        ("eth_getCode", [ELSEWHERE, "latest"]),
        ("eth_getProof", [ELSEWHERE, [], "latest"]),
        ("eth_getProof", ["OWN", ["0x0"] * (gateway.MAX_SLOTS + 1), "latest"]),
        ("eth_getProof", ["OWN", [7], "latest"]),
        ("eth_getBlockByNumber", ["latest", True]),
        ("eth_getBlockByNumber", [7, False]),
        ("eth_getBlockByNumber", []),
        ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}]),
        ("eth_getLogs", [{"address": ELSEWHERE, "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": ["OWN", ELSEWHERE], "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": "OWN", "fromBlock": "0x0", "toBlock": hex(gateway.MAX_BLOCKS)}]),
        ("eth_getLogs", [{"address": "OWN", "fromBlock": "0x2", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": "OWN", "topics": [["0x12"]], "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": "OWN", "topics": [None] * 5, "fromBlock": "0x0", "toBlock": "0x1"}]),
        ("eth_getLogs", [{"address": "OWN", "blockHash": "0x" + "00" * 32, "fromBlock": "0x0"}]),
        ("eth_chainId", ["extra"]),
    ],
)
def test_parameters_beyond_the_registry_or_the_bounds_are_refused(
    served: Served, address: str, method: str, params: list[Any]
) -> None:
    def own(value: Any) -> Any:
        match value:
            case "OWN":
                return address
            case list():
                return [own(item) for item in value]
            case dict():
                return {name: own(item) for name, item in value.items()}
        return value

    assert refusal(served.rpc(method, *own(params))) == gateway.INVALID_PARAMS


@pytest.mark.parametrize(
    "body", [7, "eth_chainId", {}, {"jsonrpc": "1.0", "method": "eth_chainId", "id": 1}, {"jsonrpc": "2.0"}]
)
def test_what_is_no_request_is_refused(served: Served, body: Any) -> None:
    assert refusal(served.ask("POST", "rpc", json=body).json()) == gateway.INVALID_REQUEST


def test_a_batch_is_answered_in_order_and_has_a_bound(served: Served) -> None:
    one = {"jsonrpc": "2.0", "method": "eth_chainId", "params": []}
    answers = served.ask("POST", "rpc", json=[one | {"id": number} for number in range(gateway.MAX_BATCH)]).json()
    assert [answer["id"] for answer in answers] == list(range(gateway.MAX_BATCH))
    too_many = [one | {"id": number} for number in range(gateway.MAX_BATCH + 1)]
    assert refusal(served.ask("POST", "rpc", json=too_many).json()) == gateway.INVALID_REQUEST
    assert refusal(served.ask("POST", "rpc", json=[]).json()) == gateway.INVALID_REQUEST


def test_a_notification_is_neither_answered_nor_carried_out(served: Served) -> None:
    answer = served.ask("POST", "rpc", json={"jsonrpc": "2.0", "method": "eth_chainId", "params": []})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_body_that_is_too_long_no_json_or_not_said_to_be_json_is_refused(served: Served) -> None:
    said = {"Content-Type": "application/json"}
    assert served.ask("POST", "rpc", data=b" " * (MAX_BODY + 1), headers=said).status_code == 413
    assert served.ask("POST", "rpc", data=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    for body in (b"{", b"\xff", b"[" * 1000):
        assert refusal(served.ask("POST", "rpc", data=body, headers=said).json()) == gateway.PARSE_ERROR


def test_a_revert_is_told_with_its_data(served: Served, address: str) -> None:
    answer = served.rpc("eth_call", {"to": address, "data": "0xffffffff"}, "latest")
    assert refusal(answer) == 3


def test_a_state_is_asked_as_canonical_where_that_is_asked_for(served: Served, address: str) -> None:
    head = served.rpc("eth_getBlockByNumber", "latest", False)["result"]["hash"]
    for wanted in (True, False):
        assert "result" in served.rpc("eth_getCode", address, {"blockHash": head, "requireCanonical": wanted})
    said = served.rpc("eth_getCode", address, {"blockHash": head, "requireCanonical": "yes"})
    assert refusal(said) == gateway.INVALID_PARAMS


def test_an_id_that_cannot_be_written_is_refused(served: Served) -> None:
    body = b'{"jsonrpc":"2.0","id":"\\ud800","method":"eth_chainId","params":[]}'
    answer = served.ask("POST", "rpc", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, refusal(answer.json())) == (200, gateway.INVALID_REQUEST)


def test_a_providers_own_words_stay_here() -> None:
    class Provider:
        async def request(self, method: str, params: Any) -> Any:
            raise RpcRefusedError(method=method, number=-32005, message="project s3cret exceeded its quota")

    asked = gateway.Gateway(cast("Any", SimpleNamespace(node=Provider(), registry=SimpleNamespace(address=ELSEWHERE))))
    answer = asyncio.run(asked.answer({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}))
    assert refusal(answer) == -32005
    assert "s3cret" not in str(answer)


def test_other_origins_may_not_read_unless_they_were_named(served: Served) -> None:
    answer = served.get("v1/statistics", Origin="https://other.example")
    assert "access-control-allow-origin" not in answer.headers
