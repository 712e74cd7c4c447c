"""One look at a site: fetched and read, looked at in a browser where that decides something, every fault told.

A page is first read as it was sent, which costs milliseconds. Only where that cannot decide, since scripts draw the
page, no number was found or one seems hidden, a browser looks too.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from attest.errors import AttestError, FetchError
from attest.ports import Visit
from attest.site.browser import PHONE, Browser
from attest.site.evidence import SECOND, page_facts, second_look, visit_file, visit_of, well_known_facts
from attest.site.fetch import Fetcher
from attest.site.render import PAGE, render
from attest.site.worker import PageReader

if TYPE_CHECKING:
    from attest.site.ocr import Reading

TYPE: Final = 1.1
"""Size of type to the height of its ink."""

Rendering = Literal["auto", "always", "never"]
"""When a browser looks: where it decides something, at every page, or at none."""


async def read_pictures(files: Mapping[str, bytes], today: date) -> dict[str, bytes]:
    """`pictures.json`: the numbers in the first picture of a whole page, if there is one that was read to its end.

    Raises:
        AttestError: the extra `[ocr]` is missing, or the picture could not be read.
    """
    name = next((name for name in files if name.endswith(PAGE)), None)
    if name is None:
        return {}
    from attest.site.ocr import read_numbers

    reading = await asyncio.to_thread(read_numbers, files[name], today=today)
    return pictures_file(reading, name) if reading.complete or reading.numbers else {}


def pictures_file(reading: "Reading", picture: str) -> dict[str, bytes]:
    """What was read in a picture, as a file of the evidence."""
    numbers = [
        {"key": found.number.key, "text": found.text, "picture": picture, "box": found.box,
         "size": round(found.height * TYPE, 1), "contrast": round(found.contrast, 2)}
        for found in reading.numbers
    ]  # fmt: skip
    return {"pictures.json": json.dumps({"numbers": numbers}, ensure_ascii=False, sort_keys=True).encode()}


class Screenshot:
    """An `attest.ports.SitePort` for a picture of what an app or a site shows, in place of a visit.

    Args:
        picture: PNG, JPEG or WebP.
        app: The app that it shows; empty where it shows the site that is asked for.
    """

    def __init__(self, picture: bytes, *, now: Callable[[], datetime], reader: PageReader, app: str = "") -> None:
        self._picture = picture
        self._now = now
        self._reader = reader
        self._app = app

    async def visit(self, url: str) -> Visit:
        from attest.site.ocr import read_numbers

        time = self._now()
        files = {"picture": self._picture}
        facts: dict[str, Any] = {
            "pictured": True,
            "app": self._app,
            "sha256": hashlib.sha256(self._picture).hexdigest(),
        }
        try:
            reading = await asyncio.to_thread(read_numbers, self._picture, today=time.date())
            files |= pictures_file(reading, "picture")
        except AttestError as fault:
            facts["problem"] = fault
        files["visit.json"] = visit_file(url, time, **facts)
        return await visit_of(files, self._reader)


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
        await self._reader.__aexit__(kind, error, trace)
        await self._fetcher.__aexit__(kind, error, trace)

    async def visit(self, url: str) -> Visit:
        time = self._now()
        try:
            page = await self._fetcher.fetch(url)
        except FetchError as fault:
            return await visit_of({"visit.json": visit_file(url, time, problem=fault)}, self._reader)
        facts = page_facts(page)
        files = {"page.bin": page.body}
        visit = await visit_of(files | {"visit.json": visit_file(url, time, **facts)}, self._reader)
        if visit.findings is not None and self._wants_browser(visit):
            try:
                files |= await render(self._browser, self._fetcher.guard, page.final_url, today=time.date())
            except AttestError as fault:
                facts["browser_problem"] = fault
            try:
                files |= await read_pictures(files, time.date())
            except AttestError as fault:
                facts["pictures_problem"] = fault
            visit = await visit_of(files | {"visit.json": visit_file(url, time, **facts)}, self._reader)
        if visit.findings is not None and self._second_look:
            try:
                second = await render(
                    self._browser, self._fetcher.guard, page.final_url, today=time.date(), windows=(PHONE,), plain=True
                )
                files |= {SECOND + name: data for name, data in second.items()}
            except AttestError as fault:
                facts["second_problem"] = fault
        if visit.findings is not None and visit.findings.numbers:
            found = await self._fetcher.fetch_well_known(page.final_url)
            facts["well_known"] = well_known_facts(found)
            if found.status == 200:
                files["well-known.json"] = found.body
        files["visit.json"] = visit_file(url, time, **facts)
        return replace(
            visit, evidence=files, published=files.get("well-known.json"), second=second_look(files, time.date())
        )

    def _wants_browser(self, visit: Visit) -> bool:
        """Whether a browser's look can change what is known."""
        findings = visit.findings
        if self._rendering != "auto" or findings is None:
            return self._rendering == "always"
        plain = findings.numbers and not (findings.incomplete or findings.hidden or findings.malformed)
        return self._prominence or not plain
