"""The filing form (备案表): everything a filer tells the authority, of which little is public.

The form has the public record's fields at the public record's places, and private ones beside them. `split` parts the
two: what `PublicRecord` has no place for is private, so fields that nobody foresaw are private too, and so is the name
of a subject that is a natural person. Nothing but the kind of subject is required: what is not known is left out.

Source: 区块链信息服务管理规定, Art. 11, and the guides to the authority's filing system.

    >>> form = build_form({"subject": {"kind": "organisation", "name": "示例链科技（北京）有限公司"},
    ...                    "responsible_person": {"mobile": "138 0013 8000"}, "备注": "紧急"})
    >>> public, private = split(form)
    >>> public
    {'subject': {'kind': 'organisation', 'name': '示例链科技（北京）有限公司'}}
    >>> private
    [('responsible_person.mobile', '13800138000'), ('备注', '紧急')]
"""

import unicodedata
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from attest import canonical
from attest.errors import RecordError
from attest.record import public
from attest.record.labels import Labelled
from attest.record.paths import fields_of, models_of, without_empty, without_positions
from attest.record.problems import Problem, problems_of
from attest.record.public import PublicRecord, SubjectKind
from attest.record.values import (
    Address,
    Count,
    Day,
    Email,
    LongText,
    MediaType,
    Mobile,
    Number,
    Part,
    Phone,
    Sha256,
    Text,
    Url,
    YesNo,
    credit_code,
    explaining,
    identity_card,
    travel_document,
)

SCHEMA: Final = "filing-form/1"
MAX_NAME: Final = 80  # characters of a field's name
MAX_ITEMS: Final = 1_000  # entries of a list

PERSONAL: Final = ("id-card", "passport", "taiwan-permit", "hk-macau-permit")
"""Documents of natural persons: 身份证, 护照, 台湾居民来往大陆通行证 (台胞证), 港澳居民来往内地通行证."""
CREDIT_CODE: Final = "credit-code"
"""统一社会信用代码, the only document of every other subject."""
SOLE_TRADER_CODES: Final = "92"
"""How the credit code of an individual business (个体工商户) begins."""

TYPES: Final[dict[str, tuple[str, ...]]] = {
    "infrastructure-provider": ("mining-pool", "cloud-mining", "node-information"),
    "application-operator": ("wallet", "explorer", "other"),
    "technology-provider": ("baas", "other"),
}
"""The types of each category of service: 基础设施提供者, 应用运营者, 技术提供者."""
DETAILS: Final = {
    "explorer": ("application-operator", "explorer"),
    "baas": ("technology-provider", "baas"),
    "other_technology": ("technology-provider", "other"),
}
"""Fields of `service` that only services of one category and type have."""


class Attachment(Part, extra="allow"):
    """A file, which itself stays where it is: the digest that `sha256sum` prints, its media type, and its bytes."""

    sha256: Sha256
    media_type: MediaType
    size: Count


class Document(Part, extra="allow"):
    """A document that says who somebody is."""

    type: Literal["credit-code", "id-card", "passport", "taiwan-permit", "hk-macau-permit"]
    number: Text | None = None
    address: Text | None = None
    scan: Attachment | None = None

    @field_validator("number")
    @classmethod
    def _number_of_its_type(cls, number: str | None, so_far: ValidationInfo) -> str | None:
        if number is None or "type" not in so_far.data:
            return number
        rule = {CREDIT_CODE: credit_code, "id-card": identity_card}.get(so_far.data["type"], travel_document)
        return str(explaining(rule)(number))


class Subject(public.Subject, extra="allow"):
    """Who files (备案主体)."""

    nature: Literal["enterprise", "public-institution", "social-organisation"] | None = None
    registered_in: Text | None = None
    document: Document | None = None
    mailing_address: Text | None = None
    home_page: Url | None = None

    @model_validator(mode="after")
    def _no_personal_name(self) -> Self:
        """A form holds names of persons too; `split` keeps them private."""
        return self

    @model_validator(mode="after")
    def _document_of_its_kind(self) -> Self:
        if self.document is None:
            return self
        if (self.document.type in PERSONAL) is not (self.kind is SubjectKind.INDIVIDUAL):
            expected = ", ".join(PERSONAL) if self.kind is SubjectKind.INDIVIDUAL else CREDIT_CODE
            raise ValueError(RecordError("RE150", kind=self.kind.value, expected=expected, found=self.document.type))
        code = self.document.number
        if code and self.kind is not SubjectKind.INDIVIDUAL:
            of_trader = code.startswith(SOLE_TRADER_CODES)
            if of_trader is not (self.kind is SubjectKind.SOLE_TRADER):
                raise ValueError(RecordError("RE151" if of_trader else "RE152", kind=self.kind.value))
        return self


