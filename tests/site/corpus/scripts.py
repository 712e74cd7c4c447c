"""Numbers that scripts draw, move, load or take away."""

from base64 import b64encode

from tests.site.corpus.sample import (
    PROMINENT,
    READABLE,
    SEEN,
    UNSEEN,
    Reading,
    Sample,
    hides,
    lacks,
    shows,
)
from tests.site.corpus.skins import company, dark, docs, shop

_BROWSER = Reading.BROWSER
SHELL = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport "
    "content='width=device-width'><title>示例</title>"
)
_FOOT = '<footer style="padding:12px;font-size:14px"><p>@N@</p></footer>'
_LONG = "<main><p>数据可信，流程可查。</p><div style='height:2400px'>…</div></main>"


def script(code: str) -> str:
    return f"<script>{code}</script>"


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


DRAWN = [
    shows(
        "an application that draws all",
        f"{SHELL}<div id=app></div><script src=/app.js></script>",
        reading=_BROWSER,
        files={"/app.js": f"document.getElementById('app').innerHTML = `<main>首页</main>{_FOOT}`"},
    ),
    shows(
        "an application of modules",
        f"{SHELL}<div id=root></div><script type=module src=/main.js></script>",
        reading=_BROWSER,
        files={
            "/main.js": "import { foot } from './foot.js'; document.getElementById('root').append(foot())",
            "/foot.js": "export function foot() { const p = document.createElement('p'); p.textContent = '@N@'; "
            "p.style.fontSize = '14px'; return p }",
        },
    ),
    shows("written while the page loads", company(script("document.write('<p>@N@</p>')")), reading=_BROWSER),
    shows(
        "written by a script of its own",
        company("<script src=/beian.js></script>"),
        reading=_BROWSER,
        files={"/beian.js": "document.write('<p>区块链备案：@N@</p>')"},
    ),
    shows(
        "put together from parts",
        company(
            "<p id=b></p>"
            + script("document.getElementById('b').textContent = ['@P@', '网信备', '@A@', '@B@', '号'].join('')")
        ),
        reading=_BROWSER,
    ),
    shows(
        "half a second late",
        company("<p id=b></p>" + script("setTimeout(() => { b.textContent = '@N@' }, 500)")),
        reading=_BROWSER,
    ),
    shows(
        "two seconds late",
        dark("<p id=b></p>" + script("setTimeout(() => { document.getElementById('b').textContent = '@N@' }, 2000)")),
        reading=_BROWSER,
    ),
    shows(
        "three seconds late",
        company("<p id=b></p>" + script("setTimeout(() => { document.getElementById('b').innerHTML = '@N@' }, 3000)")),
        reading=_BROWSER,
    ),
    shows(
        "loaded as a fragment",
        docs(
            "<div id=foot></div>"
            + script(
                "fetch('/foot.html').then(r => r.text()).then(t => { document.getElementById('foot').innerHTML = t })"
            )
        ),
        reading=_BROWSER,
        files={"/foot.html": "<p>@N@</p>"},
    ),
    shows(
        "loaded as data",
        shop(
            "<div id=foot></div>"
            + script(
                "fetch('/config.json').then(r => r.json()).then(c => { "
                "document.getElementById('foot').textContent = c.filing })"
            )
        ),
        reading=_BROWSER,
        files={"/config.json": '{"filing": "@N@"}'},
    ),
    shows(
        "asked for in the old way",
        company(
            "<div id=foot></div>"
            + script(
                "var x = new XMLHttpRequest(); x.open('GET', '/foot.html'); "
                "x.onload = function () { document.getElementById('foot').innerHTML = x.responseText }; x.send()"
            )
        ),
        reading=_BROWSER,
        files={"/foot.html": "<p>@N@</p>"},
    ),
    shows(
        "when its place comes into view",
        company(
            "<div id=lazy style='min-height:30px'></div>"
            + script(
                "new IntersectionObserver((all, it) "
                "=> { if (all[0].isIntersecting) { it.disconnect(); all[0].target.innerHTML = '<p>@N@</p>' } "
                "}).observe("
                "document.getElementById('lazy'))"
            ),
            main="<div style='height:2000px'>…</div>",
        ),
        reading=_BROWSER,
    ),
    shows(
        "on the first scroll",
        company(
            "<div id=lazy></div>"
            + script(
                "addEventListener('scroll', () => { document.getElementById('lazy')"
                ".innerHTML = '<p>@N@</p>' }, { once: true })"
            ),
            main="<div style='height:2000px'>…</div>",
        ),
        reading=_BROWSER,
    ),
    shows(
        "after three loads of more",
        f"{SHELL}<main id=m>{_LONG}</main>"
        + script(
            "let n = 0; addEventListener('scroll', () => { if "
            "(innerHeight + scrollY < document.body.scrollHeight - 50 || n > 2) return; n += 1; const d = "
            "document.createElement('div'); "
            f"if (n < 3) d.style.height = '900px'; else d.innerHTML = '{_FOOT}'; "
            f"document.getElementById('m').append(d) }})"
        ),
        SEEN,
        reading=_BROWSER,
    ),
    shows(
        "decoded from base64",
        lambda n: company(
            "<p id=b></p>"
            + script(
                "document.getElementById('b').textContent = new TextDecoder().decode(Uint8Array.from(atob('"
                + _base64(n.text)
                + "'), c => c.charCodeAt(0)))"
            )
        ),
        reading=_BROWSER,
        others=frozenset({"icp", "psb"}),
    ),
    shows(
        "computed from character codes",
        lambda n: company(
            "<p id=b></p>"
            + script(
                "document.getElementById('b').innerText = "
                f"String.fromCharCode({','.join(str(ord(character)) for character in n.text)})"
            )
        ),
        reading=_BROWSER,
        others=frozenset({"icp", "psb"}),
    ),
    shows(
        "a style's content set by a script",
        company(
            "<p id=b></p>"
            + script(
                "document.head.appendChild(document.createElement('style')).textContent = '#b::after{content:\"@N@\"}'"
            )
        ),
        reading=_BROWSER,
    ),
    shows(
        "a template that a script clones",
        company(
            "<template id=t><p>@N@</p></template><div id=foot></div>"
            + script("document.getElementById('foot').append(document.getElementById('t').content.cloneNode(true))")
        ),
        reading=_BROWSER,
    ),
    shows(
        "a custom element with an open root",
        company(
            "<site-foot></site-foot>"
            + script(
                "customElements.define('site-foot', class extends "
                "HTMLElement { connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<p>@N@</p>' } })"
            )
        ),
        reading=_BROWSER,
    ),
    shows(
        "a custom element with a closed root",
        company(
            "<site-foot></site-foot>"
            + script(
                "customElements.define('site-foot', class extends "
                "HTMLElement { connectedCallback() { this.attachShadow({ mode: 'closed' }).innerHTML = '<p>@N@</p>' "
                "} })"
            )
        ),
        reading=_BROWSER,
    ),
    shows(
        "roots within roots",
        dark(
            "<a-b></a-b>"
            + script(
                "customElements.define('c-d', class extends HTMLElement { constructor() { super();"
                "this.attachShadow({ mode: 'closed' }).innerHTML = '<p>@N@</p>' } }); customElements.define('a-b', "
                "class extends HTMLElement { "
                "constructor() { super(); this.attachShadow({ mode: 'open' }).innerHTML = '<c-d></c-d>' } })"
            )
        ),
        reading=_BROWSER,
    ),
    shows(
        "a hidden footer that a script shows",
        company(
            "<p id=b style='display:none'>@N@</p>" + script("document.getElementById('b').style.display = 'block'")
        ),
        reading=_BROWSER,
    ),
    shows(
        "a class put on when it loads",
        company(
            "<p class=fade>@N@</p>"
            + script("addEventListener('load', () => document.querySelector('.fade').classList.add('in'))"),
            style=".fade{opacity:0;transition:opacity .3s}.fade.in{opacity:1}",
        ),
        reading=_BROWSER,
    ),
    shows(
        "a dialog opened by a script",
        company(
            "<dialog id=d><p style='font-size:14px'>@N@</p></dialog>"
            + script("document.getElementById('d').showModal()")
        ),
        READABLE,
        reading=_BROWSER,
    ),
    shows(
        "another page behind a script's address",
        SHELL + script("location.replace('/home.html')"),
        reading=_BROWSER,
        files={"/home.html": SHELL + _FOOT},
    ),
    shows(
        "another page behind a refresh",
        SHELL + "<meta http-equiv=refresh content='0;url=/home.html'>",
        reading=_BROWSER,
        files={"/home.html": SHELL + _FOOT},
    ),
    shows(
        "a canvas with text",
        company(
            "<canvas id=c width=420 height=40></canvas>"
            + script(
                "const c = document.getElementById('c')"
                ".getContext('2d'); c.font = '18px sans-serif'; c.fillStyle = '#222'; c.fillText('@N@', 5, 26)"
            )
        ),
        SEEN,
        reading=_BROWSER,
        picture=True,
    ),
    shows(
        "on phones only, by a script",
        company(
            "<p id=b></p>"
            + script("if (matchMedia('(max-width:600px)').matches) document.getElementById('b').textContent = '@N@'")
        ),
        UNSEEN,
        phone=PROMINENT,
        reading=_BROWSER,
    ),
    shows(
        "shown by an outside sheet",
        company(
            "<p class=n style='--d:none'>@N@</p>", head="<link rel=stylesheet href=/n.css>", style=".n{color:#333}"
        ),
        reading=Reading.PAINT,
        files={"/n.css": ".n{font-size:15px}"},
    ),
]

