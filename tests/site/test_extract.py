"""What a page shows and hides is told apart, with the place of each finding and what was not seen."""

import base64
from datetime import date

import pytest

from attest.messages import Message
from attest.ports import Findings
from attest.site.extract import as_json, extract

TODAY = date(2026, 11, 24)
NUMBER = "京网信备11010819764512340015号"
OTHER = "京网信备1101082600000018901X号"
ESCAPED = r"\u4eac\u7f51\u4fe1\u590711010819764512340015\u53f7"
LONG = "文字" * 40


def read(page: str, kind: str | None = "text/html; charset=utf-8", base: str = "https://a.example/b/c") -> Findings:
    return extract(page.encode(), content_type=kind, base_url=base, today=TODAY)


def shown(page: str) -> list[str]:
    return [found.number.text for found in read(page).numbers]


def hidden(page: str) -> list[tuple[str, str]]:
    return [(found.number.text, found.where) for found in read(page).hidden]


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{NUMBER}</p>",
        f"<p>{NUMBER}",
        "<p>京网信备&nbsp;11010819764512340015&nbsp;号</p>",
        "<p>&#20140;&#x7f51;&#20449;备&#49;1010819764512340015号</p>",
        "<p>京网信备1101&#8203;0819&shy;764512340015号</p>",
        "<p>京网信备１１０１０８１９７６４５１２３４００１５号</p>",
        "<p>京网信备　11010819764512340015　号</p>",
        "<p>京網信備11010819764512340015號</p>",
        "<p>京网信备11010819764512340015</p>",
        "<p>京网信备\n      11010819764512340015\n    号</p>",
        "<p><span>京</span><span>网</span><span>信备</span><b>11010819<i>7645</i>12340015</b><em>号</em></p>",
        "<p>区块链备案<br>京网信备<br>11010819764512340015号</p>",
        "<dl><dt>京网信备</dt><dd>11010819764512340015号</dd></dl>",
        "<table><tr><td>京网信备</td><td>11010819764512340015</td><td>号</td></tr></table>",
        "<p>京网信备<!-- x -->11010819764512340015<script>1</script>号</p>",
        "<p>京网信备<span hidden>旧</span>11010819764512340015号</p>",
        "".join(f"<div>{character}</div>" for character in NUMBER),
        f"<![if !IE]><p>{NUMBER}</p><![endif]>",
        f"<div><ruby>京<rt><div>jīng</div></rt>网</ruby>信备{NUMBER[4:]}</div>",
        f"<!-- x --><!doctype html><html><body><p>{NUMBER}</p></body></html><!-- y -->",
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>{NUMBER}</p></body></html>',
        f"<p>粤ICP备2026135674号-1 | {NUMBER}</p>",
        f"<p>粤ICP备2026135674号-1<br>{NUMBER}</p>",
        f"<p>地址：示例路388号</p><p>{NUMBER}</p><p>路388号</p>",
    ],
)
def test_a_number_is_found_however_it_is_marked_up(page: str) -> None:
    assert shown(page) == [NUMBER]
    assert hidden(page) == []
    assert read(page).malformed == ()


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (f"<!-- {NUMBER} -->", "comment"),
        (f"<!--[if lt IE 9]><p>{NUMBER}</p><![endif]-->", "comment"),
        (f"<!-- <!-- <p>{NUMBER}</p>", "comment"),
        ("<!-- <b>京网信备</b><i>&#49;1010819764512340015</i>号 -->", "comment"),
        (f"<script>x = '{NUMBER}'</script>", "script"),
        (f"<script>x = '{ESCAPED}'</script>", "script"),
        (f'<script>x = "{ESCAPED}".replace()</script>'.replace("\\", "\\\\"), "script"),
        ("<script>'\\u{4eac}\\u{7f51}\\u{4fe1}\\u{5907}11010819764512340015'</script>", "script"),
        ("<script>unescape('%u4EAC%u7F51%u4FE1%u590711010819764512340015%u53F7')</script>", "script"),
        ("<script>'京网信备' + \"11010819764512340015\"+'号'</script>", "script"),
        (f"<script>atob('{base64.b64encode(NUMBER.encode()).decode()}')</script>", "script"),
        (f'<script type="module">const x = `{NUMBER}`</script>', "script"),
        (f'<script type="application/ld+json">{{"x": "{NUMBER}"}}</script>', "data script"),
        (f'<script type="text/x-template"><p>{NUMBER}</p></script>', "template script"),
        (f"<template><p>{NUMBER}</p></template>", "template"),
        (f"<template><template><img alt='{NUMBER}'></template></template>", "template"),
        (f"<noscript><p>{NUMBER}</p></noscript>", "noscript"),
        (f"<head><noscript><p>{NUMBER}</p></noscript></head>", "noscript"),
        (f"<style>q::before {{ content: '{NUMBER}' }}</style>", "style sheet"),
        ("<style>q::before{content:'\\4eac \\7f51 \\4fe1 \\5907 11010819764512340015'}</style>", "style sheet"),
        (f"<title>{NUMBER}</title>", "title at html > head > title"),
        (f'<meta name="x" content="{NUMBER}">', "attribute content of html > head > meta"),
        (f'<p title="{NUMBER}">x</p>', "attribute title of html > body > p"),
        (f'<input type="hidden" value="{NUMBER}">', "attribute value of html > body > input"),
        (f'<p data-x="{base64.b64encode(f"x{NUMBER}".encode()).decode()}">', "attribute data-x of html > body > p"),
        ('<a href="?q=%E4%BA%AC%E7%BD%91%E4%BF%A1%E5%A4%8711010819764512340015">x</a>',
         "attribute href of html > body > a"),
        (f"<p hidden>{NUMBER}</p>", "display:none at html > body > p"),
        (f'<div style="display: none"><p>{NUMBER}</p></div>', "display:none at html > body > div > p"),
        (f'<p style="opacity:0">{NUMBER}</p>', "opacity:0 at html > body > p"),
        (f'<p style="visibility:hidden">{NUMBER}</p>', "visibility:hidden at html > body > p"),
        (f'<p style="font-size:0">{NUMBER}</p>', "font-size:0 at html > body > p"),
        (f'<p style="color:#fff">{NUMBER}</p>', "color like background at html > body > p"),
        (f"<details><summary>x</summary>{NUMBER}</details>", "closed details at html > body > details"),
        (f"<select id=s><option>x<option>{NUMBER}</select>", "closed select at select#s > option:nth-of-type(2)"),
        (f'<iframe width=0 srcdoc="{NUMBER}"></iframe>', "frame of no size at html > body > iframe > html > body"),
        (f"<canvas>{NUMBER}</canvas>", "canvas at html > body > canvas"),
    ],
)  # fmt: skip
def test_a_number_that_no_reader_sees_is_hidden_with_its_place(page: str, where: str) -> None:
    assert shown(page) == []
    assert hidden(page) == [(NUMBER, where)]


