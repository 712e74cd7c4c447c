"""From one page's bytes to what a reader of it could see: filing numbers, attempts, look-alikes, and what is hidden.

The page is read as it was sent; scripts do not run and nothing else is loaded. Where that may not be the whole page,
`Findings.drawn_by_script` says why. Untrusted pages go through `attest.site.worker`, which bounds time and memory.
"""

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import unquote, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from attest.credentials import HARD_BREAK, Attempt, scan
from attest.number import FilingNumber
from attest.ports import Findings, HiddenNumber, MalformedNumber, ShownNumber
from attest.site.decode import decode
from attest.site.styles import Cascade, Look, cascades

Attributes = Mapping[str, str | None]

_SCRIPT: Final = "script"
_MARKUP: Final = re.compile(r"<(?:!doctype|!--|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "input",
        "textarea",
        "button",
        "video",
        "audio",
        "canvas",
        "iframe",
        "object",
        "embed",
        "frame",
        "marquee",
        "text",
    ]
)
_UNRENDERED: Final = frozenset(
    [
        "head",
        "title",
        "noscript",
        "noframes",
        "noembed",
        "datalist",
        "canvas",
        "video",
        "audio",
        "defs",
        "symbol",
        "desc",
        "metadata",
        "rp",
        "area",
        "param",
    ]
)
_TYPED: Final = frozenset(("button", "submit", "reset", "text", "search", "url", "tel", "email", "number", ""))
_ESCAPE: Final = re.compile(r"\\u\{?([0-9A-Fa-f]{4,5})\}?|\\x([0-9A-Fa-f]{2})")
_RUNNING: Final = re.compile(r"(?:(?:text|application)/(?:x-)?(?:java|ecma)script|module|)(?:\s*;.*)?", re.IGNORECASE)
_FILED: Final = re.compile(r"[备備]|\\u5(?:907|099)|%E5%A4%87|%E5%82%99", re.IGNORECASE)
_SPACE: Final = re.compile(r"[^\S\u3000\xa0]+")
_MOUNTS: Final = frozenset(("app", "root", "__next", "__nuxt", "___gatsby", "main-app", "app-root", "container-app"))
_SHELL_TEXT: Final = 60
"""Characters of text under which a page with scripts is taken for the shell that a script fills."""

_FRAMES_DEEP: Final = 3
_PATH_STEPS: Final = 6


def extract(body: bytes, *, content_type: str | None, base_url: str, today: date) -> Findings:
    """Read a page.

    Args:
        body: The page's bytes, decoded from any transfer or content encoding.
        content_type: The header's value; without one, markup in the text decides between HTML and plain text.
        base_url: Where links start from; may be empty.
        today: Decides whether a number's year lies in the future.

    Raises:
        FetchError: the bytes are no text.
    """
    text = decode(body, content_type)
    reader = _Reader(base_url)
    kind = (content_type or "").partition(";")[0].strip().lower()
    if "html" in kind or "xml" in kind or (not kind and _MARKUP.search(text)):
        reader.read_html(text)
    else:
        reader.read_plain(text)
    return reader.findings(today)


def as_json(findings: Findings) -> dict[str, list[Any]]:
    """The JSON form of `attest extract`."""
    return {
        "numbers": [shown.number.text for shown in findings.numbers],
        "malformed": [
            {"text": wrong.text, "reason": " ".join(error.text("en") for error in wrong.errors)}
            for wrong in findings.malformed
        ],
        "hidden": [{"text": hidden.number.text, "where": hidden.where} for hidden in findings.hidden],
        "others": [{"kind": other.kind, "value": other.value} for other in findings.others],
    }


