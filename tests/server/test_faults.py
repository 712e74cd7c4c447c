"""A fault of a node, a store or the server itself reads as "cannot tell": never as an absence."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from attest.chain.rpc import HttpNode
from attest.number import FilingNumber
from attest.server.registry import ServedRegistry
from tests.chain.anvil import running
from tests.chain.filed import Filed, file
from tests.server.conftest import ABSENT, Served, serving

SETTINGS = """
[networks.test]
rpc = "{url}"
chain_id = {chain_id}
genesis = "{genesis}"
finality = "latest"

[registries.mine]
network = "test"
address = "{address}"
authority = "authoritative"
"""


class Ended:
    """A registry on a node of its own, which can be ended."""

    def __init__(self, stack: ExitStack, home: Path) -> None:
        self._stack = stack
        self.filed: Filed = file(stack.enter_context(running()))
        node = self.filed.anvil
        home.mkdir()
        text = SETTINGS.format(url=node.url, chain_id=node.chain_id, genesis=node.genesis, address=self.filed.address)
        (home / "attest.toml").write_text(text, encoding="utf-8")
        self.home = home

    def end(self) -> None:
        self._stack.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Ended]:
    with ExitStack() as stack:
        yield Ended(stack, tmp_path / "home")


def undecided(served: Served, number: FilingNumber, how: str = "") -> None:
    answer = served.get(f"v1/filings/{number.key}{how}")
    assert answer.status_code == 503
    assert answer.json()["outcome"] == "UNDECIDED"
    assert answer.headers["retry-after"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_node_that_ends_leaves_what_was_read_with_its_block_and_nothing_else(node: Ended) -> None:
    with serving(node.home) as server:
        server.until_ready()
        there, absent = (f"v1/filings/{number.key}" for number in (node.filed.number, ABSENT))
        before = server.get(there).json()
        assert server.get(absent).json()["code"] == "SV110"
        node.end()
        undecided(server, ABSENT)
        undecided(server, node.filed.number, "?fresh=true")
        undecided(server, node.filed.number, "?proof=true")
        assert server.get(there).json() == before
        answer = server.ask("POST", "rpc", json={"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, -32603)
        assert server.get("healthz").json()["alive"]


def test_a_proof_of_another_block_than_its_answer_is_no_answer(node: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    proven = ServedRegistry.prove

    async def later(served: ServedRegistry, number: FilingNumber) -> Any:
        async with HttpNode(node.filed.anvil.url) as miner:
            await miner.request("evm_mine", [])
        return await proven(served, number)

    with serving(node.home) as server:
        server.until_ready()
        for number in (node.filed.number, ABSENT):
            assert "proof" in server.get(f"v1/filings/{number.key}?proof=true").json()
        monkeypatch.setattr(ServedRegistry, "prove", later)
        for number in (node.filed.number, ABSENT):
            undecided(server, number, "?proof=true")


def test_a_node_that_never_answers_gives_no_list_no_filing_and_no_page(node: Ended) -> None:
    node.end()
    with serving(node.home) as server:
        undecided(server, ABSENT)
        undecided(server, node.filed.number)
        for path in ("v1/filings", "v1/statistics", ""):
            answer = server.get(path)
            assert (answer.status_code, answer.json()["outcome"]) == (503, "UNDECIDED")
        assert not server.get("healthz").json()["ready"]


def test_a_store_that_cannot_be_read_leaves_the_node_to_be_asked(home: Path) -> None:
    (home / "index.sqlite").write_bytes(b"no database" * 1000)
    with serving(home, "ruling") as server:
        answer = server.get(f"v1/filings/{ABSENT.key}")
        assert (answer.status_code, answer.json()["code"]) == (404, "SV110")
        listed = server.get("v1/filings")
        assert listed.status_code == 503
        assert str(home) not in listed.text


def test_a_chain_file_that_is_gone_is_a_fault_of_this_machine_and_names_no_file(home: Path) -> None:
    (home / "chain.sqlite").rename(home / "elsewhere.sqlite")
    with serving(home, "ruling") as server:
        answer = server.get(f"v1/filings/{ABSENT.key}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "CH121")
        assert str(home) not in answer.text


def test_a_wrong_chain_decides_nothing(node: Ended) -> None:
    settings = (node.home / "attest.toml").read_text(encoding="utf-8")
    wrong = settings.replace(node.filed.anvil.genesis, "0x" + "ab" * 32)
    (node.home / "attest.toml").write_text(wrong, encoding="utf-8")
    with serving(node.home) as server:
        undecided(server, node.filed.number)
