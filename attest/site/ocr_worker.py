"""Read pictures of strangers in processes of their own, as `attest.site.worker` reads pages.

>>> async def numbers(png: bytes) -> Reading:
...     async with PictureReader() as reader:
...         return await reader.read(png, today=date(2026, 1, 1))
"""

import os
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from pydantic import TypeAdapter

from attest.errors import AttestError, PictureError, ProgramError
from attest.number import FilingNumber
from attest.site.ocr import Reading, read_numbers
from attest.site.process import Answer, Problem, Workers, serve

MAX_SECONDS: Final = 60.0
MAX_MEMORY: Final = 3_000_000_000  # bytes of address space; 40 megapixels need 2.2 GB, a screenshot 1.2 GB


@dataclass(frozen=True, slots=True)
class _Picture:
    png: bytes
    today: date
    expected: FilingNumber | None


@dataclass(frozen=True, slots=True)
class _Answer(Answer):
    reading: Reading | None = None

    def __post_init__(self) -> None:
        for wrong in self.reading.attempts if self.reading else ():
            for error in wrong.errors:
                error.text("en")

    @property
    def found(self) -> Reading | None:
        return self.reading


_ANSWERS: Final = TypeAdapter(_Answer)


class PictureReader(Workers):
    """Up to `processes` pictures at once. Use as an async context manager; bounds as for `Workers`."""

    def __init__(
        self, *, max_seconds: float = MAX_SECONDS, max_memory: int = MAX_MEMORY, processes: int | None = None
    ) -> None:
        super().__init__(
            __name__,
            _ANSWERS,
            exceeded="OC102",
            broken="OC103",
            max_seconds=max_seconds,
            max_memory=max_memory,
            processes=processes,
        )

    async def read(self, png: bytes, *, today: date, expected: FilingNumber | None = None) -> Reading:
        """What `attest.site.ocr.read_numbers` makes of a picture.

        Raises:
            PictureError: no picture, or one beyond the limits.
            ProgramError: the extra `[ocr]` is not installed.
            FetchError: the picture exceeded a bound, or it broke its reader.
        """
        return cast("Reading", await self._ask(_Picture(png, today, expected)))

    def _error(self, problem: Problem) -> AttestError:
        kind = ProgramError if problem.code == "OC101" else PictureError
        return kind(problem.code, **problem.params)


def main(max_memory: int) -> None:
    """The other side of `PictureReader`: answer pictures from standard input until there are no more."""
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ[threads] = "1"  # each reserves memory
    serve(_read, _ANSWERS, max_memory)


def _read(picture: _Picture) -> _Answer:
    return _Answer(reading=read_numbers(picture.png, today=picture.today, expected=picture.expected))
