"""The server's routes, put together."""

import time
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import TypeAdapter
from starlette.responses import Response

from attest import __version__
from attest.server import filings, gateway, pictures, problems, verifications
from attest.server.answers import NEVER
from attest.server.documents import Health
from attest.server.edge import Figures
from attest.server.limits import Limiter
from attest.server.page import Page
from attest.server.problems import ProblemDocument
from attest.server.registry import ServedRegistry
from attest.server.verifications import Verifications

_ABOUT: Final = (
    "Looks filing numbers of blockchain information services up in one registry on a test chain. "
    "Filing is registration, not endorsement. Every answer names the block that it rests on."
)


def build(
    served: ServedRegistry,
    figures: Figures,
    *,
    base_path: str = "/",
    page: str | None = None,
    nodes: tuple[str, ...] = (),
    cors_origins: tuple[str, ...] = (),
    jobs: Verifications | None = None,
) -> FastAPI:
    """The application; `attest.server.edge` goes around it.

    Args:
        base_path: Where everything is served, with a slash at both ends.
        page: Public address of the verification page, for QR codes; None to take it from requests on loopback.
        nodes: Public nodes that the page asks beside the gateway.
        cors_origins: Origins whose pages may read the answers.
        jobs: What verifies sites; None to switch that off.
    """
    prefix = base_path.rstrip("/")
    app = FastAPI(
        title="filing-attest",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.base_path = base_path
    problems.install(app)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
            expose_headers=["ETag", "RateLimit", "RateLimit-Policy", "Retry-After"],
        )
    limiter = Limiter()
    for routes in (
        filings.router(served, limiter),
        pictures.router(limiter, page),
        verifications.router(jobs, limiter),
        gateway.router(served, limiter),
        _upkeep(served, figures),
    ):
        app.include_router(routes, prefix=prefix)
    app.router.default = Page(served, base_path, (f"{base_path}rpc", *nodes))
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _upkeep(served: ServedRegistry, figures: Figures) -> APIRouter:
    """What whoever runs the server looks at."""
    routes = APIRouter(tags=["upkeep"])

    @routes.get("/healthz", response_model=Health)
    async def health(response: Response) -> Health:
        """Whether the server is alive, which any answer says, and whether its index is up to date."""
        response.headers["Cache-Control"] = NEVER
        snapshot = served.current()
        return {
            "schema": "health/1",
            "alive": True,
            "ready": snapshot is not None and served.failing is None,
            "block": snapshot.basis.block if snapshot else None,
            "filings": len(snapshot.filings) if snapshot else None,
            "age_s": int(time.monotonic() - snapshot.read_s) if snapshot else None,
        }

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        if snapshot := served.snapshot:
            figures.block.set(snapshot.basis.block)
            figures.filings.set(len(snapshot.filings))
            figures.age.set(time.monotonic() - snapshot.read_s)
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": NEVER}
        return Response(generate_latest(figures.registry), headers=headers)

    return routes


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with the problem document's schema, which no route returns by itself."""
    if not app.openapi_schema:
        described = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        problem = TypeAdapter(ProblemDocument).json_schema(ref_template="#/components/schemas/{model}")
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas |= problem.pop("$defs", {}) | {"ProblemDocument": problem}
        app.openapi_schema = described
    return app.openapi_schema
