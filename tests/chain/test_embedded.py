"""The embedded chain: it survives, it keeps time, and two processes do not break it."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from attest.chain import node
from attest.chain.embedded import CHAIN_ID, EmbeddedChain
from attest.errors import ChainFileError, RpcRefusedError

ACCOUNT = Account.from_key(b"\1" * 32)
STORES_ONE = "600160005560016000f3"
REVERTS = "60006000fd"


async def send(chain: EmbeddedChain, nonce: int, code: str = STORES_ONE) -> str:
    fields = {"type": 2, "chainId": CHAIN_ID, "nonce": nonce, "gas": 100_000, "value": 0, "data": "0x" + code}
    signed = ACCOUNT.sign_transaction({**fields, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0})
    return str(await chain.request("eth_sendRawTransaction", ["0x" + signed.raw_transaction.hex()]))


def run(work: Any) -> Any:
    return asyncio.run(work)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "chain.sqlite"
    EmbeddedChain.create(path)
    return path


def test_a_chain_opened_again_is_the_same_chain(path: Path) -> None:
    sent = run(send(EmbeddedChain(path), 0))
    before = run(node.head(EmbeddedChain(path), "latest"))
    again = EmbeddedChain.create(path)
    assert run(node.head(again, "latest")) == before
    assert run(node.receipt(again, sent)).succeeded
    assert before.number == 1


def test_no_two_chains_share_a_genesis_block(tmp_path: Path) -> None:
    hashes = {run(node.block(EmbeddedChain.create(tmp_path / name), 0)).hash for name in ("a", "b")}
    assert len(hashes) == 2


def test_a_block_is_never_ahead_of_the_clock_nor_behind_its_parent(tmp_path: Path) -> None:
    clock = [1000.0]
    chain = EmbeddedChain.create(tmp_path / "c", clock=lambda: clock[0])
    times = []
    for nonce, now in enumerate([1000.0, 1000.4, 1000.9, 1002.0, 990.0, 1003.0]):
        clock[0] = now
        run(send(chain, nonce))
        times.append(run(node.head(chain, "latest")).timestamp)
    assert times == [1000, 1000, 1000, 1002, 1002, 1003]


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.long)])
def test_many_transactions_leave_the_clock_within_five_seconds(path: Path, count: int) -> None:
    async def work() -> int:
        chain = EmbeddedChain(path)
        for nonce in range(count):
            await send(chain, nonce)
        return (await node.head(chain, "latest")).timestamp

    assert abs(run(work()) - time.time()) < 5


def test_state_and_logs_are_served_by_block_hash(path: Path) -> None:
    chain = EmbeddedChain(path)
    contract = run(node.receipt(chain, run(send(chain, 0)))).contract
    first, genesis = run(node.block(chain, 1)), run(node.block(chain, 0))
    run(send(chain, 1))
    assert (
        run(chain.request("eth_getStorageAt", [contract, "0x0", {"blockHash": first.hash}])) == "0x" + "00" * 31 + "01"
    )
    assert run(node.code(chain, contract, first)) == b"\0"
    assert run(node.code(chain, contract, genesis)) == b""


def test_a_revert_is_told_as_a_json_rpc_error_with_its_data(path: Path) -> None:
    with pytest.raises(RpcRefusedError) as caught:
        run(EmbeddedChain(path).request("eth_call", [{"data": "0x63deadbeef60005260046" + "01cfd"}, "latest"]))
    assert caught.value.data == bytes.fromhex("deadbeef")


def test_a_failed_transaction_is_mined_and_said_to_have_failed(path: Path) -> None:
    receipt = run(node.receipt(EmbeddedChain(path), run(send(EmbeddedChain(path), 0, REVERTS))))
    assert not receipt.succeeded


@pytest.mark.parametrize("nonce", [1, 7])
def test_a_transaction_with_a_wrong_nonce_is_refused(path: Path, nonce: int) -> None:
    with pytest.raises(RpcRefusedError, match="nonce"):
        run(send(EmbeddedChain(path), nonce))
    assert run(node.head(EmbeddedChain(path), "latest")).number == 0


@pytest.mark.parametrize("method", ["eth_accounts", "debug_traceCall", ""])
def test_a_method_that_is_not_served_is_refused(path: Path, method: str) -> None:
    with pytest.raises(RpcRefusedError) as caught:
        run(EmbeddedChain(path).request(method, []))
    assert caught.value.params["number"] == -32601


WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_embedded import EmbeddedChain, RpcRefusedError, send, ACCOUNT

async def work():
    chain = EmbeddedChain(Path({path!r}))
    done = 0
    while done < {count}:
        nonce = int(await chain.request("eth_getTransactionCount", [ACCOUNT.address, "latest"]), 16)
        try:
            await send(chain, nonce)
            done += 1
            print(done, flush=True)
        except RpcRefusedError as error:
            assert "nonce" in str(error), error
asyncio.run(work())
"""


def start_writer(path: Path, count: int) -> "subprocess.Popen[str]":
    script = WRITER.format(tests=str(Path(__file__).parent), path=str(path), count=count)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def test_two_processes_write_in_turn_and_lose_nothing(path: Path) -> None:
    writers = [start_writer(path, 15) for _ in range(2)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    assert run(node.head(EmbeddedChain(path), "latest")).number == 30


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.long)])
def test_a_killed_process_leaves_a_chain_that_reopens(path: Path, kills: int) -> None:
    mined = 0
    for round_ in range(kills):
        writer = start_writer(path, 1000)
        assert writer.stdout is not None
        for _ in range(3 + round_ % 5):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        head = run(node.head(EmbeddedChain(path), "latest"))
        assert head.number >= mined + 3 + round_ % 5
        mined = head.number
        run(send(EmbeddedChain(path), mined))
        mined += 1
    for number in range(mined + 1):
        assert run(node.block(EmbeddedChain(path), number)).number == number


def test_a_file_held_by_another_process_gives_a_clear_error(path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ChainFileError) as caught:
        run(send(EmbeddedChain(path, wait_s=0.2), 0))
    assert caught.value.code == "CH123"
    holder.execute("ROLLBACK")
    run(send(EmbeddedChain(path), 0))


def test_a_missing_chain_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ChainFileError) as caught:
        run(EmbeddedChain(tmp_path / "none").request("eth_chainId", []))
    assert caught.value.code == "CH121"
    assert not (tmp_path / "none").exists()


def test_another_database_is_not_taken_for_a_chain(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(ChainFileError) as caught:
        run(EmbeddedChain(path).request("eth_chainId", []))
    assert caught.value.code == "CH122"


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100])
def test_a_file_that_is_no_database_is_a_local_fault(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "chain.sqlite"
    path.write_bytes(damage)
    with pytest.raises(ChainFileError):
        run(EmbeddedChain(path).request("eth_chainId", []))


@pytest.mark.parametrize("position", range(0, 100, 5))
def test_a_damaged_chain_file_is_a_local_fault_or_still_whole(path: Path, position: int) -> None:
    run(send(EmbeddedChain(path), 0))
    before = run(node.head(EmbeddedChain(path), "latest"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    start = len(data) * position // 100
    data[start : start + 64] = bytes(byte ^ 0xFF for byte in data[start : start + 64])
    path.write_bytes(data)
    with contextlib.suppress(ChainFileError):
        assert run(node.head(EmbeddedChain(path), "latest")) == before
        run(send(EmbeddedChain(path), 1))
