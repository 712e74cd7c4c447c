"""No fault of a node, a disk, a pipe or this program is ever told as a verdict about a site.

Whatever breaks, `attest verify`, `attest registry show` and `scripts/verify_site.py` never say MATCH or MISMATCH and
never exit 0 or 1. Each group begins with its negative control: the same calls without the fault.
"""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from attest.chain.rpc import HttpNode
from attest.number import FilingNumber
from attest.registry.reader import RegistryReader
from attest.site.fetch import Fetcher
from attest.site.worker import PageReader
from attest.verify import Verifier
from tests.chain import proxy as faults
from tests.chain.anvil import Anvil
from tests.chain.proxy import Proxy
from tests.cli.command import SCRIPT, Said, attest, audit, process, started
from tests.cli.keeping import Keeping
from tests.cli.sites import ABSENT, GOOD, Sites, page


def shown(home: Path, number: FilingNumber, *more: object) -> Said:
    return attest("registry", "show", number, *more, home=home)


def path_of(number: FilingNumber) -> str:
    return f"/{number.key}"


def verified(home: Path, sites: Sites, number: FilingNumber, *more: object) -> Said:
    """`attest verify` of a page that shows a number on its own host."""
    return attest("verify", *sites.show(path_of(number), page(number), of=number), *more, home=home)


def audited(home: Path, sites: Sites, *more: object) -> Said:
    """The script, over the page of a number in force and the page of one that is not filed."""
    for number in (GOOD, ABSENT):
        sites.show(path_of(number), page(number), of=number)
    path = home / "list.csv"
    path.write_text("".join(f"{sites.url(path_of(number), of=number)}\n" for number in (GOOD, ABSENT)))
    return audit(path, "--concurrency", "1", *sites.way(GOOD, ABSENT), *more, home=home)


def without_fault(home: Path, sites: Sites, *more: object) -> None:
    """The negative control: the calls of `accuses_nobody` do give verdicts."""
    assert [shown(home, number, *more).code for number in (GOOD, ABSENT)] == [0, 1]
    matching, mismatching = (verified(home, sites, number, *more) for number in (GOOD, ABSENT))
    assert (matching.code, mismatching.code) == (0, 1)
    assert matching.out.startswith("MATCH")
    assert mismatching.out.startswith("MISMATCH")
    both = audited(home, sites, *more)
    assert both.code == 1
    assert [line.split("  ")[1] for line in both.out.splitlines()] == ["MATCH", "MISMATCH"]


def accuses_nobody(*all_said: Said, codes: tuple[int, ...] = (2, 3, 4)) -> None:
    for said in all_said:
        assert said.code in codes
        assert "MATCH" not in said.out
        assert "Traceback" not in said.err
        assert said.out or said.err


# --- nodes --------------------------------------------------------------------------------------------------


def test_control_a_node_without_fault_gives_verdicts(away: tuple[Path, Proxy], sites: Sites) -> None:
    without_fault(away[0], sites)


OTHER_HASH = "0x" + "11" * 32
NODE_FAULTS = {
    "busy": ("", faults.status(503)),
    "refuses": ("", faults.status(401)),
    "page": ("", faults.saying(b"<html>login</html>")),
    "empty": ("", faults.saying(b"")),
    "null": ("", faults.lying(lambda _: None)),
    "other id": ("", faults.envelope(lambda true: true | {"id": 0})),
    "error": ("", faults.envelope(lambda true: {"jsonrpc": "2.0", "id": true["id"], "error": {"code": -32000}})),
    "closes": ("", faults.closing),
    "breaks off": ("", faults.breaking),
    "another chain": ("eth_chainId", faults.lying(lambda _: "0x1")),
    "another genesis": ("eth_getBlockByNumber", faults.lying(lambda block: block | {"hash": OTHER_HASH})),
    "no code": ("eth_getCode", faults.lying(lambda _: "0x")),
    "other code": ("eth_getCode", faults.lying(lambda _: "0x6000")),
    "no state": ("eth_call", faults.lying(lambda _: "0x")),
    "half a state": ("eth_call", faults.lying(lambda true: true[:-2])),
    "unknown status": ("eth_call", faults.lying(lambda true: true[:-2] + "ff")),
}


