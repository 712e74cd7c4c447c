"""A fork of a chain on this machine: Hardhat's own node as a child process, whose changes reach nobody.

It listens on loopback only and ends with the `async with` block, whatever ends that; if this process is killed, the
child finds its standard input closed and ends too. What it needs is in the `hardhat-fork` folder.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from attest.chain import node
from attest.chain.node import Block, Node
from attest.chain.rpc import HttpNode
from attest.errors import ProgramError, ReorgedError

START_S: Final = 60.0
FOLDER_VARIABLE: Final = "ATTEST_HARDHAT"
"""Names the folder with `fork.config.js` and Hardhat; the project's own `hardhat-fork` if it is not set."""

OLDEST_NODE: Final = 22
_CONFIG: Final = "fork.config.js"
_HARDHAT: Final = "node_modules/hardhat/dist/src/cli.js"
_HOST: Final = "127.0.0.1"
_READY: Final = re.compile(rb"server at http://127\.0\.0\.1:([0-9]{1,5})/")
_URL: Final = re.compile(r"[a-z]+://\S+")
_MAX_READ: Final = 64_000  # bytes of what the child says until it is ready
_MAX_SAID: Final = 400  # characters told of it if it does not start
_POLL_S: Final = 0.02
_REQUEST_S: Final = 60.0  # the fork fetches what a call needs from the node it was made of


@dataclass(frozen=True, slots=True)
class Programs:
    """What a fork is started with.

    Attributes:
        node: Node.js.
        folder: Holds the fork's configuration and an installed Hardhat.
    """

    node: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Fork:
    """A running fork.

    Attributes:
        at: The block it was made at, of the real chain.
        pid: Process that serves it.
    """

    node: HttpNode
    url: str
    at: Block
    pid: int


def find_programs() -> Programs:
    """Node.js beside this Python or on the PATH, and Hardhat in its folder.

    Raises:
        ProgramError: one of them is not installed.
    """
    folder = Path(os.environ.get(FOLDER_VARIABLE) or Path(__file__).parents[2] / "hardhat-fork").absolute()
    for needed in (_CONFIG, _HARDHAT):
        if not (folder / needed).is_file():
            raise ProgramError("RH101", path=folder / needed, variable=FOLDER_VARIABLE)
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which("node", path=places)
    if found is None:
        raise ProgramError("RH102", oldest=OLDEST_NODE)
    return Programs(Path(found), folder)


@asynccontextmanager
async def forked(
    upstream: Node, url: str, *, programs: Programs | None = None, start_s: float = START_S
) -> AsyncIterator[Fork]:
    """A fork of the chain that `upstream` serves, at its newest block.

    Args:
        upstream: A node of the chain, asked for the block to fork at.
        url: Where the fork asks for what it does not have: the same node. It may hold an access token.
        programs: As `find_programs` tells if left out.
        start_s: Seconds within which the fork must answer.

    Raises:
        ProgramError: the fork did not start; tells its words, without addresses.
        ReorgedError: the chain was reorganised meanwhile.
        ChainError: a node gave no usable answer.
    """
    found = programs or find_programs()
    chain_id = await node.chain_id(upstream)
    at = await node.head(upstream, "latest")
    limit = await _gas_limit(upstream, at)
    with tempfile.TemporaryDirectory(prefix="attest-fork-", ignore_cleanup_errors=True) as folder:
        orders = {"url": url, "block": at.number, "chainId": chain_id, "blockGasLimit": limit, "folder": folder}
        said = Path(folder) / "said"
        with _running(found, folder, said, json.dumps(orders)) as process:
            address = f"http://{_HOST}:{await _port(process, said, start_s)}"
            async with HttpNode(address, budget_s=_REQUEST_S) as fork:
                if (await node.block(fork, at.number)).hash != at.hash:
                    raise ReorgedError("RG130", block=at.number)
                yield Fork(fork, address, at, process.pid)


@contextmanager
def _running(programs: Programs, folder: str, said: Path, orders: str) -> "Iterator[subprocess.Popen[bytes]]":
    """The child, with its orders, in a process group of its own; nothing of the environment but the way to programs.

    It is not asyncio's, which can lose a child when the task that starts it is cancelled.
    """
    command = [programs.node, programs.folder / _HARDHAT, "--config", programs.folder / _CONFIG, "--network", "fork"]
    clean = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "HARDHAT_DISABLE_TELEMETRY": "true"}
    with said.open("wb") as file:
        try:
            process = subprocess.Popen(  # noqa: S603 - programs of the user's own installation
                [*map(str, command), "node", "--hostname", _HOST, "--port", "0"],
                stdin=subprocess.PIPE, stdout=file, stderr=file, cwd=programs.folder, env=clean, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ProgramError("RH103", why=error.strerror or error) from error
    assert process.stdin is not None
    try:
        with suppress(BrokenPipeError):  # it ended at once: its words tell why
            process.stdin.write(orders.encode() + b"\n")
            process.stdin.flush()
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()


async def _gas_limit(upstream: Node, at: Block) -> int:
    method = "eth_getBlockByNumber"
    fields = await upstream.request(method, [hex(at.number), False])
    return node.quantity(fields.get("gasLimit") if isinstance(fields, dict) else None, method)


async def _port(process: "subprocess.Popen[bytes]", said: Path, start_s: float) -> int:
    """Wait until the child says where it listens."""
    until = asyncio.get_running_loop().time() + start_s
    while process.poll() is None:
        if ready := _READY.search(_head(said)):
            return int(ready[1])
        if asyncio.get_running_loop().time() > until:
            raise ProgramError("RH103", why=f"not ready after {start_s:g} s")
        await asyncio.sleep(_POLL_S)
    raise ProgramError("RH103", why=_words(_head(said)))


def _head(said: Path) -> bytes:
    with said.open("rb") as file:
        return file.read(_MAX_READ)


def _words(said: bytes) -> str:
    """What the child said, on one line, without addresses: these may hold tokens."""
    plain = _URL.sub("(address)", re.sub(r"\x1b\[[0-9;]*m", "", said.decode(errors="replace")))
    text = " ".join(plain.split())
    return repr(text[:_MAX_SAID]) if text else "it said nothing"
