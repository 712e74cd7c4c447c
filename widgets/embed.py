"""The snippet an operator pastes into a page: badge, number, link to the verification page, QR code, disclaimer.

The number stands in it as text, for readers, search and static verifiers. The badge's text alternative is its label
alone, so that a screen reader says label and number once, and so does the page with pictures off. Both pictures come
from the folder of the page, and there is no style, script or request to anybody else: the snippet works under the
policy `default-src 'self'`.
"""

from html import escape
from typing import Final

from attest import messages
from attest.number import FilingNumber
from widgets import badge, qr
from widgets.pointer import canonical_page, pointer

_SNIPPET: Final = """\
<div class="blockchain-filing" lang="zh-CN">
<p><a href="{link}" rel="noopener"><img src="badge.svg" width="{badge_width}" height="{badge_height}" alt="{label}"><br>
{number}</a></p>
<p><img src="qr.svg" width="{qr_px}" height="{qr_px}" alt="{qr_alt}"><br>
{starts_with}<bdi>{page}</bdi></p>
<p><small>{disclaimer} <span lang="en">{disclaimer_en}</span></small></p>
</div>
"""


def snippet_html(number: FilingNumber, page: str) -> str:
    """The snippet as an HTML fragment in UTF-8.

    Args:
        page: Address of the verification page that link and QR code lead to.

    Raises:
        InputError: see `widgets.pointer.canonical_page`.
    """
    return _SNIPPET.format(
        link=escape(pointer(page, number)),
        badge_width=badge.WIDTH,
        badge_height=badge.HEIGHT,
        label=escape(messages.text("WI001", "zh-CN")),
        number=escape(number.text),
        qr_px=qr.side_px(number, page),
        qr_alt=escape(messages.text("WI003", "zh-CN")),
        starts_with=escape(messages.text("WI004", "zh-CN")),
        page=escape(canonical_page(page)),
        disclaimer=escape(messages.text("WI002", "zh-CN")),
        disclaimer_en=escape(messages.text("WI002", "en")),
    )
