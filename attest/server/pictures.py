"""A number's badge and QR code by address: what they state, a number and a page's address, is never its status."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from attest.errors import AttestError
from attest.number import FilingNumber
from attest.server.answers import language_of, reply
from attest.server.filings import Number, allow, number_of
from attest.server.limits import DRAWING, Limiter
from attest.server.problems import ProblemError, described
from widgets.badge import Lang, Look, Size, Style, Theme, badge_png, badge_svg
from widgets.pointer import is_loopback
from widgets.qr import qr_png, qr_svg

KEPT: Final = "public, max-age=3600, stale-while-revalidate=86400"
MAX_DRAWN: Final = 1024  # pictures remembered
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
Maker = Callable[..., str | bytes]
_PICTURES: Final[dict[str, dict[int | str, dict[str, Any]]]] = {
    kind: {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture."}}
    for kind in (SVG, PNG)
}


def router(limiter: Limiter, page: str | None) -> APIRouter:
    """The routes that draw.

    Args:
        page: Public address of the verification page; where it is None, QR codes are drawn for loopback only.
    """
    routes = APIRouter(prefix="/v1/filings/{number}", tags=["pictures"])
    draw = lru_cache(MAX_DRAWN)(_drawn)

    async def picture(request: Request, kind: str, number: str, make: Maker, *options: Any, **more: Any) -> Response:
        allowance = allow(limiter, DRAWING, request)
        wanted = number_of(number, language_of(request.headers))
        try:
            body = await asyncio.to_thread(draw, make, wanted, *options, **more)
        except AttestError as error:
            raise ProblemError(503, "fault", "SV122", cause=error) from error
        headers = {**_HEADERS, **allowance.headers, "Vary": "Accept-Encoding"}
        return reply(request, body, media_type=kind, cache=KEPT, headers=headers)

    def target(request: Request) -> str:
        if page is not None:
            return page
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if not is_loopback(f"[{host}]" if ":" in host else host):
            raise ProblemError(404, "no-public-address", "SV160")
        return str(request.url.replace(path=request.app.state.base_path, query="", fragment=""))

    errors = described(404, 422, 429, 503)

    @routes.get("/badge.svg", responses=_PICTURES[SVG] | errors, response_class=Response)
    async def svg_badge(
        request: Request,
        number: Number,
        lang: Lang = "zh-CN",
        style: Style = "plate",
        size: Size = "medium",
        theme: Theme = "auto",
    ) -> Response:
        """The badge as SVG, with the number as text."""
        return await picture(request, SVG, number, badge_svg, Look(lang, style, size, theme))

    @routes.get("/badge.png", responses=_PICTURES[PNG] | errors, response_class=Response)
    async def png_badge(
        request: Request,
        number: Number,
        lang: Lang = "zh-CN",
        style: Style = "plate",
        size: Size = "medium",
        theme: Annotated[Literal["light", "dark"], Query()] = "light",
        scale: Annotated[Literal["1", "2", "3"], Query(description="Device pixels to a CSS pixel.")] = "1",
    ) -> Response:
        """The badge as PNG."""
        return await picture(request, PNG, number, badge_png, Look(lang, style, size, theme), scale=int(scale))

    @routes.get("/qr.svg", responses=_PICTURES[SVG] | errors, response_class=Response)
    async def svg_code(request: Request, number: Number) -> Response:
        """The QR code that leads to the number's answer on the verification page, as SVG."""
        return await picture(request, SVG, number, qr_svg, target(request))

    @routes.get("/qr.png", responses=_PICTURES[PNG] | errors, response_class=Response)
    async def png_code(request: Request, number: Number) -> Response:
        """The same as PNG."""
        return await picture(request, PNG, number, qr_png, target(request))

    return routes


def _drawn(make: Maker, number: FilingNumber, *options: Any, **more: Any) -> bytes:
    drawn = make(number, *options, **more)
    return drawn.encode() if isinstance(drawn, str) else drawn