def test_a_number_that_is_also_shown_is_not_hidden() -> None:
    assert hidden(f"<!-- {NUMBER} --><p>{NUMBER}</p><img alt='{NUMBER}'>") == []


def test_each_hiding_place_of_a_number_is_listed_once() -> None:
    page = f"<p hidden>{NUMBER}</p><!--{NUMBER}--><!--{NUMBER}--><p title='{OTHER}'>x"
    assert hidden(page) == [
        (NUMBER, "display:none at html > body > p:nth-of-type(1)"),
        (NUMBER, "comment"),
        (OTHER, "attribute title of html > body > p:nth-of-type(2)"),
    ]


def test_what_no_reader_sees_is_neither_malformed_nor_another_credential() -> None:
    findings = read("<p hidden>京网信备123号 京ICP备10040543号</p><!-- 京网信备123号 -->")
    assert (findings.numbers, findings.malformed, findings.hidden, findings.others) == ((), (), (), ())


def test_a_number_twice_on_a_page_is_one_number_at_its_first_place() -> None:
    (found,) = read(f'<div class="pc">{NUMBER}</div><p id="m">{NUMBER}</p>').numbers
    assert found.where == "html > body > div"


def test_numbers_are_in_page_order() -> None:
    assert shown(f"<p>{OTHER}</p><p>{NUMBER}</p>") == [OTHER, NUMBER]


def test_a_path_begins_at_the_nearest_id_and_stays_short() -> None:
    nested = "<div>" * 20 + NUMBER
    assert read(nested).numbers[0].where == " > ".join(["div"] * 6)
    assert read(f'<div id="foot"><p>x</p><p>{NUMBER}</p></div>').numbers[0].where == "div#foot > p:nth-of-type(2)"


