"""What a visit rests on, as files, and the visit that the files give.

A look at a site leaves bytes: the page, what the browser laid out, pictures. Everything that is said about the site is
computed from these files and from nothing else, so whoever holds them can compute it again, offline and later.

    visit.json          what was asked for, what answered, when, and every fault
    page.bin            the page's bytes, decompressed
    well-known.json     what the site says of itself at /.well-known/blockchain-filing.json
    desktop.json ...    what a browser laid out in each window (`attest.site.render`), and its pictures
    pictures.json       numbers that were read in pictures
    second-*            the same of a second look by another visitor
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import urljoin

from attest import messages
from attest.credentials import HARD_BREAK, Attempt, Scan, scan
from attest.errors import AttestError, FetchError
from attest.messages import Message
from attest.number import FilingNumber
from attest.ports import (
    Display,
    Findings,
    HiddenNumber,
    Level,
    MalformedNumber,
    Measure,
    ShownNumber,
    Sight,
    Visit,
)
from attest.site import display
from attest.site.display import load
from attest.site.fetch import Page, WellKnown
from attest.site.worker import PageReader

SCHEMA: Final = "filing-visit/1"
PAGES: Final = frozenset({200, 203})
"""Statuses under which a server sends a whole page of its own."""
SECOND: Final = "second-"


def visit_file(url: str, time: datetime, **facts: Any) -> bytes:
    """The bytes of `visit.json`.

    Args:
        facts: Values of dataclasses, errors and messages are written as JSON values.
    """
    document = {"schema": SCHEMA, "url": url, "time": time.isoformat()} | {
        name: plain(value) for name, value in facts.items() if value is not None
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def page_facts(page: Page) -> dict[str, Any]:
    """What `visit.json` keeps of an answer."""
    return {
        "final_url": page.final_url, "redirects": page.redirects, "status": page.status,
        "content_type": page.content_type, "sha256": page.sha256, "attachment": page.attachment,
        "incomplete": page.incomplete, "headers": page.headers, "tls": page.tls, "robots": page.robots,
    }  # fmt: skip


def well_known_facts(found: WellKnown) -> dict[str, Any]:
    """What `visit.json` keeps of the site's own word."""
    return {"url": found.url, "status": found.status, "problem": found.problem}


async def visit_of(files: Mapping[str, bytes], reader: PageReader) -> Visit:
    """The visit that these files give.

    Raises:
        FetchError: `visit.json` is none.
    """
    facts = _facts(files)
    time = datetime.fromisoformat(facts["time"])
    visit = Visit(
        facts["url"],
        facts.get("final_url", facts["url"]),
        time,
        facts.get("status"),
        facts.get("sha256"),
        published=files.get("well-known.json"),
        second=second_look(files, time.date()),
        app=facts.get("app", ""),
        pictured=facts.get("pictured", False),
        evidence=files,
    )
    if "problem" in facts:
        return replace(visit, problem=error_of(facts["problem"]))
    if visit.pictured:
        return replace(visit, findings=_findings_of_picture(files))
    try:
        findings = await _read(facts, files["page.bin"], time.date(), reader)
    except AttestError as fault:
        return replace(visit, problem=fault)
    if "browser_problem" in facts:
        reason = findings.incomplete or (None if findings.numbers else Message("EX210"))
        return replace(visit, findings=replace(findings, incomplete=reason), problem=error_of(facts["browser_problem"]))
    seen = display.looks(files)
    if not seen:
        return replace(visit, findings=findings)
    shown = display.displays(seen, time.date())
    pictured = [_pictured(found) for found in _pictures(files)]
    shown += tuple(each for each in pictured if each.number not in {other.number for other in shown})
    merged = _merged(findings, seen, shown, visit.final_url, time.date(), has_read_pictures="pictures.json" in files)
    version, _ = display.rules()
    return replace(visit, findings=merged, displays=shown, rules=version)


