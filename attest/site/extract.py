"""From one page's bytes to what a reader of it could see: filing numbers, attempts, look-alikes, and what is hidden.

The page is read as it was sent; scripts do not run and nothing else is loaded. Where that may not be the whole page,
`Findings.incomplete` says why. Untrusted pages go through `attest.site.worker`, which bounds time and memory.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from attest.credentials import HARD_BREAK, Attempt, scan
from attest.messages import Message
from attest.number import FilingNumber
from attest.ports import Findings, HiddenNumber, MalformedNumber, ShownNumber
from attest.site.decode import decode
from attest.site.markup import inner_markup, mentions_filing, unescaped, words
from attest.site.places import Place, Text
from attest.site.sheets import names
from attest.site.styles import Attributes, Cascade, cascades
from attest.site.veils import Veils

_SCRIPT: Final = "script"
_SCRIPTED: Final = frozenset(("data script", "template script"))
_PICTURES: Final = names("img embed object image")
_PICTURED: Final = re.compile(r"网信[备備]|網信備|区块链[^，。]{0,12}备案|(?:^|/)badge\.(?:svg|png)", re.IGNORECASE)
"""What an attribute says of a picture that may show a number: in its text alternative, or as our badge's name."""

_MARKUP: Final = re.compile(r"<(?:!doctype|!--|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)


_BLOCKS: Final = names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre "
    "search section select summary table tbody td tfoot th thead tr ul input textarea button video audio canvas iframe "
    "object embed frame marquee text"
)
_FILLED: Final = names("div section footer aside header main p span ul nav article")
"""Elements that scripts fill, where they are empty and can be found by id or class."""

_UNRENDERED: Final = names(
    "head title noframes noembed datalist canvas video audio progress meter area param rp "
    "defs symbol desc metadata clipPath mask pattern marker"
)
_UNTYPED: Final = names("hidden checkbox radio password file image range color date datetime-local month week time")
"""Kinds of `input` that do not show their value as text."""

_NOSCRIPT: Final = re.compile(r"<(/?)noscript\b", re.IGNORECASE)
"""Not parsed by a browser that runs scripts; parsed here, it would break out of the page's head."""

_RUNNING: Final = re.compile(r"(?:(?:text|application)/(?:x-)?(?:java|ecma)script|module|)(?:\s*;.*)?", re.IGNORECASE)
_REFRESH: Final = re.compile(r"[\s0-9.]*[;,]\s*\S")
_DRAWS: Final = re.compile(
    r"document\.write|\.(?:inner|outer)HTML\b"
    r"|\.(?:insertAdjacent\w+|replaceWith|append|prepend|html|load|before|after)\s{0,9}\("
    r"|\blocation(?:\.href)?\s{0,9}=[^=]|\blocation\.(?:replace|assign)\("
    r"|\bfetch\(|XMLHttpRequest|\bimport\b|\$\.(?:get|ajax)|网信[备備]|[0-9]{19}[0-9Xx]"
)
"""What a script says that may draw text, load some, or lead to another page."""

_ADDS_SCRIPT: Final = re.compile(r"createElement\(\s{0,9}['\"`]script")
"""What a script says that adds another one, from a file."""

_LATER: Final = names("hx-get hx-trigger data-src")
"""Attributes of an element that a script fills."""

_MOUNTS: Final = names("app root __next __nuxt ___gatsby main-app app-root container-app")
_SHELL_TEXT: Final = 60
"""Characters of text under which a page with scripts is taken for the shell that a script fills."""

_ELSEWHERE: Final = names("iframe frame turbo-frame object embed meta")
"""Elements that may show, or lead to, another document."""

_FRAMES_DEEP: Final = 3

_UNUSUAL: Final = re.compile(rf"[!-~]?[^\s{HARD_BREAK}!-~\u4e00-\u9fff]+")
"""What NFKC may change; a Chinese character and what follows it never make another one together."""


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
    text, misread = decode(body, content_type)
    reader = _Reader(base_url)
    kind = (content_type or "").partition(";")[0].strip().lower()
    if "html" not in kind and "xml" not in kind and (kind or not _MARKUP.search(text)):
        reader.read_plain(text)
        return reader.findings(today)
    reader.read_html(text)
    found = reader.findings(today)
    return replace(found, incomplete=found.incomplete or Message("EX217"), misread=True) if misread else found


def as_json(findings: Findings) -> dict[str, list[Any]]:
    """The JSON form of `attest extract`."""
    return {
        "numbers": [shown.number.text for shown in findings.numbers],
        "doubts": [{"text": shown.number.text, "by": shown.doubt} for shown in findings.numbers if shown.doubt],
        "malformed": [
            {"text": wrong.text, "reason": " ".join(error.text("en") for error in wrong.errors)}
            for wrong in findings.malformed
        ],
        "hidden": [{"text": hidden.number.text, "where": hidden.where} for hidden in findings.hidden],
        "others": [{"kind": other.kind, "value": other.value} for other in findings.others],
    }


