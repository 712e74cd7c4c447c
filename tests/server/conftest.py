"""Servers on loopback over registries that were filled through the command line."""

import asyncio
import io
import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from attest.cli.context import Context
from attest.server.run import Options, serve
from tests.cli.command import attest
from tests.fictional import fictional

START_S: Final = 20.0
FILED: Final = fictional(201)
"""In force, filed for `shop.example` and everything below `app.example`."""

ENDED: Final = fictional(202)
"""Registered, suspended and then revoked."""

ABSENT: Final = fictional(299)
MANY: Final = tuple(fictional(serial) for serial in range(210, 217))
"""Further ones in force."""


@dataclass
class Served:
    """A running server, and a client at its address."""

    url: str
    home: Path
    session: requests.Session
    log: io.StringIO

    def get(self, path: str, **headers: str) -> requests.Response:
        """An answer, with headers written as Python names; redirects are not followed."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=START_S, allow_redirects=False, **more)

    def rpc(self, method: str, *params: Any) -> Any:
        """The whole answer to one request."""
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        return self.ask("POST", "rpc", json=body).json()

    def until_ready(self, *, filings: int | None = None) -> None:
        """Wait until the index is synced, to that many filings where a number is given."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            health = self.get("healthz").json()
            if health["ready"] and filings in (None, health["filings"]):
                return
            time.sleep(0.05)
        raise TimeoutError(self.log.getvalue())


@contextmanager
def serving(home: Path, registry: str | None = None, *, sites: Any = None, **options: Any) -> Iterator[Served]:
    """Serve a registry of `home` in a thread of its own."""
    context, log = Context.of(home, "en"), io.StringIO()
    listening, stop = threading.Event(), asyncio.Event()
    address: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def ready(url: str) -> None:
        address.append(url)
        listening.set()

    async def work() -> None:
        loops.append(asyncio.get_running_loop())
        chosen = Options(**{"port": 0, "sync_s": 0.5, **options})
        await serve(context, registry, chosen, log_to=log, ready=ready, sites=sites, stop=stop)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert listening.wait(START_S)
        with requests.Session() as session:
            session.trust_env = False
            yield Served(address[0], home, session, log)
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(START_S)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the registries `open` (self-declared; the default), `ruling` and `copied` (a mirror)."""
    home = tmp_path_factory.mktemp("served")
    records = home / "records.json"
    numbers = (FILED, ENDED, *MANY)
    records.write_text(json.dumps([document(number) for number in numbers]), encoding="utf-8")
    assert attest("registry", "init", "--name", "open", home=home).code == 0
    assert attest("registry", "register", records, home=home).code == 0
    assert attest("registry", "suspend", ENDED, home=home).code == 0
    assert attest("registry", "revoke", ENDED, "--reason", "violation", home=home).code == 0
    settings = (home / "attest.toml").read_text(encoding="utf-8")
    address = Context.of(home, "en").settings.registry("open").address
    for name, authority in (("ruling", "authoritative"), ("copied", "mirror")):
        settings += f'\n[registries.{name}]\nnetwork = "embedded"\naddress = "{address}"\nauthority = "{authority}"\n'
    settings += 'complete_to = "第十批, 2022-11"\n'
    (home / "attest.toml").write_text(settings, encoding="utf-8")
    return home


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(prepared, tmp_path / "home"))


@pytest.fixture(scope="session")
def lasting(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for servers that outlive a test: what they write is not copied half-written into the homes of others."""
    return Path(shutil.copytree(prepared, tmp_path_factory.mktemp("lasting") / "home"))


@pytest.fixture(scope="session")
def served(lasting: Path) -> Iterator[Served]:
    """The default registry, synced; tests only read it."""
    with serving(lasting, "open") as server:
        server.until_ready()
        yield server


def document(number: Any) -> dict[str, Any]:
    """A record as a registrar writes it."""
    domains = ["shop.example", "*.app.example"] if number == FILED else [f"n{number.serial}.example"]
    return {
        "number": str(number),
        "subject": {"kind": "organisation", "name": f"示例科技Ａ{number.key[12:16]}有限公司"},
        "service": {"name": "示例存证"},
        "displayed_on": {"domains": domains},
    }