def _facts(files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        facts = load(files["visit.json"])
        if facts["schema"] == SCHEMA:
            return dict(facts)
    except (KeyError, ValueError, TypeError) as error:
        raise FetchError("EV101", found=messages.shown(error)) from error
    raise FetchError("EV101", found=messages.shown(facts["schema"]))


def second_look(files: Mapping[str, bytes], today: date) -> frozenset[FilingNumber] | None:
    """The numbers that another visitor was shown; None where there was no second look."""
    second = {name.removeprefix(SECOND): data for name, data in files.items() if name.startswith(SECOND)}
    seen = display.looks(second)
    if not seen:
        return None
    return frozenset(each.number for each in display.displays(seen, today) if each.level.rank <= Level.WEAK.rank)


async def _read(facts: Mapping[str, Any], body: bytes, today: date, reader: PageReader) -> Findings:
    if facts["status"] not in PAGES:
        raise FetchError("FE150", url=messages.shown(facts["final_url"]), found=facts["status"])
    if facts["attachment"]:
        raise FetchError("EX101", found="attachment")
    findings = await reader.read(
        body, content_type=facts["content_type"], base_url=facts["final_url"], today=today
    )  # fmt: skip
    cut = facts.get("incomplete")
    return replace(findings, incomplete=findings.incomplete or (Message(cut["message"]) if cut else None))


def _merged(
    static: Findings,
    seen: Sequence[display.Look],
    shown: Sequence[Display],
    url: str,
    today: date,
    *,
    has_read_pictures: bool,
) -> Findings:
    """What a browser shows, and what it does not although it is there."""
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
    hidden = {each.number: HiddenNumber(each.number, _why(each)) for each in shown if each.number not in painted}
    for known in static.hidden:
        hidden.setdefault(known.number, known)
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


def _why(each: Display) -> str:
    """The first window's place and the rule that nothing on it reached."""
    sight = next((sight for sight in each.sights if sight.measures), each.sights[0])
    failed = [measure.rule for measure in sight.measures if measure.level is Level.PRESENT_HIDDEN]
    return f"{sight.where}: {', '.join(failed)}" if failed else sight.where


def _pictures(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return list(load(files["pictures.json"])["numbers"]) if "pictures.json" in files else []


def _findings_of_picture(files: Mapping[str, bytes]) -> Findings:
    """What a screenshot shows; what it does not show may stand on another screen."""
    numbers = (
        ShownNumber(FilingNumber(found["key"]), found["text"], "picture at {}, {}".format(*found["box"][:2]))
        for found in _pictures(files)
    )
    return Findings(numbers=tuple({each.number: each for each in numbers}.values()), incomplete=Message("EX215"))


def _pictured(found: Mapping[str, Any]) -> Display:
    """A number that only a picture shows: seen by people, by no machine that reads for them."""
    _, every = display.rules()
    measures: tuple[Measure, ...] = tuple(
        every[name].judge(found[name]) for name in ("contrast", "size") if name in found
    )
    level = max([Level.WEAK, *(measure.level for measure in measures)], key=lambda level: level.rank)
    sight = Sight("desktop", level, f"picture {found['picture']}", measures, found["picture"])
    return Display(FilingNumber(found["key"]), level, (sight,))


def plain(value: Any) -> Any:
    """JSON of what a fact holds; `error_of` reads errors again."""
    if isinstance(value, AttestError):
        return {"code": value.code, "params": {name: plain(each) for name, each in value.params.items()}}
    if isinstance(value, Message):
        return {"message": value.code}
    if isinstance(value, Enum):
        return {"message": value.value} if hasattr(value, "text") else value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(each) for name, each in asdict(value).items()}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def error_of(document: Mapping[str, Any], kind: type[AttestError] = FetchError) -> AttestError:
    """The error that `plain` wrote."""
    return kind(document["code"], **{name: _told(value) for name, value in document["params"].items()})


def _told(value: Any) -> Any:
    """A value of an error's words: text, a number, a message, or another error."""
    if not isinstance(value, dict):
        return value
    return Message(value["message"]) if "message" in value else error_of(value)
