"""What several test folders share: an embedded chain with a registry on it, and numbers to register."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import settings

from attest.chain.embedded import CHAIN_ID, EmbeddedChain
from attest.chain.keys import embedded_key
from attest.ports import TrustEntry
from attest.registry.reader import RegistryReader
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter, deploy
from attest.settings import Network, Registry
from attest.store.journal import Journal
from tests.fictional import fictional, record_of

__all__ = ["fictional", "record_of"]

settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test marked `sampled`, leave all but the first and about every third case to `make test-long`."""
    begun: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if item.get_closest_marker("sampled") and test in begun and crc32(item.nodeid.encode()) % 3:
            item.add_marker("long")
        begun.add(test)


@dataclass(frozen=True)
class Kept:
    """A registry someone keeps: its chain, its writer with every role, and a reader."""

    node: Any
    signer: Signer
    writer: RegistryWriter
    reader: RegistryReader
    address: str


async def keep(node: Any, account: Any, network: Network, *, name: str = "embedded") -> Kept:
    """Deploy a registry on `node` and give its deployer every role."""
    signer = Signer(node, account, name=name, network=network, journal=Journal(":memory:"))
    receipt = await deploy(signer, node, name="test", delay_s=0)
    assert receipt.contract is not None
    writer = RegistryWriter(signer, node, receipt.contract)
    for role in ("REGISTRAR", "INSPECTOR", "CORRECTOR"):
        await writer.grant(role, signer.address)
    return Kept(node, signer, writer, reader(node, network, receipt.contract, name=name), receipt.contract)


def reader(node: Any, network: Network, address: str, *, name: str = "embedded") -> RegistryReader:
    registry = Registry(network=name, address=address)
    trust = TrustEntry("test", "the tests", "authoritative")
    return RegistryReader(node, network=network, registry=registry, trust=trust)


EMBEDDED_NETWORK = Network(chain_id=CHAIN_ID, finality="latest")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A fresh registry on a fresh embedded chain."""
    chain = EmbeddedChain.create(tmp_path / "chain.sqlite")
    return asyncio.run(keep(chain, embedded_key(tmp_path), EMBEDDED_NETWORK))


Run = Callable[[Coroutine[Any, Any, Any]], Any]
