"""A registrar killed at any step registers every filing once; two builds that are wrong are found out."""

from pathlib import Path

import pytest

from tests.chain.anvil import Anvil
from tests.faults.kills import killed
from tests.faults.registrar import Build

WRONG: tuple[Build, ...] = ("sends before it journals", "takes the pool's nonce and forgets")


def test_a_registrar_killed_twenty_times_doubles_loses_and_reverts_nothing(anvil: Anvil, tmp_path: Path) -> None:
    outcome = killed(anvil, tmp_path, build="sound", kills=20, seed=1)
    assert outcome.kills == 20
    assert outcome.sound, outcome
    assert not outcome.failures


@pytest.mark.sampled
@pytest.mark.parametrize("build", WRONG)
def test_a_wrong_build_is_found_out(anvil: Anvil, tmp_path: Path, build: Build) -> None:
    assert not killed(anvil, tmp_path, build=build, kills=8, seed=1).sound


@pytest.mark.long
def test_a_registrar_killed_two_hundred_times_doubles_loses_and_reverts_nothing(anvil: Anvil, tmp_path: Path) -> None:
    for seed in range(2, 12):
        outcome = killed(anvil, tmp_path, build="sound", kills=20, seed=seed)
        assert outcome.kills == 20
        assert outcome.sound, outcome
        assert not outcome.failures
