"""Looks at pages of fictional sites, judged by the real verifier against a stated registry, to be reported on."""

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from PIL import Image, ImageDraw

from attest.errors import RpcUnavailableError
from attest.number import FilingNumber
from attest.ports import (
    Answer,
    Authority,
    Basis,
    Display,
    Entry,
    Level,
    Lookup,
    Sight,
    Status,
    TrustEntry,
    Visit,
)
from attest.site.display import rules
from attest.site.extract import extract
from attest.verdict import Verdict
from attest.verify import Verifier
from tests.fictional import fictional, record_of

OWN: Final = fictional(201)
OTHER: Final = fictional(202)
HOST: Final = "example.cn"
URL: Final = f"https://{HOST}/"
TIME: Final = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

FOOTER: Final = (
    "<p><a href='https://bcbeian.ifcert.cn/'>{own}</a></p><p>京ICP备2026000000号-1　京公网安备11010802000000号</p>"
)
PAGES: Final = {
    "match": FOOTER.format(own=OWN.text) + f"<p>链服务：{OTHER.text}</p>",
    "mismatch": f"<p>{OTHER.text}</p><p>京网信备1101082600000号</p><!-- {OWN.text} -->",
    "hidden": f"<p style='display:none'>{OWN.text}</p>",
    "undecided": "<div id=app></div><script>start()</script>",
    "unreachable node": FOOTER.format(own=OWN.text),
}
"""Footers of pages, by what becomes of them."""


@dataclass(frozen=True)
class StatedSite:
    visit_: Visit

    async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
        return self.visit_


@dataclass(frozen=True)
class StatedRegistry:
    authority: Authority = "authoritative"
    fault: RpcUnavailableError | None = None
    lookups: dict[FilingNumber, Lookup] = field(default_factory=dict)

    @property
    def trust(self) -> TrustEntry:
        return TrustEntry("demo", "the tests", self.authority)

    async def look_up(self, numbers: Sequence[FilingNumber]) -> Answer:
        if self.fault:
            raise self.fault
        basis = Basis(
            "demo", "the tests", self.authority, 31337, f"0x{'1a' * 32}", f"0x{'Ab' * 20}", 1234, f"0x{'5c' * 32}",
            "finalized", 2, local=False,
        )  # fmt: skip
        none = Lookup(Entry(b"\0" * 26, 0, Status.NONE))
        return Answer(basis, {number: self.lookups.get(number, none) for number in numbers})


@cache
def look(page: str) -> tuple[Verdict, Visit]:
    """The verdict about one of `PAGES`, and the visit it is about."""
    footer = PAGES[page]
    body = f"<!doctype html><html lang=zh><meta charset=utf-8><h1>示例</h1><p>存证服务</p><footer>{footer}</footer>"
    findings = extract(body.encode(), content_type="text/html", base_url=URL, today=TIME.date())
    visit = Visit(URL, f"{URL}zh/", TIME, 200, "9f" * 32, findings)
    if page != "undecided":
        visit = replace(visit, displays=(display(OTHER if page == "mismatch" else OWN),), rules="2026-11")
    visit = replace(visit, evidence=EVIDENCE)
    fault = RpcUnavailableError("CH101", method="eth_call", why="refused") if page == "unreachable node" else None
    lookups = {
        OWN: Lookup(Entry(b"\1" * 26, 3, Status.ACTIVE), record_of(OWN, displayed_on={"domains": [HOST]})),
        OTHER: Lookup(Entry(b"\1" * 26, 3, Status.SUSPENDED), record_of(OTHER)),
    }
    registry = StatedRegistry(fault=fault, lookups=lookups)
    return asyncio.run(Verifier(site=StatedSite(visit), registry=registry).verify(URL)), visit


def display(number: FilingNumber) -> Display:
    """A number that is prominent on a desktop and weak on a phone; only the desktop's picture was kept."""
    _, every = rules()
    values = {"painted": 1, "contrast": 5.87, "size": 14, "height": 0.72, "sharpness": 0.81, "order": 1, "lasting": 1}
    good = tuple(every[name].judge(value) for name, value in (values | {"place": 312.4}).items())
    weak = (good[0], every["contrast"].judge(2.31), *good[2:])
    hidden = (every["painted"].judge(0), good[2])
    where = "html > body > footer > p:nth-of-type(1) > a"
    sights = (
        Sight("desktop", Level.PROMINENT, where, good, "desktop-0.png"),
        Sight("phone", Level.WEAK, where, weak),
        Sight("dark", Level.PRESENT_HIDDEN, where, hidden, "dark-0.png"),
    )
    return Display(number, Level.WEAK, sights)


def crop(size: tuple[int, int] = (640, 88)) -> bytes:
    """A picture as a browser would have cut it out."""
    picture = Image.new("RGB", size, "#f4f4f4")
    ImageDraw.Draw(picture).text((12, 14), OWN.key, fill="#333")
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


FACTS: Final = {
    "redirects": [f"{URL}zh/"],
    "robots": {"url": f"{URL}robots.txt", "status": 200, "decision": "allowed"},
    "well_known": {"url": f"{URL}.well-known/blockchain-filing.json", "status": 404},
    "tls": {
        "protocol": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "subject": HOST,
        "names": [HOST, f"www.{HOST}"],
        "issuer": "Example CA",
        "not_before": "2026-10-01T00:00:00Z",
        "not_after": "2026-12-30T00:00:00Z",
        "sha256": "e3" * 32,
    },
}
WINDOW: Final = {"window": "desktop", "width": 1280, "height": 800, "browser": "156.0.0.0"}
EVIDENCE: Final = {
    "visit.json": json.dumps(FACTS).encode(),
    "desktop.json": json.dumps(WINDOW).encode(),
    "desktop-0.png": crop(),
}
