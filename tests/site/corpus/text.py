"""Numbers written as text that a reader sees, and attempts at numbers that are none."""

from collections.abc import Callable

from attest.number import FilingNumber, check_character
from tests.site.corpus import skins
from tests.site.corpus.sample import (
    HIDDEN,
    PROMINENT,
    PROVIDER,
    READABLE,
    SEEN,
    UNSEEN,
    WEAK,
    Sample,
    lacks,
    number_for,
    shows,
)
from tests.site.corpus.skins import company, dark, docs, handheld, legacy, news, shop

ICP = frozenset({"icp"})
BOTH = frozenset({"icp", "psb"})
"""Kinds of other numbers in the footers of `docs` and `company`."""


def _full_width(number: FilingNumber) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in number.key)


def _entities(text: str) -> str:
    return "".join(f"&#x{ord(character):x};" if i % 2 else f"&#{ord(character)};" for i, character in enumerate(text))


def _each(text: str, tag: str) -> str:
    return "".join(f"<{tag}>{character}</{tag}>" for character in text)


def _groups(key: str, by: str) -> str:
    return by.join(key[i : i + 4] for i in range(0, 20, 4))


SKINS = [
    shows("a company's footer", company()),
    shows("an explorer's dark footer", dark()),
    shows("a shop's footer", shop()),
    shows("a portal's licence line", news("@N@")),
    shows("documents with a contentinfo", docs()),
    shows("a page of tables and fonts", legacy("@N@"), phone=SEEN),
    shows("a page made for phones", handheld("<p>@N@</p>")),
    shows("a plain page without a footer", "<p>@N@</p>", others=frozenset()),
]

