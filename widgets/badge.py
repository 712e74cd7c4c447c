"""The badge: a filing number on a plain plate, as a standalone SVG.

It states a number and nothing else. No emblem, tick, shield or seal and no word of approval: filing is
registration, and the national emblem and the names of state organs may not be used for advertising.

The widths of both lines are bound to the plate by `textLength`, so the text fits in any font; colours are given as
attributes first, so that the badge stays readable where a policy refuses the style element that holds the dark ones.
"""

from typing import Final
from xml.sax.saxutils import escape

from attest import messages
from attest.number import FilingNumber

LANG: Final = "zh-CN"
WIDTH: Final = 264  # CSS px
HEIGHT: Final = 50

_BADGE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" \
role="img" lang="{lang}" font-family="sans-serif" fill="#57606a" class="filing">\
<title>{label} {number}</title><desc>{disclaimer}</desc>\
<style>@media(prefers-color-scheme:dark)\
{{.filing{{fill:#b1bac4}}.filing rect{{fill:#161b22}}.filing text+text{{fill:#f0f3f6}}}}</style>\
<rect x=".5" y=".5" width="{inner_width}" height="{inner_height}" rx="3" fill="#fff" stroke="#7d8590"/>\
<text x="12" y="19" font-size="12" textLength="132" lengthAdjust="spacingAndGlyphs">{label}</text>\
<text x="12" y="39" font-size="15" fill="#1f2328" textLength="240" lengthAdjust="spacingAndGlyphs">\
{number}</text></svg>
"""


def badge_svg(number: FilingNumber) -> str:
    """The badge of `number`, at most 1 KB, with the number as text that can be selected and read aloud."""
    return _BADGE.format(
        width=WIDTH,
        height=HEIGHT,
        inner_width=WIDTH - 1,
        inner_height=HEIGHT - 1,
        lang=LANG,
        label=escape(messages.text("WI001", LANG)),
        number=escape(number.text),
        disclaimer=escape(f"{messages.text('WI002', LANG)} {messages.text('WI002', 'en')}"),
    )
