"""Numbers that stand in a page and that nobody sees, or hardly: by markup, by style, by where they are put."""

from tests.site.corpus.sample import (
    DISPLAYED,
    HIDDEN,
    READABLE,
    SEEN,
    UNSEEN,
    WEAK,
    Reading,
    Sample,
    hides,
    shows,
)
from tests.site.corpus.skins import company, dark, docs, handheld, legacy, shop

_PAINT = Reading.PAINT

MARKUP = [
    hides("in a comment of the footer", company("<!-- <p>@N@</p> -->")),
    hides("in a conditional comment", legacy("<!--[if lte IE 8]><p>@N@</p><![endif]-->")),
    hides("in a comment of entities", company("<!-- &#20140; @P@网信备<b>@A@</b>@B@号 -->")),
    hides("in a template", company("<template id=foot><p>@N@</p></template>")),
    hides("in a page's description", company("", head="<meta name=description content='示例链 @N@'>")),
    hides("in the title only", company("", head="<title>@N@</title>").replace("<title>示例链科技</title>", "")),
    hides("in a tooltip", company("<p title='@N@'>备案信息</p>")),
    hides("in a label for readers of screens", company("<p aria-label='@N@'>备案信息</p>")),
    hides("in a data attribute", company("<p data-beian='@N@'>备案信息</p>")),
    hides("in a link's address", company("<a href='https://verify.example/?n=@N@'>备案查询</a>")),
    hides(
        "in a data block for search engines",
        company("", head='<script type="application/ld+json">{"@type":"Organization","identifier":"@N@"}</script>'),
    ),
    hides("in a hidden field", company("<form><input type=hidden name=filing value='@N@'></form>")),
    hides("in a password field", company("<input type=password size=60 value='@N@'>")),
    hides("in an option that is not chosen", company("<select><option selected>备案<option>@N@</select>")),
    hides(
        "among the suggestions of a field", company("<input list=l><datalist id=l><option value='@N@'>@N@</datalist>")
    ),
    hides("in a closed details", company("<details><summary>更多</summary><p>@N@</p></details>")),
    hides("in a closed dialog", company("<dialog><p>@N@</p></dialog>")),
    hides("in a popover", company("<div popover id=p>@N@</div><button popovertarget=p>备案</button>")),
    hides("not displayed", company("<p style='display:none'>@N@</p>")),
    hides(
        "in a footer that is not displayed", shop("<div class=more><p>@N@</p></div>", style=".foot .more{display:none}")
    ),
    hides("hidden by attribute", docs("<p hidden>@N@</p>")),
    hides("invisible", company("<p style='visibility:hidden'>@N@</p>")),
    hides("of no opacity", dark("<p style='opacity:0'>@N@</p>")),
    hides("of no size", company("<p style='font-size:0'>@N@</p>")),
    hides("of one pixel", company("<p style='font-size:1px'>@N@</p>")),
    hides("white on white", handheld("<p style='color:#fff;background:#fff'>@N@</p>")),
    hides("black on a black footer", dark("<p style='color:#0a0d14'>@N@</p>")),
    hides("a colour of one step", company("<p style='color:#f4f4f4'>@N@</p>")),
    hides("transparent", company("<p style='color:transparent'>@N@</p>")),
    hides("far left", company("<p style='position:absolute;left:-10000px'>@N@</p>")),
    hides("far above", company("<p style='position:absolute;top:-5000px'>@N@</p>")),
    hides("indented away", company("<h2 style='text-indent:-9999px;overflow:hidden'>@N@</h2>")),
    hides(
        "clipped as for readers of screens",
        company(
            "<span class=sr-only>@N@</span>",
            style=".sr-only{position:absolute;width:1px;"
            "height:1px;padding:0;margin:-1px;overflow:hidden;clip:rect(0,0,0,0);white-space:nowrap;border:0}",
        ),
    ),
    hides("clipped by a path", company("<p style='clip-path:inset(50%)'>@N@</p>")),
    hides("a box of no height", company("<div style='height:0;overflow:hidden'>@N@</div>")),
    hides("scaled to nothing", company("<p style='transform:scale(0)'>@N@</p>")),
    hides("content not rendered", company("<div style='content-visibility:hidden'>@N@</div>")),
    hides("on paper only", company("<p class=p>@N@</p>", style=".p{display:none}@media print{.p{display:block}}")),
    hides("in a frame of no size", company("<iframe width=0 height=0 srcdoc='@N@'></iframe>")),
    hides(
        "in a shadow root that is hidden",
        company("<div><template shadowrootmode=open><p style='display:none'>@N@</p></template></div>"),
    ),
    hides(
        "beside a shadow root without a slot",
        company("<div>@N@<template shadowrootmode=open><p>示例</p></template></div>"),
    ),
    hides("in definitions of a drawing", company("<svg width=9 height=9><defs><text id=t>@N@</text></defs></svg>")),
    hides(
        "in a drawing's title", company("<svg width=20 height=20><title>@N@</title><rect width=20 height=20 /></svg>")
    ),
    hides(
        "a drawer that is shut",
        handheld(
            "", end="<nav style='position:fixed;top:0;left:0;width:260px;transform:translateX(-100%)'><p>@N@</p></nav>"
        ),
    ),
    hides("blurred beyond reading", company("<p style='filter:blur(12px)'>@N@</p>")),
    hides("in fallback text of a canvas", company("<canvas width=10 height=10>@N@</canvas>")),
    hides(
        "on another language's sheet",
        company("<p lang=zh class=z>@N@</p>", style=":lang(zh).z{display:none}"),
        reading=_PAINT,
    ),
]

