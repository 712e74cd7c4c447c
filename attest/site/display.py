"""How well a number is displayed, judged by what a browser paints.

What style sheets declare only explains; what counts is the difference between two pictures, one with the number's
paint taken off. Text of the background's colour, under another element, clipped, moved away or scaled to nothing has
no difference. Pure: from the files of `attest.site.render` to levels, on any machine and at any time.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from attest.canonical import MAX_DEPTH, is_deeper
from attest.credentials import scan
from attest.errors import RecordError
from attest.number import FilingNumber
from attest.ports import Display, Level, Measure, Sight
from attest.site.pictures import luminance, open_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

WINDOWS: Final = ("desktop", "phone", "dark")
LARGE: Final = 24.0  # CSS pixels of large text, WCAG 2.2
LEAST_CHANGE: Final = 8  # of a channel, of 255, that counts as ink
LEAST_INK: Final = 0.02  # of a character's box

_WIDTH: Final = 14.0  # of a number's 25 characters, in type sizes, at least


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is measured, and what it must reach; see `display.toml`.

    Attributes:
        source: Where its thresholds come from, by language.
    """

    name: str
    code: str
    unit: str
    source: Mapping[str, str]
    prominent: float | None = None
    displayed: float | None = None
    weak: float | None = None
    large: float | None = None
    most: bool = False

    def judge(self, value: float, *, large: bool = False) -> Measure:
        """The best level that `value` allows.

        Args:
            large: The text is large, for which some rules ask less.
        """
        prominent = self.large if large and self.large is not None else self.prominent
        levels = ((Level.PROMINENT, prominent), (Level.DISPLAYED, self.displayed), (Level.WEAK, self.weak))
        level = next((level for level, least in levels if self._reached(value, least)), Level.PRESENT_HIDDEN)
        return Measure(self.name, round(value, 3), prominent, self.displayed, level, self.code)

    def _reached(self, value: float, asked: float | None) -> bool:
        return asked is None or (value <= asked if self.most else value >= asked)


@cache
def rules() -> tuple[str, dict[str, Rule]]:
    """Version of the rules, and the rules by name, in their order."""
    document = tomllib.loads((files("attest.site") / "display.toml").read_text(encoding="utf-8"))
    version = document.pop("version")
    return version, {name: Rule(name, **rule) for name, rule in document.items()}


@dataclass(frozen=True, slots=True)
class Look:
    """What one window's files say.

    Attributes:
        text: All text that is laid out; blocks are parted by `HARD_BREAK`.
        unlaid: Text that is not.
        sights: Of each attempt at a number that was glimpsed, by its text offsets.
        facts: The file itself.
    """

    window: str
    text: str
    unlaid: str
    sights: dict[tuple[int, int], Sight]
    facts: Mapping[str, Any]


def load(data: bytes) -> Any:
    """A file of the evidence as a JSON value.

    Raises:
        RecordError: it nests deeper than any that is written here.
        ValueError: it is no JSON.
    """
    text = data.decode()
    if is_deeper(text, MAX_DEPTH):
        raise RecordError("RE112", limit=MAX_DEPTH)
    return json.loads(text)


def looks(evidence: Mapping[str, bytes]) -> list[Look]:
    """The windows among a visit's files, each glimpse judged."""
    found = []
    for window in WINDOWS:
        if (data := evidence.get(f"{window}.json")) is not None:
            facts = load(data)
            sights = {
                (glimpse["start"], glimpse["end"]): _sight(window, number, glimpse, facts, evidence)
                for number, glimpse in enumerate(facts["glimpses"])
            }
            found.append(Look(window, facts["text"], facts["unlaid"], sights, facts))
    return found


def displays(seen: Sequence[Look], today: date) -> tuple[Display, ...]:
    """How each number is displayed: in every window by the best of its places, over all windows by the worst."""
    best: dict[FilingNumber, dict[str, Sight]] = {}
    for look in seen:
        for attempt in scan(look.text, today=today).attempts:
            number, sight = attempt.reading.number, look.sights.get((attempt.start, attempt.end))
            if number is None or sight is None:
                continue
            so_far = best.setdefault(number, {}).get(look.window)
            if so_far is None or sight.level.rank < so_far.level.rank:
                best[number][look.window] = sight
    return tuple(_display(number, sights, seen) for number, sights in best.items())


def _display(number: FilingNumber, sights: Mapping[str, Sight], seen: Sequence[Look]) -> Display:
    everywhere = [sights.get(look.window) or Sight(look.window, Level.ABSENT, "", ()) for look in seen]
    ranks = [sight.level.rank for sight in everywhere]
    level = everywhere[ranks.index(max(ranks))].level
    light = [sight.level.rank for sight in everywhere if sight.window != "dark"]
    if min(light, default=Level.ABSENT.rank) > Level.WEAK.rank:
        level = Level.PRESENT_HIDDEN
    elif max(ranks) > Level.WEAK.rank:
        level = Level.WEAK  # seen by some readers, not by all
    return Display(number, level, tuple(everywhere))


