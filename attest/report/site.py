"""One site's report: what was found at one look, as one HTML file for auditors and for whoever runs the site.

The file asks for nothing: pictures are `data:` URLs, the style stands inside under its hash, there is no script and
nothing to click. Text of the site goes through `visible` and the template's escaping, whatever field it is in. It is
a plain record: no emblem, seal or tick, and no word of approval.
"""

import base64
import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Self
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

import attest
from attest import messages
from attest.errors import RecordError
from attest.ports import AUTHORITIES, Findings, Level, Measure, Visit
from attest.report import words
from attest.report.visible import mark, visible
from attest.site.display import load, rules
from attest.verdict import ADVISORY, REQUIRED, RULES, Check, State, Verdict
from attest.verify import AUTHORITY_HOST

MAX_LISTED: Final = 50
"""Entries of one list; the rest is counted."""
MAX_DISPLAYS: Final = 5  # numbers with pictures and measures
MAX_PICTURE: Final = 4_000_000  # bytes
MAX_PIXELS: Final = 16_000_000

_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the evidence, ready for a page. Sizes are CSS pixels."""

    source: Markup
    width: int
    height: int

    @classmethod
    def of(cls, data: bytes | None, window: "Window") -> Self | None:
        """The picture in `data`, or None where that is no PNG or would be too much for a reader's browser.

        Args:
            window: Of which it was taken: it is drawn no wider, whatever its resolution.
        """
        if data is None or not data.startswith(_PNG) or not 24 <= len(data) <= MAX_PICTURE:
            return None
        width, height = struct.unpack(">II", data[16:24])
        if not 0 < width * height <= MAX_PIXELS:
            return None
        shown = min(width, window.width or width)
        encoded = base64.b64encode(data).decode("ascii")
        return cls(Markup("data:image/png;base64,") + encoded, shown, max(round(height * shown / width), 1))


@dataclass(frozen=True, slots=True)
class Window:
    """A browser's window, as its file in the evidence tells it: CSS pixels, 0 where it does not."""

    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, visit: Visit, name: str) -> Self:
        facts = _document(visit, f"{name}.json")
        width, height = (facts.get(side) for side in ("width", "height"))
        if isinstance(width, int) and isinstance(height, int) and 0 < width < MAX_PIXELS and 0 < height < MAX_PIXELS:
            return cls(width, height)
        return cls()


@dataclass(frozen=True, slots=True)
class Listed:
    """The head of a list, and how many more there are."""

    rows: list[Any]
    more: int

    @classmethod
    def of(cls, entries: Sequence[Any]) -> Self:
        return cls(list(entries[:MAX_LISTED]), max(len(entries) - MAX_LISTED, 0))


def site_report(verdict: Verdict, visit: Visit, lang: str) -> str:
    """The report of one site, self-contained HTML.

    Args:
        verdict: Of `visit`.
        lang: One of `attest.messages.LANGUAGES`.
    """
    style = (files(__package__) / "site.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return _template().render(
        verdict=verdict,
        visit=visit,
        lang=lang,
        style=Markup(style),  # noqa: S704 - this package's own file
        style_hash=f"sha256-{digest}",
        place=visit.app or _host(verdict.final_url),
        word=messages.text(words.OUTCOMES[verdict.outcome][0], lang),
        sentence=messages.text(words.OUTCOMES[verdict.outcome][1], lang),
        label={name: messages.text(code, lang) for name, code in words.LABELS.items()},
        groups=[
            ("required", [check for check in verdict.checks if check.name in REQUIRED]),
            ("advisory", [check for check in verdict.checks if check.name in ADVISORY]),
        ],
        steps=_steps(verdict, lang),
        displays=[shown for shown in visit.displays if verdict.number in (None, shown.number)][:MAX_DISPLAYS],
        sources=_sources(visit, lang),
        windows={sight.window: Window.of(visit, sight.window) for shown in visit.displays for sight in shown.sights},
        others=_others(verdict, visit.findings),
        reached=_reached(visit, lang),
        authority=AUTHORITIES[verdict.basis.authority].text(lang) if verdict.basis else "",
        limits=[messages.text(code, lang, host=f"https://{AUTHORITY_HOST}/") for code in words.LIMITS],
        versions=_versions(verdict, lang),
        version=attest.__version__,
        note=messages.text("RP140", lang, example=mark("\u202e")),
        say=_Speaker(lang),
    )