SPELLINGS = [
    shows("no space between ICP number and this one", company(f"<p>{skins.ICP}@N@</p>")),
    shows("in one line with six others", news(f"{skins.ALGORITHM} {skins.GENAI} @N@ {skins.CULTURE} {skins.PSB}")),
    shows("after a bar", shop("<span>@N@</span>|<span>投诉电话：010-55500100</span>")),
    shows("split over spans", company("<p><span>@P@网信备</span><span>@A@</span><b>@B@</b><i>号</i></p>")),
    shows("a span for each character", lambda n: dark(f"<p>{_each(n.text, 'span')}</p>"), others=ICP),
    shows("a block for each character", lambda n: dark(f"<section>{_each(n.text, 'div')}</section>"), SEEN, others=ICP),
    shows("entities", lambda n: company(f"<p>{_entities(n.text)}</p>"), others=BOTH),
    shows(
        "entities without an end",
        lambda n: company(f"<p>{''.join(f'&#{ord(character)}' for character in n.text)}</p>"),
        others=BOTH,
    ),
    shows("full width", lambda n: company(f"<p>{n.province}网信备{_full_width(n)}号</p>"), others=BOTH),
    shows("full-width spaces around", company("<p>　@P@网信备　@K@　号　</p>")),
    shows("groups of four", lambda n: docs(f"<p>{n.province}网信备 {_groups(n.key, ' ')} 号</p>"), others=ICP),
    shows(
        "groups parted by no-break spaces",
        lambda n: docs(f"<p>{n.province}网信备{_groups(n.key, '&nbsp;')}号</p>"),
        others=ICP,
    ),
    shows(
        "zero-width spaces", lambda n: company(f"<p>{n.province}网信备{_groups(n.key, '&#8203;')}号</p>"), others=BOTH
    ),
    shows("zero-width joiners in the label", company("<p>@P@网&zwj;信&zwnj;备@K@号</p>")),
    shows(
        "word break opportunities",
        lambda n: handheld(f"<p>{n.province}网信备{_groups(n.key, '<wbr>')}号</p>"),
        others=ICP,
    ),
    shows(
        "soft hyphens",
        lambda n: handheld(f"<p>{n.province}网信备{_groups(n.key, '&shy;')}号</p>"),
        READABLE,
        others=ICP,
    ),
    shows("a line break inside", handheld("<p>@P@网信备<br>@A@<br>@B@号</p>"), READABLE),
    shows("wrapped by its box", company("<p style='width:110px;margin:auto;word-break:break-all'>@N@</p>"), READABLE),
    shows("in traditional characters", company("<p>區塊鏈備案：@P@網信備@K@號</p>")),
    shows("without its last character", company("<p>@P@网信备@K@</p>")),
    shows("a colon after the label", company("<p>@P@网信备：@K@号</p>")),
    shows("two cells", dark("<table><tr><td>@P@网信备</td><td>@K@号</td></tr></table>"), READABLE),
    shows(
        "cells of a row with others",
        shop(f"<table><tr><td>{skins.ICP}</td><td>@N@</td><td>{skins.PSB}</td></tr></table>"),
        READABLE,
    ),
    shows("a definition list", docs("<dl><dt>区块链信息服务备案</dt><dd>@N@</dd></dl>")),
    shows("term and number", docs("<dl><dt>@P@网信备</dt><dd>@K@号</dd></dl>"), READABLE),
    shows("a list of marks", company(f"<ul><li>{skins.LICENCE}<li>@N@<li>{skins.TELECOM}</ul>")),
    shows("an address element", company("<address>北京市海淀区示例路1号 @N@</address>")),
    shows("preformatted", company("<pre>\n  备案编号\n  @N@\n</pre>")),
    shows("ruby", company("<p><ruby>链<rp>(</rp><rt>liàn</rt><rp>)</rp></ruby> @N@</p>"), READABLE),
    shows("comments inside", company("<p>@P@网信备<!-- 区块链 -->@A@<!-- -->@B@号</p>")),
    shows(
        "a hidden word inside", company("<p>@P@网信备<span hidden>第</span>@A@<b style='display:none'>0</b>@B@号</p>")
    ),
    shows(
        "svg text in the footer",
        company(
            "<svg width=420 height=30 viewBox='0 0 420 30'><text x=5 y=20 font-size=14 fill='#222'>@N@</text></svg>"
        ),
    ),
    shows(
        "svg text of several spans",
        dark(
            "<svg width=420 height=30><text y=20 font-size=14 fill=white>@P@网信备<tspan>@A@</tspan>"
            "<tspan>@B@</tspan>号</text></svg>"
        ),
    ),
    shows(
        "a read-only field",
        company("<input readonly size=60 value='@N@' style='font-size:14px;width:330px;color:#222'>"),
        READABLE,
    ),
    shows("a disabled field", company("<input disabled value='@N@' style='width:330px;font-size:14px'>"), SEEN),
    shows("a button", company("<button style='font-size:14px;color:#111'>@N@</button>")),
    shows("a text area", company("<textarea cols=50 rows=2 style='font-size:14px'>@N@</textarea>"), READABLE),
    shows(
        "the option that is chosen",
        company("<select style='font-size:14px'><option>备案<option selected>@N@</select>"),
        READABLE,
    ),
    shows("a field set's legend", company("<fieldset><legend>@N@</legend>示例</fieldset>")),
    shows("a caption of a table", dark("<table><caption>@N@</caption><tr><td>x</td></tr></table>")),
    shows(
        "a marquee",
        company("<marquee behavior=alternate scrollamount=1 width=90% style='font-size:14px'>@N@</marquee>"),
        SEEN,
    ),
    shows("an open details", company("<details open><summary>备案信息</summary><p>@N@</p></details>")),
    shows("a summary", company("<details><summary>@N@</summary><p>示例</p></details>")),
    shows(
        "plain text",
        "示例链\n\n区块链信息服务备案\n@N@\n\n京ICP备19000001号-1\n",
        READABLE,
        content_type="text/plain; charset=utf-8",
    ),
    shows("not a whole document", "<center><font size=3>@N@</font>", READABLE | WEAK),
    shows(
        "xhtml",
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x'
        "</title></head><body><p>@N@</p></body></html>",
        READABLE,
        content_type="application/xhtml+xml; charset=utf-8",
    ),
    shows("drawn before by a style", company("<p class=n></p>", style=".n::before{content:'@N@'}")),
    shows(
        "drawn after from an attribute",
        company("<p class=n data-n='@K@'></p>", style=".n::after{content:'@P@网信备' attr(data-n) '号'}"),
    ),
    shows(
        "written by a counter's style",
        company("<p class=n>@P@网信备</p>", style=".n::after{content:'@A@' '@B@' '\\53f7'}"),
    ),
    shows(
        "in an open shadow root as sent",
        company("<x-foot><template shadowrootmode=open><p>@N@</p></template></x-foot>"),
    ),
    shows(
        "slotted into a shadow root",
        company("<x-foot><template shadowrootmode=open><slot></slot></template><p>@N@</p></x-foot>"),
    ),
    shows(
        "in a frame written on the spot",
        company("<iframe width=90% height=60 style='border:0' srcdoc='<p style=font-size:14px>@N@</p>'></iframe>"),
        READABLE,
    ),
]

