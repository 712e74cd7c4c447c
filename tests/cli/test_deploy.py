"""`attest registry init` and `add`, and `scripts/deploy.py`: a registry comes into the settings, once."""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import rlp
from eth_hash.auto import keccak

from attest.chain import node
from attest.chain.rpc import HttpNode
from attest.errors import RpcRefusedError, WrongChainError
from attest.registry.birth import saw_birth
from tests.chain.anvil import Anvil
from tests.cli.command import ROOT, Said, _here, attest, script
from tests.cli.conftest import document
from tests.cli.keeping import PASSPHRASE, Keeping, on_anvil, piped
from tests.cli.sites import GOOD

STRANGER: Final = "0x" + "22" * 20


SCRIPT: Final = script("deploy")


@pytest.fixture
def keeping(anvil: Anvil, tmp_path: Path) -> Keeping:
    """A home that knows a node, and an account with money."""
    return on_anvil(anvil, tmp_path / "home")


@pytest.fixture
def bare(anvil: Anvil, tmp_path: Path) -> Keeping:
    """The same account, in a home that knows no network."""
    made = on_anvil(anvil, tmp_path / "bare")
    (made.home / "attest.toml").unlink()
    return made


def deploy(keeping: Keeping, *arguments: object) -> Said:
    """`scripts/deploy.py`, signed with the keystore unless `--dry-run`."""
    with piped(PASSPHRASE) as descriptor:
        words = [*arguments, "--keystore", keeping.keystore, "--passphrase-fd", descriptor]
        return _here(lambda: SCRIPT.run([str(word) for word in words]), keeping.home, "en", b"")


def settings(keeping: Keeping) -> Any:
    return tomllib.loads((keeping.home / "attest.toml").read_text())


def sent(keeping: Keeping, anvil: Anvil) -> int:
    """Transactions that the account has sent."""

    async def work() -> int:
        async with HttpNode(anvil.url) as asked:
            return int(await asked.request("eth_getTransactionCount", [keeping.address, "latest"]), 16)

    return asyncio.run(work())


# --- init ---------------------------------------------------------------------------------------------------


def test_init_writes_what_was_checked_into_the_settings(anvil: Anvil, keeping: Keeping) -> None:
    made = keeping.write("init", "--network", "ours", "--operator", "我们", "--authority", "mirror", "--json").json
    written = settings(keeping)
    assert written["registries"]["local"] == {
        "network": "ours", "address": made["address"], "operator": "我们", "authority": "mirror",
        "deployed_at": made["block"],
    }  # fmt: skip
    assert written["networks"]["ours"]["genesis"] == anvil.genesis == made["genesis"]
    assert (keeping.read("show", GOOD).code, made["adopted"]) == (3, False)


def test_a_registry_whose_deployment_the_settings_misname_is_not_believed(keeping: Keeping) -> None:
    block = keeping.write("init", "--network", "ours", "--json").json["block"]
    file = keeping.home / "attest.toml"
    file.write_text(file.read_text().replace(f"deployed_at = {block}", f"deployed_at = {block + 1}"))
    said = keeping.read("show", GOOD)
    assert (said.code, "[CH113]" in said.err) == (3, True)


def test_a_dry_run_of_init_tells_the_cost_and_sends_and_writes_nothing(anvil: Anvil, keeping: Keeping) -> None:
    before = (keeping.home / "attest.toml").read_bytes()
    arguments = ("init", "--network", "ours", "--keystore", keeping.keystore, "--dry-run")
    said = keeping.read(*arguments, "--json")
    assert (said.code, said.json["schema"], said.json["change"]) == (0, "registry-dry-run/1", "init")
    assert 2_000_000 < said.json["gas"][0] < 2_700_000
    assert int(said.json["most_wei"]) >= int(said.json["cost_wei"]) > 0
    assert "Nothing was sent" in keeping.read(*arguments).out
    assert sent(keeping, anvil) == 0
    assert (keeping.home / "attest.toml").read_bytes() == before


