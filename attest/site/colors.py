"""Colours of CSS, and how well one is seen on another."""

import re
from functools import lru_cache
from typing import Final

import tinycss2.color4

Color = tuple[float, ...]
"""Red, green, blue and opacity, each 0 to 1."""

BLACK: Final[Color] = (0.0, 0.0, 0.0, 1.0)
WHITE: Final[Color] = (1.0, 1.0, 1.0, 1.0)
LINK: Final[Color] = (0.0, 0.0, 0.933, 1.0)
NONE: Final[Color] = (0.0, 0.0, 0.0, 0.0)

_LEAST_CONTRAST: Final = 1.2  # WCAG 2; the same colour has 1, black on white 21
_SHADOW: Final = re.compile(r"(?:[^\s(),]+(?:\([^()]*\))?\s*)+")
_WORD: Final = re.compile(r"[^\s()]+(?:\([^()]*\))?")


@lru_cache(maxsize=1024)
def rgba(value: str) -> Color | None:
    """The colour that `value` names, or None where it is none that can be computed here."""
    try:
        color = tinycss2.color4.parse_color(value)
        if color is None or isinstance(color, str):
            return None
        plain = color if color.space == "srgb" else color.to("srgb")
    except (NotImplementedError, ValueError, ZeroDivisionError, OverflowError):
        return None
    parts = [float(part or 0) for part in (*plain.coordinates, plain.alpha)]
    return tuple(min(max(part, 0.0), 1.0) for part in parts)


def over(color: Color, behind: Color) -> Color:
    """`color` painted on an opaque one."""
    share = color[3]
    return (*(share * front + (1 - share) * back for front, back in zip(color[:3], behind[:3], strict=True)), 1.0)


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio of WCAG 2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@lru_cache(maxsize=1024)
def alike(color: Color | None, background: Color | None) -> bool:
    """Whether text of one colour is known to be lost on the other."""
    if color is None or background is None:
        return False
    return contrast(over(color, background), background) < _LEAST_CONTRAST


def shadowed(shadows: str, background: Color | None) -> bool:
    """Whether a `text-shadow` may show text that has not a colour of its own to be seen by."""
    if shadows in {"none", "inherit", "initial", "unset"}:
        return False
    for shadow in _SHADOW.findall(shadows):
        words = [word for word in _WORD.findall(shadow) if word[0] not in "+-.0123456789"]
        color = rgba(words[0]) if words else None
        if words and not (color and (color[3] == 0 or alike(color, background))):
            return True
    return False
