"""Text in places where no reader sees it: markup that is not rendered, scripts, attributes.

Only what may mention a filing is read, see `mentions_filing`.
"""

import base64
import html
import re
from typing import Final
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from attest.credentials import HARD_BREAK

_ESCAPE: Final = re.compile(
    r"(?:\\+|%)u(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))|\\+x([0-9A-Fa-f]{2})|\\([0-9A-Fa-f]{4,6})[ \t\n]?"
)
_JOINED: Final = re.compile(r"""["'`]\s{0,20}\+\s{0,20}["'`]""")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{40,4000}={0,2}")
_BASE64_FILED: Final = re.compile("572R5L[+-]h5aSH|e9keS[/_]oeWkh|nvZHkv6HlpI")
"""网信备 in UTF-8 and base64, at each of three alignments."""

_COMMENT_MARK: Final = re.compile("<!--|-->")
_SEALED: Final = re.compile(r"<(/?)(template|script|style|iframe|textarea|title|noscript)\b", re.IGNORECASE)
"""Tags whose content a parser keeps as text or apart."""

_FILED: Final = re.compile(
    rf"[备備]|(?:\\u?|%u)\{{?0{{0,2}}(?:5907|5099)|&#(?:x0{{0,4}}(?:5907|5099)|0{{0,4}}(?:22791|20633))"
    rf"|%E5%A4%87|%E5%82%99|{_BASE64_FILED.pattern}",
    re.IGNORECASE,
)
"""What a text that mentions a filing holds, in one of the ways that `unescaped` undoes."""


def mentions_filing(text: str) -> bool:
    """Whether it is worth a closer look."""
    return _FILED.search(text) is not None


def inner_markup(template: LexborNode) -> str:
    """Markup inside a `template`, which the parser gives only as a whole."""
    whole = template.html or ""
    return whole[whole.find(">") + 1 :].removesuffix("</template>")


def words(markup: str) -> str:
    """All text and attributes of a piece of markup, whatever hides it."""
    if "<" not in markup:
        return unescaped(markup)
    root = LexborHTMLParser(_SEALED.sub(r"<\1x-\2", _COMMENT_MARK.sub(" ", markup))).root
    if root is None:
        return ""
    values = [value for node in root.css("*") for value in node.attributes.values() if value]
    return unescaped(HARD_BREAK.join([root.text(), *values]))


def unescaped(text: str) -> str:
    """Text of a script or attribute with its escapes undone, strings joined, and what base64 says of filings."""
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        text = unquote(text, errors="ignore")
    if "\\" in text or "%u" in text:
        text = _ESCAPE.sub(_character, text)
    text = _JOINED.sub("", text)
    if not _BASE64_FILED.search(text):
        return text
    return HARD_BREAK.join([text, *(_plain(token[0]) for token in _BASE64.finditer(text))])


def _character(escape: re.Match[str]) -> str:
    point = int(escape[1] or escape[2] or escape[3] or escape[4], 16)
    return chr(point) if point < 0x110000 else escape[0]


def _plain(token: str) -> str:
    digits = token.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(digits[: len(digits) - (len(digits) % 4 == 1)] + "==").decode("utf-8", "ignore")
