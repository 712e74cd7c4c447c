"""What a page's own style sheets say about being seen, judged without a browser.

Only declarations that can hide text are read, from `style` elements and attributes, cascaded by importance,
specificity and order (CSS Cascade 4). A text counts as seen if it would be seen on a desktop or on a phone. What
cannot be known here (outside style sheets, script, queries other than width) never hides anything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import tinycss2
import tinycss2.color4
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

VIEWPORTS: Final = ((1280, 800), (390, 844))
"""CSS pixels of a desktop window and of a phone."""

_PROPERTIES: Final = frozenset(
    [
        "display",
        "visibility",
        "opacity",
        "filter",
        "content-visibility",
        "position",
        "left",
        "top",
        "right",
        "bottom",
        "text-indent",
        "margin-left",
        "clip",
        "clip-path",
        "transform",
        "font-size",
        "font",
        "color",
        "background",
        "background-color",
        "background-image",
        "background-clip",
        "-webkit-background-clip",
        "width",
        "height",
        "max-width",
        "max-height",
        "overflow",
        "overflow-x",
        "overflow-y",
        "content",
    ]
)
_COLOURED: Final = frozenset(("a", "button", "input", "select", "textarea", "option", "mark"))
"""Elements to which browsers give a colour of their own."""

_PSEUDO: Final = re.compile(r"::?(before|after)\s*$", re.IGNORECASE)
_LENGTH: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+(?:e[0-9]+)?)(px|pt|pc|in|cm|mm|q|em|rem|ex|ch|vw|vh|%)?", re.ASCII)
_PIXELS: Final = {"in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.94, "pt": 1.33, "pc": 16.0, "em": 16.0, "rem": 16.0,
                  "ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 8.0}  # fmt: skip
_FAR: Final = 500.0  # pixels out of the window that no layout uses for content meant to be seen
_PLACED: Final = frozenset(("absolute", "fixed", "relative", "sticky"))
_AWAY: Final = {
    "left": _PLACED,
    "top": _PLACED,
    "right": {"fixed"},
    "bottom": {"fixed"},
    "text-indent": {"static", *_PLACED},
    "margin-left": {"static", *_PLACED},
}
"""Properties that move content where no scrolling reaches it, with the values of `position` under which they do."""

_IDS: Final = re.compile(r"#[\w-]+")
_CLASSES: Final = re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!:)(?!where|is|not|has)[\w-]+")
_TAGS: Final = re.compile(r"(?:^|[\s>+~(,])[A-Za-z][\w-]*|::[\w-]+")
_WIDTH: Final = re.compile(r"\(\s*(min|max)-(?:device-)?width\s*:\s*([0-9.]+)(px|em|rem)\s*\)")
_RANGE: Final = re.compile(r"\(\s*width\s*(<=|>=|<|>)\s*([0-9.]+)(px|em|rem)\s*\)")

Weight = tuple[bool, bool, tuple[int, int, int], int]
"""Importance, whether from a style attribute, specificity, order."""

Winners = dict[str, tuple[Weight, str]]

Declarations = Mapping[str, str]
Color = tuple[float, ...]
"""Red, green, blue and opacity, each 0 to 1."""

_BLACK: Final[Color] = (0.0, 0.0, 0.0, 1.0)
_WHITE: Final[Color] = (1.0, 1.0, 1.0, 1.0)
_LINK: Final[Color] = (0.0, 0.0, 0.933, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's own text looks in one viewport.

    Attributes:
        gone: Why nothing in it is painted, whatever its children say; empty where something may be.
        font_size: The size where it is nothing; empty where text has a size.
        color, background: Of its text and behind it; None where they cannot be known here.
        breaks: A rule lays it out as a block.
    """

    gone: str = ""
    visibility: str = "visible"
    font_size: str = ""
    color: Color | None = _BLACK
    background: Color | None = _WHITE
    breaks: bool = False

    @property
    def unpainted(self) -> str:
        """Why its own text is not painted, although a child's may be; empty where it is."""
        if self.gone:
            return self.gone
        if self.visibility != "visible":
            return f"visibility:{self.visibility}"
        if self.font_size:
            return f"font-size:{self.font_size}"
        if self.color is not None and self.color[3] == 0:
            return "color:transparent"
        if self.color is not None and self.color == self.background:
            return "color like background"
        return ""


