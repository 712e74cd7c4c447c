"""What a page's own style sheets say about being seen, judged without a browser.

Only declarations that can hide text are read, from `style` elements and attributes, cascaded by importance, layer,
specificity and order (CSS Cascade 5). A text counts as seen if it would be seen on a desktop or on a phone. What
cannot be known here (outside style sheets, script, pictures, queries other than of the window) never hides anything.
"""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import tinycss2
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from attest.site.colors import LINK
from attest.site.looks import Look, look_of
from attest.site.sheets import (
    Declaration,
    Declarations,
    Rule,
    Sheet,
    Window,
    declarations_of,
    longhands,
    names,
    rules_of,
    specificity,
    substituted,
    too_deep,
)

VIEWPORTS: Final = ((1280, 800), (390, 844))
"""CSS pixels of a desktop window and of a phone."""

_INLINE: Final = names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rt ruby s samp small span "
    "strike strong sub sup time tt u var td th tr tbody thead tfoot"
)
"""Elements that have no width and height, or widen them to their content, unless they are laid out otherwise."""

_COLOURED: Final = names("a button input select textarea option mark")
"""Elements to which browsers give a colour of their own."""

_PRESENTATION: Final = ("display", "visibility", "opacity", "font-size", "fill", "stroke")
"""Attributes of SVG that are declarations."""

_TELLING_TAGS: Final = _COLOURED | {"dialog"}
_TELLING: Final = names("style hidden popover bgcolor background color text")
"""Attributes of HTML that bear on being seen."""

_TOLD: Final = _TELLING | {*_PRESENTATION, "open"}
"""Attributes by whose values two elements that obey the same rules may look different."""

_INHERITED: Final = names("display color visibility font-size text-indent text-shadow fill -webkit-text-fill-color")
_RESETS: Final = names("initial unset revert revert-layer")
_PAINT: Final = re.compile(
    r"background(?:-color|-image)?\s*:(?!\s*(?:#fff(?:fff)?|white|none|transparent)\s*(?:[;}!]|$))"
    r"|border(?!-(?:collapse|spacing|radius|box)|\s*:\s*(?:0|none)\b)|outline|shadow|url\(|color-scheme|filter|mask",
    re.IGNORECASE,
)
_PICTURED: Final = (
    "img, picture, svg, video, canvas, iframe, frame, object, embed, input, button, select, textarea, mark, dialog, "
    "hr, fieldset, progress, meter, template, table[border], [bgcolor], [background]"
)
"""Declarations and elements that may put something else than white behind text."""

_PSEUDO: Final = re.compile(r"::?(before|after)\s*$", re.IGNORECASE)

Weight = tuple[bool, bool, int, tuple[int, int, int], int]
"""Importance, whether from a style attribute, layer, specificity, order."""

Attributes = Mapping[str, str | None]
Winners = dict[str, tuple[Weight, str]]

_LEAST_WEIGHT: Final[Weight] = (False, False, -1, (0, 0, 0), 0)

_UNKNOWN: Final = Look(color=None, background=None)


