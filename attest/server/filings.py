"""`/v1/filings` and `/v1/statistics`.

What the registry holds is answered from the snapshot; that it holds nothing, only by a node that was asked now: a
number registered since the last sync is found, and a fault never reads as an absence.
"""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from attest import base64url, canonical, messages
from attest.domains import canonical_host
from attest.errors import AttestError, InvalidNumberError
from attest.number import KEY_LENGTH, PROVINCES, Defect, FilingNumber, examine
from attest.ports import Basis, Status
from attest.server import documents
from attest.server.answers import CHECKED, encoded, language_of, reply
from attest.server.documents import FilingDocument, FilingList, Statistics
from attest.server.limits import LISTS, NODE, Allowance, Limiter, Policy, client_of
from attest.server.problems import ProblemError, described, undecided
from attest.server.registry import ServedRegistry
from attest.server.snapshot import Snapshot

MAX_TEXT: Final = 100  # characters of a number or a condition
MAX_PAGE: Final = 200
_ABSENT: Final = {"authoritative": "SV110", "mirror": "SV111", "self-declared": "SV112"}

Number = Annotated[
    str,
    Path(
        max_length=MAX_TEXT,
        description="京网信备…号, or its twenty characters alone.",
        examples=["11010819764512340015"],
    ),
]


def number_of(text: str, lang: str) -> FilingNumber:
    """The number that a path names.

    Raises:
        ProblemError: it is not well formed; every defect is told.
    """
    try:
        return FilingNumber.parse_or_key(text)
    except InvalidNumberError as error:
        first = error.params["why"]
        found = [first] if len(text) == KEY_LENGTH else examine(text, today=datetime.now(UTC).date()).errors
        told = [documents.fault(item, lang) for item in found if isinstance(item, Defect)]
        raise ProblemError(
            422, "malformed-number", "SV103", found=messages.shown(text), more={"errors": told}
        ) from error


def allow(limiter: Limiter, policy: Policy, request: Request, units: int = 1) -> Allowance:
    """Count a request for its client.

    Raises:
        ProblemError: the client has asked too often.
    """
    allowance = limiter.take(policy, client_of(request), units)
    if allowance.wait_s:
        raise ProblemError(429, "too-many-requests", "SV130", headers=allowance.headers, seconds=allowance.wait_s)
    return allowance


async def require_known(request: Request) -> None:
    """Refuse parameters that the route does not have: a list by a condition that was misspelt would be another list.

    Raises:
        ProblemError: there is one.
    """
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    if strange := next((name for name in request.query_params if name not in known), None):
        raise ProblemError(422, "request", "SV106", found=messages.shown(strange), expected=", ".join(known) or "–")


