"""A load generator for `GET` over kept-alive connections of loopback, cheap enough to share a machine with the server.

`python -m tests.server.load URL [SECONDS] [CONNECTIONS]` prints what came of it as JSON.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Rates:
    """What a server did under load.

    Attributes:
        per_second: Answers with status 200.
        errors: Answers with another status, and connections that broke.
        p50_ms, p99_ms: Time from a request to the end of its answer, in milliseconds.
    """

    per_second: float
    errors: int
    p50_ms: float
    p99_ms: float


def rate(url: str, seconds: float = 5, connections: int = 16) -> Rates:
    """Ask for `url` as often as the server answers, one request at a time on each connection."""
    return asyncio.run(_rate(url, seconds, connections))


async def _rate(url: str, seconds: float, connections: int) -> Rates:
    parts = urlsplit(url)
    assert parts.hostname
    where = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = f"GET {where} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    end = time.perf_counter() + seconds
    times: list[float] = []
    begun = time.perf_counter()
    readers = [_read(parts.hostname, parts.port or 80, request, end, times) for _ in range(connections)]
    errors = sum(await asyncio.gather(*readers))
    took = time.perf_counter() - begun
    times.sort()
    p50, p99 = (1000 * times[int(len(times) * share)] if times else 0.0 for share in (0.5, 0.99))
    return Rates(round(len(times) / took, 1), errors, round(p50, 2), round(p99, 2))


async def _read(host: str, port: int, request: bytes, end: float, times: list[float]) -> int:
    """One connection's requests; how many went wrong."""
    errors = 0
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (begun := time.perf_counter()) < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            if head.startswith(b"HTTP/1.1 200"):
                times.append(time.perf_counter() - begun)
            else:
                errors += 1
    except (OSError, EOFError, ValueError):
        errors += 1
    finally:
        writer.close()
    return errors


if __name__ == "__main__":
    asked, *more = sys.argv[1:]
    print(json.dumps(asdict(rate(asked, *(kind(value) for kind, value in zip((float, int), more, strict=False))))))