def test_variants_of_spelling_are_reported() -> None:
    (found,) = read("<p>京網信備 １1010819764512340015</p>").numbers
    assert [defect.code for defect in found.variants] == ["NU210", "NU208", "NU207", "NU205"]
    assert found.text == "京網信備 １1010819764512340015"


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (f"<p>{NUMBER}</p>", None),
        (f'<a href="https://e.example/?q=1">{NUMBER}</a>', "https://e.example/?q=1"),
        (f'<a href="../d">{NUMBER}</a>', "https://a.example/d"),
        (f'<a href="//e.example/"><b>{NUMBER}</b></a>', "https://e.example/"),
        (f'<base href="/x/"><a href="d">{NUMBER}</a>', "https://a.example/x/d"),
        ('京网信备<a href="/d">11010819764512340015号</a>', "https://a.example/d"),
        (f'<a href="javascript:void(0)">{NUMBER}</a>', None),
        (f'<a href="mailto:x@e.example">{NUMBER}</a>', None),
        (f'<a href="http://[">{NUMBER}</a>', "https://a.example/b/c"),
        (f'<a name="x">{NUMBER}</a>', None),
        (f'<a href="/d">x</a>{NUMBER}', None),
        (f'<iframe srcdoc="<base href=https://e.example/>"></iframe><a href="d">{NUMBER}</a>', "https://a.example/b/d"),
    ],
)
def test_the_link_of_a_number(page: str, link: str | None) -> None:
    assert read(page).numbers[0].link == link


def test_a_malformed_number_is_reported_once_with_its_reason_and_place() -> None:
    findings = read("<p>京网信备11010819764512340011号</p><p>京网信备11010819764512340011号</p>")
    assert findings.numbers == ()
    assert as_json(findings)["malformed"] == [
        {"text": "京网信备11010819764512340011号", "reason": "Check character (20th): expected '5', found '1'."}
    ]
    assert findings.malformed[0].where == "html > body > p:nth-of-type(1)"


def test_the_json_form() -> None:
    page = f"<!-- {OTHER} --><p>{NUMBER} | 京网信备123号 | 京ICP备10040543号 | 京ICP备10040543号</p>"
    assert as_json(read(page)) == {
        "numbers": [NUMBER],
        "doubts": [],
        "malformed": [{"text": "京网信备123号", "reason": as_json(read(page))["malformed"][0]["reason"]}],
        "hidden": [{"text": OTHER, "where": "comment"}],
        "others": [{"kind": "icp", "value": "京ICP备10040543号"}],
    }


def test_the_visible_text_is_normalised() -> None:
    assert read("<style>p{}</style><p>示例　ＡＢＣ\n 公司</p><p hidden>x</p><p>y</p>").text == "示例 ABC 公司 y"


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (f"<p>{LONG}</p>", None),
        ("", None),
        (f"<script src=x.js></script><p>{LONG}</p>",
         "scripts in files of their own run on the page and may draw a number"),
        (f"<script src=x.js></script><p>{LONG}{NUMBER}</p>", None),
        ("<script src=x.js></script><p>短</p>", "scripts draw the page"),
        ("<script type=application/ld+json>{}</script><p>短</p>", None),
        (f"<div id=app></div><script>draw()</script><p>{LONG}</p>", "scripts draw the page"),
        (f"<script>draw()</script><div id=root>加载中</div><p>{LONG}</p>", "scripts draw the page"),
        (f"<script>draw()</script><div id=root>{LONG}</div>", None),
        (f"<script>x = '{NUMBER}'</script><p>{LONG}</p>", "a script holds a number and may draw it"),
        (f"<script src=x.js></script><script type=application/json>['{NUMBER}']</script><p>{LONG}</p>",
         "a script holds a number and may draw it"),
        (f"<script type=application/json>['{NUMBER}']</script><p>{LONG}</p>", None),
        (f"<script>x = '{NUMBER}'</script><p>{LONG}</p><p>{NUMBER}</p>", None),
        (f'<p>{LONG}</p><img id=i src="data:image/svg+xml,<svg><text>{NUMBER}</text></svg>">',
         "a picture may show a number, and pictures are not read"),
        (f"<p>{LONG}</p><img alt='{NUMBER}'>", "a picture may show a number, and pictures are not read"),
        (f"<p>{LONG}</p><img alt=区块链信息服务备案编号>", "a picture may show a number, and pictures are not read"),
        (f"<p>{LONG}</p><object data=/img/badge.svg>", "a picture may show a number, and pictures are not read"),
        (f"<p>{LONG}</p><img alt='{NUMBER}'><p>{OTHER}</p>", None),
        (f"<p>{LONG}</p><img hidden alt='{NUMBER}'>", None),
        (f"<p>{LONG}</p><img src=logo.png alt=公安备案图标><img src=/beian.png>", None),
        (f"<p>{LONG}</p><iframe src=x.html></iframe>", "frames are not loaded"),
        (f"<p>{LONG}</p><iframe src=x.html hidden></iframe>", None),
        (f"<p>{LONG}</p><iframe src=x.html width=0 height=0></iframe>", None),
        (f"<p>{LONG}</p><iframe src=about:blank></iframe>", None),
        (f"<p>{LONG}</p><noscript><iframe src=x.html></iframe></noscript>", None),
        ("<frameset><frame src=x.html></frameset>", "frames are not loaded"),
        ("<meta http-equiv=refresh content='0; url=/x'>", "the page leads on to another"),
        ("<meta http-equiv=refresh content=30>", None),
        ("<noscript><meta http-equiv=refresh content='0; url=/x'></noscript>", None),
    ],
)  # fmt: skip
def test_why_a_browser_may_show_more(page: str, why: str | None) -> None:
    incomplete = read(page).incomplete
    assert (incomplete and incomplete.text("en")) == why


