"""What a style may hide where only a browser can tell: such a number is looked at, or nothing is decided.

What many pages have and what hides nothing by itself (a centring `translate`, a grid's negative margins, `grayscale`)
raises no doubt: each false alarm costs a browser's look.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attest.site.lengths import FAR, number_of, pixels_of, share_of
from attest.site.sheets import Declarations, names

SMALL_TEXT: Final = 6.0  # pixels under which only a browser can tell whether it is read
_AWAY: Final = 12.0  # pixels out of its place that may hide a line of text
_FAR_AWAY: Final = 60.0  # pixels that no grid and no sticky footer moves content by
_MOST_OF_IT: Final = 90.0  # percent
_WIDE: Final = 1000.0  # pixels
_ROOM: Final = 160.0  # pixels that hold twenty digits
_BELOW: Final = 40.0  # pixels below content that a bar may lie over
_LEAST_PART: Final = 0.5  # of its size
_LEAST_OPACITY: Final = 0.3
_LONGEST_TOLD: Final = 60  # characters of a value
PLACED: Final = names("absolute fixed relative sticky")
_USUAL: Final = names("0 auto none normal inherit")
"""Values that no doubt comes from."""
_UNBOUNDED: Final = names("auto none inherit fit-content max-content min-content")
_HIDING: Final = re.compile(r"\b(?:blur|brightness|contrast|invert|opacity|url)\(")
_FUNCTION: Final = re.compile(r"([a-z0-9]+)\(((?:[^()]|\([^()]*\))*)\)\s*")
_CENTRED: Final = re.compile(r"calc\(\s*-50%\s*[+-]\s*[0-9.]+px\s*\)")
_ANGLE: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+)(?:deg|turn|rad|grad)?", re.ASCII)
_SIZE: Final = re.compile(r"(?:calc\(\s*)?([0-9]*\.?[0-9]+)(%|[dsl]?v[wh]|px)(?:\s*\))?")


def doubt_of(declared: Declarations, position: str) -> str:
    """The declaration that may hide what is in an element, where only a browser can tell; empty where none may."""
    for name, value in declared.items():
        if name in _DOUBTS and value not in _USUAL and _DOUBTS[name](value, declared, position):
            return _told(name, value)
    if declared.get("overflow-y") in {"hidden", "clip"}:
        for name in ("height", "max-height"):
            if declared.get(name, "auto") not in _UNBOUNDED:
                return f"{_told('overflow', declared['overflow-y'])};{_told(name, declared[name])}"
    if declared.get("overflow-x") in {"hidden", "clip"}:
        room = min(pixels_of(declared.get(name)) or _ROOM for name in ("width", "max-width"))
        if room < _ROOM or declared.get("text-overflow", "clip") != "clip":
            return _told("overflow", declared["overflow-x"])
    return ""


def _told(name: str, value: str) -> str:
    return f"{name}:{value}" if len(value) <= _LONGEST_TOLD else f"{name}:{value[:_LONGEST_TOLD]}…"


def _is_any(value: str, _declared: Declarations, _position: str) -> bool:
    return not value.startswith("none")


def _transforms(value: str, _declared: Declarations, _position: str) -> bool:
    """Whether a transform does more than move text a little, or make it somewhat larger or smaller."""
    rest = _FUNCTION.sub("", value).strip()
    return bool(rest) or any(not _is_slight(kind, given.split(",")) for kind, given in _FUNCTION.findall(value))


def _is_slight(kind: str, given: Sequence[str]) -> bool:
    values = [value.strip() for value in given]
    if kind.startswith("translate"):
        return all(map(_is_near, values))
    if kind.startswith("scale"):
        return all((share_of(value) or 0) >= _LEAST_PART for value in values)
    numbers = [_angle(value) for value in values]
    return not any(numbers) if kind.startswith(("rotate", "skew")) else numbers == [1, 0, 0, 1, 0, 0]


def _angle(value: str) -> float:
    """An angle or a number, be its unit what it may."""
    match = _ANGLE.fullmatch(value)
    return float(match[1]) if match else FAR


def _is_near(move: str) -> bool:
    if _CENTRED.fullmatch(move):
        return True
    if move.endswith("%"):
        return abs(number_of(move) or 0) <= 100
    distance = pixels_of(move)
    return distance is not None and -_AWAY < distance < FAR


def _moved(value: str, _declared: Declarations, position: str) -> bool:
    """Whether an offset leads out of an element's place."""
    return position in PLACED and (pixels_of(value) or 0) <= -_AWAY


def _pulled(value: str, declared: Declarations, _position: str) -> bool:
    """Whether a margin leads out to the left: no row of a grid, and nothing that is centred by it."""
    pulled = -(pixels_of(value) or 0)
    return pulled >= _FAR_AWAY and (pixels_of(declared.get("left")) or 0) <= 0


_DOUBTS: Final[Mapping[str, Callable[[str, Declarations, str], bool]]] = {
    "mask": _is_any,
    "mask-image": _is_any,
    "clip-path": _is_any,
    "animation": _is_any,
    "line-clamp": lambda _, declared, __: declared.get("overflow-y") in {"hidden", "clip"},
    "filter": lambda value, *_: _HIDING.search(value) is not None,
    "mix-blend-mode": lambda *_: True,
    "unicode-bidi": lambda value, *_: value.endswith("override"),
    "transform": _transforms,
    "translate": lambda value, *_: not all(map(_is_near, value.split())),
    "scale": lambda value, *_: not _is_slight("scale", value.split()),
    "rotate": lambda value, *_: bool(_angle(value)),
    "zoom": lambda value, *_: (share_of(value) or 1) < _LEAST_PART,
    "opacity": lambda value, *_: (1 if (share := share_of(value)) is None else share) < _LEAST_OPACITY,
    "z-index": lambda value, _, position: position in PLACED and value.startswith("-"),
    "text-indent": lambda value, *_: (pixels_of(value) or 0) <= -_FAR_AWAY,
    "margin-left": _pulled,
    **dict.fromkeys(("left", "top", "right", "bottom"), _moved),
}
"""Of properties that may hide text, whether a value does."""


def leaves_room(declared: Declarations) -> bool:
    below = [declared.get(name, "") for name in ("padding-bottom", "margin-bottom")]
    return any("env(" in value or (pixels_of(value) or 0) >= _BELOW for value in below)


def is_at_end(offset: str | None) -> bool:
    distance = pixels_of(offset)
    return distance is not None and distance <= 0


def spans(declared: Declarations, side: str, across: str, size: str) -> bool:
    """Whether what is placed reaches from one side of what it is placed in to the other."""
    ends = [pixels_of(declared.get(name)) for name in (side, across)]
    if None not in ends and max(filter(None, ends), default=0) <= 0:
        return True
    sizes = filter(None, (_SIZE.fullmatch(declared.get(name, "")) for name in (size, f"min-{size}")))
    return any(float(found[1]) >= (_WIDE if found[2] == "px" else _MOST_OF_IT) for found in sizes)
