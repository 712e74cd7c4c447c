"""Figures about looking at sites, on the corpus and hostile servers of the tests; the group `site` of the benchmark."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from socket import AF_INET
from typing import Any, Final

import aiohttp
import psutil
from aiohttp.abc import AbstractResolver, ResolveResult
from amount import Amount

from attest.number import FilingNumber
from attest.ports import Answer, Basis, Entry, Level, Lookup, Status, TrustEntry, Visit
from attest.site.browser import Browser
from attest.site.extract import extract
from attest.site.fetch import Fetcher, Limits
from attest.site.visit import SiteVisitor
from attest.site.worker import PageReader
from attest.verdict import Outcome
from attest.verify import Verifier
from tests.fictional import record_of
from tests.site.corpus import CORPUS
from tests.site.corpus.sample import Reading, Sample
from tests.site.corpus.served import DOMAIN, level, served, to_loopback
from tests.site.corpus.text import SKINS
from tests.site.lookalikes import lookalikes

ROOT: Final = Path(__file__).resolve().parent.parent
NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
TODAY: Final[date] = NOW.date()
LOOKALIKES: Final = 10_000
SITES: Final = 400
ROUNDS: Final = 5  # the least of them counts: others on the machine make work dearer, never cheaper
AT_ONCE: Final = 32
LIMITS: Final = Limits(total_s=2.0)
GROWTH: Final = 50_000_000  # bytes
WINDOWS: Final = ("desktop", "phone")
TIMED: Final = (
    "a company's footer",
    "an explorer's dark footer",
    "a portal's licence line",
    "an application that draws all",
)


def figures() -> Iterator[Amount]:
    """What reading finds, what judging a site costs, what hostile sites cost, and what a browser sees."""
    yield _found_as_text()
    yield _false_numbers()
    yield asyncio.run(_judged())
    yield from asyncio.run(_hostile())
    yield asyncio.run(_browser_cost())
    yield from asyncio.run(_displayed())


def _found_as_text() -> Amount:
    samples = [sample for sample in CORPUS if sample.reading is Reading.MARKUP and sample.shown]
    missed = []
    for sample in samples:
        findings = extract(sample.body(), content_type=sample.content_type, base_url="", today=TODAY)
        if tuple(found.number for found in findings.numbers) != sample.shown:
            missed.append(sample.name)
    return _share("numbers found on pages that show them as text", len(samples), missed, ">= 0.99")


def _false_numbers() -> Amount:
    false = 0
    for text in lookalikes(LOOKALIKES):
        findings = extract(f"<p>{text}</p>".encode(), content_type="text/html", base_url="", today=TODAY)
        false += len(findings.numbers) + len(findings.hidden)
    return Amount("false numbers among look-alikes", false, "numbers", "0", f"{LOOKALIKES:,} look-alikes")


def _share(what: str, of: int, missed: Sequence[str], asked: str) -> Amount:
    detail = f"{of - len(missed)} of {of}" + (f", but: {'; '.join(missed)}" if missed else "")
    return Amount(what, 1 - len(missed) / of, "share", asked, detail)


# --- what a site costs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Memory:
    """A registry that holds all it is asked about, each filed for the one host that shows it."""

    records: dict[FilingNumber, Lookup] = field(default_factory=dict)

    @property
    def trust(self) -> TrustEntry:
        return TrustEntry("memory", "the benchmark", "authoritative")

    async def look_up(self, numbers: Sequence[FilingNumber]) -> Answer:
        basis = Basis(
            "memory", "the benchmark", "authoritative", 31337, "0x00", "0x00", 1, "0x00", "finalized", 1, local=True
        )
        none = Lookup(Entry(bytes(26), 0, Status.NONE))
        return Answer(basis, {number: self.records.get(number, none) for number in numbers})


async def _judged() -> Amount:
    """Sites a second of processor time, each on a host of its own over TLS, from robots.txt to the verdict.

    What the server spends, in a process of its own, is not counted; what the readers' processes spend is.
    """
    from tests.site.servers import self_signed

    active = Entry(bytes([1]) * 26, 1, Status.ACTIVE)
    records = {
        sample.number: Lookup(active, record_of(sample.number, displayed_on={"domains": [f"*.{DOMAIN}"]}))
        for sample in SKINS
    }
    with tempfile.TemporaryDirectory() as folder:
        certificate = self_signed(Path(folder), f"*.{DOMAIN}")
        with _serving(Path(folder) / f"*.{DOMAIN}.pem") as (port, server):
            judged, asked = [], []
            for _ in range(ROUNDS):
                judged.append(await _judge_all(port, server, certificate.trust, records))
                asked.append(await _fetch_all(port, server, certificate.trust))
    outcomes = sum((each for each, _ in judged), Counter[Outcome]())
    spent, bare = min(each for _, each in judged), min(asked)
    size = sum(len(sample.body()) for sample in SKINS) / len(SKINS)
    detail = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())
    return Amount(
        "sites judged over TLS without a browser",
        SITES / spent,
        "sites a CPU-second",
        ">= 300",
        f"pages of {size / 1000:.1f} kB: {detail}; {SITES / bare:.0f} where aiohttp asks for the page and no more",
    )


async def _judge_all(
    port: int, server: int, trust: ssl.SSLContext, records: dict[FilingNumber, Lookup]
) -> tuple[Counter[Outcome], float]:
    fetcher = Fetcher(allow_private=True, resolver=to_loopback, tls=trust)
    turns = asyncio.Semaphore(AT_ONCE)
    async with SiteVisitor(fetcher, now=lambda: NOW, reader=PageReader(processes=1), rendering="never") as visitor:
        verifier = Verifier(site=visitor, registry=_Memory(records))

        async def judge(site: int) -> Outcome:
            async with turns:
                return (await verifier.verify(f"https://site-{site}.{DOMAIN}:{port}/")).outcome

        await judge(0)
        start = _spent(without=server)
        outcomes = Counter(await asyncio.gather(*map(judge, range(SITES))))
        return outcomes, _spent(without=server) - start


async def _fetch_all(port: int, server: int, trust: ssl.SSLContext) -> float:
    """Seconds of processor time to ask as many sites for their page and nothing else: no robots.txt, no judgement."""
    turns = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(ssl=trust, force_close=True, resolver=_Loopback(), limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def fetch(site: int) -> None:
            async with turns, session.get(f"https://site-{site}.{DOMAIN}:{port}/") as answer:
                assert await answer.read()

        await fetch(0)
        start = _spent(without=server)
        await asyncio.gather(*map(fetch, range(SITES)))
        return _spent(without=server) - start


class _Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@contextmanager
def _serving(certificate: Path) -> Iterator[tuple[int, int]]:
    """Port and process of a server of the corpus's whole pages over TLS."""
    command = [sys.executable, "-m", "tests.site.corpus.served", str(certificate)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()


def _spent(*, without: int = 0) -> float:
    """Seconds of processor time of this process and all that it started, dead or alive, but for one."""
    total = 0.0
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        if process.pid != without:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


async def _hostile() -> list[Amount]:
    from tests.site.servers import HOSTILE, ordeal

    slowest, most, wrong = 0.0, 0, []
    for name, server in HOSTILE.items():
        cost = await ordeal(server, LIMITS)
        slowest, most = max(slowest, cost.seconds), max(most, cost.growth)
        if (cost.code not in server.ends) if server.ends else cost.error is not None:
            wrong.append(f"{name}: {cost.code}")
    return [
        _share("hostile servers that end as they should", len(HOSTILE), wrong, "1"),
        Amount("slowest of them", slowest, "s", f"<= {LIMITS.total_s + 1:g}", f"limit {LIMITS.total_s:g} s"),
        Amount(
            "most memory one of them costs", most / 1e6, "MB", f"< {GROWTH / 1e6:g}", "its server's own share included"
        ),
    ]


# --- what a browser sees ---------------------------------------------------------------------------------------


async def _browser_cost() -> Amount:
    samples = [sample for sample in CORPUS if sample.name in TIMED]
    async with served(samples) as host, _visitor() as visitor:
        await visitor.visit(host.url(samples[0]))
        start = _spent()
        for sample in samples:
            await visitor.visit(host.url(sample))
        spent = (_spent() - start) / len(samples)
    return Amount("a page in a browser, two windows and dark", spent, "CPU-s", "<= 5", f"mean of {len(samples)} pages")


async def _displayed() -> list[Amount]:
    """How well what is displayed is told from what is not, and how many pictures are read."""
    told: Counter[tuple[bool, bool]] = Counter()
    wrong, unread, levels = [], [], []
    pictures = [sample for sample in CORPUS if sample.picture and sample.shown]
    turns = asyncio.Semaphore(os.cpu_count() or 1)
    async with served(CORPUS) as host, _visitor() as visitor:

        async def visit(sample: Sample) -> tuple[Sample, Visit]:
            async with turns:
                return sample, await visitor.visit(host.url(sample))

        for sample, seen in await asyncio.gather(*map(visit, CORPUS)):
            found = {window: level(seen, sample.number, window) for window in WINDOWS}
            levels += [f"{sample.name} ({window})" for window in WINDOWS if found[window] not in sample.levels(window)]
            if sample.picture:
                if sample in pictures and not any(map(_seen, found.values())):
                    unread.append(sample.name)
                continue
            for window in WINDOWS:
                expected = sample.displayed(window)
                if expected is not None:
                    told[expected, _seen(found[window])] += 1
                    if expected is not _seen(found[window]):
                        wrong.append(f"{sample.name} ({window})")
    right = told[True, True]
    return [
        Amount("displayed, precision", right / (right + told[False, True]), "share", ">= 0.98", "; ".join(wrong)),
        Amount(
            "displayed, recall", right / (right + told[True, False]), "share", ">= 0.98", f"{sum(told.values())} looks"
        ),
        _share("level as a person would give it", 2 * len(CORPUS), levels, ""),
        _share("numbers found in pictures of 12 px and more", len(pictures), unread, ">= 0.97"),
    ]


def _visitor() -> SiteVisitor:
    fetcher = Fetcher(allow_private=True, resolver=to_loopback)
    options: dict[str, Any] = {"rendering": "always", "prominence": True, "browser": Browser()}
    return SiteVisitor(fetcher, now=lambda: NOW, **options)


def _seen(found: Level) -> bool:
    return found.rank <= Level.WEAK.rank
