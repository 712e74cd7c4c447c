"""Read untrusted pages in processes of their own, ended when one page takes too much time or memory.

A page can be built so that parsing it takes hours; then its process is ended and the page counts as not seen.

    >>> async def numbers(body: bytes) -> Findings:
    ...     async with PageReader() as reader:
    ...         return await reader.read(body, content_type="text/html", base_url="", today=date(2026, 1, 1))
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from pydantic import TypeAdapter

from attest.ports import Findings
from attest.site.extract import extract
from attest.site.process import Answer, Workers, serve

TOGETHER: Final = 8
MAX_SECONDS: Final = 10.0
MAX_MEMORY: Final = 1_000_000_000  # bytes of address space; 5 MB of plain paragraphs need 300 MB


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    content_type: str | None
    base_url: str
    today: date


@dataclass(frozen=True, slots=True)
class _Answer(Answer):
    findings: Findings | None = None

    def __post_init__(self) -> None:
        if found := self.findings:
            defects = [defect for shown in found.numbers for defect in shown.variants]
            defects += [defect for wrong in found.malformed for defect in wrong.errors]
            for told in (*defects, found.incomplete):
                if told is not None:
                    told.text("en")

    @property
    def found(self) -> Findings | None:
        return self.findings


_ANSWERS: Final = TypeAdapter(_Answer)


class PageReader(Workers):
    """Up to `processes` pages at once. Use as an async context manager; bounds as for `Workers`."""

    def __init__(
        self, *, max_seconds: float = MAX_SECONDS, max_memory: int = MAX_MEMORY, processes: int | None = None
    ) -> None:
        super().__init__(
            __name__,
            _ANSWERS,
            exceeded="EX102",
            broken="EX103",
            max_seconds=max_seconds,
            max_memory=max_memory,
            processes=processes,
            together=TOGETHER,
        )

    async def read(self, body: bytes, *, content_type: str | None, base_url: str, today: date) -> Findings:
        """What `attest.site.extract.extract` makes of a page.

        Raises:
            FetchError: the bytes are no page, the page exceeded a bound, or it broke its reader.
        """
        return cast("Findings", await self._ask(_Page(body, content_type, base_url, today)))


def main(max_memory: int) -> None:
    """The other side of `PageReader`: answer pages from standard input until there are no more."""
    serve(_read, _ANSWERS, max_memory)


def _read(page: _Page) -> _Answer:
    found = extract(page.body, content_type=page.content_type, base_url=page.base_url, today=page.today)
    return _Answer(findings=found)
