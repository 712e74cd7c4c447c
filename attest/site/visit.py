"""One look at a page, fetched and read, with every fault told instead of raised."""

from collections.abc import Callable
from datetime import datetime

from attest import messages
from attest.errors import AttestError, FetchError
from attest.ports import Findings, Visit
from attest.site.extract import extract
from attest.site.fetch import Fetcher


class SiteVisitor:
    """A `attest.ports.SitePort` that reads pages without running their scripts.

    Args:
        fetcher: Open for as long as visits are made.
        now: The current time, UTC.
    """

    def __init__(self, fetcher: Fetcher, *, now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._now = now

    async def visit(self, url: str) -> Visit:
        time = self._now()
        try:
            page = await self._fetcher.fetch(url)
        except FetchError as fault:
            return Visit(url, url, time, problem=fault)
        findings: Findings | None = None
        problem: AttestError | None = None
        if 200 <= page.status <= 299:
            try:
                findings = extract(
                    page.body, content_type=page.content_type, base_url=page.final_url, today=time.date()
                )
            except AttestError as fault:
                problem = fault
        else:
            problem = FetchError("FE150", url=messages.shown(page.final_url), found=page.status)
        return Visit(url, page.final_url, time, page.status, page.sha256, findings, problem)
