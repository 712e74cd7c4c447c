"""Style sheets as lists of rules: which declarations a selector has in a window of some size.

Only declarations that bear on being seen are kept, and only such as a browser would keep.
"""

import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, Self

import tinycss2

from attest.site.colors import rgba
from attest.site.plain_rules import SPACE, PlainRule, plain_rules

Declaration = tuple[str, str, bool]
"""Name, value, importance."""

Declarations = Mapping[str, str]

Rule = tuple[str, list[Declaration], int]
"""Selector, declarations, layer."""


def names(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())


_PROPERTIES: Final = names(
    "display visibility opacity filter content-visibility animation animation-name "
    "position left top right bottom inset inset-inline inset-inline-start inset-block inset-block-start "
    "text-indent margin margin-left margin-top margin-inline margin-inline-start float "
    "clip clip-path transform translate scale rotate perspective zoom font-size font all "
    "color fill stroke text-shadow -webkit-text-fill-color "
    "background background-color background-image background-clip "
    "width height max-width max-height min-width min-height flex flex-grow overflow overflow-x overflow-y content "
    "padding padding-top padding-right padding-bottom padding-left "
    "mask mask-image line-clamp text-overflow mix-blend-mode z-index unicode-bidi"
)
_FEATURES: Final = _PROPERTIES | names(
    "gap grid grid-template-columns flex-wrap order object-fit aspect-ratio backdrop-filter appearance "
    "-webkit-appearance -webkit-backdrop-filter user-select will-change --css color-scheme"
)
"""Properties that browsers support, for `@supports`."""

_DISPLAYS: Final = names(
    "none contents block inline inline-block inline-flex inline-grid inline-table flow flow-root flex grid table "
    "table-row table-cell table-row-group table-header-group table-footer-group table-column table-column-group "
    "table-caption list-item ruby ruby-text math run-in -webkit-box -webkit-flex "
    "-webkit-inline-box -webkit-inline-flex inherit initial unset revert revert-layer"
)
_KEYWORDS: Final = names("inherit initial unset revert revert-layer currentcolor")
_SIDES: Final = {
    "inset": ("top", "right", "bottom", "left"),
    "margin": ("margin-top", "margin-right", "margin-bottom", "margin-left"),
    "padding": ("padding-top", "padding-right", "padding-bottom", "padding-left"),
    "inset-inline": ("left", "right"),
    "inset-block": ("top", "bottom"),
    "margin-inline": ("margin-left", "margin-right"),
    "inset-inline-start": ("left",),
    "inset-block-start": ("top",),
    "margin-inline-start": ("margin-left",),
}
_LONGHANDS: Final = (
    _PROPERTIES - _SIDES.keys() - names("all font background background-image overflow animation-name content")
)
_PREFIXED: Final = {
    f"-webkit-{name}": name
    for name in (
        "animation", "animation-name", "background-clip", "filter", "transform",
        "mask", "mask-image", "line-clamp",
    )
}  # fmt: skip
_EMPTY_PICTURE: Final = re.compile(r"""url\(\s*["']?data:[^,;()]{0,60},\s*["']?\s*\)""")
_FONT: Final = re.compile(r"(?:^|\s)(0|[0-9.]+(?:px|pt|pc|in|cm|mm|q|em|rem|ex|ch|vw|vh|%))(?:\s*/\s*\S+)?\s")
_VARIABLE: Final = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,\s*([^()]*))?\)")
_LONGEST_VALUE: Final = 500
_IDS: Final = re.compile(r"#[\w-]+")
_CLASSES: Final = re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!:)(?!where|is|not|has)[\w-]+")
_TAGS: Final = re.compile(r"(?:^|[\s>+~(,])[A-Za-z][\w-]*|::[\w-]+")
_WEIGHTLESS: Final = re.compile(r":where\([^()]*\)")
_FEATURE: Final = re.compile(r"\(\s*([a-z-]+)\s*:\s*([^()]*(?:\([^()]*\)[^()]*)*)\)")
_QUERY: Final = re.compile(r"\(\s*(?:-webkit-)?(min-|max-|)([a-z-]+)\s*(:|<=|>=|<|>)\s*([^()\s]+)\s*\)")
_MEASURE: Final = re.compile(r"([0-9]*\.?[0-9]+)(px|em|rem|dppx|x|dpi|dpcm|)")
_PER_MEASURE: Final = {"em": 16.0, "rem": 16.0, "dpi": 1 / 96, "dpcm": 2.54 / 96}
_RELATIONS: Final = {"min-": operator.ge, "max-": operator.le, "<": operator.lt, ">": operator.gt,
                     "<=": operator.le, ">=": operator.ge, ":": operator.eq}  # fmt: skip
