"""What a page shows: its bytes as they were sent, what a browser lays out and what it paints, taken together."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import urljoin

from attest.credentials import HARD_BREAK, Attempt, Scan, scan
from attest.messages import Message
from attest.number import FilingNumber
from attest.ports import Display, Findings, HiddenNumber, Level, MalformedNumber, ShownNumber, Sight
from attest.site import display


def merged_findings(
    static: Findings,
    seen: Sequence[display.Look],
    shown: Sequence[Display],
    url: str,
    today: date,
    *,
    has_read_pictures: bool,
) -> Findings:
    """What a browser shows, and what it does not although it is there.

    Args:
        static: What the page says as it was sent.
        seen: The windows that a browser looked in.
        shown: How each number is displayed in them, those in pictures included.
        url: Of the page, for its links.
        has_read_pictures: Its pictures were read, too, where no text is a number.
    """
    painted = {each.number for each in shown if each.level.rank <= Level.WEAK.rank}
    scans = [(look, scan(look.text, today=today)) for look in seen]
    numbers: dict[FilingNumber, ShownNumber] = {}
    malformed: dict[str, MalformedNumber] = {}
    for look, found in scans:
        for attempt in found.attempts:
            sight = look.sights.get((attempt.start, attempt.end))
            if sight is None or sight.level.rank > Level.WEAK.rank:
                continue
            number = attempt.reading.number
            if number is None:
                malformed.setdefault(attempt.text, MalformedNumber(attempt.text, attempt.reading.errors, sight.where))
            elif number in painted:
                numbers.setdefault(number, _shown(number, attempt, look, sight, url))
    for each in shown:
        if each.number in painted and each.number not in numbers:
            numbers[each.number] = ShownNumber(each.number, each.number.text, each.sights[0].where)
    hidden = {each.number: HiddenNumber(each.number, _where(each)) for each in shown if each.number not in painted}
    for known in static.hidden:
        hidden.setdefault(known.number, known)
    for sent in static.numbers:
        hidden.setdefault(sent.number, HiddenNumber(sent.number, sent.where))
    for attempt in scan(HARD_BREAK.join(look.unlaid for look in seen), today=today).attempts:
        if attempt.reading.number:
            hidden.setdefault(attempt.reading.number, HiddenNumber(attempt.reading.number, "not laid out"))
    return Findings(
        numbers=tuple(numbers.values()),
        malformed=tuple(malformed.values()),
        hidden=tuple(item for number, item in hidden.items() if number not in numbers),
        others=tuple(dict.fromkeys(other for _, found in scans for other in found.others)),
        text=" ".join(
            unicodedata.normalize("NFKC", " ".join(look.text for look in seen).replace(HARD_BREAK, " ")).split()
        ),
        incomplete=_incomplete(seen, bool(numbers), scans, has_read_pictures=has_read_pictures),
        misread=static.misread and not numbers,
    )


def _incomplete(
    seen: Sequence[display.Look],
    any_shown: bool,
    scans: Iterable[tuple[display.Look, Scan]],
    *,
    has_read_pictures: bool,
) -> Message | None:
    """Why a person may see more than the browser's layout told."""
    if any(look.facts["exhausted"] for look in seen):
        return Message("EX211")
    if any(len(found.attempts) > len(look.sights) and not any_shown for look, found in scans):
        return Message("EX212")
    if not any_shown and any(look.facts["refused"] for look in seen):
        return Message("EX213")
    if not any_shown and not has_read_pictures and any(look.facts["pictures"] for look in seen):
        return Message("EX214")
    return None


def _shown(number: FilingNumber, attempt: Attempt, look: display.Look, sight: Sight, url: str) -> ShownNumber:
    link = next(
        (
            each["link"]
            for each in look.facts["glimpses"]
            if (each["start"], each["end"]) == (attempt.start, attempt.end)
        ),
        None,
    )
    return ShownNumber(number, attempt.text, sight.where, _joined(url, link), attempt.reading.warnings)


def _joined(url: str, link: str | None) -> str | None:
    try:
        target = urljoin(url, link.strip()) if link is not None else ""
    except ValueError:
        return None
    return target if target.lower().startswith(("http:", "https:")) else None


def _where(each: Display) -> str:
    """Its place in the first window that has one."""
    return next((sight.where for sight in each.sights if sight.where), "")
