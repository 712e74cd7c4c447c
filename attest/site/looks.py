"""How text looks, given what is declared of its element and how the element around it looks."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from attest.site.colors import BLACK, NONE, WHITE, Color, alike, over, rgba, shadowed
from attest.site.sheets import Declarations, names

_LENGTH: Final = re.compile(
    r"(?:calc\(\s*)?([+-]?[0-9]*\.?[0-9]+(?:e[0-9]+)?)(px|pt|pc|in|cm|mm|q|em|rem|ex|ch|vw|vh|%)?(?:\s*\))?", re.ASCII
)
_PIXELS: Final = {"in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.94, "pt": 1.33, "pc": 16.0, "em": 16.0, "rem": 16.0,
                  "ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 8.0}  # fmt: skip
_RELATIVE: Final = names("% vw vh")  # units of which a large window has more than is counted here
_MOST: Final = 50.0  # pixels to one of them in the largest window
_FAR: Final = 500.0  # pixels out of the window that no layout uses for content meant to be seen
_BEYOND: Final = 4000.0  # pixels past the far side of the largest window
_LINES: Final = 100.0  # pixels; a line or two with their margins are not higher
_SLIT: Final = 4.0  # pixels of a box through which no text is read
_LEAST_SCALE: Final = 0.1
_LEAST_BLUR: Final = 10.0  # pixels
_SMALLEST_TEXT: Final = 3.0  # pixels
_FAINTEST: Final = 0.1  # opacity
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
_USUAL: Final = names("0 auto none normal inherit")
"""Values that no doubt comes from."""
_UNBOUNDED: Final = names("auto none inherit fit-content max-content min-content")
_HIDING: Final = re.compile(r"\b(?:blur|brightness|contrast|invert|opacity|url)\(")
_FUNCTION: Final = re.compile(r"([a-z0-9]+)\(((?:[^()]|\([^()]*\))*)\)\s*")
_CENTRED: Final = re.compile(r"calc\(\s*-50%\s*[+-]\s*[0-9.]+px\s*\)")
_ANGLE: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+)(?:deg|turn|rad|grad)?", re.ASCII)
_SIZE: Final = re.compile(r"(?:calc\(\s*)?([0-9]*\.?[0-9]+)(%|[dsl]?v[wh]|px)(?:\s*\))?")
_CUT: Final = re.compile(r"rect\((?:\s*[01](?:px)?\s*,?){4}\)")
_CLIPPED: Final = re.compile(
    r"inset\((?:\s*[5-9][0-9]%|[^)]*\b100%)|(?:circle|ellipse)\(\s*0|polygon\(\s*0 0,\s*0 0|polygon\([^,]*(?:,[^,]*)?\)"
)
_FLAT: Final = re.compile(r"matrix\(\s*0\s*,\s*0\s*,|rotate[xy]\(\s*-?90deg\s*\)")
_SCALE: Final = re.compile(r"scale(?:[xy]|3d)?\(\s*([^(),]+)(?:,\s*([^(),]+))?")
_MOVE: Final = re.compile(r"translate([xy]|3d|)\(\s*([^,)]+)(?:,\s*([^,)]+))?")
_BLUR: Final = re.compile(r"blur\(\s*([^()]+)\)")
_UNSIZED: Final = names("inline contents initial unset")
_NOTHING: Final = names("none inherit initial unset")
_LIFTED: Final = names("absolute fixed")
_PLACED: Final = names("absolute fixed relative sticky")
_TRANSFORMS: Final = names("transform translate scale zoom")
_HOLDING: Final = ("transform", "translate", "scale", "rotate", "filter", "perspective")
"""Properties that place what is `absolute` or `fixed` in an element relative to it."""

_SIDES: Final = {
    "left": ("right", "margin-left", "vw", -1, _PLACED),
    "top": ("bottom", "margin-top", "vh", -1, _PLACED),
    "right": ("left", "margin-right", "vw", 1, names("fixed")),
    "bottom": ("top", "margin-bottom", "vh", 1, names("fixed")),
}
"""The side across, the margin, the unit, the way out, and under which `position` no scrolling reaches what left."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the elements around one do to where it is painted.

    Attributes:
        cut: What leaves one of them sideways is cut off.
        placed_cut: So is what is `absolute`.
        placed: One of them is what `absolute` is relative to, not the window.
        held: One of them is what `fixed` is relative to.
    """

    cut: bool = False
    placed_cut: bool = False
    placed: bool = False
    held: bool = False

    def inside(self, declared: Declarations, position: str, *, sized: bool, holds: bool) -> "Around":
        """What an element does, and those around it.

        Args:
            holds: It is what `fixed` is relative to.
        """
        cuts = sized and declared.get("overflow-x") in {"hidden", "clip"}
        if not (holds or cuts or position in _PLACED):
            return self
        cut = cuts or (self.placed_cut if position in _LIFTED else self.cut)
        placed = holds or position in _PLACED
        return Around(cut, cut if placed else self.placed_cut, placed or self.placed, holds or self.held)


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's own text looks in one viewport.

    Attributes:
        gone: Why nothing in it is painted, whatever its children say; empty where something may be.
        size, root_size: Of its text and of the root's, pixels.
        small: The declaration that makes text too small to be seen; empty where it is not.
        indent: The declaration that moves lines out of the window; empty where none does.
        opacity: Product along the way from the root.
        color, background: Of its text and behind it; None where they cannot be known here.
        breaks: A rule lays it out as a block.
        drawn: It is part of an SVG picture.
        plain: Nothing on the whole page has another colour than white.
        doubt: The declaration that may hide it, where only a browser can tell; empty where there is none.
        covers: It lies over all of the window or of an element around it.
        bars: It lies over the window's bottom.
        roomy: It, or an element around it, leaves room below its content.
        fixed: It is placed in the window, whatever is around it.
        holds: What is `absolute` in it is placed relative to it.
        flexible: It shares its room out to its children.
        variables: Custom properties.
        unpainted: Why its own text is not painted, although a child's may be; empty where it is.
    """

    gone: str = ""
    visibility: str = "visible"
    size: float = 16.0
    root_size: float = 16.0
    small: str = ""
    indent: str = ""
    opacity: float = 1.0
    color: Color | None = BLACK
    background: Color | None = WHITE
    breaks: bool = False
    drawn: bool = False
    plain: bool = False
    doubt: str = ""
    covers: bool = False
    bars: bool = False
    roomy: bool = False
    fixed: bool = False
    holds: bool = False
    flexible: bool = False
    around: Around = Around()
    variables: Declarations = field(default_factory=dict)
    unpainted: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unpainted", self._unpainted())

    def _unpainted(self) -> str:
        if self.gone:
            return self.gone
        if self.visibility != "visible":
            return f"visibility:{self.visibility}"
        if self.small or self.indent:
            return self.small or self.indent
        if self.color is not None and self.color[3] == 0:
            return "color:transparent"
        return "color like background" if alike(self.color, self.background) else ""


