"""Reading one registry: entries, records and histories, every read of an answer pinned to one head."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from eth_utils.address import to_checksum_address

from attest import canonical, messages
from attest.chain import networks, node
from attest.chain.node import Block, Node
from attest.errors import (
    AttestError,
    RecordUnavailableError,
    ReorgedError,
    RpcProtocolError,
    RpcUnavailableError,
    WrongChainError,
)
from attest.number import FilingNumber
from attest.ports import Answer, Basis, Entry, Lookup, Status, TrustEntry
from attest.record import MAX_RECORD, PublicRecord, parse_record
from attest.registry import contract
from attest.registry.contract import Event
from attest.registry.replay import CHANGE_EVENTS, RECORD_EVENTS
from attest.settings import Network, Registry

MAX_BATCH: Final = 256  # numbers of one call, the contract's bound
MAX_HOPS: Final = 1000
"""Blocks with changes of one number that are followed; a filing has a handful."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a filing's history; `timestamp` of its block, in seconds."""

    event: Event
    timestamp: int


class RecordSource(Protocol):
    """Has records that need not be asked of a node: the digest in the registry tells whether they are right."""

    def find(self, number: FilingNumber, digest: bytes) -> bytes | None:
        """Canonical bytes that may have that digest, or None."""
        ...


class RegistryReader:
    """One registry on one network; implements `attest.ports.RegistryPort`.

    Args:
        asked: A node of the network. It is checked before the first answer is believed.
        records: Where a record is looked for before its event is asked of the node.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        asked: Node,
        *,
        network: Network,
        registry: Registry,
        trust: TrustEntry,
        records: Sequence[RecordSource] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._node = asked
        self._network = network
        self._registry = registry
        self._trust = trust
        self._records = records
        self._clock = clock
        self._chain: tuple[int, str] | None = None

    @property
    def trust(self) -> TrustEntry:
        return self._trust

    async def look_up(self, numbers: Sequence[FilingNumber]) -> Answer:
        answer = await self.states(numbers)
        lookups = dict(answer.lookups)
        for number, lookup in answer.lookups.items():
            if lookup.entry.status is Status.NONE:
                continue
            try:
                record = await self._record(number, lookup.entry)
            except AttestError as problem:
                lookups[number] = replace(lookup, problem=problem)
            else:
                lookups[number] = replace(lookup, record=record)
        return Answer(answer.basis, lookups)

    async def states(self, numbers: Sequence[FilingNumber]) -> Answer:
        """Entry of each number without its record, all read at one head; errors as `look_up`."""
        at, basis = await self.pin()
        found = await self.entries(numbers, at)
        pending = await self._pending([number for number, entry in found.items() if not entry.status.registered])
        return Answer(basis, {number: Lookup(entry, pending=number in pending) for number, entry in found.items()})

    async def pin(self) -> tuple[Block, Basis]:
        """The head that the network's finality rule gives now, and what an answer read at it rests on.

        Raises:
            WrongChainError: another chain, or no registry of ours at the address.
            RpcUnavailableError: the head is too old to rest a verdict on.
            ChainError: the node gave no usable answer.
        """
        if self._chain is None:
            self._chain = await networks.check_chain(self._node, self._registry.network, self._network)
        at = await node.head(self._node, self._network.finality)
        self._check_age(at)
        await self._check_contract(at)
        chain_id, genesis = self._chain
        return at, Basis(
            registry=self._trust.name,
            operator=self._trust.operator,
            authority=self._trust.authority,
            chain_id=chain_id,
            genesis=genesis,
            contract=to_checksum_address(self._registry.address),
            block=at.number,
            block_hash=at.hash,
            finality=self._network.finality,
            nodes=self._network.needed,
            local=self._network.local,
        )

    async def entries(self, numbers: Sequence[FilingNumber], at: Block) -> dict[FilingNumber, Entry]:
        """The state of each number in block `at`."""
        return await entries(self._node, self._registry.address, numbers, at)

    async def head(self, at: Block) -> contract.Head:
        """The registry as a whole in block `at`."""
        return contract.Head(*await self.view(at, "head"))

    async def deployed_at(self, at: Block) -> int:
        """Block of the registry's deployment, as the contract tells it."""
        (block,) = await self.view(at, "deployedAt")
        return int(block)

    async def view(self, at: Block, function: str, *arguments: Any) -> tuple[Any, ...]:
        """What a function of the contract that changes nothing gives in block `at`."""
        answer = await node.call(self._node, self._registry.address, contract.encode(function, *arguments), at)
        return contract.decode(function, answer)

    async def block(self, number: int) -> Block:
        """The block of that height on the node's chain now."""
        return await node.block(self._node, number)

    async def events(self, first: int, last: int, name: str | None = None) -> list[Event]:
        """The events of blocks `first` to `last`, all or those of one name, in the order they happened."""
        topics = [contract.topic(name)] if name else []
        found = await node.logs(self._node, self._registry.address, topics, first, last)
        return [event for event in map(contract.event, found) if event is not None]

    async def history(self, number: FilingNumber) -> list[Change]:
        """All changes of `number`, oldest first, found by following each event to the one before.

        They follow one another and end in the entry. Not checked against the registry's running hash: a node
        could still tell another story with the same end.

        Raises:
            RecordUnavailableError: the node did not give an event that the chain of changes calls for.
            ReorgedError: a block was replaced while it was read.
        """
        at, _ = await self.pin()
        entry = (await self.entries([number], at))[number]
        changes: list[Change] = []
        block = entry.changed_at
        for _ in range(MAX_HOPS):
            if block == 0:
                await self.check_canonical(at)
                _check_story(number, entry, [change.event for change in changes])
                return changes
            events = await self._events(number, block)
            header = await self.block(block)
            if any(event.log.block_hash != header.hash for event in events):
                raise ReorgedError("RG130", block=block)
            changes = [*(Change(event, header.timestamp) for event in events), *changes]
            block = _previous(number, events)
        raise RecordUnavailableError("RG121", number=number.text, limit=MAX_HOPS)

    async def check_canonical(self, at: Block) -> None:
        """Raise unless `at` is still the block of its height.

        Raises:
            ReorgedError: it was replaced.
        """
        if (await self.block(at.number)).hash != at.hash:
            raise ReorgedError("RG130", block=at.number)

    def _check_age(self, at: Block) -> None:
        age_s, limit_s = int(self._clock() - at.timestamp), self._network.max_head_age_s
        if self._network.finality != "latest" and age_s > limit_s:
            raise RpcUnavailableError("CH142", block=at.number, age=age_s, limit=limit_s)

    async def _check_contract(self, at: Block) -> None:
        address = self._registry.address
        code = await node.code(self._node, address, at)
        if contract.is_registry(code):
            expected = self._registry.deployed_at
            if expected is not None and (found := await self.deployed_at(at)) != expected:
                raise WrongChainError("CH113", address=address, expected=expected, found=found)
            return
        newest = await node.head(self._node, "latest")
        if not code and contract.is_registry(await node.code(self._node, address, newest)):
            raise WrongChainError("CH114", address=address, finality=self._network.finality, block=at.number)
        other = f"{len(code)} bytes of other code" if code else "-"
        raise WrongChainError("CH112", address=address, block=at.number, found=other)

    async def _pending(self, absent: Sequence[FilingNumber]) -> set[FilingNumber]:
        if not absent or self._network.finality == "latest":
            return set()
        newest = await node.head(self._node, "latest")
        found = await self.entries(absent, newest)
        return {number for number, entry in found.items() if entry.status.registered}

    async def _record(self, number: FilingNumber, entry: Entry) -> PublicRecord:
        for source in self._records:
            data = source.find(number, entry.digest)
            if data is not None and canonical.digest(data) == entry.digest:
                return _checked(number, entry, data)
        block = entry.changed_at
        for _ in range(MAX_HOPS):
            events = await self._events(number, block)
            for event in reversed(events):
                if event.name in RECORD_EVENTS:
                    return _checked(number, entry, event.fields["record"])
            block = _previous(number, events)
            if block == 0:
                break
        raise RecordUnavailableError("RG120", number=number.text, block=entry.changed_at)

    async def _events(self, number: FilingNumber, block: int) -> list[Event]:
        topics = [None, "0x" + contract.key(number).hex()]
        found = await node.logs(self._node, self._registry.address, topics, block)
        decoded = [contract.event(log) for log in found]
        events = [event for event in decoded if event is not None and event.name in CHANGE_EVENTS]
        if not events:
            raise RecordUnavailableError("RG120", number=number.text, block=block)
        for event in events:
            record = event.fields.get("record")
            if record is not None and (len(record) > MAX_RECORD or canonical.digest(record) != event.fields["digest"]):
                raise RecordUnavailableError("RG123", number=number.text)
        return events