_WIDEST_PHONE: Final = 600
_DEEPEST: Final = 16  # rules in rules
_LONGEST_SELECTOR: Final = 1000
_DEEPEST_BRACKETS: Final = 100
_BRACKETS: Final = re.compile(r"[(\[{]|[)\]}]")
_UNLAYERED: Final = 1_000_000
_UNREAD: Final = names("container scope starting-style")
"""Rules that hold where only a browser can tell."""
_HIDING: Final = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|(?:visibility|opacity|position|content-visibility|clip(?:-path)?|mask|height)\s*:)"
)
"""Declarations that may hide text."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where rules are read: a window of some size and what the rules around them say.

    Attributes:
        layers: Order of the cascade layers met so far, by name; shared by a page's sheets.
        keyframes: Names of the animations met so far; shared likewise.
        queries: Media queries met so far; shared likewise. Without any, every window has the same rules.
        unread: Kinds of rules met so far that hold where only a browser can tell; shared likewise.
        outer: Selector that nested rules are relative to; empty at the top.
    """

    width: int
    height: int
    layers: dict[str, int] = field(default_factory=dict)
    keyframes: set[str] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    layer: str = ""
    outer: str = ""
    depth: int = 0

    @property
    def rank(self) -> int:
        return self.layers[self.layer] if self.layer else _UNLAYERED

    def feature(self, name: str) -> float | str | None:
        """What a media query finds there: a desktop with a mouse, or a phone that is touched."""
        touched = self.width <= _WIDEST_PHONE
        features: dict[str, float | str] = {
            "width": self.width,
            "height": self.height,
            "resolution": 1,
            "pixel-ratio": 1,
            "orientation": "landscape" if self.width > self.height else "portrait",
            "hover": "none" if touched else "hover",
            "pointer": "coarse" if touched else "fine",
            "prefers-color-scheme": "light",
        }
        usual = "no-preference" if name.startswith("prefers-") else None
        return features.get(name.removeprefix("device-").removeprefix("any-"), usual)

    def named_layer(self, name: str) -> str:
        """Full name of the layer `name`, or of a new one without a name."""
        full = f"{self.layer}.{name or len(self.layers)}"
        self.layers.setdefault(full, len(self.layers))
        return full


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet: its plain rules, and `tinycss2`'s nodes of what follows them."""

    plain: Sequence[PlainRule]
    rest: Sequence[Any]

    @classmethod
    def of(cls, text: str) -> Self:
        plain, rest = plain_rules(text)
        if too_deep(rest):
            return cls(plain, ())
        return cls(plain, tinycss2.parse_stylesheet(rest, skip_comments=True, skip_whitespace=True))


def rules_of(sheet: Sheet, window: Window) -> Iterator[Rule]:
    """Every rule of a sheet that holds in `window`, those inside others included."""
    for selectors, written in sheet.plain:
        if declarations := list(_kept(written)):
            yield from ((selector, declarations, window.rank) for selector in selectors if _nested(selector, ""))
    yield from _rules(sheet.rest, window)


def _rules(nodes: Iterable[Any], window: Window) -> Iterator[Rule]:
    if window.depth > _DEEPEST:
        return
    for node in nodes:
        if node.type == "qualified-rule":
            inner = tinycss2.parse_blocks_contents(node.content)
            selectors = list(filter(None, (_nested(part, window.outer) for part in _selectors(node.prelude))))
            declarations = list(declarations_of(inner))
            if declarations:
                yield from ((selector, declarations, window.rank) for selector in selectors)
            if selectors and any(part.type in {"qualified-rule", "at-rule"} for part in inner):
                outer = f":is({', '.join(selectors)})"
                yield from _rules(inner, replace(window, outer=outer, depth=window.depth + 1))
        elif node.type == "at-rule":
            yield from _conditional(node, window)


def _conditional(node: Any, window: Window) -> Iterator[Rule]:
    name = node.lower_at_keyword
    prelude = tinycss2.serialize(node.prelude).strip().lower()
    if name.endswith("keyframes"):
        window.keyframes.add(prelude.strip("'\""))
        return
    if name == "layer":
        names = [window.named_layer(part.strip()) for part in prelude.split(",")]
        within = replace(window, layer=names[0], depth=window.depth + 1)
    elif (name == "media" and _holds(prelude, window)) or (name == "supports" and _supported(prelude)):
        within = replace(window, depth=window.depth + 1)
    else:
        if name in _UNREAD and _HIDING.search(tinycss2.serialize(node.content or [])):
            window.unread.add(f"@{name}")
        return
    if node.content is None:
        return
    if window.outer:
        inner = tinycss2.parse_blocks_contents(node.content)
        if declarations := list(declarations_of(inner)):
            yield window.outer, declarations, within.rank
    else:
        inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
    yield from _rules(inner, within)


def _nested(selector: str, outer: str) -> str:
    """`selector` as it would be written at the top; empty where it grows out of hand."""
    if "&" in selector:
        selector = selector.replace("&", outer or ":root")
    elif outer:
        selector = f"{outer} {selector}"
    return selector if len(selector) <= _LONGEST_SELECTOR else ""


def _supported(condition: str) -> bool:
    """Whether browsers meet an `@supports` condition; one that is not understood is not met."""
    met = [_feature_supported(name, value) for name, value in _FEATURE.findall(condition)]
    if condition.startswith("not"):
        return met == [False]
    return bool(met) and all(met)


def _feature_supported(name: str, value: str) -> bool | None:
    """Whether browsers know a declaration, or None where that is not known here."""
    if name.startswith(("-ms-", "-o-")):
        return False
    return _valid(name, value.strip()) if name in _FEATURES else None