@dataclass(slots=True)
class _Place:
    """An element on the way from the root to what is being read.

    Attributes:
        name: Its id, if any.
        index: Of how many of its tag so far in the element around it.
        looks: One for each viewport.
        link: Where the nearest link around it leads.
        gone: Why it is painted in no viewport by what it is; empty where it may be.
        counts: Elements so far in it, by tag.
    """

    outer: "_Place | None"
    tag: str
    name: str = ""
    index: int = 1
    looks: tuple[Look, ...] = ()
    link: str | None = None
    gone: str = ""
    closed: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def hidden(self) -> str:
        """Why its own text is seen in no viewport; empty where it is in one."""
        whys = [look.unpainted for look in self.looks]
        return self.gone or (whys[0] if whys and all(whys) else "")

    def path(self) -> str:
        """CSS-like path from the nearest id, or `_PATH_STEPS` steps long."""
        steps: list[str] = []
        place: _Place | None = self
        while place is not None and len(steps) < _PATH_STEPS:
            if place.name:
                steps.append(f"{place.tag}#{place.name}")
                break
            if place.tag:
                several = place.outer is not None and place.outer.counts.get(place.tag, 1) > 1
                steps.append(place.tag + (f":nth-of-type({place.index})" if several else ""))
            place = place.outer
        return " > ".join(reversed(steps))


@dataclass(slots=True)
class _Text:
    """Running text that remembers which place, or which words, each part of it comes from."""

    parts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    sources: list[tuple[_Place | None, str]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, place: _Place | None, why: str = "") -> None:
        text = _SPACE.sub(" ", text.replace(HARD_BREAK, "\ufffd"))
        if text.startswith(" ") and self.parts and self.parts[-1].endswith((" ", HARD_BREAK)):
            text = text[1:]
        if text:
            self.starts.append(self.length)
            self.sources.append((place, why))
            self.parts.append(text)
            self.length += len(text)

    def part(self) -> None:
        """Begin another block."""
        if self.parts and self.parts[-1] != HARD_BREAK:
            self.parts.append(HARD_BREAK)
            self.starts.append(self.length)
            self.sources.append((None, ""))
            self.length += 1

    def source(self, offset: int) -> tuple[_Place | None, str]:
        return self.sources[bisect_right(self.starts, offset) - 1]

    def __str__(self) -> str:
        return "".join(self.parts)