class _Reader:
    """Walks a page once and sorts its text into what is seen and what is not."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._seen = Text()
        self._unseen = Text()
        self._notes = Text()
        self._styles: tuple[Cascade, ...] = ()
        self._generates = False
        self._shadows: dict[int, LexborNode] = {}
        self._depth = 0
        self._scripts = False
        self._unread_script = False
        self._veils = Veils()
        self._empty_mount: bool | None = None
        self._pictured = False
        self._drawing = False
        self._unfilled = False
        self._incomplete: Message | None = None

    def read_plain(self, text: str) -> None:
        """Read plain text: paragraphs are parted by empty lines."""
        page = Place(None, "text")
        for paragraph in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n")):
            self._seen.add(paragraph, page)
            self._seen.part()

    def read_html(self, text: str, frame: Place | None = None) -> None:
        """Read a document, or the one inside `frame`."""
        tree = LexborHTMLParser(_NOSCRIPT.sub(r"<\1template data-noscript", text))
        around = self._base, self._styles, self._generates, self._shadows
        if base := tree.css_first("base[href]"):
            self._base = _joined(self._base, base.attributes.get("href"))
        sheets = _sheets(tree)
        outside = tree.css_first("link[rel~=stylesheet i]") is not None or any("@import" in sheet for sheet in sheets)
        self._styles = cascades(tree, sheets, outside=outside)
        self._generates = any(style.generated for style in self._styles)
        self._veils.add(*(kind for style in self._styles for kind in style.unread))
        self._shadows = {
            root.parent.mem_id: root for root in tree.css("template[shadowrootmode]") if root.parent is not None
        }
        self._depth += 1
        looks = tuple(style.root() for style in self._styles)
        self._walk(tree.root, Place(frame, "", looks=looks, gone=frame.hidden if frame else ""))
        self._depth -= 1
        self._base, self._styles, self._generates, self._shadows = around

    def findings(self, today: date) -> Findings:
        """What was read, sorted and freed of repetition."""
        self._seen.extend(self._notes)
        seen = str(self._seen)
        found = scan(seen, today=today)
        numbers: dict[FilingNumber, ShownNumber] = {}
        malformed: dict[str, MalformedNumber] = {}
        for attempt in found.attempts:
            places = self._places(attempt)
            place, last = places[0], places[-1]
            number = attempt.reading.number
            if number is None:
                malformed.setdefault(attempt.text, MalformedNumber(attempt.text, attempt.reading.errors, place.path()))
            elif number not in numbers or numbers[number].doubt:
                link = _link(place) or _link(last)
                shown = ShownNumber(
                    number, attempt.text, place.path(), link, attempt.reading.warnings, self._veils.over(places)
                )
                if number not in numbers or not shown.doubt:
                    numbers[number] = shown
        hidden = tuple(dict.fromkeys(self._hidden(today, numbers)))
        return Findings(
            numbers=tuple(numbers.values()),
            malformed=tuple(malformed.values()),
            hidden=hidden,
            others=tuple(dict.fromkeys(found.others)),
            text=_normalised(seen),
            incomplete=self._why_incomplete(seen, hidden, any_shown=bool(found.attempts)),
        )

    def _hidden(self, today: date, shown: Container[FilingNumber]) -> Iterator[HiddenNumber]:
        for attempt in scan(str(self._unseen), today=today).attempts:
            number = attempt.reading.number
            if number is not None and number not in shown:
                place, why = self._unseen.source(attempt.end - 1)
                yield HiddenNumber(number, f"{why} at {place.path()}" if place else why)

    def _places(self, attempt: Attempt) -> list[Place]:
        """The elements that hold an attempt's characters, in order."""
        found = {id(place): place for place, _ in self._seen.sources_of(attempt.start, attempt.end) if place}
        assert found
        return list(found.values())

    def _why_incomplete(self, seen: str, hidden: Sequence[HiddenNumber], *, any_shown: bool) -> Message | None:
        """Why a reader with a browser may see more than was read here."""
        if self._incomplete:
            return self._incomplete
        places = {number.where for number in hidden}
        if _SCRIPT in places or (self._scripts and places & _SCRIPTED):
            return Message("EX204")
        if "style sheet" in places:
            return Message("EX208")
        shell = self._empty_mount or len("".join(seen.split())) < _SHELL_TEXT
        if self._scripts and (shell or (not any_shown and (self._drawing or self._unfilled))):
            return Message("EX203")
        if any_shown:
            return None
        if self._scripts and any(" at " in place for place in places):
            return Message("EX209")
        if self._pictured:
            return Message("EX205")
        return Message("EX216") if self._unread_script else None

    def _walk(self, root: LexborNode | None, place: Place) -> None:
        """Depth first without recursion: a page may nest as deep as it likes."""
        node = root
        while node is not None and node.prev is not None:  # comments may stand before the root element
            node = node.prev
        open_elements: list[tuple[LexborNode, Place, Place]] = []
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

    def _enter(self, node: LexborNode, place: Place) -> Place | None:
        """Read what `node` itself says; the place inside it, or None where its children are not read."""
        tag = node.tag
        if tag == "-text":
            self._text(node.text_content or "", place)
        elif tag == "-comment":
            self._aside(node.comment_content or "", "comment", words)
        elif tag == "script":
            self._script(node)
        elif tag == "template":
            why = "noscript" if "data-noscript" in node.attributes else "template"
            self._aside(inner_markup(node), why, words)
        elif tag == "style":
            self._aside(node.text(), "style sheet")
        elif node.is_element_node and tag is not None:
            return self._element(node, tag, place)
        return None

    def _element(self, node: LexborNode, tag: str, place: Place) -> Place:
        attributes = node.attributes
        index = place.counts[tag] = place.counts.get(tag, 0) + 1
        looks = [style.look(node, tag, attributes, look) for style, look in zip(self._styles, place.looks, strict=True)]
        inner = Place(
            place,
            tag,
            name=attributes.get("id") or "",
            index=index,
            looks=tuple(looks),
            link=(self._base, attributes["href"] or "") if tag == "a" and "href" in attributes else place.link,
            gone=_gone(node, tag, attributes, place) or place.gone,
            closed=tag == "details" and "open" not in attributes,
            chosen=_chosen(node, attributes) if tag == "select" else place.chosen,
            note=tag == "rt" or place.note,
        )
        if inner.covers:
            self._veils.add_cover(inner)
        self._part(inner)
        if tag == "br":
            self._text("\n", inner)
        if self._generates:
            self._draw(node, "before", inner)
        self._attributes(attributes, inner)
        if tag in {"input", "textarea"}:
            self._text(_typed(node, tag, attributes), inner)
        if not inner.hidden and _waits(node, tag, attributes):
            self._unfilled = True
        if tag in _ELSEWHERE or (self._shadows and node.mem_id in self._shadows):
            self._look_inside(node, tag, attributes, inner)
        elif inner.name in _MOUNTS and self._empty_mount is None and not inner.hidden:
            self._empty_mount = len(node.text(strip=True)) < _SHELL_TEXT
        return inner

    def _leave(self, node: LexborNode, inner: Place) -> None:
        if self._generates:
            self._draw(node, "after", inner)
        self._part(inner)

    def _draw(self, node: LexborNode, side: str, inner: Place) -> None:
        """Read what a style sheet writes before or after an element."""
        written = [style.text_of(node, side) for style in self._styles]
        text, doubt = next(((text, doubt) for text, doubt in written if text), ("", ""))
        if doubt and any(character.isdigit() for character in text):
            self._veils.add(doubt)
        self._text(text, inner)

    def _look_inside(self, node: LexborNode, tag: str, attributes: Attributes, inner: Place) -> None:
        """Read a frame's or a shadow's own document, and note what only a browser would show."""
        source = attributes.get("srcdoc") if tag == "iframe" else None
        shadow = self._shadows.get(node.mem_id)
        if source is not None or shadow is not None:
            self._read_inner(source or (inner_markup(shadow) if shadow else ""), inner)
        elif not inner.hidden and _loads(tag, attributes):
            self._incomplete = Message("EX201")
        elif tag == "meta" and _leads_on(attributes):
            self._incomplete = Message("EX202")
        if tag == "iframe":
            inner.remove("iframe")
        elif shadow is not None and "<slot" not in (shadow.html or ""):
            inner.remove("shadow host")

    def _read_inner(self, text: str, inner: Place) -> None:
        if self._depth < _FRAMES_DEEP:
            self.read_html(text, inner)
        elif not inner.hidden:
            self._incomplete = Message("EX206")

    def _script(self, node: LexborNode) -> None:
        kind = (node.attributes.get("type") or "").strip().lower()
        text = node.text()
        if _RUNNING.fullmatch(kind):
            self._scripts = self._scripts or bool(text.strip()) or "src" in node.attributes
            self._drawing = self._drawing or bool(_DRAWS.search(text))
            self._veils.add_script(text, mounts=_MOUNTS)
            self._unread_script = self._unread_script or "src" in node.attributes or bool(_ADDS_SCRIPT.search(text))
            self._aside(text, _SCRIPT)
        elif "json" in kind:
            self._aside(text, "data script")
        else:
            self._aside(text, "template script", words)

    def _attributes(self, attributes: Attributes, inner: Place) -> None:
        for name, value in attributes.items():
            if value and inner.tag in _PICTURES and not inner.hidden and _PICTURED.search(unescaped(value)):
                self._pictured = True
            if value and name != "srcdoc" and mentions_filing(value):
                self._aside(value, f"attribute {name} of {inner.path()}")

    def _text(self, text: str, place: Place) -> None:
        if not text:
            return
        if why := place.hidden:
            self._unseen.add(text, place, why)
        else:
            (self._notes if place.note else self._seen).add(text, place)

    def _aside(self, text: str, why: str, read: Callable[[str], str] = unescaped) -> None:
        """Text that no style can bring to light."""
        if mentions_filing(text):
            self._unseen.part()
            self._unseen.add(read(text), None, why)
            self._unseen.part()

    def _part(self, inner: Place) -> None:
        if inner.note:
            self._notes.part()
        elif inner.breaks or inner.tag in _BLOCKS:
            (self._unseen if inner.hidden else self._seen).part()


