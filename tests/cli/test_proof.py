"""`attest registry prove` and `attest check proof`: files that are checked without a node, and what they never say."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from attest.chain.rpc import HttpNode
from tests.chain import hardhat
from tests.chain.anvil import Anvil
from tests.chain.local import LocalNode
from tests.cli.command import Said, attest
from tests.cli.conftest import document
from tests.cli.keeping import PASSPHRASE, Keeping, on_anvil
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED

WRONG_HASH = "0x" + "11" * 32
VECTORS = Path(__file__).parents[1] / "vectors/proof"
TRIED = "a connection was tried"


def prove(home: Path, number: object, *more: object) -> tuple[Path, str]:
    """A proof file, and the hash of its block."""
    path = home / f"{number}.proof.json"
    made = attest("registry", "prove", number, "-o", path, "--json", *more, home=home)
    assert (made.code, made.json["schema"], made.json["file"]) == (0, "registry-proof/1", str(path))
    return path, made.json["rests_on"]["block_hash"]


def check(home: Path, path: object, *more: object, **how: Any) -> Said:
    return attest("check", "proof", path, *more, home=home, **how)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection leave, not even to this machine."""

    def refuse(*_: Any) -> None:
        raise AssertionError(TRIED)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


# --- what is told, and with which exit code -----------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(GOOD, "active"), (CANCELLED, "cancelled")])
def test_presence_with_the_block_hash_given(home: Path, number: object, status: str) -> None:
    path, block_hash = prove(home, number)
    said = check(home, path, "--block-hash", block_hash, "--json")
    entry = attest("registry", "show", number, "--json", home=home).json
    assert (said.code, said.json["schema"]) == (0, "proof-check/1")
    assert said.json["status"] == status
    assert {name: said.json[name] for name in ("number", "status", "digest", "changed_at")} == {
        name: entry[name] for name in ("number", "status", "digest", "changed_at")
    }
    rests_on = said.json["rests_on"]
    assert (rests_on["vouched_by"], rests_on["block_hash"]) == ("block-hash", block_hash)
    assert (rests_on["registry"], rests_on["local"], rests_on["contract"]) == (
        "local", True, entry["rests_on"]["contract"],
    )  # fmt: skip


@pytest.mark.parametrize(("registry", "code"), [("local", 3), ("ruling", 1)])
def test_absence_accuses_only_where_the_registry_is_authoritative(home: Path, registry: str, code: int) -> None:
    path, block_hash = prove(home, ABSENT, "--registry", registry)
    for how in (("--block-hash", block_hash), ("--ask-node",)):
        said = check(home, path, "--registry", registry, *how, "--json")
        assert (said.code, said.json["status"], said.json["digest"]) == (code, "none", None)


@pytest.mark.parametrize("number", [GOOD, ABSENT])
@pytest.mark.parametrize("registry", ["local", "ruling"])
def test_nothing_is_known_while_nobody_vouches_for_the_block(home: Path, number: object, registry: str) -> None:
    path, block_hash = prove(home, number, "--registry", registry)
    said = check(home, path, "--registry", registry)
    assert said.code == 3
    assert said.out.startswith("Not proven.")
    assert "[PF113]" in said.err
    assert block_hash in said.err
    assert "--block-hash" in said.err
    as_json = check(home, path, "--registry", registry, "--json")
    assert (as_json.code, as_json.json["problem"], as_json.json["rests_on"]["vouched_by"]) == (3, "PF113", None)


def test_another_block_than_the_one_given_is_undecided(home: Path) -> None:
    path, block_hash = prove(home, ABSENT, "--registry", "ruling")
    said = check(home, path, "--registry", "ruling", "--block-hash", WRONG_HASH, "--json")
    assert (said.code, said.out) == (3, "")
    assert "[PF112]" in said.err
    assert block_hash in said.err
    assert check(home, path, "--registry", "ruling", "--block-hash", "0x" + block_hash[2:].upper()).code == 1


def test_an_older_proof_stands_for_its_own_block(home: Path) -> None:
    path, block_hash = prove(home, GOOD)
    assert attest("registry", "suspend", GOOD, "--reason", "rectification-ordered", home=home).code == 0
    assert check(home, path, "--block-hash", block_hash, "--json").json["status"] == "active"
    assert check(home, path, "--ask-node", "--json").json["status"] == "active"
    assert check(home, prove(home, GOOD)[0], "--ask-node", "--json").json["status"] == "suspended"