PLACES = [
    shows(
        "a link to the authority",
        company("<a href='https://bcbeian.ifcert.cn/index' target=_blank rel=noreferrer>@N@</a>"),
    ),
    shows("a link to verify it", company("<a href='https://verify.example/#@K@'>@N@</a>")),
    shows("in the header", company("", main="", head="").replace("</nav>", "</nav><p style='font-size:12px'>@N@</p>")),
    shows(
        "in the middle of an article",
        news("", main="").replace("<h3>电子合同</h3>", "<p>本服务的编号为@N@。</p>"),
        READABLE,
    ),
    shows("above the footer", company("", main="<section><h2>资质</h2><p>@N@</p></section>"), READABLE),
    shows("3,000 px above the end", company("", main="<p>@N@</p><div style='height:3000px'>…</div>"), READABLE),
    shows(
        "a footer that sticks",
        company("", end="<div style='position:fixed;bottom:0;left:0;right:0;background:#fff;font-size:13px'>@N@</div>"),
    ),
    shows(
        "a bar above the tabs",
        handheld(
            "",
            end="<div style='position:fixed;bottom:50px;left:0;right:0;background:#333;color:#fff;"
            "font-size:12px'>@N@</div>",
        ),
    ),
    shows(
        "right of the window until scrolled",
        company("<div style='width:2000px'><p style='margin-left:1500px'>@N@</p></div>"),
        SEEN,
    ),
    shows(
        "inside a scrolling box",
        company("<div style='height:80px;overflow:auto'><p>服务条款</p><p>隐私政策</p><p>营业执照</p><p>@N@</p></div>"),
        SEEN,
    ),
    shows(
        "inside a box that scrolls sideways",
        company(
            "<div style='overflow-x:auto;white-space:nowrap;width:300px'>"
            f"{skins.LICENCE} {skins.TELECOM} {skins.CULTURE} @N@</div>"
        ),
        SEEN,
    ),
    shows(
        "only on desktops",
        company("<p class=d>@N@</p>", style="@media(max-width:600px){.d{display:none}}"),
        phone=HIDDEN,
    ),
    shows(
        "only on phones",
        company("<p class=m>@N@</p>", style=".m{display:none}@media(max-width:600px){.m{display:block}}"),
        UNSEEN,
        phone=PROMINENT,
    ),
    shows("hidden on paper", company("<p class=n>@N@</p>", style="@media print{.n,footer{display:none}}")),
    shows(
        "once for desktops and once for phones",
        company(
            "<p class=d>@N@</p><p class=m>@N@</p>",
            style=".m{display:none}@media(max-width:600px){.d{display:none}.m{display:block}}",
        ),
    ),
    shows("hidden above and shown below", company("<p>@N@</p>", main="<p style='display:none'>@N@</p><!-- @N@ -->")),
    shows(
        "dark and light of one colour scheme",
        company(
            "<p class=n>@N@</p>",
            style="@media(prefers-color-scheme:dark){body{background:#111;color:#eee}footer{background:#000;"
            "color:#ddd}}",
        ),
    ),
    shows(
        "beside a chain provider's number", company("<p>本站：@N@</p><p>底层链：示例链服务商 @O@</p>"), also=(PROVIDER,)
    ),
    shows("after a chain provider's number", dark("<p>由 @O@ 提供技术服务</p><p>@N@</p>"), before=(PROVIDER,)),
    shows("bold and large", company("<p style='font-size:24px;font-weight:bold'>@N@</p>")),
    shows("white on a picture's colour", company("<div style='background:#173b6c;color:#fff;padding:20px'>@N@</div>")),
    shows(
        "a grey link under a dark footer", dark("<a href='https://bcbeian.ifcert.cn/' style='color:#b9c0cc'>@N@</a>")
    ),
    shows(
        "a badge of ours",
        company(
            "<a style='display:inline-flex;border:1px solid #1d5fa8;border-radius:4px;font-size:13px;color:#123' "
            "href='https://verify.example/#@K@'><span style='background:#1d5fa8;color:#fff;padding:2px "
            "6px'>区块链备案</span>"
            "<span style='padding:2px 6px'>@N@</span></a>"
        ),
    ),
]


