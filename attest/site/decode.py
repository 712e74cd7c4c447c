"""From the bytes of a page to its text, by the encoding a browser would use.

Order, after the Encoding and HTML standards of WHATWG: byte order mark, the header's charset, the page's own `meta`,
then UTF-8 where it fits (unlike browsers, see `Decoded`), and of GB18030 and Big5 the one in which the page speaks
Chinese. The whole GB family is read as GB18030, its superset.
"""

import codecs
import re
from typing import Final, NamedTuple

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
_GUESSES: Final = ("gb18030", "big5hkscs")
_SPOKEN: Final = (re.compile("网信备|網信備"), re.compile("备案|備案|版权|版權"))
"""What a footer says; GB18030 fits nearly every text in Big5, and makes nonsense of it."""

_SNIFFED: Final = 8192  # bytes
_HEAD: Final = 65_536  # bytes; style sheets may stand before the page's `meta`, and browsers read that far
_TAG: Final = re.compile(
    r"""<!(?=--).*?(?:-->|\Z)|<(/?[a-z][^\s/>]*|\?xml(?=\s))((?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*)""", re.DOTALL
)
"""A comment, or a tag's name and attributes."""

_ATTRIBUTE: Final = re.compile(r"""([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?""")
_CHARSET: Final = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([^\s"';]{1,40})""", re.IGNORECASE)
_BINARY: Final = bytes({*range(9), 11, *range(14, 27), *range(28, 32)})
_MOST_BINARY: Final = 0.01  # share of control bytes; pictures and archives have a tenth
_FEW_CONTROLS: Final = 2  # of a text, however short
_MOST_BROKEN: Final = 0.05  # share of characters lost in a text that is still taken for UTF-8
_KIND: Final = re.compile(r"[\s;,].*", re.DOTALL)
"""What follows the type in a header, with or without the semicolon it should have."""

_PAGES: Final = frozenset({"", "text/html", "application/xhtml+xml", "text/plain"})


class Decoded(NamedTuple):
    """A page's text.

    Attributes:
        misread: It is UTF-8 and nobody says so. Browsers guess that of files on disk only, and show other characters.
    """

    text: str
    misread: bool = False


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The text of a page.

    Args:
        content_type: The header's value, empty where there is none; None for a file on disk.

    Raises:
        FetchError: the bytes are no text, or the header says that they are no page.
    """
    header = content_type or ""
    kind = _KIND.sub("", header.strip())
    if kind.lower() not in _PAGES:
        raise FetchError("EX101", found=messages.shown(kind))
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return Decoded(body[len(mark) :].decode(encoding, "replace"))
    named = _CHARSET.search(header)
    declared = _codec(named[1]) if named else None
    _refuse_binary(body, wide=declared is not None and declared.startswith("utf-16"))
    declared = declared or _declared(body[:_HEAD].decode("ascii", "replace").lower())
    if declared:
        return Decoded(body.decode(declared, "replace"))
    text = _utf_8(body)
    if text is None:
        return Decoded(_chinese(body))
    return Decoded(text, misread=content_type is not None and not text.isascii())


def _declared(head: str) -> str | None:
    """The encoding that the page names itself: in a `meta` or its XML declaration, lower case."""
    for tag in _TAG.finditer(head):
        if tag[1] not in {"meta", "?xml"}:
            continue
        attributes = {name: "".join(value) for name, *value in reversed(_ATTRIBUTE.findall(tag[2]))}
        label = attributes.get("charset" if tag[1] == "meta" else "encoding", "")
        if not label and attributes.get("http-equiv") == "content-type":
            named = _CHARSET.search(attributes.get("content", ""))
            label = named[1] if named else ""
        if codec := _codec(label):
            return "utf-8" if codec.startswith("utf-16") else codec  # what was read as ASCII is not UTF-16
    return None


def _utf_8(body: bytes) -> str | None:
    """The text in UTF-8, if it fits; the last character may be cut, and a few may be lost."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        foreign = sum(not character.isascii() for character in text)
        return text if text.count("\ufffd") <= _MOST_BROKEN * foreign else None


def _chinese(body: bytes) -> str:
    """The text in the encoding in which it speaks Chinese."""
    texts = [body.decode(guess, "replace") for guess in _GUESSES]
    for words in _SPOKEN:
        for text in texts:
            if words.search(text):
                return text
    return min(texts, key=lambda text: text.count("\ufffd"))


def _codec(label: str) -> str | None:
    """Python's name of the encoding that a browser takes `label` for, or None where it knows none."""
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in {"replacement", "x-user-defined"}:
        return None
    name = str(encoding.codec_info.name)
    return _WIDER.get(name.replace("-", "_"), name)


def _refuse_binary(body: bytes, *, wide: bool) -> None:
    head = body[:_SNIFFED]
    controls = len(head) - len(head.translate(None, _BINARY))
    if head.startswith(b"%PDF-"):
        raise FetchError("EX101", found="application/pdf")
    if not wide and controls > max(_FEW_CONTROLS, _MOST_BINARY * len(head)):
        raise FetchError("EX101", found=messages.shown(head[:8].hex(" ")))