_UNKNOWN: Final = Look(color=None, background=None)


@dataclass(slots=True)
class Cascade:
    """The winning declarations of every element of one page in one viewport, by `LexborNode.mem_id`.

    Attributes:
        outside: The page also loads style sheets that are not seen here.
        won: Of elements.
        generated: Of what is drawn `before` and `after` them.
    """

    outside: bool
    won: dict[int, Winners] = field(default_factory=dict)
    generated: dict[tuple[int, str], Winners] = field(default_factory=dict)

    def look(self, node: LexborNode, parent: Look) -> Look:
        """How `node` looks, given how the element around it does."""
        attributes = node.attributes
        won = self.won.get(node.mem_id)
        inline = attributes.get("style")
        tag = node.tag
        hidden = "hidden" in attributes or (tag == "dialog" and "open" not in attributes)
        if not (won or inline or hidden or parent.breaks or tag in _COLOURED):
            return parent
        winners = dict(won or {})
        if inline:
            for name, value, important in _declarations(tinycss2.parse_blocks_contents(inline)):
                _compete(winners, name, value, (important, True, (0, 0, 0), 0))
        declared = {name: value for name, (_, value) in winners.items()}
        look = _look(declared, parent, hidden=hidden)
        if tag in _COLOURED and "color" not in declared:
            look = replace(look, color=_LINK if tag == "a" and "href" in attributes and not self.outside else None)
        return look

    def root(self) -> Look:
        """How the page looks before any rule: black on white, unless sheets that are not seen may say otherwise."""
        return _UNKNOWN if self.outside else Look()

    def text_of(self, node: LexborNode, place: str) -> str:
        """What `content` draws at `place`, `before` or `after`; empty where it draws nothing or nothing seen."""
        won = self.generated.get((node.mem_id, place))
        if not won or "content" not in won:
            return ""
        declared = {name: value for name, (_, value) in won.items()}
        return "" if _look(declared, _UNKNOWN, hidden=False).unpainted else _generated(declared["content"], node)


def cascades(tree: LexborHTMLParser, sheets: Iterable[str], *, outside: bool) -> tuple[Cascade, ...]:
    """One cascade for each of `VIEWPORTS`.

    Args:
        sheets: Contents of the page's `style` elements, in order.
        outside: Whether it loads others.
    """
    parsed = [tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True) for sheet in sheets]
    made = []
    for width, _ in VIEWPORTS:
        cascade = Cascade(outside)
        matched: dict[str, list[int]] = {}
        order = 0
        for rule in (rule for sheet in parsed for rule in _rules(sheet, width)):
            declarations = list(_declarations(tinycss2.parse_blocks_contents(rule.content)))
            if not declarations:
                continue
            for selector in _selectors(rule.prelude):
                order += 1
                _apply(cascade, tree, selector, declarations, order, matched)
        made.append(cascade)
    return tuple(made)


def _apply(
    cascade: Cascade,
    tree: LexborHTMLParser,
    selector: str,
    declarations: list[tuple[str, str, bool]],
    order: int,
    matched: dict[str, list[int]],
) -> None:
    pseudo = _PSEUDO.search(selector)
    base = (selector[: pseudo.start()] if pseudo else selector).strip() or "*"
    if base not in matched:
        try:
            matched[base] = [node.mem_id for node in tree.css(base)]
        except SelectolaxError:
            matched[base] = []
    weight = (_specificity(selector), order)
    for name in matched[base]:
        if pseudo:
            winners = cascade.generated.setdefault((name, pseudo[1].lower()), {})
        else:
            winners = cascade.won.setdefault(name, {})
        for declared, value, important in declarations:
            _compete(winners, declared, value, (important, False, *weight))


