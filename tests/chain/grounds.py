"""The chains that registries are kept on in the tests, each opened the same way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from attest.chain.keys import LocalKey
from attest.chain.node import Node
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter
from attest.settings import Network
from attest.store.journal import Journal
from tests.conftest import Kept, keep

Work = Callable[[Kept], Awaitable[None]]
Rule = Callable[[Sequence[Any], Callable[[], Awaitable[Any]]], Awaitable[Any]]


@dataclass(frozen=True)
class Ground:
    """A chain to keep a registry on.

    Attributes:
        open: A node of the chain.
        account: A fresh account that can pay on it.
    """

    name: str
    network: Network
    open: Callable[[], Node]
    account: Callable[[Node], Awaitable[LocalKey]]

    def run(self, work: Work, *, finality: str = "latest") -> None:
        """Deploy a registry, do `work` with it, and close the node."""

        async def whole() -> None:
            node = self.open()
            try:
                network = self.network.model_copy(update={"finality": finality})
                await work(await keep(node, await self.account(node), network, name=self.name))
            finally:
                await node.close()

        asyncio.run(whole())

    async def stranger(self, kept: Kept, *roles: str) -> RegistryWriter:
        """A writer to the same registry for another account, which holds only `roles`."""
        signer = Signer(
            kept.node, await self.account(kept.node), name=self.name, network=self.network, journal=Journal(":memory:")
        )
        for role in roles:
            await kept.writer.grant(role, signer.address)
        return RegistryWriter(signer, kept.node, kept.address)


@dataclass
class Between:
    """A node that asks another one, and lets a test act in between.

    Attributes:
        rules: By method: gets the parameters and a way to ask for the true result, gives the result to believe.
        asked: How often each method was asked.
    """

    node: Node
    rules: dict[str, Rule] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        self.asked[method] = self.asked.get(method, 0) + 1
        if method in self.rules:
            return await self.rules[method](params, lambda: self.node.request(method, params))
        return await self.node.request(method, params)

    async def close(self) -> None:
        await self.node.close()
