"""The verdict table: one test a row."""

import itertools

import pytest

from attest import messages
from attest.verdict import ADVISORY, CODES, REQUIRED, Check, Outcome, State, decide

ONE_OF = {(name, state): code for code, (name, state) in sorted(CODES.items(), reverse=True)}


def check(name: str, state: State) -> Check:
    return Check(ONE_OF[name, state])


def checks(**states: State) -> list[Check]:
    """All required checks passed, but those given."""
    return [check(name, states.get(name, State.PASS)) for name in REQUIRED]


def test_all_required_checks_passed_is_a_match() -> None:
    assert decide(checks()) is Outcome.MATCH


@pytest.mark.parametrize("name", [name for name in REQUIRED if (name, State.FAIL) in ONE_OF])
def test_one_required_fail_is_a_mismatch(name: str) -> None:
    assert decide(checks(**{name: State.FAIL})) is Outcome.MISMATCH


@pytest.mark.parametrize("name", [name for name in REQUIRED if (name, State.UNDECIDED) in ONE_OF])
def test_one_required_undecided_is_undecided(name: str) -> None:
    assert decide(checks(**{name: State.UNDECIDED})) is Outcome.UNDECIDED


def test_a_fail_that_was_seen_outweighs_what_is_undecided() -> None:
    assert decide(checks(status=State.FAIL, record_intact=State.UNDECIDED)) is Outcome.MISMATCH


def test_checks_that_do_not_apply_do_not_count() -> None:
    assert decide(checks(record_intact=State.NOT_APPLICABLE, domain=State.NOT_APPLICABLE)) is Outcome.MATCH


def test_nothing_judged_is_no_match() -> None:
    nothing = [check(name, State.NOT_APPLICABLE) for name in REQUIRED if (name, State.NOT_APPLICABLE) in ONE_OF]
    assert decide(nothing) is Outcome.UNDECIDED
    assert decide([]) is Outcome.UNDECIDED


@pytest.mark.parametrize(("name", "state"), [pair for pair in ONE_OF if pair[0] in ADVISORY])
def test_advisory_checks_never_change_the_verdict(name: str, state: State) -> None:
    for outcome, required in [
        (Outcome.MATCH, checks()),
        (Outcome.MISMATCH, checks(domain=State.FAIL)),
        (Outcome.UNDECIDED, checks(domain=State.UNDECIDED)),
    ]:
        assert decide([*required, check(name, state)]) is outcome


@pytest.mark.parametrize("domain", [State.PASS, State.FAIL, State.UNDECIDED])
def test_whatever_the_rest_says_an_undecided_display_is_never_a_match(domain: State) -> None:
    assert decide(checks(displayed=State.UNDECIDED, domain=domain)) is not Outcome.MATCH


@pytest.mark.parametrize(
    ("code", "name", "state"),
    [
        ("FA101", "displayed", "FAIL"),
        ("FA102", "displayed", "FAIL"),
        ("FA120", "displayed", "UNDECIDED"),
        ("FA210", "well_formed", "FAIL"),
        ("FA310", "registered", "FAIL"),
        ("FA320", "registered", "UNDECIDED"),
        ("FA323", "registered", "UNDECIDED"),
        ("FA410", "status", "FAIL"),
        ("FA411", "status", "FAIL"),
        ("FA412", "status", "FAIL"),
        ("FA520", "record_intact", "UNDECIDED"),
        ("FA600", "domain", "PASS"),
        ("FA610", "domain", "FAIL"),
        ("FA620", "domain", "UNDECIDED"),
        ("FA910", "link", "FAIL"),
    ],
)
def test_codes_keep_their_meaning(code: str, name: str, state: str) -> None:
    assert CODES[code] == (name, state)


def test_every_code_belongs_to_a_check_and_has_its_own_hundred() -> None:
    for hundred, group in itertools.groupby(sorted(CODES), key=lambda code: code[:3]):
        names = {CODES[code][0] for code in group}
        assert names <= {"link", "qr", "published", "second_look"} if hundred == "FA9" else len(names) == 1


def test_a_record_fault_is_never_a_fail() -> None:
    assert State.FAIL not in {state for name, state in CODES.values() if name == "record_intact"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_check_can_be_said_in_every_language(code: str) -> None:
    for lang in messages.LANGUAGES:
        assert Check(code, expected="E", found="F", where="W").text(lang)
