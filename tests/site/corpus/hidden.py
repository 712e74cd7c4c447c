"""Numbers that stand in a page and that nobody sees, or hardly: by markup, by style, by what is painted over them."""

from tests.site.corpus.sample import (
    DISPLAYED,
    HIDDEN,
    PROMINENT,
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
_TILE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Crect width='9' "
    "height='9' fill='"
)


def _picture(color: str) -> str:
    """A style's background picture of one colour."""
    return f'url("{_TILE}%23{color}\'/%3E%3C/svg%3E")'


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

COVERED = [
    hides(
        "under a block that lies over it",
        company(
            "<div style='position:relative'><p>@N@</p><div style='position:absolute;inset:0;"
            "background:#f5f5f5;z-index:2'></div></div>"
        ),
        reading=_PAINT,
    ),
    hides(
        "under the next section pulled up",
        company(
            "<p>@N@</p><div style='margin-top:-40px;height:60px;background:#f5f5f5;position:relative'>客服电话</div>"
        ),
        reading=_PAINT,
    ),
    hides(
        "behind its parent",
        company(
            "<div style='position:relative;z-index:0;background:#f5f5f5'><div style='background:#f5f5f5'>"
            "<p style='position:relative;z-index:-1'>@N@</p></div></div>"
        ),
        reading=_PAINT,
    ),
    hides(
        "under a picture",
        company(
            f"<div style='position:relative'><p>@N@</p><img alt='' src=\"{_TILE}%23f5f5f5'/%3E%3C/svg%3E\" "
            "style='position:absolute;inset:0;width:100%;height:100%'></div>"
        ),
        reading=_PAINT,
    ),
    hides(
        "under a cover that stays",
        company(end="<div style='position:fixed;inset:0;background:#fff;z-index:9'>维护中</div>"),
        reading=_PAINT,
    ),
    hides(
        "under a bar that sticks",
        handheld("", main="<p style='position:fixed;bottom:10px;left:0;right:0;margin:0'>@N@</p>"),
        reading=_PAINT,
    ),
    hides(
        "under a canvas",
        company(
            "<div style='position:relative'><p>@N@</p><canvas id=c style='position:absolute;inset:0;width:100%;"
            "height:100%'></canvas></div>",
            end="<script>const c=document.getElementById('c').getContext('2d');c.fillStyle='#f5f5f5';"
            "c.fillRect(0,0,9999,9999)</script>",
        ),
        reading=_PAINT,
    ),
    shows(
        "under a dialog with a button to close it",
        company(
            end="<div id=m style='position:fixed;inset:0;background:#fff;z-index:9'>"
            "<div role=dialog aria-modal=true style='margin:80px auto;width:300px'><h2>欢迎</h2>"
            "<button aria-label=关闭 "
            "onclick='m.remove()'>×</button></div></div>"
        ),
        DISPLAYED,
        reading=_PAINT,
    ),
    shows(
        "under a shade that lets it through",
        company(end="<div style='position:fixed;inset:0;background:rgba(0,0,0,.2)'></div>"),
        SEEN,
        reading=_PAINT,
    ),
    shows(
        "above a banner about cookies",
        company(
            style="footer{padding-bottom:140px}",
            end="<div role=dialog style='position:fixed;"
            "bottom:0;left:0;right:0;height:120px;background:#222;color:#fff'>"
            "本站使用 Cookie <button>同意</button></div>",
        ),
        reading=_PAINT,
    ),
    shows(
        "beside a chat button",
        company(
            end="<div style='position:fixed;right:20px;bottom:20px;width:56px;height:56px;"
            "border-radius:50%;background:#06c;color:#fff'>客服</div>"
        ),
        READABLE,
        reading=_PAINT,
        phone=WEAK | HIDDEN,
    ),
    shows(
        "a modal over the page that shows it",
        company(
            "",
            end="<div style='position:fixed;inset:0;background:rgba(0,0,0,.5)'>"
            "<div style='background:#fff;margin:100px auto;width:360px;padding:20px;font-size:14px'>@N@</div></div>",
        ),
        READABLE,
        reading=_PAINT,
    ),
]

