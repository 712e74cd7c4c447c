"""How well and at what cost numbers in pictures are read: `python -m tests.site.ocr_figures [PICTURES]`."""

import asyncio
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final

from attest.number import FilingNumber
from attest.site.ocr import read_numbers
from attest.site.ocr_worker import PictureReader
from tests.site.lookalikes import lookalikes
from tests.site.pictures import Style, neighbours, number, screenshot, strip, style

TODAY: Final = date(2026, 11, 25)
Made = tuple[bytes, FilingNumber]


@dataclass(slots=True)
class Tally:
    """What was read of `pictures` pictures with one number each."""

    pictures: int = 0
    exact: int = 0
    false: int = 0
    cpu_s: float = 0.0
    most_cpu_s: float = 0.0

    @property
    def recall(self) -> float:
        return self.exact / self.pictures

    def __str__(self) -> str:
        return (
            f"{self.exact} of {self.pictures} exact ({self.recall:.3f}), {self.false} false, "
            f"{self.cpu_s / self.pictures:.2f} CPU-s each, at most {self.most_cpu_s:.2f}"
        )


def footer(dice: random.Random) -> Made:
    """A strip of one to three lines, the number alone or between those of other systems."""
    found, paint, others = number(dice), style(dice), dice.sample(neighbours(dice), 3)
    line = dice.choice((found.text, f"{others[0]} | {found.text}", f"区块链备案：{found.text} {others[1]}"))
    return strip(dice.choice(([line], [others[2], line, "版权所有 © 示例链科技"])), paint), found


def wrapped(dice: random.Random) -> Made:
    """A number on two lines."""
    found, paint, cut = number(dice), style(dice), dice.choice((4, 4, 8, 12, 14, 19, 22))
    return strip([found.text[:cut], found.text[cut:]], paint), found


def tiny(dice: random.Random) -> Made:
    """A number of 7 to 11 pixels, often beyond what can be read: what counts is that none is misread."""
    found, paint = number(dice), style(dice, least=7, most=11)
    return strip([found.text], replace(paint, quality=dice.choice((None, 60, 35, 20)))), found


def page(dice: random.Random, size: tuple[int, int] = (1280, 800)) -> Made:
    """A whole page, from sparse to dense."""
    found, others = number(dice), dice.sample(neighbours(dice), 2)
    lines = [f"{others[0]} | {found.text}", others[1]]
    return screenshot(lines, style(dice), dice=dice, size=size, filled=dice.choice((0.3, 0.6, 1.0))).picture, found


def long_page(dice: random.Random) -> Made:
    return page(dice, (1280, 4000))


def phone(dice: random.Random) -> Made:
    """A screen with three pixels to one of CSS."""
    found, paint = number(dice), replace(style(dice), size=dice.randint(28, 42))
    lines = [neighbours(dice)[0], found.text]
    return screenshot(lines, paint, dice=dice, size=(1170, 2532), filled=0.8).picture, found


def tally(make: Callable[[random.Random], Made], count: int, *, seed: int = 0) -> Tally:
    """Read `count` pictures."""
    result = Tally()
    for turn in range(count):
        picture, expected = make(random.Random(f"{seed} {turn}"))
        begun = time.process_time()
        found = {read.number for read in read_numbers(picture, today=TODAY).numbers}
        spent = time.process_time() - begun
        result.pictures += 1
        result.exact += found == {expected}
        result.false += len(found - {expected})
        result.cpu_s += spent
        result.most_cpu_s = max(result.most_cpu_s, spent)
    return result


def false_numbers(texts: Iterator[str], *, lines: int = 8) -> tuple[int, int]:
    """Numbers that are read in pictures of texts that hold none.

    Returns:
        How many, and how many more are those of a text but for one character that is no digit and is drawn like the
        one it stands for: `l` for 1, `²` for 2. On a picture they are the number.
    """
    paint = random.Random(1)
    false = alike = 0
    while some := list(islice(texts, lines)):
        for found in read_numbers(strip(some, style(paint)), today=TODAY).numbers:
            if any(_is_drawn(found.number.text, text) for text in some):
                alike += 1
            else:
                false += 1
    return false, alike


def _is_drawn(number: str, text: str) -> bool:
    """Whether `text` holds `number` with one digit replaced by something that is none."""
    start = text.find(number[:4])
    held = text[start : start + len(number)]
    changed = [new for old, new in zip(number, held, strict=False) if old != new]
    return len(held) == len(number) and len(changed) == 1 and changed[0] not in "0123456789X"


def process_figures() -> str:
    """Of a process of its own: time to the first answer, and memory."""

    async def read() -> None:
        async with PictureReader(processes=1) as reader:
            await reader.read(strip(["示例链科技"], Style()), today=TODAY)
            await reader.read(page(random.Random(0))[0], today=TODAY)

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asyncio.run(read())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{spent:.2f} CPU-s for start, a strip and a page; at most {after.ru_maxrss // 1024} MB resident"


def import_figures() -> str:
    """CPU time of importing the module alone, and of loading what reads."""
    timed = "import time; t = time.process_time(); {}; print(round(time.process_time() - t, 2))"
    steps = ("import attest.site.ocr", "from attest.site.recogniser import engine; engine().recognize_txt")
    spent = [
        subprocess.run([sys.executable, "-c", timed.format(step)], check=True, capture_output=True, text=True).stdout
        for step in steps
    ]
    return f"{spent[0].strip()} CPU-s to import, {spent[1].strip()} with the recogniser"


def main(count: int) -> None:
    for make, share in ((footer, 1), (tiny, 1), (wrapped, 2), (page, 10), (long_page, 30), (phone, 20)):
        print(f"{make.__name__:10}", tally(make, max(1, count // share)), flush=True)
    shown = 4 * count
    false, alike = false_numbers(islice(lookalikes(10_000), shown))
    print(f"lookalikes {false} false of {shown} in pictures, {alike} drawn like a number", flush=True)
    print("import    ", import_figures())
    print("process   ", process_figures())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