class Person(Part, extra="allow"):
    """The responsible person (负责人), usually the legal representative."""

    name: Text | None = None
    document: Document | None = None
    office_phone: Phone | None = None
    mobile: Mobile | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _document_of_a_person(self) -> Self:
        if self.document is not None and self.document.type not in PERSONAL:
            expected = ", ".join(PERSONAL)
            raise ValueError(RecordError("RE150", kind="person", expected=expected, found=self.document.type))
        return self


class Contact(Part, extra="allow"):
    """Whom to ask about the service, where it is not the responsible person."""

    name: Text | None = None
    phone: Phone | None = None
    email: Email | None = None


class Site(Part, extra="allow"):
    """A website of the service."""

    name: Text | None = None
    url: Url | None = None


class Account(Part, extra="allow"):
    """An official account (公众号) of the service."""

    name: Text | None = None
    platform: Text | None = None


class Evidence(Part, extra="allow"):
    """A rule, licence or qualification, and the document that shows it."""

    name: Text
    number: Text | None = None
    document: Attachment | None = None


class Contract(Part, extra="allow"):
    """A contract of the service on one of its chains."""

    address: Text
    chain: Text | None = None


class Server(Part, extra="allow"):
    """A server and the place where it stands."""

    ip: Address | None = None
    place: Text | None = None


class Explorer(Part, extra="allow"):
    """What a block explorer tells: visits are of the last year, and the mean of a day in the last three months."""

    url: Url | None = None
    yearly_visits: Count | None = None
    mean_daily_visits: Count | None = None
    servers: tuple[Server, ...] = ()


class Baas(Part, extra="allow"):
    """What a platform (blockchain as a service) tells."""

    served_count: Count | None = None
    served: tuple[Text, ...] = ()
    separates_hardware: YesNo | None = None
    cloud_qualification: Evidence | None = None
    machine_room: Text | None = None


class OtherTechnology(Part, extra="allow"):
    """What any other technology provider tells."""

    served_count: Count | None = None
    open_source: YesNo | None = None
    source_code: Url | None = None
    white_paper: Attachment | None = None


class Service(public.Service, extra="allow"):
    """What is filed."""

    technology_provider: Text | None = None
    description: LongText | None = None
    application_field: Text | None = None
    server_address: Text | None = None
    sites: tuple[Site, ...] = ()
    clients: tuple[Text, ...] = ()
    accounts: tuple[Account, ...] = ()
    management_systems: tuple[Evidence, ...] = ()
    pre_approvals: tuple[Evidence, ...] = ()
    contact: Contact | None = None
    contracts: tuple[Contract, ...] = ()
    explorer: Explorer | None = None
    baas: Baas | None = None
    other_technology: OtherTechnology | None = None

    @model_validator(mode="after")
    def _types_and_details_of_its_category(self) -> Self:
        known = TYPES[self.category] if self.category else ()
        for kind in self.types:
            if self.category and kind not in known:
                raise ValueError(RecordError("RE153", category=self.category, known=", ".join(known)))
        for name, (category, kind) in DETAILS.items():
            if getattr(self, name) is not None and not (self.category == category and kind in self.types):
                raise ValueError(RecordError("RE154", field=f"service.{name}", category=category, type=kind))
        return self


class App(public.App, extra="allow"):
    """An application that must show the number."""


class DisplayedOn(public.DisplayedOn, extra="allow"):
    """Where the number must be shown."""

    apps: tuple[App, ...] = ()


class Source(public.Source, extra="allow"):
    """Where a registrar took the public fields from, if not from the filer."""


class Dates(Part, extra="allow"):
    """The days that deadlines are counted from (`attest.deadlines`)."""

    started_on: Day | None = None
    submitted_on: Day | None = None
    changed_on: Day | None = None
    ends_on: Day | None = None


class FilingForm(Part, extra="allow"):
    """A filing form, schema `filing-form/1`. Unknown fields are kept, and private."""

    schema_: Literal["filing-form/1"] = Field(SCHEMA, alias="schema")
    number: Number | None = None
    subject: Subject
    responsible_person: Person | None = None
    statement: Attachment | None = None
    service: Service | None = None
    displayed_on: DisplayedOn | None = None
    filed_on: Day | None = None
    source: Source | None = None
    dates: Dates | None = None

    def as_json(self) -> dict[str, Any]:
        """The form as JSON values; fields that are not known are left out."""
        return dict(without_empty(self.model_dump(mode="json", by_alias=True)))


