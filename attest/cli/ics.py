"""Deadlines as a calendar file (iCalendar, RFC 5545): whole days, each with a reminder."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attest import messages
from attest.deadlines import Deadline
from attest.number import FilingNumber

REMINDER: Final = timedelta(days=-3, hours=9)
"""Nine o'clock on the third day before."""

_PRODUCT: Final = "-//filing-attest//attest deadlines//EN"
_NAMESPACE: Final = uuid.UUID("4b3f2a9c-6b0e-5a3e-9d0b-9a3d5f6f1c11")


def calendar_file(
    deadlines: Sequence[tuple[Deadline, str]], *, number: FilingNumber | None, now: datetime, lang: str
) -> bytes:
    """The calendar, one event a deadline.

    An event's UID follows from kind, start day and number, so that a later file replaces the event: when a provisional
    day has become a certain one, say. Nothing else of a form is in it.

    Args:
        deadlines: Each with its description.
        number: The filing's number, where it has one.
        now: UTC.
    """
    from icalendar import Alarm, Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    for deadline, description in deadlines:
        summary = messages.text("DL057", lang, name=deadline.rule.name)
        if number:
            summary = f"{summary} {number}"
        identity = f"{deadline.kind} {deadline.start} {number.key if number else '-'}"
        event = Event()
        event.add("uid", str(uuid.uuid5(_NAMESPACE, identity)))
        event.add("dtstamp", now)
        event.add("dtstart", deadline.due)
        event.add("summary", summary)
        event.add("description", description)
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", REMINDER)
        alarm.add("description", summary)
        event.add_component(alarm)
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data