@dataclass(slots=True)
class Cascade:
    """The winning declarations of every element of one page in one viewport, by `LexborNode.mem_id`.

    Attributes:
        outside: The page also loads style sheets that are not seen here.
        plain: Nothing on the page has another colour than white.
        keyframes: Names of its animations.
        unread: Kinds of its rules that hold where only a browser can tell.
        rules: What each rule declares, by longhands and with its weight; empty for rules that match nothing.
        matched: Places of the rules that match an element.
        generated: Of those that match what is drawn `before` or `after` it.
    """

    outside: bool
    plain: bool
    keyframes: Container[str]
    unread: Collection[str]
    rules: list[list[tuple[str, str, Weight]]] = field(default_factory=list)
    matched: dict[int, list[int]] = field(default_factory=dict)
    generated: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    _variables: dict[int, Declarations] = field(default_factory=dict)
    _alike: dict[tuple[object, ...], tuple[Look, Look]] = field(default_factory=dict)

    def look(self, node: LexborNode, tag: str, attributes: Attributes, parent: Look) -> Look:
        """How `node` looks, given how the element around it does."""
        name = node.mem_id
        rules = tuple(self.matched.get(name, ()))
        drawn = parent.drawn or tag == "svg"
        look = parent
        if rules or drawn or parent.breaks or tag in _TELLING_TAGS or not _TELLING.isdisjoint(attributes):
            look = self._look(tag, attributes, rules, parent, drawn=drawn)
        if look.variables:
            self._variables[name] = look.variables
        return look

    def _look(self, tag: str, attributes: Attributes, rules: tuple[int, ...], parent: Look, *, drawn: bool) -> Look:
        told = () if _TOLD.isdisjoint(attributes) else tuple(each for each in attributes.items() if each[0] in _TOLD)
        key = (id(parent), tag, "href" in attributes, told, rules)
        if known := self._alike.get(key):
            return known[0]
        look = self._computed(tag, attributes, self._won(rules), parent, drawn=drawn)
        self._alike[key] = (look, parent)  # the parent is kept, so that its id stays its own
        return look

    def _won(self, rules: Iterable[int]) -> Winners:
        """The declarations that win where these rules match."""
        winners: Winners = {}
        for rule in rules:
            for name, value, weight in self.rules[rule]:
                _compete(winners, name, value, weight)
        return winners

    def _computed(self, tag: str, attributes: Attributes, won: Winners, parent: Look, *, drawn: bool) -> Look:
        hidden = not {"hidden", "popover"}.isdisjoint(attributes) or (tag == "dialog" and "open" not in attributes)
        declared = _declared(won, dict(_hints(tag, attributes, drawn=drawn)), attributes.get("style"), parent)
        if not (self.outside or self._runs(declared.get("animation", ""))):
            declared = {name: value for name, value in declared.items() if name != "animation"}
        held = tag in {"html", "body"} and declared.get("overflow-y") in {"hidden", "clip"}
        if tag in {"html", "body"}:  # cut nothing off but at the window's edge
            declared = {name: value for name, value in declared.items() if not name.startswith("overflow")}
        elif tag == "iframe":  # cuts its content off without being told to
            declared = {"overflow-x": "hidden", "overflow-y": "hidden", **declared}
        look = look_of(declared, parent, hidden=hidden, inline=tag in _INLINE, drawn=drawn)
        if tag == "html":
            look = replace(look, root_size=look.size)
        if held and not look.doubt:
            look = replace(look, doubt="overflow:hidden")
        if tag in _COLOURED and "color" not in declared:
            look = replace(look, color=LINK if tag == "a" and "href" in attributes and not self.outside else None)
        return look

    def _runs(self, animation: str) -> bool:
        return any(word.strip("\"'") in self.keyframes for word in animation.replace(",", " ").split())

    def root(self) -> Look:
        """How the page looks before any rule: black on white, unless sheets that are not seen may say otherwise."""
        return _UNKNOWN if self.outside else Look(plain=self.plain)

    def text_of(self, node: LexborNode, place: str) -> tuple[str, str]:
        """What `content` draws at `place`, `before` or `after`, and what may hide it.

        Empty where it draws nothing or nothing seen, and where nothing may hide it.
        """
        won = self._won(self.generated.get((node.mem_id, place), ()))
        if "content" not in won:
            return "", ""
        declared = _resolved(won, self._variables.get(node.mem_id, {}))
        look = look_of(declared, _UNKNOWN, hidden=False, inline=True, drawn=False)
        return ("", "") if look.unpainted else (_generated(declared["content"], node), look.doubt)


def cascades(tree: LexborHTMLParser, sheets: Sequence[str], *, outside: bool) -> tuple[Cascade, ...]:
    """One cascade for each of `VIEWPORTS`, or one for all where the same rules hold in them.

    Args:
        sheets: Contents of the page's `style` elements, in order.
        outside: Whether it loads others.
    """
    parsed = [Sheet.of(sheet) for sheet in sheets]
    matched: dict[str, list[int]] = {}
    made: list[Cascade] = []
    ruled: list[tuple[list[Rule], set[str]]] = []
    plain = not outside and _is_plain(tree, sheets)
    for width, height in VIEWPORTS:
        window = Window(width, height)
        rules = [rule for sheet in parsed for rule in rules_of(sheet, window)]
        if (rules, window.keyframes) in ruled:
            continue
        ruled.append((rules, window.keyframes))
        cascade = Cascade(outside, plain, window.keyframes, window.unread)
        for rule in rules:
            _apply(cascade, tree, rule, matched)
        made.append(cascade)
        if not window.queries:
            break
    return tuple(made)