def look_of(declared: Declarations, parent: Look, *, hidden: bool, inline: bool, drawn: bool) -> Look:
    """The look of an element.

    Args:
        declared: What holds of it, variables put in.
        hidden: It is not displayed unless something else is declared.
        inline: It has no width and height unless something else is declared.
        drawn: It is part of an SVG picture.
    """
    display = declared.get("display", "none" if hidden else "")
    size = _size(declared.get("font-size"), parent)
    opacity = parent.opacity * _opacity(declared)
    faint = f"opacity:{declared.get('opacity')}" if opacity < _FAINTEST <= parent.opacity else ""
    background = None if drawn else _background(declared, parent)
    position = declared.get("position", "static")
    if position == "fixed" and parent.around.held:
        position = "absolute"
    floats = declared.get("float", "none") != "none"
    sized = position in _LIFTED or floats or (display not in _UNSIZED if display else not inline)
    above = position in _LIFTED and not declared.get("z-index", "").startswith("-")
    across = above and _spans(declared, "left", "right", "width")
    holds = any(declared.get(name, "none") not in _NOTHING for name in _HOLDING)
    own = {name: value for name, value in declared.items() if name.startswith("--")}
    return Look(
        gone=parent.gone
        or ("display:none" if display == "none" else faint or _gone(declared, position, parent, sized=sized)),
        visibility=_inherited(declared.get("visibility"), parent.visibility),
        size=size,
        root_size=parent.root_size,
        small=_small(declared.get("font-size"), size, parent),
        indent=_indent(declared, parent.indent),
        opacity=opacity,
        color=_ink(declared, parent, background, drawn=drawn),
        background=background,
        breaks=display.startswith(("block", "flex", "grid", "table", "list-item", "flow-root")),
        drawn=drawn,
        plain=parent.plain,
        doubt=parent.doubt or _doubt(declared, position),
        covers=across and _spans(declared, "top", "bottom", "height"),
        bars=across and position == "fixed" and _at_end(declared.get("bottom")),
        roomy=parent.roomy or _leaves_room(declared),
        fixed=position == "fixed",
        holds=holds or position in _PLACED,
        flexible="flex" in display or "grid" in display,
        around=parent.around.inside(declared, position, sized=sized, holds=holds),
        variables={**parent.variables, **own} if own else parent.variables,
    )


