"""Kill a registrar again and again, start it anew each time, and see what became of the filings."""

import asyncio
import json
import random
import secrets
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eth_account import Account

from attest.chain import node
from attest.chain.keys import LocalKey
from attest.chain.rpc import HttpNode
from attest.registry import contract
from attest.store.journal import Journal, State
from tests.chain.anvil import Anvil, rich_account
from tests.conftest import fictional, keep
from tests.faults.registrar import Build, Orders

ROOT = Path(__file__).parents[2]
STEPS = ("prepared", "signed", "journalled", "sent", "bumped", "seen", "marked")
GROWTH = 4  # filings more at each start, so that there is always something to do


@dataclass(frozen=True)
class Outcome:
    """What a chain and a journal show after all filings were to be registered.

    Attributes:
        kills: Processes that died by SIGKILL.
        doubled, lost: Serials registered more than once, or not at all.
        reverted: Transactions of the registrar that the contract refused.
        unwritten: Transactions of the registrar on chain that its journal does not hold as final.
        failures: Last lines of starts that ended with another error.
    """

    kills: int
    doubled: list[int]
    lost: list[int]
    reverted: int
    unwritten: int
    failures: list[str]

    @property
    def sound(self) -> bool:
        return not (self.doubled or self.lost or self.reverted or self.unwritten)


def killed(anvil: Anvil, home: Path, *, build: Build, kills: int, seed: int) -> Outcome:
    """Let a registrar of that build be killed `kills` times, then finish."""
    chance = random.Random(seed)
    address, key = asyncio.run(_prepared(anvil))
    orders = Orders(
        url=anvil.url, chain_id=anvil.chain_id, genesis=anvil.genesis, address=address, key=key,
        journal=str(home / f"{secrets.token_hex(4)}.sqlite"), build=build, filings=0, seed=0, step="", hit=1,
    )  # fmt: skip
    died, filings, failures = 0, 0, []
    with _mining(anvil.url), _nursery() as start:
        for life in range(4 * kills):
            filings += GROWTH
            step = STEPS[life % len(STEPS)] if died < kills else ""
            changed = {
                "filings": filings,
                "seed": chance.randrange(2**32),
                "step": step,
                "hit": chance.choice((1, 1, 2)),
            }
            ended, last = start(Orders(**(asdict(orders) | changed)))
            died += ended == -signal.SIGKILL
            if ended not in (0, -signal.SIGKILL):
                failures.append(last)
            if not step and ended == 0:
                break
    return asyncio.run(_outcome(anvil, orders, filings, died, failures))


async def _prepared(anvil: Anvil) -> tuple[str, str]:
    async with HttpNode(anvil.url) as asked:
        account = await rich_account(asked)
        kept = await keep(asked, LocalKey(account), anvil.network(), name="anvil")
        return kept.address, account.key.hex()


@contextmanager
def _nursery() -> Iterator[Callable[[Orders], tuple[int, str]]]:
    """Starts a registrar, and tells its exit code and the last line it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.registrar"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip

        def start(orders: Orders) -> tuple[int, str]:
            assert process.stdin
            assert process.stdout
            print(json.dumps(asdict(orders)), file=process.stdin, flush=True)
            ended, last = json.loads(process.stdout.readline())
            return ended, last

        yield start


@contextmanager
def _mining(url: str) -> Iterator[None]:
    """Mine a block now and then, instead of one for each transaction."""
    stop = threading.Event()

    async def mine() -> None:
        async with HttpNode(url) as asked:
            await asked.request("evm_setAutomine", [False])
            try:
                while not stop.is_set():
                    await asyncio.sleep(0.04)
                    await asked.request("evm_mine", [])
            finally:
                await asked.request("evm_setAutomine", [True])

    thread = threading.Thread(target=asyncio.run, args=(mine(),))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _outcome(anvil: Anvil, orders: Orders, filings: int, died: int, failures: list[str]) -> Outcome:
    sender = Account.from_key(orders.key).address.lower()
    mined: dict[str, bool] = {}
    times: Counter[Any] = Counter()
    async with HttpNode(anvil.url) as asked:
        last = (await node.head(asked, "latest")).number
        topics = [contract.topic("Registered")]
        for number in range(last + 1):
            block = await asked.request("eth_getBlockByNumber", [hex(number), True])
            for transaction in block["transactions"]:
                if transaction["from"] == sender and transaction["to"] == orders.address.lower():
                    receipt = await node.receipt(asked, transaction["hash"])
                    assert receipt
                    mined[transaction["hash"]] = receipt.succeeded
            if block["transactions"]:
                for log in await node.logs(asked, orders.address, topics, number):
                    times[contract.number_of(log.topics[1])] += 1
    with Journal(orders.journal) as journal:
        written = {sent for done in journal.operations() if done.state is State.FINAL for sent in done.hashes}
    granted = len(contract.ROLES)
    return Outcome(
        kills=died,
        doubled=[serial for serial in range(filings) if times[fictional(serial)] > 1],
        lost=[serial for serial in range(filings) if times[fictional(serial)] == 0],
        reverted=sum(not succeeded for succeeded in mined.values()),
        unwritten=len(set(mined) - written) - granted,
        failures=failures,
    )
