"""Private fields of a filing, bound to its public record by one root, and disclosed one by one.

Each private field is a leaf of a Merkle tree (`attest.merkle`): the canonical bytes of `[salt, path, value]`, the salt
128 random bits. The public record holds the root. Whoever is given a field with its salt and its proof can tell that
it was filed; whoever is not learns nothing from the root. Leaves are ordered by their hashes, so that the place of one
says nothing about the others; their number, rounded up by what a proof's length shows, is all that a proof gives away.

    >>> from attest.record import build_form
    >>> sealed = seal(build_form({"number": "京网信备11010819764512340015号", "subject": {
    ...     "kind": "organisation", "name": "示例链科技（北京）有限公司", "mailing_address": "示例路 1 号"}}))
    >>> told = sealed.private.disclose(sealed.record.filing_number, ["subject.mailing_address"])
    >>> [(field.path, field.value) for field in told.fields], told.unproven(sealed.record)
    ([('subject.mailing_address', '示例路 1 号')], [])
"""

import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

import pydantic

from attest import base64url, canonical, messages
from attest.errors import RecordError
from attest.merkle import HASH_LENGTH, Tree, leaf_hash, verify_inclusion
from attest.number import FilingNumber
from attest.record import SCHEMA, PublicRecord, new_nonce, split
from attest.record.form import FilingForm, Leaf, is_public
from attest.record.problems import problems_of
from attest.record.public import SubjectKind, check_impersonal, check_size
from attest.record.values import Number, Part, bytes_as_text

SALT_LENGTH: Final = 16  # bytes
MAX_PROOF: Final = 32  # hashes: more fields than any file holds


class Field(NamedTuple):
    """A private field opened: its salt, 16 bytes in base64url, its path, and its value."""

    salt: str
    path: str
    value: str | int | bool

    @property
    def leaf(self) -> bytes:
        """RFC 8785 bytes of `[salt, path, value]`."""
        return _leaf(*self)

    @classmethod
    def parse(cls, document: Any) -> Self:
        """Read a field.

        Raises:
            RecordError: it is not `[salt, path, value]`.
        """
        match document:
            case [str() as salt, str() as path, (str() | bool() | int()) as value] if _is_field(salt, path, value):
                return cls(salt, path, value)
        raise RecordError("AT110")


class DisclosedField(Part, str_strip_whitespace=False):
    """A private field with what proves it.

    Attributes:
        index: Its place among the leaves of the tree.
        proof: Hashes of 32 bytes beside its way to the root, lowest first, base64url.
    """

    index: Annotated[int, pydantic.Field(ge=0)]
    salt: Annotated[str, bytes_as_text(SALT_LENGTH)]
    path: Annotated[str, pydantic.Field(min_length=1)]
    value: str | bool | int
    proof: Annotated[tuple[Annotated[str, bytes_as_text(HASH_LENGTH)], ...], pydantic.Field(max_length=MAX_PROOF)]

    def is_proven_by(self, root: bytes, size: int) -> bool:
        """Whether the field is a leaf of the tree of `size` leaves with this root."""
        proof = [base64url.decode(node) or b"" for node in self.proof]
        return verify_inclusion(Field(self.salt, self.path, self.value).leaf, self.index, size, proof, root)


