"""Which declarations win, and which of them keep text from being seen; what Chromium says is in tests/browser."""

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from attest.site.looks import Look
from attest.site.styles import Cascade, cascades

ALWAYS = "<p id=p class='c d' data-x=1>x</p>"


def looks(sheet: str, body: str = ALWAYS, *, outside: bool = False) -> tuple[Look, Look]:
    """How the element `#p` looks on a desktop and on a phone."""
    tree = LexborHTMLParser(f"<!doctype html><html><body>{body}")
    node = tree.css_first("#p")
    assert node is not None
    made = cascades(tree, [sheet], outside=outside)
    wide, narrow = (look(cascade, node) for cascade in (made[0], made[-1]))
    return wide, narrow


def look(cascade: Cascade, node: LexborNode) -> Look:
    parent = node.parent
    around = cascade.root() if parent is None or parent.tag is None else look(cascade, parent)
    return cascade.look(node, node.tag or "", node.attributes, around)


def why(sheet: str, body: str = ALWAYS) -> str:
    """Why the element is seen neither on a desktop nor on a phone, or an empty string."""
    wide, narrow = looks(sheet, body)
    return wide.unpainted if narrow.unpainted else ""


@pytest.mark.parametrize(
    "sheet",
    [
        "p{display:none}",
        "P{DISPLAY:NONE}",
        "x,p{display:none}",
        "p{}p{display:none}",
        "#p{display:none}.c{display:block}",
        ".c.d{display:none}.c{display:block}",
        "[data-x]{display:none}p{display:block}",
        "body .c{display:none}.c{display:block}",
        "body>p{display:none}p{display:block}",
        "html body p{display:none}body p{display:block}",
        "p{display:none!important}#p{display:block}",
        "p{display:block}p{display:none}",
        "p{display:none;display:nonsense}",
        ":where(#p){display:block}p{display:none}",
        ":is(p,q){display:none}",
        "p:not(.e){display:none}",
        "p:first-child{display:none}",
        "body{p{display:none}}",
        "body{& > p{display:none}}",
        ".c{&.d{display:none}}",
        "p{@media screen{display:none}}",
        "body{@media screen{p{display:none}}}",
        "@media screen{@media all{p{display:none}}}",
        "@supports (display:grid) and (gap:1px){p{display:none}}",
        "@layer a{p{display:none}}",
        "@layer a,b;@layer b{p{display:none}}@layer a{#p{display:block}}",
        "@layer a{p{display:none!important}}@layer b{#p{display:block!important}}",
        "@layer{p{display:block}}@layer{p{display:none}}",
        ":root{--d:none}p{display:var(--d)}",
        "body{--e:none;--d:var(--e)}p{display:var(--d)}",
        "p{display:var(--missing,none)}",
        "p{display:none}p:hover{display:block}",
        "p{display:none}nonsense::{display:block}",
        "p{display:none}@media print{p{display:block}}",
        "p{display:none}@container (min-width:1px){p{display:block}}",
        "p{display:none}@keyframes p{to{display:block}}",
        "p{display:none",
        "}}}p{display:none}p{display:none}",
        "p{d\\isplay:none}",
        "p{display:/**/none}",
    ],
)
def test_the_declaration_that_a_browser_applies_wins(sheet: str) -> None:
    assert why(sheet) == "display:none"


@pytest.mark.parametrize(
    "sheet",
    [
        "",
        "q{display:none}",
        "p{display:none}p{display:block}",
        "p{display:none}#p{display:block}",
        "p{display:none!important}p{display:block!important}",
        "p:hover,p:active{display:none}",
        "p::selection,p::first-line{display:none}",
        "@media print{p{display:none}}",
        "@media not screen{p{display:none}}",
        "@media (prefers-color-scheme:dark){p{display:none}}",
        "@media (nonsense){p{display:none}}",
        "@supports (nonsense:1){p{display:none}}",
        "@supports not (display:grid){p{display:none}}",
        "@supports not (nonsense:1){p{display:none}}",
        "@layer a{#p{display:none}}p{display:block}",
        "@layer a,b;@layer b{p{display:block}}@layer a{p{display:none}}",
        "@layer a{p{display:block!important}}p{display:none!important}",
        "p{display:var(--missing)}",
        "p{--d:none}",
        "p{--d:var(--d);display:var(--d)}",
        "p{display:nonsense}",
        "<!-- p{display:block} -->",
        "@import 'x.css'",
    ],
)
def test_a_declaration_that_a_browser_does_not_apply_hides_nothing(sheet: str) -> None:
    assert why(sheet) == ""