def test_a_void_entry_is_as_good_as_none(home: Path) -> None:
    assert attest("registry", "correct", GOOD, "--registry", "ruling", home=home).code == 0
    path, block_hash = prove(home, GOOD, "--registry", "ruling")
    said = check(home, path, "--registry", "ruling", "--block-hash", block_hash, "--json")
    assert (said.code, said.json["status"]) == (1, "void")


def test_no_network_is_used_unless_a_node_is_to_be_asked(anvil: Anvil, tmp_path: Path, no_network: None) -> None:
    reader = json.loads((VECTORS / "settings.json").read_text(encoding="utf-8"))
    (tmp_path / "attest.toml").write_text(
        f'[networks.ours]\nrpc = "{anvil.url}"\nchain_id = {reader["chain_id"]}\ngenesis = "{reader["genesis"]}"\n'
        f'[registries.theirs]\nnetwork = "ours"\naddress = "{reader["contract"]}"\nauthority = "authoritative"\n'
    )
    for name, code in (("active", 0), ("absent", 1)):
        vector = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        path = tmp_path / f"{name}.json"
        path.write_text(vector["file"], encoding="utf-8")
        assert check(tmp_path, path, "--block-hash", vector["block_hash"]).code == code
        assert TRIED in check(tmp_path, path, "--ask-node").err


@pytest.mark.parametrize("lang", ["en", "zh-CN", "zh-TW"])
def test_people_are_told_in_their_language(home: Path, lang: str) -> None:
    path, block_hash = prove(home, ABSENT)
    said = check(home, path, "--ask-node", lang=lang)
    assert block_hash in said.out
    assert {"en": "The proof rests on the node", "zh-CN": "本证明以网络", "zh-TW": "本證明以網路"}[lang] in said.out
    made = attest("registry", "prove", ABSENT, "-o", path, home=home, lang=lang)
    assert (made.code, block_hash in made.out, str(path) in made.out) == (0, True, True)


def test_a_file_may_come_through_a_pipe(home: Path) -> None:
    path, block_hash = prove(home, GOOD)
    assert check(home, "-", "--block-hash", block_hash, stdin=path.read_bytes()).code == 0


# --- on a node ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_node(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Keeping:
    """An authoritative registry on anvil that holds `GOOD`."""
    keeping = on_anvil(anvil, tmp_path_factory.mktemp("node"))
    assert keeping.init("--authority", "authoritative").code == 0
    assert keeping.write("register", keeping.file("record.json", json.dumps(document(GOOD)))).code == 0
    return keeping


@pytest.mark.parametrize(("number", "code"), [(GOOD, 0), (ABSENT, 1)])
def test_a_proof_from_a_node_holds_with_its_word_and_with_the_hash(on_node: Keeping, number: object, code: int) -> None:
    path, block_hash = prove(on_node.home, number)
    assert check(on_node.home, path).code == 3
    assert check(on_node.home, path, "--ask-node").code == code
    assert check(on_node.home, path, "--block-hash", block_hash).code == code


def test_a_node_that_is_down_gives_exit_3_and_no_proof(on_node: Keeping, anvil: Anvil, tmp_path: Path) -> None:
    path, block_hash = prove(on_node.home, ABSENT)
    settings = (on_node.home / "attest.toml").read_text()
    (tmp_path / "attest.toml").write_text(settings.replace(anvil.url, "http://127.0.0.1:1/"))
    assert check(tmp_path, path, "--block-hash", block_hash).code == 1
    assert check(tmp_path, path, "--ask-node").code == 3
    made = attest("registry", "prove", ABSENT, "-o", tmp_path / "new.json", home=tmp_path)
    assert (made.code, (tmp_path / "new.json").exists()) == (3, False)


def test_a_block_that_is_not_final_by_the_readers_rule_is_undecided(on_node: Keeping, tmp_path: Path) -> None:
    path, _ = prove(on_node.home, ABSENT)
    settings = (on_node.home / "attest.toml").read_text()
    assert 'finality = "latest"' in settings
    (tmp_path / "attest.toml").write_text(settings.replace('finality = "latest"', 'finality = "3 confirmations"'))
    said = check(tmp_path, path, "--ask-node")
    assert (said.code, "[PF114]" in said.err) == (3, True)
    assert check(on_node.home, path, "--ask-node").code == 1


