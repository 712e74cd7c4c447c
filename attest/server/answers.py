"""Answers as bytes: JSON in one form, a strong ETag of what is sent, and how long it may be kept."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from attest import messages
from attest.ports import Basis

JSON: Final = "application/json"
RECORDS: Final = "public, max-age=60, stale-while-revalidate=600"
"""How long an answer about filings may be kept; each says its block. Not in a fault: a 503 must be seen."""

CHECKED: Final = "no-cache"
"""For what may be kept but is asked for again, with its ETag, before each use."""

NEVER: Final = "no-store"
MAX_TAGS: Final = 16  # of one Accept-Language that are read


def encoded(document: Any) -> bytes:
    """`document` as JSON, UTF-8; a `Basis` in it as everywhere."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=Basis.as_json).encode()


def reply(
    request: Request,
    body: bytes,
    *,
    media_type: str = JSON,
    cache: str = RECORDS,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`body` with its ETag, or 304 where the client has it already."""
    tag = f'"{sha256(body).hexdigest()}"'
    told = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Language", **(headers or {})}
    if has(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=told)
    return Response(body, headers=told, media_type=media_type)


def has(if_none_match: str | None, tag: str) -> bool:
    """Whether the header of that name lists `tag`, or any."""
    if if_none_match is None:
        return False
    return any(item.strip().removeprefix("W/") in (tag, "*") for item in if_none_match.split(","))


def language_of(headers: Mapping[str, str]) -> str:
    """The language that `Accept-Language` (RFC 9110) asks for first, one of `messages.LANGUAGES`; English otherwise."""
    wanted: list[tuple[float, str]] = []
    for item in headers.get("accept-language", "").split(",")[:MAX_TAGS]:
        tag, _, weight = item.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0 and tag.strip().lower().startswith(("zh", "en")):
            wanted.append((-quality, tag.strip()))
    return messages.language(min(wanted, key=lambda pair: pair[0])[1]) if wanted else "en"
