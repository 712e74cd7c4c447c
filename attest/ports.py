"""What the services ask of the outside world, and the values that cross that line.

Adapters (`attest.site`, `attest.registry`) implement the protocols; services (`attest.verify`) and tests see
nothing else of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Final, Literal, Protocol

from attest import messages
from attest.errors import AttestError
from attest.messages import Message
from attest.number import Defect, FilingNumber
from attest.record import PublicRecord

# --- a site as a visitor sees it ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A well-formed number that a reader of the page can see.

    Attributes:
        text: As the page writes it.
        where: CSS-like path of the element that holds it.
        link: Absolute URL the number links to, or None.
        variants: Unusual spellings, as `attest.number.examine` warns of them.
        doubt: What may hide it, where only a browser can tell; empty where nothing may, or a browser was asked.
    """

    number: FilingNumber
    text: str
    where: str
    link: str | None = None
    variants: tuple[Defect, ...] = ()
    doubt: str = ""


class Level(StrEnum):
    """How well a number is displayed, the best first. The law asks for a prominent place and sets no size or colour:
    the levels are this project's, and their thresholds stand in `attest/site/display.toml`.
    """

    PROMINENT = "PROMINENT"
    DISPLAYED = "DISPLAYED"
    WEAK = "WEAK"
    PRESENT_HIDDEN = "PRESENT_HIDDEN"
    ABSENT = "ABSENT"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Level).index(self)

    def text(self, lang: str) -> str:
        return messages.text(f"RP{10 + self.rank:03}", lang)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing measured about how a number is painted, held against one rule of `attest/site/display.toml`.

    Attributes:
        rule: The rule's name: `contrast`, `height`, …
        value: What was measured, in the rule's unit.
        prominent, displayed: What the rule asks for these two levels; None where it asks for nothing.
        level: The best level that the value allows.
        code: Message that says what is measured.
    """

    rule: str
    value: float
    prominent: float | None
    displayed: float | None
    level: Level
    code: str


@dataclass(frozen=True, slots=True)
class Sight:
    """How one number is painted in one window.

    Attributes:
        window: `desktop`, `phone` or `dark`.
        measures: In the rules' order; the worst of their levels is the sight's.
        picture: Name of the picture crop among the evidence's files, or an empty string.
    """

    window: str
    level: Level
    where: str
    measures: tuple[Measure, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Display:
    """How one number is displayed, judged by what a browser paints in every window."""

    number: FilingNumber
    level: Level
    sights: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class MalformedNumber:
    """A visible attempt at a filing number that is not well formed, with at least one error."""

    text: str
    errors: tuple[Defect, ...]
    where: str


@dataclass(frozen=True, slots=True)
class HiddenNumber:
    """A number in the page's source that no reader sees.

    Attributes:
        where: The hiding place: `comment`, `script`, `attribute alt of …`, `display:none at …`.
    """

    number: FilingNumber
    where: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A visible number of another filing or licence system.

    Attributes:
        kind: One of `attest.credentials.KINDS`.
        value: As the page writes it, white space folded.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What the text of one page shows, each list in page order without repetition.

    Attributes:
        text: The page's visible text, NFKC, white space folded.
        incomplete: Why a reader with a browser may see more than this (scripts, frames, pictures), or None where
            the page stands as it is.
        misread: It is UTF-8 and nobody says so, so that browsers show other characters than these.
    """

    numbers: tuple[ShownNumber, ...] = ()
    malformed: tuple[MalformedNumber, ...] = ()
    hidden: tuple[HiddenNumber, ...] = ()
    others: tuple[Credential, ...] = ()
    text: str = ""
    incomplete: Message | None = None
    misread: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at one page.

    Attributes:
        url: As asked for.
        final_url: After redirects; equals `url` where none happened or nothing was reached.
        time: When the visit began, UTC.
        status: HTTP status, or None where no answer came.
        sha256: Of the decoded body, hex, or None where there is none.
        findings: What the page shows, or None where it could not be read.
        problem: Why the page was not seen, or not seen whole.
        displays: Of each number that was looked at in a browser; empty where none was used.
        rules: Version of the display rules, empty without `displays`.
        published: What the site itself publishes as its attestation; None where it publishes nothing.
        second: The numbers that another visitor was shown; None where there was no second look.
        app: The app whose screenshot was looked at instead of a site; empty for sites.
        pictured: A picture was looked at, not a page.
        evidence: The files that all of the above was computed from, by name: page, headers, pictures.
    """

    url: str
    final_url: str
    time: datetime
    status: int | None = None
    sha256: str | None = None
    findings: Findings | None = None
    problem: AttestError | None = None
    displays: tuple[Display, ...] = ()
    rules: str = ""
    published: bytes | None = None
    second: frozenset[FilingNumber] | None = None
    app: str = ""
    pictured: bool = False
    evidence: Mapping[str, bytes] = field(default_factory=dict)


class SitePort(Protocol):
    """Visits sites."""

    async def visit(self, url: str, *, expect: FilingNumber | None = None) -> Visit:
        """Look at `url` once. Faults are in `Visit.problem`, never raised.

        Args:
            expect: The number that is asked for: where only a picture may show it, whether it does.
        """
        ...


# --- a registry --------------------------------------------------------------------------------------------


class Status(IntEnum):
    """State of a filing, as the contract numbers it."""

    NONE = 0
    ACTIVE = 1
    SUSPENDED = 2
    CANCELLED = 3
    REVOKED = 4
    VOID = 5

    @property
    def registered(self) -> bool:
        """Whether the number counts as entered: not where it never was, nor where it was in error."""
        return self not in (Status.NONE, Status.VOID)

    def text(self, lang: str) -> str:
        return messages.text(f"ST{self.value:03}", lang)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the registry's state holds under a number: one storage slot.

    Attributes:
        digest: 26 bytes, the head of SHA-256 over the record's canonical bytes.
        changed_at: Block number of the last change; 0 where there never was one.
    """

    digest: bytes
    changed_at: int
    status: Status