def test_a_block_of_another_chain_is_undecided(home: Path, on_node: Keeping) -> None:
    """The file says that it is about the reader's registry; its block comes from elsewhere."""
    path, _ = prove(home, ABSENT)
    there, _ = prove(on_node.home, ABSENT)
    foreign = json.loads(path.read_text()) | {"registry": json.loads(there.read_text())["registry"]}
    path.write_text(json.dumps(foreign))
    said = check(on_node.home, path, "--ask-node")
    assert (said.code, said.out) == (3, "")


def test_a_proof_from_hardhat_holds(tmp_path: Path) -> None:
    with hardhat.running() as node:
        keeping = on_hardhat(node, tmp_path)
        assert keeping.init("--authority", "authoritative").code == 0
        assert keeping.write("register", keeping.file("record.json", json.dumps(document(GOOD)))).code == 0
        for number, code in ((GOOD, 0), (ABSENT, 1)):
            path, block_hash = prove(tmp_path, number)
            assert check(tmp_path, path, "--ask-node").code == code
            assert check(tmp_path, path, "--block-hash", block_hash).code == code


def on_hardhat(node: LocalNode, home: Path) -> Keeping:
    """A home whose settings name the node, and a keystore whose account has money there."""
    account = Account.create()

    async def enrich() -> None:
        async with HttpNode(node.url) as asked:
            await asked.request("hardhat_setBalance", [account.address, hex(hardhat.WEALTH)])

    asyncio.run(enrich())
    (home / "attest.toml").write_text(
        f'[networks.ours]\nrpc = "{node.url}"\nchain_id = {node.chain_id}\nfinality = "latest"\n'
    )
    keystore = home / "keystore.json"
    keystore.write_text(json.dumps(Account.encrypt(account.key, PASSPHRASE, kdf="pbkdf2", iterations=1000)))
    return Keeping(home, "ours", keystore)


# --- what cannot be used ------------------------------------------------------------------------------------


def test_another_registry_of_the_readers_is_told_by_name(home: Path) -> None:
    path, block_hash = prove(home, ABSENT)
    said = check(home, path, "--registry", "ruling", "--block-hash", block_hash)
    assert (said.code, "[PF130]" in said.err, "--registry" in said.err) == (3, True, True)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (lambda file: file[:-1], 2, "IN104"),
        (lambda file: "", 2, "IN104"),
        (lambda file: "{}", 2, "IN104"),
        (lambda file: "[]", 2, "IN104"),
        (lambda file: file.replace('"schema"', '"extra":1,"schema"'), 2, "IN104"),
        (lambda file: file.replace("filing-proof/1", "filing-proof/2"), 2, "IN104"),
        (lambda file: file.replace('"storageProof":["0x', '"storageProof":["0xzz'), 2, "IN104"),
        (lambda file: file.replace('"storageProof":[', '"storageProof":[],"storageProof":['), 2, "IN104"),
        (lambda file: file + " " * 300_000, 2, "IN102"),
        (lambda file: json.dumps({**json.loads(file), "storageProof": []}), 3, "PF120"),
        (lambda file: json.dumps({**json.loads(file), "accountProof": []}), 3, "PF120"),
        (lambda file: json.dumps({**json.loads(file), "header": "0x"}), 3, "PF111"),
        (lambda file: json.dumps({**json.loads(file), "header": "0x" + "c1" * 500}), 3, "PF111"),
    ],
)
def test_a_file_that_is_no_proof_says_nothing_of_the_number(home: Path, change: Any, code: int, told: str) -> None:
    path, block_hash = prove(home, ABSENT, "--registry", "ruling")
    path.write_text(change(path.read_text()))
    for how in (("--block-hash", block_hash), ("--ask-node",), ()):
        said = check(home, path, "--registry", "ruling", *how)
        assert (said.code, said.out) == (code, "")
        assert f"[{told}]" in said.err
        assert code != 2 or str(path) in said.err


@pytest.mark.parametrize(
    ("content", "why", "hint"),
    [("{", "Expected JSON", ""), ("{}", "Proof file: field", "Make the file again")],
)
def test_a_damaged_proof_is_told_by_its_name_with_what_is_wrong(home: Path, content: str, why: str, hint: str) -> None:
    path = home / "damaged.json"
    path.write_text(content)
    said = check(home, path)
    assert (said.code, said.err.startswith(f"attest: [IN104] {path}: ")) == (2, True)
    assert why in said.err
    assert hint in said.err


