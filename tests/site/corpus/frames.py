"""Numbers on pages in frames: of the same site and of another, written on the spot, with room for them and without."""

from tests.site.corpus.sample import READABLE, SEEN, UNSEEN, Reading, Sample, hides, shows
from tests.site.corpus.scripts import SHELL, script
from tests.site.corpus.skins import company

_BROWSER = Reading.BROWSER

SAMPLES: list[Sample] = [
    shows(
        "a frame of the same site",
        company("<iframe src=/foot.html width=90% height=60 style='border:0'></iframe>"),
        READABLE,
        reading=_BROWSER,
        files={"/foot.html": SHELL + "<p style='font-size:14px'>@N@</p>"},
    ),
    shows(
        "a frame of another site",
        company("<iframe src='@ELSEWHERE@/foot.html' width=90% height=60 style='border:0'></iframe>"),
        SEEN,
        reading=_BROWSER,
        elsewhere={"/foot.html": SHELL + "<p style='font-size:14px'>@N@</p>"},
    ),
    shows(
        "a frame in a frame",
        company("<iframe src=/a.html width=90% height=120 style='border:0'></iframe>"),
        READABLE,
        reading=_BROWSER,
        files={
            "/a.html": SHELL + "<iframe src=/b.html width=95% height=80 style='border:0'></iframe>",
            "/b.html": SHELL + "<p style='font-size:14px'>@N@</p>",
        },
    ),
    shows(
        "a frame that fills the page",
        SHELL + "<style>body,iframe{margin:0;border:0;width:100%;height:600px;display:block}</style>"
        "<iframe src=/all.html></iframe>",
        READABLE,
        reading=_BROWSER,
        files={"/all.html": company()},
    ),
    shows(
        "a frame that is loaded late",
        company(
            "<iframe loading=lazy src=/foot.html width=90% height=60 style='border:0'></iframe>",
            main="<div style='height:4000px'>…</div>",
        ),
        READABLE,
        reading=_BROWSER,
        files={"/foot.html": SHELL + "<p style='font-size:14px'>@N@</p>"},
    ),
    shows(
        "a set of frames",
        "<html><head><title>示例</title></head><frameset rows='*,60' border=0><frame src=/top.html>"
        "<frame src=/foot.html></frameset></html>",
        READABLE,
        phone=SEEN,
        reading=_BROWSER,
        files={"/top.html": "<meta charset=utf-8><h1>示例</h1>", "/foot.html": "<meta charset=utf-8><p>@N@</p>"},
    ),
    shows(
        "a page embedded as an object",
        company("<object data=/foot.html type=text/html width=90% height=60></object>"),
        READABLE,
        reading=_BROWSER,
        files={"/foot.html": SHELL + "<p style='font-size:14px'>@N@</p>"},
    ),
    shows(
        "a frame written by a script",
        company(
            "<iframe id=f width=90% height=60 style='border:0'></iframe>"
            + script("document.getElementById('f').srcdoc = '<p>@N@</p>'")
        ),
        READABLE,
        reading=_BROWSER,
    ),
    hides(
        "a frame that is hidden",
        company("<iframe src=/foot.html style='display:none'></iframe>"),
        UNSEEN,
        reading=Reading.PAINT,
        files={"/foot.html": "<meta charset=utf-8><p>@N@</p>"},
    ),
    hides(
        "a frame without room for it",
        company("<iframe src=/foot.html width=300 height=20 scrolling=no style='border:0'></iframe>"),
        UNSEEN,
        reading=_BROWSER,
        files={"/foot.html": "<meta charset=utf-8><div style='height:200px'>x</div><p>@N@</p>"},
    ),
]
