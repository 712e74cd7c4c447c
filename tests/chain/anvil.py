"""A real node on loopback: one anvil process with a chain of its own, and accounts that we hold the keys of."""

import asyncio
import secrets
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from attest.chain.keys import LocalKey
from attest.chain.node import Node
from tests.chain.local import LocalNode, chain, port

BINARY: Final = Path(__file__).parents[2] / "hardhat-fork/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
START_S: Final = 20.0
WEALTH: Final = 10**21  # wei


class Anvil(LocalNode):
    """A running anvil."""

    @asynccontextmanager
    async def one_block(self, node: Node, count: int) -> AsyncIterator[asyncio.TaskGroup]:
        """Mine what the tasks send in one block, once `count` transactions wait."""
        await node.request("evm_setAutomine", [False])
        try:
            async with asyncio.timeout(START_S), asyncio.TaskGroup() as tasks:
                yield tasks
                while int((await node.request("txpool_status", []))["pending"], 16) < count:
                    await asyncio.sleep(0.01)
                await node.request("evm_mine", [])
        finally:
            await node.request("evm_setAutomine", [True])


@contextmanager
def running(*options: str) -> Iterator[Anvil]:
    """Start anvil on a free port of loopback with a random chain id; stop it at the end."""
    if not BINARY.is_file():
        raise FileNotFoundError(f"{BINARY.name} is not installed; get it with: make setup-test")
    chain_id = 1_000_000 + secrets.randbelow(2**31)
    command = [
        str(BINARY),
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--chain-id",
        str(chain_id),
        "--accounts",
        "1",
        *options,
    ]
    with tempfile.TemporaryFile("a+b") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            url = f"http://127.0.0.1:{port(process, said, b'Listening on 127.0.0.1:', START_S)}"
            yield Anvil(url, *chain(url, chain_id))
        finally:
            process.terminate()
            process.wait(timeout=START_S)


async def rich_account(node: Node) -> LocalAccount:
    """A fresh account of ours with money on it."""
    account: LocalAccount = Account.create()
    await node.request("anvil_setBalance", [account.address, hex(WEALTH)])
    return account


async def rich_key(node: Node) -> LocalKey:
    """The key of such an account."""
    return LocalKey(await rich_account(node))
