"""Judge one site: what it displays, against what a registry says, by the verdict table.

Faults of the site's network or of the chain's nodes come in as values and go out as UNDECIDED; nothing here raises
for them, and nothing here opens a socket.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from attest import canonical, messages
from attest.attestation import MAX_COPY, parse_attestation
from attest.domains import covers
from attest.errors import AttestError, ChainError
from attest.messages import Sentences
from attest.number import FilingNumber
from attest.ports import (
    AUTHORITIES,
    Answer,
    Findings,
    HiddenNumber,
    Level,
    Lookup,
    RegistryPort,
    ShownNumber,
    Sight,
    SitePort,
    Status,
    TrustEntry,
    Visit,
)
from attest.record import PublicRecord
from attest.verdict import Check, Outcome, State, Verdict, decide

AUTHORITY_HOST: Final = "bcbeian.ifcert.cn"
"""Host of the authority's filing system for blockchain information services."""

MAX_NUMBERS: Final = 256
"""A page with more numbers is a list of filings, not a site's own display."""

_STATUS_CODES: Final = {
    Status.ACTIVE: "FA400",
    Status.SUSPENDED: "FA410",
    Status.CANCELLED: "FA411",
    Status.REVOKED: "FA412",
}
_FAVOUR: Final = (Outcome.MATCH, Outcome.UNDECIDED, Outcome.MISMATCH)
_LEVEL_CODES: Final = {
    Level.PROMINENT: "FA700",
    Level.DISPLAYED: "FA701",
    Level.WEAK: "FA712",
    Level.PRESENT_HIDDEN: "FA711",
    Level.ABSENT: "FA710",
}
_WINDOW_CODES: Final = {"desktop": "DI091", "phone": "DI092", "dark": "DI093"}
_NOT_JUDGED: Final = (Check("FA290"), Check("FA390"), Check("FA490"), Check("FA590"), Check("FA690"))


@dataclass(frozen=True, slots=True)
class Case:
    """A verdict together with what it was reached from.

    Attributes:
        answer: What the registry said: None where it was not asked, an error where no node could be relied on.
    """

    visit: Visit
    answer: Answer | ChainError | None
    verdict: Verdict


class Verifier:
    """Verifies sites with one way to visit them and one registry to ask."""

    def __init__(self, *, site: SitePort, registry: RegistryPort) -> None:
        self._site = site
        self._registry = registry

    async def verify(self, url: str, *, expect: FilingNumber | None = None) -> Verdict:
        """Visit `url` once and judge it.

        Args:
            expect: The number to judge; without it, the displayed number that is filed for this host.
        """
        return (await self.examine(url, expect=expect)).verdict

    async def examine(self, url: str, *, expect: FilingNumber | None = None) -> Case:
        """As `verify`, with what the verdict was reached from."""
        visit = await self._site.visit(url, expect=expect)
        shown = numbers_to_look_up(visit, expect)
        answer: Answer | ChainError | None = None
        if shown:
            try:
                answer = await self._registry.look_up(shown)
            except ChainError as error:
                answer = error
        return Case(visit, answer, judge(visit, answer, self._registry.trust, expect=expect))


def numbers_to_look_up(visit: Visit, expect: FilingNumber | None) -> list[FilingNumber]:
    """The numbers about which a verdict on this visit needs a registry's answer."""
    shown = [item.number for item in _candidates(visit, expect)]
    return shown if len(shown) <= MAX_NUMBERS else []


