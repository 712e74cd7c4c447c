"""Deadlines: every start day against a count of its own, the worked examples, a filing's life."""

import doctest
import re
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import chinese_calendar
import pytest

import attest.deadlines
import attest.workdays
from attest import messages
from attest.deadlines import RULES, Kind, due, of_filing, parse_start
from attest.errors import InputError
from attest.record import build_form
from attest.workdays import Arrangement, Calendar, library

DOCS: Final = Path(__file__).parents[2] / "docs"
DAY: Final = timedelta(days=1)
DAYS: Final = {Kind.FILING: 10, Kind.REVIEW: 20, Kind.OBJECTION: 10, Kind.CHANGE: 5, Kind.TERMINATION: 30}
EXAMPLE: Final = re.compile(r"^\| `([a-z]+)` \| (\d{4}-\d\d-\d\d) \| (\d{4}-\d\d-\d\d) \|", re.MULTILINE)
LAST: Final = max(library().known)
"""The last year that the library knows; its successor is known to nobody."""


def days(first: date, last: date) -> list[date]:
    return [first + DAY * count for count in range((last - first).days + 1)]


def works(day: date) -> bool:
    return chinese_calendar.is_workday(day) if day.year <= LAST else day.weekday() < 5


WORKDAYS: Final = [day for day in days(date(2017, 1, 1), date(LAST + 1, 6, 30)) if works(day)]


def counted(kind: Kind, start: date) -> date:
    """The last day by the list of all working days."""
    if kind is Kind.TERMINATION:
        return WORKDAYS[bisect_left(WORKDAYS, start) - DAYS[kind]] - DAY
    return WORKDAYS[bisect_right(WORKDAYS, start) + DAYS[kind] - 1]


@pytest.mark.parametrize("kind", Kind)
def test_every_start_day_of_2018_to_2026_agrees_with_chinese_calendar(kind: Kind) -> None:
    for start in days(date(2018, 1, 1), date(2026, 12, 31)):
        found = due(kind, start, library())
        assert (found.due, found.start) == (counted(kind, start), start)
        assert found.last_workday == WORKDAYS[bisect_right(WORKDAYS, found.due) - 1]


@pytest.mark.parametrize("kind", Kind)
def test_an_answer_is_provisional_exactly_where_a_day_beyond_the_known_years_was_looked_at(kind: Kind) -> None:
    for start in days(date(LAST, 1, 1), date(LAST + 1, 2, 28)):
        found = due(kind, start, library())
        last_seen = start - DAY if kind is Kind.TERMINATION else found.due
        assert found.provisional is (last_seen.year > LAST)
        assert found.unknown_years == ((LAST + 1,) if found.provisional else ())
        assert found.due == counted(kind, start)


def test_both_sorts_of_answer_occur_in_the_last_known_year() -> None:
    found = {due(Kind.FILING, start, library()).provisional for start in days(date(LAST, 1, 1), date(LAST, 12, 31))}
    assert found == {True, False}


def test_a_year_before_the_known_ones_is_provisional_too() -> None:
    first = min(library().known)
    assert due(Kind.TERMINATION, date(first, 1, 20), library()).unknown_years == (first - 1,)


def test_a_year_between_known_ones_is_named_with_the_others() -> None:
    gap = Calendar(frozenset({2101}), frozenset(), frozenset())
    assert due(Kind.TERMINATION, date(2102, 1, 4), gap).unknown_years == (2102,)
    assert due(Kind.FILING, date(2101, 12, 27), gap).unknown_years == (2102,)
    assert due(Kind.FILING, date(2100, 12, 27), gap).unknown_years == (2100,)


def test_the_last_week_of_december_awaits_the_next_notice_and_no_other_day_does() -> None:
    def awaits(last: date) -> int | None:
        return due(Kind.CHANGE, WORKDAYS[bisect_left(WORKDAYS, last) - 5], library()).awaits

    assert awaits(date(LAST, 12, 24)) is None
    assert awaits(date(LAST, 12, 25)) == awaits(date(LAST, 12, 31)) == LAST + 1
    assert awaits(date(LAST - 1, 12, 31)) is None
    assert due(Kind.TERMINATION, date(LAST + 1, 1, 10), library()).awaits is None  # provisional says it all


def test_no_notice_arranged_a_december_earlier_than_the_week_that_awaits_it() -> None:
    arranged = library().holidays | library().workdays
    assert min((day.month, day.day) for day in arranged if day.month == 12) >= attest.workdays.FIRST_OF_NOTICE


