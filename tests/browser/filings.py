"""A registry on a real node, the verification page served from loopback, and nodes that misbehave in between."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Final
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page

from attest.chain.rpc import HttpNode
from attest.number import FilingNumber
from attest.ports import Status
from attest.reasons import Reason
from tests.chain.anvil import Anvil, rich_key, running
from tests.conftest import fictional, keep, record_of
from widgets.page import PageRegistry, content_security_policy, page_files

ACTIVE, SUSPENDED, CANCELLED, REVOKED, VOID, ABSENT, HOSTILE, PERSON, CHANGED = (fictional(n) for n in range(40, 49))
CANARY: Final = "<img src=x onerror=alert(1)><script>alert(1)</script>{name}"
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
LOUD: Final = 7  # times that CHANGED was suspended and reinstated: more changes than the page shows


@dataclass(frozen=True)
class Filings:
    """A filled registry.

    Attributes:
        entry: What a page is told of it by default: authoritative, one node.
    """

    anvil: Anvil
    entry: PageRegistry


@contextmanager
def filled() -> Iterator[Filings]:
    """A registry on a node of its own, with a number in each state."""
    with running() as anvil:
        yield Filings(anvil, asyncio.run(_fill(anvil)))


async def _fill(anvil: Anvil) -> PageRegistry:
    async with HttpNode(anvil.url) as node:
        kept = await keep(node, await rich_key(node), anvil.network(), name="anvil")
        records = [_record(number) for number in (SUSPENDED, CANCELLED, REVOKED, VOID, CHANGED)]
        person = record_of(PERSON, subject={"kind": "individual"})
        await kept.writer.register([_record(ACTIVE), *records, _hostile(), person])
        await kept.writer.set_status([SUSPENDED], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
        await kept.writer.set_status([CANCELLED], Status.CANCELLED, Reason.SERVICE_ENDED)
        await kept.writer.set_status([REVOKED], Status.REVOKED, Reason.FALSE_INFORMATION)
        await kept.writer.correct(VOID, Reason.ENTERED_IN_ERROR)
        for _ in range(LOUD):
            await kept.writer.set_status([CHANGED], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
            await kept.writer.set_status([CHANGED], Status.ACTIVE, Reason.RECTIFIED)
        at, basis = await kept.reader.pin()
        return PageRegistry(
            name="示例登记簿",
            operator="示例登记方",
            authority="authoritative",
            provinces=frozenset(),
            complete_to=None,
            chain_id=basis.chain_id,
            genesis=basis.genesis,
            contract=basis.contract,
            finality="latest",
            nodes=(anvil.url,),
            deployed_at=await kept.reader.deployed_at(at),
            max_head_age_s=3600,
            local=False,
        )


def _record(number: FilingNumber) -> Any:
    return record_of(
        number,
        subject={"kind": "organisation", "name": "示例链科技（北京）有限公司"},
        service={"name": "示例存证平台", "category": "technology-provider", "types": ["baas"], "chains": ["示例链"]},
        displayed_on={
            "domains": ["example.cn", "*.app.example.cn", "xn--fsq.example"],
            "apps": [{"name": "示例存证", "platform": "android", "id": "cn.example.app"}],
        },
        filed_on="2019-03-30",
    )


def _hostile() -> Any:
    return record_of(
        HOSTILE,
        subject={"kind": "organisation", "name": CANARY},
        service={"name": CANARY, "types": [CANARY], "chains": [CANARY]},
        displayed_on={
            "domains": ["example.cn"],
            "apps": [{"name": CANARY, "platform": CANARY, "id": CANARY}],
        },
        source={"list": CANARY},
    )


# --- the page's host ----------------------------------------------------------------------------------------


@dataclass
class Host:
    """A server of static files; each site is a folder of it.

    Attributes:
        origin: Its address, as `http://127.0.0.1:PORT`.
        breaches: What the browsers reported of the sites' policies, none where all is well.
    """

    origin: str
    sites: dict[str, tuple[dict[str, bytes], str]] = field(default_factory=dict)

    def page(self, *registries: PageRegistry, quick: bool = False) -> str:
        """The address of a page that asks those registries; a `quick` one waits half a second, not five."""
        files = page_files(registries)
        if quick:
            assert b"TIMEOUT_MS = 5000" in files["registry.js"]
            files["registry.js"] = files["registry.js"].replace(b"TIMEOUT_MS = 5000", b"TIMEOUT_MS = 500")
        return self.site(files, content_security_policy(registries))

    def site(self, files: dict[str, bytes], policy: str) -> str:
        name = f"site{len(self.sites)}"
        self.sites[name] = (files, policy)
        return f"{self.origin}/{name}/"


@contextmanager
def hosting(address: str = "127.0.0.1") -> Iterator[Host]:
    host = Host("")

    class Handler(Quiet):
        def do_GET(self) -> None:
            _, site, name = self.path.partition("?")[0].split("/", 2) if self.path.count("/") > 1 else ("", "", "")
            files, policy = host.sites.get(site, ({}, ""))
            data = files.get(name or "index.html")
            if data is None:
                self.answer(404, b"")
                return
            kind = TYPES[(name or "index.html").rpartition(".")[2]]
            self.answer(200, data, {"Content-Type": kind, "Content-Security-Policy": policy})

    with serving(Handler, address) as port:
        host.origin = f"http://{address}:{port}"
        yield host


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Keep the tests' output quiet."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], address: str = "127.0.0.1") -> Iterator[int]:
    """A server of such requests on a free port."""
    with ThreadingHTTPServer((address, 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


# --- a node in between --------------------------------------------------------------------------------------

Fault = Callable[[str, dict[str, Any]], Any]
"""From method and true answer to what is said instead: a JSON value, raw bytes, an HTTP status, or `HANG`."""

HANG: Final = object()
HANG_S: Final = 1.5


@dataclass
class Between:
    """A node that passes everything on to a real one, until a test tells it to misbehave."""

    url: str = ""
    fault: Fault | None = None
    cors: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def between(upstream: str) -> Iterator[Between]:
    node = Between()

    class Handler(Quiet):
        def do_OPTIONS(self) -> None:
            self.say(204, b"")

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            node.asked.append(asked)
            request = Request(upstream, json.dumps(asked).encode(), {"Content-Type": "application/json"})
            with urlopen(request, timeout=10) as response:
                true = json.load(response)
            told = node.fault(asked["method"], true) if node.fault else true
            if told is HANG:
                time.sleep(HANG_S)
                told = true
            match told:
                case int():
                    self.say(told, b"<html>later</html>")
                case bytes():
                    self.say(200, told)
                case _:
                    self.say(200, json.dumps(told).encode())

        def say(self, status: int, body: bytes) -> None:
            allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}
            self.answer(status, body, allowed if node.cors else None)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

    with serving(Handler) as port:
        node.url = f"http://127.0.0.1:{port}/"
        yield node


def result(change: Callable[[Any], Any], *methods: str) -> Fault:
    """A fault that changes the result of those methods."""
    return lambda method, true: true | {"result": change(true["result"])} if method in methods else true


# --- a reader -----------------------------------------------------------------------------------------------

VISITS: Final = count()
WATCH: Final = """
    window.alert = () => violations.push("alert");
    window.violations = [];
    window.verdicts = [];
    addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective), true);
    addEventListener("DOMContentLoaded", () => {
        const node = document.querySelector("#verdict");
        if (!node) return;
        const note = () => verdicts.push([node.dataset.outcome, performance.now()]);
        new MutationObserver(note).observe(node, {attributeFilter: ["data-outcome"]});
        new MutationObserver(note).observe(node, {childList: true});
    });
