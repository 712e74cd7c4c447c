"""Fictional filings and their sites: real HTTP on loopback, each site under its own host name through `--resolve`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.conftest import fictional

GOOD: Final = fictional(101)
"""In both registries and in force."""

CANCELLED: Final = fictional(102)
LISTED: Final = fictional(103)
"""Another one in force."""

ABSENT: Final = fictional(104)
"""In no registry."""

Answer = Callable[[BaseHTTPRequestHandler], object]


def host_of(number: object) -> str:
    """The host a number is filed for."""
    return f"s{str(number)[12:20].lstrip('0')}.example"


def page(*shown: object, title: str = "示例", extra: str = "") -> bytes:
    """A page that shows these numbers in its footer."""
    footer = "".join(f"<p>区块链信息服务备案编号：{number}</p>" for number in shown)
    words = "本站提供区块链存证与核验服务。"
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>{words}</p><footer>{footer}</footer>{extra}</body></html>"
    ).encode()


@dataclass
class Sites:
    """A server that answers for every host.

    Attributes:
        answers: By path, bytes of an HTML page or whatever a function says; paths not here are 404.
    """

    port: int
    answers: dict[str, bytes | Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def show(self, path: str, answer: bytes | Answer, *, of: object = GOOD) -> list[str]:
        """Put an answer at `path`; the URL of it on the host of a number, and the option that leads there."""
        self.answers[path] = answer
        return [self.url(path, of=of), *self.way(of)]

    def hold(self, path: str) -> str:
        """The URL of an answer that does not come before the server ends."""
        self.answers[path] = lambda _: self.over.wait()
        return self.url(path)

    def url(self, path: str, *, of: object = GOOD) -> str:
        return f"http://{host_of(of)}:{self.port}{path}"

    def way(self, *of: object) -> list[str]:
        """The options under which the hosts of these numbers are on loopback."""
        return [word for number in of for word in ("--resolve", f"{host_of(number)}:{self.port}:127.0.0.1")]


@contextmanager
def serving() -> Iterator[Sites]:
    sites = Sites(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sites.asked.append(f"http://{self.headers['Host']}{self.path}")
            found = sites.answers.get(self.path)
            if callable(found):
                found(self)
                return
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sites.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield sites
    finally:
        sites.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def rude(handler: BaseHTTPRequestHandler) -> None:
    """Close without an answer."""
    handler.close_connection = True


def moved(location: str) -> Answer:
    """A redirect."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", location)
        handler.end_headers()

    return answer
