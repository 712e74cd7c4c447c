"""`attest serve`: the verification page, the API and the gateway, on this machine."""

import asyncio
import re
import signal
import sys
from typing import Annotated, Final

import typer

from attest import messages
from attest.cli import INTERRUPTED, files, output
from attest.cli.context import Context
from attest.errors import InputError, ProgramError

LEVELS: Final = ("debug", "info", "warning", "error")
_EXTRA: Final = frozenset({"fastapi", "prometheus_client", "starlette", "structlog", "uvicorn"})
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_ORIGIN: Final = re.compile(r"\*|https?://[A-Za-z0-9.:\[\]-]+")


def serve(
    registry: Annotated[
        str | None, typer.Option(metavar="NAME", help="Registry of the settings; the default one if left out.")
    ] = None,
    host: Annotated[str, typer.Option(metavar="HOST", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65_535, help="0 for any that is free.")] = 8600,
    base_path: Annotated[
        str, typer.Option(metavar="PATH", help="Where everything is served, behind a proxy that keeps the path.")
    ] = "/",
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of the page as its visitors see it; QR codes carry it.")
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A public node that the page asks beside this server; without tokens."),
    ] = None,
    cors_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="Let pages of that origin read the answers; * for any.")
    ] = None,
    verifications: Annotated[
        bool, typer.Option("--verifications", help="Verify public sites for whoever asks.")
    ] = False,
    sync_seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="Time between syncs of the index.")
    ] = 15,
    log_level: Annotated[
        str, typer.Option(metavar="LEVEL", help="debug, info, warning or error; logs go to standard error.")
    ] = "info",
) -> int:
    """Serve the verification page, the API over the registry and a read-only gateway to its chain, until interrupted.

    Listens on this machine only unless --host says otherwise; TLS is a proxy's job: docs/deploy.md.
    """
    try:
        from attest.server.run import Options
        from attest.server.run import serve as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _EXTRA:
            raise ProgramError("SV203") from error
        raise
    from widgets.page import origin as origin_of
    from widgets.pointer import canonical_page, is_loopback

    if not _PATH.fullmatch(base_path):
        raise InputError("SV204", found=messages.shown(base_path))
    for origin in cors_origin or ():
        if not _ORIGIN.fullmatch(origin):
            raise InputError("SV206", found=messages.shown(origin))
    for url in node or ():
        origin_of(files.text(url))
    options = Options(
        host=host,
        port=port,
        base_path=f"{base_path.rstrip('/')}/",
        page=None if public_url is None else canonical_page(files.text(public_url)),
        nodes=tuple(files.text(url) for url in node or ()),
        cors_origins=tuple(cors_origin or ()),
        verifications=verifications,
        sync_s=sync_seconds,
        log_level=files.one_of(log_level, LEVELS, name="--log-level"),
    )
    context = Context.load()
    if not is_loopback(f"[{host}]" if ":" in host else host):
        output.note(output.label("SV205"))

    def ready(address: str) -> None:
        output.line(output.label("SV201", address=address))

    ended = asyncio.run(run(context, registry, options, log_to=sys.stderr, ready=ready))
    return INTERRUPTED if ended == signal.SIGINT else 0
