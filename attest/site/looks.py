"""How text looks, given what is declared of its element and how the element around it looks."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from attest.site.colors import BLACK, NONE, WHITE, Color, contrast, over, rgba
from attest.site.sheets import Declarations

_LENGTH: Final = re.compile(
    r"(?:calc\(\s*)?([+-]?[0-9]*\.?[0-9]+(?:e[0-9]+)?)(px|pt|pc|in|cm|mm|q|em|rem|ex|ch|vw|vh|%)?(?:\s*\))?", re.ASCII
)
_PIXELS: Final = {"in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.94, "pt": 1.33, "pc": 16.0, "em": 16.0, "rem": 16.0,
                  "ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 8.0}  # fmt: skip
_FAR: Final = 500.0  # pixels out of the window that no layout uses for content meant to be seen
_SMALLEST_TEXT: Final = 3.0  # pixels
_FAINTEST: Final = 0.1  # opacity
_LEAST_CONTRAST: Final = 1.2  # WCAG 2; the same colour has 1, black on white 21
_CUT: Final = re.compile(r"rect\((?:\s*[01](?:px)?\s*,?){4}\)")
_CLIPPED: Final = re.compile(r"inset\((?:\s*[5-9][0-9]%|[^)]*\b100%)|(?:circle|ellipse)\(\s*0|polygon\(\s*0 0,\s*0 0")
_FLAT: Final = re.compile(
    r"scale(?:[xy]|3d)?\(\s*0(?:\.0*)?\s*[,)]|matrix\(\s*0\s*,\s*0\s*,|rotate[xy]\(\s*-?90deg\s*\)"
)
_PLACED: Final = frozenset(("absolute", "fixed", "relative", "sticky"))
_AWAY: Final = {
    "left": _PLACED,
    "top": _PLACED,
    "right": {"fixed"},
    "bottom": {"fixed"},
    "margin-left": {"static", *_PLACED},
    "margin-top": {"static", *_PLACED},
}
"""Properties that move content where no scrolling reaches it, with the values of `position` under which they do."""


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
        variables: Custom properties.
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
    variables: Declarations = field(default_factory=dict)

    @property
    def unpainted(self) -> str:
        """Why its own text is not painted, although a child's may be; empty where it is."""
        if self.gone:
            return self.gone
        if self.visibility != "visible":
            return f"visibility:{self.visibility}"
        if self.small or self.indent:
            return self.small or self.indent
        if self.color is not None and self.color[3] == 0:
            return "color:transparent"
        return "color like background" if _alike(self.color, self.background) else ""


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
    own = {name: value for name, value in declared.items() if name.startswith("--")}
    return replace(
        parent,
        gone=parent.gone or ("display:none" if display == "none" else faint or _gone(declared, inline=inline)),
        visibility=_inherited(declared.get("visibility"), parent.visibility),
        size=size,
        small=_small(declared.get("font-size"), size, parent),
        indent=_indent(declared, parent.indent),
        opacity=opacity,
        color=_ink(declared, parent, drawn=drawn),
        background=None if drawn else _background(declared, parent.background),
        breaks=display.startswith(("block", "flex", "grid", "table", "list-item", "flow-root")),
        drawn=drawn,
        variables={**parent.variables, **own} if own else parent.variables,
    )


@lru_cache(maxsize=1024)
def _alike(color: Color | None, background: Color | None) -> bool:
    """Whether text of one colour is known to be lost on the other."""
    if color is None or background is None:
        return False
    return contrast(over(color, background), background) < _LEAST_CONTRAST


def _opacity(declared: Declarations) -> float:
    if declared.get("animation", "none") != "none":  # it may bring the element to light
        return 1.0
    opacity = _number(declared.get("opacity"))
    percent = declared.get("opacity", "").endswith("%")
    return 1.0 if opacity is None else min(max(opacity / (100 if percent else 1), 0.0), 1.0)


