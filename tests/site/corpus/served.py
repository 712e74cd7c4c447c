"""The corpus on loopback: a virtual host a page, so that addresses, frames and origins are as on the internet."""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from attest.number import FilingNumber
from attest.ports import Level, Visit
from tests.site.corpus.sample import Sample
from tests.site.corpus.text import SKINS

DOMAIN = "corpus.example"


@dataclass(frozen=True, slots=True)
class Served:
    """A running server of samples. Resolve every host of `DOMAIN` to loopback."""

    samples: Sequence[Sample]
    port: int

    def url(self, sample: Sample) -> str:
        return f"http://page-{self.samples.index(sample)}.{DOMAIN}:{self.port}/"


async def to_loopback(host: str, port: int) -> list[str]:
    """A resolver that knows the hosts of the corpus."""
    if not host.endswith(DOMAIN):
        raise OSError(f"{host} must not be looked up")
    return ["127.0.0.1"]


@contextlib.asynccontextmanager
async def served(samples: Sequence[Sample]) -> AsyncIterator[Served]:
    async def answer(request: web.Request) -> web.Response:
        kind, _, index = request.host.partition(".")[0].partition("-")
        sample = samples[int(index)]
        elsewhere = f"http://frame-{index}.{DOMAIN}:{port}"
        files = sample.answers_elsewhere() if kind == "frame" else sample.answers(elsewhere=elsewhere)
        if request.path not in files:
            return web.Response(status=404)
        content_type, body = files[request.path]
        return web.Response(body=body, headers={"Content-Type": content_type} if content_type else {})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    try:
        yield Served(samples, port)
    finally:
        await runner.cleanup()


def level(visit: Visit, number: FilingNumber, window: str) -> Level:
    """How a visit found `number` displayed in a window."""
    for display in visit.displays:
        if display.number == number:
            return next((sight.level for sight in display.sights if sight.window == window), Level.ABSENT)
    findings = visit.findings
    known = findings is not None and number in [hidden.number for hidden in findings.hidden]
    return Level.PRESENT_HIDDEN if known else Level.ABSENT


async def serve_over_tls(certificate: str) -> None:
    """Serve `SKINS`, one a host by its number, until ended; the port is printed."""
    pages = [(sample.content_type or "", sample.body()) for sample in SKINS]

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/":
            return web.Response(status=404)
        content_type, body = pages[int(request.host.partition(".")[0].rpartition("-")[2]) % len(pages)]
        return web.Response(body=body, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve_over_tls(sys.argv[1]))