def _sight(
    window: str, number: int, glimpse: Mapping[str, Any], facts: Mapping[str, Any], evidence: Mapping[str, bytes]
) -> Sight:
    _, every = rules()
    values = _measured(glimpse, facts, [evidence.get(f"{window}-{number}-{state}.png") for state in _STATES])
    large = values["size"] >= LARGE
    measures = tuple(rule.judge(values[name], large=large) for name, rule in every.items() if name in values)
    level = max((measure.level for measure in measures), key=lambda level: level.rank)
    picture = f"{window}-{number}.png"
    return Sight(window, level, _where(glimpse), measures, picture if picture in evidence else "")


_STATES: Final = ("shown", "hidden", "again")


def _where(glimpse: Mapping[str, Any]) -> str:
    covered = f" (under {glimpse['cover']})" if glimpse["cover"] else ""
    return f"{glimpse['where']}{covered}"


def _measured(
    glimpse: Mapping[str, Any], facts: Mapping[str, Any], pictures: Sequence[bytes | None]
) -> dict[str, float]:
    """The value of each rule that can be measured; where nothing is painted, only that."""
    import numpy as np

    size = float(glimpse["font"]) * float(glimpse["scale"])
    values = {"painted": 0.0, "size": size}
    if facts["closed_dialog"]:
        values["dialogs"] = 1.0
    if None in pictures or glimpse["clip"] is None:
        return values
    shown, hidden, again = (open_picture(picture) for picture in pictures if picture is not None)
    if not shown.shape == hidden.shape == again.shape:
        return values
    change = shown.astype(np.int16) - hidden
    steady = np.abs(shown.astype(np.int16) - again).max(axis=2) <= LEAST_CHANGE
    ink = (np.abs(change).max(axis=2) > LEAST_CHANGE) & steady
    ratio = shown.shape[1] / glimpse["clip"][2]
    cells = [_cell(ink, cell, glimpse["clip"], ratio) for cell in glimpse["cells"]]
    if len(cells) > 1:
        values["painted"] = sum(_is_inked(cell) for cell in cells) / len(cells)
        values["order"] = 0.0 if glimpse["mirrored"] else _forward(glimpse["cells"])
    else:
        columns = np.flatnonzero(ink.any(axis=0))
        width = (columns[-1] - columns[0] + 1) / ratio if len(columns) else 0.0
        values["painted"] = min(1.0, width / (_WIDTH * size)) if size else 0.0
    if not ink.any():
        return values | {"painted": 0.0}
    light, dark = luminance(shown), luminance(hidden)
    contrast = (np.maximum(light, dark) + 0.05) / (np.minimum(light, dark) + 0.05)
    values["contrast"] = float(np.percentile(contrast[ink], 90))
    heights = [height for cell in cells if (height := _height(cell))]
    if len(cells) > 1 and size and heights:
        values["height"] = float(np.median(heights)) / ratio / size
    values["sharpness"] = _sharpness(change.mean(axis=2), ink)
    values["turn"] = abs(float(glimpse["turn"]))
    values["lasting"] = float(glimpse["still"])
    bottom = glimpse["top"] + glimpse["clip"][3]
    values["place"] = max(0.0, min(glimpse["top"], facts["size"][1] - bottom))
    return values


def _cell(ink: "Mask", cell: Sequence[float], clip: Sequence[float], ratio: float) -> "Mask":
    left, top = (cell[0] - clip[0]) * ratio, (cell[1] - clip[1]) * ratio
    right, bottom = left + cell[2] * ratio, top + cell[3] * ratio
    rows, columns = (slice(max(round(first), 0), max(round(last), 0)) for first, last in ((top, bottom), (left, right)))
    return ink[rows, columns]


def _is_inked(cell: "Mask") -> bool:
    return bool(cell.size and cell.sum() >= max(2, LEAST_INK * cell.size))


def _height(cell: "Mask") -> int:
    """Rows from the first to the last with ink."""
    import numpy as np

    if not cell.size:
        return 0
    rows = np.flatnonzero(cell.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0


def _forward(cells: Sequence[Sequence[float]]) -> float:
    """Share of the steps from character to character that lead to the right, or to a line below."""
    steps = [
        after[1] > before[1] + before[3] / 2 or (after[0] > before[0] and abs(after[1] - before[1]) <= before[3] / 2)
        for before, after in pairwise(cells)
        if after[2] and before[2]
    ]
    return sum(steps) / len(steps) if steps else 0.0


def _sharpness(change: "NDArray[np.float64]", ink: "Mask") -> float:
    """The steepest step between neighbouring pixels, as a share of the strongest change that the ink makes."""
    import numpy as np

    steps = [np.abs(np.diff(change, axis=axis)) for axis in (0, 1)]
    strongest = np.percentile(np.abs(change[ink]), 98)
    steepest = max(float(np.percentile(step[step > 0], 98)) if (step > 0).any() else 0.0 for step in steps)
    return min(1.0, float(steepest / strongest)) if strongest else 0.0
