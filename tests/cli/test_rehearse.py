"""`attest registry rehearse`: what a batch would do to a network, told without touching it."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chain.anvil import Anvil
from tests.cli.command import attest, started
from tests.cli.conftest import document
from tests.cli.keeping import Keeping, on_anvil
from tests.cli.sites import CANCELLED, GOOD, LISTED

ENDS_S = 30.0


@pytest.fixture
def keeping(anvil: Anvil, tmp_path: Path) -> Keeping:
    """A registry on a node, nothing in it."""
    made = on_anvil(anvil, tmp_path)
    assert made.init().code == 0
    return made


def batch(keeping: Keeping, *numbers: object) -> Path:
    return keeping.file("batch.json", json.dumps([document(number) for number in numbers]))


def test_a_rehearsal_tells_what_registering_then_does(keeping: Keeping) -> None:
    files = batch(keeping, GOOD, LISTED)
    told = keeping.read("rehearse", files, "--network", "ours", "--keystore", keeping.keystore, "--json")
    assert (told.code, told.err) == (0, "")
    assert told.json["schema"] == "registry-rehearsal/1"
    assert (told.json["registry"], told.json["network"], told.json["account"]) == (
        "local",
        "ours",
        keeping.address,
    )
    (sent,) = told.json["transactions"]
    assert sent["filings"] == 2
    assert int(sent["fee_wei"]) == sent["gas"] * (int(sent["base_fee_wei"]) + int(sent["tip_wei"]))
    assert told.json["cost_wei"] == sent["fee_wei"]
    assert int(told.json["balance_wei"]) > int(told.json["cost_wei"])

    assert keeping.read("show", GOOD).code == 3
    done = keeping.write("register", files, "--json").json
    assert [(entry["number"], entry["digest"]) for entry in told.json["entries"]] == [
        (filing["number"], filing["digest"]) for filing in done["filings"]
    ]
    for entry in told.json["entries"]:
        shown = keeping.read("show", entry["number"], "--json").json
        assert (shown["status"], shown["digest"], shown["changed_at"]) == (
            entry["status"],
            entry["digest"],
            entry["block"],
        )


def test_the_key_is_not_opened_and_nothing_is_journalled(keeping: Keeping) -> None:
    before = {path.name: path.read_bytes() for path in keeping.home.iterdir() if path.name != "batch.json"}
    assert keeping.keystore is not None
    sealed = json.loads(keeping.keystore.read_text())
    sealed["crypto"]["ciphertext"] = "00" * 32  # no passphrase opens this
    before[keeping.keystore.name] = json.dumps(sealed).encode()
    keeping.keystore.write_bytes(before[keeping.keystore.name])
    said = keeping.read("rehearse", batch(keeping, GOOD), "--keystore", keeping.keystore)
    assert said.code == 0
    after = {path.name: path.read_bytes() for path in keeping.home.iterdir() if path.name != "batch.json"}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"nonce.key"}


def test_people_are_told_in_their_language_that_nothing_was_sent(keeping: Keeping) -> None:
    files = batch(keeping, GOOD)
    english = keeping.read("rehearse", files, "--account", keeping.address)
    assert english.code == 0
    assert english.out.startswith("Rehearsal on a fork of ours at block ")
    assert "Nothing was sent to ours." in english.out
    assert "active" in english.out
    chinese = keeping.read("rehearse", files, "--account", keeping.address, lang="zh-CN")
    for word in ("未向 ours 发送任何内容", "有效", "基础费", "余额"):
        assert word in chinese.out
    assert "active" not in chinese.out


def test_a_batch_that_would_be_refused_is_refused_alike(keeping: Keeping) -> None:
    assert keeping.write("register", batch(keeping, GOOD)).code == 0
    other = keeping.file("other.json", json.dumps(document(GOOD) | {"filed_on": "2020-01-01"}))
    stranger = "0x" + "11" * 20
    for arguments in ((other, "--account", keeping.address), (batch(keeping, LISTED), "--account", stranger)):
        rehearsed = keeping.read("rehearse", *arguments)
        assert (rehearsed.code, rehearsed.out) == (2, "")
        assert ("[RG111]" in rehearsed.err) or ("[RG146]" in rehearsed.err)
    real = keeping.write("register", other)
    assert real.err == keeping.read("rehearse", other, "--account", keeping.address).err


def test_what_is_registered_already_is_counted(keeping: Keeping) -> None:
    assert keeping.write("register", batch(keeping, GOOD)).code == 0
    said = keeping.read("rehearse", batch(keeping, GOOD, CANCELLED), "--account", keeping.address)
    assert said.code == 0
    assert "left alone: 1 of the filings" in said.err


def test_an_account_that_could_not_pay_is_told_so(anvil: Anvil, keeping: Keeping, tmp_path: Path) -> None:
    poor = "0x" + "22" * 20
    assert keeping.write("role", "grant", "REGISTRAR", poor).code == 0
    said = keeping.read("rehearse", batch(keeping, GOOD), "--account", poor)
    assert said.code == 0
    assert "could not pay for it: it holds 0, the batch takes 0.000" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--network", "embedded"), "RH104", 2),
        (("--network", "other"), "RH106", 2),
        (("--network", "nowhere"), "SE102", 2),
        (("--registry", "nothing"), "SE105", 2),
        (("--network", "other", "--registry", "local"), "RH105", 2),
        (("--registry", "mine"), "RH104", 2),
        ((), "RH107", 2),
        (("--account", "0x12"), "IN105", 2),
        (("--keystore", "/nonexistent"), "KE101", 2),
    ],
)
def test_what_cannot_be_rehearsed_is_said_before_anything_starts(
    keeping: Keeping, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    settings = keeping.home / "attest.toml"
    more = f'[networks.other]\nrpc = "http://127.0.0.1:9"\nchain_id = 7\n[registries.mine]\nnetwork = "embedded"\naddress = "0x{"11" * 20}"\n'  # noqa: E501
    settings.write_text(settings.read_text() + more)
    said = keeping.read("rehearse", batch(keeping, GOOD), *arguments)
    assert (said.code, said.out) == (exit_code, "")
    assert said.err.startswith(f"attest: [{code}] ")


def test_a_file_that_cannot_be_used_is_told_with_its_line(keeping: Keeping) -> None:
    bad = keeping.file("bad.json", json.dumps([document(GOOD), {"number": "京网信备1号"}]))
    said = keeping.read("rehearse", bad, "--account", keeping.address)
    assert (said.code, said.out) == (2, "")
    assert "[IN104]" in said.err
    assert "Record 2" in said.err


def test_a_node_that_is_away_is_no_local_fault(keeping: Keeping) -> None:
    settings = keeping.home / "attest.toml"
    settings.write_text(settings.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:9/"))
    said = keeping.read("rehearse", batch(keeping, GOOD), "--account", keeping.address)
    assert (said.code, "[CH101]" in said.err) == (3, True)


def test_another_node_of_the_network_is_asked_where_one_is_away(keeping: Keeping) -> None:
    settings = keeping.home / "attest.toml"
    text = settings.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("rpc = ")]
    settings.write_text(text.replace(line, f'rpc = ["http://127.0.0.1:9/", {line.removeprefix("rpc = ")}]'))
    said = keeping.read("rehearse", batch(keeping, GOOD), "--account", keeping.address)
    assert (said.code, said.err) == (0, "")


def test_without_hardhat_it_says_what_to_install(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_HARDHAT", str(keeping.home))
    said = keeping.read("rehearse", batch(keeping, GOOD), "--account", keeping.address)
    assert (said.code, said.out) == (4, "")
    assert "[RH101]" in said.err
    assert "npm ci" in said.err
    assert "ATTEST_HARDHAT" in said.err


def test_of_several_nodes_the_first_is_forked(anvil: Anvil, keeping: Keeping) -> None:
    settings = keeping.home / "attest.toml"
    several = f'rpc = ["{anvil.url}", "http://127.0.0.1:9"]'
    settings.write_text(settings.read_text().replace(f'rpc = "{anvil.url}"', several))
    assert keeping.read("rehearse", batch(keeping, GOOD), "--account", keeping.address).code == 0


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pids: list[int]) -> Iterator[int]:
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            yield pid


@pytest.mark.sampled
@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_rehearsal_leaves_no_fork_behind(keeping: Keeping, end: signal.Signals, code: int) -> None:
    words: list[Any] = ["registry", "rehearse", batch(keeping, GOOD), "--account", keeping.address]
    with started(*words, home=keeping.home, env={"TMPDIR": str(keeping.home)}) as running:
        until = time.monotonic() + ENDS_S
        forks: list[int] = []
        while not forks and time.monotonic() < until and running.poll() is None:
            forks = children(running.pid)
        forks += [grandchild for fork in forks for grandchild in children(fork)]
        assert forks
        running.send_signal(end)
        running.communicate(timeout=ENDS_S)
    assert running.returncode == code
    until = time.monotonic() + ENDS_S
    while list(alive(forks)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not list(alive(forks))


def test_the_embedded_chain_is_dry_run_instead(home: Path) -> None:
    record = home / "r.json"
    record.write_text(json.dumps(document(LISTED)), encoding="utf-8")
    said = attest("registry", "rehearse", record, "--registry", "local", home=home)
    assert (said.code, said.out) == (2, "")
    assert "register FILE --dry-run" in said.err