@pytest.mark.parametrize("name", NODE_FAULTS)
def test_a_node_at_fault_accuses_nobody(name: str, away: tuple[Path, Proxy]) -> None:
    home, proxy = away
    method, fault = NODE_FAULTS[name]
    proxy.faults[method] = fault
    accuses_nobody(shown(home, GOOD), shown(home, ABSENT), shown(home, ABSENT, "--json"))
    assert proxy.asked


@pytest.mark.parametrize("name", ["closes", "another chain", "no code", "half a state"])
def test_verifying_over_a_node_at_fault_accuses_nobody(name: str, away: tuple[Path, Proxy], sites: Sites) -> None:
    home, proxy = away
    method, fault = NODE_FAULTS[name]
    proxy.faults[method] = fault
    accuses_nobody(verified(home, sites, ABSENT, "--strict"), audited(home, sites), codes=(3,))


def test_a_node_without_the_events_confirms_nothing_and_accuses_nobody(away: tuple[Path, Proxy], sites: Sites) -> None:
    home, proxy = away
    proxy.faults["eth_getLogs"] = faults.lying(lambda _: [])
    accuses_nobody(shown(home, GOOD), verified(home, sites, GOOD), codes=(3,))


# --- settings that lead elsewhere ---------------------------------------------------------------------------


def _closed(_: Anvil) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return {"rpc": f'"http://127.0.0.1:{probe.getsockname()[1]}"'}


def _other_contract(anvil: Anvil) -> dict[str, str]:
    address = "0x" + "c0de" * 10

    async def put() -> None:
        async with HttpNode(anvil.url) as node:
            await node.request("anvil_setCode", [address, "0x600160005260206000f3"])  # returns 1 to every call

    asyncio.run(put())
    return {"address": f'"{address}"'}


