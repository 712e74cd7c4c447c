"""A second real node on loopback: one process of Hardhat's own chain (EDR), and accounts that we hold the keys of."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from eth_account import Account

from attest.chain import networks
from attest.chain.keys import LocalKey
from attest.chain.node import Node
from attest.chain.rpc import HttpNode
from attest.settings import Network

FOLDER: Final = Path(__file__).parents[2] / "hardhat-fork"
PROGRAM: Final = FOLDER / "node_modules/.bin/hardhat"
START_S: Final = 60.0
WEALTH: Final = 10**21  # wei


@dataclass(frozen=True)
class Hardhat:
    """A running node.

    Attributes:
        genesis: Hash of its block 0, 0x-hex.
    """

    url: str
    chain_id: int
    genesis: str

    def network(self, *, url: str | None = None, finality: str = "latest") -> Network:
        """The node as a network with everything pinned; `url` leads to it by another way."""
        return Network(rpc=url or self.url, chain_id=self.chain_id, genesis=self.genesis, finality=finality)


@contextmanager
def running() -> Iterator[Hardhat]:
    """Start Hardhat's node on a free port of loopback with a random chain id; stop it at the end."""
    if not PROGRAM.is_file():
        raise FileNotFoundError("Hardhat is not installed; get it with: make setup-test")
    chain_id = 1_000_000 + secrets.randbelow(2**31)
    options = ["--hostname", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
    with tempfile.TemporaryFile("a+b") as said, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [_node(), str(PROGRAM.resolve()), "--config", "bare.config.js", "node", *options],
            cwd=FOLDER,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=os.environ | {"HARDHAT_DISABLE_TELEMETRY": "true", "HARDHAT_FOLDER": folder},
            start_new_session=True,  # it starts a process of its own, which would stay
        )
        try:
            url = f"http://127.0.0.1:{_port(process, said)}"
            found, genesis = asyncio.run(_chain(url, chain_id))
            yield Hardhat(url, found, genesis)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=START_S)


async def rich_key(node: Node) -> LocalKey:
    """The key of a fresh account with money on it."""
    account = Account.create()
    await node.request("hardhat_setBalance", [account.address, hex(WEALTH)])
    return LocalKey(account)


def _node() -> str:
    """Node of this environment, or any other: Hardhat needs 22 or newer."""
    found = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if found is None:
        raise FileNotFoundError("Node is not installed; get it with: make setup-test")
    return found


def _port(process: "subprocess.Popen[bytes]", said: IO[bytes]) -> int:
    """The port that the process says it listens on."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        said.seek(0)
        _, told, rest = said.read().partition(b"server at http://127.0.0.1:")
        port, whole, _ = rest.partition(b"/")
        if told and whole:
            return int(port)
        time.sleep(0.05)
    said.seek(0)
    raise RuntimeError(f"Hardhat did not start: {said.read()[-500:]!r}")


async def _chain(url: str, chain_id: int) -> tuple[int, str]:
    async with HttpNode(url) as node:
        return await networks.check_chain(node, "hardhat", Network(rpc=url, chain_id=chain_id))