def _compete(winners: Winners, name: str, value: str, weight: Weight) -> None:
    for part, of_part in _longhands(name, value):
        if part not in winners or weight >= winners[part][0]:
            winners[part] = (weight, of_part)


def _longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "font":
        if size := re.search(r"(?:^|\s)(0[a-z%]*)\s*(?:/|\s)", value):
            yield "font-size", size[1]
        return
    if name == "background-image":
        name, value = "background-color", "inherit" if value == "none" else "picture"
    if name == "background":
        name, value = "background-color", value if "(" not in value or value.startswith(("rgb", "hsl")) else "picture"
    if name.endswith("background-clip"):
        name = "background-clip"
    if name == "overflow":
        yield "overflow-x", value.split()[0]
        yield "overflow-y", value.split()[-1]
        return
    yield name, value


def _rules(nodes: Iterable[Any], width: int) -> Iterator[Any]:
    """Style rules that hold in a window of that width, those inside conditions included."""
    for node in nodes:
        if node.type == "qualified-rule":
            yield node
        elif node.type == "at-rule" and node.content is not None:
            name = node.lower_at_keyword
            if name in {"layer", "supports"} or (name == "media" and _holds(tinycss2.serialize(node.prelude), width)):
                yield from _rules(
                    tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True), width
                )


def _holds(query: str, width: int) -> bool:
    """Whether a media query list holds on a screen of that width; one that is not understood does not."""
    return any(_one_holds(part.strip().lower(), width) for part in query.split(","))


def _one_holds(query: str, width: int) -> bool:
    for part in re.split(r"\s+and\s+", query.removeprefix("only ").strip()):
        if part in {"", "all", "screen"}:
            continue
        if limit := _WIDTH.fullmatch(part):
            pixels = float(limit[2]) * (1 if limit[3] == "px" else 16)
            if (width < pixels) if limit[1] == "min" else (width > pixels):
                return False
        elif limit := _RANGE.fullmatch(part):
            pixels = float(limit[2]) * (1 if limit[3] == "px" else 16)
            holds = {"<": width < pixels, ">": width > pixels, "<=": width <= pixels, ">=": width >= pixels}
            if not holds[limit[1]]:
                return False
        else:
            return False
    return True


def _selectors(prelude: Iterable[Any]) -> Iterator[str]:
    part: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield tinycss2.serialize(part).strip()
            part = []
        else:
            part.append(token)
    yield tinycss2.serialize(part).strip()


def _specificity(selector: str) -> tuple[int, int, int]:
    return len(_IDS.findall(selector)), len(_CLASSES.findall(selector)), len(_TAGS.findall(selector))


def _declarations(nodes: Iterable[Any]) -> Iterator[tuple[str, str, bool]]:
    for node in nodes:
        if node.type == "declaration" and node.lower_name in _PROPERTIES:
            value = tinycss2.serialize(node.value).strip()
            yield node.lower_name, value if node.lower_name == "content" else value.lower(), node.important


def _look(declared: Declarations, parent: Look, *, hidden: bool) -> Look:
    display = declared.get("display", "none" if hidden else "")
    return replace(
        parent,
        gone=parent.gone or ("display:none" if display == "none" else _gone(declared)),
        visibility=_inherited(declared.get("visibility"), parent.visibility, {"visible", "hidden", "collapse"}),
        font_size=_font_size(declared.get("font-size"), parent.font_size),
        color=None if declared.get("background-clip") == "text" else _color(declared.get("color"), parent.color),
        background=_background(declared.get("background-color"), parent.background),
        breaks=display.startswith(("block", "flex", "grid", "table", "list-item", "flow-root")),
    )


