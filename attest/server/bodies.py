"""Bodies of requests: JSON by their header, and bounded while they are read."""

from typing import Final

from starlette.requests import Request

from attest.server.answers import JSON
from attest.server.problems import ProblemError

MAX_BODY: Final = 64_000  # bytes


async def json_body(request: Request) -> bytes:
    """The body as it was sent; whether it is JSON is not looked at.

    A form of another site cannot be sent as JSON, so no visitor's browser is made to ask.

    Raises:
        ProblemError: its header says something else, or it is longer than `MAX_BODY`.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise ProblemError(415, "request", "SV151", expected=JSON)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ProblemError(413, "request", "SV150", limit=MAX_BODY)
    return bytes(body)
