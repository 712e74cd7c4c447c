"""Pages in other encodings than they say, broken, huge, deep, or built to confuse a reader."""

from attest.number import FilingNumber
from tests.site.corpus.sample import (
    READABLE,
    SEEN,
    UNSEEN,
    Reading,
    Sample,
    Source,
    hides,
    lacks,
    number_for,
    shows,
)
from tests.site.corpus.skins import company, dark, docs

_BARE = "text/html"
_GB = (
    "<!doctype html><html><head><meta "
    "charset=gb18030><title>示例</title></head><body><p>版权所有</p><p>@N@</p></body></html>"
)
_PLAIN = "<!doctype html><title>示例</title><p>版权所有 示例链科技</p><p>区块链备案 @N@</p>"


def _encoded(name: str, source: str, encoding: str, content_type: str | None) -> Sample:
    return shows(name, source, READABLE, encoding=encoding, content_type=content_type)


ENCODED = [
    _encoded("GB18030 by its header", _PLAIN, "gb18030", "text/html; charset=gb18030"),
    _encoded("GB2312 by its header", _PLAIN, "gb2312", "text/html; charset=gb2312"),
    _encoded("GBK by its own word", _GB.replace("gb18030", "gbk"), "gbk", _BARE),
    _encoded("GB18030 by its own word", _GB, "gb18030", _BARE),
    _encoded("GB18030 of which nobody says so", _PLAIN, "gb18030", _BARE),
    _encoded(
        "Big5 as its header says",
        _PLAIN.replace("备", "備")
        .replace("版权", "版權")
        .replace("区块链", "區塊鏈")
        .replace("示例链", "示例鏈")
        .replace("@N@", "@P@網信備@K@號"),
        "big5hkscs",
        "text/html; charset=big5",
    ),
    _encoded("UTF-16 with its mark", "\ufeff" + _PLAIN, "utf-16-le", _BARE),
    _encoded("UTF-16 by its header", _PLAIN, "utf-16-be", "text/html; charset=utf-16be"),
    _encoded("UTF-8 with its mark, called GBK", "\ufeff" + _PLAIN, "utf-8", "text/html; charset=gbk"),
    hides("UTF-8 of which nobody says so", _PLAIN, UNSEEN, reading=Reading.PAINT, content_type=_BARE),
    _encoded("UTF-8 that an XML declaration names", '<?xml version="1.0" encoding="utf-8"?>' + _PLAIN, "utf-8", _BARE),
    lacks("GB18030 called UTF-8", _PLAIN, encoding="gb18030"),
    lacks("UTF-8 called Latin", _PLAIN, content_type="text/html; charset=iso-8859-1"),
]


def _nested(tag: str, depth: int) -> Source:
    return f"<!doctype html><meta charset=utf-8>{f'<{tag}>' * depth}@N@{f'</{tag}>' * depth}"


def _listed(count: int) -> str:
    return "".join(f"<li>{number_for(f'listed {i}')}</li>" for i in range(count))


def _mathematical(number: FilingNumber) -> str:
    """Digits that look like others and are not."""
    digits = "".join(chr(0x1D7CE + int(character)) if character.isdigit() else character for character in number.key)
    return f"{number.province}网信备{digits}号"


def _overridden(number: FilingNumber) -> str:
    return f"{number.province}网信备{number.key[:10]}\u202e{number.key[10:]}号"


BROKEN = [
    shows("tags never closed", "<html><body><div><table><tr><td><p>示例<b><i>@N@", READABLE),
    shows("closing tags of nothing", company("</div></td></span><p>@N@</p></x>")),
    shows("an attribute never closed before", company('<p title="x" class=\'a"b\'>@N@</p>')),
    shows("a body twice", "<body><p>示例</p></body><body><footer><p>@N@</p></footer></body>", READABLE),
    shows("after the end of the page", company("").replace("</html>", "</html><p>@N@</p>"), READABLE),
    shows(
        "null characters inside",
        lambda n: company(f"<p>{n.text[:8]}\0{n.text[8:]}</p>"),
        others=frozenset({"icp", "psb"}),
    ),
    shows("forms in forms", company("<form><form><p>@N@</p></form></form>")),
    shows("a table's text put before it", dark("<table><p>@N@</p><tr><td>示例</td></tr></table>"), READABLE),
    shows("five hundred blocks deep", _nested("div", 500), READABLE),
    shows("a table in a table, 40 times", company("<table><tr><td>" * 40 + "@N@" + "</table>" * 40), SEEN),
    shows(
        "one and a half megabytes",
        company("", main="<p>数据上链</p>" * 75_000).replace("</footer>", "<p>@N@</p></footer>"),
    ),
    shows(
        "ten thousand rules",
        company("", style="".join(f".r{i}{{color:#333}}" for i in range(10_000))).replace(
            "</footer>", "<p>@N@</p></footer>"
        ),
    ),
    shows("a thousand attributes", company(f"<p {' '.join(f'data-x{i}=y' for i in range(1000))}>@N@</p>")),
    shows(
        "a list of a hundred filings",
        docs(f"<p>@N@</p><ul>{_listed(100)}</ul>"),
        also=tuple(number_for(f"listed {i}") for i in range(100)),
        level=READABLE,
    ),
    hides("swallowed by a comment that never ends", company("<!-- ").replace("</footer>", "<p>@N@</p></footer>")),
    hides("swallowed by an attribute", company('<p title="@N@\n></p><p>示例</p>">x</p>')),
    hides("swallowed by a list of suggestions", company("<datalist><p>@N@</p></datalist>")),
    shows("raw text of the old kind", company("<xmp><p>@N@</p></xmp>")),
    shows("plain text to the end", company("<plaintext><p>@N@"), READABLE),
    shows("markup that is only written", company("<p>&lt;!-- @N@ --&gt;</p>")),
    lacks(
        "digits of mathematics",
        lambda n: company(f"<p>{_mathematical(n)}</p>"),
        others=frozenset({"icp", "psb"}),
        malformed=((_mathematical(number_for("digits of mathematics")), "NU103"),),
    ),
    lacks(
        "a number turned about by its characters",
        lambda n: company(f"<p>{_overridden(n)}</p>"),
        others=frozenset({"icp", "psb"}),
        malformed=((_overridden(number_for("a number turned about by its characters")), "NU102"),),
    ),
]


SAMPLES: list[Sample] = [*ENCODED, *BROKEN]