def judge(
    visit: Visit, answer: Answer | ChainError | None, trust: TrustEntry, *, expect: FilingNumber | None = None
) -> Verdict:
    """The verdict on a visit, given what a registry said of its numbers. Pure: the same again from the same values."""
    case = _Judge(visit, trust, expect)
    findings, shown = visit.findings, _candidates(visit, expect)
    if findings is None:
        return case.verdict([_unseen(visit), *_NOT_JUDGED, Check("FA790")])
    if not shown:
        return case.verdict([*_nothing_shown(visit, findings, expect), _prominence(findings, expect)])
    if len(shown) > MAX_NUMBERS:
        many = Check("FA124", expected=f"<= {MAX_NUMBERS}", found=str(len(shown)))
        return case.verdict([many, *_NOT_JUDGED, Check("FA720")])
    if not isinstance(answer, Answer):
        first = shown[0]
        asked = Check("FA323", expected=trust.name, found=answer or "")
        required = [case.displayed(first), _well_formed(first), asked, *_NOT_JUDGED[2:]]
        return case.verdict([*required, case.prominence(first), *case.page_only(first)], first.number)
    return case.choose(findings, shown, answer)


def _candidates(visit: Visit, expect: FilingNumber | None) -> list[ShownNumber]:
    """The displayed numbers that may be the site's own."""
    numbers = visit.findings.numbers if visit.findings else ()
    return [item for item in numbers if expect is None or item.number == expect]


class _Judge:
    """Judges one visit with one registry's answer."""

    def __init__(self, visit: Visit, trust: TrustEntry, expect: FilingNumber | None) -> None:
        self._visit = visit
        self._trust = trust
        self._expect = expect
        self._host = _host(visit.final_url)

    def choose(self, findings: Findings, shown: Sequence[ShownNumber], answer: Answer) -> Verdict:
        """Judge the number filed for this place; where there is none, the one that speaks best for it."""
        judged = []
        text = _solid(findings.text)
        for item in shown:
            lookup = answer.lookups[item.number]
            checks = self._checks(item, lookup, text)
            own = lookup.record is not None and self._place(lookup.record).state is State.PASS
            judged.append((not own, _FAVOUR.index(decide(checks)), item.number, checks))
        foreign, _, number, checks = min(judged, key=lambda entry: entry[:2])
        if foreign and self._expect is None and findings.incomplete and decide(checks) is Outcome.MISMATCH:
            checks = [Check("FA120", found=findings.incomplete), *_NOT_JUDGED, Check("FA720")]
        return self.verdict(checks, number, answer)

    def verdict(
        self, checks: Sequence[Check], number: FilingNumber | None = None, answer: Answer | None = None
    ) -> Verdict:
        visit = self._visit
        findings = visit.findings or Findings()
        return Verdict(
            url=visit.url,
            final_url=visit.final_url,
            number=number,
            numbers=tuple(item.number for item in findings.numbers),
            checks=(*checks, *_second_look(visit)),
            registry=self._trust.name,
            basis=answer.basis if answer else None,
            time=visit.time,
            page_sha256=visit.sha256,
            display_rules=visit.rules,
        )

    def _checks(self, item: ShownNumber, lookup: Lookup, shown: str) -> list[Check]:
        """All checks of one displayed number."""
        required = [self.displayed(item), _well_formed(item), _registered(item.number, lookup, self._trust)]
        if lookup.entry.status in _STATUS_CODES:
            status = Check(_STATUS_CODES[lookup.entry.status], expected=Status.ACTIVE, found=lookup.entry.status)
            required += [status, *self._of_record(lookup)]
        else:
            required += _NOT_JUDGED[2:]
        advisory = [self.prominence(item), _subject(lookup.record, shown), *self.page_only(item, lookup.record)]
        return [*required, *advisory, *_published(self._visit, lookup)]

    def _of_record(self, lookup: Lookup) -> list[Check]:
        if lookup.record is None:
            return [Check("FA520", found=lookup.problem or ""), Check("FA690")]
        return [Check("FA500"), self._place(lookup.record)]

    def _place(self, record: PublicRecord) -> Check:
        """Whether the record is for the place that was looked at."""
        if self._visit.app:
            return _app(record, self._visit.app)
        if not record.domains:
            return Check("FA620", found=self._host)
        code = "FA600" if covers(record.domains, self._host) else "FA610"
        return Check(code, expected=", ".join(record.domains), found=self._host)

    def displayed(self, item: ShownNumber) -> Check:
        """Whether a number that the page shows is one that its readers see."""
        findings = self._visit.findings
        if findings and findings.misread:
            return Check("FA120", found=findings.incomplete or "")
        if item.doubt and self._visit.problem:
            return Check("FA122", found=self._visit.problem)
        if item.doubt:
            return Check("FA126", expected=item.number.text, found=item.doubt, where=item.where)
        return Check("FA100", found=item.number.text, where=item.where)

    def prominence(self, item: ShownNumber) -> Check:
        """How well a displayed number is displayed."""
        if self._visit.pictured:
            return Check("FA722")
        display = next((each for each in self._visit.displays if each.number == item.number), None)
        if display is None:
            return Check("FA721" if self._visit.displays else "FA720", found=self._visit.problem or "")
        weakest = max(display.sights, key=lambda sight: sight.level.rank)
        return Check(
            _LEVEL_CODES[display.level], found=Told(display.sights), where=weakest.where, level=display.level.value
        )

    def page_only(self, item: ShownNumber, record: PublicRecord | None = None) -> tuple[Check, Check]:
        """Link and QR code: what the page alone shows about one number."""
        link = Check("FA920") if self._visit.pictured else _link(item, self._host, record)
        return link, Check("FA995")