BOXED = [
    hides(
        "the tail cut off by an ellipsis",
        company("<p style='width:130px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis'>@N@</p>"),
        HIDDEN | WEAK,
        reading=_PAINT,
    ),
    hides(
        "all but the label cut off",
        company("<p style='width:66px;margin:auto;overflow:hidden;white-space:nowrap'>@N@</p>"),
        HIDDEN | WEAK,
        reading=_PAINT,
    ),
    hides(
        "clamped to a first line that holds none of it",
        company(
            "<div style='width:300px;height:22px;overflow:hidden;line-height:22px'>"
            "<div>示例链科技（北京）有限公司版权所有</div><div>@N@</div></div>"
        ),
        reading=_PAINT,
    ),
    hides(
        "past the end of a box that only scripts scroll",
        company("<div style='height:60px;overflow:hidden'><div style='height:400px'></div><p>@N@</p></div>"),
        reading=_PAINT,
    ),
    hides(
        "right of a box that cuts off",
        company("<div style='width:300px;overflow:hidden'><p style='margin-left:400px;width:500px'>@N@</p></div>"),
        reading=_PAINT,
    ),
    hides("clipped by a circle elsewhere", company("<p style='clip-path:circle(4px at 0 0)'>@N@</p>"), reading=_PAINT),
    hides("clipped by an inset of 49 %", company("<p style='clip-path:inset(49% 0)'>@N@</p>"), reading=_PAINT),
    hides(
        "a page that does not scroll",
        company(style="html,body{height:100%;overflow:hidden}", main="<div style='height:2600px'></div>"),
        reading=_PAINT,
    ),
    hides(
        "under the fold of a fixed shell",
        company(
            "",
            end="<div style='position:fixed;inset:0;overflow:hidden;background:#fff'>"
            "<div style='height:1500px'>示例</div><p>@N@</p></div>",
        ),
        reading=_PAINT,
    ),
    shows(
        "in a shell that scrolls",
        company(
            "",
            end="<div style='position:fixed;inset:0;overflow:auto;background:#fff'>"
            "<div style='height:1500px'>示例</div><footer><p>@N@</p></footer></div>",
        ),
        reading=_PAINT,
    ),
    hides(
        "at a right angle in depth",
        company("<p style='transform:perspective(400px) rotateX(90deg)'>@N@</p>"),
        reading=_PAINT,
    ),
    hides(
        "its back turned",
        company("<p style='transform:rotateY(180deg);backface-visibility:hidden'>@N@</p>"),
        reading=_PAINT,
    ),
    hides("mirrored", company("<p style='transform:scaleX(-1)'>@N@</p>"), HIDDEN | WEAK, reading=_PAINT),
    hides("upside down", company("<p style='transform:rotate(180deg)'>@N@</p>"), HIDDEN | WEAK, reading=_PAINT),
    shows(
        "turned by a right angle",
        company(
            "<div style='height:340px;position:relative'><p style='position:absolute;left:50%;top:150px;"
            "white-space:nowrap;transform:translateX(-50%) rotate(90deg)'>@N@</p></div>"
        ),
        WEAK | DISPLAYED,
        reading=_PAINT,
    ),
    shows(
        "written downwards",
        company("<p style='writing-mode:vertical-rl;height:380px;margin:auto'>@N@</p>"),
        SEEN,
        reading=_PAINT,
    ),
    hides("turned round by an override", company("<p><bdo dir=rtl>@N@</bdo></p>"), UNSEEN | WEAK, reading=_PAINT),
    hides(
        "turned round by a style",
        company("<p style='direction:rtl;unicode-bidi:bidi-override'>@N@</p>"),
        UNSEEN | WEAK,
        reading=_PAINT,
    ),
    hides("digits over each other", company("<p style='letter-spacing:-.6em'>@N@</p>"), HIDDEN | WEAK, reading=_PAINT),
    shows("letters far apart", company("<p style='letter-spacing:.4em'>@N@</p>"), READABLE, reading=_PAINT, phone=SEEN),
    hides(
        "struck by a thick line",
        company("<p style='text-decoration:line-through 18px #333'>@N@</p>"),
        HIDDEN | WEAK,
        reading=_PAINT,
    ),
    hides(
        "shrunk by a frame without room",
        company(
            "<iframe style='width:300px;height:12px;border:0' scrolling=no "
            "srcdoc='<div style=height:200px></div><p>@N@</p>'></iframe>"
        ),
        reading=_PAINT,
    ),
    hides(
        "a table column collapsed",
        company("<table><col style='visibility:collapse'><col><tr><td>@N@</td><td>示例</td></tr></table>"),
        reading=_PAINT,
    ),
]