class _Reader:
    """Walks a page once and sorts its text into what is seen and what is not."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._seen = _Text()
        self._unseen = _Text()
        self._styles: tuple[Cascade, ...] = ()
        self._depth = 0
        self._scripts = False
        self._incomplete = ""

    def read_plain(self, text: str) -> None:
        """Read plain text: paragraphs are parted by empty lines."""
        page = _Place(None, "text")
        for paragraph in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n")):
            self._seen.add(paragraph, page)
            self._seen.part()

    def read_html(self, text: str, frame: _Place | None = None) -> None:
        """Read a document, or the one inside `frame`."""
        tree = LexborHTMLParser(text)
        if base := tree.css_first("base[href]"):
            self._base = _joined(self._base, base.attributes.get("href"))
        sheets = [sheet.text() for sheet in tree.css("style") if _is_css(sheet)]
        outside = tree.css_first("link[rel~=stylesheet i]") is not None or any("@import" in sheet for sheet in sheets)
        around, self._styles = self._styles, cascades(tree, sheets, outside=outside)
        self._depth += 1
        looks = tuple(style.root() for style in self._styles)
        self._walk(tree.root, _Place(frame, "", looks=looks, gone=frame.hidden if frame else ""))
        self._depth -= 1
        self._styles = around

    def findings(self, today: date) -> Findings:
        """What was read, sorted and freed of repetition."""
        seen = str(self._seen)
        found = scan(seen, today=today)
        numbers: dict[FilingNumber, ShownNumber] = {}
        malformed: dict[str, MalformedNumber] = {}
        for attempt in found.attempts:
            place = self._place(attempt)
            number = attempt.reading.number
            if number is None:
                malformed.setdefault(attempt.text, MalformedNumber(attempt.text, attempt.reading.errors, place.path()))
            elif number not in numbers:
                shown = ShownNumber(number, attempt.text, place.path(), place.link, attempt.reading.warnings)
                numbers[number] = shown
        hidden = tuple(dict.fromkeys(self._hidden(today, numbers)))
        return Findings(
            numbers=tuple(numbers.values()),
            malformed=tuple(malformed.values()),
            hidden=hidden,
            others=tuple(dict.fromkeys(found.others)),
            text=" ".join(seen.replace(HARD_BREAK, " ").split()),
            drawn_by_script=self._why_incomplete(seen, hidden),
        )

    def _hidden(self, today: date, shown: Container[FilingNumber]) -> Iterator[HiddenNumber]:
        for attempt in scan(str(self._unseen), today=today).attempts:
            number = attempt.reading.number
            if number is not None and number not in shown:
                place, why = self._unseen.source(attempt.end - 1)
                yield HiddenNumber(number, f"{why} at {place.path()}" if place else why)

    def _place(self, attempt: Attempt) -> _Place:
        """The element that holds the first of an attempt's characters."""
        place, _ = self._seen.source(attempt.start)
        assert place
        return place

    def _why_incomplete(self, seen: str, hidden: Sequence[HiddenNumber]) -> str | None:
        """Why a reader with a browser may see more than was read here."""
        if self._incomplete:
            return self._incomplete
        if any(number.where == _SCRIPT for number in hidden):
            return "a script holds a number and may draw it"
        if self._scripts and sum(not character.isspace() for character in seen) < _SHELL_TEXT:
            return "scripts draw the page"
        return None

    def _walk(self, root: LexborNode | None, place: _Place) -> None:
        """Depth first without recursion: a page may nest as deep as it likes."""
        node = root
        while node is not None and node.prev is not None:  # comments may stand before the root element
            node = node.prev
        open_elements: list[tuple[LexborNode, _Place, _Place]] = []
        while True:
            if node is not None:
                inner = self._enter(node, place)
                if inner is None:
                    node = node.next
                else:
                    open_elements.append((node, place, inner))
                    node, place = node.first_child, inner
            elif open_elements:
                done, place, inner = open_elements.pop()
                self._leave(done, inner)
                node = done.next
            else:
                return

    def _enter(self, node: LexborNode, place: _Place) -> _Place | None:
        """Read what `node` itself says; the place inside it, or None where its children are not read."""
        tag = node.tag
        if tag == "-text":
            self._text(node.text_content or "", place)
        elif tag == "-comment":
            self._aside(_words(node.comment_content or ""), "comment")
        elif tag == "script":
            self._script(node)
        elif tag == "template":
            self._aside(_words(node.inner_html or ""), "template")
        elif node.is_element_node and tag is not None and tag != "style":
            return self._element(node, tag, place)
        return None

    def _element(self, node: LexborNode, tag: str, place: _Place) -> _Place:
        attributes = node.attributes
        place.counts[tag] = place.counts.get(tag, 0) + 1
        inner = _Place(
            place,
            tag,
            name=attributes.get("id") or "",
            index=place.counts[tag],
            looks=tuple(style.look(node, look) for style, look in zip(self._styles, place.looks, strict=True)),
            link=_link(self._base, attributes.get("href")) if tag == "a" and "href" in attributes else place.link,
            gone=place.gone or _gone(tag, attributes, place),
            closed=tag == "details" and "open" not in attributes,
        )
        self._part(inner)
        if tag == "br":
            self._text("\n", inner)
        self._text(_drawn(node, "before", self._styles), inner)
        self._attributes(attributes, inner)
        if tag == "input" and (attributes.get("type") or "").lower() in _TYPED:
            self._text(attributes.get("value") or "", inner)
        self._look_for_more(node, tag, attributes, inner)
        return inner

    def _leave(self, node: LexborNode, inner: _Place) -> None:
        self._text(_drawn(node, "after", self._styles), inner)
        self._part(inner)

    def _look_for_more(self, node: LexborNode, tag: str, attributes: Attributes, inner: _Place) -> None:
        """Read a frame's own document, and note what only a browser would show."""
        if tag == "iframe" and attributes.get("srcdoc") is not None and self._depth < _FRAMES_DEEP:
            self.read_html(attributes["srcdoc"] or "", inner)
        elif tag in {"iframe", "frame"} and _loads(attributes) and not inner.hidden:
            self._incomplete = "frames are not loaded"
        elif tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
            if "url" in (attributes.get("content") or "").lower():
                self._incomplete = "the page leads on to another"
        elif inner.name in _MOUNTS and not inner.hidden and len(node.text(strip=True)) < _SHELL_TEXT and self._scripts:
            self._incomplete = "scripts draw the page"

    def _script(self, node: LexborNode) -> None:
        kind = (node.attributes.get("type") or "").strip().lower()
        text = node.text()
        if _RUNNING.fullmatch(kind):
            self._scripts = self._scripts or bool(text.strip()) or "src" in node.attributes
            self._aside(_unescaped(text), _SCRIPT)
        elif "json" in kind:
            self._aside(_unescaped(text), "data script")
        else:
            self._aside(_words(text), "template script")

    def _attributes(self, attributes: Attributes, inner: _Place) -> None:
        shown = {"srcdoc", "value"} if inner.tag == "input" else {"srcdoc"}
        for name, value in attributes.items():
            if value and name not in shown and _FILED.search(value):
                self._aside(_unescaped(value), f"attribute {name} of {inner.path()}")

    def _text(self, text: str, place: _Place) -> None:
        if not text:
            return
        if why := place.hidden:
            self._unseen.add(text, place, why)
        else:
            self._seen.add(text, place)

    def _aside(self, text: str, why: str) -> None:
        """Text that no style can bring to light."""
        self._unseen.part()
        self._unseen.add(text, None, why)
        self._unseen.part()

    def _part(self, inner: _Place) -> None:
        if inner.tag in _BLOCKS or any(look.breaks for look in inner.looks):
            (self._unseen if inner.hidden else self._seen).part()


