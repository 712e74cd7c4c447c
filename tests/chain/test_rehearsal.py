"""A fork and what is rehearsed on it: as the network would answer, without a trace on it, and gone afterwards."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from attest.chain import fork, node
from attest.chain.fork import Fork, Programs, find_programs, forked
from attest.chain.rpc import HttpNode
from attest.errors import AttestError, FeeCapError, InputError, ProgramError, RegistryRefusedError
from attest.ports import Status, TrustEntry
from attest.registry.rehearsal import Rehearsal, rehearse
from attest.registry.sender import recommended_tip
from attest.settings import Registry
from tests.chain.anvil import Anvil, rich_account
from tests.chain.grounds import Ground
from tests.conftest import Kept, fictional, record_of

ROOT = Path(__file__).parents[2]
ENDS_S = 20.0


async def everything(kept: Kept) -> list[Any]:
    """What would differ on the network after anything had been sent to it."""
    latest = await node.head(kept.node, "latest")
    address = kept.signer.address
    counted = [await kept.node.request("eth_getTransactionCount", [address, where]) for where in ("latest", "pending")]
    balance = await kept.node.request("eth_getBalance", [address, "latest"])
    waiting = await kept.node.request("txpool_status", [])
    return [latest, await kept.reader.head(latest), counted, balance, waiting]


async def rehearsed(
    kept: Kept, anvil: Anvil, running: Fork, records: Any, *, account: str = "", **network: Any
) -> Rehearsal:
    """The records rehearsed on a running fork, after a look that the network shows no trace of it."""
    before = await everything(kept)
    try:
        return await rehearse(
            records,
            account or kept.signer.address,
            running,
            kept.node,
            network=anvil.network().model_copy(update=network),
            registry=Registry(network="anvil", address=kept.address),
            trust=TrustEntry("test", "-", "self-declared"),
        )
    finally:
        assert await everything(kept) == before


def members(group: int) -> list[int]:
    """The living processes of a process group: a `node` may be a script that starts the real one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def gone(group: int, *, within_s: float = ENDS_S) -> bool:
    """Whether all of a process group end within the time allowed."""
    until = time.monotonic() + within_s
    while members(group) and time.monotonic() < until:
        time.sleep(0.02)
    return not members(group)


