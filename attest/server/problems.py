"""Errors as RFC 9457 problem documents, in the reader's language; their codes stay the same in each.

A node, a store or a clock that fails gives 503 and the outcome UNDECIDED, never 404: silence about a number is told
only by a registry that was asked and answered.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NotRequired

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import TypedDict

from attest import messages
from attest.errors import AttestError, ChainError, ProofError
from attest.ports import Basis
from attest.server.answers import encoded, language_of
from attest.server.documents import Fault, Proof, fault

MEDIA_TYPE: Final = "application/problem+json"
RETRY_S: Final = 10
_HTTP_CODES: Final = {404: "SV101", 405: "SV102", 400: "SV105"}
_RETRIED: Final = frozenset({429, 503})


class ProblemDocument(TypedDict):
    """RFC 9457. `type` ends in a word for programs, `code` is the project's stable code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    outcome: NotRequired[str]
    hint: NotRequired[str]
    errors: NotRequired[list[Fault]]
    rests_on: NotRequired[Basis]
    proof: NotRequired[Proof]


class ProblemError(Exception):
    """An answer that is not the one asked for.

    Args:
        status: HTTP status.
        slug: What the problem's type ends in.
        code: Of the message that explains it; `params` are its values.
        cause: The error behind it. A node's is told; of this machine's own faults only the code, as texts name files.
        more: Further members of the document.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        code: str,
        *,
        cause: AttestError | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.slug = slug
        self.code = code
        self.params = params
        self.cause = cause
        self.more = more or {}
        self.headers = dict(headers or {})

    def document(self, lang: str) -> ProblemDocument:
        document = ProblemDocument(
            type=f"tag:filing-attest,2026:{self.slug}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=messages.text(self.code, lang, **self.params),
            code=self.code,
        )
        if hint := messages.hint(self.code, lang, **self.params):
            document["hint"] = hint
        if self.slug == "undecided":
            document["outcome"] = "UNDECIDED"
        if self.cause is not None:
            document["errors"] = [_told(self.cause, lang)]
        return document | ProblemDocument(**self.more)  # type: ignore[typeddict-item, no-any-return]

    def response(self, lang: str) -> Response:
        headers = {"Cache-Control": "no-store", "Content-Language": lang} | self.headers
        if self.status in _RETRIED:
            headers.setdefault("Retry-After", str(RETRY_S))
        return Response(encoded(self.document(lang)), self.status, headers, MEDIA_TYPE)


def undecided(cause: AttestError) -> ProblemError:
    """No node, store or clock could be relied on: nothing is known about the number."""
    return ProblemError(503, "undecided", "SV120", cause=cause)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an OpenAPI operation says of the problems it may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        return as_problem(error).response(language_of(request.headers))

    for kind in (ProblemError, AttestError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, ours)


def as_problem(error: Exception) -> ProblemError:
    """What is told of an error."""
    match error:
        case ProblemError():
            return error
        case AttestError():
            return undecided(error)
        case HTTPException():
            code = _HTTP_CODES.get(error.status_code, "SV105")
            return ProblemError(error.status_code, "request", code, headers=error.headers)
        case RequestValidationError():
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
            return ProblemError(422, "request", "SV104", field=messages.shown(field), expected=first["msg"])
        case _:
            return ProblemError(500, "fault", "SV190")


def _told(error: AttestError, lang: str) -> Fault:
    """A node's fault in words; what this machine's own faults say may name its files."""
    told = fault(error, lang)
    return told if isinstance(error, ChainError | ProofError) else told | {"text": messages.text("SV191", lang)}
