"""`attest registry`: the life of filings on a chain in a file and on a node, one command after another."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.chain.anvil import Anvil
from tests.cli.command import attest, started
from tests.cli.conftest import document
from tests.cli.keeping import Keeping, on_anvil, piped
from tests.cli.sites import ABSENT, CANCELLED, GOOD, LISTED


@pytest.fixture(params=["embedded", "anvil"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Keeping:
    """An empty home on either chain."""
    if request.param == "embedded":
        return Keeping(tmp_path)
    return on_anvil(request.getfixturevalue("anvil"), tmp_path)


YAML = f"""
# what the registrar typed
- number: {GOOD}
  subject: {{kind: organisation, name: 示例存证科技（北京）有限公司}}
  displayed_on:
    domains: [cunzheng.example]
  filed_on: 2019-03-30
- number: {LISTED}
  subject: {{kind: individual}}
"""


def test_the_whole_life_of_a_filing(fresh: Keeping) -> None:
    made = fresh.init("--json")
    assert (made.code, made.json["schema"], made.json["default"]) == (0, "registry-init/1", True)
    single = fresh.file("one.json", json.dumps(document(CANCELLED)))
    registered = fresh.write("register", fresh.file("two.yaml", YAML), single, "--json")
    assert (registered.code, registered.json["schema"]) == (0, "registry-change/1")
    assert [filing["number"] for filing in registered.json["filings"]] == [str(n) for n in (GOOD, LISTED, CANCELLED)]

    shown = fresh.read("show", GOOD, "--json")
    entry = shown.json
    assert (shown.code, entry["schema"], entry["status"]) == (0, "registry-entry/1", "active")
    assert entry["digest"] == registered.json["filings"][0]["digest"]
    assert entry["record"]["filed_on"] == "2019-03-30"
    assert entry["rests_on"]["contract"] == made.json["address"]

    def status() -> str:
        return str(fresh.read("show", GOOD, "--json").json["status"])

    assert fresh.write("suspend", GOOD, LISTED, "--reason", "rectification-ordered").code == 0
    assert status() == "suspended"
    assert fresh.write("reinstate", GOOD.key, "--reason", "rectified", "--json").json["subjects"] == [GOOD.text]
    assert status() == "active"
    amended = fresh.file("new.json", json.dumps(document(GOOD) | {"filed_on": "2020-01-01"}))
    assert fresh.write("amend", amended, "--expected-digest", entry["digest"]).code == 0
    stale = fresh.write("amend", amended, "--expected-digest", entry["digest"])
    assert (stale.code, "[RG145]" in stale.err) == (2, True)
    assert fresh.read("show", GOOD, "--json").json["record"]["filed_on"] == "2020-01-01"
    assert fresh.write("cancel", GOOD, "--reason", "service-ended").code == 0
    assert status() == "cancelled"
    assert fresh.write("reopen", amended).code == 0
    assert fresh.write("revoke", GOOD, "--reason", "violation").code == 0
    assert status() == "revoked"
    assert fresh.write("correct", GOOD).code == 0
    assert status() == "void"
    assert fresh.write("reopen", amended).code == 0
    assert status() == "active"

    history = fresh.read("history", GOOD, "--json").json
    assert (history["schema"], history["replayed"]) == ("registry-history/1", False)
    assert [(step["event"], step["status"], step["reason"]) for step in history["changes"]] == [
        ("Registered", "active", None), ("StatusChanged", "suspended", 1), ("StatusChanged", "active", 2),
        ("Amended", "unchanged", None), ("StatusChanged", "cancelled", 3), ("Reopened", "active", None),
        ("StatusChanged", "revoked", 6), ("StatusChanged", "void", 8), ("Reopened", "active", None),
    ]  # fmt: skip
    assert len({step["transaction"] for step in history["changes"]}) == 9


def test_people_get_words_and_the_basis(home: Path) -> None:
    said = attest("registry", "show", GOOD, home=home)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{GOOD}  active\n")
    assert "subject.name: 示例存证科技（北京）有限公司" in said.out
    assert "registry local, by the settings self-declared and run by the user of this machine; block" in said.out
    assert "proves nothing to others" in said.out
    assert "Filing is registration, not endorsement" in said.out
    suspended = attest("registry", "suspend", GOOD, home=home)
    assert (suspended.code, suspended.err) == (0, "")
    assert suspended.out.startswith(f"{GOOD}: suspended\nblock ")
    told = attest("registry", "history", GOOD, home=home).out
    assert "status changed   suspended   no reason given" in told


def test_a_history_is_told_in_chinese(home: Path) -> None:
    told = attest("registry", "history", CANCELLED, home=home, lang="zh-CN").out
    for word in ("登记", "状态变更", "已注销", "未注明原因"):
        assert word in told
    for word in ("Registered", "StatusChanged", "cancelled", "active"):
        assert word not in told


@pytest.mark.parametrize(
    ("number", "registry", "code"),
    [(GOOD, "local", 0), (CANCELLED, "ruling", 0), (ABSENT, "local", 3), (ABSENT, "ruling", 1)],
)
def test_only_an_authoritative_registry_makes_an_absence_exit_1(
    number: object, registry: str, code: int, home: Path
) -> None:
    assert attest("registry", "show", number, "--registry", registry, home=home).code == code


def test_a_void_entry_counts_as_absent(home: Path) -> None:
    file = home / "numbers.txt"
    file.write_text(f"{LISTED}\n", encoding="utf-8")
    for registry, code in (("local", 3), ("ruling", 1)):
        assert attest("registry", "correct", LISTED, "--registry", registry, home=home).code == 0
        said = attest("registry", "show", LISTED, "--registry", registry, home=home)
        assert (said.code, said.out.split("\n")[0]) == (code, f"{LISTED}  void (entered in error)")
        listed = attest("registry", "lookup", file, "--registry", registry, home=home)
        assert listed.code == code
        assert "0 in this registry, 1 not" in listed.out


def test_an_authority_for_one_province_decides_nothing_about_another(home: Path) -> None:
    settings = home / "attest.toml"
    text = settings.read_text(encoding="utf-8").replace('"authoritative"', '"authoritative"\nprovinces = ["浙"]')
    settings.write_text(text, encoding="utf-8")
    assert attest("registry", "show", ABSENT, "--registry", "ruling", home=home).code == 3


def test_a_number_without_history_says_so(home: Path) -> None:
    said = attest("registry", "history", ABSENT, home=home)
    assert (said.code, said.out) == (3, f"{ABSENT}  not in this registry\n")
    assert attest("registry", "history", ABSENT, "--json", home=home).json["changes"] == []


def test_an_entry_that_is_not_final_yet_is_pending_and_accuses_nobody(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init("--authority", "authoritative").code == 0
    assert keeping.write("register", keeping.file("r.json", json.dumps(document(GOOD)))).code == 0
    settings = tmp_path / "attest.toml"
    settings.write_text(settings.read_text().replace('"latest"', '"1 confirmations"'))
    said = keeping.read("show", GOOD)
    assert said.code == 3
    assert "the block is not final yet" in said.out
    assert keeping.read("show", GOOD, "--json").json["pending"] is True
    assert keeping.read("show", ABSENT).code == 1


def test_a_void_number_that_was_reopened_a_moment_ago_accuses_nobody(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init("--authority", "authoritative").code == 0
    record = keeping.file("r.json", json.dumps(document(GOOD)))
    numbers = keeping.file("numbers.txt", f"{GOOD}\n")
    assert keeping.write("register", record).code == 0
    assert keeping.write("correct", GOOD).code == 0
    assert (keeping.read("show", GOOD).code, keeping.read("lookup", numbers).code) == (1, 1)
    assert keeping.write("reopen", record).code == 0
    settings = tmp_path / "attest.toml"
    settings.write_text(settings.read_text().replace('"latest"', '"1 confirmations"'))
    for said in (keeping.read("show", GOOD), keeping.read("lookup", numbers)):
        assert said.code == 3
        assert "void" in said.out
        assert "the block is not final yet" in said.out
    assert keeping.read("show", GOOD, "--json").json["pending"] is True


def test_a_second_registry_of_the_same_name_is_refused_and_changes_nothing(home: Path) -> None:
    before = [(home / name).read_bytes() for name in ("attest.toml", "chain.sqlite")]
    said = attest("registry", "init", home=home)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("attest: [RG113] There is already a registry named local, at 0x")
    assert [(home / name).read_bytes() for name in ("attest.toml", "chain.sqlite")] == before


def test_a_second_registry_of_another_name_is_not_the_default(home: Path) -> None:
    said = attest("registry", "init", "--name", "备份", "--operator", "第二处", home=home)
    assert said.code == 0
    assert "no; choose it with --registry 备份" in said.out
    assert attest("registry", "show", GOOD, "--registry", "备份", home=home).code == 3
    assert "第二处" in attest("registry", "show", GOOD, "--registry", "备份", home=home).out
    assert attest("registry", "show", GOOD, home=home).code == 0


def test_a_second_registry_does_not_take_the_place_of_an_only_one(tmp_path: Path) -> None:
    (tmp_path / "attest.toml").write_text(f'[registries.mine]\nnetwork = "embedded"\naddress = "0x{"00" * 20}"\n')
    assert attest("registry", "init", "--name", "new", "--json", home=tmp_path).json["default"] is False
    assert "[SE107]" in attest("registry", "show", GOOD, home=tmp_path).err


def test_init_keeps_what_the_user_wrote_into_the_settings(tmp_path: Path) -> None:
    mine = '# mine\n[networks.far]\nrpc = "https://rpc.example/"  # token\nchain_id = 5\n'
    (tmp_path / "attest.toml").write_text(mine)
    assert attest("registry", "init", home=tmp_path).code == 0
    text = (tmp_path / "attest.toml").read_text()
    assert "# mine\n" in text
    assert "# token\n" in text
    settings = tomllib.loads(text)
    assert settings["networks"]["far"] == {"rpc": "https://rpc.example/", "chain_id": 5}
    assert settings["default_registry"] == "local"


def test_init_keeps_the_settings_as_private_as_they_were(tmp_path: Path) -> None:
    settings = tmp_path / "attest.toml"
    settings.write_text('[networks.far]\nrpc = "https://rpc.example/token"\nchain_id = 5\n')
    settings.chmod(0o600)
    assert attest("registry", "init", home=tmp_path).code == 0
    assert settings.stat().st_mode & 0o777 == 0o600


def test_a_registry_that_could_not_be_written_down_is_told_with_its_address(tmp_path: Path) -> None:
    (tmp_path / "attest.lock").mkdir()
    said = attest("registry", "init", home=tmp_path)
    assert (said.code, said.out) == (4, "")
    assert said.err.startswith("attest: [IN115] The registry local is at 0x")
    _, _, by_hand = said.err.partition("[networks")
    (tmp_path / "attest.toml").write_text("[networks" + by_hand)
    assert attest("registry", "show", GOOD, home=tmp_path).code == 3


def test_a_dry_run_of_the_first_init_tells_the_cost_and_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "none"
    said = attest("--home", home, "registry", "init", "--dry-run", "--json", home=tmp_path)
    assert (said.code, said.json["schema"]) == (0, "registry-dry-run/1")
    assert 2_000_000 < said.json["gas"][0] < 2_700_000
    assert not home.exists()


def test_on_a_node_the_signer_gets_no_role_unasked(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.write("init", "--network", "ours").code == 0
    record = keeping.file("r.json", json.dumps(document(GOOD)))
    refused = keeping.write("register", record)
    assert (refused.code, "[RG146]" in refused.err) == (2, True)
    granted = keeping.write("role", "grant", "registrar", keeping.address, "--json").json
    assert (granted["change"], granted["schema"]) == ("role grant REGISTRAR", "registry-change/1")
    assert keeping.write("register", record).code == 0
    assert "REGISTRAR: role taken away\n" in keeping.write("role", "revoke", "REGISTRAR", keeping.address).out
    assert keeping.write("suspend", GOOD).code == 2


def test_the_wrong_passphrase_sends_nothing_and_shows_nothing(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    said = keeping.write("init", "--network", "ours", passphrase="secret-and-wrong")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"attest: [KE103] The passphrase does not open {keeping.keystore}.\n")
    assert "secret-and-wrong" not in said.err


def test_without_a_terminal_the_passphrase_is_not_waited_for(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    words = ("registry", "init", "--network", "ours", "--keystore", keeping.keystore)
    with started(*words, home=tmp_path, start_new_session=True) as running:
        out, err = running.communicate()
    assert (running.returncode, out) == (2, b"")
    assert err.startswith(b"attest: [KE106] ")
    assert b"--passphrase-fd" in err


def test_files_are_all_checked_before_anything_is_sent(home: Path) -> None:
    good, bad = home / "good.json", home / "bad.json"
    good.write_text(json.dumps(document(LISTED) | {"number": str(ABSENT)}), encoding="utf-8")
    bad.write_text(json.dumps([document(LISTED), {"number": "京网信备1号"}]), encoding="utf-8")
    said = attest("registry", "register", good, bad, home=home)
    assert (said.code, said.out) == (2, "")
    told = "Record 2 of the file: Field number (Filing number, once issued): '京网信备1号' is not"
    assert f"[IN104] {bad}: {told}" in said.err
    assert attest("registry", "show", ABSENT, home=home).code == 3


def test_a_number_twice_or_there_already_is_refused_before_anything_is_sent(home: Path) -> None:
    record = home / "r.json"
    record.write_text(json.dumps(document(GOOD)), encoding="utf-8")
    assert "[RG110]" in attest("registry", "register", record, record, home=home).err
    record.write_text(json.dumps(document(GOOD) | {"filed_on": "2026-01-02"}), encoding="utf-8")
    assert "[RG111]" in attest("registry", "register", record, home=home).err


def test_a_list_given_again_is_registered_as_far_as_it_is_not_yet(home: Path) -> None:
    """After an interruption the same command completes what it began."""
    record = home / "r.json"
    record.write_text(json.dumps([document(GOOD), document(LISTED)]), encoding="utf-8")
    before = attest("registry", "show", GOOD, "--json", home=home).json
    said = attest("registry", "register", record, home=home)
    assert (said.code, said.out.count("active")) == (0, 2)
    assert "left alone: 2 of the filings" in said.err
    assert attest("registry", "show", GOOD, "--json", home=home).json["changed_at"] == before["changed_at"]


def test_two_commands_that_write_take_turns(home: Path) -> None:
    first = started("registry", "suspend", GOOD, home=home)
    second = started("registry", "suspend", LISTED, home=home)
    for running in (first, second):
        _, err = running.communicate(timeout=100)
        assert (running.returncode, err) == (0, b"")
    for number in (GOOD, LISTED):
        assert attest("registry", "show", number, "--json", home=home).json["status"] == "suspended"


def test_a_command_that_cannot_get_its_turn_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from attest.cli import context

    monkeypatch.setattr(context, "LOCK_WAIT_S", 0.1)
    with FileLock(home / context.LOCK_FILE):
        said = attest("registry", "suspend", GOOD, home=home)
    assert (said.code, said.out) == (4, "")
    assert "[RG114]" in said.err
    assert attest("registry", "show", GOOD, "--json", home=home).json["status"] == "active"


def test_a_name_the_contract_would_refuse_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    for name in ("", "x" * 65, "登" * 22):
        said = attest("registry", "init", "--name", name, home=tmp_path)
        assert (said.code, said.out) == (2, "")
        assert "--name" in said.err
    assert not (tmp_path / "chain.sqlite").exists()


def test_the_home_of_the_command_line_is_stronger_than_the_environments(home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    assert attest("registry", "show", GOOD, home=empty).code == 2
    assert attest("--home", home, "registry", "show", GOOD, home=empty).code == 0


def test_a_keystore_of_another_account_is_not_the_registrar(anvil: Anvil, tmp_path: Path) -> None:
    keeping = on_anvil(anvil, tmp_path)
    assert keeping.init().code == 0
    stranger = on_anvil(anvil, tmp_path / "stranger")
    record = keeping.file("r.json", json.dumps(document(GOOD)))
    assert stranger.keystore is not None
    with piped("示例口令 with spaces") as descriptor:
        said = keeping.read("register", record, "--keystore", stranger.keystore, "--passphrase-fd", descriptor)
    assert (said.code, "[RG146]" in said.err) == (2, True)