def test_a_network_may_be_described_in_the_working_folder_alone(keeping: Keeping, tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    (keeping.home / "attest.toml").rename(here / "attest.toml")
    assert keeping.keystore
    for command in (("init", "--network", "ours"), ("role", "grant", "REGISTRAR", keeping.address)):
        with piped(PASSPHRASE) as descriptor:
            keys = ("--keystore", keeping.keystore, "--passphrase-fd", descriptor)
            assert attest("--home", home, "registry", *command, *keys, home=here).code == 0


KILLED = """
import os, signal
from attest.cli import run
from attest.cli.registry import creation, remembering
creation.remember = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
run()
"""


def killed_before_it_is_written_down(keeping: Keeping) -> None:
    """Run init until the registry is on chain and the settings should be written; die there."""
    before = (keeping.home / "attest.toml").read_bytes()
    with piped(PASSPHRASE) as descriptor:
        words = ["registry", "init", "--network", "ours", "--keystore", keeping.keystore, "--passphrase-fd", descriptor]
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *map(str, words)],
            env={**os.environ, "ATTEST_HOME": str(keeping.home), "PYTHONPATH": str(ROOT)},
            cwd=keeping.home,
            pass_fds=[descriptor],
            timeout=100,
            check=False,
        )
    assert done.returncode == -9
    assert (keeping.home / "attest.toml").read_bytes() == before


def test_an_init_killed_before_the_settings_were_written_creates_nothing_again(anvil: Anvil, keeping: Keeping) -> None:
    killed_before_it_is_written_down(keeping)
    assert sent(keeping, anvil) == 1
    again = keeping.write("init", "--network", "ours")
    assert (again.code, "An earlier run had created the registry local" in again.err) == (0, True)
    assert sent(keeping, anvil) == 1
    record = keeping.file("r.json", json.dumps(document(GOOD)))
    assert keeping.write("role", "grant", "registrar", keeping.address).code == 0
    assert keeping.write("register", record).code == 0


def test_without_the_journal_it_would_be_created_twice(anvil: Anvil, keeping: Keeping) -> None:
    killed_before_it_is_written_down(keeping)
    for path in keeping.home.glob("journal.sqlite*"):
        path.unlink()
    assert keeping.write("init", "--network", "ours").code == 0
    assert sent(keeping, anvil) == 2


def test_an_interrupted_init_is_not_taken_for_one_of_another_name_or_account(
    anvil: Anvil, keeping: Keeping, tmp_path: Path
) -> None:
    killed_before_it_is_written_down(keeping)
    assert keeping.write("init", "--network", "ours", "--name", "other", "--json").json["adopted"] is False
    stranger = on_anvil(anvil, tmp_path / "stranger")
    with piped(PASSPHRASE) as descriptor:
        keys = ("--keystore", stranger.keystore, "--passphrase-fd", descriptor)
        assert keeping.read("init", "--network", "ours", *keys, "--json").json["adopted"] is False


def test_a_registry_the_settings_know_under_another_name_is_not_taken_again(anvil: Anvil, keeping: Keeping) -> None:
    first = keeping.write("init", "--network", "ours", "--json").json
    file = keeping.home / "attest.toml"
    file.write_text(file.read_text().replace("registries.local", "registries.renamed"))
    second = keeping.write("init", "--network", "ours", "--json").json
    assert second["address"] != first["address"]


def test_a_registry_of_the_same_address_on_another_network_is_not_taken_for_this_one(
    anvil: Anvil, keeping: Keeping
) -> None:
    killed_before_it_is_written_down(keeping)
    address = "0x" + keccak(rlp.encode([bytes.fromhex(keeping.address[2:]), 0]))[-20:].hex()
    with (keeping.home / "attest.toml").open("a") as file:
        file.write(f'[registries.elsewhere]\nnetwork = "embedded"\naddress = "{address}"\n')
    assert keeping.write("init", "--network", "ours", "--json").json["adopted"] is True
    assert sent(keeping, anvil) == 1


