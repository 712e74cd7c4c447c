"""Whatever the calendar, a deadline is what its rule says; whatever the holidays file, it is read whole or refused."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from attest.deadlines import RULES, Deadline, Kind, due
from attest.errors import HolidaysError, InputError, RecordError
from attest.workdays import Arrangement, Calendar, read_arrangements
from tests.amounts import examples

EXAMPLE: Final = (Path(__file__).parents[2] / "docs/example-holidays.yaml").read_bytes()
DAY: Final = timedelta(days=1)
FIXED: Final = {date(2100, month, day) for month, day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))}

kinds = st.sampled_from(Kind)
starts = st.dates(date(2100, 3, 1), date(2100, 10, 31))
days_of_2100 = st.dates(date(2100, 1, 1), date(2100, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    off = draw(st.frozensets(days_of_2100, max_size=60))
    worked = draw(st.frozensets(days_of_2100.filter(lambda day: day.weekday() > 4), max_size=20)) - off
    return Calendar(draw(st.frozensets(st.integers(2098, 2102))), off, worked)


def between(first: date, last: date, calendar: Calendar) -> int:
    """Working days strictly between two days."""
    return sum(calendar.is_workday(first + DAY * count) for count in range(1, (last - first).days))


@given(kinds, starts, calendars())
def test_a_last_day_leaves_exactly_the_working_days_of_its_rule(kind: Kind, start: date, calendar: Calendar) -> None:
    found, wanted = due(kind, start, calendar), RULES[kind].days
    if kind is Kind.TERMINATION:
        assert between(found.due, start, calendar) == wanted
        assert between(found.due + DAY, start, calendar) < wanted
    else:
        assert between(start, found.due + DAY, calendar) == wanted
        assert calendar.is_workday(found.due)


@given(kinds, starts, starts, calendars())
def test_a_later_start_is_never_due_earlier(kind: Kind, one: date, other: date, calendar: Calendar) -> None:
    first, second = sorted((one, other))
    assert due(kind, first, calendar).due <= due(kind, second, calendar).due


@given(kinds, starts, calendars())
def test_the_last_working_day_is_the_last_one_up_to_the_due_day(kind: Kind, start: date, calendar: Calendar) -> None:
    found = due(kind, start, calendar)
    assert found.last_workday <= found.due
    assert calendar.is_workday(found.last_workday)
    assert between(found.last_workday, found.due + DAY, calendar) == 0


@given(kinds, starts, calendars())
def test_what_nobody_knows_makes_it_provisional_and_knowing_more_never_does(
    kind: Kind, start: date, calendar: Calendar
) -> None:
    found = due(kind, start, calendar)
    assert found.provisional is (2100 not in calendar.known or _leaves_2100(found, calendar))
    all_known = Calendar(frozenset(range(2090, 2110)), calendar.holidays, calendar.workdays)
    assert not due(kind, start, all_known).provisional
    assert due(kind, start, all_known).due == found.due


def _leaves_2100(found: Deadline, calendar: Calendar) -> bool:
    return bool({found.due.year, found.last_workday.year} - calendar.known)


@st.composite
def arrangements(draw: st.DrawFn) -> Arrangement:
    off = draw(st.frozensets(days_of_2100, max_size=40)) | FIXED
    worked = draw(st.frozensets(days_of_2100.filter(lambda day: day.weekday() > 4), max_size=10)) - off
    source = draw(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=200))
    return Arrangement(2100, off, worked, source)


@given(arrangements(), st.booleans())
def test_a_year_is_read_as_it_was_written(arrangement: Arrangement, as_list: bool) -> None:
    document = {
        "year": arrangement.year,
        "holidays": [str(day) for day in arrangement.holidays],
        "workdays": [str(day) for day in arrangement.workdays],
        "source": arrangement.source,
    }
    written = json.dumps([document] if as_list else document).encode()
    assert read_arrangements(written, name="a.json") == [arrangement]


@given(days_of_2100, days_of_2100)
def test_an_interval_is_its_days_from_first_to_last(one: date, other: date) -> None:
    first, last = sorted((one, other))
    covered = {first + DAY * count for count in range((last - first).days + 1)}
    holidays = [f"{first}/{last}", *map(str, FIXED - covered)]
    written = json.dumps({"year": "2100", "holidays": holidays, "workdays": [], "source": "-"}).encode()
    assert read_arrangements(written, name="a.json")[0].holidays == covered | FIXED


AS_JSON: Final = json.dumps(
    [
        {
            "year": year,
            "holidays": [f"{year}-{span}" for span in ("01-01", "05-01", f"10-01/{year}-10-07")],
            "workdays": [],
            "source": "x",
        }
        for year in (2100, 2101)
    ]
).encode()
PIECES = st.sampled_from(
    [b"", b"-", b"/", b"9", b"\n", b"  ", b": ", b"- ", b"[", b"]", b"{", b"}", b'"', b"null", b"&a ", b"*a", b"!!int ",
     b"\xff", b"\x00", b"2100-12-31", b"2100-01-01/2100-12-31", b"\xe2\x80\xae", b"1e9", b"NaN", b"\\ud800", b"? ",
     b"---\n"]
)  # fmt: skip
positions = st.integers(0, len(EXAMPLE))


@settings(max_examples=examples(200))
@given(st.sampled_from(["a.yaml", "a.json"]), positions, st.integers(0, 12), PIECES | st.binary(max_size=6))
def test_a_damaged_file_is_read_or_refused_by_an_error_of_ours(name: str, at: int, cut: int, piece: bytes) -> None:
    whole = EXAMPLE if name == "a.yaml" else AS_JSON
    place = at % len(whole)
    _read_or_refused(whole[:place] + piece + whole[place + cut :], name)


@given(st.sampled_from(["a.yaml", "a.json"]), st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_by_an_error_of_ours(name: str, data: bytes) -> None:
    _read_or_refused(data, name)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=12)
    | days_of_2100.map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries(dict.fromkeys(("year", "holidays", "workdays", "source"), json_values)))
def test_any_values_of_the_fields_are_read_or_refused_by_an_error_of_ours(document: dict[str, object]) -> None:
    _read_or_refused(json.dumps(document).encode(), "a.json")


def _read_or_refused(data: bytes, name: str) -> None:
    found = _found(data, name)
    if isinstance(found, InputError):
        assert str(found).isprintable()
        return
    for arrangement in found:
        assert {(day.month, day.day) for day in FIXED} <= {(day.month, day.day) for day in arrangement.holidays}
        assert not arrangement.holidays & arrangement.workdays
        assert all(day.weekday() > 4 for day in arrangement.workdays)
        assert all(arrangement.year - day.year in (0, 1) for day in arrangement.holidays | arrangement.workdays)


def _found(data: bytes, name: str) -> list[Arrangement] | HolidaysError | RecordError:
    try:
        return read_arrangements(data, name=name)
    except (HolidaysError, RecordError) as error:
        return error