@pytest.mark.parametrize("page", ["deadlines.md", "deadlines.zh-CN.md"])
def test_the_worked_examples_of_the_pages_are_true(page: str) -> None:
    examples = EXAMPLE.findall((DOCS / page).read_text(encoding="utf-8"))
    assert len(examples) == 8
    assert {kind for kind, _, _ in examples} == set(Kind)
    for kind, start, last in examples:
        assert due(Kind(kind), date.fromisoformat(start), library()).due == date.fromisoformat(last)


def test_both_pages_have_the_same_examples() -> None:
    english, chinese = ((DOCS / page).read_text("utf-8") for page in ("deadlines.md", "deadlines.zh-CN.md"))
    assert EXAMPLE.findall(english) == EXAMPLE.findall(chinese)


def test_spring_festival_and_its_two_make_up_saturdays() -> None:
    assert due(Kind.FILING, date(2026, 2, 10), library()).due == date(2026, 3, 2)


def test_a_make_up_saturday_is_a_last_day_like_any_other() -> None:
    assert due(Kind.CHANGE, date(2026, 2, 9), library()).due == date(2026, 2, 14)


def test_national_day_and_its_make_up_weekend() -> None:
    assert due(Kind.FILING, date(2025, 9, 26), library()).due == date(2025, 10, 16)


def test_the_end_of_a_service_can_be_due_on_a_day_off_and_tells_the_working_day_before() -> None:
    found = due(Kind.TERMINATION, date(2025, 10, 31), library())
    assert (found.due, found.last_workday) == (date(2025, 9, 14), date(2025, 9, 12))


def test_periods_of_algorithm_filings_are_not_used() -> None:
    assert {kind: (rule.days, rule.forward) for kind, rule in RULES.items()} == {
        Kind.FILING: (10, True),
        Kind.REVIEW: (20, True),
        Kind.OBJECTION: (10, True),
        Kind.CHANGE: (5, True),
        Kind.TERMINATION: (30, False),
    }


@pytest.mark.parametrize("lang", messages.LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_a_rule_names_its_days_and_its_article(kind: Kind, lang: str) -> None:
    rule = RULES[kind]
    assert str(rule.days) in rule.text(lang)
    assert "None" not in rule.text(lang)
    assert rule.article is None or str(rule.article) in rule.text(lang)


@pytest.mark.parametrize(("kind", "start"), [(Kind.FILING, date.max), (Kind.TERMINATION, date.min)])
def test_a_count_that_leaves_the_calendar_is_refused(kind: Kind, start: date) -> None:
    with pytest.raises(InputError) as caught:
        due(kind, start, library())
    assert caught.value.code == "DL122"


# --- which days are working days ---------------------------------------------------------------------------


def arrangement(year: int, holidays: set[date], workdays: set[date]) -> Arrangement:
    return Arrangement(year, frozenset(holidays), frozenset(workdays), "a test")


def test_the_calendar_is_the_librarys_on_every_day_it_has() -> None:
    for day in days(date(min(library().known), 1, 1), date(LAST, 12, 31)):
        assert library().is_workday(day) is chinese_calendar.is_workday(day)


def test_a_given_year_is_known_and_counted_by_its_days() -> None:
    monday, saturday = date(2100, 2, 8), date(2100, 2, 6)
    calendar = library().replaced_by([arrangement(2100, {monday}, {saturday})])
    assert 2100 in calendar.known
    assert not calendar.is_workday(monday)
    assert calendar.is_workday(saturday)
    assert due(Kind.CHANGE, date(2100, 2, 5), calendar).due == date(2100, 2, 12)


def test_a_given_year_replaces_the_librarys_as_a_whole() -> None:
    calendar = library().replaced_by([arrangement(2026, {date(2026, 3, 2)}, set())])
    assert not calendar.is_workday(date(2026, 3, 2))
    assert calendar.is_workday(date(2026, 2, 18))
    assert not calendar.is_workday(date(2026, 2, 14))
    assert calendar.is_workday(date(2025, 10, 11))
    assert library().is_workday(date(2026, 3, 2))


def test_a_notice_arranges_the_december_before_its_year_whatever_the_order() -> None:
    friday, saturday = date(2101, 12, 30), date(2101, 12, 31)
    earlier = arrangement(2101, {friday}, {saturday})
    later = arrangement(2102, {saturday}, set())
    for given in ([earlier, later], [later, earlier]):
        calendar = library().replaced_by(given)
        assert not calendar.is_workday(friday)
        assert not calendar.is_workday(saturday)
        assert not calendar.holidays & calendar.workdays
    undone = library().replaced_by([arrangement(2101, {saturday}, set()), arrangement(2102, set(), {saturday})])
    assert undone.is_workday(saturday)
    assert not undone.holidays & undone.workdays
    assert library().replaced_by([later]).known == library().known | {2102}


# --- the day it is counted from ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-10", date(2026, 2, 10)),
        ("2026-02-10T00:00+08:00", date(2026, 2, 10)),
        ("2026-02-10 23:59:59+08:00", date(2026, 2, 10)),
        ("2026-02-10T15:59:59.999999Z", date(2026, 2, 10)),
        ("2026-02-10T16:00Z", date(2026, 2, 11)),
        ("2026-02-10T11:00-05:00", date(2026, 2, 11)),
        ("2026-02-10T00:00+14:00", date(2026, 2, 9)),
        ("1988-07-01T15:30Z", date(1988, 7, 2)),  # summer time in China
    ],
)
def test_a_time_is_taken_to_its_day_in_china(text: str, day: date) -> None:
    assert parse_start(text) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "DL120"),
        ("today", "DL120"),
        ("2026-2-10", "DL120"),
        ("20260210", "DL120"),
        ("2026-W07-2", "DL120"),
        ("2026-02-30", "DL120"),
        ("2026-02-10 ", "DL120"),
        ("２０２６-02-10", "DL120"),
        ("10.02.2026", "DL120"),
        ("2026-02-10T25:00Z", "DL120"),
        ("2026-02-10T10:00+99:00", "DL120"),
        ("9999-12-31T23:00Z", "DL120"),
        ("0001-01-01T00:00+14:00", "DL120"),
        ("2026-02-10T10:00", "DL121"),
        ("2026-02-10 10:00:00", "DL121"),
    ],
)
def test_what_names_no_one_day_in_china_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_start(text)
    assert caught.value.code == code


