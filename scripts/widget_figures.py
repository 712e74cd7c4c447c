"""Figures about what people hold in their hands; the group `widgets` of the benchmark."""

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Final, get_args

from amount import Amount

from attest.number import FilingNumber
from attest.site.browser import find_chromium
from tests.browser.filings import verdict_ms
from tests.camera import share_read
from tests.fictional import fictional, record_of
from tests.server.load import rate
from widgets import web
from widgets.badge import Lang, Look, Size, Style, Theme, badge_svg
from widgets.page import PageRegistry, page_files
from widgets.qr import qr_svg

NUMBER: Final = FilingNumber("11010819764512340015")
PAGE: Final = "https://verify.example/"
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
STYLES: Final[tuple[Style, ...]] = get_args(Style)
SIZES: Final[tuple[Size, ...]] = get_args(Size)
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
SHOTS: Final = 500
FILINGS: Final = 300
SECONDS: Final = 5.0
READERS: Final = 200
VISITS: Final = 9
START_S: Final = 30.0


def figures() -> Iterator[Amount]:
    """Sizes, what a camera reads, and how fast page and server answer."""
    yield from _sizes()
    yield Amount("QR codes a camera reads at 20 cm", share_read(SHOTS), "share", ">= 0.99", f"{SHOTS} pictures")
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (address, number):
        yield _time_to_verdict(address, number)
        url = f"{address}v1/filings/{number.key}"
        fast = rate(url, SECONDS, 32)
        yield Amount(
            "filings looked up from the index", fast.per_second, "requests/s", ">= 1,500",
            f"{fast.errors} errors; p50 {fast.p50_ms:.1f} ms, p99 {fast.p99_ms:.1f} ms; one server process",
        )  # fmt: skip
        many = rate(url, SECONDS, READERS)
        yield Amount(
            f"the slowest hundredth of {READERS} readers at once", many.p99_ms, "ms", "", f"{many.errors} errors"
        )


def _sizes() -> Iterator[Amount]:
    badge, code = badge_svg(NUMBER).encode(), qr_svg(NUMBER, PAGE).encode()
    largest = max(len(badge_svg(NUMBER, Look(*chosen)).encode()) for chosen in product(LANGS, STYLES, SIZES, THEMES))
    yield Amount("badge", len(badge), "bytes", "<= 1,024", f"{_packed(badge)} gzipped; the largest {largest}")
    yield Amount("QR code", len(code), "bytes", "<= 2,048")
    yield Amount("QR code, gzipped", _packed(code), "bytes", "<= 600")
    yield Amount("web element, gzipped", _packed(web.element()[1]), "bytes", "<= 2,560")
    page = page_files([_registry()])
    yield Amount(
        "verification page, all files, gzipped", sum(map(_packed, page.values())), "bytes", "<= 30,720",
        ", ".join(f"{name} {_packed(data)}" for name, data in page.items()),
    )  # fmt: skip


def _packed(data: bytes) -> int:
    return len(gzip.compress(data, 9, mtime=0))


def _registry() -> PageRegistry:
    return PageRegistry(
        name="example", operator="示例登记处", authority="authoritative", provinces=frozenset(), complete_to=None,
        chain_id=1, genesis="0x" + 64 * "0", contract="0x" + 40 * "0", finality="finalized",
        nodes=("https://node.example/",), deployed_at=1, max_head_age_s=86_400, local=False,
    )  # fmt: skip


def _time_to_verdict(address: str, number: FilingNumber) -> Amount:
    """From the end of the HTML to the verdict in words, in a fresh browser profile each time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=os.geteuid() != 0)
        spent = [verdict_ms(browser, address, number) for _ in range(VISITS)]
        browser.close()
    return Amount(
        "time to verdict after the HTML, loopback", statistics.median(spent), "ms", "<= 500",
        f"median of {VISITS}; the slowest {max(spent):.0f}",
    )  # fmt: skip


@contextmanager
def _served(home: Path) -> Iterator[tuple[str, FilingNumber]]:
    """The address of a server whose index holds `FILINGS`, and one of their numbers."""
    attest = [str(Path(sys.executable).with_name("attest")), "--home", str(home)]
    numbers = [fictional(serial) for serial in range(FILINGS)]
    records = home / "records.json"
    documents = [record_of(number, displayed_on={"domains": ["example.cn"]}).as_json() for number in numbers]
    records.write_text(json.dumps(documents), encoding="utf-8")
    for command in (["init"], ["register", str(records)]):
        subprocess.run([*attest, "registry", *command], check=True, capture_output=True)
    command = [*attest, "--lang", "en", "serve", "--port", "0", "--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            _wait_until_synced(address)
            yield address, numbers[0]
        finally:
            server.terminate()


def _wait_until_synced(address: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{address}healthz") as answer:  # noqa: S310 - our own address
            if json.load(answer)["filings"] == FILINGS:
                return
        time.sleep(0.1)
    raise TimeoutError(address)
