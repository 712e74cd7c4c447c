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

import base64
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from attest import canonical, messages
from attest.domains import canonical_pattern
from attest.errors import AttestError, RecordError
from attest.number import FilingNumber

SCHEMA: Final = "filing-record/1"
MAX_RECORD: Final = 2048  # bytes, the contract's bound
NONCE_LENGTH: Final = 16  # bytes
MAX_FIELD: Final = 80  # characters of a field's path quoted in a message


class SubjectKind(StrEnum):
    """What the filing subject is."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"
    SOLE_TRADER = "sole-trader"
    SOLE_PROPRIETORSHIP = "sole-proprietorship"


def _explaining(check: Callable[[str], str]) -> Callable[[str], str]:
    """Let pydantic carry our own error to `_explained`, together with the field's name."""

    def wrapped(text: str) -> str:
        try:
            return check(text)
        except AttestError as error:
            raise ValueError(error) from error

    return wrapped


def _base64url(length: int) -> Any:
    @_explaining
    def check(text: str) -> str:
        try:
            raw = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        if len(raw) != length or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
            raise RecordError("RE125", expected=length, found=messages.shown(text))
        return text

    return AfterValidator(check)


@_explaining
def _calendar_day(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise RecordError("RE126", found=messages.shown(text))


@_explaining
def _canonical_number(text: str) -> str:
    return FilingNumber.parse(text).text


Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[str, AfterValidator(_calendar_day)]
Number = Annotated[str, AfterValidator(_canonical_number)]
Domain = Annotated[str, Field(max_length=260), AfterValidator(_explaining(canonical_pattern))]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)


class Subject(_Part):
    """Who filed. `name` only where it is not a natural person's."""

    kind: SubjectKind
    name: Text | None = None

    @model_validator(mode="after")
    def _no_personal_name(self) -> Self:
        if self.name is not None and self.kind is not SubjectKind.ORGANISATION:
            raise ValueError(RecordError("RE122", kind=self.kind.value))
        return self


class Service(_Part):
    """What was filed."""

    name: Text | None = None
    category: Literal["infrastructure-provider", "application-operator", "technology-provider"] | None = None
    types: tuple[Text, ...] = ()
    chains: tuple[Text, ...] = ()


class App(_Part):
    """An application that must show the number."""

    name: Text | None = None
    platform: Text | None = None
    id: Text | None = None


class DisplayedOn(_Part):
    """Where the number must be shown. `domains` by the rule of `attest.domains`."""

    domains: tuple[Domain, ...] = ()
    apps: tuple[App, ...] = ()


class Source(_Part):
    """Where the registrar took the record from."""

    list: Text | None = None
    published: Day | None = None


class PublicRecord(_Part):
    """A filing's public record, schema `filing-record/1`.

    Attributes:
        nonce: 16 random bytes, base64url, chosen by the registrar: whoever files cannot aim at a collision.
        private_root: Root of the salted tree over the private fields, 32 bytes, base64url.
    """

    schema_: Literal["filing-record/1"] = Field(alias="schema")
    nonce: Annotated[str, _base64url(NONCE_LENGTH)]
    number: Number
    subject: Subject
    service: Service | None = None
    displayed_on: DisplayedOn | None = None
    filed_on: Day | None = None
    source: Source | None = None
    private_root: Annotated[str, _base64url(32)] | None = None

    @property
    def filing_number(self) -> FilingNumber:
        return FilingNumber.parse(self.number)

    @property
    def domains(self) -> tuple[str, ...]:
        """Hosts and `*.` patterns on which the number must be shown; empty where the record names none."""
        return self.displayed_on.domains if self.displayed_on else ()

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values; fields that are not known are left out."""
        return dict(_without_empty(self.model_dump(mode="json", by_alias=True)))

    def canonical(self) -> bytes:
        """RFC 8785 bytes, the ones whose digest the registry keeps."""
        return canonical.canonical_bytes(self.as_json())


def new_nonce() -> str:
    """A fresh nonce for a record."""
    return _nonce(secrets.token_bytes(NONCE_LENGTH))


def derived_nonce(secret: bytes, document: Mapping[str, Any]) -> str:
    """A nonce for a record that has none yet: as good as a fresh one to whoever lacks `secret`, but the same again for
    the same content, so that registering a file twice is the same as once.
    """
    return _nonce(hmac.digest(secret, canonical.canonical_bytes(document), "sha256")[:NONCE_LENGTH])


def _nonce(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def build_record(document: Any) -> PublicRecord:
    """Check a JSON value against the public record's schema.

    Raises:
        RecordError: names the field and the rule it breaks.
    """
    canonical.check_exact(document)
    try:
        record = PublicRecord.model_validate_json(
            unicodedata.normalize("NFC", json.dumps(document, ensure_ascii=False))
        )
    except ValidationError as error:
        raise _explained(error) from error
    if (size := len(record.canonical())) > MAX_RECORD:
        raise RecordError("RE124", limit=MAX_RECORD, found=size)
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


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, [], {}, ())}
    return value


def _fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every field a record can have, as `subject.name`."""
    for name, field in model.model_fields.items():
        inner = next((part for part in _models(field.annotation)), None)
        yield from _fields(inner, f"{path}{name}.") if inner else [f"{path}{field.alias or name}"]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _explained(error: ValidationError) -> RecordError:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:MAX_FIELD] or "-"
    context = first.get("ctx", {})
    match first["type"]:
        case "missing":
            return RecordError("RE101", field=field)
        case "extra_forbidden":
            return RecordError("RE102", field=field, known=", ".join(_fields(PublicRecord)))
        case "value_error":
            return RecordError("RE100", field=field, why=context["error"].args[0])
        case "string_too_short" | "string_too_long":
            return RecordError("RE104", field=field, found=len(first["input"]))
        case "tuple_type":
            return RecordError("RE105", field=field, found=messages.shown(first["input"]))
        case kind:
            expected = context.get("expected", kind.removesuffix("_type"))
            return RecordError("RE103", field=field, expected=expected, found=messages.shown(first["input"]))
