"""One look at a page, fetched and read, with every fault told instead of raised."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from attest import messages
from attest.errors import AttestError, FetchError
from attest.ports import Findings, Visit
from attest.site.fetch import Fetcher, Page
from attest.site.worker import PageReader

PAGES: Final = frozenset({200, 203})
"""Statuses under which a server sends a whole page of its own."""


class SiteVisitor:
    """An `attest.ports.SitePort` that reads pages without running their scripts. Use as an async context manager.

    Args:
        fetcher: Opened and closed with the visitor.
        now: The current time, UTC.
        reader: Likewise.
    """

    def __init__(self, fetcher: Fetcher, *, now: Callable[[], datetime], reader: PageReader | None = None) -> None:
        self._fetcher = fetcher
        self._reader = reader or PageReader()
        self._now = now

    async def __aenter__(self) -> Self:
        await self._fetcher.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._reader.__aexit__(kind, error, trace)
        await self._fetcher.__aexit__(kind, error, trace)

    async def visit(self, url: str) -> Visit:
        time = self._now()
        try:
            page = await self._fetcher.fetch(url)
        except FetchError as fault:
            return Visit(url, url, time, problem=fault)
        findings: Findings | None = None
        problem: AttestError | None = None
        try:
            findings = await self._read(page, time)
        except AttestError as fault:
            problem = fault
        return Visit(url, page.final_url, time, page.status, page.sha256, findings, problem)

    async def _read(self, page: Page, time: datetime) -> Findings:
        if page.status not in PAGES:
            raise FetchError("FE150", url=messages.shown(page.final_url), found=page.status)
        if page.attachment:
            raise FetchError("EX101", found="attachment")
        findings = await self._reader.read(
            page.body, content_type=page.content_type, base_url=page.final_url, today=time.date()
        )
        return replace(findings, incomplete=findings.incomplete or page.incomplete)
