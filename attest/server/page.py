"""The verification page: the files that `attest page build` writes, with the gateway beside them as its node."""

import mimetypes
from typing import Final

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from attest.errors import AttestError
from attest.server.answers import CHECKED, language_of, reply
from attest.server.problems import ProblemError, undecided
from attest.server.registry import ServedRegistry

INDEX: Final = "index.html"
_TYPES: Final = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml"}


class Page:
    """ASGI application of every address that no route has.

    Args:
        base: Path of the page, with a slash at its end.
        nodes: What the page's visitors ask: the path of the gateway, then public nodes.
    """

    path = "page"
    """How `attest.server.edge` calls the route."""

    def __init__(self, served: ServedRegistry, base: str, nodes: tuple[str, ...]) -> None:
        self._served = served
        self._base = base
        self._nodes = nodes
        self._files: dict[str, bytes] = {}
        self._policy = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope, receive)
        if f"{request.url.path}/" == self._base:
            await RedirectResponse(URL(self._base), 308)(scope, receive, send)
            return
        try:
            if not request.url.path.startswith(self._base):
                raise ProblemError(404, "request", "SV101")
            await self._build()
            name = request.url.path.removeprefix(self._base) or INDEX
            body = self._files.get(name)
            if body is None:
                raise ProblemError(404, "request", "SV101")
            if request.method != "GET":
                raise ProblemError(405, "request", "SV102", headers={"Allow": "GET, HEAD"})
        except ProblemError as problem:
            await problem.response(language_of(request.headers))(scope, receive, send)
            return
        scope["route"] = self
        suffix = f".{name.rpartition('.')[2]}"
        kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Content-Security-Policy": self._policy}
        response = reply(request, body, media_type=kind, cache=CHECKED, headers=headers)
        await response(scope, receive, send)

    async def _build(self) -> None:
        """Make the files, once the chain is known: its genesis hash is baked in."""
        from widgets.page import PageRegistry, content_security_policy, page_files

        if self._files:
            return
        try:
            basis = await self._served.pinned()
        except AttestError as error:
            raise undecided(error) from error
        registry = PageRegistry.of(
            self._served.trust,
            basis,
            nodes=self._nodes,
            deployed_at=self._served.registry.deployed_at,
            max_head_age_s=self._served.network.max_head_age_s,
        )
        self._files, self._policy = page_files([registry]), content_security_policy([registry])
