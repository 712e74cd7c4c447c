"""Running text that remembers where on a page each part of it stands."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from attest.credentials import HARD_BREAK
from attest.site.doubts import SMALL_TEXT
from attest.site.looks import Look

_SPACE: Final = re.compile(r"[^\S\u3000\xa0]+")
_PATH_STEPS: Final = 6


@dataclass(slots=True)
class Place:
    """An element on the way from the root to what is being read.

    Attributes:
        name: Its id, if any.
        index: Of how many of its tag so far in the element around it.
        looks: One for each viewport, or one for all that are alike.
        link: Base address and reference of the nearest link around it.
        gone: Why it is painted in no viewport by what it is; empty where it may be.
        hidden: Why its own text is seen in no viewport; empty where it is in one.
        breaks: Whether it begins another block in some viewport by its style.
        covers: Whether it is, in some viewport, in an element that lies over the window, its bottom or another element.
        closed: It is a `details` whose own text waits to be opened.
        chosen: Of a `select` around it that shows one option, which one.
        note: It is in the small text that `ruby` sets above other text.
        counts: Elements so far in it, by tag.
    """

    outer: "Place | None"
    tag: str
    name: str = ""
    index: int = 1
    looks: tuple[Look, ...] = ()
    link: tuple[str, str] | None = None
    gone: str = ""
    closed: bool = False
    chosen: int | None = None
    note: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    hidden: str = field(init=False)
    breaks: bool = field(init=False, default=False)
    covers: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        unpainted = bool(self.looks)
        for look in self.looks:
            self.breaks = self.breaks or look.breaks
            self.covers = self.covers or look.covers or look.bars
            unpainted = unpainted and bool(look.unpainted)
        self.hidden = self.gone or ("closed details" if self.closed else self.looks[0].unpainted if unpainted else "")

    @property
    def doubt(self) -> str:
        """The declaration that may hide it, where one does in every viewport in which its text is seen; else empty."""
        doubts = [
            look.doubt or (f"font-size:{look.size:g}px" if look.size < SMALL_TEXT else "")
            for look in self.looks
            if not look.unpainted
        ]
        return doubts[0] if doubts and all(doubts) else ""

    @property
    def holds(self) -> bool:
        """Whether what is `absolute` in it is placed relative to it, in some viewport."""
        around = self.outer.looks if self.outer else ()
        return any(look.holds and all(look is not other for other in around) for look in self.looks)

    def above(self) -> Iterator["Place"]:
        """The element and those around it, the innermost first."""
        place: Place | None = self
        while place is not None:
            yield place
            place = place.outer

    def remove(self, why: str) -> None:
        """Note that it is painted in no viewport."""
        self.gone = self.gone or why
        self.hidden = self.gone

    def path(self) -> str:
        """CSS-like path from the nearest id, or `_PATH_STEPS` steps long."""
        steps: list[str] = []
        for place in self.above():
            if len(steps) == _PATH_STEPS:
                break
            if place.name:
                steps.append(f"{place.tag}#{place.name}")
                break
            if place.tag:
                several = place.outer is not None and place.outer.counts.get(place.tag, 1) > 1
                steps.append(place.tag + (f":nth-of-type({place.index})" if several else ""))
        return " > ".join(reversed(steps))


@dataclass(slots=True)
class Text:
    """Running text that remembers which place, or which words, each part of it comes from."""

    parts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    sources: list[tuple[Place | None, str]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, place: Place | None, why: str = "") -> None:
        text = " " if text.isspace() and text.isascii() else _SPACE.sub(" ", text.replace(HARD_BREAK, "\ufffd"))
        if text.startswith(" ") and self.parts and self.parts[-1].endswith((" ", HARD_BREAK)):
            text = text[1:]
        if text:
            self.starts.append(self.length)
            self.sources.append((place, why))
            self.parts.append(text)
            self.length += len(text)

    def part(self) -> None:
        """Begin another block."""
        if self.parts and self.parts[-1] != HARD_BREAK:
            self.parts.append(HARD_BREAK)
            self.starts.append(self.length)
            self.sources.append((None, ""))
            self.length += 1

    def extend(self, other: "Text") -> None:
        """Add another text as blocks of its own."""
        self.part()
        for part, (place, why) in zip(other.parts, other.sources, strict=True):
            if part == HARD_BREAK:
                self.part()
            else:
                self.add(part, place, why)

    def source(self, offset: int) -> tuple[Place | None, str]:
        return self.sources[bisect_right(self.starts, offset) - 1]

    def sources_of(self, start: int, end: int) -> list[tuple[Place | None, str]]:
        """As `source`, of all that stands from `start` to `end`."""
        return self.sources[bisect_right(self.starts, start) - 1 : bisect_right(self.starts, end - 1)]

    def __str__(self) -> str:
        return "".join(self.parts)
