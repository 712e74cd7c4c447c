"""Working days in China, and the file by which a user gives a year that the program does not know.

Saturdays and Sundays are off unless the State Council makes one a working day (调休); holidays are off. Each year's
notice comes out in the autumn before. `library` knows the years of the package chinese-calendar; `read_arrangements`
reads further ones. In a year that nobody knows Monday to Friday are counted as working: whoever counts there must say
so, by `Calendar.known`.

    >>> day = date(2026, 2, 14)  # a Saturday, worked for the Spring Festival
    >>> library().is_workday(day), 2026 in library().known
    (True, True)
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from attest import messages
from attest.documents import parse_document
from attest.errors import HolidaysError, RecordError
from attest.record.values import calendar_day

MAX_YEARS: Final = 100  # in one file
MAX_SOURCE: Final = 200  # characters
FIRST_OF_NOTICE: Final = (12, 25)
"""Month and day of the year before, from which on a notice may arrange the New Year. None since 2004 did so before 29
December."""

_FIELDS: Final = ("year", "holidays", "workdays", "source")
_FIXED: Final = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
"""Holidays of every year, by 全国年节及纪念日放假办法: a file without them is not a whole year."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One year's holidays, as a notice of the State Council arranges them.

    Attributes:
        holidays: Days off, weekends among them or not.
        workdays: Saturdays and Sundays that are worked.
        source: Where this was taken from, in the user's words.
    """

    year: int
    holidays: frozenset[date]
    workdays: frozenset[date]
    source: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are working days.

    Attributes:
        known: The years whose holidays are.
        holidays: Days off, weekends among them or not.
        workdays: Saturdays and Sundays that are worked.
    """

    known: frozenset[int]
    holidays: frozenset[date]
    workdays: frozenset[date]

    def is_workday(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)

    def replaced_by(self, arrangements: Iterable[Arrangement]) -> "Calendar":
        """This calendar with these years as given; what a notice says of the December before it is added to that."""
        given = {arrangement.year: arrangement for arrangement in arrangements}

        def stays(day: date) -> bool:
            of_next_notice = (day.month, day.day) >= FIRST_OF_NOTICE and day.year + 1 in self.known - given.keys()
            return day.year not in given or of_next_notice

        holidays, workdays = set(filter(stays, self.holidays)), set(filter(stays, self.workdays))
        for _, arrangement in sorted(given.items()):
            holidays = (holidays - arrangement.workdays) | arrangement.holidays
            workdays = (workdays - arrangement.holidays) | arrangement.workdays
        return Calendar(self.known | given.keys(), frozenset(holidays), frozenset(workdays))


@cache
def library() -> Calendar:
    """The years that the package chinese-calendar has."""
    import chinese_calendar  # type: ignore[import-untyped]

    holidays, workdays = frozenset(chinese_calendar.holidays), frozenset(chinese_calendar.workdays)
    return Calendar(frozenset(day.year for day in holidays), holidays, workdays)


def read_arrangements(data: bytes, *, name: str) -> list[Arrangement]:
    """The years of a holidays file. Format: docs/deadlines.md.

    Args:
        name: The file's name: `.yaml` and `.yml` are YAML, everything else is JSON.

    Raises:
        RecordError: neither YAML nor JSON with one reading.
        HolidaysError: it does not give whole years; says what is wrong, and in which document of several.
    """
    document = parse_document(data, name)
    items = document if isinstance(document, list) else [document]
    if not 0 < len(items) <= MAX_YEARS:
        raise HolidaysError("DL102", limit=MAX_YEARS, found=len(items))
    arrangements: list[Arrangement] = []
    for position, item in enumerate(items, start=1):
        try:
            arrangement = _arrangement(item)
            if any(arrangement.year == other.year for other in arrangements):
                raise HolidaysError("DL106", year=arrangement.year)
        except HolidaysError as error:
            if len(items) == 1:
                raise
            raise HolidaysError("DL103", position=position, why=error) from error
        arrangements.append(arrangement)
    return arrangements


def _arrangement(item: Any) -> Arrangement:
    if not isinstance(item, dict):
        raise HolidaysError("DL101", found=messages.shown(item))
    if unknown := [name for name in item if name not in _FIELDS]:
        raise HolidaysError("DL104", field=messages.shown(unknown[0]), known=", ".join(_FIELDS))
    if missing := [name for name in _FIELDS if item.get(name) is None]:
        raise HolidaysError("DL105", field=missing[0])
    year = _year(item["year"])
    holidays = _days(item, "holidays", year)
    workdays = _days(item, "workdays", year)
    if both := holidays & workdays:
        raise HolidaysError("DL110", day=min(both))
    if weekdays := [day for day in sorted(workdays) if day.weekday() < 5]:
        raise HolidaysError("DL111", day=weekdays[0])
    if left_out := [day for day in (date(year, *fixed) for fixed in _FIXED) if day not in holidays]:
        raise HolidaysError("DL112", year=year, day=left_out[0])
    return Arrangement(year, holidays, workdays, _source(item["source"]))


def _year(value: Any) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch("[1-9][0-9]{3}", text):
        raise HolidaysError("DL107", found=messages.shown(value))
    return int(text)


def _source(value: Any) -> str:
    if not (isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= MAX_SOURCE):
        raise HolidaysError("DL113", limit=MAX_SOURCE, found=messages.shown(value))
    return value.strip()


def _days(item: Mapping[str, Any], field: str, year: int) -> frozenset[date]:
    """The days of one list, each of which must stand there once."""
    if not isinstance(item[field], list):
        raise HolidaysError("DL108", field=field, found=messages.shown(item[field]))
    days: set[date] = set()
    for entry in item[field]:
        first, last = _interval(entry, field)
        for end in (first, last):
            if end.year != year and not (end.year == year - 1 and (end.month, end.day) >= FIRST_OF_NOTICE):
                raise HolidaysError("DL109", field=field, year=year, before=year - 1, day=end)
        covered = {first + _DAY * count for count in range((last - first).days + 1)}
        if twice := days & covered:
            raise HolidaysError("DL110", day=min(twice))
        days |= covered
    return frozenset(days)


def _interval(entry: Any, field: str) -> tuple[date, date]:
    """First and last day of `2100-02-08/2100-02-14`, or of a day alone."""
    try:
        first, slash, last = entry.partition("/") if isinstance(entry, str) else ("", "", "")
        begin = date.fromisoformat(calendar_day(first))
        end = date.fromisoformat(calendar_day(last)) if slash else begin
    except RecordError as error:
        raise HolidaysError("DL114", field=field, found=messages.shown(entry)) from error
    if end < begin:
        raise HolidaysError("DL115", field=field, first=begin, last=end)
    return begin, end