MOVING = [
    shows(
        "blinking",
        company("<p class=n>@N@</p>", style="@keyframes b{50%{opacity:0}}.n{animation:b 2s step-end infinite}"),
        SEEN,
        reading=_PAINT,
    ),
    shows(
        "faded in",
        company("<p class=n>@N@</p>", style="@keyframes f{from{opacity:0}}.n{animation:f .6s both}"),
        reading=_PAINT,
    ),
    hides(
        "faded out",
        company("<p class=n>@N@</p>", style="@keyframes f{to{opacity:0}}.n{animation:f .6s .2s forwards}"),
        reading=_PAINT,
    ),
    hides(
        "shown for a moment in an hour",
        company(
            "<p class=n>@N@</p>",
            style="@keyframes f{0%,99.99%{opacity:0}99.995%{opacity:1}}.n{animation:f 3600s infinite}",
        ),
        reading=_PAINT,
    ),
    hides(
        "shown under a pointer only",
        company("<div class=w>备案<p>@N@</p></div>", style=".w p{display:none}.w:hover p{display:block}"),
    ),
    hides(
        "shown to whoever focuses it only",
        company("<a class=n href='#x'>@N@</a>", style=".n{position:absolute;left:-9999px}.n:focus{position:static}"),
    ),
    hides(
        "brought by a transition that never starts",
        company("<p class=n>@N@</p>", style=".n{opacity:0;transition:opacity 1s}.n.on{opacity:1}"),
    ),
]

SAMPLES: list[Sample] = [*MARKUP, *BOXED, *MOVING]
