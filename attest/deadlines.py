"""Deadlines of a filing in working days, by 区块链信息服务管理规定 (CAC Order No. 3), Art. 11 and 12.

Periods run in days of Asia/Shanghai. The day they start from does not count; the n-th working day after it is the last
(Civil Code, Art. 201). Ending a service is counted the other way: the last day that leaves thirty full working days
strictly between it and the end day. Which days are working days is the job of `attest.workdays`; an answer that looked
at a year whose holidays nobody knows is provisional.

    >>> from attest.workdays import library
    >>> deadline = due(Kind.FILING, date(2026, 2, 10), library())
    >>> print(deadline.due, deadline.provisional)
    2026-03-02 False
    >>> due(Kind.FILING, date(2098, 12, 28), library()).unknown_years
    (2098, 2099)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from attest import messages
from attest.errors import InputError, RecordError
from attest.messages import Message
from attest.record.form import FilingForm
from attest.record.values import calendar_day
from attest.workdays import FIRST_OF_NOTICE, Calendar

ZONE: Final = "Asia/Shanghai"
_DAY: Final = timedelta(days=1)
_TIME: Final = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Kind(StrEnum):
    """What a period is for, in the order of a filing's life."""

    FILING = "filing"
    REVIEW = "review"
    OBJECTION = "objection"
    CHANGE = "change"
    TERMINATION = "termination"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of period is counted; itself the text of the rule.

    Attributes:
        code: Of the rule's text in the catalogue.
        article: Of the regulation, or None: the period for objections is set by the notice of each list.
        paragraph: Of the article, or None.
        days: Working days.
        forward: Counted from the start day on, or back from the end day.
        name: What the period is for.
        event: What happens on the day it is counted from.
        field: Where a filing form has that day.
        done_field: Where it has the day on which the period's duty was done, or None: no field tells.
    """

    code: str
    article: int | None
    paragraph: int | None
    days: int
    forward: bool
    name: Message
    event: Message
    field: str
    done_field: str | None = None

    def text(self, lang: str) -> str:
        return messages.text(self.code, lang, article=self.article, paragraph=self.paragraph, days=self.days)


RULES: Final[Mapping[Kind, Rule]] = {
    Kind.FILING: Rule(
        "DL011", 11, 1, 10, True, Message("DL001"), Message("DL006"), "dates.started_on", "dates.submitted_on"
    ),
    Kind.REVIEW: Rule(
        "DL012", 12, None, 20, True, Message("DL002"), Message("DL007"), "dates.submitted_on", "filed_on"
    ),
    Kind.OBJECTION: Rule("DL013", None, None, 10, True, Message("DL003"), Message("DL008"), "source.published"),
    Kind.CHANGE: Rule("DL014", 11, 2, 5, True, Message("DL004"), Message("DL009"), "dates.changed_on"),
    Kind.TERMINATION: Rule("DL015", 11, 3, 30, False, Message("DL005"), Message("DL010"), "dates.ends_on"),
}
"""Each kind's rule. Those of algorithm filings (算法备案) have the same names and other days: docs/deadlines.md."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period.

    Attributes:
        start: The day it is counted from; for the end of a service, the end day.
        due: The last day by the rule. Only that of the end of a service can be a day off.
        last_workday: `due`, or the last working day before it.
        unknown_years: The years of days that were looked at whose holidays are not known, ascending.
        awaits: The year whose notice, not known either, may still arrange a day that was looked at, at the end of the
            December before; None where there is none, or where the answer is provisional anyway.
        done_on: The day on which the duty was done, where a form tells.
    """

    kind: Kind
    start: date
    due: date
    last_workday: date
    unknown_years: tuple[int, ...]
    awaits: int | None
    done_on: date | None = None

    @property
    def rule(self) -> Rule:
        return RULES[self.kind]

    @property
    def provisional(self) -> bool:
        """Whether a year that nobody knows was counted with Monday to Friday as its working days."""
        return bool(self.unknown_years)


def due(kind: Kind, start: date, calendar: Calendar, *, done_on: date | None = None) -> Deadline:
    """The deadline of one period.

    Args:
        start: The day it is counted from, in Asia/Shanghai; for `Kind.TERMINATION`, the day the service ends.

    Raises:
        InputError: the count leaves the years 1 to 9999.
    """
    rule = RULES[kind]
    seen: list[date] = []

    def is_workday(day: date) -> bool:
        seen.append(day)
        return calendar.is_workday(day)

    try:
        day, left = start, rule.days
        while left:
            day += _DAY if rule.forward else -_DAY
            left -= is_workday(day)
        last = last_workday = day if rule.forward else day - _DAY
        while not is_workday(last_workday):
            last_workday -= _DAY
    except OverflowError as error:
        raise InputError("DL122", found=start) from error
    unknown = tuple(sorted({day.year for day in seen} - calendar.known))
    open_years = {day.year + 1 for day in seen if (day.month, day.day) >= FIRST_OF_NOTICE} - calendar.known
    awaits = min(open_years) if open_years and not unknown else None
    return Deadline(kind, start, last, last_workday, unknown, awaits, done_on)


def of_filing(form: FilingForm, calendar: Calendar) -> list[Deadline]:
    """The deadlines of a filing's whole life, of every kind whose start day the form gives.

    Raises:
        InputError: as `due`.
    """
    starts = {kind: _day_at(form, rule.field) for kind, rule in RULES.items()}
    done = {kind: _day_at(form, rule.done_field) for kind, rule in RULES.items() if rule.done_field}
    return [due(kind, start, calendar, done_on=done.get(kind)) for kind, start in starts.items() if start is not None]


def parse_start(text: str) -> date:
    """The day in Asia/Shanghai that a day, or a time with its offset from UTC, names.

    Raises:
        InputError: neither; a time without an offset could be another day.
    """
    try:
        return date.fromisoformat(calendar_day(text))
    except RecordError:
        pass
    shape = _TIME.fullmatch(text)
    if shape and not shape["offset"]:
        raise InputError("DL121", found=messages.shown(text))
    try:
        if shape:
            return datetime.fromisoformat(text).astimezone(ZoneInfo(ZONE)).date()
    except (ValueError, OverflowError):
        pass
    raise InputError("DL120", found=messages.shown(text))


def _day_at(form: FilingForm, path: str) -> date | None:
    value: Any = form
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return None if value is None else date.fromisoformat(value)