# --- a filing's life ---------------------------------------------------------------------------------------

LIFE: Final = build_form(
    {
        "subject": {"kind": "organisation"},
        "dates": {
            "started_on": "2025-09-26",
            "submitted_on": "2025-10-17",
            "changed_on": "2026-02-09",
            "ends_on": "2026-10-30",
        },
        "filed_on": "2025-11-03",
        "source": {"published": "2025-11-28"},
    }
)


def test_a_life_has_every_deadline_in_its_order_counted_from_its_own_day() -> None:
    found = of_filing(LIFE, library())
    assert [deadline.kind for deadline in found] == list(Kind)
    for deadline in found:
        assert deadline.due == counted(deadline.kind, deadline.start)
    assert [str(deadline.start) for deadline in found] == [
        "2025-09-26",
        "2025-10-17",
        "2025-11-28",
        "2026-02-09",
        "2026-10-30",
    ]


def test_a_duty_that_was_done_is_done_on_the_day_the_form_gives() -> None:
    done = {deadline.kind: deadline.done_on for deadline in of_filing(LIFE, library())}
    assert (done[Kind.FILING], done[Kind.REVIEW]) == (date(2025, 10, 17), date(2025, 11, 3))
    assert {done[Kind.OBJECTION], done[Kind.CHANGE], done[Kind.TERMINATION]} == {None}


@pytest.mark.parametrize("more", [{}, {"dates": None}, {"dates": {}, "source": {"list": "第一批"}}, {"备注": [1]}])
def test_nothing_is_counted_from_a_day_that_is_not_given(more: dict[str, Any]) -> None:
    assert of_filing(build_form({"subject": {"kind": "organisation"}} | more), library()) == []


@pytest.mark.parametrize("kind", Kind)
def test_each_day_alone_gives_its_own_deadline(kind: Kind) -> None:
    part, name = RULES[kind].field.split(".")
    form = build_form({"subject": {"kind": "organisation"}, part: {name: "2026-03-02"}})
    assert [deadline.kind for deadline in of_filing(form, library())] == [kind]


def test_a_later_kind_of_the_enumeration_is_a_later_part_of_the_life() -> None:
    starts = [deadline.start for deadline in of_filing(LIFE, library())]
    assert all(earlier < later for earlier, later in pairwise(starts))


@pytest.mark.parametrize("module", [attest.deadlines, attest.workdays])
def test_the_examples_of_the_modules_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
