"""A Chromium to look at sites with: found on the machine, held to a profile of its own, ended when it costs too much.

It never connects by itself: each visit gets a guarded proxy (`attest.site.proxy`).
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from attest import __version__, messages
from attest.errors import BrowserError

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import CDPSession, Page, Playwright

SHELL: Final = "chromium-headless-shell"
NAMES: Final = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
"""The shell first: it is the same browser without windows of its own, which take most of the time of a visit."""

MAX_MEMORY: Final = 1_500_000_000  # bytes of all its processes
LOOK: Final = 0.25  # seconds between looks at its memory
_MAX_HEAP: Final = 512  # megabytes of script objects of one page

_ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-site-isolation-trials",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--js-flags=--max-old-space-size={_MAX_HEAP}",
    "--hide-scrollbars",
    "--disable-smooth-scrolling",
)
"""One process for all frames of a page, so that one picture of its layout has them all; no way around the proxy."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window to look at a page in: CSS pixels, and device pixels to one of them."""

    name: str
    width: int
    height: int
    ratio: int
    touch: bool

    def agent(self, version: str, *, plain: bool) -> str:
        """The User-Agent: of the browser it is, and ours unless `plain`."""
        system = "Linux; Android 14; K" if self.touch else "X11; Linux x86_64"
        mobile = " Mobile" if self.touch else ""
        own = "" if plain else f" filing-attest/{__version__}"
        engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
        return f"Mozilla/5.0 ({system}) {engine} Chrome/{version.partition('.')[0]}.0.0.0{mobile} Safari/537.36{own}"


DESKTOP: Final = Window("desktop", 1280, 800, 1, touch=False)
PHONE: Final = Window("phone", 390, 844, 3, touch=True)


def find_chromium(otherwise: str) -> str:
    """Path of the browser: `ATTEST_CHROMIUM`, one on PATH, or `otherwise`, where playwright keeps its own.

    Raises:
        BrowserError: there is none.
    """
    named = os.environ.get("ATTEST_CHROMIUM")
    for path in [named] if named else [*map(shutil.which, NAMES), otherwise]:
        if path and Path(path).is_file():
            return path
    raise BrowserError("BR101", found=messages.shown(named) if named else ", ".join(NAMES))


class Browser:
    """One browser for many visits, started with the first. Use as an async context manager.

    Args:
        max_memory: Bytes of resident memory of all its processes; beyond, it is ended and the visit has no result.

    Attributes:
        turns: For which visits wait; as many as there are cores.
    """

    def __init__(self, *, max_memory: int = MAX_MEMORY) -> None:
        self.turns = asyncio.Semaphore(os.cpu_count() or 1)
        self._max_memory = max_memory
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._session: CDPSession | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._chromium:
            with suppress(Exception):
                await self._chromium.close()
        if self._playwright:
            await self._playwright.stop()

    @asynccontextmanager
    async def page(self, window: Window, proxy: str, *, plain: bool = False) -> AsyncIterator["Page"]:
        """An empty page in a window and a profile of its own, which is gone afterwards.

        Args:
            proxy: URL of the proxy for all its requests.
            plain: Do not say in the User-Agent who is looking.

        Raises:
            BrowserError: no browser, or this visit cost too much.
        """
        chromium = await self._running()
        from playwright.async_api import Error

        try:
            context = await chromium.new_context(
                viewport={"width": window.width, "height": window.height},
                device_scale_factor=window.ratio,
                is_mobile=window.touch,
                has_touch=window.touch,
                user_agent=window.agent(chromium.version, plain=plain),
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                accept_downloads=False,
                proxy={"server": proxy},
                service_workers="block",
                reduced_motion="no-preference",
            )
            watch = asyncio.create_task(self._watch(chromium))
            try:
                page = await context.new_page()
                page.on("dialog", lambda dialog: dialog.dismiss())
                context.on("page", lambda other: asyncio.ensure_future(other.close()) if other is not page else None)
                yield page
            finally:
                watch.cancel()
                with suppress(Error):
                    await context.close()
        except Error as error:
            if not chromium.is_connected():
                self._chromium = None
                raise BrowserError("BR103", limit=self._max_memory // 1_000_000) from error
            raise BrowserError("BR102", why=messages.shown(error.message.splitlines()[0])) from error

    async def _running(self) -> "Chromium":
        async with self._starting:
            if self._chromium is None or not self._chromium.is_connected():
                try:
                    from playwright.async_api import Error, async_playwright
                except ModuleNotFoundError as error:
                    raise BrowserError("BR100") from error
                if self._playwright is None:
                    self._playwright = await async_playwright().start()
                path = find_chromium(self._playwright.chromium.executable_path)
                try:
                    self._chromium = await self._playwright.chromium.launch(
                        executable_path=path, args=_ARGUMENTS, chromium_sandbox=os.geteuid() != 0,
                        proxy={"server": "http://127.0.0.1:9"},
                    )  # fmt: skip
                except Error as error:
                    why = messages.shown(error.message.splitlines()[0])
                    raise BrowserError("BR102", why=why) from error
                self._session = await self._chromium.new_browser_cdp_session()
            return self._chromium

    async def processes(self) -> list[tuple[int, float]]:
        """Id and seconds of processor time of each of its processes."""
        assert self._session
        answer = await self._session.send("SystemInfo.getProcessInfo")
        return [(each["id"], each["cpuTime"]) for each in answer["processInfo"]]

    async def _watch(self, chromium: "Chromium") -> None:
        """End the browser when it holds too much memory."""
        import psutil

        while True:
            await asyncio.sleep(LOOK)
            held = 0
            for process, _ in await self.processes():
                with suppress(psutil.Error):
                    held += psutil.Process(process).memory_info().rss
            if held > self._max_memory:
                await chromium.close()