@pytest.mark.parametrize(
    "page",
    [
        '<div id="footer"></div><script src="/js/footer.js"></script>',
        '<div id="f">…</div><script>$("#f").load("footer.html")</script>',
        "<script>var n = '11010819764512340015'; show(n)</script>",
        "<script>document.write('<p>' + made())</script>",
        "<footer hx-get='/footer'>…</footer><script src=htmx.js></script>",
        "<turbo-frame src=/footer>…</turbo-frame>",
        "<iframe data-src=/footer></iframe><script src=lazy.js></script>",
        "<site-footer></site-footer><script src=app.js></script>",
        "<script>location.href = '/cn/'</script>",
        "<script src=/js/count.js></script>",
        "<script>var s = document.createElement('script'); s.src = '//count.example/c.js';"
        "var f = document.getElementsByTagName('script')[0]; f.parentNode.insertBefore(s, f)</script>",
        "<meta http-equiv=refresh content='0; /index.html'>",
        "<object data=footer.html>…</object>",
        "<embed src=/footer.htm>",
        f"<style>.fade{{opacity:0}}.fade.on{{opacity:1}}</style><p class=fade>{NUMBER}</p><script>watch()</script>",
        f"<p style=display:none>{NUMBER}</p><script>start()</script>",
        f"<style>li::marker{{content:'{NUMBER}'}}</style><li>x</li>",
    ],
)
def test_what_may_be_drawn_later_leaves_a_page_without_a_number_open(page: str) -> None:
    found = read(f"<p>{LONG}</p>{page}")
    assert (found.numbers, found.malformed) == ((), ())
    assert found.incomplete


@pytest.mark.parametrize(
    "page",
    [
        "<script>var _hmt = _hmt || []; count()</script>",
        "<script>var home = '/index.html', secure = window.location.protocol == 'https:'</script>",
        '<div id="footer"></div>',
        "<site-footer></site-footer>",
        f"<p style=display:none>{NUMBER}</p>",
        f"<!-- {NUMBER} --><script>start()</script>",
        f"<p>{OTHER}</p><div id=ad></div><script>document.write('')</script>",
        "<object data=film.swf></object>",
    ],
)
def test_what_draws_nothing_leaves_a_page_seen_whole(page: str) -> None:
    assert read(f"<p>{LONG}</p>{page}").incomplete is None


def framed(page: str) -> str:
    escaped = page.replace("&", "&amp;").replace('"', "&quot;")
    return f'<iframe srcdoc="{escaped}"></iframe>'


def test_frames_in_frames_are_read_to_a_depth() -> None:
    assert shown(framed(framed(f"<p>{NUMBER}</p>"))) == [NUMBER]
    deep = read(framed(framed(framed(f"<p>{NUMBER}</p>"))))
    assert (deep.numbers, deep.incomplete) == ((), Message("EX206"))


