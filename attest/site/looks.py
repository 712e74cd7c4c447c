"""How text looks, given what is declared of its element and how the element around it looks."""

import re
from dataclasses import dataclass, field
from typing import Final

from attest.site.colors import BLACK, NONE, WHITE, Color, alike, over, rgba, shadowed
from attest.site.doubts import PLACED, doubt_of, is_at_end, leaves_room, spans
from attest.site.lengths import FAR, LENGTH, number_of, pixels_of, share_of
from attest.site.sheets import Declarations, names

_BEYOND: Final = 4000.0  # pixels past the far side of the largest window
_LINES: Final = 100.0  # pixels; a line or two with their margins are not higher
_SLIT: Final = 4.0  # pixels of a box through which no text is read
_LEAST_SCALE: Final = 0.1
_LEAST_BLUR: Final = 10.0  # pixels
_SMALLEST_TEXT: Final = 3.0  # pixels
_FAINTEST: Final = 0.1  # opacity
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
_TRANSFORMS: Final = names("transform translate scale zoom")
_HOLDING: Final = ("transform", "translate", "scale", "rotate", "filter", "perspective")
"""Properties that place what is `absolute` or `fixed` in an element relative to it."""

_SIDES: Final = {
    "left": ("right", "margin-left", "vw", -1, PLACED),
    "top": ("bottom", "margin-top", "vh", -1, PLACED),
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
        if not (holds or cuts or position in PLACED):
            return self
        cut = cuts or (self.placed_cut if position in _LIFTED else self.cut)
        placed = holds or position in PLACED
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
    across = above and spans(declared, "left", "right", "width")
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
        doubt=parent.doubt or doubt_of(declared, position),
        covers=across and spans(declared, "top", "bottom", "height"),
        bars=across and position == "fixed" and is_at_end(declared.get("bottom")),
        roomy=parent.roomy or leaves_room(declared),
        fixed=position == "fixed",
        holds=holds or position in PLACED,
        flexible="flex" in display or "grid" in display,
        around=parent.around.inside(declared, position, sized=sized, holds=holds),
        variables={**parent.variables, **own} if own else parent.variables,
    )


def _animated(declared: Declarations) -> bool:
    """Whether an animation may bring an element to light."""
    return declared.get("animation", "none") != "none"


def _opacity(declared: Declarations) -> float:
    if _animated(declared):
        return 1.0
    opacity = share_of(declared.get("opacity"))
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
    blurred = any((pixels_of(blur) or 0) >= _LEAST_BLUR for blur in _BLUR.findall(value))
    return f"filter:{value}" if blurred and not _animated(declared) else ""


def _away(declared: Declarations, position: str, around: Around) -> str:
    """The declaration that moves an element out of the window or of a box that cuts off what leaves it."""
    if position in PLACED:
        for side, (across, *_) in _SIDES.items():
            leads = side in {"left", "top"} or declared.get(across, "auto") == "auto"
            if side in declared and leads and _past(side, declared, position, around):
                return f"{side}:{declared[side]}"
    for name, side in (("margin-left", "left"), ("margin-top", "top")):
        margin = declared.get(name)
        back = declared.get(side) if position in PLACED else None
        moved = pixels_of(f"calc({margin} + {back})") if back else None
        if margin and ((pixels_of(margin) or 0) if moved is None else moved) <= -FAR:
            return f"{name}:{margin}"
    return ""


def _past(side: str, declared: Declarations, position: str, around: Around) -> bool:
    """Whether an element that is placed from `side` is past a side of the window or of a box that cuts it off."""
    _, margin, unit, way, unreached = _SIDES[side]
    value, upright, fixed = declared[side], unit == "vh", position == "fixed"
    distance = pixels_of(value)
    if distance is None:
        return False
    cut = around.placed_cut if position == "absolute" else around.cut and position == "relative"
    if distance <= -FAR and (position in unreached or (cut and side == "right")):
        return True
    if _animated(declared):
        return False
    pushed = pixels_of(declared.get(margin, "" if upright else "0"))  # paragraphs have margins above and below
    moves = _moves(declared)
    if moves:
        own = [number_of(move) or 0 for axis, move in moves if axis == upright and move.endswith("%")]
        leaves = fixed or (position == "absolute" and not around.placed and way < 0)
        return leaves and distance <= 0 and pushed is not None and pushed <= 0 and any(way * by >= 100 for by in own)
    if not value.endswith("%") and distance >= _BEYOND and (fixed or (cut and side == "left")):
        return True
    whole = value.endswith(("%", unit)) and (number_of(value) or 0) >= 100 and (pushed or 0) >= 0
    return fixed and (whole or (upright and -distance >= max(_LINES, pixels_of(declared.get("height")) or 0)))


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
    across = (
        declared.get("overflow-x") in {"hidden", "clip"} and indent.endswith("%") and (number_of(indent) or 0) >= 100
    )
    return f"text-indent:{indent}" if across or (pixels_of(indent) or 0) <= -FAR else ""


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
        if any(abs(share) < _LEAST_SCALE for factor in given if (share := share_of(factor)) is not None):
            return f"{name}:{declared[name]}"
    if _FLAT.search(transform):
        return f"transform:{transform}"
    if any((pixels_of(move) or 0) <= -FAR for _, move in _moves(declared) if not move.endswith("%")):
        return "translate:" + declared["translate"] if "translate" in declared else f"transform:{transform}"
    return ""


def _squeezed(declared: Declarations, *, flexible: bool) -> str:
    if "overflow-x" not in declared and "overflow-y" not in declared:
        return ""
    grow = declared.get("flex-grow") or declared.get("flex", "0").partition(" ")[0]
    if flexible and (grow == "auto" or number_of(grow)):
        return ""
    for axis, *beside in (("width", "x", "left", "right"), ("height", "y", "top", "bottom")):
        held_open = [f"min-{axis}", *(f"padding-{side}" for side in beside[1:])]
        if declared.get(f"overflow-{beside[0]}") in {"hidden", "clip", "auto", "scroll"}:
            for name in (axis, f"max-{axis}"):
                size = pixels_of(declared.get(name))
                if size is not None and size < _SLIT and not any(pixels_of(declared.get(room)) for room in held_open):
                    return f"{name}:{declared[name]}"
    return ""


def _inherited(value: str | None, parent: str) -> str:
    return value if value in {"visible", "hidden", "collapse"} else "visible" if value == "initial" else parent


def _size(value: str | None, parent: Look) -> float:
    """Font size in pixels, or the nearest guess where it cannot be known."""
    if value is None or value in {"inherit", "unset", "smaller", "larger"}:
        return parent.size
    measure = LENGTH.fullmatch(value)
    if measure is None:
        return parent.size if "em" in value and not parent.size else 16.0
    number, unit = float(measure[1]), measure[2]
    if unit in {"em", "%", "ex", "ch"}:
        return parent.size * number * {"em": 1.0, "%": 0.01}.get(unit, 0.5)
    return parent.root_size * number if unit == "rem" else pixels_of(value) or 0.0


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