@pytest.mark.parametrize(
    "given", ["", "0x", "1234", WRONG_HASH[:-1], WRONG_HASH + "1", WRONG_HASH[:-1] + "g", " " + WRONG_HASH]
)
def test_a_block_hash_that_is_none_is_wrong_usage(home: Path, given: str) -> None:
    path, _ = prove(home, GOOD)
    said = check(home, path, "--block-hash", given)
    assert (said.code, "[PF105]" in said.err) == (2, True)


def test_a_missing_file_is_unusable_input(home: Path) -> None:
    assert check(home, home / "none.json").code == 2
    assert check(home, home).code == 2


def test_the_group_alone_shows_its_help(home: Path) -> None:
    said = attest("check", home=home)
    assert (said.code, "proof" in said.out) == (2, True)
    assert "offline unless by --ask-node" in said.out


# --- writing ------------------------------------------------------------------------------------------------


def test_a_proof_replaces_an_older_one_and_leaves_nothing_beside_it(home: Path) -> None:
    path = home / "made/proof.json"
    path.parent.mkdir()
    path.write_text("older")
    assert attest("registry", "prove", GOOD, "-o", path, home=home).code == 0
    assert [item.name for item in path.parent.iterdir()] == ["proof.json"]
    assert json.loads(path.read_text())["schema"] == "filing-proof/1"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("name", "code", "told"), [(".", 2, "PF106"), ("-", 2, "PF106"), ("none/proof.json", 4, "PF107")]
)
def test_a_place_that_takes_no_file_is_told(home: Path, name: str, code: int, told: str) -> None:
    said = attest("registry", "prove", GOOD, "-o", home / name if name != "-" else name, home=home)
    assert (said.code, f"[{told}]" in said.err) == (code, True)
    assert not list(home.glob("*.tmp"))


def test_a_device_is_not_replaced_by_a_file(home: Path) -> None:
    assert attest("registry", "prove", GOOD, "-o", "/dev/null", home=home).code == 2
    assert Path("/dev/null").is_char_device()


def test_a_malformed_number_is_not_looked_up(home: Path) -> None:
    assert attest("registry", "prove", "京网信备1号", "-o", home / "x.json", home=home).code == 2


# --- the record beside it -----------------------------------------------------------------------------------


def test_the_record_is_matched_by_its_digest(home: Path) -> None:
    path, block_hash = prove(home, GOOD)
    record = home / "record.json"
    for number, code, problem in ((GOOD, 0, None), (LISTED, 3, "PF131")):
        shown = attest("registry", "show", number, "--json", home=home).json["record"]
        record.write_text(json.dumps(shown))
        said = check(home, path, "--block-hash", block_hash, "--record", record, "--json")
        assert (said.code, said.json["problem"], said.json["status"]) == (code, problem, "active")
        assert said.json["record"] == (shown if problem is None else None)


def test_the_record_may_stand_in_an_attestation_file(home: Path) -> None:
    path, block_hash = prove(home, GOOD)
    out = home / "site"
    assert attest("badge", GOOD, "--page", "https://verify.example/", "--out", out, home=home).code == 0
    said = check(home, path, "--block-hash", block_hash, "--record", out / "blockchain-filing.json")
    assert (said.code, "示例存证科技" in said.out) == (0, True)


def test_a_file_without_a_record_is_told(home: Path) -> None:
    path, block_hash = prove(home, GOOD)
    empty = home / "empty.json"
    empty.write_text(json.dumps({"schema": "filing-attestation/1", "number": str(GOOD)}))
    said = check(home, path, "--block-hash", block_hash, "--record", empty)
    assert (said.code, "[PF108]" in said.err) == (2, True)
    assert str(empty) in said.err
    damaged = '{"schema": "filing-attestation/1"}'
    for content in ("[]", "{", damaged, '{"schema": "filing-record/1"}'):
        empty.write_text(content)
        said = check(home, path, "--block-hash", block_hash, "--record", empty)
        assert (said.code, said.err.startswith(f"attest: [IN104] {empty}: ")) == (2, True)