def test_the_styles_of_a_frame_and_of_the_page_around_it_are_apart() -> None:
    inner = f"<style>b{{display:none}}</style><p>{OTHER}</p><b>x</b>"
    assert shown(f"<style>p{{display:none}}</style>{framed(inner)}<b>{NUMBER}</b>") == [OTHER, NUMBER]


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", None])
def test_plain_text_shows_all_it_says(kind: str | None) -> None:
    findings = read(f"备案\r\n{NUMBER}\r\n\r\n京ICP备10040543号", kind)
    assert as_json(findings)["numbers"] == [NUMBER]
    assert as_json(findings)["others"] == [{"kind": "icp", "value": "京ICP备10040543号"}]
    assert findings.numbers[0].where == "text"


def test_paragraphs_of_plain_text_are_parted() -> None:
    assert [wrong.text for wrong in read("京网信备1101081976\n\n12345号", "text/plain").malformed] == [
        "京网信备1101081976"
    ]


def test_without_a_header_markup_decides() -> None:
    assert hidden(f"<p hidden>{NUMBER}</p>") == [(found.number.text, found.where)
        for found in read(f"<p hidden>{NUMBER}</p>", None).hidden]  # fmt: skip
    assert [found.number.text for found in read(f"a < b {NUMBER}", None).numbers] == [NUMBER]
    assert [found.number.text for found in read(f"<p hidden>{NUMBER}</p>", "text/plain").numbers] == [NUMBER]


@pytest.mark.parametrize("page", ["<div>" * 10_000 + NUMBER, "<b>" * 5_000 + NUMBER, "<i>" * 10_000 + NUMBER])
def test_deep_nesting_is_read_without_recursion(page: str) -> None:
    assert len(shown(page)) + len(hidden(page)) == 1


# --- what only a browser can tell --------------------------------------------------------------------------------


def doubts(page: str) -> list[str]:
    return [found.doubt for found in read(page).numbers]


COVER = '<div id=m style="position:fixed;top:0;left:0;width:100vw;height:100vh{}">{}</div>'


