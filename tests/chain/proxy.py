"""A server in front of a real node that passes everything on, until a test tells it to misbehave.

A fault gets the HTTP request and the node's own answer, and says something else instead.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

Fault = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
Lie = Callable[[Any], Any]


@dataclass
class Proxy:
    """The server as a test sees it.

    Attributes:
        faults: By method, or for every method under `""`.
        asked: How often each method was asked.
    """

    url: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)


@asynccontextmanager
async def proxied(upstream: str) -> AsyncIterator[Proxy]:
    """A proxy on a free port of loopback."""
    proxy = Proxy()
    async with aiohttp.ClientSession() as session:

        async def answer(request: web.Request) -> web.StreamResponse:
            asked = await request.json()
            proxy.asked[asked["method"]] += 1
            async with session.post(upstream, json=asked) as response:
                true = await response.json(content_type=None)
            fault = proxy.faults.get(asked["method"]) or proxy.faults.get("", honest)
            return await fault(request, true)

        app = web.Application(client_max_size=2**24)
        app.router.add_post("/{tail:.*}", answer)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()


# --- faults of the wire -------------------------------------------------------------------------------------


async def honest(_request: web.Request, true: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(true)


def status(code: int, **headers: str) -> Fault:
    """An HTTP status with a page that is not JSON."""

    async def fault(_request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
        return web.Response(status=code, text="<html>later</html>", headers=headers)

    return fault


def saying(body: bytes, **headers: str) -> Fault:
    """These bytes, whatever was asked."""

    async def fault(_request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Type": "application/json", **headers})

    return fault


def envelope(change: Callable[[dict[str, Any]], Any]) -> Fault:
    """The answer with its JSON-RPC envelope changed."""

    async def fault(_request: web.Request, true: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(change(dict(true)))

    return fault


def lying(change: Lie) -> Fault:
    """The answer with another result."""
    return envelope(lambda true: true | {"result": change(true["result"])})


def times(count: int, fault: Fault) -> Fault:
    """`fault` the first `count` times, then the truth."""
    left = [count]

    async def limited(request: web.Request, true: dict[str, Any]) -> web.StreamResponse:
        left[0] -= 1
        return await (fault if left[0] >= 0 else honest)(request, true)

    return limited


async def closing(request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
    """The connection breaks after the request was heard and carried out."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaking(request: web.Request, true: dict[str, Any]) -> web.StreamResponse:
    """The connection breaks in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(json.dumps(true).encode()[:10])
    assert request.transport is not None
    request.transport.abort()
    return response


async def hanging(_request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


async def dripping(request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
    """White space without end, a little at a time."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def flooding(request: web.Request, _true: dict[str, Any]) -> web.StreamResponse:
    """White space without end, as fast as it can be taken."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 2**20)
