"""Reasons of a status change: numbers on chain, words only here."""

import pytest

from attest.messages import LANGUAGES
from attest.reasons import Reason

FROZEN = {
    "not-given": 0,
    "rectification-ordered": 1,
    "rectified": 2,
    "service-ended": 3,
    "deregistered-on-request": 4,
    "false-information": 5,
    "violation": 6,
    "inspection-missed": 7,
    "entered-in-error": 8,
    "refiled": 9,
}


def test_a_number_that_is_on_chain_keeps_its_meaning() -> None:
    assert {reason.slug: reason.value for reason in Reason} == FROZEN


@pytest.mark.parametrize("reason", Reason)
def test_the_command_lines_name_leads_back(reason: Reason) -> None:
    assert Reason.from_slug(reason.slug) is reason


@pytest.mark.parametrize("slug", ["", "violation ", "not given", "违规", "0"])
def test_another_name_is_no_reason(slug: str) -> None:
    with pytest.raises(KeyError):
        Reason.from_slug(slug)


def test_every_reason_has_its_own_words_in_every_language() -> None:
    for lang in LANGUAGES:
        assert len({reason.text(lang) for reason in Reason}) == len(Reason)


def test_every_reason_fits_the_contracts_sixteen_bits() -> None:
    assert all(0 <= reason < 2**16 for reason in Reason)
