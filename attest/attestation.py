"""The attestation file: a filing's public record together with the registry that keeps its digest.

Served as `/.well-known/blockchain-filing.json` it spares a reader the search for the record's text. It is never
trusted by itself: anybody can write one. A reader takes the registry from its own trust list and compares the
record's digest with the one in that registry's state. The holder's own copy has the private fields too, encrypted.

    >>> data = build_attestation(FilingNumber("11010819764512340015"), None, None)
    >>> data.decode()
    '{"number":"京网信备11010819764512340015号","schema":"filing-attestation/1"}'
    >>> parse_attestation(data).number.key
    '11010819764512340015'
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from attest import base64url, canonical, messages
from attest.disclosure import Field, PrivatePart, Sealed, ambiguous_in
from attest.encryption import Encrypted, Lock
from attest.errors import InvalidNumberError, RecordError, UnboundError
from attest.number import FilingNumber
from attest.ports import Basis
from attest.record import PublicRecord, build_record

SCHEMA: Final = "filing-attestation/1"
MAX_ATTESTATION: Final = 16_384  # bytes: eight times the largest record, for files that were indented
MAX_COPY: Final = 1_000_000  # bytes, of the holder's own copy

_HASH: Final = re.compile("0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile("0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class RegistryReference:
    """The registry an attestation file points to.

    Attributes:
        chain_id: EIP-155 chain id, 1 .. 2**53 - 1.
        genesis: Hash of block 0: 0x and 64 hexadecimal digits in lower case.
        contract: Address of the registry: 0x and 40 hexadecimal digits, any case.
    """

    chain_id: int
    genesis: str
    contract: str

    @classmethod
    def of(cls, basis: Basis) -> Self:
        return cls(basis.chain_id, basis.genesis, basis.contract)

    @classmethod
    def parse(cls, document: Any) -> Self:
        """Read the `registry` part of an attestation file.

        Raises:
            RecordError: a field is missing, unknown or not in its form.
        """
        fields = _fields(document, "registry", required=("chain_id", "genesis", "contract"))
        chain_id, genesis, contract = fields["chain_id"], fields["genesis"], fields["contract"]
        if type(chain_id) is not int or not 1 <= chain_id < 2**53:  # bool is an int too
            raise _unexpected("registry.chain_id", "1 .. 2^53 - 1", chain_id)
        if not isinstance(genesis, str) or not _HASH.fullmatch(genesis):
            raise _unexpected("registry.genesis", "0x[0-9a-f]{64}", genesis)
        if not isinstance(contract, str) or not _ADDRESS.fullmatch(contract):
            raise _unexpected("registry.contract", "0x[0-9a-fA-F]{40}", contract)
        return cls(chain_id, genesis, contract)


@dataclass(frozen=True, slots=True)
class Attestation:
    """What an attestation file says.

    Attributes:
        registry: Where the record's digest is kept, if that is known.
        record: None where nothing but the number is known.
        private: In the holder's own copy: the private fields, encrypted.
    """

    number: FilingNumber
    registry: RegistryReference | None = None
    record: PublicRecord | None = None
    private: Encrypted | None = None

    def __post_init__(self) -> None:
        if self.record is None and (self.registry or self.private):
            raise RecordError("AT104")
        if self.record and self.record.filing_number != self.number:
            raise RecordError("AT106", expected=self.number.text, found=self.record.number)

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"schema": SCHEMA, "number": self.number.text}
        if self.registry:
            document["registry"] = asdict(self.registry)
        if self.record:
            document["record"] = self.record.as_json()
        if self.private:
            document["private"] = self.private.as_json()
        return document

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the file."""
        return canonical.canonical_bytes(self.as_json())

    def open(self, passphrase: str) -> PrivatePart:
        """The private fields of the holder's copy.

        Raises:
            RecordError: there are none in this file.
            UnboundError: they are not the ones that the record is bound to.
            PassphraseError: the passphrase does not open them.
        """
        if self.record is None or self.private is None:
            raise RecordError("AT121")
        data = Lock.of(self.private, passphrase).decrypt(self.private, bound_to=self.record.canonical())
        document = canonical.parse_json(data, limit=MAX_COPY)
        private = PrivatePart.of([Field.parse(item) for item in document] if isinstance(document, list) else [])
        if base64url.encode(private.root) != self.record.private_root or ambiguous_in(private.fields, self.record):
            raise UnboundError("AT122")
        return private


def build_attestation(number: FilingNumber, record: PublicRecord | None, basis: Basis | None) -> bytes:
    """The public file's bytes, which `parse_attestation` reads.

    Args:
        record: The number's record as `basis` gave it; None for both where no registry was asked.

    Raises:
        RecordError: the record is another number's, or there is a `basis` and no record.
    """
    return Attestation(number, RegistryReference.of(basis) if basis else None, record).canonical()


def build_copy(sealed: Sealed, lock: Lock) -> bytes:
    """The bytes of the holder's own copy, which `parse_attestation` reads with `limit=MAX_COPY`.

    Raises:
        RecordError: it is too large.
    """
    record, encrypted = sealed.record, None
    if sealed.private.leaves:
        encrypted = lock.encrypt(sealed.private.canonical(), bound_to=sealed.public)
    copy = Attestation(record.filing_number, record=record, private=encrypted).canonical()
    if len(copy) > MAX_COPY:
        raise RecordError("AT113", limit=MAX_COPY, found=len(copy))
    return copy


def parse_attestation(data: bytes, *, limit: int = MAX_ATTESTATION) -> Attestation:
    """Read an attestation file; white space and the order of fields are free, everything else is checked.

    Raises:
        RecordError: not such a file, or the record in it is not a public record in canonical form.
    """
    return build_from(canonical.parse_json(data, limit=limit))


def build_from(document: Any) -> Attestation:
    """The attestation that a JSON value is; errors as `parse_attestation`."""
    if isinstance(document, dict) and document.get("schema", SCHEMA) != SCHEMA:
        raise _unexpected("schema", SCHEMA, document["schema"])
    fields = _fields(document, "-", required=("schema", "number"), optional=("registry", "record", "private"))
    registry = RegistryReference.parse(fields["registry"]) if "registry" in fields else None
    record = _record(fields["record"]) if "record" in fields else None
    private = Encrypted.parse(fields["private"]) if "private" in fields else None
    return Attestation(_number(fields["number"]), registry, record, private)


def _record(document: Any) -> PublicRecord:
    """A record that its registry's digest can match: in the one form that is hashed, not merely equal to it."""
    record = build_record(document)
    if record.as_json() != document:
        raise RecordError("RE123")
    return record


def _number(text: Any) -> FilingNumber:
    try:
        number = FilingNumber.parse(text) if isinstance(text, str) else None
    except InvalidNumberError as error:
        raise RecordError("AT105", found=messages.shown(text)) from error
    if number is None or number.text != text:
        raise RecordError("AT105", found=messages.shown(text))
    return number


def _fields(document: Any, name: str, *, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _unexpected(name, "{…}", document)
    prefix = "" if name == "-" else f"{name}."
    if missing := [field for field in required if field not in document]:
        raise RecordError("AT101", field=prefix + missing[0])
    if unknown := [field for field in document if field not in (*required, *optional)]:
        raise RecordError("AT102", field=messages.shown(prefix + unknown[0]))
    return document


def _unexpected(field: str, expected: str, found: Any) -> RecordError:
    return RecordError("AT103", field=field, expected=expected, found=messages.shown(found))
