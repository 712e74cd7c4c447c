"""A rendered page as running text that remembers where each part of it is laid out.

Read from Chromium's `DOMSnapshot.captureSnapshot`, which sees what the page's scripts cannot falsify: the text of every
frame, of open and closed shadow roots, and what style sheets generate. Laid out is not painted: see `display`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, NamedTuple

from attest.credentials import HARD_BREAK

_PICTURING: Final = ("background-image", "content")
"""Styles by which an element shows a picture as large as itself."""
STYLES: Final = ("display", "font-size", *_PICTURING)
"""Computed styles to ask for, in this order."""
SPACES: Final = " \t\n\r\f"
"""What CSS collapses."""

_TEXT: Final = 3
_ELEMENT: Final = 1
_INLINE: Final = ("inline", "contents", "ruby")
_PATH_STEPS: Final = 6
_UNSEEN: Final = frozenset(("SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "TITLE"))
_PICTURES: Final = frozenset(("IMG", "CANVAS", "VIDEO", "OBJECT", "EMBED", "svg"))
_LEAST_PICTURE: Final = (150.0, 9.0)
"""CSS pixels of a picture in which the 23 characters of a number can be read."""
_UNTYPED: Final = frozenset(("hidden", "checkbox", "radio", "password", "file", "image", "range", "color"))


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one node, at `start` of the page's text.

    Attributes:
        document: Which of the snapshot's documents it is in, the outermost first.
        node: Backend id of the text node; None where a style sheet or a form field draws the text.
        element: Backend id of the element whose text it is.
        path: CSS-like path of that element.
        link: Where the nearest link around it leads, as written.
        font_size: CSS pixels.
    """

    start: int
    text: str
    document: int
    node: int | None
    element: int
    path: str
    link: str | None
    font_size: float

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All text that is laid out, block by block, and the text that is not.

    Attributes:
        text: Blocks are parted by `HARD_BREAK`.
        frames: DevTools id of each document's frame.
        owners: Of each document, the document that shows it and the backend id of the element; None of the outermost.
        unlaid: Text of nodes that have no place in the layout.
        pictures: How many are large enough to hold a number.
        size: Width and height of the outermost document, CSS pixels.
    """

    text: str
    runs: list[Run]
    frames: list[str]
    owners: list[tuple[int, int] | None]
    unlaid: str
    pictures: int
    size: tuple[float, float]

    def runs_of(self, start: int, end: int) -> list[tuple[Run, int, int]]:
        """The runs that hold `text[start:end]`, each with the part of its own text."""
        first = max(bisect_right(self.runs, start, key=attrgetter("start")) - 1, 0)
        found = []
        for run in self.runs[first:]:
            if run.start >= end:
                break
            if run.end > start:
                found.append((run, max(start - run.start, 0), min(end, run.end) - run.start))
        return found


def read_snapshot(raw: dict[str, Any], *, lines: bool = False) -> Snapshot:
    """Make sense of the answer of `DOMSnapshot.captureSnapshot` with `computedStyles=STYLES`.

    Args:
        lines: Read it once more line by line, as it is laid out, which may be another order than that of the nodes.
    """
    documents = [_Document(index, document, raw["strings"]) for index, document in enumerate(raw["documents"])]
    owners = {child: (outer.index, outer.id_of(node)) for outer in documents for node, child in outer.frames.items()}
    writer = _Writer()
    for document in _nested(documents):
        document.write(writer)
        if lines:
            document.write_lines(writer)
    first = raw["documents"][0]
    return Snapshot(
        text="".join(writer.parts),
        runs=writer.runs,
        frames=[document.frame for document in documents],
        owners=[owners.get(document.index) for document in documents],
        unlaid=HARD_BREAK.join(writer.unlaid),
        pictures=writer.pictures,
        size=(first["contentWidth"], first["contentHeight"]),
    )


def _nested(documents: list["_Document"]) -> Iterator["_Document"]:
    """The outermost document and those that are shown in frames of it, at any depth."""
    waiting = documents[:1]
    while waiting:
        document = waiting.pop(0)
        yield document
        waiting += [documents[child] for child in document.frames.values() if child < len(documents)]


@dataclass(slots=True)
class _Writer:
    parts: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    unlaid: list[str] = field(default_factory=list)
    pictures: int = 0
    length: int = 0

    def add(self, text: str) -> int:
        """Where `text` begins."""
        start = self.length
        self.parts.append(text)
        self.length += len(text)
        return start


class _Box(NamedTuple):
    """Where the text of a node is laid out, CSS pixels of its document."""

    node: int
    text: str
    left: float
    top: float
    width: float
    height: float


def _lines(boxes: Iterable[_Box]) -> Iterator[list[_Box]]:
    """Boxes that stand at the same height, from left to right."""
    rows: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda box: box.top + box.height / 2):
        if not (rows and abs(rows[-1][0].top + rows[-1][0].height / 2 - box.top - box.height / 2) < box.height / 2):
            rows.append([])
        rows[-1].append(box)
    for row in rows:
        yield sorted(row, key=attrgetter("left"))


class _Document:
    """One document of a snapshot; nodes are known by their index."""

    def __init__(self, index: int, raw: dict[str, Any], strings: list[str]) -> None:
        nodes = raw["nodes"]
        self.index = index
        self.frame = strings[raw["frameId"]]
        self._strings = strings
        self._parents = nodes["parentIndex"]
        self._kinds = nodes["nodeType"]
        self._names = [strings[name] for name in nodes["nodeName"]]
        self._tags = frozenset(self._names)
        self._values = nodes["nodeValue"]
        self._ids = nodes["backendNodeId"]
        self._attributes = nodes["attributes"]
        pseudo = self._pairs(nodes["pseudoType"])
        self._pseudo = pseudo.keys()
        self._after = {node for node, kind in pseudo.items() if kind == "after"}
        self._typed = self._pairs(nodes["inputValue"]) | self._pairs(nodes["textValue"])
        self._chosen = set(nodes["optionSelected"]["index"])
        self.frames = dict(
            zip(nodes["contentDocumentIndex"]["index"], nodes["contentDocumentIndex"]["value"], strict=True)
        )
        self._layout = raw["layout"]
        self._boxes = raw["textBoxes"]
        self._styles = {
            node: [strings[style] if style >= 0 else "" for style in styles]
            for node, styles in zip(self._layout["nodeIndex"], self._layout["styles"], strict=True)
        }

    def id_of(self, node: int) -> int:
        """The backend id of a node."""
        return int(self._ids[node])

    def write(self, writer: _Writer) -> None:
        """Add this document's text, pictures and what has no place in it."""
        laid = set(self._layout["nodeIndex"])
        texts: list[tuple[int, str]] = []
        notes: list[tuple[int, str]] = []
        for node, text, bounds in self._in_page_order():
            if self._is_picture(node, bounds):
                writer.pictures += 1
            if value := self._strings[text] if text >= 0 else self._drawn(node):
                (notes if self._is_note(node) else texts).append((node, value))
        for part in (texts, notes):
            block: int | None = None
            for node, value in part:
                if (around := self._block(node)) != block:
                    writer.add(HARD_BREAK)
                block = around
                self._write(writer, node, value)
            writer.add(HARD_BREAK)
        writer.unlaid += [
            self._strings[value]
            for node, (kind, value) in enumerate(zip(self._kinds, self._values, strict=True))
            if kind == _TEXT and value >= 0 and node not in laid and self._names[self._parents[node]] not in _UNSEEN
        ]

    def write_lines(self, writer: _Writer) -> None:
        """Add the text that is laid out in one box, from left to right and from top to bottom."""
        for line in _lines(self._single_boxes()):
            for box in line:
                self._write(writer, box.node, box.text)
            writer.add(HARD_BREAK)

    def _single_boxes(self) -> Iterator["_Box"]:
        boxes = self._boxes
        times = Counter(boxes["layoutIndex"])
        for index, bounds in zip(boxes["layoutIndex"], boxes["bounds"], strict=True):
            text = self._layout["text"][index]
            if times[index] == 1 and text >= 0 and self._strings[text].strip():
                yield _Box(self._layout["nodeIndex"][index], self._strings[text], *bounds)

    def _write(self, writer: _Writer, node: int, text: str) -> None:
        writer.runs.append(self._run(node, text, writer.add(text.replace(HARD_BREAK, "\ufffd"))))

    def _is_note(self, node: int) -> bool:
        """Whether it is in the small text that `ruby` sets above other text."""
        return "RT" in self._tags and any(self._names[around] == "RT" for around in self._above(node))

    def _in_page_order(self) -> list[tuple[int, int, list[float]]]:
        """Node, text and bounds of all that is laid out, with what is generated after an element behind its content."""
        laid = list(zip(self._layout["nodeIndex"], self._layout["text"], self._layout["bounds"], strict=True))
        if not self._after:
            return laid
        ends = list(range(1, len(self._parents) + 1))
        for node in range(len(self._parents) - 1, 0, -1):
            ends[self._parents[node]] = max(ends[self._parents[node]], ends[node])

        def place(entry: tuple[int, int, list[float]]) -> tuple[float, int]:
            node = entry[0] if entry[0] in self._after else self._parents[entry[0]]
            if node not in self._after:
                return entry[0], 0
            element = self._parents[node]
            return ends[element] - 0.5, -element

        return sorted(laid, key=place)

    def _run(self, node: int, text: str, start: int) -> Run:
        own = self._kinds[node] == _TEXT
        drawn = node in self._pseudo
        element = self._parents[node] if own or drawn else node
        while self._kinds[element] != _ELEMENT and self._parents[element] >= 0:  # a shadow root
            element = self._parents[element]
        size = self._style(node, "font-size")
        return Run(
            start, text, self.index, self._ids[node] if own else None, self._ids[element], self._path(element),
            self._link(element), float(size.removesuffix("px") or 16),
        )  # fmt: skip

    def _drawn(self, node: int) -> str:
        """What a form field shows."""
        name = self._names[node]
        if name == "SELECT":
            return self._option(node)
        if name not in {"INPUT", "TEXTAREA"}:
            return ""
        attributes = self._attributes_of(node)
        if attributes.get("type", "text").lower() in _UNTYPED:
            return ""
        return self._typed.get(node) or attributes.get("placeholder", "")

    def _option(self, select: int) -> str:
        chosen = [option for option in self._chosen if select in self._above(option)]
        texts = [
            self._strings[self._values[node]]
            for node, parent in enumerate(self._parents)
            if parent in chosen and self._kinds[node] == _TEXT
        ]
        return "".join(texts)

    def _is_picture(self, node: int, bounds: list[float]) -> bool:
        large = bounds[2] >= _LEAST_PICTURE[0] and bounds[3] >= _LEAST_PICTURE[1]
        name = self._names[node]
        drawn = name in _PICTURES or (name == "INPUT" and self._attributes_of(node).get("type", "").lower() == "image")
        return large and (drawn or any("url(" in self._style(node, name) for name in _PICTURING))

    def _block(self, node: int) -> int:
        """The nearest element around that is laid out as a block."""
        around = self._parents[node] if self._kinds[node] == _TEXT or node in self._pseudo else node
        while around >= 0 and (not (display := self._style(around, "display")) or display.startswith(_INLINE)):
            around = self._parents[around]
        return int(around)

    def _style(self, node: int, name: str) -> str:
        """A computed style; empty where the node has no place in the layout."""
        styles = self._styles.get(node)
        return styles[STYLES.index(name)] if styles else ""

    def _link(self, node: int) -> str | None:
        for around in self._above(node):
            if self._names[around] in {"A", "a"} and (target := self._attributes_of(around).get("href")) is not None:
                return target
        return None

    def _path(self, node: int) -> str:
        steps: list[str] = []
        for around in self._above(node):
            if self._kinds[around] != _ELEMENT or len(steps) == _PATH_STEPS:
                break
            name = self._names[around].lower()
            if identity := self._attributes_of(around).get("id"):
                steps.append(f"{name}#{identity}")
                break
            steps.append(name)
        return " > ".join(reversed(steps))

    def _above(self, node: int) -> Iterator[int]:
        while node >= 0:
            yield node
            node = self._parents[node]

    def _attributes_of(self, node: int) -> dict[str, str]:
        pairs = [self._strings[text] if text >= 0 else "" for text in self._attributes[node]]
        return dict(zip(pairs[::2], pairs[1::2], strict=True))

    def _pairs(self, values: dict[str, list[int]]) -> dict[int, str]:
        return {node: self._strings[value] for node, value in zip(values["index"], values["value"], strict=True)}
