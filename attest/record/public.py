"""The public record of a filing: what goes on chain under its number.

Nothing is invented to fill a field: only the schema's name, a nonce, the number and the kind of subject are
required. Fields that this module does not know are private by default, so they are refused here; so is the name
of a subject that is a natural person (an individual, a sole trader 个体工商户, a sole proprietorship 个人独资企业).

    >>> record = build_record({
    ...     "schema": "filing-record/1", "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
    ...     "number": "京网信备11010819764512340015号", "subject": {"kind": "organisation"}})
    >>> record.filing_number.key
    '11010819764512340015'
    >>> parse_record(record.canonical()) == record
    True
"""

import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from attest import base64url, canonical, messages
from attest.errors import RecordError
from attest.number import FilingNumber
from attest.record.labels import Labelled
from attest.record.paths import texts_in, without_empty
from attest.record.problems import problems_of
from attest.record.values import Day, Domain, Number, Part, Text, bytes_as_text, identity_card

SCHEMA: Final = "filing-record/1"
MAX_RECORD: Final = 2048  # bytes, the contract's bound
MAX_SOURCE: Final = 8 * MAX_RECORD
"""Characters of JSON beyond which nothing becomes a record, however much of it is white space or another spelling."""
NONCE_LENGTH: Final = 16  # bytes
ROOT_LENGTH: Final = 32  # bytes


class SubjectKind(StrEnum):
    """What the filing subject is."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"
    SOLE_TRADER = "sole-trader"
    SOLE_PROPRIETORSHIP = "sole-proprietorship"


class Subject(Part):
    """Who filed. `name` only where it is not a natural person's."""

    kind: SubjectKind
    name: Text | None = None

    @model_validator(mode="after")
    def _no_personal_name(self) -> Self:
        if self.name is not None and self.kind is not SubjectKind.ORGANISATION:
            raise ValueError(RecordError("RE122", kind=self.kind.value))
        return self


class Service(Part):
    """What was filed."""

    name: Text | None = None
    category: Literal["infrastructure-provider", "application-operator", "technology-provider"] | None = None
    types: tuple[Text, ...] = ()
    chains: tuple[Text, ...] = ()


class App(Part):
    """An application that must show the number."""

    name: Text | None = None
    platform: Text | None = None
    id: Text | None = None


class DisplayedOn(Part):
    """Where the number must be shown. `domains` by the rule of `attest.domains`."""

    domains: tuple[Domain, ...] = ()
    apps: tuple[App, ...] = ()


class Source(Part):
    """Where the registrar took the record from."""

    list: Text | None = None
    published: Day | None = None


class PublicRecord(Part):
    """A filing's public record, schema `filing-record/1`.

    Attributes:
        nonce: 16 random bytes, base64url, chosen by the registrar: whoever files cannot aim at a collision.
        private_root: Root of the salted tree over the private fields, 32 bytes, base64url.
    """

    schema_: Literal["filing-record/1"] = Field(alias="schema")
    nonce: Annotated[str, bytes_as_text(NONCE_LENGTH)]
    number: Number
    subject: Subject
    service: Service | None = None
    displayed_on: DisplayedOn | None = None
    filed_on: Day | None = None
    source: Source | None = None
    private_root: Annotated[str, bytes_as_text(ROOT_LENGTH)] | None = None

    @property
    def filing_number(self) -> FilingNumber:
        return FilingNumber.parse(self.number)

    @property
    def domains(self) -> tuple[str, ...]:
        """Hosts and `*.` patterns on which the number must be shown; empty where the record names none."""
        return self.displayed_on.domains if self.displayed_on else ()

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values; fields that are not known are left out."""
        return dict(without_empty(self.model_dump(mode="json", by_alias=True)))

    def canonical(self) -> bytes:
        """RFC 8785 bytes, the ones whose digest the registry keeps."""
        return canonical.canonical_bytes(self.as_json())


def new_nonce() -> str:
    """A fresh nonce for a record."""
    return base64url.encode(secrets.token_bytes(NONCE_LENGTH))


def derived_nonce(secret: bytes, document: Mapping[str, Any]) -> str:
    """A nonce for a record that has none yet: as good as a fresh one to whoever lacks `secret`, but the same again for
    the same content, so that registering a file twice is the same as once.
    """
    return base64url.encode(hmac.digest(secret, canonical.canonical_bytes(document), "sha256")[:NONCE_LENGTH])


def build_record(document: Any) -> PublicRecord:
    """Check a JSON value against the public record's schema.

    Raises:
        RecordError: names the field and the rule it breaks.
    """
    canonical.check_exact(document)
    text = canonical.normal_json(document)
    if len(text) > MAX_SOURCE:
        raise RecordError("RE124", limit=MAX_RECORD, found=len(text))
    try:
        record = PublicRecord.model_validate_json(text)
    except ValidationError as error:
        raise problems_of(error, PublicRecord)[0].error from error
    check_size(record.canonical())
    return record


def parse_record(data: bytes) -> PublicRecord:
    """Read a record's canonical bytes, as a registry or a well-known file holds them.

    Raises:
        RecordError: not JSON, not a public record, or not in canonical form.
    """
    record = build_record(canonical.parse_json(data))
    if record.canonical() != data:
        raise RecordError("RE123")
    return record


def check_size(data: bytes) -> None:
    """Make sure that the contract takes a record of these canonical bytes.

    Raises:
        RecordError: they are too many.
    """
    if len(data) > MAX_RECORD:
        raise RecordError("RE124", limit=MAX_RECORD, found=len(data))


def check_impersonal(document: Mapping[str, Any]) -> None:
    """Look over the text of a record that is about to go on chain, where it can never be erased.

    Raises:
        RecordError: it holds what looks like a mobile number, an e-mail address or an identity card's number.
    """
    for path, text in texts_in(document):
        if path not in _WITHOUT_TEXT and _SUSPECT.search(text) and (found := _personal(text)):
            raise RecordError("RE128", field=Labelled(path), what=found)


_WITHOUT_TEXT: Final = frozenset(("schema", "nonce", "number", "private_root"))
_SUSPECT: Final = re.compile(r"[@＠]|(?:\d[\s\-]*){11}")
_PERSONAL: Final = re.compile(
    r"(?P<mobile>(?<![0-9])(?:\+?(?:00)?86)?1[3-9][0-9]{9}(?![0-9]))"
    r"|(?P<email>[^\s@]{1,64}@[^\s@.]{1,64}\.[^\s@])"
    r"|(?P<card>(?<![0-9])[0-9]{17}[0-9Xx](?![0-9]))",
    re.ASCII,
)


def _personal(text: str) -> messages.Message | None:
    """What a text looks to hold of somebody's personal data."""
    plain = re.sub(r"(?<=[0-9])[\s-]+(?=[0-9])", "", unicodedata.normalize("NFKC", text))
    for match in _PERSONAL.finditer(plain):
        match match.lastgroup:
            case "mobile":
                return messages.Message("RE164")
            case "email":
                return messages.Message("RE165")
            case "card" if _is_identity_card(match[0]):
                return messages.Message("RE148")
    return None


def _is_identity_card(text: str) -> bool:
    try:
        return bool(identity_card(text))
    except RecordError:
        return False