def build_form(document: Any) -> FilingForm:
    """Check a JSON value against the form's rules.

    Raises:
        RecordError: names the first field and the rule it breaks; `examine_form` finds all.
    """
    form, problems = examine_form(document)
    if form is None:
        raise problems[0].error
    return form


def examine_form(document: Any) -> tuple[FilingForm | None, tuple[Problem, ...]]:
    """The form that a JSON value is, or every field that breaks a rule.

    Raises:
        RecordError: the document is no JSON value with one reading, or larger than any form, so that nothing can be
            said about its fields.
    """
    canonical.check_exact(document, ascii_names=False)
    check_shape(document)
    text = canonical.normal_json(without_empty(document, items=True))
    if (size := len(text.encode())) > canonical.MAX_DOCUMENT:
        raise RecordError("RE110", limit=canonical.MAX_DOCUMENT, found=size)
    try:
        return FilingForm.model_validate_json(text), ()
    except ValidationError as error:
        return None, problems_of(error, FilingForm, quotable=is_quotable)


def check_shape(value: Any, path: str = "") -> None:
    """Make sure that a path such as `service.sites.0.url` leads to one field only, and that lists have an end.

    Raises:
        RecordError: a name is empty or too long, begins with a digit, or holds a dot, something invisible, or text that
            is not in Unicode's normal form C; or a list has more than `MAX_ITEMS` entries.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            proper = (
                0 < len(name) <= MAX_NAME
                and not name[0].isdigit()
                and "." not in name
                and name.isprintable()
                and name == name.strip()
                and unicodedata.is_normalized("NFC", name)
            )
            if not proper:
                raise RecordError("RE155", where=path or "-", found=ascii(name)[:MAX_NAME])
            check_shape(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if len(value) > MAX_ITEMS:
            raise RecordError("RE106", field=Labelled(path), limit=MAX_ITEMS, found=len(value))
        for position, inner in enumerate(value):
            check_shape(inner, f"{path}.{position}")


# --- what is public ----------------------------------------------------------------------------------------

Leaf = tuple[str, str | int | bool]
"""A private field: its path, and its value."""

_SEALED: Final = frozenset(("schema", "nonce", "private_root"))
"""Fields of a public record that no form gives; one of such a name in a form is a field that nobody foresaw."""


def split(form: FilingForm) -> tuple[dict[str, Any], list[Leaf]]:
    """The public record's fields and the private ones, in the form's order.

    Every field of the form is on exactly one side.
    """
    document = form.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    document.pop("schema", None)
    private: list[Leaf] = []
    if form.subject.name is not None and form.subject.kind is not SubjectKind.ORGANISATION:
        private.append(("subject.name", document["subject"].pop("name")))
    return _public_part(document, _PUBLIC, "", private), private


def is_public(path: str) -> bool:
    """Whether the field at `path` is the public record's; a person's name is private all the same."""
    return without_positions(path) in _PUBLIC_FIELDS


def is_quotable(path: str) -> bool:
    """Whether a message may quote the value at `path`: never a private field's, nor a name, which may be a person's."""
    return path == "schema" or (is_public(path) and path != "subject.name")


def _public_part(value: Any, plan: Any, path: str, private: list[Leaf]) -> Any:
    """What of `value` is public by `plan`; the rest becomes leaves of `private`."""
    if isinstance(value, list):
        return [_public_part(item, plan, f"{path}{position}.", private) for position, item in enumerate(value)]
    found = {}
    for name, inner in value.items():
        if name not in plan:
            _add_leaves(inner, path + name, private)
        elif plan[name] is _WHOLE:
            found[name] = inner
        elif part := _public_part(inner, plan[name], f"{path}{name}.", private):
            found[name] = part
    return found


def _add_leaves(value: Any, path: str, private: list[Leaf]) -> None:
    if isinstance(value, str | int):
        private.append((path, value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _add_leaves(inner, f"{path}.{name}", private)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _add_leaves(inner, f"{path}.{position}", private)


_WHOLE: Final = None


def _plan(model: type[BaseModel]) -> dict[str, Any]:
    """The public record's fields as a tree; a field that has no fields of its own is public as a whole."""
    fields = model.model_fields.items()
    parts = {field.alias or name: next(models_of(field.annotation), None) for name, field in fields}
    return {name: _plan(part) if part else _WHOLE for name, part in parts.items() if name not in _SEALED}


_PUBLIC: Final = _plan(PublicRecord)
_PUBLIC_FIELDS: Final = frozenset(fields_of(PublicRecord)) - _SEALED