def _normalised(text: str) -> str:
    """Text in NFKC, white space folded."""
    normal = _UNUSUAL.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    return " ".join(normal.replace(HARD_BREAK, " ").split())


def _gone(node: LexborNode, tag: str, attributes: Attributes, place: Place) -> str:
    """Why an element is not painted by what it is; empty where it may be."""
    if tag in _UNRENDERED:
        return tag
    if tag == "option" and place.chosen not in {None, node.mem_id}:
        return "closed select"
    if place.closed and not (tag == "summary" and place.counts[tag] == 1):
        return "closed details"
    return "frame of no size" if tag in {"iframe", "frame"} and _tiny(attributes) else ""


def _chosen(node: LexborNode, attributes: Attributes) -> int | None:
    """The option that a `select` shows, or None where it shows several."""
    if "multiple" in attributes or (attributes.get("size") or "1").strip() not in {"0", "1"}:
        return None
    options = node.css("option")
    selected = [option for option in options if "selected" in option.attributes]
    return next((option.mem_id for option in [*selected[-1:], *options]), None)


def _typed(node: LexborNode, tag: str, attributes: Attributes) -> str:
    """What a form field shows besides its content."""
    if tag == "textarea":
        return "" if node.text() else attributes.get("placeholder") or ""
    if tag != "input" or (attributes.get("type") or "").strip().lower() in _UNTYPED:
        return ""
    return attributes.get("value") or attributes.get("placeholder") or ""