def _doubt(declared: Declarations, position: str) -> str:
    """The declaration that may hide what is in an element, where only a browser can tell; empty where none may."""
    for name, value in declared.items():
        if name in _DOUBTS and value not in _USUAL and _DOUBTS[name](value, declared, position):
            return _told(name, value)
    if declared.get("overflow-y") in {"hidden", "clip"}:
        for name in ("height", "max-height"):
            if declared.get(name, "auto") not in _UNBOUNDED:
                return f"{_told('overflow', declared['overflow-y'])};{_told(name, declared[name])}"
    if declared.get("overflow-x") in {"hidden", "clip"}:
        room = min(_pixels(declared.get(name)) or _ROOM for name in ("width", "max-width"))
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
        return all((_share(value) or 0) >= _LEAST_PART for value in values)
    numbers = [_angle(value) for value in values]
    return not any(numbers) if kind.startswith(("rotate", "skew")) else numbers == [1, 0, 0, 1, 0, 0]


def _angle(value: str) -> float:
    """An angle or a number, be its unit what it may."""
    match = _ANGLE.fullmatch(value)
    return float(match[1]) if match else _FAR


def _is_near(move: str) -> bool:
    if _CENTRED.fullmatch(move):
        return True
    if move.endswith("%"):
        return abs(_number(move) or 0) <= 100
    distance = _pixels(move)
    return distance is not None and -_AWAY < distance < _FAR


def _moved(value: str, _declared: Declarations, position: str) -> bool:
    """Whether an offset leads out of an element's place."""
    return position in _PLACED and (_pixels(value) or 0) <= -_AWAY


def _pulled(value: str, declared: Declarations, _position: str) -> bool:
    """Whether a margin leads out to the left: no row of a grid, and nothing that is centred by it."""
    pulled = -(_pixels(value) or 0)
    return pulled >= _FAR_AWAY and (_pixels(declared.get("left")) or 0) <= 0


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
    "zoom": lambda value, *_: (_share(value) or 1) < _LEAST_PART,
    "opacity": lambda value, *_: (1 if (share := _share(value)) is None else share) < _LEAST_OPACITY,
    "z-index": lambda value, _, position: position in _PLACED and value.startswith("-"),
    "text-indent": lambda value, *_: (_pixels(value) or 0) <= -_FAR_AWAY,
    "margin-left": _pulled,
    **dict.fromkeys(_SIDES, _moved),
}
"""Of properties that may hide text, whether a value does."""


def _leaves_room(declared: Declarations) -> bool:
    below = [declared.get(name, "") for name in ("padding-bottom", "margin-bottom")]
    return any("env(" in value or (_pixels(value) or 0) >= _BELOW for value in below)


def _at_end(offset: str | None) -> bool:
    distance = _pixels(offset)
    return distance is not None and distance <= 0


def _spans(declared: Declarations, side: str, across: str, size: str) -> bool:
    """Whether what is placed reaches from one side of what it is placed in to the other."""
    ends = [_pixels(declared.get(name)) for name in (side, across)]
    if None not in ends and max(filter(None, ends), default=0) <= 0:
        return True
    sizes = filter(None, (_SIZE.fullmatch(declared.get(name, "")) for name in (size, f"min-{size}")))
    return any(float(found[1]) >= (_WIDE if found[2] == "px" else _MOST_OF_IT) for found in sizes)


def _animated(declared: Declarations) -> bool:
    """Whether an animation may bring an element to light."""
    return declared.get("animation", "none") != "none"


def _opacity(declared: Declarations) -> float:
    if _animated(declared):
        return 1.0
    opacity = _share(declared.get("opacity"))
    return 1.0 if opacity is None else min(max(opacity, 0.0), 1.0)


def _gone(declared: Declarations, position: str, parent: Look, *, sized: bool) -> str:
    """The declaration that keeps an element and all in it from being painted, or an empty string."""
    if declared.get("content-visibility") == "hidden":
        return "content-visibility:hidden"
    if position in _LIFTED and _CUT.fullmatch(declared.get("clip", "")):
        return "clip"
    if _CLIPPED.match(declared.get("clip-path", "")):
        return "clip-path"
    return (
        _filtered(declared)
        or _away(declared, position, parent.around)
        or _transformed(declared)
        or (_squeezed(declared, flexible=parent.flexible) if sized else "")
    )


