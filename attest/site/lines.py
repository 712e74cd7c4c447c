"""Lines of text on a picture of any size, those first that look as if they held a long run of digits.

A text detector of the neural kind takes a second for each megapixel, and reading all of a page takes ten. Strokes
stand out from what is around them at little cost, on any background, in either polarity. Digits of one face are all
as wide and as high as each other: along them gaps return at one step, at just over half the line's height, and no
stroke reaches above or below the others. That ranks; it never decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from attest.site.pictures import Box, Pixels

    Curve = NDArray[np.float32]

MAX_LINES: Final = 3000
_SCALES: Final = (1, 2, 4)
"""Lines are looked for on the picture and on what remains when it is reduced so many times."""
_LEAST_HEIGHT, _MOST_HEIGHT = 6, 28  # pixels of ink on the reduced picture; digits of 9 px type, and 56 px type halved
_STROKE: Final = 9  # pixels; thicker strokes are looked for on the next scale
_LEAST_STRENGTH: Final = 20  # of 255, that a stroke differs from what is around it
_SHARE: Final = 0.4  # of the strongest stroke near by
_GAP: Final = 21  # pixels between parts of a line
_LINE_HEIGHT: Final = 24  # that every line is brought to before it is ranked
_STEPS: Final = range(11, 23)  # from digit to digit, in pixels of such a line
_RUN: Final = 7 * _LINE_HEIGHT  # about twelve digits
_PEAKS: Final = 8  # runs of one line that are told at most


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    Attributes:
        box: Of its ink, in pixels of the picture.
        runs: Places along it that look most like digits, the best first: score, and the middle as a pixel column.
    """

    box: "Box"
    runs: tuple[tuple[float, int], ...]

    @property
    def score(self) -> float:
        """Of its best run; below 0 where it has none."""
        return self.runs[0][0] if self.runs else -1.0


def text_lines(pixels: "Pixels") -> list[Line]:
    """Every line that stands out, the likeliest to hold a number first; at most `MAX_LINES`."""
    found = []
    for scale in _SCALES:
        found += [Line(_times(line.box, scale), _spread(line.runs, scale)) for line in _lines(pixels, scale)]
    found.sort(key=lambda line: -line.score)
    kept: list[Line] = []
    rows: dict[int, list[Line]] = {}
    for line in found:
        row = (line.box[1] + line.box[3] // 2) // 32
        if not any(_overlap(line, other) for near in (row - 1, row, row + 1) for other in rows.get(near, ())):
            kept.append(line)
            rows.setdefault(row, []).append(line)
    return kept


def _lines(pixels: "Pixels", scale: int) -> Iterator[Line]:
    import cv2
    import numpy as np

    height, width = pixels.shape[0] // scale, pixels.shape[1] // scale
    if min(height, width) < _LEAST_HEIGHT:
        return
    small = pixels if scale == 1 else cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    least = _LEAST_HEIGHT if scale == 1 else _MOST_HEIGHT // 2
    for polarity in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT):
        red, green, blue = cv2.split(cv2.morphologyEx(small, polarity, np.ones((_STROKE, _STROKE), np.uint8)))
        strength = cv2.max(cv2.max(red, green), blue)
        near = _near(strength)
        mask = cv2.compare(strength, cv2.max(cv2.convertScaleAbs(near, alpha=_SHARE), _LEAST_STRENGTH), cv2.CMP_GT)  # type: ignore[call-overload]
        for ruled in ((1, 28), (32, 1)):
            mask = cv2.subtract(mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(ruled, np.uint8)))
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
        boxes = stats[1:, :4]
        boxes = boxes[(boxes[:, 3] >= least) & (boxes[:, 3] <= _MOST_HEIGHT) & (boxes[:, 2] >= boxes[:, 3])]
        for left, top, wide, high in boxes[np.argsort(-boxes[:, 2])][:MAX_LINES].tolist():
            part = np.s_[top : top + high, left : left + wide]
            relative = strength[part] / np.maximum(near[part], _LEAST_STRENGTH).astype(np.float32)
            yield Line((left, top, wide, high), tuple(_runs(relative, left)))


def _near(strength: Any) -> Any:
    """The strongest stroke near each pixel."""
    import cv2
    import numpy as np

    rows, columns = strength.shape
    half = cv2.resize(strength, (max(1, columns // 2), max(1, rows // 2)), interpolation=cv2.INTER_AREA)
    strongest = cv2.dilate(half, np.ones((9, 13), np.uint8))
    return cv2.resize(strongest, (columns, rows), interpolation=cv2.INTER_NEAREST)


def _runs(relative: "Curve", left: int) -> Iterator[tuple[float, int]]:
    """Places of a line that look like digits.

    Args:
        relative: Strength of the line's strokes, 0 to about 1.
        left: Where the line begins.
    """
    import cv2
    import numpy as np

    zoom = _LINE_HEIGHT / relative.shape[0]
    width = int(relative.shape[1] * zoom)
    run = min(_RUN, width - _LINE_HEIGHT - 1)
    if run < 3 * _LINE_HEIGHT:
        return
    line = np.minimum(cv2.resize(relative, (width, _LINE_HEIGHT), interpolation=cv2.INTER_LINEAR), 0.8)
    gaps = line.max(axis=0)
    gaps = gaps - cv2.blur(gaps[None, :], (4 * _LINE_HEIGHT + 1, 1))[0]
    likeness = np.full(width, -1.0)
    for step in _STEPS:
        here, there = gaps[:-step], gaps[step:]
        power = np.sqrt(_means(here * here, run) * _means(there * there, run)) + 0.002
        likeness[: len(power)] = np.maximum(likeness[: len(power)], _means(here * there, run) / power)
    wide: Curve = np.asarray(cv2.dilate(line, np.ones((1, round(0.62 * _LINE_HEIGHT)), np.uint8)) / 0.8, np.float32)
    uneven = np.sqrt(np.maximum(_means(wide * wide, run) - _means(wide, run) ** 2, 0)).mean(axis=0)
    likeness[: len(uneven)] -= 4 * uneven
    likeness[len(uneven) :] = -9
    for _ in range(_PEAKS):
        best = int(likeness.argmax())
        if likeness[best] < -1:
            return
        yield float(likeness[best]), left + round((best + run / 2) / zoom)
        likeness[max(0, best - run) : best + run] = -9


def _means(values: "Curve", length: int) -> "Curve":
    """Of every stretch of `length` along the last axis."""
    import numpy as np

    sums = np.cumsum(values, axis=-1, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    return np.asarray((sums[..., length:] - sums[..., :-length]) / length)


def _overlap(one: Line, other: Line) -> bool:
    """Whether most of the smaller one is within the other."""
    left, top, width, height = one.box
    left2, top2, width2, height2 = other.box
    across = min(left + width, left2 + width2) - max(left, left2)
    down = min(top + height, top2 + height2) - max(top, top2)
    return across > 0 and down > 0 and across * down > 0.5 * min(width * height, width2 * height2)


def _times(box: "Box", scale: int) -> "Box":
    left, top, width, height = box
    return left * scale, top * scale, width * scale, height * scale


def _spread(runs: tuple[tuple[float, int], ...], scale: int) -> tuple[tuple[float, int], ...]:
    return tuple((score, column * scale) for score, column in runs)