def _sheets(tree: LexborHTMLParser) -> list[str]:
    """The style sheets in a document that its browser applies, each under its own condition."""
    sheets = []
    preferred = ""
    for sheet in tree.css("style"):
        attributes = sheet.attributes
        title = attributes.get("title") or ""
        preferred = preferred or title
        if title not in {"", preferred}:  # an alternate sheet, which the reader would have to choose
            continue
        if (attributes.get("type") or "text/css").strip().lower() == "text/css":
            media = attributes.get("media")
            sheets.append(f"@media {media}{{{sheet.text()}}}" if media else sheet.text())
    return sheets


def _loads(tag: str, attributes: Attributes) -> bool:
    """Whether an element shows another page."""
    if tag in {"object", "embed"}:
        source = attributes.get("data") or attributes.get("src") or ""
        return bool(re.search(r"\.x?html?\b", source)) or "html" in (attributes.get("type") or "")
    if tag not in {"iframe", "frame", "turbo-frame"}:
        return False
    return (attributes.get("src") or "").strip().lower() not in {"", "about:blank"}


def _leads_on(attributes: Attributes) -> bool:
    """Whether a `meta` makes a browser load another page."""
    refreshes = (attributes.get("http-equiv") or "").lower() == "refresh"
    return refreshes and _REFRESH.match(attributes.get("content") or "") is not None


def _waits(node: LexborNode, tag: str, attributes: Attributes) -> bool:
    """Whether an element looks as if a script would fill it."""
    if tag != "img" and not _LATER.isdisjoint(attributes):
        return True
    found = "-" in tag or (tag in _FILLED and ("id" in attributes or "class" in attributes))
    return found and node.first_child is None


def _tiny(attributes: Attributes) -> bool:
    sizes = [(attributes.get(name) or "").strip() for name in ("width", "height")]
    return any(size in {"0", "1", "0px", "1px"} for size in sizes)


def _link(place: Place) -> str | None:
    """Where the nearest link around leads, if anywhere."""
    if place.link is None:
        return None
    target = _joined(*place.link)
    return target if target.lower().startswith(("http:", "https:", "/", "#", ".", "?")) else None


def _joined(base: str, href: str | None) -> str:
    try:
        return urljoin(base, (href or "").strip())
    except ValueError:
        return base