def _filtered(declared: Declarations) -> str:
    value = declared.get("filter", "none")
    if value == "none":
        return ""
    if re.search(r"opacity\(\s*0(?:\.0*)?%?\s*\)", value):
        return "filter:opacity(0)"
    blurred = any((_pixels(blur) or 0) >= _LEAST_BLUR for blur in _BLUR.findall(value))
    return f"filter:{value}" if blurred and not _animated(declared) else ""


def _away(declared: Declarations, position: str, around: Around) -> str:
    """The declaration that moves an element out of the window or of a box that cuts off what leaves it."""
    if position in _PLACED:
        for side, (across, *_) in _SIDES.items():
            leads = side in {"left", "top"} or declared.get(across, "auto") == "auto"
            if side in declared and leads and _past(side, declared, position, around):
                return f"{side}:{declared[side]}"
    for name, side in (("margin-left", "left"), ("margin-top", "top")):
        margin = declared.get(name)
        back = declared.get(side) if position in _PLACED else None
        moved = _pixels(f"calc({margin} + {back})") if back else None
        if margin and ((_pixels(margin) or 0) if moved is None else moved) <= -_FAR:
            return f"{name}:{margin}"
    return ""


def _past(side: str, declared: Declarations, position: str, around: Around) -> bool:
    """Whether an element that is placed from `side` is past a side of the window or of a box that cuts it off."""
    _, margin, unit, way, unreached = _SIDES[side]
    value, upright, fixed = declared[side], unit == "vh", position == "fixed"
    distance = _pixels(value)
    if distance is None:
        return False
    cut = around.placed_cut if position == "absolute" else around.cut and position == "relative"
    if distance <= -_FAR and (position in unreached or (cut and side == "right")):
        return True
    if _animated(declared):
        return False
    pushed = _pixels(declared.get(margin, "" if upright else "0"))  # paragraphs have margins above and below
    moves = _moves(declared)
    if moves:
        own = [_number(move) or 0 for axis, move in moves if axis == upright and move.endswith("%")]
        leaves = fixed or (position == "absolute" and not around.placed and way < 0)
        return leaves and distance <= 0 and pushed is not None and pushed <= 0 and any(way * by >= 100 for by in own)
    if not value.endswith("%") and distance >= _BEYOND and (fixed or (cut and side == "left")):
        return True
    whole = value.endswith(("%", unit)) and (_number(value) or 0) >= 100 and (pushed or 0) >= 0
    return fixed and (whole or (upright and -distance >= max(_LINES, _pixels(declared.get("height")) or 0)))


def _moves(declared: Declarations) -> list[tuple[bool, str]]:
    """How far an element is moved from its place, and whether up or down."""
    moves = []
    for kind, first, second in _MOVE.findall(declared.get("transform", "")):
        moves.append((kind == "y", first))
        if second:
            moves.append((True, second))
    return moves + [(upright > 0, move) for upright, move in enumerate(declared.get("translate", "").split()[:2])]


def _indent(declared: Declarations, parent: str) -> str:
    indent = declared.get("text-indent", "inherit")
    if indent in {"inherit", "unset"}:
        return parent
    across = declared.get("overflow-x") in {"hidden", "clip"} and indent.endswith("%") and (_number(indent) or 0) >= 100
    return f"text-indent:{indent}" if across or (_pixels(indent) or 0) <= -_FAR else ""


def _transformed(declared: Declarations) -> str:
    if _TRANSFORMS.isdisjoint(declared) or _animated(declared):
        return ""
    transform = declared.get("transform", "")
    factors = {
        "transform": [factor for pair in _SCALE.findall(transform) for factor in pair],
        "scale": declared.get("scale", "").split()[:2],
        "zoom": [zoom] if (zoom := declared.get("zoom", "0")) != "0" else [],
    }
    for name, given in factors.items():
        if any(abs(share) < _LEAST_SCALE for factor in given if (share := _share(factor)) is not None):
            return f"{name}:{declared[name]}"
    if _FLAT.search(transform):
        return f"transform:{transform}"
    if any((_pixels(move) or 0) <= -_FAR for _, move in _moves(declared) if not move.endswith("%")):
        return "translate:" + declared["translate"] if "translate" in declared else f"transform:{transform}"
    return ""


