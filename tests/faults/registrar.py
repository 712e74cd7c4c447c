"""A registrar who may be killed at a named step: started by `tests.faults.kills`.

Each line of standard input is one JSON object, see `Orders`, and one life in a process forked for it.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from eth_account import Account

from attest.chain.keys import LocalKey
from attest.chain.node import Node
from attest.chain.rpc import HttpNode
from attest.chain.transactions import Transaction
from attest.registry.signer import Signer
from attest.registry.writer import RegistryWriter
from attest.settings import Network
from attest.store.journal import Journal
from tests.fictional import fictional, record_of

Build = Literal["sound", "sends before it journals", "takes the pool's nonce and forgets"]
BATCH = 3  # filings


@dataclass(frozen=True)
class Orders:
    """What the registrar is to do.

    Attributes:
        filings: The serials from 0 up to this.
        seed: Chooses the order of the filings and the fees.
        step: At which to be killed, the `hit`th time; empty to live.
    """

    url: str
    chain_id: int
    genesis: str
    address: str
    key: str
    journal: str
    build: Build
    filings: int
    seed: int
    step: str
    hit: int


class Changeable:
    """A node that recommends another tip each time it is started."""

    def __init__(self, node: Node, tip: int) -> None:
        self._node = node
        self._tip = tip

    async def request(self, method: str, params: Sequence[Any]) -> Any:
        return hex(self._tip) if method == "eth_maxPriorityFeePerGas" else await self._node.request(method, params)

    async def close(self) -> None:
        await self._node.close()


class Hasty:
    """A key that sends what it signs, before anybody can write it down."""

    def __init__(self, key: LocalKey, node: Node) -> None:
        self._key = key
        self._node = node
        self.address = key.address

    async def sign(self, transaction: Transaction) -> bytes:
        raw = await self._key.sign(transaction)
        await self._node.request("eth_sendRawTransaction", ["0x" + raw.hex()])
        return raw


class Forgetful(Signer):
    """Begins each time as if nothing had happened, behind whatever waits in the pool."""

    async def resume(self) -> list[Any]:
        return []

    async def _next_nonce(self, chain: str) -> int:
        return await self._nonce("pending")


def record(serial: int) -> Any:
    """The same record every time."""
    nonce = sha256(str(serial).encode()).hexdigest()[:21] + "A"
    return record_of(fictional(serial), nonce=nonce)


async def work(orders: Orders) -> None:
    seen: Counter[str] = Counter()

    def step(name: str) -> None:
        seen[name] += 1
        if name == orders.step and seen[name] == orders.hit:
            os.kill(os.getpid(), signal.SIGKILL)

    chance = random.Random(orders.seed)
    network = Network(rpc=orders.url, chain_id=orders.chain_id, genesis=orders.genesis, finality="latest")
    with Journal(orders.journal) as journal:
        async with HttpNode(orders.url) as http:
            node = Changeable(http, chance.randrange(10**8, 10**10))
            own = LocalKey(Account.from_key(orders.key))
            key = Hasty(own, node) if orders.build == "sends before it journals" else own
            kind = Forgetful if orders.build == "takes the pool's nonce and forgets" else Signer
            signer = kind(node, key, name="anvil", network=network, journal=journal, bump_s=0.06, wait_s=20, step=step)
            writer = RegistryWriter(signer, node, orders.address)
            await signer.resume()
            records = [record(serial) for serial in range(orders.filings)]
            missing = await writer.missing(records)
            chance.shuffle(missing)
            for start in range(0, len(missing), BATCH):
                await writer.register(missing[start : start + BATCH])


def child(line: str) -> str:
    """Do the work in a process of its own, and tell how that ended: its exit code and the last line it said."""
    with tempfile.TemporaryFile("w+") as said:
        pid = os.fork()
        if pid == 0:
            os.dup2(said.fileno(), sys.stderr.fileno())
            code = 1
            try:
                asyncio.run(work(Orders(**json.loads(line))))
                code = 0
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        said.seek(0)
        return json.dumps([os.waitstatus_to_exitcode(status), said.read().strip().rpartition("\n")[2]])


if __name__ == "__main__":
    for orders in sys.stdin:
        print(child(orders), flush=True)
