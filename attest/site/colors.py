"""Colours of CSS, and how well one is seen on another."""

from typing import Final

import tinycss2.color4

Color = tuple[float, ...]
"""Red, green, blue and opacity, each 0 to 1."""

BLACK: Final[Color] = (0.0, 0.0, 0.0, 1.0)
WHITE: Final[Color] = (1.0, 1.0, 1.0, 1.0)
LINK: Final[Color] = (0.0, 0.0, 0.933, 1.0)
NONE: Final[Color] = (0.0, 0.0, 0.0, 0.0)


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