def test_two_commands_that_write_the_settings_lose_neither_entry(anvil: Anvil, keeping: Keeping) -> None:
    address = keeping.write("init", "--network", "ours", "--json").json["address"]
    program = [sys.executable, "-c", "from attest.cli import run; run()", "registry", "add"]
    environment = {**os.environ, "ATTEST_HOME": str(keeping.home), "PYTHONPATH": str(ROOT)}
    names = [f"copy{place}" for place in range(3)]
    started = [
        subprocess.Popen(
            [*program, name, "--network", "ours", "--address", address],
            env=environment,
            cwd=keeping.home,
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [process.wait(timeout=100) for process in started] == [0] * 3
    assert set(settings(keeping)["registries"]) == {"local", *names}


UNFIT: Final = {
    "dotted keys": 'networks.ours.rpc = "{url}"\nnetworks.ours.chain_id = {id}\nnetworks.far.chain_id = 5\n',
    "an inline table": 'networks = {{ ours = {{ rpc = "{url}", chain_id = {id} }} }}\nregistries = {{}}\n',
}
"""Settings that a table cannot be added to; the TOML library breaks the first, and refuses the second."""


@pytest.mark.parametrize("form", UNFIT)
def test_settings_that_cannot_be_added_to_are_told_before_anything_is_sent(
    anvil: Anvil, keeping: Keeping, form: str
) -> None:
    file = keeping.home / "attest.toml"
    file.write_text(UNFIT[form].format(url=anvil.url, id=anvil.chain_id))
    before = file.read_bytes()
    script = ("--rpc", anvil.url, "--name", "local", "--network", "new", "--json")
    for said in (
        keeping.write("init"),
        keeping.read("init", "--dry-run"),
        keeping.read("add", "local", "--network", "embedded", "--address", STRANGER),
        deploy(keeping, *script),
    ):
        assert (said.code, said.out) == (2, "")
        assert "[SE113]" in said.err
        assert "[registries.local]\n" in said.err
        assert anvil.url not in said.err
    assert sent(keeping, anvil) == 0
    assert file.read_bytes() == before
    assert not (keeping.home / "chain.sqlite").exists()
    if form == "an inline table":
        assert "[SE113]" in keeping.write("init", "--network", "ours").err
        assert sent(keeping, anvil) == 0
    printed = deploy(keeping, *script, "--print")
    assert (printed.code, set(tomllib.loads(printed.out))) == (0, {"networks", "registries"})


# --- add ----------------------------------------------------------------------------------------------------


def test_an_auditor_adds_somebody_elses_registry_without_a_key(keeping: Keeping, anvil: Anvil, tmp_path: Path) -> None:
    made = keeping.init("--json").json
    assert keeping.write("register", keeping.file("r.json", json.dumps(document(GOOD)))).code == 0
    auditor = on_anvil(anvil, tmp_path / "auditor")
    trust = ("--operator", "the authority", "--authority", "authoritative")
    added = auditor.read("add", "theirs", "--network", "ours", "--address", made["address"].lower(), *trust, "--json")
    assert (added.code, added.json["schema"]) == (0, "registry-add/1")
    assert (added.json["called"], added.json["admin"], added.json["filings"]) == ("local", keeping.address, 1)
    assert added.json["birth_seen"] is True
    assert settings(auditor)["registries"]["theirs"] == {
        "network": "ours", "address": made["address"], "operator": "the authority", "authority": "authoritative",
        "deployed_at": made["block"],
    }  # fmt: skip
    shown = auditor.read("show", GOOD)
    assert shown.code == 0
    assert "run by the authority" in shown.out
    assert sent(auditor, anvil) == 0


def test_what_is_no_registry_is_not_added(anvil: Anvil, keeping: Keeping) -> None:
    before = (keeping.home / "attest.toml").read_bytes()
    said = keeping.read("add", "theirs", "--network", "ours", "--address", STRANGER)
    assert (said.code, "[CH112]" in said.err) == (3, True)
    for arguments, code in (
        (("theirs", "--network", "nowhere", "--address", STRANGER), "SE102"),
        (("theirs", "--network", "ours", "--address", "0x12"), "IN105"),
        (("x" * 65, "--network", "ours", "--address", STRANGER), "IN114"),
        (("theirs", "--network", "ours", "--address", STRANGER, "--authority", "holy"), "IN103"),
        (("theirs", "--network", "ours"), "IN120"),
    ):
        refused = keeping.read("add", *arguments)
        assert (refused.code, f"[{code}]" in refused.err) == (2, True)
    assert (keeping.home / "attest.toml").read_bytes() == before


def test_a_name_that_is_taken_is_refused_before_a_node_is_asked(keeping: Keeping) -> None:
    made = keeping.write("init", "--network", "ours", "--json").json
    file = keeping.home / "attest.toml"
    file.write_text(file.read_text().replace("127.0.0.1:", "127.0.0.1:9/"))
    said = keeping.read("add", "local", "--network", "ours", "--address", made["address"])
    assert (said.code, "[RG113]" in said.err) == (2, True)


class Elsewhere:
    """A node that shows the registry's code in other blocks than the contract says, or no old state at all."""

    def __init__(self, asked: Any, *, code: Any) -> None:
        self._node = asked
        self._code = code

    async def request(self, method: str, params: Any) -> Any:
        if method != "eth_getCode":
            return await self._node.request(method, params)
        block = await self._node.request("eth_getBlockByHash", [params[1]["blockHash"], False])
        return await self._code(int(block["number"], 16), await self._node.request(method, params))

    async def close(self) -> None:
        await self._node.close()


def test_a_registry_is_believed_only_if_its_code_appeared_where_it_says(anvil: Anvil, keeping: Keeping) -> None:
    made = keeping.write("init", "--network", "ours", "--json").json
    address, block = made["address"], made["block"]

    async def seen(code: Any, deployed_at: int = block) -> bool:
        async with HttpNode(anvil.url) as asked:
            await asked.request("evm_mine", [])
            at = await node.head(asked, "latest")
            return await saw_birth(Elsewhere(asked, code=code), address, deployed_at, at)

    async def honest(number: int, found: str) -> str:
        return found

    async def pruned(number: int, found: str) -> str:
        raise RpcRefusedError(method="eth_getCode", number=-32000, message="missing trie node")

    async def earlier(number: int, found: str) -> str:
        return "0x00" if number < block else found

    async def later(number: int, found: str) -> str:
        return "0x" if number == block else found

    assert asyncio.run(seen(honest)) is True
    assert asyncio.run(seen(pruned)) is False
    for code, deployed_at in ((earlier, block), (later, block), (honest, block + 1), (honest, 0), (honest, 10**9)):
        with pytest.raises(WrongChainError) as caught:
            asyncio.run(seen(code, deployed_at))
        assert caught.value.code == "RG162"


def test_the_embedded_chains_registry_can_be_added_under_another_name(home: Path) -> None:
    address = attest("registry", "show", GOOD, "--json", home=home).json["rests_on"]["contract"]
    said = attest("registry", "add", "copy", "--network", "embedded", "--address", address, home=home)
    assert (said.code, "It calls itself 'local'" in said.out) == (0, True)


# --- scripts/deploy.py --------------------------------------------------------------------------------------


def test_the_script_writes_network_and_registry_that_then_work(anvil: Anvil, bare: Keeping) -> None:
    made = deploy(bare, "--rpc", anvil.url, "--name", "mine", "--network", "test", "--finality", "latest", "--json")
    assert (made.code, made.json["schema"]) == (0, "registry-init/1")
    assert f"chain {anvil.chain_id}, genesis block {anvil.genesis}" in made.err
    written = settings(bare)
    assert written["networks"]["test"] == {
        "rpc": anvil.url, "finality": "latest", "chain_id": anvil.chain_id, "genesis": anvil.genesis,
    }  # fmt: skip
    assert written["default_registry"] == "mine"
    assert written["registries"]["mine"]["deployed_at"] == made.json["block"]
    assert (bare.home / "attest.toml").stat().st_mode & 0o777 == 0o600
    assert bare.read("show", GOOD).code == 3
    assert attest("registry", "init", "--network", "test", "--name", "mine", home=bare.home).code == 2


def test_the_script_names_the_network_after_its_chain(anvil: Anvil, bare: Keeping) -> None:
    assert deploy(bare, "--rpc", anvil.url, "--name", "mine").code == 0
    assert set(settings(bare)["networks"]) == {f"chain-{anvil.chain_id}"}
    again = deploy(bare, "--rpc", anvil.url, "--name", "second")
    assert (again.code, "[RG166]" in again.err) == (2, True)
    assert sent(bare, anvil) == 1


def test_the_script_refuses_another_chain_than_expected_before_it_sends(anvil: Anvil, bare: Keeping) -> None:
    said = deploy(bare, "--rpc", anvil.url, "--name", "mine", "--chain-id", "1")
    assert (said.code, said.out) == (3, "")
    assert "[CH110]" in said.err
    assert sent(bare, anvil) == 0


def test_the_script_prints_the_tables_and_leaves_the_settings_alone(anvil: Anvil, bare: Keeping) -> None:
    said = deploy(bare, "--rpc", anvil.url, "--name", "mine", "--network", "test", "--print")
    assert said.code == 0
    assert not (bare.home / "attest.toml").exists()
    printed = tomllib.loads(said.out)
    assert printed["networks"]["test"]["genesis"] == anvil.genesis
    assert set(printed) == {"networks", "registries"}
    written = deploy(bare, "--rpc", anvil.url, "--name", "mine", "--network", "test", "--json")
    assert written.json["adopted"] is True
    assert written.json["address"] == printed["registries"]["mine"]["address"]
    assert sent(bare, anvil) == 1


def test_the_script_does_not_print_an_address_that_came_from_the_environment(
    anvil: Anvil, bare: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_URL", f"{anvil.url}/?key=s3cret")
    said = deploy(bare, "--rpc-env", "NODE_URL", "--name", "mine", "--network", "test", "--print")
    assert (said.code, tomllib.loads(said.out)["networks"]["test"]["rpc"]) == (0, "…")
    assert "NODE_URL" in said.err
    assert "s3cret" not in said.out + said.err
    (bare.home / "attest.toml").write_text(said.out)
    forgotten = bare.read("show", GOOD)
    assert (forgotten.code, "[SE101] Setting 'networks.test.rpc'" in forgotten.err) == (2, True)


def test_settings_that_get_a_nodes_address_are_their_owners_alone_from_then_on(anvil: Anvil, bare: Keeping) -> None:
    file = bare.home / "attest.toml"
    file.write_text("# mine\n")
    file.chmod(0o644)
    assert deploy(bare, "--rpc", f"{anvil.url}/?key=s3cret", "--name", "mine").code == 0
    assert (file.stat().st_mode & 0o777, file.read_text().startswith("# mine\n")) == (0o600, True)


def test_a_dry_run_of_the_script_sends_nothing(anvil: Anvil, bare: Keeping) -> None:
    said = deploy(bare, "--rpc", anvil.url, "--name", "mine", "--dry-run")
    assert (said.code, "Nothing was sent" in said.out) == (0, True)
    assert (sent(bare, anvil), (bare.home / "attest.toml").exists()) == (0, False)


def test_the_nodes_address_can_come_from_the_environment(
    anvil: Anvil, bare: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_URL", anvil.url)
    assert deploy(bare, "--rpc-env", "NODE_URL", "--name", "mine", "--dry-run").code == 0
    for wrong in ((), ("--rpc-env", "NOT_SET"), ("--rpc", anvil.url, "--rpc-env", "NODE_URL")):
        said = deploy(bare, *wrong, "--name", "mine")
        assert (said.code, "[RG167]" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--rpc", "ftp://node.example/s3cret", "--name", "mine"), "SE101", 2),
        (("--rpc", "http://127.0.0.1:9/s3cret", "--name", "mine"), "CH101", 3),
        (("--rpc", "http://127.0.0.1:9/s3cret", "--name", ""), "IN114", 2),
        (("--rpc", "http://127.0.0.1:9/s3cret", "--name", "mine", "--finality", "soon"), "SE101", 2),
        (("--rpc", "http://127.0.0.1:9/s3cret", "--name", "mine", "--authority", "holy"), "IN103", 2),
        (("--rpc", "http://127.0.0.1:9/s3cret", "--name", "mine", "--chain-id", "0"), "IN120", 2),
        (("--rpc", "http://127.0.0.1:9/s3cret"), "IN120", 2),
    ],
)
def test_what_the_script_cannot_use_is_told_without_the_token(
    bare: Keeping, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    said = _here(lambda: SCRIPT.run(list(arguments)), bare.home, "en", b"")
    assert (said.code, said.out) == (exit_code, "")
    assert f"[{code}]" in said.err
    assert "s3cret" not in said.err