@pytest.mark.parametrize(
    ("page", "doubt"),
    [
        (f"<style>@keyframes k{{from{{opacity:0}}}}p{{animation:k 9s}}</style><p>{NUMBER}</p>", "animation:k 9s"),
        (f'<p style="font-size:5px">{NUMBER}</p>', "font-size:5px"),
        (f'<p style="position:relative;top:-40px">{NUMBER}</p>', "top:-40px"),
        (f'<div style="transform:rotate(90deg)"><p>{NUMBER}</p></div>', "transform:rotate(90deg)"),
        (f"<style>body{{overflow:hidden}}</style><p>{NUMBER}</p>", "overflow:hidden"),
        (f"<p>{NUMBER}</p>{COVER.format('', '')}", "div#m"),
        (f"<p>{NUMBER}</p><div>{COVER.format('', '')}</div>", "div#m"),
        (f"<p>{NUMBER}</p><div id=m style='position:fixed;left:0;right:0;bottom:0'>x</div>", "div#m"),
        (
            f"<body style='padding-bottom:60px'><p>{NUMBER}</p>"
            "<div id=m style='position:fixed;left:0;right:0;bottom:0'>x</div>",
            "",
        ),
        (f"<p>{NUMBER}</p><div id=m style='position:fixed;right:9px;bottom:9px;width:90px'>x</div>", ""),
        (f"<p>{NUMBER}</p><div id=m style='position:fixed;left:0;right:0;top:0;height:60px'>x</div>", ""),
        (f"<style>@container (width>1px){{p{{display:none}}}}</style><p>{NUMBER}</p>", "@container"),
        (f"<style>@container (width>1px){{p{{font-size:20px}}}}</style><p>{NUMBER}</p>", ""),
        (f'<p style="mask:url({"x" * 99})">{NUMBER}</p>', f"mask:url({'x' * 56}…"),
        (f'<p style="transform:scaleX(-1)">{NUMBER}</p>', "transform:scalex(-1)"),
        (f'<p style="scale:.12">{NUMBER}</p>', "scale:.12"),
        (f'<p style="rotate:1.2.3deg">{NUMBER}</p>', "rotate:1.2/**/.3deg"),
        (f"<p>{NUMBER}</p><i style='position:fixed;inset:x;width:1.2.3vw;height:..px'>x</i>", ""),
        (f'<p style="zoom:.12">{NUMBER}</p>', "zoom:.12"),
        (f'<p style="transform:translate(0) rotate(0) skewX(0) scaleX(1)">{NUMBER}</p>', ""),
        (f'<p style="transform:matrix(1,0,0,1,0,0)">{NUMBER}</p>', ""),
        (f'<p style="transform:translate(calc(-50% + 1px),0)">{NUMBER}</p>', ""),
        (f'<p style="margin:0 -15px">{NUMBER}</p>', ""),
        (f'<p style="margin-top:-60px">{NUMBER}</p>', ""),
        (f'<p style="position:absolute;left:50%;margin-left:-500px">{NUMBER}</p>', ""),
        (f'<p style="filter:alpha(opacity=80)">{NUMBER}</p>', ""),
        (f'<p style="filter:drop-shadow(0 0 1px\n rgb(1,2,3))">{NUMBER}</p>', ""),
        (f'<p style="z-index:-1;-webkit-line-clamp:3;opacity:65.5%">{NUMBER}</p>', ""),
        (f'<p style="overflow:hidden;width:50%">{NUMBER}</p>', ""),
        (
            f"<div style='position:relative'>{COVER.format('', '').replace('fixed', 'absolute')}</div><p>{NUMBER}</p>",
            "",
        ),
        (f"<div style='position:relative'>{COVER.format('', '')}</div><p>{NUMBER}</p>", "div#m"),
        (f"<p>{NUMBER}</p><script>'attachShadow' in x</script>", ""),
        (
            "<div style='position:relative'>" + 100 * COVER.format("", "").replace("fixed", "absolute") + "</div>"
            f"<div style='position:relative'><p>{NUMBER}</p>{COVER.format('', '').replace('fixed', 'absolute')}</div>",
            "div#m",
        ),
        (f'<p>京网信备<span style="font-size:4px">{NUMBER[4:24]}</span>号</p>', "font-size:4px"),
        (f"<p>{NUMBER}</p><script>x.attachShadow({{}})</script>", "attachShadow"),
        (f"<p id=n>{NUMBER}</p><script>document.getElementById('n').remove()</script>", "script #n"),
        (f"<footer id=foot><p>{NUMBER}</p></footer><script>$('#foot').hide()</script>", "script #foot"),
        (f"<p id=n>{NUMBER}</p><script>document.getElementById('n-2').remove(); n = 'no'</script>", ""),
        (f"<p id=n>{NUMBER}</p><p id=m></p><script>document.getElementById('m').remove()</script>", ""),
        (f'<p style="mask:none">{NUMBER}</p><p style="mask:url(x)">{NUMBER}</p>', ""),
        (f'<p style="mask:url(x)">{NUMBER}</p><p style="mask:none">{NUMBER}</p>', ""),
        (f'<style>p{{mask:url(x)}}.n{{mask:none}}</style><p class="n">{NUMBER}</p>', ""),
        (f"<style>@media(max-width:600px){{p{{mask:url(x)}}}}</style><p>{NUMBER}</p>", ""),
        (f"<style>html{{filter:grayscale(100%)}}</style><p>{NUMBER}</p>", ""),
        (f"<style>html,body{{overflow-x:hidden;height:100%}}</style><p>{NUMBER}</p>", ""),
        (f'<div style="overflow:hidden;max-width:1200px"><p>{NUMBER}</p></div>', ""),
        (f'<p style="transform:translateX(-50%) scale(.9);left:50%">{NUMBER}</p>', ""),
        (f'<div style="font-size:0"><p style="font-size:14px">{NUMBER}</p></div>', ""),
        (f'<p style="opacity:.7;z-index:1">{NUMBER}</p>', ""),
        (COVER.format("", f"<p>{NUMBER}</p>"), ""),
        (f"<p>{NUMBER}</p>{COVER.format(';z-index:-1', '')}", ""),
        (f"<p>{NUMBER}</p>{COVER.format(';display:none', '')}", ""),
        (f"<p>{NUMBER}</p><div hidden>{COVER.format('', '')}</div>", ""),
    ],
)
def test_what_may_hide_a_number_is_told_where_only_a_browser_can_tell(page: str, doubt: str) -> None:
    assert doubts(page) == [doubt]