def _gone(declared: Declarations, *, inline: bool) -> str:
    """The declaration that keeps an element and all in it from being painted, or an empty string."""
    if declared.get("content-visibility") == "hidden":
        return "content-visibility:hidden"
    if re.search(r"opacity\(\s*0(?:\.0*)?%?\s*\)", declared.get("filter", "")):
        return "filter:opacity(0)"
    position = declared.get("position", "static")
    lifted = position in {"absolute", "fixed"}
    if lifted and _CUT.fullmatch(declared.get("clip", "")):
        return "clip"
    if _CLIPPED.match(declared.get("clip-path", "")):
        return "clip-path"
    sized = lifted or not inline or "display" in declared or declared.get("float", "none") != "none"
    return _away(declared, position) or _transformed(declared) or (_squeezed(declared) if sized else "")


def _away(declared: Declarations, position: str) -> str:
    for name, positions in _AWAY.items():
        if position in positions and (_pixels(declared.get(name)) or 0) <= -_FAR:
            return f"{name}:{declared[name]}"
    return ""


def _indent(declared: Declarations, parent: str) -> str:
    indent = declared.get("text-indent", "inherit")
    if indent in {"inherit", "unset"}:
        return parent
    across = declared.get("overflow-x") in {"hidden", "clip"} and indent.endswith("%") and (_number(indent) or 0) >= 100
    return f"text-indent:{indent}" if across or (_pixels(indent) or 0) <= -_FAR else ""


def _transformed(declared: Declarations) -> str:
    if declared.get("animation", "none") != "none":
        return ""
    transform = declared.get("transform", "")
    if _FLAT.search(transform):
        return f"transform:{transform}"
    moves = re.findall(r"translate(?:[xy]|3d)?\(\s*([^,)]+)(?:,\s*([^,)]+))?", transform)
    if any(_far(length) for move in moves for length in move):
        return f"transform:{transform}"
    if declared.get("scale", "").split()[:1] in (["0"], ["0%"]):
        return f"scale:{declared['scale']}"
    if any(_far(length) for length in declared.get("translate", "").split()):
        return f"translate:{declared['translate']}"
    return ""


def _far(length: str) -> bool:
    return not length.endswith("%") and (_pixels(length) or 0) <= -_FAR


def _squeezed(declared: Declarations) -> str:
    for axis, overflow in (("width", "overflow-x"), ("height", "overflow-y")):
        if declared.get(overflow) in {"hidden", "clip", "auto", "scroll"}:
            for name in (axis, f"max-{axis}"):
                if (size := _pixels(declared.get(name))) is not None and size <= 1:
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


def _ink(declared: Declarations, parent: Look, *, drawn: bool) -> Color | None:
    """The colour of text, or None where it cannot be known."""
    shadowed = declared.get("text-shadow", "none") != "none" or "stroke" in declared
    if shadowed or declared.get("background-clip") == "text":
        return None
    if drawn:
        fill = declared.get("fill")
        return NONE if fill in {"none", "transparent"} else parent.color if fill is None else None
    fill = declared.get("-webkit-text-fill-color", "currentcolor")
    value = declared.get("color") if fill == "currentcolor" else fill
    if value is None or value in {"", "inherit", "unset", "currentcolor"}:
        return parent.color
    return rgba(value)


def _background(declared: Declarations, behind: Color | None) -> Color | None:
    """What is painted behind text, or None where it cannot be known: under what is laid over other content, say."""
    value = declared.get("background-color", "")
    if value in {"", "none", "transparent", "inherit", "unset", "initial", "0", "0 0"}:
        return None if declared.get("position") in {"absolute", "fixed"} else behind
    color = rgba(value)
    if color is None or color[3] == 1:
        return color
    return None if behind is None else over(color, behind)


def _number(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value) if value else None
    return float(match[1]) if match else None


def _pixels(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value.strip()) if value else None
    if match is None:
        return None
    unit = match[2] or "px"
    return float(match[1]) * (_FAR / 100 if unit == "%" else _PIXELS.get(unit, 1.0))
