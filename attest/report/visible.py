"""Foreign text for a page: what cannot be seen is written as its code point, and nothing is endless."""

import re
import unicodedata
from typing import Final

MAX_TEXT: Final = 1_000  # characters of one value

_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u3164\ufdd0-\ufdef\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""What draws nothing beyond category Cf: Unicode's Default_Ignorable_Code_Point, both separators, noncharacters."""


def visible(text: str) -> str:
    """`text`, cut at `MAX_TEXT`, with control, bidirectional and other invisible characters as `⟨U+202E⟩`.

    Spaces stay; line feeds and tabs are marked like any other control character.
    """
    cut = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(mark(character) if _is_hidden(character) else character for character in cut)


def mark(character: str) -> str:
    """How an invisible character is written."""
    return f"⟨U+{ord(character):04X}⟩"


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs")
        or _IGNORABLE.match(character) is not None
        or ord(character) & 0xFFFE == 0xFFFE
    )