class Disclosure(Part, str_strip_whitespace=False):
    """Disclosed fields of one version of a filing, schema `filing-disclosure/1`.

    It says of itself which number and which root it is about. What counts is the root in the number's public record.
    """

    schema_: Literal["filing-disclosure/1"] = pydantic.Field("filing-disclosure/1", alias="schema")
    number: Number
    private_root: Annotated[str, bytes_as_text(HASH_LENGTH)]
    size: Annotated[int, pydantic.Field(ge=1)]
    fields: Annotated[tuple[DisclosedField, ...], pydantic.Field(min_length=1)]

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the file."""
        return canonical.canonical_bytes(self.model_dump(mode="json", by_alias=True))

    def unproven(self, record: PublicRecord) -> list[str]:
        """Paths of the fields that `record` does not hold as they are disclosed, or that could not be private in it."""
        root = base64url.decode(record.private_root or "", length=HASH_LENGTH)
        proven = {
            Field(field.salt, field.path, field.value)
            for field in self.fields
            if root is not None and field.is_proven_by(root, self.size)
        }
        ambiguous = ambiguous_in(proven, record)
        return [
            field.path
            for field in self.fields
            if Field(field.salt, field.path, field.value) not in proven or field.path in ambiguous
        ]


def ambiguous_in(fields: Collection[Field], record: PublicRecord) -> set[str]:
    """Paths that two different fields share, or that are public in `record`: this program seals no such fields."""
    times = Counter(field.path for field in fields)
    named = record.subject.kind is SubjectKind.ORGANISATION
    return {
        path for path, count in times.items() if count > 1 or (is_public(path) and (named or path != "subject.name"))
    }


_QUOTABLE: Final = frozenset(("schema", "number", "private_root", "size"))


def parse_disclosure(data: bytes) -> Disclosure:
    """Read a file of disclosed fields; nothing is proven by that.

    Raises:
        RecordError: not such a file.
    """
    document = canonical.parse_json(data)
    try:
        return Disclosure.model_validate_json(json.dumps(document))
    except pydantic.ValidationError as error:
        raise problems_of(error, Disclosure, quotable=_QUOTABLE.__contains__)[0].error from error


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """All private fields of one version of a filing.

    Attributes:
        leaves: The fields as leaves of the tree, in its order.
        root: 32 bytes, which the public record holds.
    """

    leaves: tuple[bytes, ...]
    root: bytes

    @classmethod
    def of(cls, fields: Iterable[Field]) -> Self:
        """The private part that these fields are, in this order."""
        leaves = tuple(field.leaf for field in fields)
        return cls(leaves, Tree(leaves).root)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(*json.loads(leaf)) for leaf in self.leaves)

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the list of all fields, as the holder's copy encrypts them."""
        return b"[%b]" % b",".join(self.leaves)

    def disclose(self, number: FilingNumber, paths: Sequence[str]) -> Disclosure:
        """The fields at `paths`, and those below them, with their proofs.

        Raises:
            RecordError: nothing private is at one of them.
        """
        fields, tree = self.fields, Tree(self.leaves)
        for path in paths:
            if not any(_leads(path, field.path) for field in fields):
                raise RecordError("AT111", found=messages.shown(path))
        chosen = [
            DisclosedField(index=index, proof=tuple(map(base64url.encode, tree.proof(index))), **field._asdict())
            for index, field in enumerate(fields)
            if any(_leads(path, field.path) for path in paths)
        ]
        return Disclosure(
            number=number.text,
            private_root=base64url.encode(self.root),
            size=len(self.leaves),
            fields=tuple(sorted(chosen, key=lambda field: field.path)),
        )


class Sealed(NamedTuple):
    """A form parted in two. Both parts stay bytes: ten thousand of them leave the garbage collector little to visit.

    Attributes:
        public: Canonical bytes of the public record, which holds the root of the private part.
    """

    public: bytes
    private: PrivatePart

    @property
    def record(self) -> PublicRecord:
        return PublicRecord.model_validate_json(self.public)


def seal(form: FilingForm) -> Sealed:
    """Part a form into its public record and its private fields, and bind these to that.

    Salts and nonce are new every time: sealing a form again gives another record.

    Raises:
        RecordError: the form has no number yet, the public part is too large, or it looks as if it held personal data.
    """
    if form.number is None:
        raise RecordError("AT112")
    public, leaves = split(form)
    check_impersonal(public)
    private = _salted(leaves)
    root = {"private_root": base64url.encode(private.root)} if leaves else {}
    data = canonical.canonical_bytes({"schema": SCHEMA, "nonce": new_nonce(), **public, **root})
    check_size(data)
    PublicRecord.model_validate_json(data)  # whatever the form was, nothing personal is in it
    return Sealed(data, private)


def _salted(private: Sequence[Leaf]) -> PrivatePart:
    random = secrets.token_bytes(SALT_LENGTH * len(private))
    salts = [base64url.encode(random[start : start + SALT_LENGTH]) for start in range(0, len(random), SALT_LENGTH)]
    leaves = [_leaf(salt, path, value) for salt, (path, value) in zip(salts, private, strict=True)]
    hashed = sorted((leaf_hash(leaf), leaf) for leaf in leaves)
    return PrivatePart(tuple(leaf for _, leaf in hashed), Tree(hashes=[digest for digest, _ in hashed]).root)


def _leaf(salt: str, path: str, value: str | int | bool) -> bytes:
    return f'["{salt}",{encode_basestring(path)},{_literal(value)}]'.encode()


def _literal(value: str | int | bool) -> str:
    """RFC 8785 text of a value; for strings it is `json`'s."""
    if isinstance(value, str):
        return encode_basestring(value)
    return str(value).lower()


def _is_field(salt: str, path: str, value: str | int) -> bool:
    """Whether a leaf of these has one canonical form."""
    texts = [path, value] if isinstance(value, str) else [path]
    return (
        base64url.decode(salt, length=SALT_LENGTH) is not None
        and not any("\ud800" <= character <= "\udfff" for text in texts for character in text)
        and (isinstance(value, str) or abs(value) < 2**53)
    )


def _leads(path: str, field: str) -> bool:
    """Whether the field at `field` is the one at `path`, or below it."""
    return field == path or field.startswith(f"{path}.")