@dataclass(frozen=True, slots=True)
class Told:
    """Sights in words: each window, its level, and what it was not better for."""

    sights: tuple[Sight, ...]

    def text(self, lang: str) -> str:
        return ("; " if lang == "en" else "；").join(self._told(sight, lang) for sight in self.sights)

    @staticmethod
    def _told(sight: Sight, lang: str) -> str:
        short = [measure for measure in sight.measures if measure.level is not Level.PROMINENT]
        values = ", ".join(f"{messages.text(each.code, lang)} {each.value:g}" for each in short)
        window = messages.text(_WINDOW_CODES[sight.window], lang)
        return messages.text(
            "DI090" if values else "DI094", lang, window=window, level=sight.level.text(lang), values=values
        )


def unjudged(url: str, problem: AttestError, *, registry: str, time: datetime) -> Verdict:
    """The verdict of a site whose judging broke off: a fault here, which says nothing about the site.

    Args:
        registry: Name of the registry that would have been asked.
        time: When it broke off, UTC.
    """
    checks = (Check("FA125", found=problem), *_NOT_JUDGED, Check("FA790"))
    return Verdict(url, url, None, (), checks, registry, basis=None, time=time, page_sha256=None)


def _host(url: str) -> str:
    """The host of a URL; empty for what is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _unseen(visit: Visit) -> Check:
    """Why nothing is known about the page."""
    problem = visit.problem
    if problem is None:
        return Check("FA121")
    if visit.status is not None and visit.status >= 400:
        return Check("FA123", expected="2xx", found=str(visit.status))
    return Check("FA122", found=problem)


def _nothing_shown(visit: Visit, findings: Findings, expect: FilingNumber | None) -> list[Check]:
    """The required checks of a page on which the number looked for cannot be seen."""
    hidden = next((item for item in findings.hidden if expect is None or item.number == expect), None)
    if findings.incomplete:
        displayed = Check("FA120", found=findings.incomplete)
    elif expect is None and findings.malformed:
        attempt = findings.malformed[0]
        text = messages.shown(attempt.text)
        return [
            Check("FA104", found=text, where=attempt.where),
            Check("FA210", expected=attempt.errors[0], found=text),
            *_NOT_JUDGED[1:],
        ]
    elif hidden:
        displayed = _hidden(visit, hidden, misread=findings.misread)
    elif expect is not None and findings.numbers:
        found = ", ".join(item.number.text for item in findings.numbers)
        displayed = Check("FA103", expected=expect.text, found=found)
    elif not findings.text:
        displayed = Check("FA121")
    else:
        displayed = Check("FA101", expected=expect.text if expect else "")
    return [displayed, *_NOT_JUDGED]


def _hidden(visit: Visit, hidden: HiddenNumber, *, misread: bool) -> Check:
    display = next((each for each in visit.displays if each.number == hidden.number), None)
    if misread or display is None:
        return Check("FA105" if misread else "FA102", found=hidden.number.text, where=hidden.where)
    return Check("FA106", expected=hidden.number.text, found=Told(display.sights), where=hidden.where)


def _prominence(findings: Findings, expect: FilingNumber | None) -> Check:
    """How prominent a number is that cannot be seen without a browser."""
    if findings.incomplete or (findings.malformed and expect is None):
        return Check("FA720")
    if findings.hidden:
        return Check("FA711", where=findings.hidden[0].where, level="PRESENT_HIDDEN")
    return Check("FA710", level="ABSENT")


def _well_formed(item: ShownNumber) -> Check:
    if item.variants:
        return Check("FA201", expected=item.number.text, found=Sentences(item.variants))
    return Check("FA200")


def _registered(number: FilingNumber, lookup: Lookup, trust: TrustEntry) -> Check:
    if lookup.entry.status in _STATUS_CODES:
        return Check("FA300", found=trust.name)
    if lookup.pending:
        return Check("FA322", found=trust.name)
    void = lookup.entry.status is Status.VOID
    if trust.decides(number):
        return Check("FA311" if void else "FA310", expected=trust.name)
    holds = trust.complete_to or AUTHORITIES[trust.authority]
    return Check("FA321" if void else "FA320", expected=trust.name, found=holds)


def _subject(record: PublicRecord | None, shown: str) -> Check:
    """Whether the filer is named in `shown`, the page's solid text."""
    name = record.subject.name if record else None
    if name is None:
        return Check("FA890")
    return Check("FA800" if _solid(name) in shown else "FA891", expected=name)


