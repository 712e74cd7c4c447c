"""One look at a site: fetched and read, looked at in a browser where that decides something, every fault told.

A page is first read as it was sent, which costs milliseconds. Only where that cannot decide, since scripts draw the
page, no number was found, one seems hidden, or a style or script may hide it, a browser looks too.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import TracebackType
from typing import Literal, Self

from attest.errors import AttestError, FetchError
from attest.number import FilingNumber
from attest.ports import Visit
from attest.site.browser import PHONE, Browser
from attest.site.evidence import (
    SECOND,
    facts_of,
    page_facts,
    pictures_file,
    plain,
    second_look,
    visit_file,
    visit_from,
    well_known_facts,
)
from attest.site.fetch import Fetcher
from attest.site.ocr_worker import PictureReader
from attest.site.render import PAGE, render
from attest.site.worker import PageReader

Rendering = Literal["auto", "always", "never"]
"""When a browser looks: where it decides something, at every page, or at none."""


class SiteVisitor:
    """An `attest.ports.SitePort`. Use as an async context manager.

    Args:
        fetcher: Opened and closed with the visitor.
        now: The current time, UTC.
        reader: Likewise.
        browser: Likewise.
        rendering: When a browser looks.
        prominence: Judge how well the number is displayed, for which a browser looks at every page.
        second_look: Also look as another visitor would: a phone that does not say who it is.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        now: Callable[[], datetime],
        reader: PageReader | None = None,
        browser: Browser | None = None,
        rendering: Rendering = "never",
        prominence: bool = False,
        second_look: bool = False,
    ) -> None:
        self._fetcher = fetcher
        self._reader = reader or PageReader()
        self._pictures = PictureReader()
        self._browser = browser or Browser()
        self._now = now
        self._rendering = rendering
        self._prominence = prominence
        self._second_look = second_look

    async def __aenter__(self) -> Self:
        await self._fetcher.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._browser.__aexit__(kind, error, trace)
        await self._pictures.__aexit__(kind, error, trace)
        await self._reader.__aexit__(kind, error, trace)
        await self._fetcher.__aexit__(kind, error, trace)

    async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
        time = self._now()
        try:
            page = await self._fetcher.fetch(url)
        except FetchError as fault:
            facts = facts_of(url, time, problem=fault)
            return await visit_from(facts, {"visit.json": visit_file(facts)}, self._reader)
        facts = facts_of(url, time, **page_facts(page))
        files = {"page.bin": page.body}
        visit = await visit_from(facts, files, self._reader)
        if visit.findings is not None and self._wants_browser(visit):
            try:
                files |= await render(self._browser, self._fetcher.guard, page.final_url, today=time.date())
            except AttestError as fault:
                facts["browser_problem"] = plain(fault)
            try:
                files |= await self._read_pictures(files, time.date(), expect)
            except AttestError as fault:
                facts["pictures_problem"] = plain(fault)
            visit = await visit_from(facts, files, self._reader)
        if visit.findings is not None and self._second_look:
            try:
                second = await render(
                    self._browser, self._fetcher.guard, page.final_url, today=time.date(), windows=(PHONE,), plain=True
                )
                files |= {SECOND + name: data for name, data in second.items()}
            except AttestError as fault:
                facts["second_problem"] = plain(fault)
        if visit.findings is not None and visit.findings.numbers:
            found = await self._fetcher.fetch_well_known(page.final_url)
            facts["well_known"] = well_known_facts(found)
            if found.status == 200:
                files["well-known.json"] = found.body
        files["visit.json"] = visit_file(facts)
        return replace(
            visit, evidence=files, published=files.get("well-known.json"), second=second_look(files, time.date())
        )

    async def _read_pictures(
        self, files: Mapping[str, bytes], today: date, expect: FilingNumber | None
    ) -> dict[str, bytes]:
        """`pictures.json`: what was read in the picture of a whole page, if there is one and that decides something.

        Raises:
            AttestError: the extra `[ocr]` is missing, or the picture could not be read.
        """
        name = next((name for name in files if name.endswith(PAGE)), None)
        if name is None:
            return {}
        reading = await self._pictures.read(files[name], today=today, expected=expect)
        nothing = reading.complete and not reading.attempts
        return pictures_file(reading, name) if reading.numbers or nothing else {}

    def _wants_browser(self, visit: Visit) -> bool:
        """Whether a browser's look can change what is known."""
        findings = visit.findings
        if self._rendering != "auto" or findings is None:
            return self._rendering == "always"
        doubted = (
            findings.incomplete
            or findings.hidden
            or findings.malformed
            or any(shown.doubt for shown in findings.numbers)
        )
        return self._prominence or not findings.numbers or bool(doubted)
