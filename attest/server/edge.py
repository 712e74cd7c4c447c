"""Around every answer: security headers, HEAD, figures and one line of log, none of which names a person or a number.

Logged and counted is the route's template (`/v1/filings/{number}`), never the path, the query or the client.
"""

import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = b"default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of what is no page."""

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-frame-options", b"DENY"),
)
_DEFAULTS: Final = ((b"content-security-policy", POLICY), (b"cross-origin-resource-policy", b"same-origin"))
_NO_ROUTE: Final = "-"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Figures:
    """What `/metrics` tells."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Counter("attest_answers", "Answers", ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "attest_answer_seconds",
            "Time to an answer",
            ["route"],
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
            registry=self.registry,
        )
        self.syncs = Counter("attest_syncs", "Syncs of the index", ["outcome"], registry=self.registry)
        self.block = Gauge("attest_index_block", "Block that the index was synced to", registry=self.registry)
        self.filings = Gauge("attest_index_filings", "Filings in the index", registry=self.registry)
        self.age = Gauge("attest_index_age_seconds", "Seconds since the last good sync", registry=self.registry)


class Edge:
    """ASGI middleware.

    Args:
        log: A structlog logger.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, app: ASGIApp, figures: Figures, log: Any, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._figures = figures
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = self._clock()
        method, status = scope["method"], 500
        if method == "HEAD":
            scope["method"] = "GET"

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _protected(message["headers"])
            elif method == "HEAD":
                message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - it was answered with 500; its text may quote what was asked
            note_fault(self._log, error)
        finally:
            self._note(scope, method if method in _METHODS else _NO_ROUTE, status, self._clock() - begun)

    def _note(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        self._figures.answers.labels(method, route, str(status)).inc()
        self._figures.seconds.labels(route).observe(seconds)
        self._log.info("answer", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


def _protected(headers: Any) -> list[tuple[bytes, bytes]]:
    """An answer's headers and the ones that protect its reader."""
    own = list(headers)
    names = {name.lower() for name, _ in own}
    return [*own, *_HEADERS, *((name, value) for name, value in _DEFAULTS if name not in names)]


def note_fault(log: Any, error: Exception) -> None:
    """Log a bug by its kind, file and line: its text may quote what a client asked."""
    last = extract_tb(error.__traceback__)[-1]
    log.error("fault", kind=type(error).__name__, where=f"{Path(last.filename).name}:{last.lineno}")