def _holds(query: str, window: Window) -> bool:
    """Whether a media query list holds on a screen of that size; one that is not understood does not."""
    window.queries.add(query)
    return any(_one_holds(part.strip().lower(), window) for part in query.split(","))


def _one_holds(query: str, window: Window) -> bool:
    wanted = not query.startswith("not ")
    query = query.removeprefix("not ").removeprefix("only ").strip()
    parts = {_part_holds(part, window) for part in re.split(r"\s+and\s+", query)}
    return (False if False in parts else None if None in parts else True) is wanted


def _part_holds(part: str, window: Window) -> bool | None:
    """Whether a medium or a condition holds, or None where that is not known."""
    if not part or part.isalpha():
        return part in {"", "all", "screen"}
    if not (query := _QUERY.fullmatch(part)):
        return None
    bound, name, relation, value = query.groups()
    found = window.feature(name)
    if isinstance(found, str):
        return found == value
    if found is None or not (measure := _MEASURE.fullmatch(value)):
        return None
    return bool(_RELATIONS[bound or relation](found, float(measure[1]) * _PER_MEASURE.get(measure[2], 1.0)))


def _selectors(prelude: Iterable[Any]) -> Iterator[str]:
    part: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield tinycss2.serialize(part).strip(SPACE)
            part = []
        else:
            part.append(token)
    yield tinycss2.serialize(part).strip(SPACE)


@lru_cache(maxsize=1024)
def specificity(selector: str) -> tuple[int, int, int]:
    """Ids, classes and tags, counted in the text of the selector."""
    selector = _WEIGHTLESS.sub("", selector)
    return len(_IDS.findall(selector)), len(_CLASSES.findall(selector)), len(_TAGS.findall(selector))


def declarations_of(nodes: Iterable[Any]) -> Iterator[Declaration]:
    """The declarations in a rule or a style attribute that are kept, values in lower case but for text."""
    return _kept(
        (node.name, tinycss2.serialize(_without_comments(node.value)).strip(SPACE), node.important)
        for node in nodes
        if node.type == "declaration"
    )


def _kept(written: Iterable[Declaration]) -> Iterator[Declaration]:
    for name, value, important in written:
        if name.startswith("--"):
            yield name, value, important
            continue
        lower = name.lower()
        known = _PREFIXED.get(lower, lower)
        if known in _PROPERTIES and _valid(known, value.lower()):
            yield known, value if known == "content" else value.lower(), important


def _without_comments(tokens: Iterable[Any]) -> list[Any]:
    return [token for token in tokens if token.type != "comment"]


def _valid(name: str, value: str) -> bool:
    """Whether a browser would keep the declaration, of the two properties that are often written for old browsers."""
    if name == "display":
        return "(" in value or value.partition(" ")[0] in _DISPLAYS
    return name != "color" or "(" in value or value in _KEYWORDS or rgba(value) is not None


def too_deep(css: str) -> bool:
    """Whether brackets nest deeper than anyone writes them, which would exhaust the parser's stack."""
    depth = 0
    for bracket in _BRACKETS.finditer(css):
        depth = depth + 1 if bracket[0] in "([{" else max(depth - 1, 0)
        if depth > _DEEPEST_BRACKETS:
            return True
    return False


def longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The declarations that a shorthand stands for, as far as they bear on being seen."""
    if name == "all":
        yield from ((part, value) for part in _LONGHANDS)
    elif name in _SIDES:
        yield from _sides(_SIDES[name], value.split())
    elif name == "font":
        if size := _FONT.search(value):
            yield "font-size", size[1]
    elif name in {"background", "background-image"}:
        yield "background-color", _painted(name, _EMPTY_PICTURE.sub("none", value))
    elif name == "overflow":
        yield from zip(("overflow-x", "overflow-y"), value.split()[:2] * 2, strict=False)
    else:
        yield "animation" if name == "animation-name" else name, value


def _painted(name: str, value: str) -> str:
    """The colour that a background paints, `inherit` where it paints none, or `picture`."""
    if name == "background-image":
        return "inherit" if value == "none" else "picture"
    colors = [part for part in value.split() if rgba(part)] if "(" not in value else []
    if len(colors) == 1:
        return colors[0]
    return value if "(" not in value or value.startswith(("rgb", "hsl")) else "picture"


def _sides(names: tuple[str, ...], values: list[str]) -> Iterator[tuple[str, str]]:
    """The sides of a box; those that are not given repeat the ones across."""
    given = {1: values * 4, 2: values * 2, 3: [*values, *values[1:2]], 4: values}.get(len(values), [])
    return ((name, value) for name, value in zip(names, given, strict=False) if name)


def substituted(value: str, variables: Declarations) -> str:
    """`value` with its variables put in, or an empty string where they lead nowhere."""
    for _ in range(_DEEPEST):
        if len(value) > _LONGEST_VALUE or "var(" not in value:
            break
        value = _VARIABLE.sub(lambda match: variables.get(match[1], match[2] or ""), value)
    return "" if "var(" in value or len(value) > _LONGEST_VALUE else value.strip()
