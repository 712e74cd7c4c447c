"""The badge: a filing number on a plain plate, as a standalone SVG and as PNG.

It states a number and nothing else. No emblem, tick, shield or seal and no word of approval: filing is
registration, and the national emblem and the names of state organs may not be used for advertising.

The widths of all texts are bound to the plate by `textLength`, so they fit in any font. The plate is part of every
style, since a reader's dark scheme says nothing about the page behind. Colours are given as attributes first, so that
the badge stays readable where a policy refuses the style element that holds the dark ones.
"""

import io
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal
from xml.sax.saxutils import escape

from attest import messages
from attest.errors import OutputError
from attest.number import FilingNumber

Lang = Literal["zh-CN", "zh-TW", "en"]
Style = Literal["plate", "line"]
Size = Literal["small", "medium", "large"]
Theme = Literal["auto", "light", "dark"]

MIN_TEXT: Final = 12  # CSS px
_TEXT: Final[dict[Size, int]] = {"small": 12, "medium": 15, "large": 18}  # CSS px of the number
_LATIN: Final = 0.5  # em a letter, between a narrow sans' 0.45 and a monospaced font's 0.6
_NUMBER: Final = 16  # em of a number: five Chinese characters and twenty digits
_INSET: Final = 12  # CSS px between the plate's edges and the text

_COLOURS: Final = {"light": ("#222", "#fff"), "dark": ("#eee", "#111")}
"""Ink and plate."""

_DARK: Final = "<style>@media(prefers-color-scheme:dark){.filing{fill:#eee}.filing rect{fill:#111}}</style>"
_BADGE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" \
role="img" lang="{lang}" font-family="sans-serif" fill="{ink}" class="filing">\
<title>{title} {number}</title><desc>{disclaimer}</desc>{style}\
<rect x=".5" y=".5" width="{inner_width}" height="{inner_height}" rx="3" fill="{plate}" stroke="#888"/>\
{label_line}{number_line}</svg>
"""
_LINE: Final = '<text x="{x}" y="{y}" font-size="{px}" textLength="{width}">{text}</text>'

_FAMILIES: Final = {
    "zh-CN": "Noto Sans CJK SC,Noto Sans SC,Source Han Sans SC,PingFang SC,Microsoft YaHei,WenQuanYi Micro Hei",
    "zh-TW": "Noto Sans CJK TC,Noto Sans TC,Source Han Sans TC,PingFang TC,Microsoft JhengHei",
}
_ANY_FAMILY: Final = "Droid Sans Fallback,DejaVu Sans,Liberation Sans,Arial"
"""Where none of a language's own is installed: the renderer takes what these lack from any font that has it."""

_NOBODYS: Final = "\U0010fffd"  # a private character that no font is expected to draw
_CELL: Final = 32  # px


@dataclass(frozen=True, slots=True)
class Look:
    """How a badge is drawn.

    Attributes:
        style: A plate with the label above the number, or one line for a page's footer.
        size: Of the number: 12, 15 or 18 CSS px high.
        theme: `auto` follows the reader's scheme.
    """

    lang: Lang = "zh-CN"
    style: Style = "plate"
    size: Size = "medium"
    theme: Theme = "auto"


PLAIN: Final = Look()


def badge_svg(number: FilingNumber, look: Look = PLAIN) -> str:
    """The badge of `number`, at most 1 KB, with the number as text that can be selected and read aloud."""
    label, px, label_px, label_width = _label(look)
    width, height = badge_size(look)
    beside = look.style == "line"
    first_line = label_px + 7
    below = round(height / 2 + px * 0.4) if beside else first_line + px + 5
    ink, plate = _COLOURS["dark" if look.theme == "dark" else "light"]
    return _BADGE.format(
        width=width,
        height=height,
        inner_width=width - 1,
        inner_height=height - 1,
        lang=look.lang,
        ink=ink,
        plate=plate,
        style=_DARK if look.theme == "auto" else "",
        title=escape(messages.text("WI001", look.lang)),
        number=escape(number.text),
        disclaimer=escape(messages.text("WI006", look.lang)),
        label_line=_line(_INSET, below if beside else first_line, label_px, label_width, label),
        number_line=_line(_INSET + (label_width + px // 2 if beside else 0), below, px, _NUMBER * px, number.text),
    )


def badge_size(look: Look) -> tuple[int, int]:
    """Width and height of a badge in CSS px; at least 24 high, so that a finger hits it."""
    _, px, label_px, label_width = _label(look)
    if look.style == "line":
        return label_width + px // 2 + _NUMBER * px + 2 * _INSET, px + 14
    return max(label_width, _NUMBER * px) + 2 * _INSET, label_px + px + 23


def badge_png(number: FilingNumber, look: Look = PLAIN, *, scale: Literal[1, 2, 3] = 1) -> bytes:
    """The badge as PNG, `scale` pixels to a CSS px, drawn with a Chinese font of this machine.

    Args:
        look: A picture follows no scheme: `auto` is drawn light.

    Raises:
        OutputError: no installed font has all characters of the badge.
    """
    check_fonts(number, look.lang)
    return _png(badge_svg(number, look), look.lang, scale)


def check_fonts(number: FilingNumber, lang: Lang) -> None:
    """Make sure that the fonts of this machine have what a badge shows.

    Raises:
        OutputError: they lack characters; in a picture there would be boxes or gaps.
    """
    shown = messages.text("WI001", lang) + messages.text("WI005", lang) + number.text[:4] + "号0123456789X"
    if lacking := _lacking("".join(dict.fromkeys(shown.replace(" ", ""))), lang):
        raise OutputError("WI123", found=lacking)


def _label(look: Look) -> tuple[str, int, int, int]:
    """The label, and in CSS px the number's height, the label's height and the label's width."""
    px = _TEXT[look.size]
    is_short = look.style == "line" or look.size == "small"
    label = messages.text("WI005" if is_short else "WI001", look.lang)
    label_px = px if look.style == "line" else max(MIN_TEXT, px * 4 // 5)
    return label, px, label_px, round(len(label) * label_px * (_LATIN if label.isascii() else 1))


def _line(x: int, y: int, px: int, width: int, text: str) -> str:
    return _LINE.format(x=x, y=y, px=px, width=width, text=escape(text))


def _png(svg: str, lang: Lang, scale: int) -> bytes:
    import resvg_py

    families = f"{_FAMILIES['zh-TW' if lang == 'zh-TW' else 'zh-CN']},{_ANY_FAMILY}"
    return resvg_py.svg_to_bytes(
        svg_string=svg.replace('font-family="sans-serif"', f'font-family="{families}"', 1), zoom=scale
    )


@cache
def _lacking(characters: str, lang: Lang) -> str:
    """Those of `characters` that are drawn as a character which no font has: as a box, or not at all."""
    from PIL import Image

    cells = "".join(
        f'<text x="{place * _CELL + 4}" y="24" font-size="20">{escape(each)}</text>'
        for place, each in enumerate(_NOBODYS + characters)
    )
    width = (len(characters) + 1) * _CELL
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_CELL}" font-family="sans-serif">'
    with Image.open(io.BytesIO(_png(f"{head}{cells}</svg>", lang, 1))) as picture:
        drawn = [picture.crop((x, 0, x + _CELL, _CELL)).tobytes() for x in range(0, width, _CELL)]
    blank = bytes(len(drawn[0]))
    return "".join(each for each, cell in zip(characters, drawn[1:], strict=True) if cell in (drawn[0], blank))