def _broken(name: str, make: Callable[[FilingNumber], str], code: str, text: str = "") -> Sample:
    """A page whose footer shows something that is nearly its number.

    Args:
        text: What of it a reader takes for the attempt, if not all.
    """
    attempt = make(number_for(name))
    return lacks(name, company(f"<p>{attempt}</p>"), malformed=((text or attempt, code),))


def _with_wrong_check(number: FilingNumber) -> str:
    return f"{number.province}网信备{number.key[:19]}{'7' if number.check != '7' else '3'}号"


def _turned(key: str) -> str:
    """`key` with two neighbours changed about that differ."""
    at = next(i for i in range(7, 18) if key[i] != key[i + 1])
    return key[:at] + key[at + 1] + key[at] + key[at + 2 :]


def _of_unknown_province() -> str:
    digits = "9901082600000001901"
    return digits + check_character(digits)


MALFORMED = [
    _broken("a wrong check character", _with_wrong_check, "NU104"),
    _broken("two digits changed about", lambda n: f"{n.province}网信备{_turned(n.key)}号", "NU104"),
    _broken("nineteen digits", lambda n: f"{n.province}网信备{n.key[:8]}{n.key[9:]}号", "NU102"),
    _broken("twenty-one digits", lambda n: f"{n.province}网信备{n.key[:8]}0{n.key[8:]}号", "NU102"),
    _broken(
        "another province's character", lambda n: f"{'云' if n.province != '云' else '桂'}网信备{n.key}号", "NU105"
    ),
    _broken("no province", lambda _: f"京网信备{_of_unknown_province()}号", "NU106"),
    _broken("the letter O for a zero", lambda n: f"{n.province}网信备{n.key.replace('0', 'O', 1)}号", "NU103"),
    _broken("masked digits", lambda n: f"{n.province}网信备{n.key[:6]}********{n.key[14:]}号", "NU103"),
    _broken("a placeholder", lambda n: f"{n.province}网信备XXXXXXXX号", "NU102"),
    _broken("a short number", lambda n: f"{n.province}网信备12345号", "NU102"),
    _broken(
        "the number of an ICP filing",
        lambda n: f"{n.province}网信备2026135674号-1",
        "NU102",
        f"{number_for('the number of an ICP filing').province}网信备2026135674号",
    ),
    _broken("digits of another script", lambda n: f"{n.province}网信备{n.key[:5]}٣{n.key[6:]}号", "NU103"),
    shows(
        "a malformed number beside a good one",
        company("<p>@N@</p><p>京网信备11010826000号</p>"),
        malformed=(("京网信备11010826000号", "NU102"),),
    ),
]


SAMPLES = [*SKINS, *SPELLINGS, *PLACES, *MALFORMED]
