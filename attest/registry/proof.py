"""The proof file: what a registry held under one number in one block, or that it held nothing.

It is checked without a node. Which chain and contract, which code and which slot are the reader's settings and this
version's artifact; what the file says of them only tells a reader with other settings so. What remains to be trusted
is the hash of the block, which comes from elsewhere.
"""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from attest import canonical, messages
from attest.attestation import RegistryReference
from attest.chain import proof as storage
from attest.chain.headers import MAX_HEADER, parse_header
from attest.chain.node import Block, Node
from attest.chain.proof import MAX_NODE, MAX_NODES, StorageProof
from attest.errors import InvalidNumberError, ProofError, ProofFormatError
from attest.number import FilingNumber
from attest.ports import Basis, Entry, Status
from attest.registry import contract
from attest.settings import Network, Registry

SCHEMA: Final = "filing-proof/1"
MAX_FILE: Final = canonical.MAX_DOCUMENT  # bytes; a proof on a chain with a billion accounts has about 20 kB

_STATUS: Final = slice(0, 1)  # of a slot's word, from the high end: see contracts/FilingRegistry.sol, struct Slot
_CHANGED_AT: Final = slice(1, 6)
_DIGEST: Final = slice(6, 32)


def _bytes(most: int) -> Any:
    return Field(pattern="^0x(?:[0-9a-f]{2})*$", max_length=2 + 2 * most)


_Nodes = Annotated[list[Annotated[str, _bytes(MAX_NODE)]], Field(max_length=MAX_NODES)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Registry(_Part):
    chain_id: Annotated[int, Field(ge=1, lt=2**53)]
    genesis: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
    contract: Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]


class _File(_Part):
    schema_: Annotated[Literal["filing-proof/1"], Field(alias="schema")]
    number: str
    registry: _Registry
    header: Annotated[str, _bytes(MAX_HEADER)]
    accountProof: _Nodes  # noqa: N815 - EIP-1186's name
    storageProof: _Nodes  # noqa: N815 - likewise


@dataclass(frozen=True, slots=True)
class FilingProof:
    """A proof file.

    Attributes:
        registry: Whose state it was made from, as the file says.
    """

    number: FilingNumber
    registry: RegistryReference
    proof: StorageProof

    @property
    def block_hash(self) -> str:
        """Hash of the block it is about, 0x-hex."""
        return "0x" + self.proof.header.hash.hex()

    def require_block(self, expected: str) -> None:
        """Make sure that it is about the block which the reader trusts.

        Args:
            expected: That block's hash, 0x-hex in lower case.

        Raises:
            ProofError: it is about another one.
        """
        if self.block_hash != expected:
            raise ProofError("PF112", expected=expected, block=self.proof.header.number, found=self.block_hash)

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the file."""
        return canonical.canonical_bytes(
            {
                "schema": SCHEMA,
                "number": self.number.text,
                "registry": asdict(self.registry),
                "header": "0x" + self.proof.header.encoded.hex(),
                "accountProof": ["0x" + item.hex() for item in self.proof.account],
                "storageProof": ["0x" + item.hex() for item in self.proof.storage],
            }
        )


def parse_proof(data: bytes) -> FilingProof:
    """Read a proof file; nothing is proven by that.

    Raises:
        RecordError: too large, or not JSON with exactly one reading.
        ProofFormatError: a field is missing, unknown or not in its form.
        ProofError: the header is none of a known fork.
    """
    try:
        file = _File.model_validate(canonical.parse_json(data, limit=MAX_FILE))
    except ValidationError as error:
        raise _explained(error) from error
    try:
        number = FilingNumber.parse(file.number)
    except InvalidNumberError as error:
        raise ProofFormatError("PF104", found=messages.shown(file.number)) from error
    if number.text != file.number:
        raise ProofFormatError("PF104", found=messages.shown(file.number))
    account, nodes = (tuple(_raw(item) for item in items) for items in (file.accountProof, file.storageProof))
    reference = RegistryReference(**file.registry.model_dump())
    return FilingProof(number, reference, StorageProof(parse_header(_raw(file.header)), account, nodes))


def check(filing: FilingProof, *, network: Network, registry: Registry) -> Entry:
    """What `registry` held under the file's number in the file's block; an entry of status NONE for nothing.

    True of the chain if the block is: see `FilingProof.require_block`, or `attest.chain.proof.confirm`.

    Raises:
        ProofError: the file is about another registry, or its nodes do not show what the slot held.
    """
    _check_reference(filing.registry, network, registry)
    word = storage.storage_word(
        filing.proof,
        address=bytes.fromhex(registry.address[2:]),
        code_hash=contract.runtime_code_hash(),
        slot=slot_of(filing.number),
    )
    return _entry(word, filing.proof.header.number)


async def fetch_proof(
    asked: Node, number: FilingNumber, *, network: Network, registry: Registry, at: Block, basis: Basis
) -> FilingProof:
    """A proof of `number` at block `at`, checked as a reader will check it.

    Args:
        at: With `basis`, from `RegistryReader.pin`.

    Raises:
        ProofError: what the node gave proves nothing, or the chain's block hash cannot be reproduced.
        ChainError: the node gave no usable answer.
    """
    proof = await storage.storage_proof(asked, registry.address, slot_of(number), at)
    filing = FilingProof(number, RegistryReference.of(basis), proof)
    check(parse_proof(filing.canonical()), network=network, registry=registry)
    return filing


def slot_of(number: FilingNumber) -> bytes:
    """Where a registry's storage holds the entry of `number`."""
    return storage.mapping_slot(contract.key(number), slots_position())


@cache
def slots_position() -> int:
    """The slot of the registry's mapping from numbers to entries."""
    layout = contract.artifact()["storageLayout"]["storage"]
    return next(int(item["slot"]) for item in layout if item["label"] == "_slots")


def _check_reference(told: RegistryReference, network: Network, registry: Registry) -> None:
    """Raise where the file names another registry than the reader's, for a clearer message than its nodes give."""
    pairs = (
        ("chain_id", network.chain_id, told.chain_id),
        ("genesis", network.genesis, told.genesis),
        ("contract", registry.address.lower(), told.contract.lower()),
    )
    for field, expected, found in pairs:
        if expected is not None and found != expected:
            raise ProofError("PF130", field=field, expected=expected, found=found)


def _entry(word: bytes, block: int) -> Entry:
    """A slot's word as the contract lays it out.

    Raises:
        ProofError: no word that the contract can have written by that block.
    """
    changed_at = int.from_bytes(word[_CHANGED_AT], "big")
    try:
        status = Status(word[_STATUS][0])
    except ValueError as error:
        raise ProofError("PF125", found="0x" + word.hex()) from error
    if any(word) and (status is Status.NONE or not 0 < changed_at <= block):
        raise ProofError("PF125", found="0x" + word.hex())
    return Entry(word[_DIGEST], changed_at, status)


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _explained(error: ValidationError) -> ProofFormatError:
    first = error.errors(include_url=False)[0]
    field = messages.shown(".".join(str(part) for part in first["loc"]) or "-")
    context = first.get("ctx", {})
    match first["type"]:
        case "missing":
            return ProofFormatError("PF101", field=field)
        case "extra_forbidden":
            return ProofFormatError("PF102", field=field)
        case "too_long" | "string_too_long":
            return ProofFormatError(
                "PF103", field=field, expected=f"≤ {context['max_length']}", found=len(first["input"])
            )
        case _:
            told = context.get("pattern") or context.get("expected") or first["msg"]
            expected = str(told).removeprefix("Input should be ")
    return ProofFormatError("PF103", field=field, expected=expected, found=messages.shown(first["input"]))