@pytest.mark.parametrize(
    ("query", "wide", "narrow"),
    [
        ("(max-width:600px)", False, True),
        ("(min-width:600px)", True, False),
        ("screen and (min-width:37.5em)", True, False),
        ("only screen and (max-device-width:600px)", False, True),
        ("(width<600px)", False, True),
        ("(width >= 600px)", True, False),
        ("(min-width:300px) and (max-width:600px)", False, True),
        ("(orientation:portrait)", False, True),
        ("print, (min-width:600px)", True, False),
        ("all", True, True),
        ("not print", True, True),
        ("not all", False, False),
        ("(prefers-color-scheme: light)", True, True),
        ("(min-resolution:2dppx)", False, False),
        ("screen and(min-width:1px)", False, False),
        ("(hover:hover)", True, False),
        ("(any-pointer:coarse)", False, True),
        ("(min-resolution:96dpi)", True, True),
        ("(-webkit-min-device-pixel-ratio:1)", True, True),
        ("not all and (hover:none)", True, False),
        ("not screen and (max-width:1px)", True, True),
        ("not screen", False, False),
        ("not (nonsense:1)", False, False),
        ("not nonsense", True, True),
    ],
)
def test_media_queries_are_judged_for_a_desktop_and_a_phone(query: str, wide: bool, narrow: bool) -> None:
    seen = looks(f"@media {query}{{p{{display:none}}}}")
    assert tuple(bool(look.unpainted) for look in seen) == (wide, narrow)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("visibility:collapse", "visibility:collapse"),
        ("opacity:.05", "opacity:.05"),
        ("opacity:5%", "opacity:5%"),
        ("filter:blur(0) opacity(0%)", "filter:opacity(0)"),
        ("font-size:0.0px", "font-size:0.0px"),
        ("font-size:1px", "font-size:1px"),
        ("font:0/0 a", "font-size:0"),
        ("color:transparent", "color:transparent"),
        ("color:rgb(0 0 0/0)", "color:transparent"),
        ("color:white", "color like background"),
        ("color:hsl(0,0%,98%)", "color like background"),
        ("color:#1a2b3c;background:#1a2b3c", "color like background"),
        ("color:#0000;color:#fff", "color like background"),
        ("-webkit-text-fill-color:transparent", "color:transparent"),
        ("position:absolute;left:-999em", "left:-999em"),
        ("position:relative;top:-100vh", "top:-100vh"),
        ("position:fixed;bottom:-9999px", "bottom:-9999px"),
        ("position:absolute;inset:0 auto auto -9999px", "left:-9999px"),
        ("position:absolute;inset:-9999px 0", "top:-9999px"),
        ("margin:0 0 0 -9999px", "margin-left:-9999px"),
        ("margin-top:-9999px", "margin-top:-9999px"),
        ("text-indent:-9999px", "text-indent:-9999px"),
        ("text-indent:100%;overflow:hidden", "text-indent:100%"),
        ("position:absolute;clip:rect(1px,1px,1px,1px)", "clip"),
        ("clip-path:inset(100%)", "clip-path"),
        ("clip-path:circle(0)", "clip-path"),
        ("transform:translate(0,-9999px)", "transform:translate(0,-9999px)"),
        ("transform:scale(0)", "transform:scale(0)"),
        ("scale:0 1", "scale:0 1"),
        ("height:0;overflow:hidden", "height:0"),
        ("max-height:1px;overflow-y:clip", "max-height:1px"),
        ("width:0;overflow-x:hidden", "width:0"),
        ("height:calc(0px);overflow:auto", "height:calc(0px)"),
        ("opacity:calc(0)", "opacity:calc(0)"),
        ("content-visibility:hidden", "content-visibility:hidden"),
    ],
)
def test_a_declaration_that_hides_text_is_named(style: str, expected: str) -> None:
    assert why("", f'<p id=p style="{style}">x') == expected
    assert why(f"#p{{{style}}}") == expected


