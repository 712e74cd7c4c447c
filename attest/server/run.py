"""Running the server: its socket, its log, its end."""

import asyncio
import logging
import signal
import socket
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import structlog
import uvicorn

from attest.errors import AttestError
from attest.ports import SitePort
from attest.server.app import build
from attest.server.edge import Edge, Figures, note_fault
from attest.server.registry import Home, Keeper, ServedRegistry
from attest.server.verifications import Sites, Verifications
from attest.site.fetch import Fetcher
from attest.site.visit import SiteVisitor

GRACE_S: Final = 3  # that answers under way may take once the server is told to end
KEEP_ALIVE_S: Final = 20
BACKLOG: Final = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a registry is served.

    Attributes:
        host, port: Where the server listens; port 0 for any that is free.
        base_path: Where everything is served, with a slash at both ends.
        page: Public address of the verification page in canonical form, or None.
        nodes: Public nodes that the page asks beside this server.
        cors_origins: Origins whose pages may read the answers.
        verifications: Verify sites for whoever asks.
        sync_s: Seconds between syncs of the index.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    base_path: str = "/"
    page: str | None = None
    nodes: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    verifications: bool = False
    sync_s: float = 15.0
    log_level: str = "info"


async def serve(
    home: Home,
    registry: str | None,
    options: Options,
    *,
    log_to: TextIO,
    ready: Callable[[str], None],
    sites: Sites | None = None,
    stop: asyncio.Event | None = None,
) -> int:
    """Serve a registry until a signal, or `stop`, ends it.

    Args:
        log_to: Gets one JSON object a line.
        ready: Called with the server's address once it listens.
        sites: How sites are visited for verifications; by default as `attest verify` does without a browser.

    Returns:
        The signal that ended it, or 0.

    Raises:
        AttestError: the address is taken or is not this machine's.
        SettingsError: no such registry.
    """
    trust = home.settings.trust(registry)
    log, figures = _log(log_to, options.log_level), Figures()
    bug = partial(note_fault, log)
    logging.getLogger("uvicorn.error").handlers = [_Passed(log)]
    listening = _listen(options)
    async with AsyncExitStack() as stack:
        stack.callback(setattr, warnings, "showwarning", warnings.showwarning)
        warnings.showwarning = partial(_warned, log)
        stack.callback(listening.close)
        network, node = await stack.enter_async_context(home.node(home.settings.registry(trust.name).network))
        served = ServedRegistry(node, network, trust, home.settings)
        stack.push_async_callback(served.node.close)
        jobs = None
        if options.verifications:
            jobs = Verifications(served.reader, sites or visitor, bug=bug)
            await stack.enter_async_context(jobs.working())

        def told(failing: AttestError | None) -> None:
            figures.syncs.labels("failed" if failing else "done").inc()
            if failing:
                log.warning("sync", code=failing.code)

        keeper = Keeper(home, served, options.sync_s, told=told, bug=bug)
        keeper.start()
        stack.callback(keeper.stop)
        app = build(
            served,
            figures,
            base_path=options.base_path,
            page=options.page,
            nodes=options.nodes,
            cors_origins=options.cors_origins,
            jobs=jobs,
        )
        server = _Server(
            uvicorn.Config(
                Edge(app, figures, log),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        if stop is not None:
            stack.callback(asyncio.create_task(_end(server, stop)).cancel)
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{port}{options.base_path}")
        log.info("started", registry=trust.name)
        await server.serve([listening])
        log.info("stopped")
        return server.ended_by


@asynccontextmanager
async def visitor() -> AsyncIterator[SitePort]:
    """Visits public sites only, as `attest verify` does without a browser."""
    async with SiteVisitor(Fetcher(), now=lambda: datetime.now(UTC)) as site:
        yield site


class _Passed(logging.Handler):
    """Passes on what uvicorn warns of, without the values in it: they may name a client."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.warning("server", told=str(record.msg))


def _warned(log: Any, _text: object, kind: type[Warning], file: str, line: int, *_rest: object) -> None:
    """Log a warning of Python's by its kind and place, as `note_fault` does: it would break the lines of the log."""
    log.warning("warning", kind=kind.__name__, where=f"{Path(file).name}:{line}")


class _Server(uvicorn.Server):
    """uvicorn, but a signal ends it in order instead of being raised again afterwards."""

    ended_by = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = []
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._ended, number)
            except (ValueError, RuntimeError, NotImplementedError):  # not the main thread: somebody else's signals
                continue
            caught.append(number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    def _ended(self, number: int) -> None:
        self.ended_by = self.ended_by or number
        self.handle_exit(number, None)


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def _listen(options: Options) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise AttestError("SV202", where=where, why=error.strerror or error) from error
    listening.setblocking(False)
    return listening


def _log(to: TextIO, level: str) -> Any:
    return structlog.wrap_logger(
        structlog.PrintLogger(to),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
