"""Gas, at the worst case of calldata (no zero byte in a record): the aims are upper bounds."""

import pytest

from tests.contract.bench import Bench, Status, key


def numbers(count: int) -> list[bytes]:
    return [key(serial) for serial in range(1, count + 1)]


@pytest.fixture
def used(registry: Bench) -> Bench:
    """A registry whose head has been written once, as all but the first call find it."""
    registry.send("register", [(key(0), b"{}")], by="REGISTRAR")
    return registry


def test_a_deployment_costs_at_most_2_600_000() -> None:
    assert Bench.start().deploy().gas_used <= 2_600_000


@pytest.mark.parametrize(("length", "most"), [(295, 34_500), (533, 40_000)])
def test_a_registration_among_100_costs_at_most(used: Bench, length: int, most: int) -> None:
    batch = [(number, b"{" * length) for number in numbers(100)]
    assert used.send("register", batch, by="REGISTRAR").gas_used / 100 <= most


@pytest.mark.parametrize("by", ["REGISTRAR", "INSPECTOR"])
def test_a_status_change_among_32_costs_at_most_10_300(used: Bench, by: str) -> None:
    used.send("register", [(number, b"{}") for number in numbers(32)], by="REGISTRAR")
    assert used.send("setStatus", numbers(32), Status.SUSPENDED, 101, by=by).gas_used / 32 <= 10_300


def test_the_dearest_batch_of_least_records_fits_a_transaction_of_16_777_216(used: Bench) -> None:
    batch = [(number, b"{") for number in numbers(256)]
    assert used.send("register", batch, by="REGISTRAR").gas_used <= 16_777_216
