"""`attest registry role`: who may change a registry, and how it passes from one admin to the next."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from attest.chain.rpc import HttpNode
from tests.chain.anvil import Anvil
from tests.cli.command import Said, attest
from tests.cli.conftest import document
from tests.cli.keeping import PASSPHRASE, Keeping, on_anvil, piped
from tests.cli.sites import GOOD

DELAY_S = 172_800
STRANGER = "0x" + "22" * 20


@pytest.fixture
def admin(anvil: Anvil, tmp_path: Path) -> Keeping:
    """A registry on a node, and the account that made it."""
    keeping = on_anvil(anvil, tmp_path / "admin")
    assert keeping.write("init", "--network", "ours").code == 0
    return keeping


@pytest.fixture
def heir(anvil: Anvil, admin: Keeping, tmp_path: Path) -> Keeping:
    """The same registry, in the hands of another account."""
    other = on_anvil(anvil, tmp_path / "heir")
    (other.home / "attest.toml").write_text((admin.home / "attest.toml").read_text())
    return other


def pass_time(anvil: Anvil, seconds: int) -> None:
    async def work() -> None:
        async with HttpNode(anvil.url) as node:
            await node.request("evm_increaseTime", [seconds])
            await node.request("evm_mine", [])

    asyncio.run(work())


def listed(keeping: Keeping, *addresses: str) -> Any:
    said = keeping.read("role", "list", *addresses, "--json")
    assert (said.code, said.json["schema"]) == (0, "registry-roles/1")
    return said.json


def refused(said: Said) -> str:
    """The code of a refusal."""
    assert (said.code, said.out) == (2, "")
    return said.err.partition("[")[2].partition("]")[0]


def test_the_admin_passes_on_in_two_steps_and_a_delay(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    begun = admin.write("role", "transfer", heir.address, "--json")
    assert (begun.code, begun.json["change"]) == (0, "role transfer")
    pending = listed(admin)["transfer"]
    assert pending == {"account": heir.address, "accept_after": begun.json["accept_after"]}
    assert listed(admin)["admin"] == admin.address

    early = heir.write("role", "accept")
    assert refused(early) == "RG161"
    assert pending["accept_after"] in early.err
    pass_time(anvil, DELAY_S + 60)
    assert refused(admin.write("role", "accept")) == "RG160"
    assert heir.write("role", "accept").code == 0
    after = listed(admin)
    assert (after["admin"], after["transfer"]) == (heir.address, None)
    assert refused(admin.write("role", "grant", "REGISTRAR", admin.address)) == "RG146"
    assert heir.write("role", "grant", "REGISTRAR", heir.address).code == 0


def test_the_delay_is_what_the_list_says(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    begun = admin.write("role", "transfer", heir.address, "--json").json
    (sent,) = begun["transactions"]

    async def mined_at() -> int:
        async with HttpNode(anvil.url) as node:
            return int((await node.request("eth_getBlockByNumber", [hex(sent["block"]), False]))["timestamp"], 16)

    wait_s = datetime.fromisoformat(begun["accept_after"]).timestamp() - asyncio.run(mined_at())
    assert wait_s == listed(admin)["delay_s"] == DELAY_S


def test_a_transfer_can_be_taken_back_until_it_is_accepted(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    assert admin.write("role", "transfer", heir.address).code == 0
    assert refused(heir.write("role", "cancel")) == "RG146"
    assert admin.write("role", "cancel").code == 0
    pass_time(anvil, DELAY_S + 60)
    assert refused(heir.write("role", "accept")) == "RG160"
    assert listed(admin)["transfer"] is None
    assert refused(admin.write("role", "cancel")) == "RG165"


def test_naming_another_heir_replaces_the_first(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    assert admin.write("role", "transfer", heir.address).code == 0
    assert admin.write("role", "transfer", STRANGER).code == 0
    pass_time(anvil, DELAY_S + 60)
    assert refused(heir.write("role", "accept")) == "RG160"


def test_only_the_admin_begins_a_transfer(heir: Keeping) -> None:
    assert refused(heir.write("role", "transfer", heir.address)) == "RG146"


def test_a_registry_is_not_left_without_an_admin_by_accident(admin: Keeping) -> None:
    assert refused(admin.write("role", "transfer", "0x" + "00" * 20)) == "RG164"
    for verb in ("grant", "revoke"):
        assert refused(admin.write("role", verb, "admin", admin.address)) == "RG163"
    assert listed(admin)["admin"] == admin.address


def test_a_dry_run_of_a_transfer_changes_nothing(admin: Keeping) -> None:
    said = admin.read("role", "transfer", STRANGER, "--keystore", admin.keystore, "--dry-run", "--json")
    assert (said.code, said.json["schema"]) == (0, "registry-dry-run/1")
    assert "accept_after" not in said.json
    assert listed(admin)["transfer"] is None


def test_people_are_told_of_the_two_steps_in_their_language(admin: Keeping, heir: Keeping) -> None:
    said = admin.write("role", "transfer", heir.address)
    assert f"{heir.address}: named as the next admin (first of two steps" in said.out
    assert "attest registry role accept" in said.err
    chinese = admin.write("role", "transfer", heir.address, lang="zh-CN")
    assert "两步中的第一步" in chinese.out
    listing = admin.read("role", "list", lang="zh-CN").out
    for word in ("已指定继任", heir.address, "等待 48 小时", "角色"):
        assert word in listing


def test_roles_are_listed_as_they_stand_now(admin: Keeping) -> None:
    assert listed(admin)["roles"] == {"REGISTRAR": [], "INSPECTOR": [], "CORRECTOR": []}
    for role in ("registrar", "inspector"):
        assert admin.write("role", "grant", role, STRANGER).code == 0
    assert admin.write("role", "grant", "registrar", admin.address).code == 0
    assert admin.write("role", "revoke", "inspector", STRANGER).code == 0
    assert listed(admin)["roles"] == {"REGISTRAR": [STRANGER, admin.address], "INSPECTOR": [], "CORRECTOR": []}
    assert listed(admin, STRANGER)["roles"] == {"REGISTRAR": [STRANGER], "INSPECTOR": [], "CORRECTOR": []}
    assert listed(admin, "0x" + "33" * 20)["roles"]["REGISTRAR"] == []


def test_roles_of_the_embedded_chain_are_listed_too(home: Path) -> None:
    said = attest("registry", "role", "list", "--json", home=home)
    assert said.code == 0
    holder = said.json["admin"]
    assert said.json["roles"] == {"REGISTRAR": [holder], "INSPECTOR": [holder], "CORRECTOR": [holder]}
    begun = attest("registry", "role", "transfer", STRANGER, home=home)
    assert (begun.code, attest("registry", "role", "cancel", home=home).code) == (0, 0)


@pytest.mark.parametrize("word", ["0x12", "nonsense", "0x" + "Ab" * 20])
def test_what_is_no_address_is_refused_before_anything_is_asked(home: Path, word: str) -> None:
    for command in ("transfer", "list"):
        assert refused(attest("registry", "role", command, word, home=home)) == "IN105"


def test_whoever_is_not_the_registrar_learns_who_grants(admin: Keeping, heir: Keeping) -> None:
    assert heir.keystore is not None
    record = admin.file("r.json", json.dumps(document(GOOD)))
    with piped(PASSPHRASE) as descriptor:
        said = heir.read("register", record, "--keystore", heir.keystore, "--passphrase-fd", descriptor)
    assert refused(said) == "RG146"
