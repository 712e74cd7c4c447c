"""`/v1/verifications`: sites verified for whoever asks. Off unless switched on: it makes this machine visit others.

Addresses of this machine and of private networks are refused by the guard of `attest.site`, as everywhere. A host is
visited once at a time and once a minute; who asks again within it gets the verdict that there is.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response
from typing_extensions import TypedDict

from attest import messages
from attest.domains import canonical_host
from attest.errors import AttestError
from attest.number import FilingNumber
from attest.ports import RegistryPort, SitePort
from attest.server.answers import JSON, NEVER, encoded, language_of, reply
from attest.server.bodies import json_body
from attest.server.documents import Fault, fault
from attest.server.filings import allow, number_of
from attest.server.limits import VISITS, Limiter
from attest.server.problems import ProblemError, described
from attest.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_WAITING: Final = 32
MAX_KEPT: Final = 1_000
KEPT_S: Final = 3_600
HOST_S: Final = 60  # between the beginnings of two visits to one host
AT_ONCE: Final = 2
VISIT_S: Final = 60.0

Sites = Callable[[], AbstractAsyncContextManager[SitePort]]
State = Literal["waiting", "running", "done", "failed"]


class Wanted(BaseModel):
    """What is to be verified: a page, and the number it is expected to show."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=2000, pattern="^https?://", examples=["https://example.cn/"])]
    expect: Annotated[str, Field(max_length=100)] | None = None


class VerificationDocument(TypedDict):
    """One verification; `verdict` is of schema `verdict/1` once it is done. A failed one decided nothing."""

    schema: Literal["verification/1"]
    id: str
    state: State
    url: str
    verdict: dict[str, Any] | None
    problem: Fault | None


@dataclass(slots=True)
class _Job:
    """One verification, and when it was asked for, on the monotonic clock."""

    id: str
    url: str
    host: str
    expect: FilingNumber | None
    begun_s: float
    state: State = "waiting"
    verdict: dict[str, Any] | None = None
    problem: AttestError | None = None

    def document(self, lang: str) -> VerificationDocument:
        return {
            "schema": "verification/1",
            "id": self.id,
            "state": self.state,
            "url": self.url,
            "verdict": self.verdict,
            "problem": fault(self.problem, lang) if self.problem else None,
        }


class Verifications:
    """The queue and what came of it, both bounded.

    Args:
        sites: Makes what visits sites, one a job.
        bug: Called with what no visit should raise.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        registry: RegistryPort,
        sites: Sites,
        *,
        bug: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._sites = sites
        self._bug = bug
        self._clock = clock
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue(MAX_WAITING)

    @asynccontextmanager
    async def working(self) -> "AsyncIterator[None]":
        """Work the queue off while the context is open."""
        workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def ask(self, url: str, expect: FilingNumber | None) -> _Job:
        """Begin a verification, or find the one of the last minute.

        Raises:
            ProblemError: the address is none, its host was just visited for another page, or the queue is full.
        """
        self._forget()
        host = _host(url)
        now = self._clock()
        for job in reversed(self._jobs.values()):
            if job.host == host and (now - job.begun_s < HOST_S or job.state in ("waiting", "running")):
                if (job.url, job.expect) == (url, expect):
                    return job
                wait_s = max(1, int(HOST_S - (now - job.begun_s)))
                raise ProblemError(
                    429, "too-many-requests", "SV143", headers={"Retry-After": str(wait_s)}, seconds=HOST_S
                )
        job = _Job(secrets.token_urlsafe(16), url, host, expect, now)
        try:
            self._waiting.put_nowait(job)
        except asyncio.QueueFull:
            raise ProblemError(503, "busy", "SV144") from None
        self._jobs[job.id] = job
        return job

    def find(self, number: str) -> _Job:
        """A verification by its id.

        Raises:
            ProblemError: there is none, or none any more.
        """
        self._forget()
        try:
            return self._jobs[number]
        except KeyError:
            raise ProblemError(404, "unknown-verification", "SV142") from None

    async def _work(self) -> None:
        while True:
            job = await self._waiting.get()
            job.state = "running"
            try:
                async with asyncio.timeout(VISIT_S), self._sites() as site:
                    verifier = Verifier(site=site, registry=self._registry)
                    job.verdict = (await verifier.verify(job.url, expect=job.expect)).as_json()
            except TimeoutError:
                job.state, job.problem = "failed", AttestError("SV145", seconds=int(VISIT_S))
            except AttestError as error:
                job.state, job.problem = "failed", error
            except Exception as error:  # noqa: BLE001 - one broken visit must not end the others
                self._bug(error)
                job.state, job.problem = "failed", AttestError("SV190")
            else:
                job.state = "done"

    def _forget(self) -> None:
        """Drop what is old, and of the rest the oldest beyond the bound; never what is going on."""
        old = self._clock() - KEPT_S
        over = [job for job in self._jobs.values() if job.state in ("done", "failed")]
        for place, job in enumerate(over):
            if job.begun_s < old or len(over) - place > MAX_KEPT:
                del self._jobs[job.id]


def router(verifications: Verifications | None, limiter: Limiter) -> APIRouter:
    """The routes; they only say how to switch them on where `verifications` is None."""
    routes = APIRouter(prefix="/v1/verifications", tags=["verifications"])

    def running() -> Verifications:
        if verifications is None:
            raise ProblemError(404, "switched-off", "SV140")
        return verifications

    @routes.post(
        "",
        status_code=202,
        response_model=VerificationDocument,
        responses=described(404, 413, 415, 422, 429, 503),
        openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": Wanted.model_json_schema()}}}},
    )
    async def begin(request: Request) -> Response:
        """Verify a page as `attest verify` does, without a browser; the answer says where the verdict will be."""
        work, lang = running(), language_of(request.headers)
        wanted = _wanted(await json_body(request))
        expect = None if wanted.expect is None else number_of(wanted.expect, lang)
        allowance = allow(limiter, VISITS, request)
        job = work.ask(wanted.url, expect)
        where = f"{request.url.path}/{job.id}"
        headers = {"Location": where, "Cache-Control": NEVER, **allowance.headers}
        return Response(encoded(job.document(lang)), 202, headers, JSON)

    @routes.get("/{id}", response_model=VerificationDocument, responses=described(404, 422))
    async def verification(request: Request, number: Annotated[str, Path(alias="id", max_length=100)]) -> Response:
        """How far a verification has come, and its verdict."""
        lang = language_of(request.headers)
        return reply(request, encoded(running().find(number).document(lang)), cache=NEVER)

    return routes


def _wanted(body: bytes) -> Wanted:
    try:
        return Wanted.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "-"
        raise ProblemError(422, "request", "SV104", field=messages.shown(field), expected=first["msg"]) from error


def _host(url: str) -> str:
    try:
        return canonical_host(urlsplit(url).hostname or "")
    except ValueError as error:
        raise ProblemError(422, "request", "SV141", found=messages.shown(url)) from error
