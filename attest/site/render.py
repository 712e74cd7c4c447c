"""Look at a page in a real browser: what text it lays out, and pictures of each number as it is and unpainted.

Nothing is judged here. A look gives files, from which `attest.site.display` judges, now or years later: one `.json` a
window with the laid-out text and the geometry of each glimpse at a number, and PNG pictures beside it.
"""

import asyncio
import io
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from math import atan2, degrees, floor
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from attest import messages
from attest.credentials import Attempt, scan
from attest.errors import BrowserError
from attest.number import is_unseen
from attest.site.browser import DESKTOP, PHONE, Browser, Window
from attest.site.guard import Guard
from attest.site.proxy import GuardedProxy
from attest.site.snapshot import SPACES, STYLES, Run, Snapshot, read_snapshot

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

TOTAL: Final = 45.0  # seconds for all windows of one visit
LOAD: Final = 15.0  # seconds until a page has loaded
SETTLED: Final = 1.0  # seconds after loading when a page is looked at
LATEST: Final = 5.0  # seconds after loading for a number to appear
STEP: Final = 0.5  # seconds between looks for a late number
LASTING: Final = 5.0  # seconds after loading when a number still has to be there
PHASE: Final = 1.0  # seconds until another look at a number that an animation may show
SCROLLS: Final = 5  # to the end of the page, for what loads when it comes near
MAX_GLIMPSES: Final = 12  # in one window
MAX_PLACES: Final = 4  # of one number

MAX_PAGE: Final = 8_000.0  # CSS pixels of a page that is pictured whole
PAGE: Final = "-page.png"
"""End of the name of a picture of a whole page, taken where no text paints a number and a picture may show one."""

_UPRIGHT: Final = (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0)  # corners of a box, clockwise from the first
_AROUND: Final = 2.0  # CSS pixels around a number that belong to its glimpse
_CONTEXT: Final = 60.0  # CSS pixels above and below it that its picture for people shows


async def render(
    browser: Browser,
    guard: Guard,
    url: str,
    *,
    today: date,
    windows: Sequence[Window] = (DESKTOP, PHONE),
    plain: bool = False,
) -> dict[str, bytes]:
    """Look at `url` in each window, and in the first also under a dark scheme.

    Args:
        browser: Its turn is waited for; the bounds of a visit count from then.
        guard: Judges every address that the page leads to.
        today: Decides whether a number's year lies in the future.
        plain: Do not say in the User-Agent who is looking.

    Returns:
        The files of the look, by name.

    Raises:
        BrowserError: no browser, or the page could not be looked at within the bounds.
    """
    taken: dict[str, bytes] = {}
    try:
        async with browser.turns, asyncio.timeout(TOTAL):
            for window in windows:
                async with GuardedProxy(guard) as proxy, browser.page(window, proxy.url, plain=plain) as page:
                    look = Look(page, window, proxy, today)
                    await look.load(url)
                    taken |= await look.take(window.name)
                    if window is windows[0]:
                        await page.emulate_media(color_scheme="dark")
                        await asyncio.sleep(STEP)
                        taken |= await look.take("dark")
                        await page.emulate_media(color_scheme="light")
                    taken[f"{window.name}.json"] = await look.outlasted(taken[f"{window.name}.json"])
    except TimeoutError as error:
        raise BrowserError("BR111", url=messages.shown(url), seconds=TOTAL) from error
    return taken


@dataclass(frozen=True, slots=True)
class _World:
    """Where our script runs in one frame, apart from the page's own, and its functions there."""

    context: int
    functions: str


