"""Filing numbers that stand in a picture only.

Lines are found, read by a neural recogniser (the extra `[ocr]`; its models come with it and nothing is ever loaded),
and what the lines say is judged as running text is, by `attest.credentials`. A recogniser errs, so nothing counts that
was read once: a number is one where twenty characters, check character and province agree and a second reading of the
same place, prepared in another way, gives the same. What fails is told as an attempt, with the reason. Bytes in, values
out; pictures of strangers go through `attest.site.ocr_worker`, which bounds time and memory.

    reading = read_numbers(Path("footer.png").read_bytes(), today=date(2026, 1, 1))
    [(found.number.text, found.box, found.height, found.contrast) for found in reading.numbers]
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Final

from attest import messages
from attest.credentials import HARD_BREAK, scan
from attest.number import PROVINCE_CHARACTERS, Defect, FilingNumber
from attest.site.agreement import agreed, bare
from attest.site.pictures import Box, inked, open_picture
from attest.site.recogniser import detected, engine, recognised

if TYPE_CHECKING:
    from attest.site.lines import Line
    from attest.site.pictures import Pixels

MOST_READ: Final = 350
"""Width of all that is read of one picture, in line heights: 5 ms each. Not a time: a slow machine reads the same."""
SMALL: Final = 300_000
"""Pixels up to which a picture's lines are found by the neural detector, which costs 3 s for each million."""

_WHOLE: Final = 40  # line heights up to which a line is read as a whole
_PART: Final = 8  # line heights to either side of a run of digits that are read of a longer one
_LOW: Final = 3
"""Every so many places the lowest one is read that was not yet: numbers stand in footers."""
_WAYS: Final = 3
"""In which one place is read, at most; two must agree."""

_KEYLIKE: Final = "0-9Xx"
_P: Final = PROVINCE_CHARACTERS
_OPEN: Final = re.compile(rf"(?:[{_P}]|网|网信|网信[备備][:：]?[{_KEYLIKE} ]{{0,22}})$")
"""The end of a line on which a number may begin that goes on below."""
_REST: Final = re.compile(rf"^ ?(?:信?[备備]|[{_KEYLIKE}][{_KEYLIKE} ]{{3,22}}(?:号|$)|[{_KEYLIKE}]{{1,3}} ?号)")
"""The beginning of a line on which a number may end that began above."""


@dataclass(frozen=True, slots=True)
class PictureNumber:
    """A number as a picture shows it.

    Attributes:
        text: As it was read.
        box: Around its ink: left, top, width and height in pixels of the upright picture.
        height: Of its ink in pixels; of one line where it stands on two. Type is about 1.1 times as large.
        contrast: Of its ink with what is behind it, 1 to 21, see `attest.site.pictures.inked`.
    """

    number: FilingNumber
    text: str
    box: Box
    height: int
    contrast: float


