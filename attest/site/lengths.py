"""Lengths, shares and numbers of CSS, as far as they can be known without a layout."""

import re
from typing import Final

LENGTH: Final = re.compile(
    r"(?:calc\(\s*)?([+-]?[0-9]*\.?[0-9]+(?:e[0-9]+)?)(px|pt|pc|in|cm|mm|q|em|rem|ex|ch|vw|vh|%)?(?:\s*\))?", re.ASCII
)
FAR: Final = 500.0  # pixels out of the window that no layout uses for content meant to be seen
_PIXELS: Final = {"in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.94, "pt": 1.33, "pc": 16.0, "em": 16.0, "rem": 16.0,
                  "ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 8.0}  # fmt: skip
_RELATIVE: Final = frozenset(("%", "vw", "vh"))  # units of which a large window has more than is counted here
_MOST: Final = 50.0  # pixels to one of them in the largest window


def number_of(value: str | None) -> float | None:
    match = LENGTH.fullmatch(value.strip()) if value else None
    return float(match[1]) if match else None


def share_of(value: str | None) -> float | None:
    """A factor, which may be written in percent."""
    number = number_of(value)
    return number / 100 if number is not None and value and value.rstrip().endswith("%") else number


def pixels_of(value: str | None) -> float | None:
    """A length, or a sum of lengths that the largest window makes largest; None where it is neither."""
    value = (value or "").strip()
    if match := LENGTH.fullmatch(value):
        return _length(match)
    terms = value[5:-1].split() if value.startswith("calc(") else []
    lengths = [LENGTH.fullmatch(term) for term in terms[::2]]
    if len(terms) % 2 == 0 or not {"+", "-"}.issuperset(terms[1::2]) or None in lengths:
        return None
    signs = (-1.0 if sign == "-" else 1.0 for sign in ("+", *terms[1::2]))
    return sum(_length(match, sign, most=_MOST) for match, sign in zip(lengths, signs, strict=True) if match)


def _length(match: re.Match[str], sign: float = 1.0, *, most: float = 0.0) -> float:
    number, unit = sign * float(match[1]), match[2] or "px"
    per_unit = FAR / 100 if unit == "%" else _PIXELS.get(unit, 1.0)
    return number * (max(most, per_unit) if number > 0 and unit in _RELATIVE else per_unit)
