"""The snippet an operator pastes into a page: badge, number, link to the verification page, QR code, disclaimer.

The number stands in it as text, for readers, search and static verifiers. The badge's text alternative is its label
alone, so that a screen reader says label and number once, and so does the page with pictures off. Both pictures come
from the folder of the page, and there is no style, script or request to anybody else: the snippet works under the
policy `default-src 'self'`.

With the web element it does so too. The element stands around the link, which is what readers without scripts get;
QR code and disclaimer are outside and stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from attest import messages
from attest.number import FilingNumber
from widgets import qr
from widgets.badge import PLAIN, Look, badge_size
from widgets.pointer import canonical_page, pointer

_LINK: Final = """\
<p><a href="{link}" rel="noopener"><img src="badge.svg" width="{badge_width}" height="{badge_height}" alt="{label}"><br>
{number}</a></p>"""
_ELEMENT: Final = """\
<script type="module" src="{src}" integrity="{integrity}" crossorigin></script>
<filing-badge number="{number}" page="{page}" theme="{theme}" size="{size}"{domains}>
{link}
</filing-badge>"""
_SNIPPET: Final = """\
<div class="blockchain-filing" lang="{lang}">
{link}
<p><img src="qr.svg" width="{qr_px}" height="{qr_px}" alt="{qr_alt}"><br>
{starts_with}{space}<bdi>{page}</bdi></p>
<p><small>{disclaimer} <span lang="{other_lang}">{other_disclaimer}</span></small></p>
</div>
"""


@dataclass(frozen=True, slots=True)
class Element:
    """The web element's file: its address, and the `integrity` value that browsers hold it to."""

    src: str
    integrity: str


def snippet_html(
    number: FilingNumber,
    page: str,
    *,
    look: Look = PLAIN,
    element: Element | None = None,
    domains: Iterable[str] = (),
) -> str:
    """The snippet as an HTML fragment in UTF-8.

    Args:
        page: Address of the verification page that link and QR code lead to.
        look: Of badge.svg; its language is the snippet's too.
        element: Show the badge by `<filing-badge>`, where scripts run.
        domains: Those that were filed, for the element to compare with the site it is on.

    Raises:
        InputError: see `widgets.pointer.canonical_page`.
    """
    width, height = badge_size(look)
    canonical = escape(canonical_page(page))
    link = _LINK.format(
        link=escape(pointer(page, number)),
        badge_width=width,
        badge_height=height,
        label=escape(messages.text("WI001", look.lang)),
        number=escape(number.text),
    )
    if element:
        named = escape(" ".join(domains))
        link = _ELEMENT.format(
            src=escape(element.src),
            integrity=escape(element.integrity),
            number=escape(number.text),
            page=canonical,
            theme=look.theme,
            size=look.size,
            domains=f' domains="{named}"' if named else "",
            link=link,
        )
    other_lang = "zh-CN" if look.lang == "en" else "en"
    return _SNIPPET.format(
        lang=look.lang,
        link=link,
        qr_px=qr.side_px(number, page),
        qr_alt=escape(messages.text("WI003", look.lang)),
        starts_with=escape(messages.text("WI004", look.lang)),
        space=" " if look.lang == "en" else "",
        page=canonical,
        disclaimer=escape(messages.text("WI002", look.lang)),
        other_lang=other_lang,
        other_disclaimer=escape(messages.text("WI002", other_lang)),
    )