@dataclass(frozen=True, slots=True)
class PictureAttempt:
    """Something that reads like a filing number and was not accepted as one, with at least one error."""

    text: str
    box: Box
    errors: tuple[Defect, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture shows, from top to bottom.

    Attributes:
        size: Width and height of the upright picture in pixels.
        complete: Whether every line that was found was read. Only then does it mean anything that a number is missing.
    """

    numbers: tuple[PictureNumber, ...] = ()
    attempts: tuple[PictureAttempt, ...] = ()
    size: tuple[int, int] = (0, 0)
    complete: bool = True


def read_numbers(png: bytes, *, today: date, expected: FilingNumber | None = None) -> Reading:
    """Read a picture, from a small crop to a screenshot of a whole page.

    Args:
        png: PNG, JPEG or WebP.
        today: Decides whether a number's year lies in the future.
        expected: The number that is asked for. Where its twenty characters are read, a province character or a word of
            the number that is not legible is forgiven; another one's is not.

    Raises:
        PictureError: no picture, or one beyond the limits.
        ProgramError: the extra `[ocr]` is not installed.
    """
    engine()
    return _Reader(open_picture(png), today, expected).reading()


@dataclass(frozen=True, slots=True)
class _Place:
    """Part of a line, from its column `first` to `last`, and how much it looks like digits."""

    score: float
    line: "Line"
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Words:
    """What one place says.

    Attributes:
        box: The place, without margin.
        centres: Pixel column of each character of `text`.
        starts, ends: Whether the place begins and ends where its line does.
    """

    text: str
    box: Box
    centres: tuple[float, ...]
    starts: bool = True
    ends: bool = True

    def place(self, start: int, end: int) -> Box:
        """Around the characters `text[start:end]`, a little wider."""
        left, top, width, height = self.box
        first = max(left - height // 4, round(self.centres[start] - 0.62 * height))
        last = min(left + width + height // 4, round(self.centres[end - 1] + 0.62 * height))
        return first, top, max(1, last - first), height


@dataclass(slots=True)
class _Reader:
    """Reads one picture."""

    pixels: "Pixels"
    today: date
    expected: FilingNumber | None
    numbers: list[PictureNumber] = field(default_factory=list)
    attempts: list[PictureAttempt] = field(default_factory=list)
    left_to_read: float = MOST_READ

    def reading(self) -> Reading:
        lines = self._lines()
        read = list(self._read_all(lines))
        complete = self.left_to_read > 0
        self.left_to_read += MOST_READ  # for second readings, and for what stands above and below
        for words in read:
            self._judge_line(words)
        for upper, lower in self._pairs(read, lines):
            self._judge_pair(upper, lower)
        complete = complete and self.left_to_read > 0
        whole = [number.box for number in self.numbers]
        attempts = [wrong for wrong in self.attempts if not any(_meet(wrong.box, box) for box in whole)]
        height, width = self.pixels.shape[:2]
        return Reading(
            tuple(sorted(self.numbers, key=lambda number: (number.box[1], number.box[0]))),
            tuple(sorted(attempts, key=lambda wrong: (wrong.box[1], wrong.box[0]))),
            (width, height),
            complete,
        )

    # --- what is read ------------------------------------------------------------------------------------------

    def _lines(self) -> "Sequence[Line]":
        from attest.site.lines import Line, text_lines

        height, width = self.pixels.shape[:2]
        if height * width > SMALL:
            return text_lines(self.pixels)
        boxes = detected(self.pixels)
        return [Line(box, ()) for box in sorted(boxes, key=lambda box: -box[2] / box[3])]

    def _read_all(self, lines: "Sequence[Line]") -> Iterator[_Words]:
        """Lines as a whole, and of long ones the parts around digits, the likeliest first."""
        places = []
        for line in lines:
            left, _, width, height = line.box
            if width <= _WHOLE * height or not line.runs:
                places.append(_Place(line.score, line, 0, width))
                continue
            for score, column in line.runs:
                first = max(0, column - left - _PART * height)
                last = min(width, column - left + _PART * height)
                places.append(_Place(score, line, first, last))
        for place in _in_turn(places):
            if self.left_to_read <= 0:
                return
            line, first, last = place.line, place.first, place.last
            words = self._part(line, first, last)
            if _is_cut(words):
                wider = (last - first) // 2
                words = self._part(line, max(0, first - wider), min(line.box[2], last + wider))
            yield words

    def _part(self, line: "Line", first: int, last: int) -> _Words:
        left, top, width, height = line.box
        box = (left + first, top, last - first, height)
        text, centres = self._read(box)
        return _Words(text, box, centres, starts=first == 0, ends=last == width)

    def _read(self, box: Box, way: int = 0) -> tuple[str, tuple[float, ...]]:
        """Text of a place and the pixel column of each of its characters.

        Args:
            way: Each prepares the pixels differently.
        """
        left, top, width, height = box
        self.left_to_read -= width / height
        around, beside = round(height * (0.18, 0.35, 0.25)[way]) + 1, round(height * 0.3)
        rows = slice(max(0, top - around), top + height + around)
        columns = slice(max(0, left - beside), left + width + beside)
        return recognised(self.pixels[rows, columns], columns.start, way)

    # --- what counts -------------------------------------------------------------------------------------------

    def _judge_line(self, words: _Words) -> None:
        for attempt in scan(words.text, today=self.today).attempts:
            cut = attempt.end == len(words.text) and not (words.ends or attempt.text.endswith("号"))
            errors = (Defect("OC121", "", messages.shown(attempt.text)),) if cut else attempt.reading.errors
            place = words.place(attempt.start, attempt.end)
            self._judge((place,), attempt.text, errors, cut=cut)
        if self.expected and (span := bare(words.text, self.expected)):
            place = words.place(*span)
            self._judge((place,), words.text[slice(*span)], ())

    def _judge_pair(self, upper: _Words, lower: _Words) -> None:
        seam = len(upper.text)
        for attempt in scan(upper.text + HARD_BREAK + lower.text, today=self.today).attempts:
            if attempt.reading.number and attempt.start < seam < attempt.end:
                parts = (upper.place(attempt.start, seam), lower.place(0, attempt.end - seam - 1))
                self._judge(parts, attempt.text, ())

    def _judge(self, parts: tuple[Box, ...], text: str, errors: tuple[Defect, ...], *, cut: bool = False) -> None:
        """Accept the number of a place if two readings of it agree, else keep the attempt."""
        seen, contrasts = zip(*(inked(self.pixels, part) for part in parts), strict=True)
        box = _around(seen)
        if any(_meet(box, number.box) for number in self.numbers):
            return
        number = None if cut or self.left_to_read <= 0 else self._agreed(parts, text)
        if number:
            self.numbers.append(PictureNumber(number, text, box, max(part[3] for part in seen), min(contrasts)))
        elif not any(_meet(box, wrong.box) for wrong in self.attempts):
            found = errors or (Defect("OC120", messages.shown(text), "-"),)
            self.attempts.append(PictureAttempt(text, box, found))

    def _agreed(self, parts: tuple[Box, ...], text: str) -> FilingNumber | None:
        again = (HARD_BREAK.join(self._read(part, way)[0] for part in parts) for way in range(1, _WAYS))
        return agreed(chain((text,), again), today=self.today, expected=self.expected)

    # --- numbers on two lines ----------------------------------------------------------------------------------

    def _pairs(self, read: Sequence[_Words], lines: "Sequence[Line]") -> Iterator[tuple[_Words, _Words]]:
        """Ends and beginnings of lines, one below the other, that may hold one number together."""
        for words in read:
            if self.left_to_read <= 0:
                return
            if words.ends and _OPEN.search(words.text):
                for line in lines:
                    if _is_below(line.box, words.box):
                        last = min(line.box[2], 2 * _PART * line.box[3])
                        yield words, self._part(line, 0, last)
            if words.starts and _REST.search(words.text):
                for line in lines:
                    if _is_below(words.box, line.box):
                        first = max(0, line.box[2] - 2 * _PART * line.box[3])
                        yield self._part(line, first, line.box[2]), words


def _in_turn(places: Sequence[_Place]) -> Iterator[_Place]:
    """The likeliest first, and every `_LOW` places the lowest that is left."""
    likely = deque(sorted(places, key=lambda place: -place.score))
    low = deque(sorted(likely, key=lambda place: -place.line.box[1]))
    done: set[int] = set()
    for turn in range(1, len(places) + 1):
        queue = low if turn % _LOW == 0 else likely
        while id(queue[0]) in done:
            queue.popleft()
        done.add(id(queue[0]))
        yield queue.popleft()


def _is_cut(words: _Words) -> bool:
    """Whether a number may reach beyond what was read of its line."""
    return (not words.starts and re.match(rf"[{_KEYLIKE}网信备]{{2}}", words.text) is not None) or (
        not words.ends and re.search(rf"[{_KEYLIKE}网信备]{{2}}$", words.text) is not None
    )


def _is_below(lower: Box, upper: Box) -> bool:
    """Whether a line is the next one of the same block."""
    left, top, width, height = lower
    left2, top2, width2, height2 = upper
    gap = top - (top2 + height2)
    alike = 0.6 < height / height2 < 1.7
    return alike and -0.3 * height2 < gap < 1.5 * height2 and left < left2 + width2 and left2 < left + width


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _meet(one: Box, other: Box) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and down > 0 and across * down > 0.4 * min(one[2] * one[3], other[2] * other[3])
