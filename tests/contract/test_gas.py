"""Gas: the committed figures are what the contract costs, and within the aims of the design."""

import asyncio
import json
from pathlib import Path

import pytest

from attest.chain.embedded import EmbeddedChain
from scripts import gas_table
from tests.contract.bench import ARTIFACT
from tests.contract.gas import DEPLOYMENT, FILE, LONG, SHORT, Case, drifted, measured

MOST_OF_A_TRANSACTION = 16_777_216  # EIP-7825
OURS = {"register", "amend", "setStatus", "correct", "reopen"}


@pytest.fixture(scope="module")
def figures() -> dict[str, int]:
    return measured()


def test_the_committed_figures_are_within_2_percent_of_the_measured(figures: dict[str, int]) -> None:
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    problems = drifted(committed, figures)
    assert not problems, "\n".join([*problems, "If that is meant: python -m tests.contract.gas"])


@pytest.mark.parametrize(("found", "is_drift"), [(1020, False), (1021, True), (980, False), (979, True)])
def test_more_than_2_percent_dearer_or_cheaper_is_a_drift(found: int, is_drift: bool) -> None:
    assert bool(drifted({"register 1": 1000}, {"register 1": found})) is is_drift


def test_a_case_that_only_one_side_has_is_a_drift() -> None:
    assert drifted({"a": 1}, {"b": 1}) == [f"{name}: only in one of file and measurement" for name in "ab"]


def test_every_function_that_changes_entries_is_measured(figures: dict[str, int]) -> None:
    functions = {item["name"] for item in ARTIFACT["abi"] if item["type"] == "function"}
    assert {name.split()[0] for name in figures} - {DEPLOYMENT} == OURS <= functions


def test_a_deployment_costs_at_most_2_600_000(figures: dict[str, int]) -> None:
    assert figures[DEPLOYMENT] <= 2_600_000


@pytest.mark.parametrize(("length", "most"), [(SHORT, 34_500), (LONG, 40_000)])
def test_a_registration_among_100_costs_at_most(figures: dict[str, int], length: int, most: int) -> None:
    assert figures[Case("register", 100, length).name] / 100 <= most


@pytest.mark.parametrize("by", ["REGISTRAR", "INSPECTOR"])
def test_a_status_change_among_32_costs_at_most_10_300(figures: dict[str, int], by: str) -> None:
    assert figures[Case("setStatus", 32, by=by).name] / 32 <= 10_300


def test_the_dearest_of_all_fits_a_transaction_of_16_777_216(figures: dict[str, int]) -> None:
    assert max(figures.values()) <= MOST_OF_A_TRANSACTION


def test_the_table_beside_peers_has_the_same_figures_on_the_embedded_chain(
    figures: dict[str, int], tmp_path: Path
) -> None:
    async def table() -> list[tuple[int | None, float]]:
        chain = EmbeddedChain.create(tmp_path / "chain.sqlite")
        rows = [(row.one, row.each_of_many) async for row in gas_table.registry(gas_table.Caller(chain))]
        await chain.close()
        return rows

    register, change = asyncio.run(table())
    assert register == (figures["register 1 of 295 bytes"], figures["register 100 of 295 bytes"] / 100)
    assert change[0] == figures["setStatus 1"]