Authority = Literal["authoritative", "mirror", "self-declared"]
AUTHORITIES: Final[dict[Authority, Message]] = {
    "authoritative": Message("TR001"),
    "mirror": Message("TR002"),
    "self-declared": Message("TR003"),
}
"""The kinds of registry, as readers are told."""


@dataclass(frozen=True, slots=True)
class TrustEntry:
    """What the reader believes of a registry: an entry of the trust list.

    Attributes:
        name: How the reader calls it.
        operator: Who runs it, in the reader's words.
        authority: `authoritative`: a number it lacks is not filed. `mirror`: a copy of published lists, always
            late. `self-declared`: whoever wanted to is in it.
        provinces: Province characters it is authoritative for; empty for all.
        complete_to: The last list and date a mirror holds, or None.
    """

    name: str
    operator: str
    authority: Authority
    provinces: frozenset[str] = frozenset()
    complete_to: str | None = None

    def decides(self, number: FilingNumber) -> bool:
        """Whether the absence of `number` from this registry means that it is not filed."""
        return self.authority == "authoritative" and (not self.provinces or number.province in self.provinces)


@dataclass(frozen=True, slots=True)
class Basis:
    """The one state of one chain that every read of a verdict was pinned to.

    Attributes:
        genesis: Block hash 0, hex.
        contract: Checksummed address of the registry.
        block: Number of the head read.
        block_hash: Its hash, hex.
        finality: The rule that chose the head: `finalized`, `safe`, `latest` or `N confirmations`.
        nodes: How many nodes agreed.
        local: The chain is a file of this machine's user and proves nothing to others.
    """

    registry: str
    operator: str
    authority: Authority
    chain_id: int
    genesis: str
    contract: str
    block: int
    block_hash: str
    finality: str
    nodes: int
    local: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a registry says of one number at one block.

    Attributes:
        record: The public record with the entry's digest, or None where there is no entry or `problem` says why.
        problem: Why there is no record although there is an entry.
        pending: There is no entry at the final head, or a void one, but there is one in a block that is not final yet.
    """

    entry: Entry
    record: PublicRecord | None = None
    problem: AttestError | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The registry's answer about several numbers, all read at one head."""

    basis: Basis
    lookups: dict[FilingNumber, Lookup] = field(default_factory=dict)


class RegistryPort(Protocol):
    """Looks numbers up in one registry."""

    @property
    def trust(self) -> TrustEntry:
        """What the reader believes of this registry."""
        ...

    async def look_up(self, numbers: Sequence[FilingNumber]) -> Answer:
        """Entry and record of each number, read at one head.

        Raises:
            ChainError: no node could be relied on.
        """
        ...
