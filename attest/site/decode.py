"""From the bytes of a page to its text, by the encoding a browser would use.

Order, after the Encoding and HTML standards of WHATWG: byte order mark, the header's charset, the page's own `meta`,
then the first of UTF-8, GB18030 and Big5 that fits. The whole GB family is read as GB18030, its superset.
"""

import codecs
import re
from typing import Final

import webencodings

from attest import messages
from attest.errors import FetchError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER: Final = {"gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949"}
_GUESSES: Final = ("utf-8", "gb18030", "big5hkscs")
_SNIFFED: Final = 8192  # bytes
_META: Final = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,500}?(?:charset|encoding)\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9_.:-]{1,40})""",
    re.IGNORECASE,
)
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_CHARSET: Final = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([^\s"';]{1,40})""", re.IGNORECASE)
_BINARY: Final = bytes({*range(9), 11, *range(14, 27), *range(28, 32)})
_MOST_BINARY: Final = 0.01  # share of control bytes; pictures and archives have a tenth
_FEW_CONTROLS: Final = 2  # of a text, however short
_MOST_BROKEN: Final = 0.05  # share of characters lost in a text that is still taken for UTF-8
_FOREIGN: Final = re.compile(r"(?:image|audio|video|font)/|application/(?:pdf|zip|gzip|octet-stream|msword|vnd\.)")


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page.

    Args:
        content_type: The header's value, or None where there is none.

    Raises:
        FetchError: the bytes are no text.
    """
    header = content_type or ""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    named = _CHARSET.search(header)
    declared = _codec(named[1]) if named else None
    _refuse_binary(body, header, wide=declared is not None and declared.startswith("utf-16"))
    if declared is None and (meta := _META.search(_COMMENT.sub(b"", body[:_SNIFFED]))):
        declared = _codec(meta[1].decode("ascii"))
        if declared and declared.startswith("utf-16"):
            declared = "utf-8"  # what was read as ASCII is not UTF-16
    if declared:
        return body.decode(declared, "replace")
    return _guessed(body)


def _guessed(body: bytes) -> str:
    """The text in the first encoding that fits; the last character may be cut."""
    for guess in _GUESSES:
        try:
            return codecs.getincrementaldecoder(guess)().decode(body)
        except UnicodeDecodeError:
            if guess == "utf-8" and (text := _slightly_broken(body)):
                return text
    return body.decode("utf-8", "replace")


def _slightly_broken(body: bytes) -> str:
    """UTF-8 with a few characters lost, or an empty string where it is more than a few."""
    text = body.decode("utf-8", "replace")
    foreign = sum(not character.isascii() for character in text)
    return text if text.count("\ufffd") <= _MOST_BROKEN * foreign else ""


def _codec(label: str) -> str | None:
    """Python's name of the encoding that a browser takes `label` for, or None where it knows none."""
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in {"replacement", "x-user-defined"}:
        return None
    name = str(encoding.codec_info.name)
    return _WIDER.get(name.replace("-", "_"), name)


def _refuse_binary(body: bytes, content_type: str, *, wide: bool) -> None:
    head = body[:_SNIFFED]
    controls = len(head) - len(head.translate(None, _BINARY))
    if _FOREIGN.match(content_type.strip().lower()) or head.startswith(b"%PDF-"):
        found = content_type.partition(";")[0] or "application/pdf"
    elif not wide and controls > max(_FEW_CONTROLS, _MOST_BINARY * len(head)):
        found = head[:8].hex(" ")
    else:
        return
    raise FetchError("EX101", found=messages.shown(found))
