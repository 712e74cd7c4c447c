"""A second real node on loopback: one process of Hardhat's own chain (EDR), and accounts that we hold the keys of."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eth_account import Account

from attest.chain.keys import LocalKey
from attest.chain.node import Node
from tests.chain.local import LocalNode, chain, port

FOLDER: Final = Path(__file__).parents[2] / "hardhat-fork"
PROGRAM: Final = FOLDER / "node_modules/.bin/hardhat"
START_S: Final = 60.0
WEALTH: Final = 10**21  # wei


@contextmanager
def running() -> Iterator[LocalNode]:
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
            url = f"http://127.0.0.1:{port(process, said, b'server at http://127.0.0.1:', START_S)}"
            yield LocalNode(url, *chain(url, chain_id))
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