def router(served: ServedRegistry, limiter: Limiter) -> APIRouter:
    """The routes that look filings up."""
    routes = APIRouter(prefix="/v1", tags=["filings"], dependencies=[Depends(require_known)])

    @routes.get("/filings/{number}", response_model=FilingDocument, responses=described(404, 422, 429, 503))
    async def filing(request: Request, number: Number, *, proof: bool = False, fresh: bool = False) -> Response:
        """What the registry holds under a number: entry, record, history, and a proof where one is asked for.

        404 says what the registry's silence means: only an authoritative one's means that nothing is filed. 503
        means that nothing is known.
        """
        lang = language_of(request.headers)
        wanted = number_of(number, lang)
        snapshot = served.current()
        if snapshot and not (proof or fresh) and (found := snapshot.filings.get(wanted.key)):
            body = encoded(documents.filing(found, snapshot.basis, lang, source="index"))
            return reply(request, body, headers={"Age": _age(snapshot), "Content-Language": lang})
        allowance = allow(limiter, NODE, request)
        return await _asked(request, wanted, lang, allowance, proof=proof)

    async def _asked(
        request: Request, wanted: FilingNumber, lang: str, allowance: Allowance, *, proof: bool
    ) -> Response:
        shown = None
        try:
            found, basis, pending = await served.ask(wanted)
            if proof:
                made, _ = await served.prove(wanted)
                made.require_block(basis.block_hash)  # the chain may have grown in between
                shown = canonical.parse_json(made.canonical())
        except AttestError as error:
            raise undecided(error) from error
        if found.entry.status is Status.NONE:
            raise _absence(served, wanted, basis, pending=pending, headers=allowance.headers, proof=shown)
        body = encoded(documents.filing(found, basis, lang, source="node", proof=shown))
        return reply(request, body, cache=CHECKED, headers={"Content-Language": lang, **allowance.headers})

    @routes.get("/filings", response_model=FilingList, responses=described(422, 429, 503))
    async def filings(
        request: Request,
        subject: Annotated[str | None, Query(max_length=MAX_TEXT, description="Part of the subject's name.")] = None,
        domain: Annotated[str | None, Query(max_length=253, description="A host that the record covers.")] = None,
        province: Annotated[str | None, Query(max_length=1, description="Province character, such as 京.")] = None,
        status: Annotated[Literal["active", "suspended", "cancelled", "revoked", "void"] | None, Query()] = None,
        cursor: Annotated[str | None, Query(max_length=MAX_TEXT, description="`next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> Response:
        """Filings of the synced index that fit every condition, in the order of their numbers."""
        lang, snapshot = language_of(request.headers), _synced(served)
        allowance = allow(limiter, LISTS, request)
        if province is not None and province not in PROVINCES:
            raise ProblemError(422, "request", "SV104", field="province", expected="/".join(PROVINCES))
        try:
            host = None if domain is None else canonical_host(domain)
        except ValueError as error:
            raise ProblemError(422, "request", "SV104", field="domain", expected="host name") from error
        found, last = snapshot.select(
            subject=subject,
            domain=host,
            province=province,
            status=Status[status.upper()] if status else None,
            after=_key(cursor),
            limit=limit,
        )
        following = None if last is None else base64url.encode(last.encode())
        body = encoded(documents.filing_list(found, following, snapshot.basis, lang))
        return reply(request, body, headers=_told(snapshot, lang, allowance))

    @routes.get("/statistics", response_model=Statistics, responses=described(422, 429, 503))
    async def statistics(request: Request) -> Response:
        """How many filings there are by status, province and year."""
        lang, snapshot = language_of(request.headers), _synced(served)
        allowance = allow(limiter, LISTS, request)
        body = encoded(documents.statistics(snapshot, lang))
        return reply(request, body, headers=_told(snapshot, lang, allowance))

    return routes


def _absence(
    served: ServedRegistry, wanted: FilingNumber, basis: Basis, *, pending: bool, headers: Any, proof: Any
) -> ProblemError:
    more = {"rests_on": basis} | ({"proof": proof} if proof else {})
    if pending:
        return ProblemError(503, "undecided", "SV113", more=more, headers=headers, name=basis.registry)
    kind = served.trust.authority
    if kind == "authoritative" and not served.trust.decides(wanted):
        kind = "self-declared"
    slug = "not-filed" if kind == "authoritative" else "not-in-this-registry"
    told: dict[str, Any] = {"name": basis.registry, "complete_to": served.trust.complete_to or "-"}
    return ProblemError(404, slug, _ABSENT[kind], more=more, headers=headers, number=wanted.text, **told)


def _synced(served: ServedRegistry) -> Snapshot:
    snapshot = served.current()
    if snapshot is None:
        raise ProblemError(503, "undecided", "SV121", cause=served.failing)
    return snapshot


def _told(snapshot: Snapshot, lang: str, allowance: Allowance) -> dict[str, str]:
    return {"Age": _age(snapshot), "Content-Language": lang, **allowance.headers}


def _age(snapshot: Snapshot) -> str:
    """Seconds since the chain was last seen to agree, as HTTP's `Age` counts them."""
    return str(int(time.monotonic() - snapshot.read_s))


def _key(cursor: str | None) -> str:
    if cursor is None:
        return ""
    key = base64url.decode(cursor, length=KEY_LENGTH)
    if key is None:
        raise ProblemError(422, "request", "SV104", field="cursor", expected="next")
    return key.decode("ascii", "replace")
