"""`attest deadlines`: the last day of one period, or of every period in a filing's life."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from attest import canonical, messages
from attest.cli import files, output
from attest.cli.context import language, now, today
from attest.cli.ics import calendar_file
from attest.deadlines import RULES, Deadline, Kind, due, of_filing, parse_start
from attest.documents import read_forms
from attest.errors import InputError, RecordError
from attest.number import FilingNumber
from attest.record.form import FilingForm
from attest.workdays import Arrangement, library, read_arrangements

_MODE: Final = 0o666
_MAX_CALENDAR: Final = 16_000_000  # bytes, of a file to be replaced
_WEEKDAYS: Final = ("DL021", "DL022", "DL023", "DL024", "DL025", "DL026", "DL027")
_Read = TypeVar("_Read")


def deadlines(
    form: Annotated[
        Path | None, typer.Argument(metavar="FILE|-", help="A filing form, for every deadline of the filing's life.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help=f"What one deadline is for: {', '.join(Kind)}.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="The day it is counted from, for termination the day the service ends: YYYY-MM-DD, or a time with its "
            "offset from UTC.",
        ),
    ] = None,
    holidays: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Holidays of years that the program does not know, as YAML or JSON."),
    ] = None,
    ics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the open deadlines to a calendar file (iCalendar).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """The last day to file, change or de-register, of the authority's review, and for objections to a list.

    In working days of China: filing 10 from the start of service, change 5, review 20, objections 10, the start day not
    counted; termination on the last day that leaves 30 full working days before the end day. An answer that rests on a
    year whose holidays are not known is marked provisional.
    """
    asked = _event(form, kind, start)
    arrangements = [] if holidays is None else _read(holidays, read_arrangements)
    calendar = library().replaced_by(arrangements)
    if asked:
        shown = _Shown([due(*asked, calendar)], None, arrangements, holidays)
    else:
        assert form
        filing = _read(form, _form)
        number = FilingNumber.parse(filing.number) if filing.number else None
        shown = _Shown(of_filing(filing, calendar), number, arrangements, holidays)
    if ics:
        _write(ics, shown, [path for path in (form, holidays) if path])
    if json:
        output.result(as_json(shown.deadlines[0]) if asked else shown.life_as_json())
    else:
        shown.print_one(shown.deadlines[0]) if asked else shown.print_life()
    if ics:
        output.note(output.label("DL056", path=ics))
    return 0


def as_json(deadline: Deadline) -> dict[str, Any]:
    """The stable form, schema `deadline/1`."""
    return {
        "schema": "deadline/1",
        "kind": deadline.kind.value,
        "from": deadline.start.isoformat(),
        "due": deadline.due.isoformat(),
        "last_workday": deadline.last_workday.isoformat(),
        "provisional": deadline.provisional,
        "unknown_years": list(deadline.unknown_years),
        "awaits_notice_for": deadline.awaits,
        "done_on": deadline.done_on.isoformat() if deadline.done_on else None,
        "rule": deadline.rule.text("en"),
    }


def state_of(deadline: Deadline, day: date) -> str:
    """How a deadline stands on a day: calendar days left or past, or when its duty was done."""
    if deadline.done_on:
        late = (deadline.done_on - deadline.due).days
        return output.label("DL035" if late > 0 else "DL034", day=deadline.done_on, days=late)
    left = (deadline.due - day).days
    return output.label("DL031" if left > 0 else "DL033" if left else "DL032", days=abs(left))


@dataclass(frozen=True)
class _Shown:
    """What was found, and what it rests on.

    Attributes:
        number: Of the form, where it has one.
        arrangements: The years of the holidays file.
    """

    deadlines: list[Deadline]
    number: FilingNumber | None
    arrangements: list[Arrangement]
    holidays: Path | None

    def life_as_json(self) -> dict[str, Any]:
        """The stable form, schema `deadlines/1`."""
        return {
            "schema": "deadlines/1",
            "number": self.number.text if self.number else None,
            "deadlines": [as_json(deadline) for deadline in self.deadlines],
            "missing": [{"kind": kind.value, "field": RULES[kind].field} for kind in self._missing],
        }

    def print_one(self, deadline: Deadline) -> None:
        name, state = deadline.rule.name, state_of(deadline, today())
        output.line(output.label("DL050", name=name, day=_due(deadline), state=state))
        for text in self.lines(deadline):
            output.line(text)
        self._print_sources()

    def print_life(self) -> None:
        """One row a kind, in the order of a filing's life; one that cannot be counted names what the form lacks."""
        lang, there = language(), {deadline.kind: deadline for deadline in self.deadlines}
        rows = []
        for kind, rule in RULES.items():
            deadline, row = there.get(kind), [rule.name.text(lang)]
            if deadline:
                row += [f"{deadline.start} ({rule.event.text(lang)})", _due(deadline), state_of(deadline, today())]
            else:
                row += ["-", "-", output.label("DL036", field=rule.field)]
            rows.append([*row, rule.text(lang)])
        if self.number:
            output.line(self.number.text)
        output.table([output.label(code) for code in ("DL041", "DL042", "DL043", "DL044", "DL045")], rows)
        for deadline in self.deadlines:
            for note in _notes(deadline):
                output.line(output.label("CL013", subject=deadline.rule.name, state=note))
        output.line(output.label("DL016"))
        self._print_sources()

    def lines(self, deadline: Deadline) -> Iterator[str]:
        """What a deadline rests on."""
        yield output.label("DL051", day=deadline.start, event=deadline.rule.event)
        yield deadline.rule.text(language())
        yield from _notes(deadline)
        yield output.label("DL016")

    @property
    def _missing(self) -> list[Kind]:
        there = {deadline.kind for deadline in self.deadlines}
        return [kind for kind in RULES if kind not in there]

    def _print_sources(self) -> None:
        for arrangement in self.arrangements:
            output.line(output.label("DL055", year=arrangement.year, name=self.holidays, source=arrangement.source))