def _gone(declared: Declarations) -> str:
    """The declaration that keeps an element and all in it from being painted, or an empty string."""
    opacity = _number(declared.get("opacity"))
    if opacity is not None and opacity <= 0:
        return "opacity:0"
    if declared.get("content-visibility") == "hidden":
        return "content-visibility:hidden"
    if re.search(r"opacity\(\s*0(?:\.0*)?%?\s*\)", declared.get("filter", "")):
        return "filter:opacity(0)"
    position = declared.get("position", "static")
    for name, positions in _AWAY.items():
        if position in positions and (_pixels(declared.get(name)) or 0) <= -_FAR:
            return f"{name}:{declared[name]}"
    clipped = declared.get("overflow-x") in {"hidden", "clip"}
    if clipped and (indent := declared.get("text-indent", "")).endswith("%") and (_number(indent) or 0) >= 100:
        return f"text-indent:{indent}"
    if position in {"absolute", "fixed"} and re.fullmatch(
        r"rect\((?:\s*[01](?:px)?\s*,?){4}\)", declared.get("clip", "")
    ):
        return "clip"
    if re.match(r"inset\(\s*(?:[5-9][0-9]|100)%|circle\(\s*0|polygon\(\s*0 0,\s*0 0", declared.get("clip-path", "")):
        return "clip-path"
    transform = declared.get("transform", "")
    if re.search(r"scale[xy]?\(\s*0(?:\.0*)?\s*[,)]", transform):
        return "transform:scale(0)"
    if any((_pixels(length) or 0) <= -_FAR for length in re.findall(r"translate[xy]?\(\s*([^,)]+)", transform)):
        return f"transform:{transform}"
    for axis, overflow in (("width", "overflow-x"), ("height", "overflow-y")):
        if declared.get(overflow) in {"hidden", "clip"}:
            for name in (axis, f"max-{axis}"):
                if (size := _pixels(declared.get(name))) is not None and size <= 1:
                    return f"{name}:{declared[name]}"
    return ""


def _inherited(value: str | None, parent: str, known: set[str]) -> str:
    return value if value in known else "visible" if value == "initial" else parent


def _font_size(value: str | None, parent: str) -> str:
    if value is None or value in {"inherit", "unset"} or (parent and re.search(r"(?<!r)em|%|larger|smaller", value)):
        return parent
    return value if _pixels(value) == 0 or value in {"0%", "0em"} else ""


def _color(value: str | None, parent: Color | None) -> Color | None:
    if value is None or value in {"inherit", "unset", "currentcolor"}:
        return parent
    return _rgba(value)


def _background(value: str | None, parent: Color | None) -> Color | None:
    """The nearest opaque background, or None where it cannot be known."""
    if value is None or value in {"none", "transparent", "inherit", "unset", "initial"}:
        return parent
    color = _rgba(value)
    return parent if color is not None and color[3] == 0 else color


def _rgba(value: str) -> Color | None:
    color = tinycss2.color4.parse_color(value)
    if color is None or isinstance(color, str) or color.space != "srgb":
        try:
            color = color.to("srgb") if color is not None and not isinstance(color, str) else None
        except (NotImplementedError, ValueError):
            color = None
    if color is None:
        return None
    return (*(round(float(part or 0), 3) for part in color.coordinates), round(float(color.alpha), 3))


def _number(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value) if value else None
    return float(match[1]) if match else None


def _pixels(value: str | None) -> float | None:
    match = _LENGTH.fullmatch(value.strip()) if value else None
    if match is None:
        return None
    unit = match[2] or "px"
    return float(match[1]) * (_FAR / 100 if unit == "%" else _PIXELS.get(unit, 1.0))


def _generated(content: str, node: LexborNode) -> str:
    drawn = []
    for token in tinycss2.parse_component_value_list(content):
        if token.type == "string":
            drawn.append(token.value)
        elif token.type == "function" and token.lower_name == "attr":
            drawn.append(node.attributes.get(tinycss2.serialize(token.arguments).strip()) or "")
    return "".join(drawn)
