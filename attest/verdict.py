"""Checks and verdicts about one site, and the one table of their codes.

A code fixes which check it belongs to and in which state; it is never reused and its meaning never changes. Texts
are in `attest/messages/verdict.toml`.

A verdict is MATCH, MISMATCH or UNDECIDED. MISMATCH rests on something seen; what could not be seen or asked is
UNDECIDED, never a fault of the site.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from attest import messages
from attest.errors import AttestError
from attest.messages import Localised
from attest.number import FilingNumber
from attest.ports import Basis

SCHEMA: Final = "verdict/1"
RULES: Final = "2026-11.3"
"""Version of the table below; raised when the same facts would get another verdict."""


class State(StrEnum):
    """What one check found."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Outcome(StrEnum):
    """What the checks of a site come to."""

    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    UNDECIDED = "UNDECIDED"


REQUIRED: Final = ("displayed", "well_formed", "registered", "status", "record_intact", "domain")
ADVISORY: Final = ("prominence", "subject", "link", "qr", "published", "second_look")

CODES: Final = {
    "FA100": ("displayed", State.PASS),
    "FA104": ("displayed", State.PASS),
    "FA105": ("displayed", State.FAIL),
    "FA101": ("displayed", State.FAIL),
    "FA102": ("displayed", State.FAIL),
    "FA106": ("displayed", State.FAIL),
    "FA103": ("displayed", State.FAIL),
    "FA120": ("displayed", State.UNDECIDED),
    "FA121": ("displayed", State.UNDECIDED),
    "FA122": ("displayed", State.UNDECIDED),
    "FA123": ("displayed", State.UNDECIDED),
    "FA124": ("displayed", State.UNDECIDED),
    "FA125": ("displayed", State.UNDECIDED),
    "FA126": ("displayed", State.UNDECIDED),
    "FA200": ("well_formed", State.PASS),
    "FA201": ("well_formed", State.PASS),
    "FA210": ("well_formed", State.FAIL),
    "FA290": ("well_formed", State.NOT_APPLICABLE),
    "FA300": ("registered", State.PASS),
    "FA310": ("registered", State.FAIL),
    "FA311": ("registered", State.FAIL),
    "FA320": ("registered", State.UNDECIDED),
    "FA321": ("registered", State.UNDECIDED),
    "FA322": ("registered", State.UNDECIDED),
    "FA323": ("registered", State.UNDECIDED),
    "FA390": ("registered", State.NOT_APPLICABLE),
    "FA400": ("status", State.PASS),
    "FA410": ("status", State.FAIL),
    "FA411": ("status", State.FAIL),
    "FA412": ("status", State.FAIL),
    "FA490": ("status", State.NOT_APPLICABLE),
    "FA500": ("record_intact", State.PASS),
    "FA520": ("record_intact", State.UNDECIDED),
    "FA590": ("record_intact", State.NOT_APPLICABLE),
    "FA600": ("domain", State.PASS),
    "FA610": ("domain", State.FAIL),
    "FA601": ("domain", State.PASS),
    "FA611": ("domain", State.FAIL),
    "FA620": ("domain", State.UNDECIDED),
    "FA621": ("domain", State.UNDECIDED),
    "FA690": ("domain", State.NOT_APPLICABLE),
    "FA700": ("prominence", State.PASS),
    "FA701": ("prominence", State.PASS),
    "FA710": ("prominence", State.FAIL),
    "FA711": ("prominence", State.FAIL),
    "FA712": ("prominence", State.FAIL),
    "FA720": ("prominence", State.UNDECIDED),
    "FA721": ("prominence", State.UNDECIDED),
    "FA722": ("prominence", State.UNDECIDED),
    "FA790": ("prominence", State.NOT_APPLICABLE),
    "FA800": ("subject", State.PASS),
    "FA890": ("subject", State.NOT_APPLICABLE),
    "FA891": ("subject", State.NOT_APPLICABLE),
    "FA900": ("link", State.PASS),
    "FA901": ("link", State.PASS),
    "FA910": ("link", State.FAIL),
    "FA920": ("link", State.UNDECIDED),
    "FA990": ("link", State.NOT_APPLICABLE),
    "FA991": ("link", State.NOT_APPLICABLE),
    "FA992": ("link", State.NOT_APPLICABLE),
    "FA995": ("qr", State.NOT_APPLICABLE),
    "FA930": ("second_look", State.PASS),
    "FA931": ("second_look", State.FAIL),
    "FA996": ("second_look", State.NOT_APPLICABLE),
    "FA940": ("published", State.PASS),
    "FA941": ("published", State.FAIL),
    "FA997": ("published", State.NOT_APPLICABLE),
}
"""Code to the check it belongs to and the state it means."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    Attributes:
        code: A key of `CODES`; fixes `name` and `state`.
        expected, found: What the rule asks for and what was there, in words; empty where the code says it all.
        where: Place on the page, empty where it does not apply.
        level: For `prominence`: `PROMINENT`, `DISPLAYED`, `WEAK`, `PRESENT_HIDDEN` or `ABSENT`; else empty.
    """

    code: str
    expected: str | Localised = ""
    found: str | Localised = ""
    where: str = ""
    level: str = ""

    @property
    def name(self) -> str:
        return CODES[self.code][0]

    @property
    def state(self) -> State:
        return CODES[self.code][1]

    def text(self, lang: str) -> str:
        return messages.text(self.code, lang, expected=self.expected, found=self.found, where=self.where)

    def hint(self, lang: str) -> str:
        """What can be done about it, or an empty string."""
        cause = self.found.hint(lang) if isinstance(self.found, AttestError) else ""
        return cause or messages.hint(self.code, lang)

    def as_json(self) -> dict[str, str]:
        fields = {"name": self.name, "state": self.state.value, "code": self.code, "level": self.level}
        fields |= {"expected": _english(self.expected), "found": _english(self.found)}
        fields |= {"where": self.where, "text": self.text("en")}
        return {name: value for name, value in fields.items() if value or name in ("expected", "found")}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one site at one time.

    Attributes:
        url: As asked for; `final_url` after redirects.
        number: The number that was judged, or None.
        numbers: All well-formed numbers displayed, in page order.
        checks: Required ones, then advisory ones.
        registry: Name of the registry that was, or would have been, asked.
        basis: The chain state the answer rests on, or None where no registry was asked or none answered.
        time: When the page was visited, UTC.
        page_sha256: Of the page's bytes, hex, or None where there are none.
        display_rules: Version of `attest/site/display.toml`, or an empty string where no browser looked.
    """

    url: str
    final_url: str
    number: FilingNumber | None
    numbers: tuple[FilingNumber, ...]
    checks: tuple[Check, ...]
    registry: str
    basis: Basis | None
    time: datetime
    page_sha256: str | None
    display_rules: str = ""

    @property
    def outcome(self) -> Outcome:
        return decide(self.checks)

    @property
    def codes(self) -> list[str]:
        """Codes of the checks that did not pass and of the required ones that did, in order."""
        return [check.code for check in self.checks if check.state is not State.NOT_APPLICABLE]

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The required checks that the outcome rests on."""
        wanted = {Outcome.MATCH: State.PASS, Outcome.MISMATCH: State.FAIL, Outcome.UNDECIDED: State.UNDECIDED}
        state = wanted[self.outcome]
        return tuple(check for check in self.checks if check.name in REQUIRED and check.state is state)

    def exit_code(self, *, strict: bool) -> int:
        """0 MATCH, 1 MISMATCH, 3 UNDECIDED; with `strict` a MATCH with an advisory FAIL is 1."""
        if self.outcome is Outcome.UNDECIDED:
            return 3
        failed = any(check.state is State.FAIL for check in self.checks if strict or check.name in REQUIRED)
        return 1 if failed else 0

    def as_json(self) -> dict[str, Any]:
        """The stable form, schema `verdict/1`."""
        return {
            "schema": SCHEMA,
            "url": self.url,
            "final_url": self.final_url,
            "verdict": self.outcome.value,
            "number": self.number.text if self.number else None,
            "numbers": [number.text for number in self.numbers],
            "checks": [check.as_json() for check in self.checks],
            "rests_on": {
                "registry": self.registry,
                **(self.basis.as_json() if self.basis else {}),
                "time": self.time.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "page_sha256": self.page_sha256,
                "rules": RULES,
                **({"display_rules": self.display_rules} if self.display_rules else {}),
            },
        }


def _english(value: str | Localised) -> str:
    return value if isinstance(value, str) else value.text("en")


def decide(checks: Sequence[Check]) -> Outcome:
    """The verdict of the required checks: any FAIL, else any UNDECIDED, else MATCH.

    Nothing but passed checks makes a MATCH: without a single PASS the outcome is UNDECIDED.
    """
    states = {check.state for check in checks if check.name in REQUIRED}
    if State.FAIL in states:
        return Outcome.MISMATCH
    if State.UNDECIDED in states or State.PASS not in states:
        return Outcome.UNDECIDED
    return Outcome.MATCH
