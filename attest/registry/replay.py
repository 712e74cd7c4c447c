"""Replaying a registry's events: every change follows from the one before, or an error names the block.

Pure: events in, steps out. The contract keeps a running hash of all changes and tells it after each call
(`Checkpoint`), so a log that was dropped, altered, relabelled, repeated or reordered is found, at the latest at the
next checkpoint or at the registry's head.

    >>> replay = Replay.start(chain_id=1, address="0x" + "00" * 20)
    >>> replay.follow([])
    []
    >>> replay.head.filings
    0
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from eth_abi.abi import encode as encode_abi
from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak

from attest import canonical, messages
from attest.errors import ReplayError
from attest.number import KEY_LENGTH
from attest.ports import Entry, Status
from attest.record import MAX_RECORD
from attest.registry.contract import Event, Head

RECORD_EVENTS: Final = frozenset({"Registered", "Amended", "Reopened"})
CHANGE_EVENTS: Final = RECORD_EVENTS | {"StatusChanged"}

_OPEN: Final = frozenset({Status.ACTIVE, Status.SUSPENDED})
_SETTABLE: Final = frozenset({Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED, Status.REVOKED})
_NEVER: Final = Entry(digest=bytes(canonical.DIGEST_LENGTH), changed_at=0, status=Status.NONE)
_KEY: Final = re.compile(rb"[0-9]{19}[0-9X]\0{12}")
_END_OF_BLOCK: Final = 2**64


class Kind(IntEnum):
    """What happened to a filing, as the contract numbers it."""

    REGISTERED = 1
    AMENDED = 2
    REOPENED = 3
    STATUS_CHANGED = 4

    @property
    def event(self) -> str:
        """Name of the event that tells it."""
        return _EVENTS[self]


_EVENTS: Final = {
    Kind.REGISTERED: "Registered",
    Kind.AMENDED: "Amended",
    Kind.REOPENED: "Reopened",
    Kind.STATUS_CHANGED: "StatusChanged",
}
_KINDS: Final = {event: kind for kind, event in _EVENTS.items()}


@dataclass(frozen=True, slots=True)
class Step:
    """One change, with what the entry became by it.

    Attributes:
        index: Place of its log in the block.
        number: Twenty characters, as the contract holds them.
        status: After the change, as `digest` is.
        previous: Block of the change of this number before; 0 where there was none.
        record: Canonical bytes where the change brought a record, else None.
        transaction: Its hash, 0x-hex.
    """

    block: int
    index: int
    number: str
    kind: Kind
    status: Status
    digest: bytes
    reason: int
    previous: int
    record: bytes | None
    transaction: str


class Replay:
    """A registry's state, carried from one change to the next.

    Once it has raised, it is of no further use.

    Args:
        head: Where it begins.
        entries: By number, at that point.
    """

    def __init__(self, head: Head, entries: dict[str, Entry] | None = None) -> None:
        self._filings = head.filings
        self._changed_at = head.changed_at
        self._history = head.history
        self._entries = {} if entries is None else entries
        self._place = (head.changed_at, _END_OF_BLOCK)

    @classmethod
    def start(cls, chain_id: int, address: str) -> "Replay":
        """A registry before its first change."""
        start = encode_abi(
            ["string", "uint256", "address"], ["FilingRegistry/1", chain_id, to_canonical_address(address)]
        )
        return cls(Head(0, 0, keccak(start)))

    @property
    def head(self) -> Head:
        """The registry as a whole after the changes so far."""
        return Head(self._filings, self._changed_at, self._history)

    def follow(self, events: Iterable[Event]) -> list[Step]:
        """Take in the events of whole blocks, in the order they happened; those that change no filing are passed over.

        Raises:
            ReplayError: names the block in or before which something was left out or altered.
        """
        steps: list[Step] = []
        unsealed: str | None = None
        for event in events:
            log = event.log
            if (log.block, log.index) <= self._place:
                raise ReplayError("RG150", block=log.block)
            self._place = (log.block, log.index)
            if event.name == "Checkpoint":
                if unsealed != log.transaction:
                    raise ReplayError("RG155", block=log.block)
                self._check(event)
                unsealed = None
            elif event.name in CHANGE_EVENTS:
                if unsealed not in (None, log.transaction):
                    raise ReplayError("RG155", block=steps[-1].block)
                steps.append(self._step(event))
                self._take(steps[-1])
                unsealed = log.transaction
        if unsealed is not None:
            raise ReplayError("RG155", block=steps[-1].block)
        return steps

    def repeat(self, steps: Iterable[Step]) -> None:
        """Take in changes that were followed before.

        Raises:
            ReplayError: they do not follow from each other any more.
        """
        for step in steps:
            self._take(step)
            self._changed_at = step.block
            self._place = (step.block, _END_OF_BLOCK)

    def _step(self, event: Event) -> Step:
        fields, log, kind = event.fields, event.log, _KINDS[event.name]
        if not _KEY.fullmatch(fields["number"]):
            raise ReplayError("RG157", block=log.block, found=messages.shown(fields["number"].hex()))
        number = fields["number"][:KEY_LENGTH].decode("ascii")
        held = self._entries.get(number, _NEVER)
        record = fields.get("record")
        if record is not None and not (0 < len(record) <= MAX_RECORD and canonical.digest(record) == fields["digest"]):
            raise ReplayError("RG153", block=log.block, number=number)
        if fields.get("from", held.status) is not held.status:
            raise ReplayError("RG152", block=log.block, number=number, status=held.status, to=fields["to"])
        return Step(
            block=log.block,
            index=log.index,
            number=number,
            kind=kind,
            status=fields.get("to", held.status if kind is Kind.AMENDED else Status.ACTIVE),
            digest=fields.get("digest", held.digest),
            reason=fields.get("reason", 0),
            previous=fields["previousChange"],
            record=record,
            transaction=log.transaction,
        )

    def _take(self, step: Step) -> None:
        held = self._entries.get(step.number, _NEVER)
        if step.previous != held.changed_at:
            raise ReplayError(
                "RG151", block=step.block, number=step.number, expected=held.changed_at, found=step.previous
            )
        if not _is_allowed(step.kind, held.status, step.status):
            raise ReplayError("RG152", block=step.block, number=step.number, status=held.status, to=step.status)
        self._entries[step.number] = Entry(step.digest, step.block, step.status)
        self._filings += step.kind is Kind.REGISTERED
        self._history = keccak(self._history + _packed(step))

    def _check(self, event: Event) -> None:
        fields = event.fields
        if (fields["previousChange"], fields["filings"], fields["history"]) != (
            self._changed_at,
            self._filings,
            self._history,
        ):
            raise ReplayError("RG154", block=event.log.block)
        self._changed_at = event.log.block


def _packed(step: Step) -> bytes:
    """What the contract hashes after the running hash: number, storage word, kind, reason; 32 bytes each."""
    word = bytes([step.status]) + step.block.to_bytes(5, "big") + step.digest
    return (
        step.number.encode("ascii").ljust(32, b"\0")
        + word
        + bytes(31)
        + bytes([step.kind])
        + step.reason.to_bytes(32, "big")
    )


def _is_allowed(kind: Kind, before: Status, after: Status) -> bool:
    """Whether the contract lets an entry go from one status to the other by a change of that kind."""
    match kind:
        case Kind.REGISTERED:
            return before is Status.NONE and after is Status.ACTIVE
        case Kind.AMENDED:
            return before in _OPEN and after is before
        case Kind.REOPENED:
            return before not in _OPEN | {Status.NONE} and after is Status.ACTIVE
    if after is Status.VOID:
        return before not in (Status.NONE, Status.VOID)
    return before in _OPEN and after in _SETTABLE and after is not before
