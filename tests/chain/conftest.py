"""Real nodes for each test process, and the three kinds of chain that a registry can be kept on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from attest.chain.embedded import EmbeddedChain
from attest.chain.keys import LocalKey
from attest.chain.node import Node
from attest.chain.rpc import HttpNode
from attest.store.index import Index
from tests.chain import hardhat as hardhats
from tests.chain.anvil import Anvil, rich_key, running
from tests.chain.filed import Filed, file
from tests.chain.grounds import Ground
from tests.chain.local import LocalNode
from tests.conftest import EMBEDDED_NETWORK


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with running() as node:
        yield node


@pytest.fixture(scope="session")
def hardhat() -> Iterator[LocalNode]:
    with hardhats.running() as node:
        yield node


@pytest.fixture
def on_anvil(anvil: Anvil) -> Ground:
    return Ground("anvil", anvil.network(), lambda: HttpNode(anvil.url), rich_key)


@pytest.fixture
def on_hardhat(hardhat: LocalNode) -> Ground:
    return Ground("hardhat", hardhat.network(), lambda: HttpNode(hardhat.url), hardhats.rich_key)


@pytest.fixture
def on_embedded(tmp_path: Path) -> Ground:
    async def account(_node: Node) -> LocalKey:
        return LocalKey(Account.create())

    path = tmp_path / "chain.sqlite"
    EmbeddedChain.create(path)
    return Ground("embedded", EMBEDDED_NETWORK, lambda: EmbeddedChain(path), account)


@pytest.fixture(params=["on_embedded", "on_anvil", "on_hardhat"])
def ground(request: pytest.FixtureRequest) -> Ground:
    """Each chain, one after the other."""
    chosen: Ground = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def filed(anvil: Anvil) -> Filed:
    return file(anvil)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.in_file(tmp_path / "index.sqlite") as opened:
        yield opened