def listening(group: int) -> Iterator[str]:
    """Local addresses, as the kernel writes them, of the sockets on which a process group takes connections."""
    opened = [path for pid in members(group) for path in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = {path.readlink().name for path in opened if path.is_symlink()}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                yield fields[1].partition(":")[0]


def shown(group: int) -> bytes:
    """Command lines and environments of a process group, as other programs see them."""
    return b"".join(
        Path(f"/proc/{pid}/{name}").read_bytes() for pid in members(group) for name in ("cmdline", "environ")
    )


def test_a_batch_costs_on_the_fork_what_it_then_costs_on_the_network(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        records = [record_of(fictional(serial)) for serial in range(300)]
        async with forked(kept.node, anvil.url) as running:
            done = await rehearsed(kept, anvil, running, records)
        assert list(done.filings) == [256, 44]
        receipts = await kept.writer.register(records)
        assert [sent.receipt.gas_used for sent in done.sent] == [receipt.gas_used for receipt in receipts]
        tip = await recommended_tip(kept.node)
        for sent, receipt in zip(done.sent, receipts, strict=True):
            found = await kept.node.request("eth_getTransactionReceipt", [receipt.transaction])
            assert sent.tip == tip
            assert sent.fee == int(found["gasUsed"], 16) * int(found["effectiveGasPrice"], 16)
        at = await node.head(kept.node, "latest")
        entries = await kept.reader.entries([record.filing_number for record in records], at)
        assert {number: lookup.entry for number, lookup in done.answer.lookups.items()} == entries

    on_anvil.run(work)


def test_what_is_registered_already_is_left_alone_as_the_real_command_does(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        old, new = record_of(fictional(1)), record_of(fictional(2))
        await kept.writer.register([old])
        async with forked(kept.node, anvil.url) as running:
            done = await rehearsed(kept, anvil, running, [old, new])
            assert (done.registered_already, list(done.filings)) == (1, [1])
            again = await rehearsed(kept, anvil, running, [old, new])
            assert (again.registered_already, again.cost) == (2, 0)
        assert {lookup.entry.status for lookup in done.answer.lookups.values()} == {Status.ACTIVE}

    on_anvil.run(work)


def test_what_the_network_would_refuse_is_refused_on_the_fork(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        stranger = (await rich_account(kept.node)).address
        await kept.writer.register([record_of(fictional(1))])
        twice, other, new = record_of(fictional(2)), record_of(fictional(1)), [record_of(fictional(3))]
        async with forked(kept.node, anvil.url) as running:

            async def refusal(records: Any, **more: Any) -> AttestError:
                with pytest.raises(AttestError) as caught:
                    await rehearsed(kept, anvil, running, records, **more)
                return caught.value

            no_role = await refusal(new, account=stranger)
            assert (type(no_role), no_role.code) == (RegistryRefusedError, "RG146")
            repeated = await refusal([twice, twice])
            assert (type(repeated), repeated.code) == (InputError, "RG110")
            taken = await refusal([other])
            assert (type(taken), taken.code) == (InputError, "RG111")
            dear = await refusal(new, fee_cap=Decimal("0.000001"))
            assert (type(dear), dear.code) == (FeeCapError, "JR120")
            assert (await rehearsed(kept, anvil, running, new)).cost > 0

    on_anvil.run(work)


def test_an_account_without_money_learns_what_it_lacks(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        await kept.node.request("anvil_setBalance", [kept.signer.address, hex(7)])
        async with forked(kept.node, anvil.url) as running:
            done = await rehearsed(kept, anvil, running, [record_of(fictional(1))])
        assert done.balance == 7 < done.cost

    on_anvil.run(work)


def test_a_fork_has_the_chains_own_id_and_blocks_and_its_gas_limit(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        async with forked(kept.node, anvil.url) as running:
            assert await node.chain_id(running.node) == anvil.chain_id
            for number in (0, running.at.number):
                assert await node.block(running.node, number) == await node.block(kept.node, number)
            await running.node.request("hardhat_mine", [])
            blocks = [
                await asked.request("eth_getBlockByNumber", ["latest", False]) for asked in (kept.node, running.node)
            ]
            assert blocks[0]["gasLimit"] == blocks[1]["gasLimit"]

    on_anvil.run(work)


def test_a_fork_listens_on_loopback_only_and_hides_the_nodes_address(on_anvil: Ground, anvil: Anvil) -> None:
    async def work(kept: Kept) -> None:
        async with forked(kept.node, anvil.url) as running:
            assert set(listening(running.pid)) == {"0100007F"}
            assert b"fork.config.js" in shown(running.pid)
            assert anvil.url.encode() not in shown(running.pid)

    on_anvil.run(work)


@pytest.mark.parametrize("way", ["done", "raised", "cancelled"])
def test_a_fork_ends_with_its_block_however_that_ends(on_anvil: Ground, anvil: Anvil, way: str) -> None:
    started: list[int] = []

    async def use(kept: Kept) -> None:
        async with forked(kept.node, anvil.url) as running:
            started.append(running.pid)
            if way == "raised":
                raise InputError("IN109", path="-")
            if way == "cancelled":
                await asyncio.sleep(60)

    async def work(kept: Kept) -> None:
        task = asyncio.create_task(use(kept))
        while not started:
            await asyncio.sleep(0.05)
        if way == "cancelled":
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert gone(started[0])

    on_anvil.run(work)


ORPHAN = """
import asyncio, sys
from attest.chain.fork import forked
from attest.chain.rpc import HttpNode

async def main():
    async with HttpNode(sys.argv[1]) as upstream, forked(upstream, sys.argv[1]) as running:
        print(running.pid, flush=True)
        await asyncio.sleep(100)

asyncio.run(main())
"""


def orphaned(anvil: Anvil, folder: Path, **environment: str) -> int:
    """The process group of a fork whose parent was killed; `folder` is where it puts its files."""
    command = [sys.executable, "-c", ORPHAN, anvil.url]
    variables = {**os.environ, "TMPDIR": str(folder), **environment}
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert members(child)
        assert list(folder.iterdir())
        parent.send_signal(signal.SIGKILL)
    return child


def test_a_fork_ends_when_the_process_that_started_it_is_killed(anvil: Anvil, tmp_path: Path) -> None:
    assert gone(orphaned(anvil, tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_fork_that_does_not_watch_its_standard_input_would_stay(anvil: Anvil, tmp_path: Path) -> None:
    real, broken = find_programs().folder, tmp_path / "broken"
    broken.mkdir()
    config = (real / "fork.config.js").read_text()
    assert '.once("close"' in config
    (broken / "fork.config.js").write_text(config.replace('.once("close"', '.once("never"'))
    (broken / "package.json").write_text('{"type": "module"}')
    (broken / "node_modules").symlink_to(real / "node_modules")
    child = orphaned(anvil, tmp_path, **{fork.FOLDER_VARIABLE: str(broken)})
    try:
        assert not gone(child, within_s=1.0)
    finally:
        os.killpg(child, signal.SIGKILL)


def refused_to_start(anvil: Anvil, programs: Programs, start_s: float) -> ProgramError:
    async def work() -> None:
        async with (
            HttpNode(anvil.url) as upstream,
            forked(upstream, anvil.url, programs=programs, start_s=start_s),
        ):
            raise AssertionError("it started")

    with pytest.raises(ProgramError) as caught:
        asyncio.run(work())
    return caught.value


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 3", "it said nothing"),
        ("echo needs a newer one >&2; exit 1", "'needs a newer one'"),
        ("echo no answer from https://rpc.example/secret-token: 503", "'no answer from (address) 503'"),
        ("printf '\\033[31mred\\033[0m\\n'", "'red'"),
        ("while :; do sleep 0.1; done", "not ready after 0.5 s"),
    ],
)
def test_a_program_that_does_not_become_a_fork_is_told_and_ended(
    anvil: Anvil, tmp_path: Path, text: str, why: str
) -> None:
    pid = tmp_path / "pid"
    programs = Programs(script(tmp_path / "node", f"echo $$ > {pid}\n{text}"), find_programs().folder)
    error = refused_to_start(anvil, programs, start_s=0.5 if "while" in text else fork.START_S)
    assert (error.code, error.params["why"]) == ("RH103", why)
    assert gone(int(pid.read_text()))


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(fork.FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ProgramError) as caught:
        find_programs()
    assert (caught.value.code, caught.value.params["path"]) == ("RH101", tmp_path / "fork.config.js")
    monkeypatch.delenv(fork.FOLDER_VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ProgramError) as caught:
        find_programs()
    assert caught.value.code == "RH102"
