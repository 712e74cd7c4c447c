"""`attest registry role`: who may change a registry, and how it passes from one admin to the next."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attest.chain.rpc import HttpNode
from attest.errors import InputError
from attest.registry import contract
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
    assert refused(admin.write("role", "grant", "REGISTRAR", admin.address)) == "RG169"
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
    assert refused(heir.write("role", "cancel")) == "RG169"
    assert admin.write("role", "cancel").code == 0
    pass_time(anvil, DELAY_S + 60)
    assert refused(heir.write("role", "accept")) == "RG160"
    assert listed(admin)["transfer"] is None
    assert refused(admin.write("role", "cancel")) == "RG165"


def test_naming_another_heir_replaces_the_first_and_says_so(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    first = admin.write("role", "transfer", heir.address)
    assert (first.code, "replaces" in first.err) == (0, False)
    dry = admin.read("role", "transfer", STRANGER, "--keystore", admin.keystore, "--dry-run", "--json")
    again = admin.write("role", "transfer", heir.address, "--json")
    second = admin.write("role", "transfer", STRANGER)
    for said in (dry, again, second):
        assert (said.code, f"This replaces the transfer to {heir.address}" in said.err) == (0, True)
    assert "accept_after" not in dry.json
    assert "accept_after" in again.json
    pass_time(anvil, DELAY_S + 60)
    assert refused(heir.write("role", "accept")) == "RG160"


def test_a_transfer_to_the_admin_itself_is_refused(admin: Keeping, heir: Keeping) -> None:
    assert admin.write("role", "transfer", heir.address).code == 0
    pending = listed(admin)["transfer"]
    assert refused(admin.write("role", "transfer", admin.address)) == "RG170"
    assert listed(admin)["transfer"] == pending


def test_accepting_again_sends_nothing_and_says_why(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    assert admin.write("role", "transfer", heir.address).code == 0
    pass_time(anvil, DELAY_S + 60)
    assert len(heir.write("role", "accept", "--json").json["transactions"]) == 1
    again = heir.write("role", "accept", "--json")
    assert (again.code, again.json["transactions"]) == (0, [])
    assert f"{heir.address} is the admin already" in again.err


def test_what_only_the_admin_may_do_names_the_admins_commands(heir: Keeping) -> None:
    for words in (("transfer", heir.address), ("grant", "REGISTRAR", heir.address)):
        said = heir.write("role", *words)
        assert refused(said) == "RG169"
        assert heir.address in said.err
        assert "attest registry role list" in said.err
        assert "role grant ADMIN" not in said.err


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


def test_a_role_that_is_not_held_is_not_taken(admin: Keeping) -> None:
    assert admin.write("role", "grant", "REGISTRAR", STRANGER).code == 0
    for role, account in (("CORRECTOR", STRANGER), ("REGISTRAR", admin.address)):
        said = admin.write("role", "revoke", role, account)
        assert refused(said) == "RG168"
        assert f"{account} does not hold {role}. Nothing was sent." in said.err
    assert admin.write("role", "revoke", "REGISTRAR", STRANGER).code == 0
    assert refused(admin.write("role", "revoke", "REGISTRAR", STRANGER)) == "RG168"


def test_a_role_that_is_held_is_not_paid_for_again(admin: Keeping) -> None:
    assert len(admin.write("role", "grant", "REGISTRAR", STRANGER, "--json").json["transactions"]) == 1
    again = admin.write("role", "grant", "REGISTRAR", STRANGER, "--json")
    assert (again.code, again.json["transactions"]) == (0, [])
    assert f"{STRANGER} holds REGISTRAR already. Nothing was sent." in again.err
    assert len(admin.write("role", "grant", "INSPECTOR", STRANGER, "--json").json["transactions"]) == 1


def test_a_list_of_some_accounts_does_not_read_as_if_no_other_held_a_role(admin: Keeping) -> None:
    assert admin.write("role", "grant", "REGISTRAR", admin.address).code == 0
    assert admin.write("role", "grant", "INSPECTOR", STRANGER).code == 0
    whole, part = admin.read("role", "list"), admin.read("role", "list", STRANGER)
    assert "REGISTRAR" not in part.out
    assert "INSPECTOR" in part.out
    assert "Only the accounts named were looked at" in part.out
    assert "CORRECTOR" in whole.out
    assert "Only the accounts named" not in whole.out
    assert (listed(admin)["asked_about"], listed(admin, STRANGER)["asked_about"]) == (None, [STRANGER])


def test_the_list_says_when_a_transfer_can_be_accepted_now(anvil: Anvil, admin: Keeping, heir: Keeping) -> None:
    after = admin.write("role", "transfer", heir.address, "--json").json["accept_after"]
    assert f"can accept after {after}" in admin.read("role", "list").out
    pass_time(anvil, DELAY_S + 60)
    assert f"{heir.address}, can accept now" in admin.read("role", "list").out
    assert listed(admin)["transfer"] == {"account": heir.address, "accept_after": after}


def test_roles_of_the_embedded_chain_are_listed_too(home: Path) -> None:
    said = attest("registry", "role", "list", "--json", home=home)
    assert said.code == 0
    holder = said.json["admin"]
    assert said.json["roles"] == {"REGISTRAR": [holder], "INSPECTOR": [holder], "CORRECTOR": [holder]}
    begun = attest("registry", "role", "transfer", STRANGER, home=home)
    assert (begun.code, attest("registry", "role", "cancel", home=home).code) == (0, 0)


@pytest.mark.parametrize(
    ("word", "code"),
    [("0x12", "IN105"), ("nonsense", "IN105"), ("0X" + "AB" * 20, "IN105"), ("0x" + "Ab" * 20, "IN118")],
)
def test_what_is_no_address_is_refused_before_anything_is_asked(home: Path, word: str, code: str) -> None:
    for command in ("transfer", "list"):
        assert refused(attest("registry", "role", command, word, home=home)) == code


@given(st.binary(min_size=20, max_size=20))
def test_an_address_may_be_written_in_one_case_or_with_its_checksum(raw: bytes) -> None:
    right = contract.checksummed("0x" + raw.hex())
    for spelling in ("0x" + raw.hex().upper(), right):
        assert contract.checksummed(spelling) == right


@given(st.binary(min_size=20, max_size=20), st.integers(0, 39))
def test_a_letter_in_the_wrong_case_is_a_wrong_checksum(raw: bytes, place: int) -> None:
    right = contract.checksummed("0x" + raw.hex())[2:]
    wrong = right[:place] + right[place].swapcase() + right[place + 1 :]
    assume(wrong not in (right, right.lower(), right.upper()))
    with pytest.raises(InputError) as caught:
        contract.checksummed("0x" + wrong)
    assert caught.value.code == "IN118"


def test_whoever_is_not_the_registrar_learns_who_grants(admin: Keeping, heir: Keeping) -> None:
    assert heir.keystore is not None
    record = admin.file("r.json", json.dumps(document(GOOD)))
    with piped(PASSPHRASE) as descriptor:
        said = heir.read("register", record, "--keystore", heir.keystore, "--passphrase-fd", descriptor)
    assert refused(said) == "RG146"