class Look:
    """One page in one window."""

    def __init__(self, page: "Page", window: Window, proxy: GuardedProxy, today: date) -> None:
        self._page = page
        self._window = window
        self._proxy = proxy
        self._today = today
        self._session: CDPSession | None = None
        self._worlds: dict[str, _World] = {}
        self._status = 0
        self._loaded = 0.0

    async def load(self, url: str) -> None:
        """Open the page, let it finish, and scroll through it once.

        Raises:
            BrowserError: it did not open.
        """
        from playwright.async_api import Error

        try:
            answer = await self._page.goto(url, wait_until="domcontentloaded", timeout=1000 * LOAD)
        except Error as error:
            refused = self._proxy.refused
            if refused:
                raise refused[0] from error
            why = messages.shown(error.message.splitlines()[0].removeprefix("Page.goto: "))
            raise BrowserError("BR110", url=messages.shown(url), why=why) from error
        self._status = answer.status if answer else 0
        with suppress(Error):
            await self._page.wait_for_load_state("load", timeout=1000 * LOAD)
        self._session = await self._page.context.new_cdp_session(self._page)
        self._loaded = asyncio.get_running_loop().time()
        await asyncio.sleep(SETTLED)
        height = 0
        for _ in range(SCROLLS):
            with suppress(Error):
                await self._page.mouse.wheel(0, 100_000)
                await asyncio.sleep(0.1)
                await self._page.wait_for_load_state("networkidle", timeout=1000 * STEP)
            before, height = height, (await self._metrics())["cssContentSize"]["height"]
            if height == before:
                break
        for _ in range(int((LATEST - SETTLED) / STEP)):
            if await self._has_settled():
                return
            await asyncio.sleep(STEP)

    async def _has_settled(self) -> bool:
        """Whether a number is laid out as text, and nothing moves that will come to rest.

        A number that stands in a field only may be a reader's example.
        """
        snapshot = await self._snapshot()
        attempts = scan(snapshot.text, today=self._today).attempts
        found = any(snapshot.runs_of(each.start, each.end)[0][0].node is not None for each in attempts)
        return found and not await self._call(snapshot, 0, "settles")

    async def take(self, name: str) -> dict[str, bytes]:
        """The files of this page as it is now; `name` begins theirs.

        Where a dialog stands in front of a number, it is closed once, as a reader would.
        """
        taken, front = await self._take(name)
        if front is not None and await self._close_dialog(*front):
            taken, _ = await self._take(name, closed=True)
        return taken

    async def _take(self, name: str, *, closed: bool = False) -> tuple[dict[str, bytes], tuple[Snapshot, int] | None]:
        """The files, and the document in which a dialog stands in front of a number.

        Args:
            closed: A dialog was closed before.
        """
        await self._send("Animation.enable")
        await self._send("Animation.setPlaybackRate", playbackRate=0)
        snapshot = await self._snapshot()
        attempts = scan(snapshot.text, today=self._today).attempts
        taken: dict[str, bytes] = {}
        glimpses = []
        painted = False
        front = None
        for number, attempt in enumerate(_worth_a_glimpse(attempts)):
            document = snapshot.runs_of(attempt.start, attempt.end)[0][0].document
            moves = await self._call(snapshot, document, "moves")  # asked before, as a glimpse ends transitions
            glimpse, pictures = await self._glimpse(snapshot, attempt)
            moves = moves or await self._call(snapshot, document, "moves")
            if moves and pictures and not _paints(pictures):
                await self._animate(PHASE)
                glimpse, pictures = await self._glimpse(snapshot, attempt)
            painted = painted or (attempt.reading.number is not None and _paints(pictures))
            if glimpse["dialog"]:
                front = snapshot, document
            glimpses.append(glimpse)
            taken |= {f"{name}-{number}{suffix}.png": data for suffix, data in pictures.items()}
        still = await self._numbers()
        for glimpse in glimpses:
            glimpse["still"] = glimpse["shown"] in still
        taken[f"{name}.png"] = await self._shot(await self._view())
        if snapshot.pictures and not painted:
            taken[f"{name}{PAGE}"] = await self._page_shot(min(snapshot.size[1], MAX_PAGE))
        await self._send("Animation.setPlaybackRate", playbackRate=1)
        seen = {
            "window": name, "width": self._window.width, "height": self._window.height, "ratio": self._window.ratio,
            "browser": self._page.context.browser.version if self._page.context.browser else "",
            "url": self._page.url, "status": self._status, "size": list(snapshot.size),
            "text": snapshot.text, "unlaid": snapshot.unlaid, "pictures": snapshot.pictures,
            "exhausted": self._proxy.exhausted, "refused": [error.code for error in self._proxy.refused],
            "closed_dialog": closed, "glimpses": glimpses,
        }  # fmt: skip
        taken[f"{name}.json"] = _file(seen)
        return taken, front

    async def outlasted(self, file: bytes) -> bytes:
        """The file of a look, which tells as well what was gone some seconds after the page had loaded."""
        seen = json.loads(file)
        if seen["glimpses"]:
            await asyncio.sleep(max(0.0, self._loaded + LASTING - asyncio.get_running_loop().time()))
            still = await self._numbers()
            for glimpse in seen["glimpses"]:
                glimpse["still"] = glimpse["still"] and glimpse["shown"] in still
        return _file(seen)

    async def _numbers(self) -> set[str]:
        """The numbers, well formed or not, that are laid out as text now."""
        return {each.text for each in scan((await self._snapshot()).text, today=self._today).attempts}

    async def _animate(self, seconds: float) -> None:
        """Let what moves or blinks go on for a while, and stand still again."""
        await self._send("Animation.setPlaybackRate", playbackRate=1)
        await asyncio.sleep(seconds)
        await self._send("Animation.setPlaybackRate", playbackRate=0)

    async def _close_dialog(self, snapshot: Snapshot, document: int) -> bool:
        """Press Escape, or else the button by which the dialog is closed; whether it went away."""
        await self._page.keyboard.press("Escape")
        await asyncio.sleep(STEP)
        if await self._call(snapshot, document, "isOpen"):
            await self._call(snapshot, document, "close")
            await asyncio.sleep(STEP)
        return not await self._call(snapshot, document, "isOpen")

    async def _glimpse(self, snapshot: Snapshot, attempt: Attempt) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Where the characters of one number stand when it is scrolled to, and pictures with and without them."""
        runs = snapshot.runs_of(attempt.start, attempt.end)
        first = runs[0][0]
        frame = await self._reveal(snapshot, *runs[len(runs) // 2])
        elements = {
            (run.document, run.element): await self._resolve(run.element, snapshot, run.document) for run, *_ in runs
        }
        element = elements[first.document, first.element]
        boxes: list[list[float]] = []
        drawn = None
        for run, start, end in runs:
            if run.node is None and drawn == (run.document, run.element):
                continue  # another part of what a style sheet writes there
            drawn = (run.document, run.element) if run.node is None else None
            boxes += _beside(boxes[-1:], await self._cells(snapshot, run, start, end))
        view = await self._view()
        across, down = frame[0] - view["offsetX"], frame[1] - view["offsetY"]
        cells = [[left + across, top + down, width, height] for left, top, width, height in boxes]
        left, top = (min(cell[axis] for cell in cells) for axis in (0, 1))
        right, bottom = (max(cell[axis] + cell[axis + 2] for cell in cells) for axis in (0, 1))
        clip = _within(left - _AROUND, top - _AROUND, right + _AROUND, bottom + _AROUND, view)
        middle = boxes[len(boxes) // 2]
        cover, dialog = await self._call(
            snapshot, first.document, "cover", element, middle[0] + middle[2] / 2, middle[1] + middle[3] / 2
        )
        glimpse: dict[str, Any] = {
            "start": attempt.start, "end": attempt.end, "shown": attempt.text,
            "where": first.path, "link": next((run.link for run, *_ in runs if run.link), None),
            "font": min(run.font_size for run, *_ in runs),
            "scale": await self._call(snapshot, first.document, "scale", element),
            "cover": cover, "dialog": dialog, **await self._posture(element),
            "clip": clip, "cells": [[round(value, 2) for value in cell] for cell in cells],
            "top": view["pageY"] + top,
        }  # fmt: skip
        if clip is None:
            return glimpse, {}
        part = _context(clip, view)
        shown = await self._shot(view, part)
        pictures = {"-shown": _cut(shown, clip, part), "": shown}
        try:
            for (document, _), each in elements.items():
                await self._call(snapshot, document, "unpaint", each)
            pictures["-hidden"] = _cut(await self._shot(view, part), clip, part)
        finally:
            for document in {document for document, _ in elements}:
                await self._call(snapshot, document, "repaint")
        pictures["-again"] = _cut(await self._shot(view, part), clip, part)
        return glimpse, pictures

    async def _reveal(self, snapshot: Snapshot, run: Run, start: int, end: int) -> tuple[float, float]:
        """Scroll to part of a run, through every frame around it; where its frame's window begins in the outermost."""
        left, top = 0.0, 0.0
        owner: tuple[int, int] | None = (run.document, run.element)
        owners = []
        text = await self._characters(snapshot, run, start, end)
        rest = [0.0, 0.0]
        while owner is not None:
            rest = await self._call(
                snapshot, owner[0], "reveal", await self._resolve(owner[1], snapshot, owner[0]), *text
            )
            text = []
            owner = snapshot.owners[owner[0]]
            owners += [owner] if owner else []
        if any(rest):
            await self._page.mouse.wheel(*rest)
            await asyncio.sleep(0.1)
        for document, element in owners:
            inside = await self._call(snapshot, document, "inside", await self._resolve(element, snapshot, document))
            left, top = left + inside[0], top + inside[1]
        return left, top

    async def _cells(self, snapshot: Snapshot, run: Run, start: int, end: int) -> list[list[float]]:
        """The boxes of a run's characters that leave ink, in its frame; of its element where they are unknown."""
        text = await self._characters(snapshot, run, start, end)
        if text and (found := await self._call(snapshot, run.document, "cells", *text)):
            characters = (character for character in run.text[start:end] if character not in SPACES)
            return [box for box, each in zip(found, characters, strict=True) if not (each.isspace() or is_unseen(each))]
        element = await self._resolve(run.element, snapshot, run.document)
        return [await self._call(snapshot, run.document, "box", element)]

    async def _characters(self, snapshot: Snapshot, run: Run, start: int, end: int) -> list[Any]:
        """Characters `start` to `end` of a run as arguments for our functions; none where no node holds its text."""
        if run.node is None:
            return []
        first, last, count = (sum(character not in SPACES for character in run.text[:at]) for at in (start, end, None))
        return [await self._resolve(run.node, snapshot, run.document), first, last, count]

    async def _posture(self, element: dict[str, str]) -> dict[str, Any]:
        """Whether an element's first box is mirrored, and its turn in degrees; upright where it has none."""
        from playwright.async_api import Error

        try:
            found = await self._send("DOM.getContentQuads", **element)
        except Error:
            found = {"quads": []}
        left, top, right, right_top, _, _, below, bottom = next(iter(found["quads"]), _UPRIGHT)
        across, along = (right - left, right_top - top), (below - left, bottom - top)
        return {
            "mirrored": across[0] * along[1] < across[1] * along[0],
            "turn": round(degrees(atan2(across[1], across[0])), 1),
        }

    async def _shot(self, view: Mapping[str, float], part: Sequence[float] | None = None) -> bytes:
        """A picture of the window, or of a part of it (x, y, width, height), in its device's pixels, PNG."""
        whole = [0.0, 0.0, view["clientWidth"], view["clientHeight"]]
        alone = part if view["scale"] == 1 else None  # else clips are in other pixels than the page's
        clip: Any = dict(zip(("x", "y", "width", "height"), alone, strict=True)) if alone else None
        shot = await self._page.screenshot(caret="initial", animations="allow", timeout=1000 * LOAD, clip=clip)
        return _cut(shot, part, whole) if part and not alone else shot

    async def _page_shot(self, height: float) -> bytes:
        """A picture of the page down to `height`, PNG."""
        clip = {"x": 0, "y": 0, "width": self._window.width, "height": height, "scale": 1}
        answer = await self._send("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return b64decode(answer["data"])

    async def _snapshot(self) -> Snapshot:
        """The page as it is; read by lines, too, where no number is found in the order of its nodes."""
        raw = await self._send("DOMSnapshot.captureSnapshot", computedStyles=list(STYLES))
        snapshot = read_snapshot(raw)
        if not self._holds_number(snapshot) and self._holds_number(lines := read_snapshot(raw, lines=True)):
            return lines
        return snapshot

    def _holds_number(self, snapshot: Snapshot) -> bool:
        return any(each.reading.number for each in scan(snapshot.text, today=self._today).attempts)

    async def _metrics(self) -> dict[str, Any]:
        return await self._send("Page.getLayoutMetrics")

    async def _view(self) -> dict[str, float]:
        """What the window shows; on a phone, a part of the window that the page is laid out in."""
        return dict((await self._metrics())["cssVisualViewport"])

    async def _world(self, frame: str) -> _World:
        if frame not in self._worlds:
            made = await self._send("Page.createIsolatedWorld", frameId=frame, worldName="filing-attest")
            context = made["executionContextId"]
            answer = await self._send("Runtime.evaluate", expression=_script(), contextId=context)
            self._worlds[frame] = _World(context, answer["result"]["objectId"])
        return self._worlds[frame]

    async def _resolve(self, node: int, snapshot: Snapshot, document: int) -> dict[str, str]:
        """A node as an argument for our functions."""
        world = await self._world(snapshot.frames[document])
        found = await self._send("DOM.resolveNode", backendNodeId=node, executionContextId=world.context)
        return {"objectId": found["object"]["objectId"]}

    async def _call(self, snapshot: Snapshot, document: int, name: str, *arguments: Any) -> Any:
        """Call a function of `inspect.js` in a document's frame.

        Raises:
            BrowserError: what it looked at is not there any more.
        """
        world = await self._world(snapshot.frames[document])
        answer = await self._send(
            "Runtime.callFunctionOn",
            objectId=world.functions,
            functionDeclaration=f"function(...given) {{ return this.{name}(...given) }}",
            arguments=[given if isinstance(given, dict) else {"value": given} for given in arguments],
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise BrowserError("BR112", why=messages.shown(answer["exceptionDetails"].get("text")))
        return answer["result"].get("value")

    async def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        assert self._session
        return dict(await self._session.send(method, parameters))


def _file(seen: Mapping[str, Any]) -> bytes:
    return json.dumps(seen, ensure_ascii=False, sort_keys=True).encode(errors="replace")


def _paints(pictures: Mapping[str, bytes]) -> bool:
    """Whether anything is seen of the text that a glimpse is at."""
    return bool(pictures) and pictures["-shown"] != pictures["-hidden"]


def _beside(before: list[list[float]], boxes: list[list[float]]) -> list[list[float]]:
    """`boxes`, the first without what it has in common with the one before: generated text has its element's box."""
    if not boxes:
        return []
    (left, top, width, height), *others = boxes
    for box in before:
        if box[0] >= left and box[0] + box[2] < left + width and abs(box[1] - top) < height / 2:
            left, width = box[0] + box[2], left + width - box[0] - box[2]
    return [[left, top, width, height], *others]


def _worth_a_glimpse(attempts: Sequence[Attempt]) -> Iterator[Attempt]:
    """Numbers, well formed or not, each in its first places."""
    times: dict[str, int] = {}
    given = 0
    for attempt in attempts:
        number = attempt.reading.number
        name = number.key if number else attempt.text
        times[name] = times.get(name, 0) + 1
        if times[name] <= MAX_PLACES and given < MAX_GLIMPSES:
            given += 1
            yield attempt


def _context(clip: Sequence[float], window: Mapping[str, float]) -> list[float]:
    """What people are shown around a number: as wide as the window, from a whole pixel on."""
    top = float(floor(max(clip[1] - _CONTEXT, 0.0)))
    return [0.0, top, window["clientWidth"], min(clip[1] + clip[3] + _CONTEXT, window["clientHeight"]) - top]


def _cut(shot: bytes, clip: Sequence[float], part: Sequence[float]) -> bytes:
    """The place `clip` of a picture of the window's `part`, PNG."""
    with Image.open(io.BytesIO(shot)) as picture:
        ratio = picture.width / part[2]
        left, top = clip[0] - part[0], clip[1] - part[1]
        right, bottom = left + clip[2], top + clip[3]
        piece = picture.crop((round(left * ratio), round(top * ratio), round(right * ratio), round(bottom * ratio)))
    held = io.BytesIO()
    piece.save(held, "PNG")
    return held.getvalue()


def _within(left: float, top: float, right: float, bottom: float, window: Mapping[str, float]) -> list[float] | None:
    """The part of a box that is inside a window: x, y, width, height; None where there is none."""
    left, top = max(left, 0.0), max(top, 0.0)
    width, height = min(right, window["clientWidth"]) - left, min(bottom, window["clientHeight"]) - top
    return [round(value, 2) for value in (left, top, width, height)] if width >= 1 and height >= 1 else None


@cache
def _script() -> str:
    return (files("attest.site") / "inspect.js").read_text()