@pytest.mark.parametrize(
    "style",
    [
        "opacity:.3",
        "opacity:nonsense",
        "opacity:0;animation:show 1s forwards",
        "font-size:12px",
        "font-size:calc(1px + 1vw)",
        "font:14px/1.5 a",
        "color:#999",
        "color:#00000073",
        "color:nonsense",
        "color:#fff;background:#222",
        "color:#fff;background:url(x.png)",
        "color:#fff;background:linear-gradient(red,blue)",
        "color:#fff;background-image:url(x.png)",
        "color:#fff;position:absolute;background:url(x.png)",
        "color:#fff;position:absolute;background:url(data:,x)",
        "color:transparent;text-shadow:0 0 1px red",
        "color:transparent;-webkit-background-clip:text",
        "background:none",
        "left:-9999px",
        "position:absolute;left:-20px",
        "position:absolute;right:-9999px",
        "margin:-10px",
        "clip:rect(0,0,0,0)",
        "clip-path:inset(1px)",
        "transform:translate(-50%,-50%)",
        "transform:scale(.8)",
        "height:0",
        "height:40px;overflow:hidden",
        "overflow:",
        "margin:",
        "display:",
        "width:0;height:0;overflow:visible",
    ],
)
def test_a_declaration_that_leaves_text_to_be_seen_hides_nothing(style: str) -> None:
    assert why("@keyframes show{to{opacity:1}}", f'<p id=p style="{style}">x') == ""


@pytest.mark.parametrize(
    "around", ["<p style='background:#222'>x</p>", "<img>", "<hr>", "<input>", "<table bgcolor=red>"]
)
def test_white_text_that_may_be_laid_over_something_is_shown(around: str) -> None:
    over = "<p id=p style='color:#fff;position:absolute'>x</p>"
    assert why("", over) == "color like background"
    assert why("", over + around) == ""