async def entries(asked: Node, address: str, numbers: Sequence[FilingNumber], at: Block) -> dict[FilingNumber, Entry]:
    """What the registry at `address` holds under each number in block `at`.

    Raises:
        RpcProtocolError: the answer cannot be the state of that block.
        ChainError: the node gave no usable answer.
    """
    found: dict[FilingNumber, Entry] = {}
    for start in range(0, len(numbers), MAX_BATCH):
        batch = numbers[start : start + MAX_BATCH]
        keys = [contract.key(number) for number in batch]
        answer = await node.call(asked, address, contract.encode("entriesOf", keys), at)
        for number, entry in zip(batch, contract.entries(answer, len(batch)), strict=True):
            if entry.changed_at > at.number or (entry.changed_at == 0) != (entry.status is Status.NONE):
                expected = f"an entry of block {at.number}"
                raise RpcProtocolError("CH104", method="eth_call", expected=expected, found=messages.shown(entry))
            found[number] = entry
    return found


def _previous(number: FilingNumber, events: Sequence[Event]) -> int:
    """The block of the change before the oldest of one block's events; 0 where there was none."""
    block = events[0].log.block
    previous = int(events[0].fields["previousChange"])
    if previous >= block:
        raise RecordUnavailableError("RG122", number=number.text, block=block, found=previous)
    return previous


def _check_story(number: FilingNumber, entry: Entry, events: Sequence[Event]) -> None:
    """Raise unless each change begins where the one before it ended, and the last one ends in `entry`."""
    status, digest = Status.NONE, bytes(canonical.DIGEST_LENGTH)
    for event in events:
        if event.fields.get("from", status) != status:
            raise RecordUnavailableError("RG125", number=number.text)
        status = event.fields.get("to", status if event.name == "Amended" else Status.ACTIVE)
        digest = event.fields.get("digest", digest)
    if (status, digest) != (entry.status, entry.digest):
        raise RecordUnavailableError("RG125", number=number.text)


def _checked(number: FilingNumber, entry: Entry, data: bytes) -> PublicRecord:
    if canonical.digest(data) != entry.digest:
        raise RecordUnavailableError("RG123", number=number.text)
    record = parse_record(data)
    if record.filing_number != number:
        raise RecordUnavailableError("RG124", number=number.text, found=record.number)
    return record