def _is_plain(tree: LexborHTMLParser, sheets: Sequence[str]) -> bool:
    """Whether nothing on a page has another colour than white behind its text."""
    if any(map(_PAINT.search, sheets)) or tree.css_first(_PICTURED) is not None:
        return False
    return not any(_PAINT.search(node.attributes.get("style") or "") for node in tree.css("[style]"))


def _apply(cascade: Cascade, tree: LexborHTMLParser, rule: Rule, matched: dict[str, list[int]]) -> None:
    """Add a rule to the cascade.

    Args:
        matched: Elements by the selectors that were tried before.
    """
    selector, declarations, layer = rule
    pseudo = _PSEUDO.search(selector)
    base = (selector[: pseudo.start()] if pseudo else selector).strip() or "*"
    if base not in matched:
        try:
            matched[base] = [node.mem_id for node in tree.css(base)]
        except SelectolaxError:
            matched[base] = []
    order = len(cascade.rules)
    cascade.rules.append(list(_weighed(declarations, layer, specificity(selector), order)) if matched[base] else [])
    for name in matched[base]:
        if pseudo:
            cascade.generated.setdefault((name, pseudo[1].lower()), []).append(order)
        else:
            cascade.matched.setdefault(name, []).append(order)


def _weighed(
    declarations: Iterable[Declaration], layer: int, specific: tuple[int, int, int], order: int
) -> Iterator[tuple[str, str, Weight]]:
    for name, value, important in declarations:
        weight = (important, False, -layer if important else layer, specific, order)
        yield from ((part, of_part, weight) for part, of_part in longhands(name, value))


def _compete(winners: Winners, name: str, value: str, weight: Weight) -> None:
    if name not in winners or weight >= winners[name][0]:
        winners[name] = (weight, value)


def _hints(tag: str, attributes: Attributes, *, drawn: bool) -> Iterator[tuple[str, str]]:
    """Declarations that are written as attributes; every rule outdoes them."""
    given = {name: value.strip().lower() for name, value in attributes.items() if value}
    if drawn:
        yield from ((name, given[name]) for name in _PRESENTATION if name in given)
    if "background" in given:
        yield "background-color", "picture"
    elif "bgcolor" in given:
        yield "background-color", _legacy(given["bgcolor"])
    ink = given.get({"font": "color", "body": "text"}.get(tag, ""))
    if ink:
        yield "color", _legacy(ink)


def _legacy(color: str) -> str:
    """A colour of old HTML, which may lack its #."""
    return f"#{color}" if re.fullmatch("[0-9a-f]{6}", color) else color


def _declared(won: Winners, hints: Declarations, inline: str | None, parent: Look) -> Declarations:
    """What holds of an element: hints, rules and its own declarations, variables put in."""
    winners = {name: (_LEAST_WEIGHT, value) for name, value in hints.items()} | won
    if inline and not too_deep(inline):
        for name, value, important in declarations_of(tinycss2.parse_blocks_contents(inline)):
            for part, of_part in longhands(name, value):
                _compete(winners, part, of_part, (important, True, 0, (0, 0, 0), 0))
    return _resolved(winners, parent.variables)


def _resolved(winners: Winners, inherited: Declarations) -> Declarations:
    """The winning values, variables put in, without those that leave a property as it is by itself."""
    declared = {name: value for name, (_, value) in winners.items()}
    variables = {**inherited, **{name: value for name, value in declared.items() if name.startswith("--")}}
    for name, value in declared.items():
        if "var(" in value:
            put_in = substituted(value, variables)
            declared[name] = put_in if name == "content" or name.startswith("--") else put_in.lower()
    return {name: value for name, value in declared.items() if name in _INHERITED or value not in _RESETS}


def _generated(content: str, node: LexborNode) -> str:
    drawn = []
    for token in tinycss2.parse_component_value_list(content):
        if token.type == "string":
            drawn.append(token.value)
        elif token.type == "function" and token.lower_name == "attr":
            drawn.append(node.attributes.get(tinycss2.serialize(token.arguments).strip()) or "")
    return "".join(drawn)
