"""Who may do what: nobody anything until an admin grants it, and an admin nothing but granting."""

import pytest

from tests.contract.bench import (
    ADDRESSES,
    ARTIFACT,
    DELAY_S,
    GRANTED,
    WHO,
    Bench,
    RefusedError,
    Status,
    digest,
    key,
    role,
    unauthorised,
)

CALLS = {
    "register": ([(key(0), b"{}")],),
    "amend": ([(key(1), digest(b"record 1"), b"{}")],),
    "setStatus": ([key(1)], Status.SUSPENDED, 0),
    "correct": (key(1), 0),
    "reopen": (key(5), b"{}"),
}
NEEDED = {
    "register": "REGISTRAR",
    "amend": "REGISTRAR",
    "setStatus": "INSPECTOR",
    "correct": "CORRECTOR",
    "reopen": "CORRECTOR",
}


@pytest.fixture
def bare() -> Bench:
    """A registry as its constructor leaves it."""
    bench = Bench.start()
    bench.deploy()
    return bench


def test_every_function_that_changes_something_is_covered_here() -> None:
    functions = [item for item in ARTIFACT["abi"] if item["type"] == "function"]
    ours = {item["name"] for item in functions if item["stateMutability"] == "nonpayable"}
    inherited = {name for name in ours if "Role" in name or "DefaultAdmin" in name}
    assert ours - inherited == set(CALLS)


@pytest.mark.parametrize("who", WHO)
def test_a_new_registry_has_granted_nothing(bare: Bench, who: str) -> None:
    assert not any(bare.call("hasRole", role(name), ADDRESSES[who]) for name in GRANTED)


@pytest.mark.parametrize("function", CALLS)
def test_the_admin_of_a_new_registry_cannot_write_to_it(bare: Bench, function: str) -> None:
    assert bare.refusal(function, *CALLS[function], by="ADMIN") == unauthorised("ADMIN", NEEDED[function])


@pytest.mark.parametrize("function", CALLS)
def test_a_role_is_enough_for_its_functions_and_gone_when_revoked(populated: Bench, function: str) -> None:
    populated.grant(NEEDED[function], "NOBODY")
    populated.copy().send(function, *CALLS[function], by="NOBODY")
    populated.send("revokeRole", role(NEEDED[function]), ADDRESSES["NOBODY"], by="ADMIN")
    assert populated.refusal(function, *CALLS[function], by="NOBODY") == unauthorised("NOBODY", NEEDED[function])


@pytest.mark.parametrize("name", GRANTED)
def test_role_constants_are_hashes_of_their_names(registry: Bench, name: str) -> None:
    assert registry.call(name) == role(name)
    assert registry.call("getRoleAdmin", role(name)) == registry.call("DEFAULT_ADMIN_ROLE") == bytes(32)


@pytest.mark.parametrize("by", [who for who in WHO if who != "ADMIN"])
@pytest.mark.parametrize("function", ["grantRole", "revokeRole"])
def test_only_the_admin_grants_and_revokes(registry: Bench, function: str, by: str) -> None:
    refusal = registry.refusal(function, role("REGISTRAR"), ADDRESSES["REGISTRAR"], by=by)
    assert refusal == ("AccessControlUnauthorizedAccount", "0x" + ADDRESSES[by].hex(), bytes(32))


def test_the_admin_role_cannot_be_granted_past_the_two_steps(registry: Bench) -> None:
    refusal = registry.refusal("grantRole", bytes(32), ADDRESSES["NOBODY"], by="ADMIN")
    assert refusal == ("AccessControlEnforcedDefaultAdminRules",)


def test_a_new_admin_is_refused_before_the_delay_has_passed(registry: Bench) -> None:
    registry.send("beginDefaultAdminTransfer", ADDRESSES["NOBODY"], by="ADMIN")
    refusal = registry.refusal("acceptDefaultAdminTransfer", by="NOBODY")
    assert refusal[0] == "AccessControlEnforcedDefaultAdminDelay"
    assert registry.call("defaultAdmin") == "0x" + ADDRESSES["ADMIN"].hex()


def test_a_new_admin_takes_over_when_the_delay_has_passed() -> None:
    bench = Bench.start()
    bench.deploy(delay_s=0)
    bench.send("beginDefaultAdminTransfer", ADDRESSES["NOBODY"], by="ADMIN")
    bench.send("acceptDefaultAdminTransfer", by="NOBODY")
    bench.send("grantRole", role("REGISTRAR"), ADDRESSES["REGISTRAR"], by="NOBODY")
    assert bench.refusal("grantRole", role("REGISTRAR"), ADDRESSES["NOBODY"], by="ADMIN")[0].endswith(
        "UnauthorizedAccount"
    )


def test_the_constructor_keeps_name_admin_delay_and_block(bare: Bench) -> None:
    second = bare.copy()
    receipt = second.deploy(name="登记", admin="NOBODY", delay_s=7)
    assert second.address != bare.address
    assert second.call("name") == "登记"
    assert second.call("deployedAt") == receipt.block == 2
    assert (second.call("defaultAdmin"), second.call("defaultAdminDelay")) == ("0x" + ADDRESSES["NOBODY"].hex(), 7)
    assert (bare.call("name"), bare.call("deployedAt"), bare.call("defaultAdminDelay")) == ("test", 1, DELAY_S)


@pytest.mark.parametrize("length", [1, 31, 32, 64])
def test_a_name_of_1_to_64_bytes_is_accepted(length: int) -> None:
    bench = Bench.start()
    bench.deploy(name="n" * length)
    assert bench.call("name") == "n" * length


@pytest.mark.parametrize("length", [0, 65])
def test_a_name_outside_1_to_64_bytes_is_refused(length: int) -> None:
    with pytest.raises(RefusedError) as caught:
        Bench.start().deploy(name="n" * length)
    assert caught.value.args == ("NameOutOfBounds", length, 64)


def test_a_registry_without_an_admin_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        Bench.start().deploy(admin="ZERO")
    assert caught.value.args == ("AccessControlInvalidDefaultAdmin", "0x" + "00" * 20)
