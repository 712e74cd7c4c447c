"""Judge one site: what it displays, against what a registry says, by the verdict table.

Faults of the site's network or of the chain's nodes come in as values and go out as UNDECIDED; nothing here raises
for them, and nothing here opens a socket.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from attest import messages
from attest.domains import covers
from attest.errors import AttestError, ChainError
from attest.messages import Sentences
from attest.number import FilingNumber
from attest.ports import (
    AUTHORITIES,
    Answer,
    Findings,
    Lookup,
    RegistryPort,
    ShownNumber,
    SitePort,
    Status,
    TrustEntry,
    Visit,
)
from attest.record import PublicRecord
from attest.verdict import Check, Outcome, Verdict, decide

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
_NOT_JUDGED: Final = (Check("FA290"), Check("FA390"), Check("FA490"), Check("FA590"), Check("FA690"))


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
        visit = await self._site.visit(url)
        findings = visit.findings
        if findings is None:
            return self._verdict(visit, [_unseen(visit), *_NOT_JUDGED, Check("FA790")])
        host = urlsplit(visit.final_url).hostname or ""
        shown = [item for item in findings.numbers if expect is None or item.number == expect]
        if not shown:
            return self._verdict(visit, [*_nothing_shown(findings, expect), _prominence(findings, expect)])
        if len(shown) > MAX_NUMBERS:
            many = Check("FA124", expected=f"<= {MAX_NUMBERS}", found=str(len(shown)))
            return self._verdict(visit, [many, *_NOT_JUDGED, Check("FA720")])
        try:
            answer = await self._registry.look_up([item.number for item in shown])
        except ChainError as error:
            first = shown[0]
            asked = Check("FA323", expected=self._registry.trust.name, found=error)
            required = [_displayed(first), _well_formed(first), asked, *_NOT_JUDGED[2:]]
            checks = [*required, Check("FA720"), *_page_only(first, host)]
            return self._verdict(visit, checks, first.number)
        return self._choose(visit, host, findings, shown, answer, expect)

    def _choose(
        self,
        visit: Visit,
        host: str,
        findings: Findings,
        shown: Sequence[ShownNumber],
        answer: Answer,
        expect: FilingNumber | None,
    ) -> Verdict:
        """Judge the number filed for this host; where there is none, the one that speaks best for the site."""
        judged = []
        text = _solid(findings.text)
        for item in shown:
            lookup = answer.lookups[item.number]
            checks = _judge(item, lookup, self._registry.trust, host, text)
            own = lookup.record is not None and covers(lookup.record.domains, host)
            judged.append((not own, _FAVOUR.index(decide(checks)), item.number, checks))
        foreign, _, number, checks = min(judged, key=lambda entry: entry[:2])
        if foreign and expect is None and findings.incomplete and decide(checks) is Outcome.MISMATCH:
            checks = [Check("FA120", found=findings.incomplete), *_NOT_JUDGED, Check("FA720")]
        return self._verdict(visit, checks, number, answer)

    def _verdict(
        self, visit: Visit, checks: Sequence[Check], number: FilingNumber | None = None, answer: Answer | None = None
    ) -> Verdict:
        findings = visit.findings or Findings()
        return Verdict(
            url=visit.url,
            final_url=visit.final_url,
            number=number,
            numbers=tuple(item.number for item in findings.numbers),
            checks=tuple(checks),
            registry=self._registry.trust.name,
            basis=answer.basis if answer else None,
            time=visit.time,
            page_sha256=visit.sha256,
        )


def unjudged(url: str, problem: AttestError, *, registry: str, time: datetime) -> Verdict:
    """The verdict of a site whose judging broke off: a fault here, which says nothing about the site.

    Args:
        registry: Name of the registry that would have been asked.
        time: When it broke off, UTC.
    """
    checks = (Check("FA125", found=problem), *_NOT_JUDGED, Check("FA790"))
    return Verdict(url, url, None, (), checks, registry, basis=None, time=time, page_sha256=None)


def _unseen(visit: Visit) -> Check:
    """Why nothing is known about the page."""
    problem = visit.problem
    if problem is None:
        return Check("FA121")
    if visit.status is not None and visit.status >= 400:
        return Check("FA123", expected="2xx", found=str(visit.status))
    return Check("FA122", found=problem)


def _nothing_shown(findings: Findings, expect: FilingNumber | None) -> list[Check]:
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
        displayed = Check("FA102", found=hidden.number.text, where=hidden.where)
    elif expect is not None and findings.numbers:
        found = ", ".join(item.number.text for item in findings.numbers)
        displayed = Check("FA103", expected=expect.text, found=found)
    elif not findings.text:
        displayed = Check("FA121")
    else:
        displayed = Check("FA101", expected=expect.text if expect else "")
    return [displayed, *_NOT_JUDGED]


def _prominence(findings: Findings, expect: FilingNumber | None) -> Check:
    """How prominent a number is that cannot be seen without a browser."""
    if findings.incomplete or (findings.malformed and expect is None):
        return Check("FA720")
    if findings.hidden:
        return Check("FA711", where=findings.hidden[0].where, level="PRESENT_HIDDEN")
    return Check("FA710", level="ABSENT")


def _judge(item: ShownNumber, lookup: Lookup, trust: TrustEntry, host: str, shown: str) -> list[Check]:
    """All checks of one displayed number."""
    required = [_displayed(item), _well_formed(item), _registered(item.number, lookup, trust)]
    if lookup.entry.status in _STATUS_CODES:
        required.append(Check(_STATUS_CODES[lookup.entry.status], expected=Status.ACTIVE, found=lookup.entry.status))
        required += _of_record(lookup, host)
    else:
        required += _NOT_JUDGED[2:]
    return [*required, Check("FA720"), _subject(lookup.record, shown), *_page_only(item, host, lookup.record)]


def _displayed(item: ShownNumber) -> Check:
    return Check("FA100", found=item.number.text, where=item.where)


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


def _of_record(lookup: Lookup, host: str) -> list[Check]:
    record = lookup.record
    if record is None:
        problem = lookup.problem
        return [Check("FA520", found=problem or ""), Check("FA690")]
    if not record.domains:
        domain = Check("FA620", found=host)
    elif covers(record.domains, host):
        domain = Check("FA600", expected=", ".join(record.domains), found=host)
    else:
        domain = Check("FA610", expected=", ".join(record.domains), found=host)
    return [Check("FA500"), domain]


def _subject(record: PublicRecord | None, shown: str) -> Check:
    """Whether the filer is named in `shown`, the page's solid text."""
    name = record.subject.name if record else None
    if name is None:
        return Check("FA890")
    return Check("FA800" if _solid(name) in shown else "FA891", expected=name)


def _solid(text: str) -> str:
    """Text in one form (NFKC) without its spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _page_only(item: ShownNumber, host: str, record: PublicRecord | None = None) -> tuple[Check, Check]:
    """Link and QR code: what the page alone shows about one number."""
    return _link(item, host, record), Check("FA995")


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