def _gone(tag: str, attributes: Attributes, place: _Place) -> str:
    """Why an element is not painted by what it is; empty where it may be."""
    if tag in _UNRENDERED:
        return tag
    if tag == "option" and place.counts[tag] > 1 and "selected" not in attributes:
        return "closed select"
    if place.closed and not (tag == "summary" and place.counts[tag] == 1):
        return "closed details"
    return ""


def _drawn(node: LexborNode, place: str, styles: tuple[Cascade, ...]) -> str:
    return next((text for style in styles if (text := style.text_of(node, place))), "")


def _is_css(sheet: LexborNode) -> bool:
    attributes = sheet.attributes
    return (attributes.get("type") or "text/css").strip().lower() == "text/css" and attributes.get("media") != "print"


def _loads(attributes: Attributes) -> bool:
    """Whether a frame shows something of a size that can be read."""
    source = (attributes.get("src") or "").strip().lower()
    sizes = [attributes.get(name) or "" for name in ("width", "height")]
    return bool(source) and source != "about:blank" and not any(size in {"0", "1", "0px", "1px"} for size in sizes)


def _words(markup: str) -> str:
    """All text of a piece of markup, whatever hides it."""
    if "<" not in markup:
        return _unescaped(markup)
    root = LexborHTMLParser(re.sub("<(?=/?(?:template|script|style)[^a-z])", "<x-", markup)).root
    return _unescaped(root.text()) if root else ""


def _unescaped(text: str) -> str:
    """Text of a script or attribute with its escapes undone."""
    if "%" in text:
        text = unquote(text, errors="ignore")
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text) if "\\" in text else text


def _link(base: str, href: str | None) -> str | None:
    target = _joined(base, href)
    return target if target.lower().startswith(("http:", "https:", "/", "#", ".", "?")) else None


def _joined(base: str, href: str | None) -> str:
    try:
        return urljoin(base, (href or "").strip())
    except ValueError:
        return base