@pytest.mark.parametrize(
    ("around", "own", "expected"),
    [
        ("display:none", "display:block", "display:none"),
        ("opacity:0", "opacity:1", "opacity:0"),
        ("opacity:.3", "opacity:.3", "opacity:.3"),
        ("visibility:hidden", "", "visibility:hidden"),
        ("visibility:hidden", "visibility:visible", ""),
        ("font-size:0", "", "font-size:0"),
        ("font-size:0", "font-size:2em", "font-size:0"),
        ("font-size:0", "font-size:1rem", ""),
        ("font-size:0", "font:1rem a", ""),
        ("font-size:50%", "font-size:20%", "font-size:20%"),
        ("color:#fff", "", "color like background"),
        ("color:#fff", "color:#333", ""),
        ("color:#fff", "background:#333", ""),
        ("background:#222", "color:#222", "color like background"),
        ("background:#222", "color:#222;background:inherit", "color like background"),
        ("background:rgba(0,0,0,.9)", "color:#fff", ""),
        ("background:rgba(0,0,0,.01)", "color:#fff", "color like background"),
        ("text-indent:-9999px", "", "text-indent:-9999px"),
        ("text-indent:-9999px", "text-indent:0", ""),
        ("height:0;overflow:hidden", "height:40px", "height:0"),
    ],
)
def test_what_is_inherited_and_what_can_be_taken_back(around: str, own: str, expected: str) -> None:
    assert why("", f'<div style="{around}"><p id=p style="{own}">x') == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p id=p hidden>x", "display:none"),
        ("<p id=p popover>x", "display:none"),
        ("<dialog id=p>x", "display:none"),
        ("<dialog id=p open>x", ""),
        ("<p id=p hidden style='display:block'>x", ""),
        ("<span id=p style='width:0;overflow:hidden'>x", ""),
        ("<span id=p style='width:0;overflow:hidden;display:block'>x", "width:0"),
        ("<span id=p style='width:0;overflow:hidden;float:left'>x", "width:0"),
        ("<iframe id=p style='height:0'></iframe>", "height:0"),
        ("<a id=p href=x style='color:#fff'>x", "color like background"),
        ("<p style='color:#fff'><a id=p href=x>x", ""),
        ("<p style='color:#fff'><a id=p>x", ""),
        ("<p style='color:#fff'><button id=p>x", ""),
        ("<svg><text id=p style='color:#fff'>x", ""),
        ("<svg><text id=p display=none>x", "display:none"),
        ("<svg><text id=p fill=none>x", "color:transparent"),
        ("<svg><text id=p fill=none stroke=red>x", ""),
        ("<font id=p color=white>x", "color like background"),
        ("<font id=p color=ffffff>x", "color like background"),
        ("<table bgcolor=#003366><tr><td id=p style='color:#fff'>x", ""),
        ("<table bgcolor=003366><tr><td><font id=p color=#003366>x", "color like background"),
        ("<table background=x.png><tr><td><font id=p color=white>x", ""),
        ("<table bgcolor=black style='background:#fff'><tr><td id=p style='color:#fff'>x", "color like background"),
        ("<p id=p style='width:((((" + "(" * 200 + "'>x", ""),
    ],
)
def test_what_elements_and_attributes_add(body: str, expected: str) -> None:
    assert why("", body) == expected


def test_colours_are_not_judged_where_outside_sheets_may_change_them() -> None:
    wide, _ = looks("p{color:#fff}", outside=True)
    assert wide.unpainted == ""
    wide, _ = looks("p{color:#fff;background:#fff}", outside=True)
    assert wide.unpainted == "color like background"


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        ("p::before{content:'甲'}", "甲"),
        ("p:before{content:\"\\7532\" '乙'}", "甲乙"),
        ("p::before{content:attr(data-x) '号'}", "1号"),
        ("p::before{content:none}", ""),
        ("p::before{content:'甲';display:none}", ""),
        ("p::before{content:'甲';visibility:hidden}", ""),
        ("p::before{content:'甲'}#p::before{content:'乙'}", "乙"),
        ("p::after{content:'甲'}", ""),
        ("p::before{--n:'X';content:var(--n) '乙'}", "X乙"),
        ("p::before{content:var(--n)}", ""),
        ("p{content:'甲'}", ""),
    ],
)
def test_generated_text(sheet: str, text: str) -> None:
    tree = LexborHTMLParser(ALWAYS)
    node = tree.css_first("#p")
    assert node is not None
    drawn = {cascade.text_of(node, "before") for cascade in cascades(tree, [sheet], outside=False)}
    assert drawn == {(text, "")}


@pytest.mark.parametrize(
    "sheet",
    [
        "p" + "(" * 50_000,
        "@media{" * 50_000,
        "p{" * 50_000,
        "&{" * 90 + "p{color:red}",
        "a,p{&,& &,& & &{" * 20 + "display:none",
        ":root{" + "".join(f"--v{i}:var(--v{i + 1}) var(--v{i + 1});" for i in range(50)) + "}p{color:var(--v0)}",
        "p{color:" + "calc(" * 90 + "}",
        "p{font-size:1e999px;opacity:1e999;left:-1e999px;margin:1e999% 1e999em}",
        "p{color:rgb(1e999 none 0/1e99)}p{color:lab(1e999% 1e9 1e9)}p{color:color(nonsense 1 2 3)}",
        "\0\ufffd{\0:\0}",
    ],
)
def test_a_sheet_built_to_exhaust_its_reader_is_survived(sheet: str) -> None:
    assert len(looks(sheet)) == 2
