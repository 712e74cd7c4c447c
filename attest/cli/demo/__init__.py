"""`attest demo`: the whole road on this machine: registries, a badge, sites on loopback, verdicts.

Everything is real but the sites' companies: an embedded chain in a file, records on it, pages served under their
own host names, fetched and judged by the code that `attest verify` runs.
"""

import asyncio
import json as jsonlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from attest.attestation import build_attestation
from attest.chain.networks import CHAIN_FILE
from attest.cli import output
from attest.cli.context import JOURNAL_FILE, SETTINGS_FILE, Context, Keys, language, now
from attest.cli.demo import sites
from attest.cli.demo.sites import Site
from attest.cli.registry.creation import create
from attest.ports import Status
from attest.reasons import Reason
from attest.settings import EMBEDDED
from attest.verdict import Verdict
from attest.verify import AUTHORITY_HOST, Verifier
from widgets.embed import snippet_html
from widgets.files import write_badge_files

if TYPE_CHECKING:
    from attest.site.visit import SiteVisitor

LOOPBACK: Final = "127.0.0.1"
PAGE: Final = "https://verify.example/"


@dataclass(frozen=True, slots=True)
class Result:
    """One site's verdict beside the one it must get."""

    site: Site
    verdict: Verdict

    @property
    def codes(self) -> list[str]:
        return [check.code for check in self.verdict.reasons]

    @property
    def is_right(self) -> bool:
        return self.verdict.outcome is self.site.expected and (not self.site.code or self.site.code in self.codes)

    def as_json(self) -> dict[str, Any]:
        return {
            "site": self.site.title,
            "url": self.verdict.url,
            "registry": self.site.registry,
            "expected": self.site.expected.value,
            "verdict": self.verdict.outcome.value,
            "codes": self.codes,
            "reason": self.verdict.reasons[-1].text("en"),
        }


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for everything the demo makes.")] = Path(
        "build/demo"
    ),
) -> int:
    """Register real and fictional filings, make a badge, verify sites on loopback, compare the verdicts.

    Exit 0 if every verdict is the expected one, 4 if not.
    """
    results = asyncio.run(_run(out))
    (out / "verdicts.json").write_text(
        jsonlib.dumps([result.as_json() for result in results], ensure_ascii=False, indent=2), encoding="utf-8"
    )
    lang = language()
    header = [output.label(code) for code in ("CL036", "CL040", "CL037", "CL038", "CL039")]
    output.table(
        header,
        [
            [r.site.title, r.site.registry, r.site.expected.value, r.verdict.outcome.value, _reason(r, lang)]
            for r in results
        ],
    )
    right = sum(result.is_right for result in results)
    output.line(output.label("CL081"))
    output.line(output.label("CL080", right=right, all=len(results), folder=out))
    output.line(output.label("CL020", host=AUTHORITY_HOST))
    return 0 if right == len(results) else 4


async def _run(out: Path) -> list[Result]:
    context = await _registries(out / "home")
    snippet = await _badge(context, out / "badge")
    rows = sites.sites(snippet)
    async with _served([site.page for site in rows]) as port, _visitor(rows, port) as visitor:
        return [
            Result(site, await _verify(context, site, visitor, f"http://{site.host}:{port}/{index}"))
            for index, site in enumerate(rows)
        ]


async def _registries(home: Path) -> Context:
    """A fresh chain with both registries filled, and settings that name them and one that cannot be reached."""
    _forget(home)
    lang = language()
    seen = {"operator": "whoever runs this demo", "authority": "self-declared"}
    ruling = {"operator": "a fictional authority", "authority": "authoritative"}
    for name, trust in ((sites.SEEN, seen), (sites.AUTHORITY, ruling)):
        await create(Context.of(home, lang), name, EMBEDDED, trust, Keys())
    unreachable = {
        "networks": {sites.UNREACHABLE: {"rpc": f"http://{LOOPBACK}:{_closed_port()}", "chain_id": 1}},
        "registries": {sites.UNREACHABLE: {"network": sites.UNREACHABLE, "address": "0x" + "00" * 20, **ruling}},
    }
    context = Context.of(home, lang, unreachable)
    async with context.desk(sites.SEEN, Keys()) as desk:
        await desk.writer.register(sites.seen_records())
    async with context.desk(sites.AUTHORITY, Keys()) as desk:
        await desk.writer.register(sites.company_records())
        await desk.writer.set_status([sites.CANCELLED.number], Status.CANCELLED, Reason.DEREGISTERED_ON_REQUEST)
        await desk.writer.set_status([sites.SUSPENDED.number], Status.SUSPENDED, Reason.RECTIFICATION_ORDERED)
    return context


def _forget(home: Path) -> None:
    """Remove what an earlier run left, and nothing else of that folder."""
    for path in (*home.glob(f"{CHAIN_FILE}*"), *home.glob(f"{JOURNAL_FILE}*"), home / SETTINGS_FILE):
        path.unlink(missing_ok=True)


async def _badge(context: Context, out: Path) -> str:
    """Write the good company's badge, QR code and well-known file; return the snippet its page embeds."""
    number = sites.GOOD.number
    async with context.reader(sites.AUTHORITY) as reader:
        answer = await reader.look_up([number])
    attestation = build_attestation(number, answer.lookups[number].record, answer.basis)
    write_badge_files(out, number=number, page=PAGE, attestation=attestation)
    return snippet_html(number, PAGE)


def _visitor(rows: Sequence[Site], port: int) -> "SiteVisitor":
    """Sees every site under its own host name at this machine's `port`."""
    from attest.site.addresses import parse_resolve_rule
    from attest.site.fetch import Fetcher
    from attest.site.visit import SiteVisitor

    rules = [parse_resolve_rule(f"{site.host}:{port}:{LOOPBACK}") for site in rows]
    return SiteVisitor(Fetcher(resolve_rules=rules), now=now)


async def _verify(context: Context, site: Site, visitor: "SiteVisitor", url: str) -> Verdict:
    async with context.reader(site.registry) as reader:
        return await Verifier(site=visitor, registry=reader).verify(url)


@asynccontextmanager
async def _served(pages: Sequence[str]) -> AsyncIterator[int]:
    """Serve each page at `/<its index>` on a free loopback port, which is what this gives."""
    from aiohttp import web

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=pages[int(request.match_info["index"])], content_type="text/html")

    app = web.Application()
    app.router.add_get(r"/{index:[0-9]+}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _reason(result: Result, lang: str) -> str:
    last = result.verdict.reasons[-1]
    return f"{last.code} {last.text(lang)}"


def _closed_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
