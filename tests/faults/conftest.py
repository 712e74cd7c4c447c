"""The registries, sites and nodes of the command line's tests, and a fault in front of a node."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from attest.chain import rpc
from tests.chain.anvil import Anvil
from tests.chain.proxy import Proxy, proxied
from tests.cli.conftest import _prepared, anvil, document, home, sites  # noqa: F401 - fixtures
from tests.cli.keeping import Keeping, on_anvil
from tests.cli.sites import GOOD


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests be repeated at once."""
    monkeypatch.setattr(rpc, "FIRST_PAUSE_S", 0.001)


@pytest.fixture(scope="session")
def kept(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Keeping:  # noqa: F811
    """An authoritative registry on a real node that holds `GOOD`."""
    keeping = on_anvil(anvil, tmp_path_factory.mktemp("kept"))
    assert keeping.init("--authority", "authoritative").code == 0
    record = keeping.file("record.json", json.dumps(document(GOOD)))
    assert keeping.write("register", record).code == 0
    return keeping


@pytest.fixture
def away(
    kept: Keeping,
    anvil: Anvil,  # noqa: F811
    tmp_path: Path,
) -> Iterator[tuple[Path, Proxy]]:
    """A home that reaches that registry through a proxy, and the proxy."""
    with _between(anvil.url) as proxy:
        text = (kept.home / "attest.toml").read_text().replace(anvil.url, proxy.url)
        (tmp_path / "attest.toml").write_text(text)
        yield tmp_path, proxy


@contextmanager
def _between(upstream: str) -> Iterator[Proxy]:
    """`proxied` on a thread: the commands under test have event loops of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    context = proxied(upstream)
    try:
        yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