COLOURED = [
    hides(
        "the colour of a gradient",
        company("<p style='background:linear-gradient(#345,#345);color:#345'>@N@</p>"),
        reading=_PAINT,
    ),
    hides(
        "the colour of a picture behind it",
        company("<p class=n>@N@</p>", style=f".n{{background:{_picture('123456')};color:#123456}}"),
        reading=_PAINT,
    ),
    hides(
        "the colour of what it lies on",
        company(
            "<div style='height:60px;background:#2a4'></div><p style='position:relative;top:-60px;"
            "margin:0;color:#2a4'>@N@</p>"
        ),
        reading=_PAINT,
    ),
    hides(
        "blended into white",
        company("<p style='background:#fff;color:#fff;mix-blend-mode:multiply'>@N@</p>"),
        reading=_PAINT,
    ),
    hides(
        "blended by lightening",
        company("<div style='background:#fff'><p style='color:#555;mix-blend-mode:lighten'>@N@</p></div>"),
        reading=_PAINT,
    ),
    hides(
        "under a filter of brightness",
        company("<p style='background:#fff;filter:brightness(40)'>@N@</p>"),
        reading=_PAINT,
    ),
    hides(
        "behind a mask",
        company(
            "<p class=n>@N@</p>",
            style=".n{-webkit-mask-image:linear-gradient(transparent,transparent);"
            "mask-image:linear-gradient(transparent,transparent)}",
        ),
        reading=_PAINT,
    ),
    hides(
        "fill of the background's colour",
        company("<p style='-webkit-text-fill-color:#f5f5f5;color:#000'>@N@</p>"),
        reading=_PAINT,
    ),
    hides("contrast of 1.2", company("<p style='background:#fff;color:#e9e9e9'>@N@</p>"), reading=_PAINT),
    hides("contrast of 1.2 on black", dark("<p style='background:#000;color:#151515'>@N@</p>"), reading=_PAINT),
    shows("contrast of 1.8", company("<p style='background:#fff;color:#c1c1c1'>@N@</p>"), WEAK, reading=_PAINT),
    shows("contrast of 2.5", company("<p style='background:#fff;color:#a4a4a4'>@N@</p>"), WEAK, reading=_PAINT),
    shows(
        "contrast of 3.1, as the police's own template",
        company("<p style='background:#fff;color:#939393;line-height:20px'>@N@</p>"),
        DISPLAYED,
        reading=_PAINT,
    ),
    shows(
        "contrast of 3.4, black of 45 %",
        company("<p style='background:#fff;color:#00000073;font-size:12px'>@N@</p>"),
        DISPLAYED,
        reading=_PAINT,
    ),
    shows("contrast of 4.6", company("<p style='background:#fff;color:#757575'>@N@</p>"), READABLE, reading=_PAINT),
    shows("contrast of 5.7", company("<p style='background:#fff;color:#666'>@N@</p>"), reading=_PAINT),
    shows(
        "contrast of 4 in large letters",
        company("<p style='background:#fff;color:#7f7f7f;font-size:26px;line-height:1.5'>@N@</p>"),
        READABLE,
        reading=_PAINT,
    ),
    shows("contrast of 2.5 on dark", dark("<p style='background:#000;color:#4c4c4c'>@N@</p>"), WEAK, reading=_PAINT),
    shows(
        "light grey on a dark picture",
        company(
            "<div class=n><p>@N@</p></div>", style=f".n{{background:{_picture('1b2b3b')};color:#eee;padding:12px}}"
        ),
        reading=_PAINT,
    ),
    shows(
        "half in dark and half in light",
        company("<p style='background:linear-gradient(90deg,#fff 50%,#eee 50%)'>@N@</p>"),
        reading=_PAINT,
    ),
    shows(
        "text painted by its background",
        company(
            "<p style='background:#123;-webkit-background-clip:text;background-clip:text;color:transparent'>@N@</p>"
        ),
        reading=_PAINT,
    ),
    shows(
        "outlined letters",
        company("<p style='color:#f5f5f5;-webkit-text-stroke:1px #111;font-size:20px'>@N@</p>"),
        SEEN,
        reading=_PAINT,
    ),
    shows(
        "its own colour and a dark shadow",
        company("<p style='color:#f5f5f5;text-shadow:0 0 2px #000,0 0 2px #000'>@N@</p>"),
        SEEN,
        reading=_PAINT,
    ),
    shows(
        "lost in the dark scheme",
        company(
            "<p class=n>@N@</p>",
            style="@media(prefers-color-scheme:dark){body,footer{background:#111;color:#eee}.n{color:#111}}",
        ),
        dark=HIDDEN,
        reading=_PAINT,
    ),
    shows(
        "dark by the browser's own scheme",
        docs(
            "<p>@N@</p>",
            head="<meta name=color-scheme content='light dark'>",
            style="body,[role=contentinfo]{color:CanvasText}aside,pre{background:Canvas}",
        ),
        reading=_PAINT,
    ),
]

FAINT = [
    shows(
        "opacity of 0.6", company("<p style='opacity:.6;color:#000;background:#fff'>@N@</p>"), READABLE, reading=_PAINT
    ),
    shows("opacity of 0.3", company("<p style='opacity:.3;color:#000'>@N@</p>"), WEAK, reading=_PAINT),
    shows(
        "a product of opacities of 0.25",
        company("<div style='opacity:.5'><p style='opacity:.5;color:#000'>@N@</p></div>"),
        WEAK,
        reading=_PAINT,
    ),
    hides("a product of opacities of 0.04", company("<div style='opacity:.2'><div style='opacity:.2'>@N@</div></div>")),
    hides("opacity of 0.05", company("<p style='opacity:.05'>@N@</p>")),
    shows("5 px high", company("<p style='font-size:5px'>@N@</p>"), WEAK | HIDDEN, reading=_PAINT),
    shows("8 px high", company("<p style='font-size:8px'>@N@</p>"), WEAK, reading=_PAINT),
    shows("9 px high", company("<p style='font-size:9px'>@N@</p>"), DISPLAYED | WEAK, reading=_PAINT),
    shows("11 px high", company("<p style='font-size:11px'>@N@</p>"), DISPLAYED, reading=_PAINT),
    shows("12 px high", company("<p style='font-size:12px'>@N@</p>"), PROMINENT, reading=_PAINT),
    shows("14 px high", company("<p style='font-size:14px'>@N@</p>"), PROMINENT, reading=_PAINT),
    shows("16 px scaled to 8", company("<p style='font-size:16px;transform:scale(.5)'>@N@</p>"), WEAK, reading=_PAINT),
    shows("16 px zoomed to 8", company("<p style='font-size:16px;zoom:.5'>@N@</p>"), WEAK, reading=_PAINT),
    hides(
        "zoomed to 2 px",
        company("<div style='zoom:.2'><p style='font-size:10px'>@N@</p></div>"),
        HIDDEN | WEAK,
        reading=_PAINT,
    ),
    shows("slightly blurred", company("<p style='filter:blur(.6px)'>@N@</p>"), SEEN, reading=_PAINT),
    hides("blurred by 6 px", company("<p style='filter:blur(6px)'>@N@</p>"), HIDDEN | WEAK, reading=_PAINT),
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

SAMPLES: list[Sample] = [*MARKUP, *COVERED, *COLOURED, *FAINT, *BOXED, *MOVING]
