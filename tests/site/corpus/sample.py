"""A page of the corpus, and what a person who opens it sees.

What is expected was set by the rules of display (contrast, size, place) and by looking at the pages in a browser; none
of it was taken from what the code under test answers.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from attest.number import FilingNumber, check_character
from attest.ports import Level
from tests.site.corpus.skins import NEIGHBOURS

HTML: Final = "text/html; charset=utf-8"
ELSEWHERE: Final = "http://elsewhere.example"

PROMINENT: Final = frozenset({Level.PROMINENT})
DISPLAYED: Final = frozenset({Level.DISPLAYED})
WEAK: Final = frozenset({Level.WEAK})
HIDDEN: Final = frozenset({Level.PRESENT_HIDDEN})
ABSENT: Final = frozenset({Level.ABSENT})
UNSEEN: Final = HIDDEN | ABSENT
READABLE: Final = PROMINENT | DISPLAYED
SEEN: Final = READABLE | WEAK

Source = str | bytes | Callable[[FilingNumber], str | bytes]
"""A text with placeholders, or a maker that is given the page's own number. See `fill`."""

_COUNTIES: Final = ("110108", "310115", "330106", "440305", "320505", "500105", "510104", "430104", "350203", "120116")
_TYPES: Final = {
    "html": HTML,
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}


class Reading(Enum):
    """What it takes to know what a page shows."""

    MARKUP = "the page as sent, and reading it says that it is whole"
    BROWSER = "a browser, and reading the page as sent says so"
    PAINT = "a browser, and nothing in the page as sent says so"


@dataclass(frozen=True, slots=True)
class Sample:
    """A page, as a site sends it, and what it shows.

    Attributes:
        source: Of the page itself.
        files: Sources of what else is on the same host, by path.
        elsewhere: Likewise on another host, whose origin is written `@ELSEWHERE@`.
        encoding: Of `source`, where it is text.
        shown: Numbers that a reader can see, in page order.
        hidden: Numbers in the source that no reader sees. Only told of pages read as MARKUP.
        malformed: Visible attempts, as the page writes them, each with the code of its first defect.
        others: Kinds of other systems' numbers that a reader can see.
        level: How the page's own number may be judged on a desktop: several where the border is fuzzy.
        phone, dark: The same on a phone and under a dark scheme, where it differs.
        picture: The number is drawn in a picture, and text nowhere.
    """

    name: str
    source: Source
    reading: Reading
    number: FilingNumber
    content_type: str | None = HTML
    files: Mapping[str, Source] = field(default_factory=dict)
    elsewhere: Mapping[str, Source] = field(default_factory=dict)
    encoding: str = "utf-8"
    shown: tuple[FilingNumber, ...] = ()
    hidden: tuple[FilingNumber, ...] = ()
    malformed: tuple[tuple[str, str], ...] = ()
    others: frozenset[str] = frozenset()
    level: frozenset[Level] = ABSENT
    phone: frozenset[Level] | None = None
    dark: frozenset[Level] | None = None
    picture: bool = False

    def levels(self, window: str) -> frozenset[Level]:
        """What the own number may be judged in a window: `desktop`, `phone` or `dark`."""
        return {"phone": self.phone, "dark": self.dark}.get(window) or self.level

    def displayed(self, window: str) -> bool | None:
        """Whether a person can see the own number in a window; None where people may disagree."""
        levels = self.levels(window)
        return True if levels <= SEEN else False if levels <= UNSEEN else None

    def body(self, number: FilingNumber | None = None, elsewhere: str = ELSEWHERE) -> bytes:
        """The page as sent, with another number in place of its own if one is given."""
        return fill(self.source, number or self.number, elsewhere, self.encoding)

    def answers(self, number: FilingNumber | None = None, elsewhere: str = ELSEWHERE) -> dict[str, tuple[str, bytes]]:
        """Content type and bytes of every path of the page's host."""
        return {"/": (self.content_type or "", self.body(number, elsewhere))} | _filled(
            self.files, number or self.number, elsewhere
        )

    def answers_elsewhere(
        self, number: FilingNumber | None = None, elsewhere: str = ELSEWHERE
    ) -> dict[str, tuple[str, bytes]]:
        return _filled(self.elsewhere, number or self.number, elsewhere)


def _filled(files: Mapping[str, Source], number: FilingNumber, elsewhere: str) -> dict[str, tuple[str, bytes]]:
    return {path: (_TYPES[path.rsplit(".")[-1]], fill(of, number, elsewhere)) for path, of in files.items()}


def fill(source: Source, number: FilingNumber, elsewhere: str = ELSEWHERE, encoding: str = "utf-8") -> bytes:
    """A source with its placeholders filled in.

    `@N@` is the number's text, `@P@` its province character, `@K@` its twenty characters, `@A@` and `@B@` their halves,
    `@O@` the text of `provider`'s number.
    """
    if not isinstance(source, str | bytes):
        source = source(number)
    if isinstance(source, bytes):
        return source
    key = number.key
    values = {
        "N": number.text,
        "P": number.province,
        "K": key,
        "A": key[:10],
        "B": key[10:],
        "O": PROVIDER.text,
        "ELSEWHERE": elsewhere,
    }
    for name, value in values.items():
        source = source.replace(f"@{name}@", value)
    return source.encode(encoding)


def number_for(name: str, county: str | None = None) -> FilingNumber:
    """A well-formed number that nobody was given, the same for the same name."""
    seed = zlib.crc32(name.encode())
    digits = f"{county or _COUNTIES[seed % len(_COUNTIES)]}26{seed % 100_000_000:08}{seed % 7 + 1:03}"
    return FilingNumber(digits + check_character(digits))


PROVIDER: Final = number_for("a chain provider", "330106")
"""The number of a chain provider, which stands beside a site's own."""


def shows(
    name: str,
    source: Source,
    level: frozenset[Level] = PROMINENT,
    *,
    reading: Reading = Reading.MARKUP,
    before: tuple[FilingNumber, ...] = (),
    also: tuple[FilingNumber, ...] = (),
    **more: object,
) -> Sample:
    """A page that shows its own number, after those of `before` and before those of `also`."""
    number = number_for(name)
    return _sample(name, source, reading, number, shown=(*before, number, *also), level=level, **more)


def hides(
    name: str, source: Source, level: frozenset[Level] = HIDDEN, *, reading: Reading = Reading.MARKUP, **more: object
) -> Sample:
    """A page whose own number stands in its source and is seen by nobody."""
    number = number_for(name)
    return _sample(name, source, reading, number, hidden=(number,), level=level, **more)


def lacks(name: str, source: Source, *, reading: Reading = Reading.MARKUP, **more: object) -> Sample:
    """A page without a number of its own."""
    return _sample(name, source, reading, number_for(name), **more)


def _sample(name: str, source: Source, reading: Reading, number: FilingNumber, **more: object) -> Sample:
    if "others" not in more and isinstance(source, str):
        more["others"] = frozenset(kind for text, kind in NEIGHBOURS.items() if text in source)
    return Sample(name, source, reading, number, **more)  # type: ignore[arg-type]
