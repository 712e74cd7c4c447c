"""A node of our own on loopback, whatever program it is."""

import asyncio
import subprocess
import time
from dataclasses import dataclass
from typing import IO

from attest.chain import networks
from attest.chain.rpc import HttpNode
from attest.settings import Network


@dataclass(frozen=True)
class LocalNode:
    """A running node.

    Attributes:
        genesis: Hash of its block 0, 0x-hex.
    """

    url: str
    chain_id: int
    genesis: str

    def network(self, *, url: str | list[str] | None = None, finality: str = "latest") -> Network:
        """The node as a network with everything pinned; `url` leads to it by another way."""
        return Network(rpc=url or self.url, chain_id=self.chain_id, genesis=self.genesis, finality=finality)


def port(process: "subprocess.Popen[bytes]", said: IO[bytes], before: bytes, start_s: float) -> int:
    """The port that a process says it listens on, just behind the words `before`."""
    until = time.monotonic() + start_s
    while time.monotonic() < until and process.poll() is None:
        said.seek(0)
        _, told, rest = said.read().partition(before)
        digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
        if told and digits and len(rest) > len(digits):
            return int(digits)
        time.sleep(0.02)
    said.seek(0)
    raise RuntimeError(f"the node did not start: {said.read()[-500:]!r}")


def chain(url: str, chain_id: int) -> tuple[int, str]:
    """Chain id and genesis hash of the node there, which must be of that chain."""

    async def asked() -> tuple[int, str]:
        async with HttpNode(url) as node:
            return await networks.check_chain(node, "local", Network(rpc=url, chain_id=chain_id))

    return asyncio.run(asked())