class _Speaker:
    """What the template says of values, in one language."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        _, self._rules = rules()

    def message(self, code: str) -> str:
        return messages.text(code, self._lang)

    def details(self, check: Check) -> list[tuple[str, str]]:
        """What the check's sentence leaves out of what was expected, found and where."""
        sentence = check.text(self._lang)
        told = [("level", self.level(check.level) if check.level else ""), ("where", check.where)]
        for name, value in (("found", check.found), ("expected", check.expected)):
            told.insert(1, (name, value if isinstance(value, str) else value.text(self._lang)))
        return [(words.LABELS[name], text) for name, text in told if text and text not in sentence]

    def check(self, name: str) -> str:
        return self._named(words.CHECKS, name)

    def state(self, state: State) -> str:
        return messages.text(words.STATES[state], self._lang)

    def level(self, level: Any) -> str:
        """Of a `Level`, or of a check's level as text."""
        return Level(level).text(self._lang) if level in tuple(Level) else str(level)

    def window(self, name: str) -> str:
        return self._named(words.WINDOWS, name)

    def kind(self, name: str) -> str:
        return self._named(words.KINDS, name)

    def robots(self, decision: str) -> str:
        return self._named(words.ROBOTS, decision)

    def amount(self, measure: Measure, value: float) -> str:
        """`value` in the unit of the measure's rule."""
        rule = self._rules.get(measure.rule)
        return words.UNITS.get(rule.unit if rule else "", "{:g}").format(value)

    def bound(self, measure: Measure, value: float | None) -> str:
        """What a measure is held against, or a dash where the rule asks for nothing."""
        if value is None:
            return "–"
        rule = self._rules.get(measure.rule)
        return f"{'≤' if rule and rule.most else '≥'} {self.amount(measure, value)}"

    def picture(self, number: str, window: str) -> str:
        return messages.text("RP073", self._lang, number=number, window=self.window(window))

    def more(self, count: int) -> str:
        return messages.text("RP087", self._lang, count=count)

    def chain(self, chain_id: int, genesis: str) -> str:
        return messages.text("RP114", self._lang, chain_id=chain_id, genesis=genesis)

    def span(self, since: str, until: str) -> str:
        return messages.text("RP101", self._lang, since=since, until=until)

    def operator(self, name: str, *, local: bool) -> str:
        return messages.text("CL019", self._lang) if local and name == "-" else name

    def _named(self, table: Mapping[Any, str], name: Any) -> str:
        return messages.text(table[name], self._lang) if name in table else str(name)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finished,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["picture"] = Picture.of
    return environment.from_string((files(__package__) / "site.html").read_text(encoding="utf-8"))


def _finished(value: object) -> object:
    """Every value on its way into the page: text made visible, our own markup as it is."""
    return value if isinstance(value, Markup) else visible(str(value))


def _host(url: str) -> str:
    """The host of a URL, or the whole of what is none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _steps(verdict: Verdict, lang: str) -> list[tuple[str, str]]:
    """What can be done about each reason that is no PASS and each advisory FAIL: what it is about, and the hint."""
    told = [(check.text(lang), check) for check in verdict.reasons if check.state is not State.PASS]
    told += [
        (_Speaker(lang).check(check.name), check)
        for check in verdict.checks
        if check.name in ADVISORY and check.state is State.FAIL
    ]
    steps = [(about, hint) for about, check in told if (hint := _hint(check, lang))]
    return steps or [("", messages.text(words.NOTHING_TO_DO, lang))]


def _hint(check: Check, lang: str) -> str:
    code = words.NEXT.get((check.name, check.state))
    return check.hint(lang) or (messages.text(code, lang) if code else "")


def _sources(visit: Visit, lang: str) -> list[tuple[str, str]]:
    """The rules that were measured by, in their order, and where their thresholds come from."""
    measured = {measure.rule for shown in visit.displays for sight in shown.sights for measure in sight.measures}
    return [(rule.code, rule.source[lang]) for name, rule in rules()[1].items() if name in measured]


def _others(verdict: Verdict, findings: Findings | None) -> dict[str, Listed] | None:
    """What else the page shows, or None where it was not read."""
    if findings is None:
        return None
    listed: dict[str, Sequence[Any]] = {
        "numbers": [shown for shown in findings.numbers if shown.number != verdict.number],
        "malformed": findings.malformed,
        "hidden": findings.hidden,
        "credentials": findings.others,
    }
    return {name: Listed.of(entries) for name, entries in listed.items() if entries}


def _versions(verdict: Verdict, lang: str) -> str:
    """Of the rules that judged."""
    versions = [messages.text("RP121", lang, rules=RULES)]
    if verdict.display_rules:
        versions.append(messages.text("RP122", lang, rules=verdict.display_rules))
    return " · ".join(versions)


def _reached(visit: Visit, lang: str) -> list[tuple[str, list[str]]]:
    """How the page was reached: name of a fact of `words.LABELS` and its values, as far as they are known."""
    facts = _document(visit, "visit.json")
    tls, robots, well_known = (_table(facts.get(name)) for name in ("tls", "robots", "well_known"))
    say = _Speaker(lang)
    dates = _texts(tls.get("not_before")), _texts(tls.get("not_after"))
    decision = _texts(robots.get("decision"))
    rows = [
        ("redirect", _texts(facts.get("redirects"))),
        ("status", _texts(visit.status)),
        ("well_known", _texts(well_known.get("url")) + _texts(well_known.get("status"))),
        ("browser", _texts(_document(visit, "desktop.json").get("browser"))),
        ("problem", _texts(visit.problem.text(lang) if visit.problem else None)),
        ("robots", [say.robots(decision[0]), *_texts(robots.get("url"))] if decision else []),
        ("tls", _texts(tls.get("protocol")) + _texts(tls.get("cipher"))),
        ("tls_names", list(dict.fromkeys(_texts(tls.get("subject")) + _texts(tls.get("names"))))),
        ("tls_issuer", _texts(tls.get("issuer"))),
        ("tls_valid", [say.span(dates[0][0], dates[1][0])] if all(dates) else []),
        ("tls_sha256", _texts(tls.get("sha256"))),
    ]
    return [(name, values[:MAX_LISTED]) for name, values in rows if values]


def _document(visit: Visit, name: str) -> dict[str, Any]:
    """A JSON file of the evidence; empty where there is none, or it is too deep or no object."""
    try:
        return _table(load(visit.evidence.get(name, b"")))
    except (ValueError, RecordError):
        return {}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    """A value, or the values of a list, as text; nothing for what is neither text nor number."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(entry) for entry in values if isinstance(entry, str | int) and entry != ""]