def _squeezed(declared: Declarations, *, flexible: bool) -> str:
    if "overflow-x" not in declared and "overflow-y" not in declared:
        return ""
    grow = declared.get("flex-grow") or declared.get("flex", "0").partition(" ")[0]
    if flexible and (grow == "auto" or _number(grow)):
        return ""
    for axis, *beside in (("width", "x", "left", "right"), ("height", "y", "top", "bottom")):
        held_open = [f"min-{axis}", *(f"padding-{side}" for side in beside[1:])]
        if declared.get(f"overflow-{beside[0]}") in {"hidden", "clip", "auto", "scroll"}:
            for name in (axis, f"max-{axis}"):
                size = _pixels(declared.get(name))
                if size is not None and size < _SLIT and not any(_pixels(declared.get(room)) for room in held_open):
                    return f"{name}:{declared[name]}"
    return ""


def _inherited(value: str | None, parent: str) -> str:
    return value if value in {"visible", "hidden", "collapse"} else "visible" if value == "initial" else parent


def _size(value: str | None, parent: Look) -> float:
    """Font size in pixels, or the nearest guess where it cannot be known."""
    if value is None or value in {"inherit", "unset", "smaller", "larger"}:
        return parent.size
    measure = _LENGTH.fullmatch(value)
    if measure is None:
        return parent.size if "em" in value and not parent.size else 16.0
    number, unit = float(measure[1]), measure[2]
    if unit in {"em", "%", "ex", "ch"}:
        return parent.size * number * {"em": 1.0, "%": 0.01}.get(unit, 0.5)
    return parent.root_size * number if unit == "rem" else _pixels(value) or 0.0


def _small(value: str | None, size: float, parent: Look) -> str:
    if size >= _SMALLEST_TEXT:
        return ""
    return f"font-size:{value}" if value and not parent.small else parent.small


def _ink(declared: Declarations, parent: Look, background: Color | None, *, drawn: bool) -> Color | None:
    """The colour of text, or None where it cannot be known."""
    stroked = declared.get("stroke", "none") not in _NOTHING
    if (
        stroked
        or declared.get("background-clip") == "text"
        or shadowed(declared.get("text-shadow", "none"), background)
    ):
        return None
    if drawn:
        fill = declared.get("fill")
        return NONE if fill in {"none", "transparent"} else parent.color if fill is None else None
    fill = declared.get("-webkit-text-fill-color", "currentcolor")
    value = declared.get("color") if fill == "currentcolor" else fill
    if value is None or value in {"", "inherit", "unset", "currentcolor"}:
        return parent.color
    return rgba(value)


def _background(declared: Declarations, parent: Look) -> Color | None:
    """What is painted behind text, or None where it cannot be known: under what is laid over other content, say."""
    behind = parent.background
    value = declared.get("background-color", "")
    if value in {"", "transparent", "0", "0 0", *_NOTHING}:
        return None if declared.get("position") in _LIFTED and not parent.plain else behind
    color = rgba(value)
    if color is None or color[3] == 1:
        return color
    return None if behind is None else over(color, behind)


def _number(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value.strip()) if value else None
    return float(match[1]) if match else None


def _share(value: str | None) -> float | None:
    """A factor, which may be written in percent."""
    number = _number(value)
    return number / 100 if number is not None and value and value.rstrip().endswith("%") else number


def _pixels(value: str | None) -> float | None:
    """A length, or a sum of lengths that the largest window makes largest; None where it is neither."""
    value = (value or "").strip()
    if match := _LENGTH.fullmatch(value):
        return _length(match)
    terms = value[5:-1].split() if value.startswith("calc(") else []
    lengths = [_LENGTH.fullmatch(term) for term in terms[::2]]
    if len(terms) % 2 == 0 or not {"+", "-"}.issuperset(terms[1::2]) or None in lengths:
        return None
    signs = (-1.0 if sign == "-" else 1.0 for sign in ("+", *terms[1::2]))
    return sum(_length(match, sign, most=_MOST) for match, sign in zip(lengths, signs, strict=True) if match)


def _length(match: re.Match[str], sign: float = 1.0, *, most: float = 0.0) -> float:
    number, unit = sign * float(match[1]), match[2] or "px"
    per_unit = _FAR / 100 if unit == "%" else _PIXELS.get(unit, 1.0)
    return number * (max(most, per_unit) if number > 0 and unit in _RELATIVE else per_unit)
