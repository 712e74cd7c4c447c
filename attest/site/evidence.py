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
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attest import messages
from attest.errors import AttestError, FetchError
from attest.messages import Message
from attest.number import FilingNumber
from attest.ports import Display, Findings, Level, Measure, ShownNumber, Sight, Visit
from attest.site import display
from attest.site.display import load
from attest.site.fetch import Page, WellKnown
from attest.site.merge import merged_findings
from attest.site.worker import PageReader

if TYPE_CHECKING:
    from attest.site.ocr import Reading

SCHEMA: Final = "filing-visit/1"
PAGES: Final = frozenset({200, 203})
"""Statuses under which a server sends a whole page of its own."""
SECOND: Final = "second-"
_JSON: Final = frozenset((str, int, float, bool, type(None)))
TYPE: Final = 1.1
"""Size of type to the height of its ink."""


def facts_of(url: str, time: datetime, **facts: Any) -> dict[str, Any]:
    """What `visit.json` says, as JSON values; of `facts`, those that are known."""
    known = {name: plain(value) for name, value in facts.items() if value is not None}
    return {"schema": SCHEMA, "url": url, "time": time.isoformat()} | known


def visit_file(facts: Mapping[str, Any]) -> bytes:
    """The bytes of `visit.json`."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()


def page_facts(page: Page) -> dict[str, Any]:
    """What `visit.json` keeps of an answer."""
    return {
        "final_url": page.final_url, "redirects": page.redirects, "status": page.status,
        "content_type": page.content_type, "sha256": page.sha256, "attachment": page.attachment,
        "incomplete": page.incomplete, "headers": page.headers, "tls": page.tls, "robots": page.robots,
    }  # fmt: skip


def well_known_facts(found: WellKnown) -> dict[str, Any]:
    """What `visit.json` keeps of the site's own word, as JSON values."""
    return {"url": found.url, "status": found.status, "problem": plain(found.problem)}


def pictures_file(reading: "Reading", picture: str) -> dict[str, bytes]:
    """What was read in a picture, as a file of the evidence.

    Args:
        picture: Its name among the files.
    """
    numbers = [
        {"key": found.number.key, "text": found.text, "picture": picture, "box": found.box,
         "size": round(found.height * TYPE, 1), "contrast": round(found.contrast, 2)}
        for found in reading.numbers
    ]  # fmt: skip
    return {"pictures.json": json.dumps({"numbers": numbers}, ensure_ascii=False, sort_keys=True).encode()}


async def visit_of(files: Mapping[str, bytes], reader: PageReader) -> Visit:
    """The visit that these files give.

    Raises:
        RecordError, LookupError, TypeError, ValueError: they are not the files of a visit.
    """
    return await visit_from(load(files["visit.json"]), files, reader)


async def visit_from(facts: Mapping[str, Any], files: Mapping[str, bytes], reader: PageReader) -> Visit:
    """As `visit_of`, of what `visit.json` says or is going to say."""
    if facts["schema"] != SCHEMA:
        raise ValueError(facts["schema"])
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
    told = {each.number for each in shown if each.level.rank <= Level.WEAK.rank}
    better = {each.number: each for each in pictured if each.number not in told}
    shown = (*(each for each in shown if each.number not in better), *better.values())
    merged = merged_findings(
        findings, seen, shown, visit.final_url, time.date(), has_read_pictures="pictures.json" in files
    )
    version, _ = display.rules()
    return replace(visit, findings=merged, displays=shown, rules=version)


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
    if type(value) in _JSON:
        return value
    if isinstance(value, AttestError):
        return {"code": value.code, "params": {name: plain(each) for name, each in value.params.items()}}
    if isinstance(value, Message):
        return {"message": value.code}
    if isinstance(value, Enum):
        return {"message": value.value} if hasattr(value, "text") else value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)


def error_of(document: Mapping[str, Any], kind: type[AttestError] = FetchError) -> AttestError:
    """The error that `plain` wrote."""
    return kind(document["code"], **{name: _told(value) for name, value in document["params"].items()})


def _told(value: Any) -> Any:
    """A value of an error's words: text, a number, a message, or another error."""
    if not isinstance(value, dict):
        return value
    return Message(value["message"]) if "message" in value else error_of(value)
