"""Numbers that only their paint hides or weakens: under something, in the colour of what is behind, faint."""

from tests.site.corpus.sample import (
    DISPLAYED,
    HIDDEN,
    PROMINENT,
    READABLE,
    SEEN,
    WEAK,
    Reading,
    Sample,
    hides,
    shows,
)
from tests.site.corpus.skins import company, dark, docs, handheld

_PAINT = Reading.PAINT
_TILE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Crect width='9' "
    "height='9' fill='"
)


def _picture(color: str) -> str:
    """A style's background picture of one colour."""
    return f'url("{_TILE}%23{color}\'/%3E%3C/svg%3E")'


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

SAMPLES: list[Sample] = [*COVERED, *COLOURED, *FAINT]