def _event(form: Path | None, kind: str | None, start: str | None) -> tuple[Kind, date] | None:
    """The one event that was asked about, or None where a form was given."""
    given = {"FILE": form, "--kind": kind, "--from": start}
    there = [name for name, value in given.items() if value is not None]
    if there == ["FILE"]:
        return None
    if kind is None or start is None or form is not None:
        raise InputError("DL130", found=", ".join(there) or "-")
    return Kind(files.one_of(kind, tuple(Kind), name="--kind")), parse_start(files.text(start))


def _read(path: Path, parse: Callable[..., _Read]) -> _Read:
    """What `parse` makes of a file's bytes and name.

    Raises:
        InputError: the file cannot be used; names it.
    """
    data = files.read(path, limit=canonical.MAX_DOCUMENT)
    with files.named(path):
        return parse(data, name=path.name)


def _form(data: bytes, name: str) -> FilingForm:
    forms = read_forms(data, name=name)
    if len(forms) != 1:
        raise RecordError("DL123", found=len(forms))
    return forms[0]


def _write(path: Path, shown: _Shown, sources: list[Path]) -> None:
    """Write the calendar file.

    Raises:
        InputError: there is nothing to write, or the file is there and no calendar.
    """
    same = any(source.exists() and path.exists() and path.samefile(source) for source in sources)
    other = path.exists() and not (
        path.is_file() and files.read(path, limit=_MAX_CALENDAR).startswith(b"BEGIN:VCALENDAR")
    )
    if str(path) == "-" or same or other:
        raise InputError("DL131", found=messages.shown(path))
    still_open = [deadline for deadline in shown.deadlines if deadline.done_on is None]
    if not still_open:
        raise InputError("DL132", path=path, fields=", ".join(rule.field for rule in RULES.values()))
    described = [(deadline, "\n".join(shown.lines(deadline))) for deadline in still_open]
    data = calendar_file(described, number=shown.number, now=now(), lang=language())
    files.replace(path, data, mode=_MODE)


def _due(deadline: Deadline) -> str:
    return _day(deadline.due, "DL047" if deadline.provisional else "DL046")


def _day(day: date, code: str = "DL046") -> str:
    return output.label(code, day=day, weekday=messages.Message(_WEEKDAYS[day.weekday()]))


def _notes(deadline: Deadline) -> Iterator[str]:
    """What is not certain about a deadline, and what its day is."""
    if deadline.provisional:
        yield output.label("DL052", years=", ".join(map(str, deadline.unknown_years)))
    elif deadline.awaits:
        yield output.label("DL053", year=deadline.awaits)
    if deadline.last_workday != deadline.due:
        yield output.label("DL054", due=deadline.due, day=_day(deadline.last_workday))