TAKEN_AWAY = [
    hides(
        "a script removes it",
        company("<p id=b>@N@</p>" + script("document.getElementById('b').remove()")),
        UNSEEN,
        reading=Reading.PAINT,
    ),
    hides(
        "a script hides it",
        company("<p id=b>@N@</p>" + script("document.getElementById('b').style.visibility = 'hidden'")),
        reading=Reading.PAINT,
    ),
    hides(
        "an outside sheet hides it",
        company("<p class=n>@N@</p>", head="<link rel=stylesheet href=/n.css>"),
        reading=Reading.PAINT,
        files={"/n.css": ".n{display:none}"},
    ),
    hides(
        "an imported sheet hides it",
        company("<p class=n>@N@</p>", head="<style>@import '/n.css';</style>"),
        reading=Reading.PAINT,
        files={"/n.css": ".n{visibility:hidden}"},
    ),
    hides(
        "an adopted sheet hides it",
        company(
            "<p class=n>@N@</p>"
            + script("const s = new CSSStyleSheet(); s.replaceSync('.n{opacity:0}'); document.adoptedStyleSheets = [s]")
        ),
        reading=Reading.PAINT,
    ),
    hides(
        "taken away after two seconds",
        company("<p id=b>@N@</p>" + script("setTimeout(() => document.getElementById('b').remove(), 2000)")),
        UNSEEN,
        reading=Reading.PAINT,
    ),
    hides(
        "another page replaces this one",
        company("<p>@N@</p>" + script("location.replace('/home.html')")),
        UNSEEN,
        reading=Reading.PAINT,
        files={"/home.html": SHELL + "<p>维护中，请稍后再来。</p>"},
    ),
    hides(
        "a shadow root put over it",
        company(
            "<div id=b><p>@N@</p></div>"
            + script("document.getElementById('b').attachShadow({ mode: 'open' }).innerHTML = '<p>示例</p>'")
        ),
        reading=Reading.PAINT,
    ),
    hides(
        "after a click only",
        company("<p id=b></p><button onclick=\"document.getElementById('b').textContent='@N@'\">备案信息</button>"),
        UNSEEN,
    ),
    hides(
        "in the code of a script that never runs",
        company("", end=script("function foot() { return '@N@' }")),
        UNSEEN,
        reading=_BROWSER,
    ),
    hides(
        "in a script's data that nothing shows",
        company("", end="<script>window.__STATE__ = { filing: '@N@' }</script>"),
        UNSEEN,
        reading=_BROWSER,
    ),
    hides("for browsers without scripts", company("<noscript><p>@N@</p></noscript>")),
    hides(
        "a shell that never loads",
        f"{SHELL}<div id=app>加载中</div><script src=/gone.js></script><!-- @N@ -->",
        UNSEEN,
        reading=_BROWSER,
    ),
    lacks("a script that counts visits", company("", end=script("window._t = Date.now()"))),
]


SAMPLES: list[Sample] = [*DRAWN, *TAKEN_AWAY]