SETTINGS = {
    "a closed port": _closed,
    "another chain id": lambda _: {"chain_id": "1"},
    "another genesis": lambda _: {"genesis": f'"{OTHER_HASH}"'},
    "an empty address": lambda _: {"address": f'"0x{"e0" * 20}"'},
    "another contract": _other_contract,
    "a finality that the node has not": lambda _: {"finality": '"9999 confirmations"'},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_lead_elsewhere_accuse_nobody(
    name: str, kept: Keeping, anvil: Anvil, tmp_path: Path, sites: Sites
) -> None:
    import tomlkit

    document: Any = tomlkit.parse((kept.home / "attest.toml").read_text())
    for field, value in SETTINGS[name](anvil).items():
        table = document["registries"]["local"] if field == "address" else document["networks"]["ours"]
        table[field] = tomlkit.value(value)
    (tmp_path / "attest.toml").write_text(tomlkit.dumps(document))
    accuses_nobody(shown(tmp_path, GOOD), shown(tmp_path, ABSENT), audited(tmp_path, sites))


@pytest.mark.parametrize("left", [None, b"", b"not a chain", bytes(4096)])
def test_a_chain_file_that_is_missing_or_damaged_accuses_nobody(left: bytes | None, home: Path) -> None:
    (home / "chain.sqlite").unlink()
    if left is not None:
        (home / "chain.sqlite").write_bytes(left)
    accuses_nobody(*(shown(home, number, "--registry", "ruling") for number in (GOOD, ABSENT)), codes=(4,))


def test_verifying_without_the_chain_file_accuses_nobody(home: Path, sites: Sites) -> None:
    (home / "chain.sqlite").unlink()
    accuses_nobody(audited(home, sites, "--registry", "ruling"), codes=(3,))


# --- faults of this program ---------------------------------------------------------------------------------


def test_control_a_program_without_fault_gives_verdicts(home: Path, sites: Sites) -> None:
    without_fault(home, sites, "--registry", "ruling")


@pytest.mark.parametrize(
    "bug",
    [ZeroDivisionError("a bug"), KeyError(1), MemoryError(), RecursionError(), OSError(5, "Input/output error"),
     asyncio.CancelledError(), SystemExit(1), SystemExit("a word"), UnicodeError()],
    ids=repr,
)  # fmt: skip
def test_an_exception_in_the_reader_accuses_nobody(
    bug: BaseException, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(bug, monkeypatch)
    accuses_nobody(*(shown(home, number, "--registry", "ruling") for number in (GOOD, ABSENT)), codes=(4,))


@pytest.mark.parametrize(("bug", "code"), [(KeyError(1), 3), (SystemExit(1), 4)], ids=repr)
def test_an_exception_in_the_reader_of_a_list_accuses_nobody(
    bug: BaseException, code: int, home: Path, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(bug, monkeypatch)
    accuses_nobody(audited(home, sites, "--registry", "ruling"), codes=(code,))


def raising(bug: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever asks a registry raise."""

    async def broken(*_: object) -> None:
        raise bug

    monkeypatch.setattr(RegistryReader, "pin", broken)


@pytest.mark.parametrize(
    ("owner", "name"), [(Fetcher, "fetch"), (PageReader, "read"), (Verifier, "examine"), (RegistryReader, "look_up")]
)
def test_an_exception_anywhere_on_the_way_is_told_and_accuses_nobody(
    owner: type, name: str, home: Path, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(owner, name, broken)
    one, all_lines = verified(home, sites, GOOD), audited(home, sites)
    accuses_nobody(one, codes=(4,))
    assert "[IN199]" in one.err
    assert "ZeroDivisionError" in one.err
    accuses_nobody(all_lines, codes=(3,))
    assert len(all_lines.out.splitlines()) == 2


def test_an_interrupt_is_130_and_no_verdict(home: Path, sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    for said in (shown(home, GOOD), verified(home, sites, GOOD), audited(home, sites)):
        assert (said.code, "MATCH" in said.out, "Traceback" in said.err) == (130, False, False)


def test_a_real_interrupt_is_130_and_no_verdict(home: Path, sites: Sites) -> None:
    running = started("verify", sites.hold("/interrupt"), *sites.way(GOOD), home=home)
    while not any(asked.endswith("/interrupt") for asked in sites.asked):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err


# --- output that cannot be written --------------------------------------------------------------------------


def test_a_full_disk_is_a_local_fault(home: Path, sites: Sites) -> None:
    words = sites.show("/good", page(GOOD))
    with Path("/dev/full").open("wb") as full:
        for command in (("registry", "show", GOOD), ("verify", *words, "--json")):
            with started(*command, home=home, stdout=full) as running:
                _, err = running.communicate(timeout=60)
            assert running.returncode == 4
            assert err.startswith(b"attest: [IN110] A file could not be used: No space left on device")
            assert b"Traceback" not in err
            assert b"Exception ignored" not in err


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_full_disk_under_an_output_file_is_a_local_fault(option: str, home: Path, sites: Sites) -> None:
    words = sites.show("/good", page(GOOD))
    accuses_nobody(audit(*words, option, "/dev/full", home=home), codes=(4,))
    assert audit(*words, option, "/dev/null", home=home).code == 0


def test_a_closed_pipe_is_a_local_fault(home: Path, sites: Sites) -> None:
    words = sites.show("/bad", page(ABSENT), of=ABSENT)
    for command in (("registry", "show", ABSENT, "--registry", "ruling"), (SCRIPT, *words)):
        reading, writing = os.pipe()
        os.close(reading)
        with started(*command, home=home, stdout=writing) as running:
            os.close(writing)
            _, err = running.communicate(timeout=60)
        assert (running.returncode, err) == (4, b"")


def test_closed_standard_streams_change_no_exit_code(home: Path) -> None:
    def close() -> None:
        os.close(1)
        os.close(2)

    words = ("registry", "show", ABSENT, "--registry", "ruling")
    assert process(*words, home=home, stdout=None, stderr=None, first=close).code == 1