def _solid(text: str) -> str:
    """Text in one form (NFKC) without its spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _link(item: ShownNumber, host: str, record: PublicRecord | None) -> Check:
    if item.link is None:
        return Check("FA990")
    parts = urlsplit(item.link)
    target = parts.hostname or host
    if target == AUTHORITY_HOST:
        return Check("FA900", found=item.link)
    own = covers([host, *(record.domains if record else ())], target)
    if parts.fragment == item.number.key:
        return Check("FA991" if own else "FA901", found=item.link)
    return Check("FA992" if own else "FA910", expected=f"https://{AUTHORITY_HOST}/", found=item.link)


def _app(record: PublicRecord, name: str) -> Check:
    """Whether the record names an app, by its name or its identifier."""
    apps = record.displayed_on.apps if record.displayed_on else ()
    if not apps:
        return Check("FA621", found=messages.shown(name))
    known = [text for app in apps for text in (app.name, app.id) if text]
    own = _solid(name).casefold() in {_solid(text).casefold() for text in known}
    return Check("FA601" if own else "FA611", expected=", ".join(known), found=messages.shown(name))


def _published(visit: Visit, lookup: Lookup) -> list[Check]:
    """Whether what the site publishes of itself is what the registry holds."""
    if visit.published is None or not lookup.entry.status.registered:
        return [Check("FA997")]
    expected = lookup.entry.digest.hex()
    try:
        record = parse_attestation(visit.published, limit=MAX_COPY).record
    except AttestError as error:
        return [Check("FA941", expected=expected, found=error)]
    found = canonical.digest(record.canonical()).hex() if record else "-"
    return [Check("FA940" if found == expected else "FA941", expected=expected, found=found)]


def _second_look(visit: Visit) -> list[Check]:
    """Whether another visitor is shown the same numbers."""
    if visit.second is None or visit.findings is None:
        return [Check("FA996")]
    first = {item.number for item in visit.findings.numbers}
    if first == visit.second:
        return [Check("FA930", found=str(len(first)))]
    told = [", ".join(sorted(number.text for number in numbers)) or "-" for numbers in (first, visit.second)]
    return [Check("FA931", expected=told[0], found=told[1])]