"""


def reader(browser: Browser, *, lang: str = "zh-CN", workers: bool = False, **more: Any) -> BrowserContext:
    """A visitor with a profile of its own; violations of a page's policy gather in `window.violations`."""
    allowed = "allow" if workers else "block"
    context = browser.new_context(locale=lang, service_workers=allowed, **more)  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    return context


def opened(where: BrowserContext | Page, url: str, number: FilingNumber | str, **more: Any) -> Page:
    """The page with that number behind its `#`, loaded anew in the given or in a new tab, once it has an answer."""
    page = where if isinstance(where, Page) else where.new_page()
    page.goto(f"{url}?{next(VISITS)}#{getattr(number, 'key', number)}", **more)
    settle(page)
    return page


def settle(page: Page) -> str:
    """Wait for the answer; the outcome."""
    answered = page.wait_for_selector("#verdict[data-outcome]:not([data-outcome=waiting])", timeout=20_000)
    assert answered is not None
    return str(answered.get_attribute("data-outcome"))


def verdict_ms(browser: Browser, url: str, number: FilingNumber) -> float:
    """Milliseconds from the end of the HTML to the answer, in a profile that has never seen the page."""
    context = reader(browser)
    page = opened(context, url, number)
    shown = next(at for outcome, at in page.evaluate("verdicts") if outcome not in ("waiting", None))
    began = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    context.close()
    return float(shown - began)


def told(page: Page) -> None:
    """Wait for the record and the history."""
    page.wait_for_selector("#details .domains")


def of(entry: PageRegistry, **changed: Any) -> PageRegistry:
    """The registry, described otherwise."""
    return replace(entry, **changed)
